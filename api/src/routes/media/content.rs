use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, TryStreamExt};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shared::domain::ids::MediaId;
use shared::domain::permission::Action;
use shared::objects::ObjectKey;
use shared::store::media::read::{self, MediaFile};
use shared::store::segments;

use super::range::{self, Wanted};
use super::taking::Fault;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Params, PathId};
use crate::state::AppState;

const UNKNOWN_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// `GET /media/{id}/content`: the file itself, opened as it goes, or the range of it that is asked for. Always as an
/// attachment: what a stranger sent is never shown as if it came from us.
#[utoipa::path(
    get,
    path = "/media/{id}/content",
    tag = "media",
    params(("Range" = Option<String>, Header, description = "One range of bytes: `bytes=0-999`.")),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "*/*"),
        (status = 206, description = "The range of it that was asked for.", body = Vec<u8>, content_type = "*/*"),
        (status = 409, description = "It is not there yet, or not any more."),
        (status = 416, description = "It has no such bytes."),
    )
)]
pub async fn content(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
    headers: HeaderMap,
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
    let size = file.size;
    let wanted = size.map_or(Wanted::Whole, |size| range::read(range_of(&headers, id), size));
    if wanted == Wanted::Nothing {
        let mut response = ApiError::RangeNotSatisfiable.into_response();
        let told = format!("bytes */{}", size.unwrap_or_default());
        response.headers_mut().extend(HeaderValue::from_str(&told).map(|value| (header::CONTENT_RANGE, value)));
        return Ok(response);
    }
    let first = if let Wanted::Part(part) = &wanted { part.start } else { 0 };
    let place = segments::place(&keys, first);
    let object = state.objects.get_from(&ObjectKey::written(key), place.offset).await?;
    let object = object.map_err(Fault::from).boxed();
    // Past this point a fault can only break the answer off, which is shorter than it said.
    let opened = segments::open(keys, id, place.segment, object).inspect_err(move |fault| {
        tracing::error!(media.id = %id, %fault, "a file broke off while it was given");
    });
    let (status, length, body) = match &wanted {
        Wanted::Part(part) => {
            let length = part.end - part.start;
            (StatusCode::PARTIAL_CONTENT, Some(length), Body::from_stream(cut(opened, place.skip, length)))
        }
        Wanted::Whole | Wanted::Nothing => (StatusCode::OK, size, Body::from_stream(opened)),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(&file));
    headers.insert(header::CONTENT_DISPOSITION, disposition(file.filename.as_deref()));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(HeaderValue::from_str(&tag(id)).map(|tag| (header::ETAG, tag)));
    if let Some(length) = length {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    if let (Wanted::Part(part), Some(size)) = (&wanted, size) {
        let told = format!("bytes {}-{}/{size}", part.start, part.end - 1);
        headers.extend(HeaderValue::from_str(&told).map(|value| (header::CONTENT_RANGE, value)));
    }
    Ok(response)
}

/// A file never changes: its id tells it from every other.
fn tag(id: MediaId) -> String {
    format!("\"{id}\"")
}

/// The range that is asked for; none where it is meant for another file.
fn range_of(headers: &HeaderMap, id: MediaId) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_meant = text(header::IF_RANGE).is_none_or(|given| given == tag(id));
    text(header::RANGE).filter(|_| is_meant)
}

/// `length` bytes of `file`, its first `skip` left out.
fn cut<E: Send + 'static>(
    file: impl Stream<Item = Result<Bytes, E>> + Send,
    skip: usize,
    length: u64,
) -> impl Stream<Item = Result<Bytes, E>> + Send {
    file.scan((skip, length), |(skip, left), bytes| {
        let cut = match bytes {
            Err(error) => Some(Err(error)),
            // All was given: what follows is not read.
            Ok(_) if *left == 0 => None,
            Ok(mut bytes) => {
                let skipped = (*skip).min(bytes.len());
                *skip -= skipped;
                let bytes = bytes.split_off(skipped);
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= taken as u64;
                Some(Ok(bytes.slice(..taken)))
            }
        };
        std::future::ready(cut)
    })
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
