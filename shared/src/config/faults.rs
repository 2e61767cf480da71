//! What is wrong with a configuration, all of it at once.

use std::fmt;

/// One variable that does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What was expected of it.
    pub problem: String,
}

/// A configuration that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Every fault, in the order the variables were read.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        for Fault { variable, problem } in &self.faults {
            write!(f, "\n  {variable}: {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
