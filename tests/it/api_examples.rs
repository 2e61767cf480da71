//! The examples of the API's pages, as they stand there: what a reader copies works.

use std::process::Stdio;

use serde_json::Value;
use shared::domain::channel::Channel;
use shared::domain::clock;
use sqlx::PgPool;
use tests::api::TestApi;
use tests::repository;
use tokio::process::Command;

/// The pages, and how many requests each shows.
const PAGES: [(&str, usize); 2] = [("docs/en/api.md", 4), ("docs/en/flows-api.md", 8)];
/// Where the pages say that the API is, and the password that they leave out.
const SAID: (&str, &str) = ("http://localhost:5000", "\"password\":\"...\"");
const PASSWORD: &str = "twelve letters";

/// What the pages use of jq, for machines without it: the last field of that name.
const JQ: &str =
    r#"command -v jq >/dev/null || jq() { grep -oE "\"${2##*.}\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }"#;

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn every_example_of_the_pages_is_answered_with_success(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.owner("owner@loa.local", PASSWORD).await?;
    let account = app.account(&owner, Channel::WhatsApp, "1001").await?;
    for (page, requests) in PAGES {
        // Whoever answers by hand takes a conversation over: each page has one of its own.
        let phone = format!("8490{:07}", page.len());
        let thread = app.thread(&owner, account, &phone, clock::now()).await?;
        let text = std::fs::read_to_string(repository::root().join(page))?;
        let examples = blocks(&text).join("\n");
        let examples = examples.replace(SAID.0, &app.base).replace(SAID.1, &format!("\"password\":\"{PASSWORD}\""));
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &format!("{JQ}\n{examples}")])
            .env("API", &app.base)
            .env("TOKEN", &owner.token)
            .env("ACCOUNT", account.to_string())
            .env("CONVERSATION", thread.id.to_string())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let (said, complained) = (String::from_utf8(output.stdout)?, String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{page}: {said} {complained}");
        let answers = serde_json::Deserializer::from_str(&said).into_iter::<Value>().collect::<Result<Vec<_>, _>>()?;
        for answer in &answers {
            assert_eq!(answer["success"], true, "{page}: {answer}");
        }
        // What is kept in a variable or a file is not seen here.
        let kept = examples.matches("=$(curl").count() + examples.matches(" -o ").count();
        assert_eq!(answers.len() + kept, requests, "{page}: {said}");
        assert_eq!(examples.matches("curl ").count(), requests, "{page}");
    }
    app.stop().await
}

/// The shell examples of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```bash\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}
