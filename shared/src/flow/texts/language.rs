//! The part of the template language that texts may use: places, `if` and `for`.
//!
//! What could fill the memory in few steps is left out: no variables of a text's own, no `*`, no calls.

use super::filters::{FILTERS, TESTS};

const BLOCKS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];

/// Whether there is anything to fill.
pub(super) fn has_places(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| text.contains(open))
}

/// The way of a text that is nothing but one place: `{{ variables.age }}`.
pub(super) fn only_way(text: &str) -> Option<Vec<String>> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let is_name = |step: &str| {
        !step.is_empty()
            && !step.starts_with(|c: char| c.is_ascii_digit())
            && step.chars().all(|c| c == '_' || c.is_alphanumeric())
    };
    let steps: Vec<String> = inner.split('.').map(str::to_owned).collect();
    steps.iter().all(|step| is_name(step)).then_some(steps)
}

/// Says what a text uses that texts may not.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let tag = &rest[at..];
        let (inside, close) = match tag.as_bytes().get(1) {
            Some(b'{') => (true, "}}"),
            Some(b'%') => (true, "%}"),
            Some(b'#') => (false, "#}"),
            _ => {
                rest = &tag[1..];
                continue;
            }
        };
        let block = close == "%}";
        let body = &tag[2..];
        if !inside {
            rest = body.find(close).map_or("", |end| &body[end + 2..]);
            continue;
        }
        let used = tokens(body, close)?;
        if block {
            let name = used.names().next().unwrap_or_default();
            if !BLOCKS.contains(&name) {
                return Err(format!("`{name}` is no block of texts, only if, elif, else and for are"));
            }
        }
        used.check()?;
        rest = &body[used.length..];
    }
    Ok(())
}

struct Used<'a> {
    tokens: Vec<&'a str>,
    /// Up to behind the closing braces.
    length: usize,
}

impl<'a> Used<'a> {
    fn names(&self) -> impl Iterator<Item = &'a str> {
        self.tokens.iter().copied().filter(|token| is_name(token))
    }

    fn check(&self) -> Result<(), String> {
        for (index, token) in self.tokens.iter().enumerate() {
            let after = |steps: usize| self.tokens.get(index + steps).copied().unwrap_or_default();
            match *token {
                "*" => return Err("`*` is not part of texts, numbers are multiplied by `| times(2)`".to_owned()),
                "|" if !FILTERS.contains(&after(1)) => {
                    return Err(format!("`{}` is no filter, expected one of: {}", after(1), FILTERS.join(", ")));
                }
                "is" => {
                    let test = if after(1) == "not" { after(2) } else { after(1) };
                    if !TESTS.contains(&test) {
                        return Err(format!("`is {test}` is no test, only `is defined` and `is undefined` are"));
                    }
                }
                "recursive" => return Err("`recursive` is not part of texts".to_owned()),
                name if is_name(name) && after(1) == "(" && !is_operator(name) => {
                    let before = index.checked_sub(1).and_then(|before| self.tokens.get(before)).copied();
                    if before != Some("|") {
                        return Err(format!("`{name}(...)` is a call, texts have filters alone"));
                    }
                }
                "]" | ")" if after(1) == "(" => return Err("a call is not part of texts".to_owned()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Words behind which an opening bracket is no call.
fn is_operator(name: &str) -> bool {
    ["if", "elif", "in", "and", "or", "not", "else", "is"].contains(&name)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

/// The tokens up to `close`; texts in quotation marks are left out.
fn tokens<'a>(body: &'a str, close: &str) -> Result<Used<'a>, String> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let rest = &body[at..];
        if rest.starts_with(close) {
            return Ok(Used { tokens, length: at + close.len() });
        }
        let Some(first) = rest.chars().next() else { break };
        let length = match first {
            '"' | '\'' => quoted(rest, first).ok_or("a quotation mark is not closed")?,
            c if c == '_' || c.is_alphanumeric() => {
                rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        if !matches!(first, '"' | '\'') && !first.is_whitespace() {
            tokens.push(&rest[..length]);
        }
        at += length;
    }
    Err(format!("`{close}` is missing"))
}

fn quoted(rest: &str, mark: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return Some(at + 1),
            _ => {}
        }
    }
    None
}
