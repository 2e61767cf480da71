//! The query of a request, read parameter by parameter; every fault comes out in one answer.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::{ApiError, FieldProblem};

/// More values than this in one parameter are a mistake.
const MOST_VALUES: usize = 20;

/// A request's query. [`finish`](Self::finish) refuses what nobody read, by name.
#[derive(Debug, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
    problems: Vec<FieldProblem>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query().unwrap_or_default()))
    }
}

impl Params {
    /// The parameters of `query`; an empty value is as good as none.
    pub fn of(query: &str) -> Self {
        let (mut pairs, mut problems) = (Vec::new(), Vec::new());
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
            // No row holds a NUL, and no query takes one.
            if value.contains('\0') {
                problems.push(FieldProblem::new(name, "must not hold a NUL"));
            } else if !value.is_empty() {
                pairs.push((name, value));
            }
        }
        Self { pairs, problems }
    }

    /// The value of `name`, which must read as `expected`.
    pub fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let value = self.take(name)?;
        let read = value.parse().ok();
        if read.is_none() {
            self.problem(name, format!("expected {expected}"));
        }
        read
    }

    /// The text of `name`, without spaces around it, of at most `longest` characters.
    pub fn text(&mut self, name: &str, longest: usize) -> Option<String> {
        let text = self.take(name)?.trim().to_owned();
        self.is_text(name, &text, longest).then_some(text).filter(|text| !text.is_empty())
    }

    /// The values of `name`, given with commas between them, repeatedly, or both; each of at most `longest` characters.
    pub fn list(&mut self, name: &str, longest: usize) -> Vec<String> {
        let found: Vec<String> = self.pairs.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect();
        let values: Vec<String> = found
            .iter()
            .flat_map(|value| value.split(','))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect();
        if values.len() > MOST_VALUES {
            self.problem(name, format!("holds at most {MOST_VALUES} values"));
        }
        values.into_iter().filter(|value| self.is_text(name, value, longest)).collect()
    }

    /// A text that PostgreSQL takes holds no NUL.
    fn is_text(&mut self, name: &str, text: &str, longest: usize) -> bool {
        let is_text = text.chars().count() <= longest && !text.contains('\0');
        if !is_text {
            self.problem(name, format!("must hold at most {longest} characters, none of them NUL"));
        }
        is_text
    }

    /// Notes what is wrong with `name`.
    pub fn problem(&mut self, name: &str, message: impl Into<String>) {
        self.problems.push(FieldProblem::new(name, message));
    }

    /// Whether all was well. A shop may be named everywhere; what has one of its own goes by that.
    pub fn finish(mut self) -> Result<(), ApiError> {
        self.pairs.retain(|(name, _)| name != "shopId");
        let unread: Vec<String> = self.pairs.drain(..).map(|(name, _)| name).collect();
        for name in unread {
            self.problem(&name, "is not a parameter of this request");
        }
        ApiError::unless_none(self.problems)
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let mut found: Vec<String> =
            self.pairs.extract_if(.., |(key, _)| key == name).map(|(_, value)| value).collect();
        if found.len() > 1 {
            self.problem(name, "must be given once");
        }
        found.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_with_commas_and_repeated() {
        let mut params = Params::of("tags=vip,%20new&tags=gold&tags=");
        assert_eq!(params.list("tags", 10), ["vip", "new", "gold"]);
        assert!(params.finish().is_ok());
    }

    #[test]
    fn a_text_that_no_row_can_hold_is_refused() {
        let mut params = Params::of("search=a%00b");
        assert_eq!(params.text("search", 10), None);
        assert!(params.finish().is_err());
    }

    #[test]
    fn every_fault_is_in_one_answer() {
        let mut params = Params::of("take=many&colour=red");
        assert_eq!(params.parse::<i64>("take", "a whole number"), None);
        let Err(ApiError::Invalid(problems)) = params.finish() else { panic!("it was taken") };
        let fields: Vec<_> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, ["take", "colour"]);
    }
}
