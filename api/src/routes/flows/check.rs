//! What is wrong with a flow, in its merchant's surroundings.

use shared::domain::ids::{FlowId, MerchantId};
use shared::flow::check::Surroundings;
use shared::flow::fault::Severity;
use shared::flow::{Document, Fault, check};
use shared::store::PgConnection;
use shared::store::flows::authoring::change::About;
use shared::store::flows::authoring::{request, surroundings};

use crate::config::Calls;
use crate::error::{ApiError, FieldProblem};
use crate::state::AppState;

/// What is wrong with `document` as what a flow does of which `about` is said.
pub(super) async fn faults(
    conn: &mut PgConnection,
    state: &AppState,
    merchant: MerchantId,
    id: Option<FlowId>,
    about: &About,
    document: &Document,
) -> Result<Vec<Fault>, ApiError> {
    let Calls { hosts, private } = state.calls.clone();
    let known = surroundings::of(conn, merchant, id, about, document).await?;
    let surroundings = Surroundings { called_hosts: hosts, private_hosts: private, ..known };
    let mut faults = check(document, &surroundings);
    let places = request::places(conn, merchant, about).await?;
    if id.is_some() && !places.iter().any(|place| place.auto_reply_enabled) {
        let told = "no connected account that it works on has `autoReplyEnabled`: it stays silent until one does";
        faults.push(Fault::new(Severity::Warning, None, "accountIds", "no_account_answers", told));
    }
    Ok(faults)
}

/// Refuses a document that cannot work, with every fault.
pub(super) async fn refuse_broken(
    conn: &mut PgConnection,
    state: &AppState,
    merchant: MerchantId,
    id: FlowId,
    about: &About,
    document: &Document,
) -> Result<(), ApiError> {
    let faults = faults(conn, state, merchant, Some(id), about, document).await?;
    let errors = faults.into_iter().filter(|fault| fault.severity == Severity::Error);
    ApiError::unless_none(errors.map(FieldProblem::from).collect())
}
