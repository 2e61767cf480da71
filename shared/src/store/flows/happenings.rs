//! What changes about contacts may start flows: told to their conversation, where a flow listens to it.

use std::collections::BTreeSet;

use serde_json::Map;
use sqlx::PgConnection;
use uuid::Uuid;

use super::events::{self, Heard, NewEvent};
use crate::domain::clock;
use crate::domain::ids::{ContactId, ConversationId, MerchantId};
use crate::flow::event::Happening;
use crate::store::contacts::change::Profile;
use crate::store::conversations::start;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;

/// The type of trigger that listens to `happening`; none for those that are told by other ways.
const fn kind(happening: &Happening) -> Option<&'static str> {
    match happening {
        Happening::ContactCreated => Some("contact_created"),
        Happening::TagAdded { .. } => Some("tag_added"),
        Happening::AttributeChanged { .. } => Some("attribute_changed"),
        Happening::OptIn { .. } => Some("opt_in"),
        Happening::OptOut { .. } => Some("opt_out"),
        Happening::ConversationOpened
        | Happening::CampaignReplied { .. }
        | Happening::NoReply { .. }
        | Happening::Scheduled { .. }
        | Happening::Requested { .. } => None,
    }
}

/// Tells the flows of `merchant` what happened to one of its contacts. Gives the conversations to be woken once this is
/// committed: the contact's latest one that flows may speak in; none where nobody listens.
pub async fn tell(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merchant: MerchantId,
    contact: ContactId,
    happenings: &[Happening],
) -> Result<Vec<ConversationId>, StoreError> {
    let kinds: Vec<String> = happenings.iter().filter_map(kind).map(str::to_owned).collect();
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let heard = sqlx::query_scalar!(
        r#"select distinct k as "k!" from flows f cross join unnest(f.trigger_kinds) as k
           where f.merchant_id = $1 and f.status = 'active' and f.deleted_at is null and f.trigger_kinds && $2
             and k = any($2)"#,
        merchant.0,
        &kinds
    )
    .fetch_all(&mut *conn)
    .await?;
    let listened = |happening: &&Happening| kind(happening).is_some_and(|kind| heard.iter().any(|one| one == kind));
    let told: Vec<Happening> = happenings.iter().filter(listened).cloned().collect();
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let conversation_id = match latest(conn, merchant, contact).await? {
        Some(latest) => latest,
        None => match opened(conn, merchant, contact).await? {
            Some(opened) => opened,
            None => return Ok(Vec::new()),
        },
    };
    let keys = keyring.of_all(conn, &[merchant]).await?;
    let new = |happening| NewEvent {
        merchant_id: merchant,
        conversation_id,
        session_id: None,
        heard: Heard::Happening(happening),
    };
    let new: Vec<NewEvent> = told.into_iter().map(new).collect();
    events::add(conn, &keys, &new).await?;
    Ok(vec![conversation_id])
}

/// The contact's conversation in which flows may speak: the open one that was last written in, else the last one.
async fn latest(
    conn: &mut PgConnection,
    merchant: MerchantId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    let id: Option<Uuid> = sqlx::query_scalar!(
        "select c.id from conversations c join accounts a on a.id = c.account_id
         where c.merchant_id = $1 and c.contact_id = $2 and c.merged_into is null
           and a.auto_reply_enabled and a.status <> 'inactive'
         order by c.status = 'open' desc, c.last_message_at desc, c.id desc limit 1",
        merchant.0,
        contact.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(ConversationId))
}

/// A conversation with a contact who has none: opened on the account that flows speak on and the contact can be reached
/// by, the primary one before others.
async fn opened(
    conn: &mut PgConnection,
    merchant: MerchantId,
    contact: ContactId,
) -> Result<Option<ConversationId>, StoreError> {
    let account = sqlx::query_scalar!(
        "select a.id from accounts a
         where a.merchant_id = $1 and a.auto_reply_enabled and a.status <> 'inactive'
           and exists (select from identities i where i.contact_id = $2 and i.kind = any(kinds_of(a.channel))
                         and i.scope in ('00000000-0000-0000-0000-000000000000', a.id))
         order by a.is_primary desc, a.id limit 1",
        merchant.0,
        contact.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    match account {
        Some(account) => Ok(Some(start::open(conn, merchant, account.into(), contact, clock::now()).await?)),
        None => Ok(None),
    }
}

/// What happened to a contact that was one thing and is another.
pub fn between(before: &Profile, after: &Profile) -> Vec<Happening> {
    let added = after.tags.iter().filter(|tag| !before.tags.contains(tag));
    let mut happened: Vec<Happening> = added.map(|tag| Happening::TagAdded { tag: tag.clone() }).collect();
    let nothing = Map::new();
    let was = before.attributes.as_object().unwrap_or(&nothing);
    let is = after.attributes.as_object().unwrap_or(&nothing);
    let changed = |name: &&String| was.get(*name) != is.get(*name);
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).filter(changed).collect();
    happened.extend(names.into_iter().map(|name| Happening::AttributeChanged {
        name: name.clone(),
        value: is.get(name).cloned().unwrap_or_default(),
    }));
    happened
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_new_of_a_contact_is_told_and_nothing_else() {
        let profile = |tags: &[&str], attributes: serde_json::Value| Profile {
            display_name: None,
            email: None,
            locale: None,
            timezone: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            attributes,
        };
        let before = profile(&["old", "gone"], json!({ "tier": "gold", "city": "Huế", "same": 1 }));
        let after = profile(&["old", "vip"], json!({ "tier": "black", "same": 1 }));
        let changed = |name: &str, value| Happening::AttributeChanged { name: name.to_owned(), value };
        let expected = [
            Happening::TagAdded { tag: "vip".to_owned() },
            changed("city", json!(null)),
            changed("tier", json!("black")),
        ];
        assert_eq!(between(&before, &after), expected);
    }
}
