//! `docs/en/contract.md`: every promise of the source documents, each with the test that holds us to it.

use std::collections::BTreeSet;
use std::fs;

use tests::repository;

/// Rooms of the house that are not built yet; what stands in them waits.
const ROOMS: [&str; 6] = ["templates", "segments", "campaigns", "AI", "analytics", "erasure"];

struct Row {
    promise: String,
    shown_by: String,
}

#[test]
fn every_promise_names_a_test_that_exists_or_the_room_it_waits_for() {
    let tests = tests();
    let mut wrong = Vec::new();
    for Row { promise, shown_by } in rows() {
        if let Some(room) = shown_by.strip_prefix("waits for ") {
            if !ROOMS.contains(&room) {
                wrong.push(format!("{promise}: there is no room `{room}`"));
            }
            continue;
        }
        let named: Vec<&str> = shown_by.split('`').skip(1).step_by(2).collect();
        if named.is_empty() {
            wrong.push(format!("{promise}: nothing shows it"));
        }
        wrong.extend(
            named.iter().filter(|name| !tests.contains(**name)).map(|name| format!("{promise}: no test {name}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_endpoint_of_the_documents_is_in_the_table() {
    let table: Vec<String> = rows().into_iter().map(|row| row.promise).collect();
    let missing: Vec<&str> =
        ENDPOINTS.lines().filter(|line| !table.iter().any(|promise| promise.contains(&format!("`{line}`")))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What the documents name, as they name it.
const ENDPOINTS: &str = include_str!("api_contract_endpoints.txt");

fn rows() -> Vec<Row> {
    let page = fs::read_to_string(repository::root().join("docs/en/contract.md")).unwrap();
    let lines = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise") && !line.starts_with("| ---"));
    let rows: Vec<Row> = lines
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
            assert_eq!(cells.len(), 2, "{line}");
            Row { promise: cells[0].to_owned(), shown_by: cells[1].to_owned() }
        })
        .collect();
    assert!(rows.len() > 100, "the table has {} rows", rows.len());
    rows
}

/// `file::test` of every test of this crate, of the workers and of the simulator.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["tests/it", "shared/src", "ingress", "workers/src", "api/src"] {
        for source in repository::texts(folder, ".rs").unwrap() {
            let file = source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next().unwrap();
            let mut is_test = false;
            for line in source.text.lines().map(str::trim) {
                if line.starts_with("#[test]") || line.starts_with("#[sqlx::test") || line.starts_with("#[tokio::test")
                {
                    is_test = true;
                } else if let Some(name) = line.trim_start_matches("async ").strip_prefix("fn ").filter(|_| is_test) {
                    let name = name.split(['(', '<']).next().unwrap_or_default();
                    found.insert(format!("{file}::{name}"));
                    is_test = false;
                }
            }
        }
    }
    found
}
