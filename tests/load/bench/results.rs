//! What a benchmark tells last: a line for people and tools, and the same line kept with what went before.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::thread;

use anyhow::Context;
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use shared::domain::clock;

use crate::figures::Spread;

/// What a benchmark has found.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// Whether every goal is met.
    pub(crate) ok: bool,
    /// An object of every figure.
    pub(crate) figures: Value,
}

/// Prints `RESULT {"bench":..., "ok":..., ...figures}`, and adds it to `file` with the time, the commit and the
/// machine.
#[expect(clippy::print_stdout, reason = "printing is its job")]
pub(crate) fn tell(bench: &str, verdict: &Verdict, file: &Path) -> anyhow::Result<()> {
    let Verdict { ok, figures } = verdict;
    println!("RESULT {}", line(&[("bench", json!(bench)), ("ok", json!(ok))], figures));
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let surroundings = [
        ("at", json!(clock::now().to_rfc3339_opts(SecondsFormat::Secs, true))),
        ("commit", json!(commit())),
        ("cores", json!(thread::available_parallelism().map_or(0, usize::from))),
        ("bench", json!(bench)),
        ("ok", json!(ok)),
    ];
    let mut kept = OpenOptions::new().create(true).append(true).open(file)?;
    writeln!(kept, "{}", line(&surroundings, figures)).with_context(|| format!("cannot keep it in {}", file.display()))
}

/// The median of `values` and their ends.
pub(crate) fn spread(values: &[f64]) -> Value {
    let Spread { least, median, most } = Spread::of(values);
    json!({ "median": thousandth(median), "least": thousandth(least), "most": thousandth(most) })
}

/// `value` to the thousandth: more digits are noise.
pub(crate) fn thousandth(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// One object, `first` before the figures, in that order.
fn line(first: &[(&str, Value)], figures: &Value) -> String {
    let first = first.iter().map(|(name, value)| format!("{}:{value}", json!(name)));
    let empty = Map::new();
    let rest = figures.as_object().unwrap_or(&empty).iter().map(|(name, value)| format!("{}:{value}", json!(name)));
    format!("{{{}}}", first.chain(rest).collect::<Vec<_>>().join(","))
}

/// The commit that is checked out, with a `+` where files differ from it; empty outside a checkout.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success());
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return String::new() };
    let is_changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|changes| !changes.is_empty());
    if is_changed { format!("{commit}+") } else { commit }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_led_by_what_names_it() {
        let line = line(&[("bench", json!("send")), ("ok", json!(true))], &json!({ "sent": 2 }));
        assert_eq!(line, r#"{"bench":"send","ok":true,"sent":2}"#);
    }
}
