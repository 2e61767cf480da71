use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::IntoResponse;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::notification::{Language, Notice, OrderStatus, places};
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::notifications as store;
use utoipa::ToSchema;

use super::body::Check;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, Params};
use crate::state::AppState;

/// It fits into a template's parameter and under every channel's limit.
const LONGEST_TEXT: usize = 600;
const LONGEST_PLACE: usize = 64;

type Own = BTreeMap<(Notice, Language), String>;

/// The words of every notification: the merchant's own, else Loa's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = NotificationTexts)]
struct TextsView {
    /// By status, then by language.
    order_status: BTreeMap<OrderStatus, BTreeMap<Language, String>>,
    /// By language.
    appointment_reminder: BTreeMap<Language, String>,
}

impl TextsView {
    fn of(own: &Own) -> Self {
        let of = |notice: Notice| {
            let text = |language: Language| {
                own.get(&(notice, language)).cloned().unwrap_or_else(|| notice.default_text(language).to_owned())
            };
            Language::ALL.into_iter().map(|language| (language, text(language))).collect()
        };
        Self {
            order_status: OrderStatus::ALL.into_iter().map(|status| (status, of(Notice::Order(status)))).collect(),
            appointment_reminder: of(Notice::Appointment),
        }
    }
}

/// Words to set, in the form in which they are shown; what is left out stays, `null` brings Loa's back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SetNotificationTexts)]
struct Body {
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, BTreeMap<String, String>>)]
    order_status: BTreeMap<String, BTreeMap<String, Option<String>>>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    appointment_reminder: BTreeMap<String, Option<String>>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `GET /notifications/texts`: the words of every notification.
#[utoipa::path(
    get,
    path = "/notifications/texts",
    tag = "notifications",
    responses(Data<TextsView>)
)]
pub async fn texts(
    State(state): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let own = store::texts(&mut transaction, caller.merchant_id).await?;
    Ok(Data(TextsView::of(&own)))
}

/// `PUT /notifications/texts`: sets words of notifications.
#[utoipa::path(
    put,
    path = "/notifications/texts",
    tag = "notifications",
    request_body = Body,
    responses(Data<TextsView>)
)]
pub async fn set_texts(
    State(state): State<AppState>,
    caller: Caller,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let changes = read(body.read()?)?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let before = store::texts(&mut transaction, merchant).await?;
    for (notice, language, text) in &changes {
        store::set_text(&mut transaction, merchant, *notice, *language, text.as_deref()).await?;
    }
    let after = store::texts(&mut transaction, merchant).await?;
    let entry = Entry {
        merchant_id: merchant,
        actor: caller.actor(),
        action: "notification_texts.changed",
        entity: "merchant",
        entity_id: merchant.0,
        before: Some(changed(&changes, &before)),
        after: Some(changed(&changes, &after)),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(TextsView::of(&after)))
}

type Changes = Vec<(Notice, Language, Option<String>)>;

fn read(body: Body) -> Result<Changes, ApiError> {
    let mut check = Check::default();
    let mut changes = Vec::new();
    for (name, texts) in body.order_status {
        let at = format!("orderStatus.{name}");
        match name.parse::<OrderStatus>() {
            Ok(status) => of_notice(Notice::Order(status), &at, texts, &mut check, &mut changes),
            Err(unknown) => check.problem(&at, format!("is no status: {}", unknown.expected.join(", "))),
        }
    }
    of_notice(Notice::Appointment, "appointmentReminder", body.appointment_reminder, &mut check, &mut changes);
    check.finish()?;
    Ok(changes)
}

fn of_notice(
    notice: Notice,
    at: &str,
    texts: BTreeMap<String, Option<String>>,
    check: &mut Check,
    changes: &mut Changes,
) {
    for (name, text) in texts {
        let at = format!("{at}.{name}");
        let Ok(language) = name.parse::<Language>() else {
            check.problem(&at, "is no language: en, vi, zh");
            continue;
        };
        if let Some(text) = &text {
            check.line(&at, text, LONGEST_TEXT);
            let odd = |place: &&str| place.is_empty() || place.chars().count() > LONGEST_PLACE;
            if places(text).iter().any(odd) {
                check.problem(&at, "holds a place without a name: they are written {{name}}");
            }
        }
        changes.push((notice, language, text));
    }
}

/// What the trail tells of the words that are changed.
fn changed(changes: &Changes, own: &Own) -> Value {
    let told = changes.iter().map(|(notice, language, _)| {
        json!({ "kind": notice.kind(), "status": notice.status(), "language": language,
                "text": own.get(&(*notice, *language)) })
    });
    Value::Array(told.collect())
}
