//! What an account itself tells a customer whom no flow answers: its greeting, and that nobody is there. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::account_settings::AccountSettings;
use shared::domain::business_hours::BusinessHours;
use shared::domain::message::Content;

/// Who was told so this long ago may be told again, though nobody was there meanwhile.
const AGAIN: TimeDelta = TimeDelta::days(3);
/// How finely the time since is looked through for hours at which somebody was there.
const STEP: TimeDelta = TimeDelta::minutes(15);

/// What a customer is told.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) contents: Vec<Content>,
    /// Whether they are told that nobody is there.
    pub(super) away: bool,
}

/// What a customer is told at `now` who wrote for the first time, or not, and was told that nobody is there at `told`.
pub(super) fn answer(
    settings: &AccountSettings,
    is_first: bool,
    told: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Answer {
    let greeting = settings.greeting.as_deref().filter(|text| is_first && !text.trim().is_empty());
    let away = settings.business_hours.as_ref().and_then(|hours| away(hours, told, now));
    let contents = greeting.into_iter().chain(away).map(Content::text_of).collect();
    Answer { contents, away: away.is_some() }
}

/// Once in each time that nobody is there.
fn away(hours: &BusinessHours, told: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<&str> {
    let text = hours.away_text.as_deref().filter(|text| !text.trim().is_empty())?;
    if hours.are_on(now) {
        return None;
    }
    let again = told.is_none_or(|told| now - told >= AGAIN || were_on_between(hours, told, now));
    again.then_some(text)
}

fn were_on_between(hours: &BusinessHours, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    let mut at = from;
    while at < to {
        if hours.are_on(at) {
            return true;
        }
        at += STEP;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AccountSettings {
        let json = r#"{"greeting":"Xin chào!","businessHours":{"enabled":true,"timezone":"UTC","awayText":"Mai nhé.",
                       "schedule":{"monday":{"start":"09:00","end":"18:00"},"tuesday":{"start":"09:00","end":"18:00"}}}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    fn texts(is_first: bool, told: Option<&str>, now: &str) -> Vec<String> {
        let answer = answer(&settings(), is_first, told.map(at), at(now));
        answer.contents.iter().filter_map(|content| content.text().map(str::to_owned)).collect()
    }

    #[test]
    fn who_writes_for_the_first_time_is_greeted() {
        assert_eq!(texts(true, None, "2026-01-19T10:00:00Z"), ["Xin chào!"]);
        assert!(texts(false, None, "2026-01-19T10:00:00Z").is_empty());
    }

    #[test]
    fn who_writes_while_nobody_is_there_is_told_so_once_each_time() {
        assert_eq!(texts(false, None, "2026-01-19T20:00:00Z"), ["Mai nhé."]);
        assert!(texts(false, Some("2026-01-19T20:00:00Z"), "2026-01-20T08:00:00Z").is_empty());
        assert_eq!(texts(false, Some("2026-01-19T20:00:00Z"), "2026-01-20T19:00:00Z"), ["Mai nhé."]);
        assert_eq!(texts(true, None, "2026-01-18T10:00:00Z"), ["Xin chào!", "Mai nhé."]);
    }
}
