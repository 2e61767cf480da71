//! `docs/en/metrics.md` lists what each process registers: no more, no less, in the same words.

use std::fs;

use prometheus::{IntGaugeVec, Opts, Registry};
use tests::repository;

/// A heading of the page and what registers the metrics below it.
type Part = (&'static str, fn(&Registry) -> prometheus::Result<()>);

const PARTS: [Part; 9] = [
    ("## Every process that speaks to RabbitMQ", |registry| shared::broker::Metrics::register(registry).map(drop)),
    ("## ingress", |registry| ingress::Metrics::register(registry, true).map(drop)),
    ("## message-persistence", |registry| workers::persist::metrics::Metrics::register(registry).map(drop)),
    ("## flow-engine", |registry| workers::flow::metrics::Metrics::register(registry).map(drop)),
    ("## status-tracker", |registry| workers::status::metrics::Metrics::register(registry).map(drop)),
    ("## outbound-sender", |registry| {
        workers::outbound::metrics::Metrics::register(registry)?;
        workers::send::metrics::Metrics::register(registry, "outbound").map(drop)
    }),
    ("## media-fetcher", |registry| workers::media::metrics::Metrics::register(registry).map(drop)),
    ("## janitor", |registry| workers::janitor::metrics::Metrics::register(registry).map(drop)),
    ("## api", |registry| api::metrics::Metrics::register(registry).map(drop)),
];

struct Row {
    name: String,
    labels: Vec<String>,
    help: String,
}

#[test]
fn the_page_of_metrics_lists_what_is_registered() {
    let page = fs::read_to_string(repository::root().join("docs/en/metrics.md")).unwrap();
    let headings: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings, PARTS.map(|(heading, _)| heading));
    for (heading, register) in PARTS {
        let registry = Registry::new();
        register(&registry).unwrap();
        let rows = rows(&page, heading);
        assert!(!rows.is_empty(), "{heading} has no rows");
        for row in &rows {
            let name = &row.name;
            // Registries do not say what they hold. They do say whether they held what is taken from them.
            assert!(registry.unregister(Box::new(row.metric())).is_ok(), "{heading}: nothing registers {name}");
            let same = registry.register(Box::new(row.metric()));
            assert!(same.is_ok(), "{heading}: {name} has other labels or another text: {same:?}");
            registry.unregister(Box::new(row.metric())).unwrap();
        }
        // All is gone that the page lists. Whatever it does not list is still there, and is in the way.
        assert!(register(&registry).is_ok(), "{heading}: something is registered that the page does not list");
    }
}

#[test]
fn metrics_say_what_they_are_by_their_names() {
    let page = fs::read_to_string(repository::root().join("docs/en/metrics.md")).unwrap();
    for line in page.lines().filter(|line| line.starts_with("| `loa_")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let (name, kind) = (cells[1].trim_matches('`'), cells[2]);
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name}");
        assert!(["counter", "gauge", "histogram"].contains(&kind), "{name} is a {kind}");
    }
}

impl Row {
    /// A metric of this name, these labels and this text. Its type does not matter to a registry.
    fn metric(&self) -> IntGaugeVec {
        let labels: Vec<&str> = self.labels.iter().map(String::as_str).collect();
        IntGaugeVec::new(Opts::new(&self.name, &self.help), &labels).unwrap()
    }
}

fn rows(page: &str, heading: &str) -> Vec<Row> {
    let below = page.lines().skip_while(|line| *line != heading).skip(1);
    below.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `loa_")).map(row).collect()
}

fn row(line: &str) -> Row {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let labels = cells[3].split(", ").filter(|label| !label.is_empty()).map(|label| label.trim_matches('`').to_owned());
    Row { name: cells[1].trim_matches('`').to_owned(), labels: labels.collect(), help: cells[4].to_owned() }
}
