//! `POST /{phone number id}/media`, `GET` and `DELETE /{media id}`.

use axum::Json;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

use super::multipart::{Part, parts};
use super::{error, token};
use crate::clock;
use crate::incoming::Incoming;
use crate::media::{File, FileFault, Origin, limit_of};
use crate::platform::Platform;
use crate::taking::Refusal;

/// The part of an address between host and token.
pub(crate) const DOWNLOADS: &str = "/whatsapp_business/attachments";

/// Takes a file in.
pub(super) fn upload(platform: &Platform, incoming: &Incoming, number: &str) -> Response {
    answer(take(platform, incoming, number))
}

/// Says where a file is; none where there is no such file.
pub(super) fn show(platform: &Platform, incoming: &Incoming, id: &str) -> Option<Response> {
    let file = platform.files.find(id, clock::now())?;
    Some(answer(token::check(platform, incoming).map(|()| describe(platform, incoming, &file))))
}

/// Forgets a file; none where there is no such file.
pub(super) fn delete(platform: &Platform, incoming: &Incoming, id: &str) -> Option<Response> {
    platform.files.find(id, clock::now())?;
    Some(answer(token::check(platform, incoming).map(|()| {
        platform.files.remove(id);
        json!({ "success": true })
    })))
}

fn take(platform: &Platform, incoming: &Incoming, number: &str) -> Result<Value, Refusal> {
    token::check(platform, incoming)?;
    if platform.config.number(number).is_none() {
        return Err(error::unknown_object(number));
    }
    let parts = parts(incoming).ok_or_else(|| error::invalid("the body is not multipart/form-data", true))?;
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let text = |name: &str| part(name).map(Part::text);
    if text("messaging_product").as_deref() != Some("whatsapp") {
        return Err(error::invalid("The parameter messaging_product is required.", true));
    }
    let file = part("file").ok_or_else(|| error::invalid("The parameter file is required.", true))?;
    let mime = file.mime.clone().or_else(|| text("type")).unwrap_or_default();
    let limit = limit_of(&mime, &file.bytes).ok_or_else(|| {
        error::invalid(&format!("Param file must be a file of a supported type. Received file of type '{mime}'."), true)
    })?;
    if file.bytes.is_empty() || file.bytes.len() > limit {
        let details = format!("The file has {} bytes. Min: 1, max for {mime}: {limit}", file.bytes.len());
        return Err(error::with_details(131_053, &details));
    }
    let kept = platform.files.add(&mime, file.bytes.clone(), Origin::Business, None, clock::now());
    if kept.is_mislabelled() {
        platform.files.remove(&kept.id);
        return Err(error::with_details(131_053, &format!("The file is not of type {mime}")));
    }
    Ok(json!({ "id": kept.id }))
}

fn describe(platform: &Platform, incoming: &Incoming, file: &File) -> Value {
    let lives = match file.fault {
        Some(FileFault::Expired) => 0,
        _ => platform.behaviour().media_url_lives_ms,
    };
    let lives = TimeDelta::milliseconds(i64::try_from(lives).unwrap_or(i64::MAX / 1_000_000));
    let token = platform.files.address(&file.id, clock::now() + lives);
    let host = incoming.headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    json!({
        "messaging_product": "whatsapp",
        "url": format!("http://{host}{DOWNLOADS}/{token}"),
        "mime_type": file.mime,
        "sha256": file.told_sha256(),
        "file_size": file.told_size(),
        "id": file.id,
    })
}

fn answer(answer: Result<Value, Refusal>) -> Response {
    match answer {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}
