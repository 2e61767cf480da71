//! Which pages of other origins may ask: none, unless they are configured.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use shared::config::FromSetting;
use tower_http::cors::CorsLayer;
use url::Url;

/// A browser asks again after this time whether it may.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Origins whose pages may ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<HeaderValue>);

impl FromSetting for Origins {
    fn from_setting(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).map(origin).collect::<Result<_, _>>().map(Self)
    }
}

fn origin(text: &str) -> Result<HeaderValue, String> {
    let expected = || format!("`{text}` is no origin, such as https://console.example.com");
    let url = Url::parse(text).map_err(|_| expected())?;
    let origin = url.origin();
    if !origin.is_tuple() || origin.ascii_serialization() != text {
        return Err(expected());
    }
    HeaderValue::from_str(text).map_err(|_| expected())
}

/// Answers browsers that ask whether a page of `origins` may; none where there are no origins.
pub fn cors(origins: &Origins) -> Option<CorsLayer> {
    let told = ["x-request-id", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "retry-after"];
    let asked = [header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("idempotency-key")];
    let layer = CorsLayer::new()
        .allow_origin(origins.0.clone())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers(asked.into_iter().chain([HeaderName::from_static("x-request-id")]).collect::<Vec<_>>())
        .expose_headers(told.map(HeaderName::from_static))
        .max_age(REMEMBERED);
    (!origins.0.is_empty()).then_some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_and_a_host() {
        assert_eq!(Origins::from_setting("https://a.example, http://localhost:3000").unwrap().0.len(), 2);
        for wrong in ["*", "a.example", "https://a.example/", "https://a.example/path", "null"] {
            assert!(Origins::from_setting(wrong).is_err(), "{wrong}");
        }
    }
}
