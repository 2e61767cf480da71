//! What fills the places of a template's words.

use super::super::findings::{Findings, quote};
use crate::domain::message::template::{Parameter, ParameterValue};

/// A run of this many spaces the platform refuses: "more than 4", says its error 132008.
const SPACES: &str = "     ";
/// The longest value: that of the whole body (platform notes, section 8).
pub(super) const BODY: usize = 1024;
/// The same for the header.
pub(super) const HEADER: usize = 60;

/// Parameters at the path `at`, numbered or named but not both.
pub(super) fn check_all(at: &str, parameters: &[Parameter], findings: &mut Findings) {
    for (index, parameter) in parameters.iter().enumerate() {
        check(&format!("{at}[{index}]"), parameter, BODY, findings);
    }
    let count_named = parameters.iter().filter(|parameter| parameter.name.is_some()).count();
    if count_named > 0 && count_named < parameters.len() {
        let count = parameters.len();
        findings.add(at, format!("names {count_named} of {count} parameters, all of them or none must be named"));
    }
    let names = parameters.iter().enumerate();
    findings.unique(names.filter_map(|(index, one)| Some((format!("{at}[{index}].name"), one.name.as_deref()?))));
}

/// One parameter at the path `at`.
pub(super) fn check(at: &str, parameter: &Parameter, most: usize, findings: &mut Findings) {
    if let Some(name) = &parameter.name
        && !is_name(name)
    {
        let problem = format!("must be lower-case letters, digits and _, not a digit first, is {}", quote(name));
        findings.add(format!("{at}.name"), problem);
    }
    match &parameter.value {
        ParameterValue::Text { text } => words(&format!("{at}.text"), text, most, findings),
        ParameterValue::Currency { fallback, code, .. } => {
            words(&format!("{at}.fallback"), fallback, most, findings);
            if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                findings.add(format!("{at}.code"), format!("must be a currency as VND, is {}", quote(code)));
            }
        }
        ParameterValue::DateTime { fallback } => words(&format!("{at}.fallback"), fallback, most, findings),
    }
}

/// Words in the middle of others: no line of their own, no gaps.
fn words(field: &str, text: &str, most: usize, findings: &mut Findings) {
    findings.words(field, text, most);
    if text.contains(['\n', '\r', '\t']) || text.contains(SPACES) {
        let problem = format!("takes no line breaks, no tabs and at most 4 spaces in a row, is {}", quote(text));
        findings.add(field, problem);
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.bytes().all(is_part) && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}
