//! Texts made ready: read once when a flow is, then filled with what is known. No I/O, and bounds on everything.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::io;

use minijinja::value::Value as Filled;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

mod filters;
mod language;

/// Longest text as it is written.
const LONGEST_TEMPLATE: usize = 8 * 1024;
/// Longest text once it is filled.
const LONGEST: usize = 32 * 1024;
/// Steps that filling one text may take.
const FUEL: u64 = 10_000;
/// How the names of texts end that are addresses: what fills them is written so that it stays one part of the address.
const URL: &str = ".url";

/// What a text's places are filled from.
pub(super) trait Source {
    /// What is known under a first name: `contact`, `attributes` ...
    fn root(&self, name: &str) -> Option<Filled>;
    /// What lies at the end of a way, as JSON.
    fn json(&self, way: &[String]) -> Option<Value>;
}

/// The texts of a flow, made ready.
#[derive(Debug)]
pub(super) struct Texts {
    environment: Environment<'static>,
    known: HashMap<String, Text>,
    urls: HashMap<String, Text>,
}

#[derive(Debug)]
enum Text {
    /// Nothing to fill.
    Plain,
    /// Places.
    Places {
        /// Its name in the environment.
        name: String,
        /// First names of what it asks for.
        roots: BTreeSet<String>,
        /// The way, where the text is nothing but one place.
        way: Option<Vec<String>>,
    },
}

/// Why a text could not be filled, in words for its author that tell nothing of what was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotFilled(pub(super) String);

impl Default for Texts {
    /// Texts in which what is missing is a fault.
    fn default() -> Self {
        let mut texts = Self::with(UndefinedBehavior::SemiStrict);
        texts.environment.set_formatter(filters::format);
        texts
    }
}

impl Texts {
    /// Texts in which one letter stands for what is missing: for what a text is at least.
    pub(super) fn lenient() -> Self {
        let mut texts = Self::with(UndefinedBehavior::Chainable);
        texts.environment.set_formatter(filters::format_least);
        texts
    }

    fn with(undefined: UndefinedBehavior) -> Self {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(undefined);
        environment.set_auto_escape_callback(|name| match name.strip_suffix(URL) {
            Some(_) => AutoEscape::Custom(Cow::Borrowed(URL)),
            None => AutoEscape::None,
        });
        environment.set_fuel(Some(FUEL));
        filters::add(&mut environment);
        Self { environment, known: HashMap::new(), urls: HashMap::new() }
    }

    /// Makes a text ready; says what is wrong with one that does not read.
    pub(super) fn add(&mut self, text: &str) -> Result<(), String> {
        if !self.known.contains_key(text) {
            let ready = self.ready(text, self.known.len().to_string())?;
            self.known.insert(text.to_owned(), ready);
        }
        Ok(())
    }

    /// The same of an address.
    pub(super) fn add_url(&mut self, text: &str) -> Result<(), String> {
        if !self.urls.contains_key(text) {
            let ready = self.ready(text, format!("{}{URL}", self.urls.len()))?;
            self.urls.insert(text.to_owned(), ready);
        }
        Ok(())
    }

    fn ready(&mut self, text: &str, name: String) -> Result<Text, String> {
        if text.len() > LONGEST_TEMPLATE {
            return Err(format!("is {} bytes long, at most {LONGEST_TEMPLATE}", text.len()));
        }
        if !language::has_places(text) {
            return Ok(Text::Plain);
        }
        language::check(text)?;
        self.environment.add_template_owned(name.clone(), text.to_owned()).map_err(|error| reason(&error))?;
        let ready = self.environment.get_template(&name).map_err(|error| reason(&error))?;
        let roots = ready.undeclared_variables(false).into_iter().collect();
        Ok(Text::Places { name, roots, way: language::only_way(text) })
    }

    /// What a text asks for, with dots: `contact.name`, `attributes.tier`.
    pub(super) fn asks_for(&self, text: &str) -> BTreeSet<String> {
        let Some(Text::Places { name, .. }) = self.known.get(text).or_else(|| self.urls.get(text)) else {
            return BTreeSet::new();
        };
        let asked = self.environment.get_template(name).map(|ready| ready.undeclared_variables(true));
        asked.map(|names| names.into_iter().collect()).unwrap_or_default()
    }

    /// The text with its places filled.
    pub(super) fn fill(&self, text: &str, source: &impl Source) -> Result<String, NotFilled> {
        self.fill_ready(text, self.known.get(text), source)
    }

    /// The address with its places filled, each with one part of it.
    pub(super) fn fill_url(&self, text: &str, source: &impl Source) -> Result<String, NotFilled> {
        self.fill_ready(text, self.urls.get(text), source)
    }

    /// The same as JSON: a text that is nothing but one place keeps the type of what fills it.
    pub(super) fn fill_json(&self, value: &Value, source: &impl Source) -> Result<Value, NotFilled> {
        Ok(match value {
            Value::String(text) => match self.known.get(text) {
                Some(Text::Places { way: Some(way), .. }) => {
                    source.json(way).ok_or_else(|| NotFilled(format!("`{}` is not known", way.join("."))))?
                }
                _ => Value::String(self.fill(text, source)?),
            },
            Value::Array(list) => {
                Value::Array(list.iter().map(|one| self.fill_json(one, source)).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let fill = |(name, one): (&String, &Value)| Ok((name.clone(), self.fill_json(one, source)?));
                Value::Object(map.iter().map(fill).collect::<Result<_, NotFilled>>()?)
            }
            plain => plain.clone(),
        })
    }

    fn fill_ready(&self, text: &str, ready: Option<&Text>, source: &impl Source) -> Result<String, NotFilled> {
        match ready {
            Some(Text::Plain) => Ok(text.to_owned()),
            Some(Text::Places { name, roots, .. }) => self.fill_places(name, roots, source),
            None => Err(NotFilled("the text was not made ready".to_owned())),
        }
    }

    fn fill_places(&self, name: &str, roots: &BTreeSet<String>, source: &impl Source) -> Result<String, NotFilled> {
        let ready = self.environment.get_template(name).map_err(|error| NotFilled(reason(&error)))?;
        let known = roots.iter().filter_map(|root| Some((root.as_str(), source.root(root)?)));
        let mut filled = Bounded(Vec::with_capacity(128));
        let told = ready.render_captured_to(Filled::from_pairs(known), &mut filled);
        told.map_err(|error| NotFilled(reason(&error)))?;
        String::from_utf8(filled.0).map_err(|_| NotFilled("the text is not UTF-8".to_owned()))
    }
}

/// Takes so much and no more.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::other("too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What went wrong, in words: the kind and the place, and of the engine's own words only those that name a variable.
fn reason(error: &minijinja::Error) -> String {
    use minijinja::ErrorKind;
    let line = error.line().map(|line| format!(" (line {line})")).unwrap_or_default();
    let what = match error.kind() {
        ErrorKind::UndefinedError => error.detail().map_or_else(|| "something is not known".to_owned(), str::to_owned),
        ErrorKind::OutOfFuel => "it takes too many steps".to_owned(),
        ErrorKind::WriteFailure => format!("it is longer than {LONGEST} bytes"),
        ErrorKind::SyntaxError => error.detail().unwrap_or("it does not read").to_owned(),
        kind => kind.to_string(),
    };
    format!("{what}{line}")
}

#[cfg(test)]
mod tests;
