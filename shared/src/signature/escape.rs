//! The form in which Meta signs text that is not ASCII.

/// Hands `part` the pieces of `text` in which every UTF-16 unit beyond ASCII is written `\uxxxx`, in
/// order. Nothing is copied, so that the work is bounded by the body and its memory by nothing new.
pub(super) fn each_part(text: &str, mut part: impl FnMut(&[u8])) {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let (plain, beyond) = rest.split_at(at);
        part(plain.as_bytes());
        let mut chars = beyond.chars();
        if let Some(c) = chars.next() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                part(&escaped(*unit));
            }
        }
        rest = chars.as_str();
    }
    part(rest.as_bytes());
}

fn escaped(unit: u16) -> [u8; 6] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |shift: u16| HEX[usize::from(unit >> shift & 0xf)];
    [b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escape(text: &str) -> String {
        let mut out = Vec::new();
        each_part(text, |part| out.extend_from_slice(part));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_what_is_beyond_ascii_is_rewritten() {
        assert_eq!(escape(""), "");
        assert_eq!(escape("a/b \"c\""), "a/b \"c\"");
        assert_eq!(escape("äx"), "\\u00e4x");
        assert_eq!(escape("\u{1f44b}!"), "\\ud83d\\udc4b!");
    }
}
