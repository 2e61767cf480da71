//! What starts a flow, and what else would start at the same words.

use super::{Found, Read};
use crate::flow::definition::{KeywordMatch, TriggerKind};
use crate::flow::fault::Severity;
use crate::flow::trigger::Keyword;

/// Shortest and longest time of silence that starts a flow.
const MINUTE: u64 = 60;
const MONTH: u64 = 30 * 24 * 60 * 60;
/// Longest name of a payload, a tag or an id.
const NAME: usize = 1000;
/// Most names of one trigger.
const NAMES: usize = 100;

pub(super) fn check(read: &Read<'_>, found: &mut Found) {
    if read.document.triggers.is_empty() {
        let message = "nothing starts it: it can be part of other flows alone";
        found.whole(Severity::Warning, "triggers", "no_trigger", message);
    }
    for (index, kind) in read.triggers() {
        let at = |field: &str| format!("triggers[{index}].config.{field}");
        match kind {
            TriggerKind::Keyword { matching, words } => clashes(read, index, *matching, words, found),
            TriggerKind::Payload { payloads } => {
                if payloads.is_empty() {
                    found.whole(Severity::Error, at("payloads"), "config", "must name a payload");
                }
                names(&at("payloads"), payloads, found);
            }
            TriggerKind::AdReferral { source_ids } => names(&at("sourceIds"), source_ids, found),
            TriggerKind::TagAdded { tags } => names(&at("tags"), tags, found),
            TriggerKind::AttributeChanged { attribute } => {
                names(&at("attribute"), std::slice::from_ref(attribute), found);
            }
            TriggerKind::NoReply { after } if !(MINUTE..=MONTH).contains(after) => {
                let message = format!("must be {MINUTE} to {MONTH} seconds, is {after}");
                found.whole(Severity::Error, at("after"), "config", message);
            }
            TriggerKind::CampaignReplied { campaign_ids } if campaign_ids.len() > NAMES => {
                let message = format!("holds {}, at most {NAMES} may be there", campaign_ids.len());
                found.whole(Severity::Error, at("campaignIds"), "config", message);
            }
            TriggerKind::ContactCreated {}
            | TriggerKind::ConversationOpened {}
            | TriggerKind::GetStarted {}
            | TriggerKind::OptIn { .. }
            | TriggerKind::OptOut { .. }
            | TriggerKind::NoReply { .. }
            | TriggerKind::CampaignReplied { .. }
            | TriggerKind::Schedule { .. }
            | TriggerKind::Api {} => {}
        }
    }
}

fn names(field: &str, names: &[String], found: &mut Found) {
    if names.len() > NAMES {
        let message = format!("holds {}, at most {NAMES} may be there", names.len());
        found.whole(Severity::Error, field, "config", message);
    }
    if names.iter().any(|name| name.trim().is_empty() || name.chars().count() > NAME) {
        found.whole(Severity::Error, field, "config", format!("must hold 1 to {NAME} characters each"));
    }
}

/// The same words start another flow too: priority decides, which may not be meant.
fn clashes(read: &Read<'_>, trigger: usize, matching: KeywordMatch, words: &[String], found: &mut Found) {
    for (index, word) in words.iter().enumerate() {
        let keyword = Keyword::of(matching, word);
        let others = read.surroundings.other_keywords.iter();
        for other in others.filter(|other| Some(other.flow_id) != read.surroundings.flow_id && other.keyword == keyword)
        {
            let message =
                format!("`{word}` starts the flow `{}` too: priority decides, then the older flow", other.flow_name);
            found.whole(
                Severity::Warning,
                format!("triggers[{trigger}].config.words[{index}]"),
                "keyword_clash",
                message,
            );
        }
    }
}
