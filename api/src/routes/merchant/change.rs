use axum::extract::State;
use axum::response::IntoResponse;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::merchants::{self, Merchant};
use utoipa::ToSchema;

use super::view::MerchantView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::state::AppState;

const LONGEST_NAME: usize = 200;
const MOST_WORDS: usize = 100;
const LONGEST_WORD: usize = 64;
const LONGEST_REPLY: usize = 1_000;
/// Ten years.
const LONGEST_RETENTION: i32 = 3_650;

/// What the merchant settles anew; what is not named stays, and null goes back to Loa's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = MerchantChange)]
struct Body {
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    stop_words: Wish<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    stop_reply: Wish<String>,
    retention_days: Option<i32>,
    #[serde(rename = "id")]
    #[schema(ignore)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(ignore)]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// What is wished of something that Loa has its own of.
#[derive(Debug, Default)]
enum Wish<T> {
    /// It was not named.
    #[default]
    AsItIs,
    /// Null.
    LoasOwn,
    This(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Wish<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|given| given.map_or(Self::LoasOwn, Self::This))
    }
}

impl<T: Clone> Wish<T> {
    fn or(self, present: Option<&T>) -> Option<T> {
        match self {
            Self::AsItIs => present.cloned(),
            Self::LoasOwn => None,
            Self::This(wished) => Some(wished),
        }
    }
}

/// `PATCH /merchant`: what the merchant is called, what its customers write to stop, how long contents are kept.
#[utoipa::path(patch, path = "/merchant", tag = "merchant", request_body = Body, responses(Data<MerchantView>))]
pub async fn change(State(state): State<AppState>, caller: Caller, body: Json) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::MerchantManage)?;
    let body = tidy(body.read()?)?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    merchants::lock(&mut transaction, caller.merchant_id).await?;
    let before = merchants::get(&mut transaction, caller.merchant_id).await?.ok_or(ApiError::NotFound("merchant"))?;
    let after = Merchant {
        name: body.name.unwrap_or_else(|| before.name.clone()),
        stop_words: body.stop_words.or(before.stop_words.as_ref()),
        stop_reply: body.stop_reply.or(before.stop_reply.as_ref()),
        retention_days: body.retention_days.unwrap_or(before.retention_days),
        ..before.clone()
    };
    merchants::change(&mut transaction, &after).await?;
    if before != after {
        let entry = Entry {
            merchant_id: caller.merchant_id,
            actor: caller.actor(),
            action: "merchant.changed",
            entity: "merchant",
            entity_id: caller.merchant_id.0,
            before: Some(shown(&before)),
            after: Some(shown(&after)),
            at: clock::now(),
        };
        audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(MerchantView::from(after)))
}

/// Words and names without what stands around them, if they may be so.
fn tidy(mut body: Body) -> Result<Body, ApiError> {
    let mut problems = Vec::new();
    let mut problem = |field: &str, message: String| problems.push(FieldProblem::new(field, message));
    let plain = |text: &str, most: usize| {
        !text.is_empty() && text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
    };
    if let Some(name) = &mut body.name {
        *name = name.trim().to_owned();
        if !plain(name, LONGEST_NAME) {
            problem("name", format!("must hold 1 to {LONGEST_NAME} characters"));
        }
    }
    if let Wish::This(words) = &mut body.stop_words {
        for word in words.iter_mut() {
            *word = word.trim().to_lowercase();
        }
        if words.is_empty() || words.len() > MOST_WORDS {
            problem("stopWords", format!("must name 1 to {MOST_WORDS} words; null for Loa's own"));
        }
        for (at, _) in words.iter().enumerate().filter(|(_, word)| !plain(word, LONGEST_WORD)) {
            problem(&format!("stopWords[{at}]"), format!("must hold 1 to {LONGEST_WORD} characters"));
        }
    }
    if let Wish::This(reply) = &body.stop_reply
        && !plain(reply.trim(), LONGEST_REPLY)
    {
        problem("stopReply", format!("must hold 1 to {LONGEST_REPLY} characters; null for Loa's own"));
    }
    if body.retention_days.is_some_and(|days| !(1..=LONGEST_RETENTION).contains(&days)) {
        problem("retentionDays", format!("must be from 1 to {LONGEST_RETENTION}"));
    }
    ApiError::unless_none(problems)?;
    Ok(body)
}

fn shown(merchant: &Merchant) -> Value {
    json!({
        "name": merchant.name,
        "stopWords": merchant.stop_words,
        "stopReply": merchant.stop_reply,
        "retentionDays": merchant.retention_days,
    })
}
