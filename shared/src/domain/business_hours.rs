//! When a business is there for its customers.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::named::named;

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they say it themselves")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

named!(Day, "day", {
    Monday => "monday",
    Tuesday => "tuesday",
    Wednesday => "wednesday",
    Thursday => "thursday",
    Friday => "friday",
    Saturday => "saturday",
    Sunday => "sunday",
});

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

/// A time of day to the minute, written `09:00`; `24:00` is the end of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

const HOUR: u16 = 60;
const DAY: u16 = 24 * HOUR;

/// The text is no time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time such as 09:00, from 00:00 to 24:00")]
pub struct NoTimeOfDay;

impl FromStr for TimeOfDay {
    type Err = NoTimeOfDay;

    fn from_str(text: &str) -> Result<Self, NoTimeOfDay> {
        let two = |part: &str| {
            (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse::<u16>().ok())?
        };
        let (hours, minutes) = text.split_once(':').ok_or(NoTimeOfDay)?;
        let (hours, minutes) = (two(hours).ok_or(NoTimeOfDay)?, two(minutes).ok_or(NoTimeOfDay)?);
        let all = hours * HOUR + minutes;
        if minutes < HOUR && all <= DAY { Ok(Self(all)) } else { Err(NoTimeOfDay) }
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / HOUR, self.0 % HOUR)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NoTimeOfDay;

    fn try_from(text: String) -> Result<Self, NoTimeOfDay> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

/// A time zone of the IANA database, such as `Asia/Ho_Chi_Minh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(Tz);

/// The name is none of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time zone of the IANA database, such as Asia/Ho_Chi_Minh")]
pub struct NoTimeZone;

impl TimeZone {
    /// UTC.
    pub const UTC: Self = Self(Tz::UTC);

    /// The day and time of day at `at` there.
    fn local(self, at: DateTime<Utc>) -> (Day, TimeOfDay) {
        let there = at.with_timezone(&self.0);
        // Below a day's minutes, whatever the zone.
        let minutes = u16::try_from(there.hour() * u32::from(HOUR) + there.minute()).unwrap_or(DAY);
        (there.weekday().into(), TimeOfDay(minutes))
    }

    /// When the day of `at` began there.
    pub fn midnight(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let there = at.with_timezone(&self.0);
        let midnight = there.date_naive().and_time(chrono::NaiveTime::MIN);
        // Where a clock is put forward at midnight the day begins later; then no more than a day back.
        midnight
            .and_local_timezone(self.0)
            .earliest()
            .map_or_else(|| at - chrono::TimeDelta::days(1), |time| time.to_utc())
    }
}

impl TimeZone {
    /// The next moment after `after` at which its clock shows `time` on one of `days`, or on any where none is named.
    /// A time that a clock skips is taken an hour later.
    pub fn next(self, time: TimeOfDay, days: &[Day], after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = after.with_timezone(&self.0).date_naive();
        // A week and a day: the same day of next week, where today's time has passed. From yesterday on: 24:00.
        (-1_i64..=8).find_map(|ahead| {
            let day = today.checked_add_signed(chrono::TimeDelta::days(ahead))?;
            if !days.is_empty() && !days.contains(&day.weekday().into()) {
                return None;
            }
            let shown = day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::minutes(time.0.into());
            let skipped = shown + chrono::TimeDelta::hours(1);
            let local = shown.and_local_timezone(self.0).earliest();
            let at = local.or_else(|| skipped.and_local_timezone(self.0).earliest())?.to_utc();
            (at > after).then_some(at)
        })
    }

    /// The day that it is there.
    pub fn day(self, at: DateTime<Utc>) -> chrono::NaiveDate {
        at.with_timezone(&self.0).date_naive()
    }

    /// Its name in the IANA database.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for TimeZone {
    type Err = NoTimeZone;

