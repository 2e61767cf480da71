//! Lists that open.

use std::collections::HashSet;

use super::{MAX_LABEL, sections};
use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: sections of a list, and rows in all of them together.
const MAX_SECTIONS: usize = 10;
const MAX_ROWS: usize = 10;
/// Cloud API: characters of a row's id, title and description.
const MAX_ROW_ID: usize = 200;
const MAX_ROW_TITLE: usize = 24;
const MAX_ROW_DESCRIPTION: usize = 72;

pub(super) fn check(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["button", "sections"])?;
    action.required_limited_text("button", MAX_LABEL)?;
    let mut ids = HashSet::new();
    for section in sections(action, MAX_SECTIONS)? {
        section.only(&["title", "rows"])?;
        for row in section.objects_within("rows", 1, MAX_ROWS)? {
            row.only(&["id", "title", "description"])?;
            row.required_limited_text("title", MAX_ROW_TITLE)?;
            row.limited_text("description", MAX_ROW_DESCRIPTION)?;
            if !ids.insert(row.required_limited_text("id", MAX_ROW_ID)?) {
                return Err(row.wrong("id", "is the id of another row"));
            }
        }
    }
    if ids.len() > MAX_ROWS {
        let problem = format!("hold {} rows in total. Max: {MAX_ROWS}", ids.len());
        return Err(action.wrong("sections", &problem));
    }
    Ok(())
}
