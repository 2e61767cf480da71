//! Lists that open.

use super::super::findings::Findings;
use crate::domain::message::interactive::ListSection;

const BUTTON: usize = 20;
const SECTIONS: usize = 10;
/// In all sections together.
const ROWS: usize = 10;
const SECTION_TITLE: usize = 24;
const ROW_ID: usize = 200;
const ROW_TITLE: usize = 24;
const ROW_DESCRIPTION: usize = 72;

pub(super) fn check(button: &str, sections: &[ListSection], findings: &mut Findings) {
    findings.words("action.button", button, BUTTON);
    findings.count("action.sections", sections.len(), 1..=SECTIONS, "sections");
    let rows: usize = sections.iter().map(|section| section.rows.len()).sum();
    findings.count("action.sections", rows, 1..=ROWS, "rows in all sections");
    for (index, section) in sections.iter().enumerate() {
        let at = format!("action.sections[{index}]");
        if section.rows.is_empty() && rows > 0 {
            findings.add(format!("{at}.rows"), "holds 0 rows, at least 1");
        }
        if sections.len() > 1 {
            findings.needed(&format!("{at}.title"), section.title.as_deref(), SECTION_TITLE);
        } else {
            findings.optional(&format!("{at}.title"), section.title.as_deref(), SECTION_TITLE);
        }
        for (number, row) in section.rows.iter().enumerate() {
            let at = format!("{at}.rows[{number}]");
            findings.words(&format!("{at}.id"), &row.id, ROW_ID);
            findings.words(&format!("{at}.title"), &row.title, ROW_TITLE);
            findings.optional(&format!("{at}.description"), row.description.as_deref(), ROW_DESCRIPTION);
        }
    }
    findings.unique(sections.iter().enumerate().flat_map(|(index, section)| {
        let rows = section.rows.iter().enumerate();
        rows.map(move |(number, row)| (format!("action.sections[{index}].rows[{number}].id"), row.id.as_str()))
    }));
}