    fn from_str(name: &str) -> Result<Self, NoTimeZone> {
        name.parse().map(Self).map_err(|_| NoTimeZone)
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())
    }
}

impl TryFrom<String> for TimeZone {
    type Error = NoTimeZone;

    fn try_from(name: String) -> Result<Self, NoTimeZone> {
        name.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> Self {
        zone.to_string()
    }
}

/// From when to when on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Span {
    /// Opens.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub start: TimeOfDay,
    /// Closes; later than `start`.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub end: TimeOfDay,
}

/// When a business is there, and what it does when it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct BusinessHours {
    /// Off: it is always there.
    pub enabled: bool,
    /// Whose clock holds.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub timezone: TimeZone,
    /// A day that is not there is a day off.
    pub schedule: BTreeMap<Day, Span>,
    /// What customers are told outside of the hours; nothing where there is none.
    #[serde(default)]
    pub away_text: Option<String>,
    /// Whether a conversation is handed to a person outside of the hours too.
    #[serde(default = "yes")]
    pub hand_off_outside: bool,
}

fn yes() -> bool {
    true
}

impl BusinessHours {
    /// Whether somebody is there at `at`.
    pub fn are_on(&self, at: DateTime<Utc>) -> bool {
        if !self.enabled {
            return true;
        }
        let (day, time) = self.timezone.local(at);
        self.schedule.get(&day).is_some_and(|span| span.start <= time && time < span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours() -> BusinessHours {
        let json = r#"{"enabled":true,"timezone":"Asia/Ho_Chi_Minh",
                       "schedule":{"monday":{"start":"09:00","end":"18:00"},"tuesday":{"start":"00:00","end":"24:00"}}}"#;
        serde_json::from_str(json).unwrap()
    }

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn the_clock_of_the_shop_holds() {
        let hours = hours();
        // A Monday: nine there is two in UTC.
        for (time, on) in [
            ("2026-01-19T01:59:00Z", false),
            ("2026-01-19T02:00:00Z", true),
            ("2026-01-19T10:59:00Z", true),
            ("2026-01-19T11:00:00Z", false),
            ("2026-01-19T17:00:00Z", true),
            ("2026-01-20T16:59:00Z", true),
            ("2026-01-20T17:00:00Z", false),
        ] {
            assert_eq!(hours.are_on(at(time)), on, "{time}");
        }
        assert!(BusinessHours { enabled: false, ..hours }.are_on(at("2026-01-21T00:00:00Z")));
    }

    #[test]
    fn a_summer_time_is_followed() {
        let hours = BusinessHours { timezone: "Europe/Berlin".parse().unwrap(), ..hours() };
        assert!(hours.are_on(at("2026-01-19T08:00:00Z")) && !hours.are_on(at("2026-01-19T07:00:00Z")));
        assert!(hours.are_on(at("2026-07-20T07:00:00Z")));
    }

    #[test]
    fn a_day_begins_where_the_shop_is() {
        let zone: TimeZone = "Asia/Ho_Chi_Minh".parse().unwrap();
        assert_eq!(zone.midnight(at("2026-01-19T16:59:00Z")), at("2026-01-18T17:00:00Z"));
        assert_eq!(zone.midnight(at("2026-01-19T17:00:00Z")), at("2026-01-19T17:00:00Z"));
    }

    #[test]
    fn what_is_no_time_or_zone_is_refused() {
        for text in ["9:00", "09:60", "24:01", "25:00", "0900", "", "aa:bb", "+9:00"] {
            assert_eq!(text.parse::<TimeOfDay>(), Err(NoTimeOfDay), "{text}");
        }
        assert_eq!("24:00".parse::<TimeOfDay>().unwrap().to_string(), "24:00");
        assert_eq!("Mars/Olympus".parse::<TimeZone>(), Err(NoTimeZone));
        assert_eq!(serde_json::to_value(hours()).unwrap()["timezone"], "Asia/Ho_Chi_Minh");
    }
}
