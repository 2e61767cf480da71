//! Who may do what: the page says what the table says, and the routes do.

use std::collections::BTreeMap;

use shared::domain::permission::Action;
use shared::domain::user::UserRole;
use tests::repository;

/// The table of `docs/en/access.md`: for each action whether each role may, and whether a key may.
fn documented() -> BTreeMap<String, Vec<bool>> {
    let page = std::fs::read_to_string(repository::root().join("docs/en/access.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let rows = rows.map(cells).filter(|cells| cells.len() == 8);
    rows.map(|cells| (cells[0].trim_matches('`').to_owned(), cells[2..].iter().map(|cell| cell == "yes").collect()))
        .collect()
}

fn table() -> BTreeMap<String, Vec<bool>> {
    let row = |action: Action| {
        let by_key = UserRole::ALL.into_iter().any(|role| role.key_may(action));
        UserRole::ALL.into_iter().map(|role| role.may(action)).chain([by_key]).collect()
    };
    Action::ALL.into_iter().map(|action| (action.to_string(), row(action))).collect()
}

#[test]
fn the_page_says_what_the_table_says() {
    assert_eq!(documented(), table());
}

/// Every handler asks the table by an action's name; these alone are for everyone, or ask in another way.
#[test]
fn every_operation_asks_who_may() {
    const FOR_EVERYONE: [&str; 5] = ["login", "refresh", "logout", "me", "password"];
    let mut unasked = Vec::new();
    for source in repository::texts("api/src/routes", ".rs").unwrap() {
        for handler in source.text.split("#[utoipa::path(").skip(1) {
            let Some((_, after)) = handler.split_once("pub async fn ") else { continue };
            let name = after.split(['(', '<']).next().unwrap_or_default();
            let body = after.split("\n}\n").next().unwrap_or_default();
            if !body.contains(".require(Action::") && !FOR_EVERYONE.contains(&name) {
                unasked.push(format!("{}: {name}", source.path));
            }
        }
    }
    assert!(unasked.is_empty(), "{unasked:#?}");
}
