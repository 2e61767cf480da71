//! Where the documents are read: as they are, and as pages to look through. Everything that the pages
//! need is in the binary.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Router, middleware};
use bytes::Bytes;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use super::document::Document;
use crate::envelope;

/// Where the pages are.
const DOCS: &str = "/docs";
/// Where clients of the documents' examples look for them.
const SWAGGER: &str = "/swagger";

/// The pages run their own scripts and speak to nobody but us. They set styles as they go.
const PAGES_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The routes of `documents` and of the pages.
pub fn routes<S: Clone + Send + Sync + 'static>(documents: Vec<Document>) -> Router<S> {
    let urls: Vec<Url<'static>> = documents.iter().map(|document| Url::new(document.title, document.path)).collect();
    let config = Config::new(urls)
        .validator_url("none")
        .doc_expansion("none")
        .default_models_expand_depth(0)
        .filter(true)
        .persist_authorization(true);
    let pages = Router::from(SwaggerUi::new(DOCS).config(config))
        .route(SWAGGER, get(async || Redirect::to("/docs/")))
        .route("/swagger/{*rest}", get(async || Redirect::to("/docs/")))
        .layer(middleware::map_response(with_policy));
    documents.into_iter().fold(pages, |router, document| {
        let body = Bytes::from(document.json.to_string());
        router.route(document.path, get(async move || ([(header::CONTENT_TYPE, envelope::json_type())], body.clone())))
    })
}

async fn with_policy(response: Response) -> Response {
    ([(header::CONTENT_SECURITY_POLICY, PAGES_POLICY)], response).into_response()
}
