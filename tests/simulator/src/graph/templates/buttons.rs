//! The buttons of a template.

use serde_json::Value;

use super::blueprint::{required, short, word};
use super::problem::{INCOMPLETE, plain, problem};
use crate::taking::Refusal;
use crate::templates::{Piece, pieces};

/// Templates API: buttons of a template, of some kinds, and characters.
const MAX_BUTTONS: usize = 10;
const LIMITS: [(&str, usize); 3] = [("url", 2), ("phone_number", 1), ("copy_code", 1)];
const MAX_LABEL: usize = 25;
const MAX_URL: usize = 2000;
const MAX_CODE: usize = 20;

const KINDS: [&str; 10] =
    ["quick_reply", "url", "phone_number", "copy_code", "otp", "flow", "catalog", "mpm", "spm", "voice_call"];

pub(super) fn check(buttons: &[Value]) -> Result<(), Refusal> {
    let kinds: Vec<_> = buttons.iter().map(|button| word(button, "type")).collect();
    if buttons.is_empty() || buttons.len() > MAX_BUTTONS {
        return Err(plain(&format!("A template has 1 to {MAX_BUTTONS} buttons")));
    }
    for (kind, limit) in LIMITS {
        if kinds.iter().filter(|known| *known == kind).count() > limit {
            return Err(plain(&format!("A template has at most {limit} buttons of type {kind}")));
        }
    }
    if let Some(kind) = kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(plain(&format!("Param buttons: {kind} is not a type")));
    }
    let is_reply: Vec<_> = kinds.iter().map(|kind| kind == "quick_reply").collect();
    if is_reply.windows(2).filter(|pair| pair[0] != pair[1]).count() > 1 {
        return Err(plain("Quick replies must stand together"));
    }
    buttons.iter().zip(&kinds).try_for_each(|(button, kind)| button_of(button, kind))
}

fn button_of(button: &Value, kind: &str) -> Result<(), Refusal> {
    match kind {
        "copy_code" => {
            let example = button["example"].as_str().or_else(|| button["example"][0].as_str());
            return example
                .ok_or_else(|| problem(INCOMPLETE, "A copy code button needs an example"))
                .and_then(|code| short(code, MAX_CODE, "code"));
        }
        "otp" | "catalog" | "mpm" | "spm" if button.get("text").is_none() => return Ok(()),
        _ => short(required(button, "text")?, MAX_LABEL, "label of a button")?,
    }
    match kind {
        "url" => url(button),
        "phone_number" => required(button, "phone_number").map(|_| ()),
        _ => Ok(()),
    }
}

/// An address, whose end can be filled in.
fn url(button: &Value) -> Result<(), Refusal> {
    let url = required(button, "url")?;
    short(url, MAX_URL, "address of a button")?;
    let pieces = pieces(url);
    let places = pieces.iter().filter(|piece| matches!(piece, Piece::Place(_))).count();
    let ends_in_place = matches!(pieces.last(), Some(Piece::Place(_)));
    if places > 1 || (places == 1 && !ends_in_place) {
        return Err(plain("The address of a button can have one variable, at its end"));
    }
    let has_example =
        button["example"].as_array().is_some_and(|list| !list.is_empty()) || button["example"].is_string();
    if places == 1 && !has_example {
        return Err(problem(INCOMPLETE, "An address with a variable needs an example"));
    }
    Ok(())
}
