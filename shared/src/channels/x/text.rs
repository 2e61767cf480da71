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

/// `text` without `link`, the short link to its own media that ends it; where the media does not name
/// its link, without any of X's short links that ends it.
pub(super) fn without_link<'a>(text: &'a str, link: Option<&str>) -> &'a str {
    let text = text.trim_end();
    let (before, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let is_its_link = link.map_or_else(|| last.starts_with("https://t.co/"), |link| last == link);
    if is_its_link { before.trim_end() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_to_a_messages_own_media_goes_and_no_other() {
        let own = Some("https://t.co/own");
        assert_eq!(without_link("look https://t.co/own", own), "look");
        assert_eq!(without_link("https://t.co/own", own), "");
        assert_eq!(without_link("look https://t.co/shop", own), "look https://t.co/shop");
        assert_eq!(without_link("https://t.co/shop https://t.co/own ", own), "https://t.co/shop");
        assert_eq!(without_link("look https://t.co/own", None), "look");
        assert_eq!(without_link("xem\u{3000}https://t.co/own", own), "xem");
        assert_eq!(without_link("just words", None), "just words");
    }

    #[test]
    fn entities_are_undone_once() {
        assert_eq!(unescape("a &lt; b &amp;&amp; c &gt; d"), "a < b && c > d");
        assert_eq!(unescape("&amp;lt;"), "&lt;");
        assert_eq!(unescape("R&D & &unknown; &"), "R&D & &unknown; &");
        assert_eq!(unescape("chào bạn"), "chào bạn");
    }
}
