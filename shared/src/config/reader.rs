//! Reads variables one after another and keeps every fault until the end.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::faults::{ConfigError, Fault};
use super::parse::FromSetting;
use super::variables::Variable;

/// Reads a process's configuration. A read that fails gives `None` and a fault; [`Reader::finish`]
/// turns faults into one error.
pub struct Reader {
    source: HashMap<String, String>,
    faults: Vec<Fault>,
    report: String,
    asked: Vec<&'static Variable>,
}

impl Reader {
    /// Reads from the process's environment.
    pub fn from_env() -> Self {
        Self::of(std::env::vars())
    }

    /// Reads from given variables.
    pub fn of(source: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { source: source.into_iter().collect(), faults: Vec::new(), report: String::new(), asked: Vec::new() }
    }

    /// A variable that may be missing and then has its documented default, if it has one.
    pub fn optional<T: FromSetting>(&mut self, variable: &'static Variable) -> Option<T> {
        let text = self.text(variable)?;
        match T::from_setting(&text) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.fault(variable, problem);
                None
            }
        }
    }

    /// A variable without which the process cannot do its work.
    pub fn required<T: FromSetting>(&mut self, variable: &'static Variable) -> Option<T> {
        let faults = self.faults.len();
        let value = self.optional(variable);
        if value.is_none() && self.faults.len() == faults {
            self.fault(variable, format!("is not set; {}", variable.about));
        }
        value
    }

    /// Notes a fault that only several variables together have.
    pub fn fault(&mut self, variable: &'static Variable, problem: impl Into<String>) {
        self.faults.push(Fault { variable: variable.name, problem: problem.into() });
    }

    /// What was read, a line each, secrets hidden.
    pub fn report(&self) -> &str {
        &self.report
    }

    /// Every variable that was asked for, whether it was there or not.
    pub fn asked(&self) -> &[&'static Variable] {
        &self.asked
    }

    /// The configuration, or every fault that was found on the way.
    ///
    /// `build` gives `None` only where a read did, which has left its fault.
    pub fn finish<C>(&mut self, build: impl FnOnce() -> Option<C>) -> Result<C, ConfigError> {
        match build() {
            Some(config) if self.faults.is_empty() => Ok(config),
            _ => Err(ConfigError { faults: std::mem::take(&mut self.faults) }),
        }
    }

    fn text(&mut self, variable: &'static Variable) -> Option<String> {
        self.asked.push(variable);
        let (text, origin) = self.find(variable)?;
        let shown = if variable.secret { "(hidden)" } else { &text };
        // Writing to a String cannot fail.
        let _ = writeln!(self.report, "{}={shown}{origin}", variable.name);
        Some(text)
    }

    fn find(&mut self, variable: &'static Variable) -> Option<(String, &'static str)> {
        for name in std::iter::once(&variable.name).chain(variable.aliases) {
            if let Some(text) = self.source.get(*name).map(|text| text.trim()).filter(|t| !t.is_empty()) {
                return Some((text.to_owned(), ""));
            }
            let file = self.source.get(&format!("{name}_FILE")).map(|path| path.trim().to_owned());
            if let Some(path) = file.filter(|path| !path.is_empty()) {
                return self.read_file(variable, &path).map(|text| (text, "  # from its _FILE"));
            }
        }
        variable.default.map(|text| (text.to_owned(), "  # default"))
    }

    fn read_file(&mut self, variable: &'static Variable, path: &str) -> Option<String> {
        match std::fs::read_to_string(path) {
            Ok(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Ok(_) => {
                self.fault(variable, format!("the file `{path}` is empty"));
                None
            }
            Err(error) => {
                self.fault(variable, format!("the file `{path}` does not read: {error}"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::super::variables;
    use super::*;

    fn reader(pairs: &[(&str, &str)]) -> Reader {
        Reader::of(pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    }

    #[test]
    fn every_fault_is_in_one_message() {
        let mut read = reader(&[("OPS_ADDR", "nonsense")]);
        let ops: Option<SocketAddr> = read.optional(&variables::OPS_ADDR);
        let database: Option<String> = read.required(&variables::DATABASE_URL);
        let error = read.finish(|| Some((ops?, database?))).unwrap_err();

        let names: Vec<_> = error.faults.iter().map(|fault| fault.variable).collect();
        assert_eq!(names, ["OPS_ADDR", "DATABASE_URL"]);
        assert!(error.to_string().contains("OPS_ADDR: expected an address and port"));
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_hidden_in_the_report() {
        let path = std::env::temp_dir().join(format!("loa-secret-{}", std::process::id()));
        std::fs::write(&path, "postgres://loa:hunter2@db/loa\n").unwrap();
        let mut read = reader(&[("DATABASE_URL_FILE", path.to_str().unwrap())]);
        let url: Option<String> = read.required(&variables::DATABASE_URL);
        std::fs::remove_file(&path).unwrap();

        assert_eq!(url.as_deref(), Some("postgres://loa:hunter2@db/loa"));
        assert_eq!(read.report(), "DATABASE_URL=(hidden)  # from its _FILE\n");
    }

    #[test]
    fn an_alias_of_the_documents_is_read_too() {
        let mut read = reader(&[("WEBHOOK_VERIFY_TOKEN", "let-me-in")]);
        let token: Option<String> = read.optional(&variables::WHATSAPP_WEBHOOK_VERIFY_TOKEN);
        assert_eq!(token.as_deref(), Some("let-me-in"));
    }
}
