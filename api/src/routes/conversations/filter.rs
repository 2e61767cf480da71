//! Which conversations a list is asked for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::ids::{AccountId, ConversationId, MerchantId};
use shared::store::PgConnection;
use shared::store::conversations::read::{Conversation, Filter, Listed, Position};
use shared::store::counts::Total;
use shared::store::search::conversations::Wanted;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::doors::Door;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, Pagination};
use crate::routes::shop_filter;

const LONGEST_SHOP: usize = 200;
const LONGEST_TAG: usize = 64;
const LONGEST_SEARCH: usize = 100;
const LONGEST_REFERENCE: usize = 270;

/// Whether a conversation is open.
#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "it tells what `status` takes")]
pub(in crate::routes) enum Status {
    Open,
    Closed,
}

/// A place in the list, as cursors carry it, with the total that the first page told where it is told only there.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::routes) struct Place(
    #[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>,
    ConversationId,
    Option<(i64, bool)>,
);

/// What every list of conversations is asked by.
#[derive(Debug)]
pub(in crate::routes) struct Asked {
    pub(in crate::routes) page: Page<Place>,
    open: Option<bool>,
    account_id: Option<Uuid>,
    shop: Option<String>,
}

impl Asked {
    pub(in crate::routes) fn read(params: &mut Params) -> Self {
        Self {
            page: Page::read(params),
            open: open(params),
            account_id: params.parse("accountId", "the id of an account"),
            shop: params.text("shopId", LONGEST_SHOP),
        }
    }

    pub(in crate::routes) async fn filter(
        &self,
        conn: &mut PgConnection,
        merchant: MerchantId,
        door: Door,
    ) -> Result<Filter, ApiError> {
        let shop_id = shop_filter::resolve(conn, merchant, self.shop.as_deref()).await?;
        let account_id = self.account_id.map(AccountId);
        Ok(Filter { channel: door.channel, open: self.open, shop_id, account_id })
    }

    pub(in crate::routes) fn after(&self) -> Option<Position> {
        let Place(last_message_at, id, _) = self.page.cursor.as_ref()?;
        Some(Position { last_message_at: *last_message_at, id: *id })
    }

    /// The page, of a total that every page tells.
    pub(in crate::routes) fn cut(&self, listed: Listed) -> Result<(Vec<Conversation>, Pagination), ApiError> {
        let place = |conversation: &Conversation| Place(conversation.last_message_at, conversation.id, None);
        self.page.cut_of(listed.conversations, listed.total, place)
    }

    /// The page, of a total that the first page tells and the others repeat.
    pub(super) fn cut_found(&self, listed: Listed) -> Result<(Vec<Conversation>, Pagination), ApiError> {
        let told = self.page.cursor.as_ref().and_then(|Place(.., told)| *told);
        let total = told.map_or(listed.total, |(count, is_estimate)| Total { count, is_estimate });
        let place = |conversation: &Conversation| {
            Place(conversation.last_message_at, conversation.id, Some((total.count, total.is_estimate)))
        };
        self.page.cut_of(listed.conversations, total, place)
    }
}

/// What an inbox is asked by besides.
pub(super) fn wanted(params: &mut Params) -> Wanted {
    let mut wanted = Wanted {
        handler: params.parse("handler", "bot, ai or human"),
        assignee: params.parse("assignedTo", "the id of a user"),
        team: params.parse("teamId", "the id of a team"),
        unassigned: params.parse("unassigned", "true or false"),
        unread: params.parse("unread", "true or false"),
        tags: params.list("tag", LONGEST_TAG),
        refs: None,
        since: params.parse("updatedSince", "a time such as 2026-11-21T09:00:00Z"),
        search: params.text("search", LONGEST_SEARCH),
    };
    wanted.tags.extend(params.list("tags", LONGEST_TAG));
    wanted.refs = references(params);
    wanted
}

/// `reference` as `name:value`; `orderId` and `technicianId` for short.
fn references(params: &mut Params) -> Option<Value> {
    let mut references = Map::new();
    for given in params.list("reference", LONGEST_REFERENCE) {
        match given.split_once(':') {
            Some((name, value)) if !name.is_empty() && !value.is_empty() => {
                references.insert(name.to_owned(), Value::from(value));
            }
            _ => params.problem("reference", "expected a name and a value, as `orderId:1234`"),
        }
    }
    for name in ["orderId", "technicianId"] {
        if let Some(value) = params.text(name, LONGEST_REFERENCE) {
            references.insert(name.to_owned(), Value::from(value));
        }
    }
    (!references.is_empty()).then_some(Value::Object(references))
}

fn open(params: &mut Params) -> Option<bool> {
    let status: String = params.parse("status", "open or closed")?;
    match status.as_str() {
        "open" => Some(true),
        "closed" => Some(false),
        _ => {
            params.problem("status", "expected open or closed");
            None
        }
    }
}
