//! Pages that are written from the code say what the code says.
//! `UPDATE=1 cargo test -p tests --test it pages` writes them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use api::commands::{AddUser, CommandConfig, Migrate, SeedDemo};
use shared::config::every::ALL;
use shared::config::variables::Variable;
use shared::config::{Reader, pages, variables};
use shared::lifecycle::Settings;
use tests::repository;
use workers::flow::settings::FlowSettings;
use workers::media::settings::MediaSettings;
use workers::settings::{PersistSettings, SenderSettings, WorkerSettings};

/// Variables that no process reads, and why they are listed.
const FOR_OTHERS: [&Variable; 1] = [&variables::REDIS_URL];

#[test]
fn the_example_of_an_environment_lists_every_variable() {
    assert_written(".env.example", &pages::env_example());
}

#[test]
fn the_page_of_the_configuration_lists_every_variable_and_who_reads_it() {
    let readers = readers();
    let page = pages::reference(|variable| readers.get(variable.name).cloned().unwrap_or_default());
    assert_written("docs/en/configuration.md", &page);
}

#[test]
fn every_variable_that_is_read_is_listed_and_every_listed_one_is_read() {
    let read: BTreeSet<&str> = readers().into_keys().chain(FOR_OTHERS.map(|variable| variable.name)).collect();
    let listed: BTreeSet<&str> = ALL.iter().map(|variable| variable.name).collect();
    assert_eq!(read, listed);
    assert_eq!(listed.len(), ALL.len(), "a variable is listed twice");
}

/// Who asks for each variable. They are given an environment in which reading goes to the end.
fn readers() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut readers: BTreeMap<&'static str, Vec<&'static str>> = BTreeMap::new();
    for (reader, is_one_of, asked) in [
        ("ingress", None, asked(|read| ingress::Settings::read(read).is_ok())),
        ("api", None, asked(|read| api::config::Config::read(read).is_ok())),
        ("workers", None, asked(|read| WorkerSettings::read(read).is_ok())),
        ("message-persistence", Some("workers"), asked(|read| PersistSettings::read(read).is_ok())),
        ("outbound-sender", Some("workers"), asked(|read| SenderSettings::read(read).is_ok())),
        ("flow-engine", Some("workers"), asked(|read| FlowSettings::read(read).is_ok())),
        ("media-fetcher", Some("workers"), asked(|read| MediaSettings::read(read).is_ok())),
        ("api migrate", Some("api"), asked(|read| Migrate::read(read).is_ok())),
        ("api seed-demo", Some("api"), asked(|read| SeedDemo::read(read).is_ok())),
        ("api add-user", Some("api"), asked(|read| AddUser::read(read).is_ok())),
    ] {
        for name in asked {
            let known = readers.entry(name).or_default();
            if !is_one_of.is_some_and(|group| known.contains(&group)) {
                known.push(reader);
            }
        }
    }
    readers
}

fn asked(read: impl FnOnce(&mut Reader) -> bool) -> BTreeSet<&'static str> {
    let set = [
        ("LOA_ENV", "development"),
        ("DATABASE_URL", "postgres://loa@localhost/loa"),
        ("JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("WHATSAPP_APP_SECRET", "app-secret"),
    ];
    let mut reader = Reader::of(set.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert!(read(&mut reader), "the environment of this test lacks something");
    reader.asked().iter().map(|variable| variable.name).collect()
}

#[expect(clippy::disallowed_methods, reason = "who runs the test asks for new pages; no process reads it")]
fn assert_written(path: &str, page: &str) {
    let file = repository::root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&file, page).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == page, "{path} is stale: UPDATE=1 cargo test -p tests --test it pages");
}
