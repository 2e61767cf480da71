//! What is attached to a direct message.

use serde_json::Value;

use super::super::fields::{Misfit, as_degrees, inside, text};
use super::super::read;
use crate::domain::message::media::{Media, MediaSource};
use crate::domain::message::{Content, Location};

/// What `attachment` is; `caption` goes under a picture or film.
pub(super) fn content(attachment: &Value, caption: Option<String>) -> Result<Content, Misfit> {
    match text(attachment, "type")? {
        "media" => inside(attachment, "media", |media| file(media, caption)),
        "location" => inside(attachment, "location", location),
        _ => Err(Misfit::new("type", "names something that Loa has no content for")),
    }
}

fn file(of: &Value, caption: Option<String>) -> Result<Content, Misfit> {
    let with = |url: &str| Media { caption, ..Media::from(MediaSource::Link { url: url.to_owned() }) };
    match text(of, "type")? {
        "photo" => Ok(Content::Image(with(picture(of)?))),
        // An animated picture is a film without sound.
        "video" | "animated_gif" => {
            let (url, mime_type) = inside(of, "video_info", film)?;
            Ok(Content::Video(Media { mime_type, ..with(url) }))
        }
        _ => Err(Misfit::new("type", "names something that Loa has no content for")),
    }
}

fn picture(of: &Value) -> Result<&str, Misfit> {
    text(of, "media_url_https").or_else(|misfit| text(of, "media_url").map_err(|_| misfit))
}

/// The best of the variants of a film that are files: playlists have no bit rate.
fn film(of: &Value) -> Result<(&str, Option<String>), Misfit> {
    let bit_rate = |variant: &Value| variant.get("bitrate").and_then(Value::as_u64);
    let files = read::list(of, "variants").iter().filter(|variant| read::text(variant, "url").is_some());
    let best = files.max_by_key(|variant| bit_rate(variant)).ok_or_else(|| Misfit::new("variants", "is empty"))?;
    Ok((text(best, "url")?, read::label(best, "content_type")))
}

/// A point, longitude first. A place that is named by its id alone has none.
fn location(of: &Value) -> Result<Content, Misfit> {
    let point = inside(of, "shared_coordinate", |of| {
        inside(of, "coordinates", |of| match read::list(of, "coordinates") {
            [longitude, latitude] => Ok((as_degrees(latitude), as_degrees(longitude))),
            _ => Err(Misfit::new("coordinates", "is no pair")),
        })
    })?;
    let (Some(latitude), Some(longitude)) = point else {
        return Err(Misfit::new("shared_coordinate.coordinates.coordinates", "is no pair of numbers"));
    };
    Ok(Content::Location(Location { latitude, longitude, name: None, address: None, url: None }))
}
