//! What holds of every file of ours.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use tests::repository::{self, Text};

/// Past it a file holds more than one idea.
const MOST_LINES: usize = 300;
/// Files that may be longer, and why.
const LONGER: [(&str, &str); 1] = [("Cargo.lock", "written by cargo")];
/// How the names of our texts end; the rest is data.
const ENDINGS: [&str; 7] = [".rs", ".sh", ".sql", ".md", ".toml", ".yaml", "dev"];

#[test]
fn no_file_is_longer_than_one_idea() {
    let may = |path: &str| LONGER.iter().any(|(longer, _)| *longer == path);
    let long: Vec<String> = ours()
        .iter()
        .filter(|file| !may(&file.path) && file.text.lines().count() > MOST_LINES)
        .map(|file| format!("{}: {} lines", file.path, file.text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn nothing_is_left_to_do_and_nothing_prints_for_debugging() {
    // Written in two parts, so that this file passes.
    let left: Vec<String> = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}{}", "!(")).into();
    for file in repository::texts("", ".rs").unwrap() {
        for word in &left {
            assert!(!file.text.contains(word.as_str()), "{} says {word}", file.path);
        }
    }
}

#[test]
fn what_is_looked_up_behind_the_wall_is_worked_out_first() {
    // Written in two parts, so that this file passes. Why: the documentation of `shared::store`.
    let leaks = [".id", " id"].map(|column| format!("{column} = {}", "coalesce("));
    let found: Vec<String> = repository::texts("shared/src/store", ".rs")
        .unwrap()
        .into_iter()
        .filter(|file| leaks.iter().any(|leak| file.text.contains(leak.as_str())))
        .map(|file| file.path)
        .collect();
    assert!(found.is_empty(), "the whole table is read where an id is compared with a bare coalesce: {found:#?}");
}

#[test]
fn nothing_speaks_of_the_machine_it_was_written_on() {
    let folders = ["work", "root"].map(|name| format!("/{name}/"));
    for file in ours() {
        for folder in &folders {
            assert!(!names_folder(&file.text, folder), "{} speaks of {folder}", file.path);
        }
    }
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let mut broken = BTreeSet::new();
    for page in repository::texts("", ".md").unwrap() {
        for target in links(&page.text) {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !leads_to(&page.path, target).exists() {
                broken.insert(format!("{}: {target}", page.path));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

fn ours() -> Vec<Text> {
    let mut files = repository::texts("", "").unwrap();
    files.retain(|file| ENDINGS.iter().any(|ending| file.path.ends_with(ending)));
    assert!(files.len() > 100, "the repository does not read");
    files
}

/// Whether `text` names `folder` at the beginning of a path.
fn names_folder(text: &str, folder: &str) -> bool {
    text.match_indices(folder).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || "._-}*/".contains(c))
    })
}

/// The targets of `[text](target)`, outside of code.
fn links(text: &str) -> Vec<String> {
    let (mut targets, mut in_code) = (Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let after = line.split("](").skip(1);
            targets.extend(after.filter_map(|rest| rest.split(')').next()).map(str::to_owned));
        }
    }
    targets
}

fn leads_to(page: &str, target: &str) -> PathBuf {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut path = repository::root();
    for part in folder.join(target).components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[test]
fn a_link_is_found_and_code_is_none() {
    let text = "See [a](x.md#part) and [b](../y.md).\n```\n[c](z.md)\n```";
    assert_eq!(links(text), ["x.md#part", "../y.md"]);
    assert!(names_folder("in /home and /srv/", "/home"));
    assert!(!names_folder("GET v1/srv/", "/srv/"));
}
