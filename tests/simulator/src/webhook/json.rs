//! JSON as Meta writes it.

use std::fmt::Write;

use serde_json::Value;

/// `value` in ASCII: every other character is written `\uXXXX`, in UTF-16 units and lower-case
/// hex, and a slash is written `\/`. Meta signs these bytes.
pub(crate) fn ascii(value: &Value) -> String {
    let plain = value.to_string();
    let mut escaped = String::with_capacity(plain.len());
    // Outside of strings JSON holds neither slashes nor characters beyond ASCII.
    for character in plain.chars() {
        match character {
            '/' => escaped.push_str("\\/"),
            character if character.is_ascii() => escaped.push(character),
            character => escape(character, &mut escaped),
        }
    }
    escaped
}

fn escape(character: char, into: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a string does not fail.
        let _ = write!(into, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn characters_beyond_ascii_are_escaped_in_utf_16() {
        assert_eq!(ascii(&json!({ "text": "äöå 👋 a/b" })), r#"{"text":"\u00e4\u00f6\u00e5 \ud83d\udc4b a\/b"}"#);
    }

    #[test]
    fn what_is_escaped_reads_back() {
        let value = json!({ "text": "\"\\/\u{7f}\u{1} Xin chào, \u{10ffff}" });
        assert_eq!(serde_json::from_str::<Value>(&ascii(&value)).ok(), Some(value));
    }
}
