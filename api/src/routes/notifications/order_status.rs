use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::notification::{Notice, OrderStatus};
use shared::domain::permission::Action;
use utoipa::ToSchema;

use super::body::{Check, Told};
use super::deliver;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::messages::SentView;
use crate::state::AppState;

const LONGEST_TO: usize = 200;

/// Where an order stands, to be told to its customer.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = OrderStatusNotification)]
struct Body {
    /// A phone number, another address of the channel, or a contact's id.
    #[schema(value_type = String)]
    to: Option<String>,
    /// The order's number.
    #[serde(alias = "orderNumber", alias = "orderId")]
    #[schema(value_type = String)]
    reference: Option<String>,
    /// `received`, `in_progress`, `completed` or `ready_for_pickup`.
    #[schema(value_type = String)]
    status: Option<String>,
    /// `en`, `vi` or `zh`; the contact's own where none is given.
    language: Option<String>,
    /// The account that tells it; the shop's primary one where none is given.
    account_id: Option<String>,
    shop_id: Option<String>,
    /// Who works on it: the conversation is found by it from here on.
    technician: Option<String>,
    /// What fills further places of texts and templates: texts and numbers.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    variables: Option<BTreeMap<String, Value>>,
}

/// `POST /notifications/order-status`: tells a customer where an order stands: by the approved template
/// `order_status_update` in the customer's language, else in words where the customer-service window is open.
#[utoipa::path(
    post,
    path = "/notifications/order-status",
    tag = "notifications",
    request_body = Body,
    responses(Data<SentView>)
)]
pub async fn order_status(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let (status, told) = read(body.read()?)?;
    let notice = Notice::Order(status);
    let places = [("order", told.reference.clone().unwrap_or_default())];
    Ok(Data(deliver::deliver(&state, &caller, door, notice, told, &places).await?))
}

fn read(body: Body) -> Result<(OrderStatus, Told), ApiError> {
    let mut check = Check::default();
    let to = check.needed("to", body.to, LONGEST_TO);
    if body.reference.is_none() {
        check.problem("reference", "is required");
    }
    check.reference(body.reference.as_ref());
    let status = match body.status.as_deref().map(str::parse::<OrderStatus>) {
        Some(Ok(status)) => Some(status),
        Some(Err(unknown)) => {
            let told = format!("must be one of {}, is `{}`", unknown.expected.join(", "), unknown.name);
            check.problem("status", told);
            None
        }
        None => {
            check.problem("status", "is required");
            None
        }
    };
    let told = Told {
        to,
        reference: body.reference,
        language: check.language(body.language.as_deref()),
        account_id: check.account(body.account_id.as_deref()),
        shop_id: body.shop_id,
        variables: check.variables(body.variables),
        technician: body.technician,
    };
    check.technician(told.technician.as_ref());
    check.finish()?;
    Ok((status.unwrap_or(OrderStatus::Received), told))
}
