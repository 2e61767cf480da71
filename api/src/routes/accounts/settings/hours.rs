use std::collections::BTreeMap;

use serde::Deserialize;
use shared::domain::business_hours::{BusinessHours, Day, Span, TimeOfDay, TimeZone};
use utoipa::ToSchema;

use super::{LONGEST_TEXT, check_text};
use crate::error::FieldProblem;

/// When somebody is there. What is left out stays as it was.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeBusinessHours)]
pub(super) struct HoursBody {
    enabled: Option<bool>,
    timezone: Option<String>,
    /// By the day of the week; a day that is not there is a day off.
    #[schema(value_type = Option<BTreeMap<String, SpanBody>>)]
    schedule: Option<BTreeMap<String, Option<SpanBody>>>,
    away_text: Option<String>,
    hand_off_outside: Option<bool>,
}

/// From when to when, by the clock of the time zone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoursOfDay)]
struct SpanBody {
    start: String,
    end: String,
}

impl HoursBody {
    /// What becomes of the hours `before`; what is wrong is added to `problems`.
    pub(super) fn read(
        &self,
        before: Option<&BusinessHours>,
        problems: &mut Vec<FieldProblem>,
    ) -> Option<BusinessHours> {
        let known = problems.len();
        let timezone = match self.timezone.as_deref().map(str::parse::<TimeZone>) {
            Some(Ok(zone)) => Some(zone),
            Some(Err(error)) => {
                problems.push(FieldProblem::new("businessHours.timezone", error.to_string()));
                None
            }
            None => before.map(|hours| hours.timezone),
        };
        let schedule = match &self.schedule {
            Some(days) => Some(read_days(days, problems)),
            None => before.map(|hours| hours.schedule.clone()),
        };
        check_text("businessHours.awayText", self.text(), LONGEST_TEXT, problems);
        if timezone.is_none() && self.timezone.is_none() {
            problems.push(FieldProblem::new("businessHours.timezone", "is required"));
        }
        if schedule.is_none() {
            problems.push(FieldProblem::new("businessHours.schedule", "is required"));
        }
        if problems.len() > known {
            return None;
        }
        let away_text = match &self.away_text {
            Some(text) => Some(text.clone()).filter(|text| !text.is_empty()),
            None => before.and_then(|hours| hours.away_text.clone()),
        };
        Some(BusinessHours {
            enabled: self.enabled.unwrap_or_else(|| before.is_none_or(|hours| hours.enabled)),
            timezone: timezone?,
            schedule: schedule?,
            away_text,
            hand_off_outside: self
                .hand_off_outside
                .unwrap_or_else(|| before.is_none_or(|hours| hours.hand_off_outside)),
        })
    }

    /// An empty text takes it away.
    fn text(&self) -> Option<&str> {
        self.away_text.as_deref().filter(|text| !text.is_empty())
    }
}

fn read_days(days: &BTreeMap<String, Option<SpanBody>>, problems: &mut Vec<FieldProblem>) -> BTreeMap<Day, Span> {
    let mut schedule = BTreeMap::new();
    for (name, span) in days {
        let at = format!("businessHours.schedule.{name}");
        let Ok(day) = name.parse::<Day>() else {
            problems.push(FieldProblem::new(at, "is no day of the week: monday to sunday"));
            continue;
        };
        // A day off.
        let Some(span) = span else {
            continue;
        };
        let mut time = |field: &str, text: &str| match text.parse::<TimeOfDay>() {
            Ok(time) => Some(time),
            Err(error) => {
                problems.push(FieldProblem::new(format!("{at}.{field}"), error.to_string()));
                None
            }
        };
        let (start, end) = (time("start", &span.start), time("end", &span.end));
        let (Some(start), Some(end)) = (start, end) else {
            continue;
        };
        if start >= end {
            problems.push(FieldProblem::new(format!("{at}.end"), "must be later than start"));
        }
        schedule.insert(day, Span { start, end });
    }
    schedule
}
