use std::str::FromStr;

use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::{FlowId, MerchantId};
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::PgConnection;
use shared::store::flows::authoring::versions;

use self::compare::DiffView;
use super::get::with_draft;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

mod compare;

const EXPECTED: &str = "draft, published, or the number of a version";

/// One of two documents that are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Draft,
    Published,
    Version(i32),
}

impl FromStr for Side {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "draft" => Ok(Self::Draft),
            "published" => Ok(Self::Published),
            number => number.parse().map(Self::Version),
        }
    }
}

/// `GET /flows/{id}/diff`: what differs between two versions of a flow, or between one and the draft.
#[utoipa::path(
    get,
    path = "/flows/{id}/diff",
    tag = "flows",
    params(
        ("from" = Option<String>, Query, description = "`published`, as where this is left out, `draft`, or a number."),
        ("to" = Option<String>, Query, description = "`draft`, as where this is left out, `published`, or a number."),
    ),
    responses(Data<DiffView>)
)]
pub async fn diff(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let from = params.parse("from", EXPECTED).unwrap_or(Side::Published);
    let to = params.parse("to", EXPECTED).unwrap_or(Side::Draft);
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let (flow, draft) = with_draft(&mut transaction, &caller, door, FlowId(id)).await?;
    let mut both = Vec::new();
    for (field, side) in [("from", from), ("to", to)] {
        let version = match side {
            Side::Draft => None,
            Side::Version(version) => Some(version),
            Side::Published => {
                let published = flow.published_version;
                Some(published.ok_or_else(|| ApiError::invalid(field, "the flow was never published"))?)
            }
        };
        both.push(match version {
            None => ("draft".to_owned(), draft.clone()),
            Some(version) => {
                (version.to_string(), of_version(&mut transaction, caller.merchant_id, flow.id, field, version).await?)
            }
        });
    }
    match <[(String, Document); 2]>::try_from(both) {
        Ok([from, to]) => Ok(Data(DiffView::of(from, to))),
        Err(_) => Err(ApiError::internal("two documents were read")),
    }
}

async fn of_version(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    field: &'static str,
    version: i32,
) -> Result<Document, ApiError> {
    let found = versions::get(conn, merchant, flow, version).await?;
    found.map(|(_, document)| document).ok_or_else(|| ApiError::invalid(field, "is no version of this flow"))
}
