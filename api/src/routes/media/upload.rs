use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::message::file;
use shared::domain::message::media::MediaKind;
use shared::domain::permission::Action;
use shared::store::StoreError;
use shared::store::audit::{self, Entry};
use shared::store::media::read;
use utoipa::ToSchema;

use super::taking::{self, Sendable, Taken};
use super::view::MediaView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Params;
use crate::layers::{FileKey, Turn};
use crate::state::AppState;

const LONGEST_NAME: usize = 240;
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// What a request says of its file besides the file.
struct Asked {
    channel: Channel,
    kind: Option<MediaKind>,
    filename: Option<String>,
}

/// A file as a part of a form.
#[derive(ToSchema)]
#[schema(as = MediaForm)]
#[expect(dead_code, reason = "it tells what the form holds")]
struct Form {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// `POST /media?kind=&filename=`: takes a file in, to be sent by its id. The body is the file itself, under
/// its own content type, or a form with the file in the part `file`. With an `Idempotency-Key` the same file is taken
/// once.
#[utoipa::path(
    post,
    path = "/media",
    tag = "media",
    params(("kind" = inline(Option<MediaKind>), Query), ("filename" = Option<String>, Query)),
    request_body(content((Vec<u8> = "application/octet-stream"), (Form = "multipart/form-data"))),
    responses(Data<MediaView>)
)]
pub async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    mut params: Params,
    request: Request,
) -> Result<Response, ApiError> {
    caller.require(Action::ConversationsAnswer)?;
    let kind = params.parse("kind", "image, video, audio, document or sticker");
    let filename: Option<String> = params.parse("filename", "a name");
    params.finish()?;
    let key = FileKey::of(&request)?;
    let query = request.uri().query().unwrap_or_default().to_owned();
    let asked = Asked { channel: door.channel, kind, filename };
    let mime_type = content_type(request.headers());
    let taken = if mime_type.starts_with("multipart/form-data") {
        of_form(&state, &caller, asked, request).await?
    } else {
        of_body(&state, &caller, asked, mime_type, request).await?
    };
    let Some(key) = key else {
        return Ok(keep(&state, &caller, taken).await?.into_response());
    };
    let digest = Sha256::new().chain_update(query).chain_update([0]).chain_update(taken.sha256()).finalize();
    match key.claim(&state, &caller, &digest.into()).await? {
        Turn::Keep(claim) => Ok(claim.work(&state, &caller, keep(&state, &caller, taken)).await),
        Turn::Forget(answer) => {
            taken.forget(&state).await?;
            answer
        }
    }
}

/// Says that the file is there, and who brought it.
async fn keep(state: &AppState, caller: &Caller, taken: Taken) -> Result<Data<MediaView>, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = taken.keep(&mut transaction).await?;
    let file = read::get(&mut transaction, &state.keyring, caller.merchant_id, id).await?;
    let file = file.ok_or(ApiError::NotFound("file"))?;
    let entry = Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "media.uploaded",
        entity: "media",
        entity_id: id.0,
        before: None,
        after: Some(json!({ "kind": file.kind, "size": file.size })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(MediaView::from(file)))
}

async fn of_body(
    state: &AppState,
    caller: &Caller,
    asked: Asked,
    mime_type: String,
    request: Request,
) -> Result<Taken, ApiError> {
    let sendable = asked.sendable(mime_type);
    if let Some(told) = content_length(request.headers()) {
        sendable.check(told.max(1))?;
    }
    let body = taking::chunks(request.into_body().into_data_stream());
    let filename = asked.filename.as_deref().map(plain_name);
    taking::take(state, caller.merchant_id, sendable, filename.as_deref(), body).await
}

async fn of_form(state: &AppState, caller: &Caller, asked: Asked, request: Request) -> Result<Taken, ApiError> {
    let unreadable = || ApiError::InvalidRequest("the form does not read".to_owned());
    let mut form = Multipart::from_request(request, state).await.map_err(|_| unreadable())?;
    while let Some(part) = form.next_field().await.map_err(|_| unreadable())? {
        if part.name() != Some("file") {
            continue;
        }
        let mime_type = part.content_type().unwrap_or(UNKNOWN_TYPE).to_owned();
        let filename = asked.filename.as_deref().or(part.file_name()).map(plain_name);
        let sendable = asked.sendable(mime_type);
        return taking::take(state, caller.merchant_id, sendable, filename.as_deref(), taking::chunks(part)).await;
    }
    Err(ApiError::invalid("file", "is required"))
}

impl Asked {
    fn sendable(&self, mime_type: String) -> Sendable {
        let kind = self.kind.unwrap_or_else(|| file::kind_of(&mime_type));
        Sendable { channel: self.channel, kind, mime_type }
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let told = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    told.unwrap_or(UNKNOWN_TYPE).to_owned()
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The last part of a path, of a length that every disk takes.
fn plain_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        assert_eq!(plain_name("../../etc/passwd"), "passwd");
        assert_eq!(plain_name("C:\\bills\\may.pdf"), "may.pdf");
        assert_eq!(plain_name("a\nb"), "ab");
    }
}
