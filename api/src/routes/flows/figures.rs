use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::FlowId;
use shared::domain::permission::Action;
use shared::store::flows::authoring::{figures as store, versions};

use self::view::FiguresView;
use super::get::with_draft;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

mod view;

/// Which version's figures are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// The published one's; where there is none, all.
    Published,
    /// All together.
    All,
    /// One's.
    Version(i32),
}

impl std::str::FromStr for Wanted {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "published" => Ok(Self::Published),
            "all" => Ok(Self::All),
            number => number.parse().map(Self::Version),
        }
    }
}

/// `GET /flows/{id}/figures`: how often each node was passed, how sessions ended, and how the arms of A/B splits compare.
#[utoipa::path(
    get,
    path = "/flows/{id}/figures",
    tag = "flows",
    params(("version" = Option<String>, Query, description = "`published`, as where this is left out, `all`, or a number.")),
    responses(Data<FiguresView>)
)]
pub async fn figures(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let wanted = params.parse("version", "published, all, or the number of a version").unwrap_or(Wanted::Published);
    params.finish()?;
    let (merchant, id) = (caller.merchant_id, FlowId(id));
    let mut transaction = state.begin(merchant).await?;
    let (flow, draft) = with_draft(&mut transaction, &caller, door, id).await?;
    let version = match wanted {
        Wanted::Published => flow.published_version,
        Wanted::All => None,
        Wanted::Version(version) => Some(version),
    };
    let document = match version {
        Some(version) => {
            let found = versions::get(&mut transaction, merchant, id, version).await?;
            found.ok_or_else(|| ApiError::invalid("version", "is none of this flow's"))?.1
        }
        None => draft,
    };
    let counted = store::of(&mut transaction, merchant, id, version).await?;
    Ok(Data(FiguresView::new(version, &document, &counted)))
}
