//! Downloads: files of the platform, which need a token, and plain ones on the web.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::time::sleep;

use crate::clock;
use crate::connection::Line;
use crate::graph;
use crate::incoming::Incoming;
use crate::media::FileFault;
use crate::platform::Platform;

/// `GET /whatsapp_business/attachments/{token}`: a file that a `GET /{media id}` gave the address of.
pub(crate) async fn attachment(
    State(platform): State<Arc<Platform>>,
    Path(token): Path<String>,
    incoming: Incoming,
) -> Response {
    if graph::token::check(&platform, &incoming).is_err() {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    match platform.files.at(&token, clock::now()) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(file) => download(&incoming.line, &file.mime, file.bytes, file.fault).await,
    }
}

/// `GET /files/{name}`: a file on the web.
pub(crate) async fn web(
    State(platform): State<Arc<Platform>>,
    ConnectInfo(line): ConnectInfo<Line>,
    Path(name): Path<String>,
) -> Response {
    match platform.web.find(&name) {
        None => StatusCode::NOT_FOUND.into_response(),
        Some(found) => download(&line, &found.mime, found.bytes, found.fault).await,
    }
}

async fn download(line: &Line, mime: &str, bytes: Bytes, fault: Option<FileFault>) -> Response {
    let body = match fault {
        Some(FileFault::HttpStatus(status)) => {
            return StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY).into_response();
        }
        Some(FileFault::Expired | FileFault::Gone) => return StatusCode::NOT_FOUND.into_response(),
        Some(FileFault::Slow(millis)) => {
            sleep(Duration::from_millis(millis.min(MAX_SLOW_MS))).await;
            Body::from(bytes)
        }
        Some(FileFault::LargerThanTold) => Body::from([bytes.clone(), bytes].concat()),
        Some(FileFault::CutOff) => {
            line.cut();
            Body::from(bytes)
        }
        Some(FileFault::WrongChecksum) | None => Body::from(bytes),
    };
    ([(header::CONTENT_TYPE, mime)], body).into_response()
}

/// The longest that a download is held back.
const MAX_SLOW_MS: u64 = 600_000;
