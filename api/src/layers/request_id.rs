//! The name of a request, in its logs and in its answer.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Where it is given and told.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// The name of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The name that the client gave, if it is a fit one, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_fit(id));
        given.map_or_else(Self::new, |id| Self(id.into()))
    }

    /// A new name.
    #[expect(clippy::disallowed_methods, reason = "the one place that names requests")]
    #[expect(clippy::new_without_default, reason = "a default name means nothing")]
    pub fn new() -> Self {
        Self(Uuid::now_v7().to_string().into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a header's value.
    pub fn header_value(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

/// Short and plain: it is written into logs as it came.
fn is_fit(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    !id.is_empty() && id.len() <= LONGEST && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_name_is_kept_if_it_is_a_fit_one() {
        let of = |given: &'static str| {
            RequestId::of(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(given))])).as_str().to_owned()
        };
        assert_eq!(of("order-12:retry.1"), "order-12:retry.1");
        assert_ne!(of("a b"), "a b");
        assert_ne!(of(""), "");
    }
}
