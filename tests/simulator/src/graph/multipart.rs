//! Bodies of `multipart/form-data`.

use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;

use crate::incoming::Incoming;

/// How many parts a body may have.
const MAX_PARTS: usize = 20;

/// One part of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// Its own type, which files have.
    pub(super) mime: Option<String>,
    pub(super) bytes: Bytes,
}

impl Part {
    /// The part as text.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).trim().to_owned()
    }
}

/// The parts of a request's body; none where it is not made of parts.
pub(super) fn parts(incoming: &Incoming) -> Option<Vec<Part>> {
    let kind = incoming.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind.strip_prefix("multipart/form-data")?.split("boundary=").nth(1)?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    split(&incoming.body, boundary)
}

fn split(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let opening = format!("--{boundary}");
    let closing = format!("\r\n--{boundary}");
    let mut place = find(body, opening.as_bytes(), 0)? + opening.len();
    let mut parts = Vec::new();
    while body.get(place..place + 2)? == b"\r\n" && parts.len() < MAX_PARTS {
        let head = place + 2;
        let head_ends = find(body, b"\r\n\r\n", place)?;
        let begins = head_ends + 4;
        let ends = find(body, closing.as_bytes(), begins.saturating_sub(2))?.max(begins);
        let lines = String::from_utf8_lossy(body.get(head..head_ends.max(head))?).into_owned();
        parts.push(Part { name: name(&lines)?, mime: mime(&lines), bytes: body.slice(begins..ends) });
        place = find(body, closing.as_bytes(), begins.saturating_sub(2))? + closing.len();
    }
    Some(parts)
}

fn name(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let mut fields = line.split(';').map(str::trim);
    let name = fields.find_map(|field| field.strip_prefix("name="))?;
    Some(name.trim_matches('"').to_owned())
}

fn mime(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-type:"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn find(body: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|place| from + place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_at_the_boundary_only() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/png\r\n--b\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a\"\r\nContent-Type: image/png\r\n\r\n\
            \r\n--x\r\n\r\n--b--\r\n";
        let parts = split(&Bytes::from(body), "b").unwrap();
        assert_eq!(parts[0], Part { name: "type".to_owned(), mime: None, bytes: "image/png".into() });
        assert_eq!(parts[1].mime.as_deref(), Some("image/png"));
        assert_eq!(parts[1].bytes, "\r\n--x\r\n");
    }

    #[test]
    fn an_empty_part_and_a_torn_body() {
        let empty = Bytes::from("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--b--\r\n");
        assert_eq!(split(&empty, "b").unwrap()[0].bytes, "");
        assert_eq!(split(&Bytes::from("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc"), "b"), None);
        assert_eq!(split(&Bytes::new(), "b"), None);
    }
}
