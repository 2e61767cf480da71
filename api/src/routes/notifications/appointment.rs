use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use shared::domain::notification::Notice;
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

const LONGEST: usize = 200;

/// An appointment, of which its customer is to be reminded.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = AppointmentReminder)]
struct Body {
    /// A phone number, another address of the channel, or a contact's id.
    #[schema(value_type = String)]
    to: Option<String>,
    /// When it is, in the words that the customer reads.
    #[serde(alias = "appointmentDate")]
    #[schema(value_type = String)]
    date: Option<String>,
    /// What it is about.
    #[serde(alias = "deviceModel")]
    #[schema(value_type = String)]
    device: Option<String>,
    /// The order that it belongs to.
    #[serde(alias = "orderNumber", alias = "orderId")]
    reference: Option<String>,
    /// `en`, `vi` or `zh`; the contact's own where none is given.
    language: Option<String>,
    /// The account that tells it; the shop's primary one where none is given.
    account_id: Option<String>,
    shop_id: Option<String>,
    /// Who expects the customer: the conversation is found by it from here on.
    technician: Option<String>,
    /// What fills further places of texts and templates: texts and numbers.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    variables: Option<BTreeMap<String, Value>>,
}

/// `POST /notifications/appointment-reminder`: reminds a customer of an appointment: by the approved template
/// `appointment_reminder` in the customer's language, else in words where the customer-service window is open.
#[utoipa::path(
    post,
    path = "/notifications/appointment-reminder",
    tag = "notifications",
    request_body = Body,
    responses(Data<SentView>)
)]
pub async fn appointment_reminder(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let (date, device, told) = read(body.read()?)?;
    let places = [("date", date), ("device", device)];
    Ok(Data(deliver::deliver(&state, &caller, door, Notice::Appointment, told, &places).await?))
}

fn read(body: Body) -> Result<(String, String, Told), ApiError> {
    let mut check = Check::default();
    let to = check.needed("to", body.to, LONGEST);
    let date = check.needed("date", body.date, LONGEST);
    let device = check.needed("device", body.device, LONGEST);
    check.reference(body.reference.as_ref());
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
    Ok((date, device, told))
}
