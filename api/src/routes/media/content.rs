use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, TryStreamExt};
use http::{HeaderValue, header};
use shared::domain::ids::MediaId;
use shared::domain::permission::Action;
use shared::objects::ObjectKey;
use shared::store::media::read::{self, MediaFile};
use shared::store::segments;

use super::taking::Fault;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

const UNKNOWN_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// `GET /media/{id}/content`: the file itself, opened as it goes. Always as an attachment: what a stranger
/// sent is never shown as if it came from us.
#[utoipa::path(
    get,
    path = "/media/{id}/content",
    tag = "media",
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "*/*"),
        (status = 409, description = "It is not there yet, or not any more."),
    )
)]
pub async fn content(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<Response, ApiError> {
    caller.require(Action::ConversationsRead)?;
    params.finish()?;
    let (merchant, id) = (caller.merchant_id, MediaId(id));
    let mut transaction = state.begin(merchant).await?;
    let file = read::get(&mut transaction, &state.keyring, merchant, id).await?.ok_or(ApiError::NotFound("file"))?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    drop(transaction);
    let Some(key) = &file.object_key else {
        return Err(ApiError::Conflict(format!("the file is not there: it is {}", file.state)));
    };
    let object = state.objects.get(&ObjectKey::written(key)).await?;
    let object = object.map_err(Fault::from).boxed();
    // Past this point a fault can only break the answer off, which is shorter than it said.
    let opened = segments::open(keys, id, object).inspect_err(move |fault| {
        tracing::error!(media.id = %id, %fault, "a file broke off while it was given");
    });
    let mut response = Body::from_stream(opened).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(&file));
    headers.insert(header::CONTENT_DISPOSITION, disposition(file.filename.as_deref()));
    if let Some(size) = file.size {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    }
    Ok(response)
}

fn content_type(file: &MediaFile) -> HeaderValue {
    let told = file.mime_type.as_deref().and_then(|kind| HeaderValue::from_str(kind).ok());
    told.unwrap_or(UNKNOWN_TYPE)
}

/// The name as RFC 6266 writes one that is not plain.
fn disposition(filename: Option<&str>) -> HeaderValue {
    let plain = HeaderValue::from_static("attachment");
    let Some(name) = filename else {
        return plain;
    };
    let name: String = url::form_urlencoded::byte_serialize(name.as_bytes()).collect();
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", name.replace('+', "%20"))).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(disposition(None), "attachment");
        assert_eq!(disposition(Some("Giá 2.pdf")), "attachment; filename*=UTF-8''Gi%C3%A1%202.pdf");
        assert_eq!(
            disposition(Some("a\"\r\nset-cookie: x")),
            "attachment; filename*=UTF-8''a%22%0D%0Aset-cookie%3A%20x"
        );
    }
}
