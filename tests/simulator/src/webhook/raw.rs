//! Webhooks written by hand.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Parcel, Posted};
use crate::platform::Platform;

/// A body to be signed and posted byte for byte.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RawWebhook {
    /// Path under the target; X's own is signed as X does, any other as Meta does.
    pub path: String,
    /// The body. Where it is a JSON string, its content is posted: it need not be JSON.
    pub body: Box<RawValue>,
    /// Sent in place of the right signature.
    #[serde(default)]
    pub signature: Option<String>,
}

impl RawWebhook {
    /// Posts it once.
    pub(crate) async fn post(self, platform: &Platform) -> Posted {
        let text = self.body.get();
        let body = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.to_owned());
        let mut parcel = Parcel::of_path(&platform.config, self.path, Bytes::from(body));
        if let Some(signature) = self.signature {
            parcel.signature = signature;
        }
        platform.courier.post(platform, &parcel).await
    }
}
