//! Mending JSON whose text was cut in the middle of a character.
//!
//! A platform that shortens a name or a caption may leave half of a surrogate pair, `\ud83d`, or half of
//! a UTF-8 sequence. No JSON reader takes that, and the thousand other updates of the body would be
//! lost with it.

const REPLACEMENT: &str = "\\ufffd";

/// `body` with the halves of characters replaced by U+FFFD.
pub(super) fn mend(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        out.push_str(plain);
        let (mended, length) = mend_escape(escape);
        out.push_str(mended);
        rest = &escape[length..];
    }
    out.push_str(rest);
    out
}

/// What to write for the escape that `text` begins with, and how much of `text` that stands for.
fn mend_escape(text: &str) -> (&str, usize) {
    match unit(text) {
        Some(0xd800..=0xdbff) => match text.get(6..).and_then(unit) {
            Some(0xdc00..=0xdfff) => (&text[..12], 12),
            _ => (REPLACEMENT, 6),
        },
        Some(0xdc00..=0xdfff) => (REPLACEMENT, 6),
        // The backslash and what it escapes, so that an escaped backslash begins nothing.
        _ => {
            let escaped = text.chars().nth(1).map_or(0, char::len_utf8);
            (&text[..=escaped], 1 + escaped)
        }
    }
}

/// The UTF-16 unit that `text` begins with, written `\uxxxx`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_halves_are_replaced() {
        for (cut, mended) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\udc4b!""#, r#""\ufffd!""#),
            (r#""\ud83d\ud83d\udc4b""#, r#""\ufffd\ud83d\udc4b""#),
            (r#""\ud83d\n""#, r#""\ufffd\n""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\u00e4""#, r#""\u00e4""#),
            ("\\", "\\"),
        ] {
            assert_eq!(mend(cut.as_bytes()), mended);
        }
        assert_eq!(mend(b"\"\xf0\x9f\""), "\"\u{fffd}\"");
    }

    proptest! {
        #[test]
        fn what_reads_already_is_left_alone(text in ".*") {
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(mend(json.as_bytes()), json);
        }

        #[test]
        fn no_escapes_make_it_panic(text in r"(\\|u|d8|3d|é|[0-9a-f]){0,30}") {
            mend(text.as_bytes());
        }
    }
}
