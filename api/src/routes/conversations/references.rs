use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use shared::domain::permission::Action;
use shared::store::conversations::handling;
use utoipa::ToSchema;

use super::change;
use super::view::ConversationView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Json, PathId};
use crate::state::AppState;

const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 200;
const MOST: usize = 20;

/// What a conversation refers to: an order, a technician.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = References)]
pub(super) struct ReferencesBody {
    /// Beside those that are there; null takes one away. Numbers are kept as text.
    #[schema(value_type = Object)]
    references: Map<String, Value>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /conversations/{id}/references`: says what a conversation refers to, so that a shop's own screens find it.
#[utoipa::path(
    put,
    path = "/conversations/{id}/references",
    tag = "conversations",
    request_body = ReferencesBody,
    responses(Data<ConversationView>)
)]
pub async fn set_references(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ConversationsManage)?;
    let body: ReferencesBody = body.read()?;
    let changes = checked(body.references)?;
    let mut changing = change::lock(&state, &caller, door, id).await?;
    let before = changing.before.refs.clone();
    let mut refs = before.as_object().cloned().unwrap_or_default();
    for (name, value) in changes {
        match value {
            Some(value) => refs.insert(name, Value::String(value)),
            None => refs.remove(&name),
        };
    }
    if refs.len() > MOST {
        return Err(ApiError::invalid("references", format!("a conversation has at most {MOST} references")));
    }
    let after = Value::Object(refs);
    if after != before {
        let id = changing.before.id;
        handling::set_refs(&mut changing.transaction, caller.merchant_id, id, &after).await?;
        changing.record(&caller, "conversation.referred", before, after).await?;
    }
    changing.show(&state, &caller, door).await
}

/// The references as text; none where one is to go.
fn checked(references: Map<String, Value>) -> Result<Vec<(String, Option<String>)>, ApiError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let (mut checked, mut problems) = (Vec::new(), Vec::new());
    for (name, value) in references {
        let at = format!("references.{name}");
        if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(is_plain) {
            let message = format!("a name holds 1 to {LONGEST_NAME} letters, digits, `_`, `-` and `.`");
            problems.push(FieldProblem::new(&at, message));
        }
        let value = match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                problems.push(FieldProblem::new(&at, "must be text or a number"));
                continue;
            }
        };
        let is_value = |value: &String| {
            (1..=LONGEST_VALUE).contains(&value.chars().count()) && !value.chars().any(char::is_control)
        };
        if value.as_ref().is_some_and(|value| !is_value(value)) {
            problems.push(FieldProblem::new(&at, format!("must hold 1 to {LONGEST_VALUE} characters")));
        }
        checked.push((name, value));
    }
    ApiError::unless_none(problems)?;
    Ok(checked)
}
