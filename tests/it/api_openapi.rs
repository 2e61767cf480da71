//! The API's own description: that it holds together, that it is served, and that it can be read.

use std::collections::BTreeSet;
use std::fs;

use api::openapi::Document;
use serde_json::Value;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::repository;

#[test]
fn every_document_holds_together() {
    for Document { title, json, .. } in api::router::documents() {
        assert_eq!(json["openapi"], "3.1.0");
        let mut names = BTreeSet::new();
        for (method, path, operation) in operations(&json) {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{title}: {name} is there twice");
            assert!(operation["tags"][0].is_string(), "{title}: {method} {path} says not what it is about");
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{title}: {method} {path}");
            assert!(operation["responses"].get("200").is_some(), "{title}: {method} {path} never succeeds");
        }
        for reference in references(&json) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(json.pointer(pointer).is_some(), "{title}: {reference} leads nowhere");
        }
    }
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_documents_and_their_pages_are_served_to_everybody(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    for document in api::router::documents() {
        let answer = app.raw(app.request(http::Method::GET, document.path)).await?;
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &document.json));
    }
    for path in ["/docs", "/docs/", "/swagger", "/swagger/index.html"] {
        let page = app.raw(app.request(http::Method::GET, path)).await?;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text.contains("swagger-ui"), "{path}: {}", page.text);
        let policy = page.headers["content-security-policy"].to_str()?;
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(!page.text.contains("https://"), "{path} needs the outside: {}", page.text);
    }
    let script = app.raw(app.request(http::Method::GET, "/docs/swagger-initializer.js")).await?;
    assert!(script.text.contains("/api/v1/openapi.json"), "{}", script.text);
    app.stop().await
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            let operations = item.as_object().into_iter().flatten();
            operations.map(|(method, operation)| (method.as_str(), path.as_str(), operation))
        })
        .collect()
}

fn references(value: &Value) -> BTreeSet<&str> {
    match value {
        Value::Object(object) => {
            let own = object.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(object.values().flat_map(references)).collect()
        }
        Value::Array(list) => list.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

#[test]
fn every_success_is_200() {
    for document in api::router::documents() {
        for (method, path, operation) in operations(&document.json) {
            let statuses = operation["responses"].as_object().unwrap().keys();
            // A part of a file is a part by its status, as browsers ask for it.
            let is_file = path.ends_with("/content");
            let other = statuses
                .into_iter()
                .find(|status| !(status.starts_with(['4', '5']) || *status == "200" || (is_file && *status == "206")));
            assert_eq!(other, None, "{method} {path}");
        }
    }
}

#[test]
fn the_page_of_errors_lists_every_code() {
    let documents = api::router::documents();
    let codes = documents[0].json["components"]["schemas"]["ErrorCode"]["enum"].as_array().unwrap();
    let codes: BTreeSet<&str> = codes.iter().map(|code| code.as_str().unwrap()).collect();
    let page = fs::read_to_string(repository::root().join("docs/en/errors.md")).unwrap();
    let listed: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(listed, codes);
}
