//! What stands around a message. Nothing here is worth losing the message for: what does not read is
//! left out.

use serde_json::Value;

use super::faults;
use crate::channels::fields::flag;
use crate::channels::read;
use crate::domain::message::Content;
use crate::domain::message::received::{Forwarded, PlatformFault, Referral, ReferredProduct, Surroundings};

/// What stands around `message`, which says `said`.
pub(super) fn around(message: &Value, said: &Content) -> Surroundings {
    let context = message.get("context");
    // Usually beside the message, in some payloads within its context.
    let referral = message.get("referral").or_else(|| context?.get("referral"));
    Surroundings {
        forwarded: context.map_or(Forwarded::No, forwarded),
        referral: referral.filter(|referral| referral.is_object()).map(read_referral),
        product: context.and_then(|context| product(context.get("referred_product")?)),
        faults: faults_beside(message, said),
    }
}

fn forwarded(context: &Value) -> Forwarded {
    if flag(context, "frequently_forwarded") {
        Forwarded::Often
    } else if flag(context, "forwarded") {
        Forwarded::Once
    } else {
        Forwarded::No
    }
}

fn read_referral(of: &Value) -> Referral {
    let text = |key| read::text(of, key).map(str::to_owned);
    Referral {
        source_type: text("source_type"),
        source_id: read::id(of, "source_id"),
        source_url: text("source_url"),
        headline: text("headline"),
        body: text("body"),
        click_id: text("ctwa_clid"),
        reference: None,
        media_url: ["image_url", "video_url", "thumbnail_url"].into_iter().find_map(text),
    }
}

fn product(of: &Value) -> Option<ReferredProduct> {
    Some(ReferredProduct {
        catalog_id: read::id(of, "catalog_id").unwrap_or_default(),
        product_retailer_id: read::id(of, "product_retailer_id")?,
    })
}

/// The errors of a message that is good nevertheless; some contents hold their own.
fn faults_beside(message: &Value, said: &Content) -> Vec<PlatformFault> {
    match said {
        Content::Unsupported { .. } | Content::Unknown { .. } => Vec::new(),
        file if file.media().is_some() => Vec::new(),
        _ => faults::of(message),
    }
}
