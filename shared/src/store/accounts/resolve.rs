//! Whose account an event is about.

use std::collections::HashMap;

use sqlx::PgConnection;

use crate::domain::channel::Channel;
use crate::domain::consent::StopWords;
use crate::domain::ids::{AccountId, MerchantId};
use crate::store::error::StoreError;

/// An account as its platform calls it: channel and phone number id, page id or user id.
pub type ExternalAccount = (Channel, String);

/// A connected account, with what its inbound messages are judged by.
#[derive(Clone, Debug)]
pub struct ConnectedAccount {
    /// The account.
    pub id: AccountId,
    /// Whose it is.
    pub merchant_id: MerchantId,
    /// The app whose secret must have signed its events.
    pub app: String,
    /// Whether flows and the AI answer on it.
    pub auto_reply_enabled: bool,
    /// The merchant's own words that withdraw consent.
    pub stop_words: Option<StopWords>,
    /// The merchant's own confirmation of a withdrawal.
    pub stop_reply: Option<String>,
}

/// The connected ones among `accounts`.
pub async fn resolve(
    conn: &mut PgConnection,
    accounts: &[ExternalAccount],
) -> Result<HashMap<ExternalAccount, ConnectedAccount>, StoreError> {
    if accounts.is_empty() {
        return Ok(HashMap::new());
    }
    let channels: Vec<String> = accounts.iter().map(|(channel, _)| channel.as_str().to_owned()).collect();
    let external_ids: Vec<String> = accounts.iter().map(|(_, external_id)| external_id.clone()).collect();
    let rows = sqlx::query!(
        "select a.id, a.merchant_id, a.channel, a.external_id, a.app, a.auto_reply_enabled, m.stop_words, m.stop_reply
         from accounts a
         join merchants m on m.id = a.merchant_id
         where (a.channel, a.external_id) in (select * from unnest($1::text[], $2::text[]))
           and a.status <> 'inactive'",
        &channels,
        &external_ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let channel = row
                .channel
                .parse()
                .map_err(|error| StoreError::Corrupt { table: "accounts", problem: format!("{error}") })?;
            let account = ConnectedAccount {
                id: row.id.into(),
                merchant_id: row.merchant_id.into(),
                app: row.app,
                auto_reply_enabled: row.auto_reply_enabled,
                stop_words: row.stop_words.map(|words| StopWords::of(words.iter().map(String::as_str))),
                stop_reply: row.stop_reply,
            };
            Ok(((channel, row.external_id), account))
        })
        .collect()
}
