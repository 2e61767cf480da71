use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::shops as store;
use utoipa::ToSchema;

use super::{LONGEST_NAME, ShopView, is_name};
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// What is changed of a shop; what is left out stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeShop)]
struct Body {
    name: Option<String>,
    /// True makes it the one that is meant where no shop is named.
    is_default: Option<bool>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<Value>)]
    _shop_id: Option<IgnoredAny>,
    #[serde(rename = "id")]
    #[schema(value_type = Option<Value>)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "accounts")]
    #[schema(value_type = Option<Value>)]
    _accounts: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(value_type = Option<Value>)]
    _created_at: Option<IgnoredAny>,
}

/// `PUT /shops/{id}`: renames a shop, or makes it the default one.
#[utoipa::path(
    put,
    path = "/shops/{id}",
    tag = "shops",
    params(("id" = String, Path, description = "The shop's id, or the merchant's own name for it.")),
    request_body = Body,
    responses(Data<ShopView>)
)]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let body: Body = body.read()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let before = store::record(&mut transaction, merchant, &id).await?.ok_or(ApiError::NotFound("shop"))?;
    let mut problems = Vec::new();
    if body.name.as_deref().is_some_and(|name| !is_name(name)) {
        problems.push(FieldProblem::new("name", format!("must hold 1 to {LONGEST_NAME} characters")));
    }
    if body.is_default == Some(false) && before.is_default {
        problems.push(FieldProblem::new("isDefault", "goes by making another shop the default one"));
    }
    ApiError::unless_none(problems)?;
    let make_default = body.is_default == Some(true);
    store::change(&mut transaction, merchant, before.id, body.name.as_deref(), make_default).await?;
    let after = store::record(&mut transaction, merchant, &before.id.to_string()).await?;
    let after = after.ok_or(ApiError::NotFound("shop"))?;
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "shop.changed",
        entity: "shop",
        entity_id: before.id.0,
        before: Some(json!({ "name": before.name, "isDefault": before.is_default })),
        after: Some(json!({ "name": after.name, "isDefault": after.is_default })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(ShopView::from(after)))
}
