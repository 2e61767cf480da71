//! What happens to a call that is no send: the fault ordered for it, else what it does.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::channel::Channel;
use crate::fault::Fault;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::{PAGE, cut, held_back, ordered_refusal};

/// Answers the call `name` about `account`: as was ordered, else with what `act` gives.
pub(crate) async fn answer(
    platform: &Platform,
    incoming: &Incoming,
    channel: Channel,
    name: &str,
    account: &str,
    act: impl FnOnce() -> Response,
) -> Response {
    match platform.faults.take_for_call(name, account) {
        // The last two are about messages alone.
        None | Some(Fault::FailLater { .. } | Fault::HoldForQuality { .. }) => act(),
        Some(Fault::Refuse { code, http_status }) => ordered_refusal(channel, code, http_status).into_response(),
        Some(Fault::Html { http_status }) => {
            (StatusCode::from_u16(http_status).unwrap_or(StatusCode::BAD_GATEWAY), Html(PAGE)).into_response()
        }
        Some(Fault::DropConnection) => cut(incoming),
        Some(Fault::Hang { millis }) => {
            held_back(platform, millis).await;
            cut(incoming)
        }
        Some(Fault::AcceptThenDrop) => {
            drop(act());
            cut(incoming)
        }
        Some(Fault::AcceptThenHang { millis }) => {
            let response = act();
            held_back(platform, millis).await;
            response
        }
    }
}
