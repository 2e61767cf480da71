//! `POST` and `DELETE /control/errors`: errors made to order.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::refusal::refuse;
use crate::fault::{Fault, Match, Rule};
use crate::platform::Platform;

/// An order: which sends, what, how often.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Order {
    #[serde(default, rename = "match")]
    matching: Match,
    code: Option<i64>,
    failed_status: Option<i64>,
    http_status: Option<u16>,
    #[serde(default)]
    html: bool,
    hang: Option<u64>,
    #[serde(default)]
    drop_connection: bool,
    #[serde(default)]
    accept_then_drop: bool,
    accept_then_hang: Option<u64>,
    hold_for_quality: Option<Hold>,
    #[serde(default = "once")]
    times: u32,
}

/// How a template is held back.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Hold {
    millis: u64,
    released: bool,
}

/// An order that asks for nothing, or for two things at once.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidOrder {
    #[error(
        "expected one of code, failedStatus, httpStatus, html, hang, dropConnection, acceptThenDrop, acceptThenHang, \
         holdForQuality"
    )]
    NotOneFault,
    #[error("httpStatus: expected 400 to 599")]
    NotAnErrorStatus,
}

pub(crate) async fn add(State(platform): State<Arc<Platform>>, Json(order): Json<Order>) -> Response {
    let rule = match Rule::try_from(order) {
        Ok(rule) => rule,
        Err(error) => return refuse(&error),
    };
    match platform.faults.add(rule) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => refuse(&error),
    }
}

pub(crate) async fn clear(State(platform): State<Arc<Platform>>) -> StatusCode {
    platform.faults.clear();
    StatusCode::NO_CONTENT
}

impl TryFrom<Order> for Rule {
    type Error = InvalidOrder;

    fn try_from(order: Order) -> Result<Self, InvalidOrder> {
        let http_status = order.http_status;
        if http_status.is_some_and(|status| !(400..600).contains(&status)) {
            return Err(InvalidOrder::NotAnErrorStatus);
        }
        let mut faults = [
            order.code.map(|code| Fault::Refuse { code, http_status }),
            order.failed_status.map(|code| Fault::FailLater { code }),
            order.html.then_some(Fault::Html { http_status: http_status.unwrap_or(502) }),
            order.hang.map(|millis| Fault::Hang { millis }),
            order.drop_connection.then_some(Fault::DropConnection),
            order.accept_then_drop.then_some(Fault::AcceptThenDrop),
            order.accept_then_hang.map(|millis| Fault::AcceptThenHang { millis }),
            order.hold_for_quality.map(|Hold { millis, released }| Fault::HoldForQuality { millis, released }),
        ]
        .into_iter()
        .flatten();
        let fault = faults.next().or_else(|| http_status.map(of_status)).ok_or(InvalidOrder::NotOneFault)?;
        if faults.next().is_some() {
            return Err(InvalidOrder::NotOneFault);
        }
        Ok(Self { matching: order.matching, fault, times: order.times })
    }
}

/// An error that only its HTTP status tells apart: code 2 for the server's fault, else 1.
fn of_status(http_status: u16) -> Fault {
    Fault::Refuse { code: if http_status >= 500 { 2 } else { 1 }, http_status: Some(http_status) }
}

fn once() -> u32 {
    1
}
