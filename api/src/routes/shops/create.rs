use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::ShopId;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::shops::{self as store, Shop};
use utoipa::ToSchema;

use super::{LONGEST_NAME, ShopView, is_name};
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::state::AppState;

const LONGEST_ID: usize = 128;

/// A shop to add.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = CreateShop)]
struct Body {
    /// The merchant's own name for it; made up where none is given.
    shop_id: Option<String>,
    #[schema(value_type = String)]
    name: Option<String>,
}

/// `POST /shops`: adds a shop.
#[utoipa::path(post, path = "/shops", tag = "shops", request_body = Body, responses(Data<ShopView>))]
pub async fn create(State(state): State<AppState>, caller: Caller, body: Json) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let body: Body = body.read()?;
    let shop = shop(body)?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    if !store::insert(&mut transaction, caller.merchant_id, &shop).await? {
        return Err(ApiError::Conflict(format!("there is a shop `{}` already", shop.external_id)));
    }
    let entry = Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "shop.created",
        entity: "shop",
        entity_id: shop.id.0,
        before: None,
        after: Some(json!({ "shopId": shop.external_id, "name": shop.name })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    let added = store::record(&mut transaction, caller.merchant_id, &shop.external_id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(ShopView::from(added.ok_or(ApiError::NotFound("shop"))?)))
}

fn shop(body: Body) -> Result<Shop, ApiError> {
    let mut problems = Vec::new();
    let id = ShopId::new();
    let external_id = body.shop_id.unwrap_or_else(|| id.to_string());
    // It stands in paths.
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '/' | '?' | '#');
    if external_id.is_empty() || external_id.chars().count() > LONGEST_ID || !external_id.chars().all(plain) {
        let told = format!("must hold 1 to {LONGEST_ID} characters, none of them a space, /, ? or #");
        problems.push(FieldProblem::new("shopId", told));
    }
    match &body.name {
        None => problems.push(FieldProblem::new("name", "is required")),
        Some(name) if !is_name(name) => {
            problems.push(FieldProblem::new("name", format!("must hold 1 to {LONGEST_NAME} characters")));
        }
        Some(_) => {}
    }
    match body.name {
        Some(name) if problems.is_empty() => Ok(Shop { id, external_id, name }),
        _ => Err(ApiError::Invalid(problems)),
    }
}
