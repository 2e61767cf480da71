//! Which part of Loa may know which: the arrows of `shared`, and the walls between the processes.

use std::collections::BTreeSet;
use std::process::Command;

use tests::repository::{self, Text};

/// The modules of `shared`, and what each may import besides itself.
const MAY_IMPORT: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("events", &["domain"]),
    ("config", &["domain"]),
    ("retry", &["domain"]),
    ("flow", &["domain"]),
    ("seal", FIRST),
    ("peek", FIRST),
    ("signature", FIRST),
    ("store", &["seal", "domain", "events", "config", "retry", "flow"]),
    ("broker", FIRST),
    ("channels", FIRST),
    ("cache", FIRST),
    ("objects", FIRST),
    ("telemetry", SECOND),
    ("ops", &["telemetry", "domain", "events", "config", "retry"]),
    ("lifecycle", &["ops", "telemetry", "domain", "events", "config", "retry"]),
    ("lib", &[]),
];
const FIRST: &[&str] = &["domain", "events", "config", "retry"];
const SECOND: &[&str] = &[
    "domain",
    "events",
    "config",
    "retry",
    "seal",
    "peek",
    "signature",
    "store",
    "broker",
    "channels",
    "cache",
    "objects",
];

/// Crates that do I/O, which the pure modules do not name.
const IO: [&str; 8] = ["tokio", "sqlx", "lapin", "redis", "reqwest", "hyper", "axum", "std::fs"];

const PROCESSES: [&str; 3] = ["ingress", "workers", "api"];

#[test]
fn the_modules_of_shared_import_only_what_stands_left_of_them() {
    let wrong: Vec<String> = sources("shared/src")
        .iter()
        .flat_map(|source| {
            let module = module_of(&source.path);
            let Some((_, may)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
                return vec![format!("{}: the module `{module}` has no place in the order", source.path)];
            };
            let allowed = |name: &String| *name == module || may.contains(&name.as_str());
            let imports = imports(&source.text);
            imports.iter().filter(|name| !allowed(name)).map(|name| format!("{} -> {name}", source.path)).collect()
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_module_of_shared_climbs_out_of_itself_by_super() {
    for source in sources("shared/src") {
        let below = source.path.trim_start_matches("shared/src/").trim_end_matches("/mod.rs");
        let to_the_root = "super::".repeat(below.split('/').count());
        assert!(!source.text.contains(&to_the_root), "{} imports by {to_the_root}", source.path);
    }
}

#[test]
fn the_domain_and_the_events_know_no_io() {
    for source in
        sources("shared/src/domain").iter().chain(&sources("shared/src/events")).chain(&sources("shared/src/flow"))
    {
        for name in IO {
            assert!(!source.text.contains(&format!("{name}::")), "{} names {name}", source.path);
        }
    }
}

#[test]
fn the_processes_do_not_know_one_another() {
    for process in PROCESSES {
        for other in PROCESSES.into_iter().filter(|other| *other != process) {
            let direct = direct_dependencies(process);
            assert!(!direct.contains(other), "{process}/Cargo.toml names {other}");
            for source in sources(process) {
                let names_it = names_crate(&source.text, other);
                assert!(!names_it, "{} names {other}", source.path);
            }
        }
    }
}

#[test]
fn only_shared_and_the_tests_hold_the_drivers_of_services() {
    for member in ["ingress", "workers", "api", "tests/simulator"] {
        for driver in ["sqlx", "lapin", "redis"] {
            assert!(!direct_dependencies(member).contains(driver), "{member}/Cargo.toml names {driver}");
        }
    }
}

#[test]
fn the_ingress_is_built_without_store_and_cache() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--quiet", "-p", "ingress", "-e", "normal"])
        .args(["--prefix", "none", "--format", "{lib}"])
        .current_dir(repository::root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let built = String::from_utf8(tree.stdout).unwrap();
    let built: BTreeSet<&str> = built.split_whitespace().collect();
    assert!(built.contains("lapin"), "the tree does not read: {built:?}");
    for absent in ["sqlx", "sqlx_core", "redis", "reqwest"] {
        assert!(!built.contains(absent), "ingress is built with {absent}");
    }
}

/// The sources below `folder` that are part of the product.
fn sources(folder: &str) -> Vec<Text> {
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/") || path.contains("fake_");
    let mut sources = repository::texts(folder, ".rs").unwrap();
    assert!(!sources.is_empty(), "{folder} holds no sources");
    sources.retain(|source| !is_test(&source.path));
    for source in &mut sources {
        source.text = code_of(&source.text);
    }
    sources
}

/// Without comments and without the tests at the end.
fn code_of(text: &str) -> String {
    let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    product.lines().filter(is_code).collect::<Vec<_>>().join("\n")
}

fn module_of(path: &str) -> String {
    let below = path.trim_start_matches("shared/src/");
    below.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned()
}

/// The first names behind `crate::`, also those of `use crate::{a, b::c}`.
fn imports(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, found) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &text[at + found.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(first_names(group)),
            None => names.extend(name_at_start(rest)),
        }
    }
    names
}

/// The first name of each member of a group that was just opened.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut names, mut is_start) = (1, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => is_start = true,
            c if is_start && !c.is_whitespace() => {
                names.extend(name_at_start(&group[at..]));
                is_start = false;
            }
            _ => {}
        }
    }
    names
}

fn name_at_start(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let starts_lower = text.chars().next().is_some_and(char::is_lowercase);
    starts_lower.then(|| text[..end].to_owned())
}

/// Whether `text` uses a path that begins with the crate `name`.
fn names_crate(text: &str, name: &str) -> bool {
    let path = format!("{name}::");
    text.match_indices(&path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "_:/".contains(c))
    })
}

fn direct_dependencies(member: &str) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(repository::root().join(member).join("Cargo.toml")).unwrap();
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && let Some(name) = line.split(['.', ' ', '=']).next().filter(|name| !name.is_empty()) {
            names.insert(name.to_owned());
        }
    }
    assert!(names.contains("tokio"), "{member}/Cargo.toml does not read: {names:?}");
    names
}

#[test]
fn an_import_is_found_however_it_is_written() {
    let text = "use crate::store::{a, b};\nuse crate::{domain::ids, events::{raw, wake}, config};\ncrate::retry::x();";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["config", "domain", "events", "retry", "store"]);
    assert!(names_crate("use api::router;", "api"));
    assert!(!names_crate("use shared::api::router; capi::x()", "api"));
}
