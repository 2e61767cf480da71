//! Parameters of a query string, as bytes: a challenge is echoed byte for byte, whatever it holds.

use percent_encoding::percent_decode;

/// The decoded value of the first parameter called `name`.
pub(crate) fn parameter(query: &str, name: &str) -> Option<Vec<u8>> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key) == name.as_bytes()).then(|| decode(value))
    })
}

fn decode(text: &str) -> Vec<u8> {
    let spaced: Vec<u8> = text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }).collect();
    percent_decode(&spaced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_otherwise_left_alone() {
        let query = "hub.mode=subscribe&hub%2Echallenge=a+b%2Bc%00%ff%zz&empty=&bare";
        let value = |name| parameter(query, name);
        assert_eq!(value("hub.mode").as_deref(), Some(&b"subscribe"[..]));
        assert_eq!(value("hub.challenge").as_deref(), Some(&b"a b+c\x00\xff%zz"[..]));
        assert_eq!(value("empty").as_deref(), Some(&b""[..]));
        assert_eq!(value("bare").as_deref(), Some(&b""[..]));
        assert_eq!(value("mode"), None);
    }
}
