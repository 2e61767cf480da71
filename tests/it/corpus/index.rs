//! The index of a directory of payloads: which file is of which channel and kind.

use std::path::Path;

use anyhow::Context;
use shared::domain::channel::Channel;

/// One file of the directory.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    /// Its path in the directory.
    pub(super) file: String,
    /// Whose.
    pub(super) channel: Channel,
    kind: String,
    flags: String,
}

/// Reads `INDEX.csv`, whose columns are file, channel, kind, flags and two of origin.
pub(super) fn read(directory: &Path) -> anyhow::Result<Vec<Payload>> {
    let path = directory.join("INDEX.csv");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    text.lines().skip(1).map(|line| payload(line).with_context(|| line.to_owned())).collect()
}

fn payload(line: &str) -> anyhow::Result<Payload> {
    let mut cells = line.split(',');
    let mut cell = || cells.next().context("a column is missing");
    let (file, channel, kind, flags) = (cell()?, cell()?, cell()?, cell()?);
    Ok(Payload { file: file.to_owned(), channel: channel.parse()?, kind: kind.to_owned(), flags: flags.to_owned() })
}

impl Payload {
    /// Whether a platform sends it to us; the others are what an API takes and answers.
    pub(super) fn is_webhook(&self) -> bool {
        !self.kind.starts_with("api_")
    }

    /// The first part of its kind.
    pub(super) fn family(&self) -> &str {
        self.kind.split('/').next().unwrap_or_default()
    }

    /// Whether the index flags it so.
    pub(super) fn has_flag(&self, flag: &str) -> bool {
        self.flags.split([';', ' ', '|']).any(|name| name == flag)
    }

    /// Each kind that it is of, after its channel: `whatsapp messages/msg.text`.
    pub(super) fn kinds(&self) -> Vec<String> {
        let kind = self.kind.strip_prefix("webhook/").unwrap_or(&self.kind);
        kind.split(';').flat_map(|change| self.kinds_of(change)).collect()
    }

    fn kinds_of(&self, change: &str) -> Vec<String> {
        let channel = self.channel;
        let Some((field, parts)) = change.split_once('/') else {
            return vec![format!("{channel} {change}")];
        };
        // `message.attachment.image+location`: the second is one of the same.
        let prefix = "message.attachment.";
        let is_attachment = parts.starts_with(prefix);
        let whole = |part: &str| {
            let left_out = if is_attachment && !part.contains('.') { prefix } else { "" };
            format!("{channel} {field}/{left_out}{part}")
        };
        parts.split('+').map(whole).collect()
    }
}

/// Whether `kind` is one of those that `pattern` names: `*` at its end is any ending, `*/` any object.
pub(super) fn fits(pattern: &str, kind: &str) -> bool {
    if let Some((channel, rest)) = pattern.split_once(" */") {
        let below = kind.strip_prefix(channel).and_then(|kind| kind.split_once('/'));
        return below.is_some_and(|(_, kind)| fits(rest, kind));
    }
    match pattern.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => kind == pattern,
    }
}

#[test]
fn a_kind_fits_its_pattern_alone() {
    assert!(fits("whatsapp calls/*", "whatsapp calls/call.connect"));
    assert!(fits("messenger */read*", "messenger instagram/read.mid"));
    assert!(!fits("messenger */read", "messenger page/reads"));
    assert!(!fits("messenger */read", "whatsapp page/read"));
}
