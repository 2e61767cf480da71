use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use shared::domain::consent::Purpose;
use shared::domain::ids::{AccountId, ContactId, MerchantId};
use shared::domain::permission::Action;
use shared::store::contacts::read::{self, Contact};
use shared::store::counts::Total;
use shared::store::search::contacts::{self as search, Agreement, Wanted};
use shared::store::{PgConnection, accounts};
use uuid::Uuid;

use super::view::ContactView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::routes::shop_filter;
use crate::state::AppState;

const LONGEST_TAG: usize = 64;
const LONGEST_SEARCH: usize = 100;

/// A place in the list, as cursors carry it, with the total that the first page told.
#[derive(Debug, Serialize, Deserialize)]
struct Place(ContactId, i64, bool);

/// `GET /contacts`: the newest first.
#[utoipa::path(
    get,
    path = "/contacts",
    tag = "contacts",
    params(
        PageParams,
        ("tags" = Option<String>, Query, description = "All of these tags; with commas between them, or repeated."),
        ("search" = Option<String>, Query, description = "Words of the name, the user name or the e-mail address, or a phone number."),
        ("optedIn" = Option<bool>, Query, description = "Whether marketing may be sent."),
        ("consent" = Option<String>, Query, description = "A purpose and what was last said to it: `marketing:withdrawn`, `ai:none`."),
        ("lastInteractionFrom" = Option<DateTime<Utc>>, Query),
        ("lastInteractionTo" = Option<DateTime<Utc>>, Query),
        ("accountId" = Option<Uuid>, Query),
        ("shopId" = Option<String>, Query),
    ),
    responses(Paged<ContactView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsRead)?;
    let page: Page<Place> = Page::read(&mut params);
    let mut wanted = Wanted {
        tags: params.list("tags", LONGEST_TAG),
        search: params.text("search", LONGEST_SEARCH),
        consent: consent(&mut params),
        accounts: None,
        since: params.parse("lastInteractionFrom", "a time such as 2026-11-21T09:00:00Z"),
        until: params.parse("lastInteractionTo", "a time such as 2026-11-21T09:00:00Z"),
    };
    let account_id: Option<Uuid> = params.parse("accountId", "the id of an account");
    let shop = params.text("shopId", LONGEST_SEARCH);
    params.finish()?;

    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    wanted.accounts = accounts(&mut transaction, merchant, door, account_id, shop.as_deref()).await?;
    let after = page.cursor.as_ref().map(|Place(id, ..)| *id);
    let found = search::find(&mut transaction, merchant, door.channel, &wanted, after, page.skip, page.probe()).await?;
    let contacts = read::list(&mut transaction, merchant, door.channel, &found.ids).await?;
    drop(transaction);

    let told =
        page.cursor.as_ref().map(|Place(_, count, is_estimate)| Total { count: *count, is_estimate: *is_estimate });
    let total = told.unwrap_or(found.total);
    let place = |contact: &Contact| Place(contact.id, total.count, total.is_estimate);
    let (contacts, pagination) = page.cut_of(contacts, total, place)?;
    Ok(Paged(contacts.into_iter().map(ContactView::from).collect(), pagination))
}

/// `optedIn`, or `consent` as `purpose:state`.
fn consent(params: &mut Params) -> Option<(Purpose, Agreement)> {
    let opted_in: Option<bool> = params.parse("optedIn", "true or false");
    let given = params.text("consent", LONGEST_SEARCH);
    if opted_in.is_some() && given.is_some() {
        params.problem("consent", "says the same as `optedIn`: give one of them");
    }
    if let Some(given) = given {
        let read = given.split_once(':').and_then(|(purpose, state)| {
            let agreement = match state {
                "granted" => Agreement::Granted,
                "withdrawn" => Agreement::Withdrawn,
                "none" => Agreement::Silent,
                _ => return None,
            };
            Some((purpose.parse().ok()?, agreement))
        });
        if read.is_none() {
            params.problem("consent", "expected marketing, utility or ai, a colon, and granted, withdrawn or none");
        }
        return read;
    }
    opted_in.map(|is_in| (Purpose::Marketing, if is_in { Agreement::Granted } else { Agreement::NotGranted }))
}

/// The accounts that are meant; none where it does not matter.
async fn accounts(
    conn: &mut PgConnection,
    merchant: MerchantId,
    door: Door,
    account: Option<Uuid>,
    shop: Option<&str>,
) -> Result<Option<Vec<AccountId>>, ApiError> {
    let shop = shop_filter::resolve(conn, merchant, shop).await?;
    if account.is_none() && shop.is_none() {
        return Ok(None);
    }
    Ok(Some(accounts::read::ids(conn, merchant, door.channel, account.map(AccountId), shop).await?))
}
