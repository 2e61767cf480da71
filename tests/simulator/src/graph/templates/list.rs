//! `GET /{WABA id}/message_templates`.

use serde_json::{Map, Value, json};

use crate::graph::error;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;
use crate::templates::Template;

/// Templates of a page, where the request does not say.
const PAGE: usize = 25;
const MAX_PAGE: usize = 1000;
/// Meta: a cursor that is none.
const BAD_CURSOR: i64 = 131_059;

pub(super) fn list(platform: &Platform, incoming: &Incoming, waba: &str) -> Result<Value, Refusal> {
    let limit = incoming.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let from = match incoming.query("after") {
        None => 0,
        Some(cursor) => place_of(&cursor).ok_or_else(|| error::of_code(BAD_CURSOR, None, false))?,
    };
    let wanted: Vec<_> = platform.templates.with(waba, |templates| {
        let fitting = templates.iter().filter(|template| fits(incoming, template));
        fitting.map(|template| chosen(incoming, whole(template))).collect()
    });
    let page: Vec<_> = wanted.iter().skip(from).take(limit).cloned().collect();
    let until = from + page.len();
    let mut paging = json!({ "cursors": { "before": cursor(from), "after": cursor(until) } });
    if until < wanted.len() {
        let host = incoming.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
        let path = incoming.uri.path();
        paging["next"] = Value::from(format!("http://{host}{path}?limit={limit}&after={}", cursor(until)));
    }
    Ok(json!({ "data": page, "paging": paging }))
}

/// Everything that is told of a template.
pub(super) fn whole(template: &Template) -> Value {
    json!({
        "id": template.id,
        "name": template.name,
        "language": template.language,
        "category": template.category,
        "status": template.status,
        "quality_score": { "score": template.quality },
        "parameter_format": if template.design.body.is_named() { "NAMED" } else { "POSITIONAL" },
        "components": template.components,
    })
}

fn fits(incoming: &Incoming, template: &Template) -> bool {
    let whole = whole(template);
    ["name", "language", "category", "status"].iter().all(|field| {
        let wanted = incoming.query(field);
        wanted.is_none_or(|wanted| whole[*field].as_str().is_some_and(|value| value.eq_ignore_ascii_case(&wanted)))
    })
}

/// The fields that the request asks for; `id` always comes.
fn chosen(incoming: &Incoming, whole: Value) -> Value {
    let Some(fields) = incoming.query("fields") else {
        return whole;
    };
    let names = ["id"].into_iter().chain(fields.split(','));
    Value::Object(names.filter_map(|name| Some((name.to_owned(), whole.get(name)?.clone()))).collect::<Map<_, _>>())
}

fn cursor(place: usize) -> String {
    format!("P{place}")
}

fn place_of(cursor: &str) -> Option<usize> {
    cursor.strip_prefix('P')?.parse().ok()
}
