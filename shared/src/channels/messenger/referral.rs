//! What led a customer here: an advertisement, a link, a story.

use serde_json::Value;

use super::super::read;
use crate::domain::message::received::Referral;

/// The referral of an event of `kind` with `object`: that object itself, or a part of it.
pub(super) fn of(kind: &str, object: &Value) -> Option<Referral> {
    if kind == "referral" {
        return Some(referral(object));
    }
    let story = || story(object.get("reply_to")?.get("story")?);
    object.get("referral").filter(|referral| referral.is_object()).map(referral).or_else(story)
}

fn referral(of: &Value) -> Referral {
    let advertisement = of.get("ads_context_data").unwrap_or(&Value::Null);
    let product = of.get("product").and_then(|product| read::id(product, "id"));
    Referral {
        source_type: owned(of, "source"),
        source_id: read::id(of, "ad_id").or(product),
        source_url: owned(of, "referer_uri"),
        headline: owned(advertisement, "ad_title"),
        media_url: owned(advertisement, "photo_url").or_else(|| owned(advertisement, "video_url")),
        reference: owned(of, "ref"),
        ..Referral::default()
    }
}

/// The story that a message answers.
fn story(of: &Value) -> Option<Referral> {
    let (source_id, source_url) = (read::id(of, "id"), owned(of, "url"));
    let is_named = source_id.is_some() || source_url.is_some();
    is_named.then(|| Referral { source_type: Some("story".to_owned()), source_id, source_url, ..Referral::default() })
}

fn owned(of: &Value, key: &str) -> Option<String> {
    read::text(of, key).map(str::to_owned)
}
