//! Paths under which the pages know what stands elsewhere.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use http::Uri;
use http::uri::PathAndQuery;
use tower::Service;

use super::{FACEBOOK, WHATSAPP, X};

/// The Facebook page has no prefix for these.
const UNPREFIXED: [&str; 3] = ["conversations", "customers", "chatbots"];
/// Resources with a second name, and the first: the pages of WhatsApp and Facebook say customers, X's says contacts;
/// X's page puts flows below automation, Facebook's below chatbots.
const NAMES: [(&str, &str); 3] =
    [("customers", "contacts"), ("automation/flows", "flows"), ("chatbots/flows", "flows")];

/// The API, reached by its paths and by their other names.
#[derive(Clone, Debug)]
pub struct Aliases(Router);

impl Aliases {
    /// Puts the other names before `router`.
    pub const fn before(router: Router) -> Self {
        Self(router)
    }
}

impl Service<Request> for Aliases {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request>::poll_ready(&mut self.0, context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if let Some(uri) = renamed(request.uri()) {
            *request.uri_mut() = uri;
        }
        self.0.call(request)
    }
}

fn renamed(uri: &Uri) -> Option<Uri> {
    let path = canonical(uri.path())?;
    let whole = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(whole).ok()?);
    Uri::from_parts(parts).ok()
}

/// The path under which the router knows `path`; none where it is that one.
fn canonical(path: &str) -> Option<String> {
    let below = path.strip_prefix("/api/v1/")?;
    let (first, _) = below.split_once('/').unwrap_or((below, ""));
    let unprefixed = UNPREFIXED.contains(&first).then(|| format!("{FACEBOOK}/{below}"));
    let path = unprefixed.as_deref().unwrap_or(path);
    first_name(path).or_else(|| unprefixed.clone())
}

/// `/customers` behind a door is `/contacts`.
fn first_name(path: &str) -> Option<String> {
    let below = |door: &str| path.strip_prefix(door).and_then(|rest| rest.strip_prefix('/')).map(ToOwned::to_owned);
    let of_channel = || {
        let (channel, rest) = path.strip_prefix("/api/v1/channels/")?.split_once('/')?;
        Some((format!("/api/v1/channels/{channel}"), rest.to_owned()))
    };
    let fixed = [WHATSAPP, X, FACEBOOK].into_iter().find_map(|door| Some((door.to_owned(), below(door)?)));
    let (door, rest) = fixed.or_else(of_channel)?;
    let renamed = |(second, first): (&str, &str)| {
        let rest = rest.strip_prefix(second).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some(format!("{door}/{first}{rest}"))
    };
    NAMES.into_iter().find_map(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_finds_what_it_names() {
        let known = |path: &str| canonical(path);
        assert_eq!(known("/api/v1/conversations"), Some("/api/v1/mkt-facebook/conversations".to_owned()));
        assert_eq!(known("/api/v1/conversations/7"), Some("/api/v1/mkt-facebook/conversations/7".to_owned()));
        assert_eq!(known("/api/v1/customers"), Some("/api/v1/mkt-facebook/contacts".to_owned()));
        assert_eq!(known("/api/v1/whatsapp/customers/84/tags"), Some("/api/v1/whatsapp/contacts/84/tags".to_owned()));
        assert_eq!(known("/api/v1/channels/x/customers"), Some("/api/v1/channels/x/contacts".to_owned()));
        let flows = known("/api/v1/mkt-x/automation/flows/7/activate");
        assert_eq!(flows, Some("/api/v1/mkt-x/flows/7/activate".to_owned()));
        assert_eq!(known("/api/v1/chatbots/flows"), Some("/api/v1/mkt-facebook/flows".to_owned()));
        assert_eq!(known("/api/v1/mkt-facebook/chatbots/flows"), Some("/api/v1/mkt-facebook/flows".to_owned()));
        for same in ["/api/v1/users", "/api/v1/mkt-x/contacts", "/api/v1/whatsapp/customersx", "/docs", "/api/v1/"] {
            assert_eq!(known(same), None, "{same}");
        }
    }

    #[test]
    fn the_query_stays() {
        let uri: Uri = "/api/v1/customers?shopId=a&take=2".parse().unwrap();
        assert_eq!(renamed(&uri).unwrap(), "/api/v1/mkt-facebook/contacts?shopId=a&take=2");
    }
}
