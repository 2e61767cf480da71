//! The Graph API's paths.

/// Stands for whoever the token belongs to.
pub(crate) const OWNER: &str = "me";

/// A path of the Graph API: a node, perhaps one of its edges, perhaps behind a version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GraphPath<'a> {
    pub(crate) node: &'a str,
    pub(crate) edge: Option<&'a str>,
}

impl<'a> GraphPath<'a> {
    /// Reads `/v25.0/123/messages`, `/123/messages`, `/v25.0/123`.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        let path = match path.split_once('/') {
            Some((version, rest)) if is_version(version) => rest,
            _ => path,
        };
        let (node, edge) = match path.split_once('/') {
            Some((node, edge)) => (node, Some(edge)),
            None => (path, None),
        };
        let is_id = !node.is_empty() && node.bytes().all(|byte| byte.is_ascii_digit());
        let is_owner = node == OWNER && edge.is_none();
        (is_id || is_owner).then_some(Self { node, edge })
    }
}

fn is_version(segment: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    segment
        .strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_optional() {
        let expected = GraphPath { node: "123", edge: Some("messages") };
        assert_eq!(GraphPath::parse("/v25.0/123/messages"), Some(expected));
        let expected = GraphPath { node: "123", edge: None };
        assert_eq!(GraphPath::parse("/123"), Some(expected));
    }

    #[test]
    fn the_owner_of_the_token_is_a_node() {
        assert_eq!(GraphPath::parse("/v25.0/me"), Some(GraphPath { node: "me", edge: None }));
    }

    #[test]
    fn what_is_no_node_is_no_path() {
        for path in ["", "/", "/v25.0", "/v25/123/messages", "/me/messages", "//"] {
            assert_eq!(GraphPath::parse(path), None, "{path}");
        }
    }
}
