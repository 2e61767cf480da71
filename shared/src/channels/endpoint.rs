//! Where a platform's API stands.

use url::Url;

/// `base` with `segments` behind it, each escaped.
pub(super) fn under(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_the_base_does_not_matter() {
        for base in ["http://localhost:1/v25.0", "http://localhost:1/v25.0/"] {
            let url = under(&Url::parse(base).unwrap(), &["12", "messages"]);
            assert_eq!(url.as_str(), "http://localhost:1/v25.0/12/messages");
        }
    }

    #[test]
    fn an_identifier_cannot_lead_elsewhere() {
        let base = Url::parse("http://localhost:1").unwrap();
        let url = under(&base, &["../a?b", "messages"]);
        assert_eq!(url.as_str(), "http://localhost:1/..%2Fa%3Fb/messages");
    }
}
