//! The API against its own description, by schemathesis: no fault of ours, no status and no answer that the
//! description does not know. `./dev schema` runs it, and `./dev test` with it; it needs schemathesis beside the tests.

use std::process::Stdio;

use serde_json::json;
use sqlx::PgPool;
use tests::api::flows::answering;
use tests::api::{TestApi, Thread};
use tests::repository;
use tokio::process::Command;

/// What has to hold for every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance";
/// Seconds for all documents together, where nobody says.
const SECONDS: u64 = 100;

#[sqlx::test(migrator = "tests::MIGRATOR")]
#[ignore = "takes minutes, and needs schemathesis: ./dev schema"]
async fn schemathesis_finds_nothing_that_the_description_does_not_say(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let thread = app.whatsapp_thread(&owner).await?;
    app.messages(&owner, thread, 3).await?;
    let seconds = seconds();
    // Half of the operations would find nothing if no identifier were ever a good one.
    let config = repository::root().join(format!(".local/schemathesis/known-{}.toml", thread.id));
    let flow = app.active_flow(&owner, "Known", &answering("hello", "Hi")).await?;
    std::fs::write(&config, known(thread, &flow))?;
    let documents = api::router::documents();
    let mut found = Vec::new();
    for document in &documents {
        // The neutral document holds what the others spell otherwise, and gets half of the time.
        let share = if document.path == "/api/v1/openapi.json" { seconds / 2 } else { seconds / 6 };
        let output = Command::new(repository::root().join(".local/schemathesis/bin/st"))
            .arg("--config-file")
            .arg(&config)
            .args(["run", &format!("{}{}", app.base, document.path)])
            .args(["--header", &format!("Authorization: Bearer {}", owner.token)])
            .args(["--checks", CHECKS, "--max-time", &share.max(1).to_string(), "--workers", "1"])
            .args(["--request-timeout", "15", "--continue-on-failure", "--warnings", "off", "--no-color"])
            .args(["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--seed", "5"])
            // It keeps what it has seen where it stands.
            .current_dir(repository::root().join(".local/schemathesis"))
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let tail: Vec<&str> = said.lines().rev().take(25).collect();
        println!("{}:\n{}", document.title, tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
        if !output.status.success() {
            found.push(json!({ "document": document.title, "said": said }));
            println!("{said}{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    std::fs::remove_file(&config)?;
    assert!(found.is_empty(), "{} documents do not hold, see above", found.len());
    app.stop().await
}

#[expect(clippy::disallowed_methods, reason = "who runs the test says for how long; no process reads it")]
fn seconds() -> u64 {
    std::env::var("SCHEMA_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS)
}

/// What schemathesis is told to put into paths.
fn known(thread: Thread, flow: &str) -> String {
    let things = [
        ("flows", flow.to_owned()),
        ("conversations", thread.id.to_string()),
        ("accounts", thread.account_id.to_string()),
        ("contacts", thread.contact_id.to_string()),
    ];
    let of = |(name, id): &(&str, String)| {
        format!("[[operations]]\ninclude-path-regex = \"/{name}/.id\"\nparameters = {{ \"path.id\" = \"{id}\" }}\n")
    };
    let operations: String = things.iter().map(of).collect();
    format!("[parameters]\n\"path.channel\" = \"whatsapp\"\n\n{operations}")
}
