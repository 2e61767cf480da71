//! X escapes the text of a message as HTML.

/// The entities that are undone, as they are written and as they are meant.
const ENTITIES: [(&str, char); 5] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];

/// The text as its writer typed it. Undone once: `&amp;lt;` was typed as `&lt;`.
pub(super) fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let entity = ENTITIES.iter().find(|(written, _)| rest.starts_with(written));
        let (length, meant) = entity.map_or((1, '&'), |(written, meant)| (written.len(), *meant));
        out.push(meant);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_undone_once() {
        assert_eq!(unescape("a &lt; b &amp;&amp; c &gt; d"), "a < b && c > d");
        assert_eq!(unescape("&amp;lt;"), "&lt;");
        assert_eq!(unescape("R&D & &unknown; &"), "R&D & &unknown; &");
        assert_eq!(unescape("chào bạn"), "chào bạn");
    }
}
