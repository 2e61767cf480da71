//! Conditions as SQL over `contacts c`: the same answers as in memory, by a statement whose text is ours alone and
//! whose every value is a parameter. It does no I/O itself.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::field::Kind;
use super::{Condition, Fault, Field, Operator, Pattern, fold, value};

/// A condition as SQL: a boolean expression over the row `c` of `contacts`, never null.
#[derive(Clone, Debug, PartialEq)]
pub struct Sql {
    /// The expression, with `$n` for its parameters.
    pub text: String,
    /// The parameters, in their order.
    pub parameters: Vec<Parameter>,
}

/// A value of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Parameter {
    /// `text`
    Text(String),
    /// `text[]`
    Texts(Vec<String>),
    /// `float8`
    Number(f64),
    /// `float8[]`
    Numbers(Vec<f64>),
    /// `boolean`
    Truth(bool),
    /// `timestamptz`
    Moment(DateTime<Utc>),
}

/// A text that reads as a number, and one that reads as a moment in UTC: what [`value`] reads.
const NUMBER: &str = "^-?[0-9]{1,15}(\\.[0-9]{1,15})?$";
const DAY: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const MOMENT: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$";

impl Condition {
    /// The condition as SQL whose first parameter is `$first`; moments that move are counted from `now`.
    /// What [`check`](Self::check) finds fault with is refused.
    pub fn to_sql(&self, first: usize, now: DateTime<Utc>) -> Result<Sql, Vec<Fault>> {
        let faults = self.check(false);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut writer = Writer { first, now, parameters: Vec::new() };
        let text = writer.condition(self);
        Ok(Sql { text, parameters: writer.parameters })
    }
}

struct Writer {
    first: usize,
    now: DateTime<Utc>,
    parameters: Vec<Parameter>,
}

impl Writer {
    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::All { all } => self.group(all, " and ", "true"),
            Condition::Any { any } => self.group(any, " or ", "false"),
            Condition::Not { not } => format!("not ({})", self.condition(not)),
            Condition::Is { field, operator, value } => match field.parse::<Field>() {
                Ok(field) => format!("coalesce({}, false)", self.question(&field, *operator, value)),
                // Checked before.
                Err(_) => "false".to_owned(),
            },
        }
    }

    fn group(&mut self, conditions: &[Condition], between: &str, empty: &str) -> String {
        if conditions.is_empty() {
            return empty.to_owned();
        }
        let parts: Vec<String> = conditions.iter().map(|one| format!("({})", self.condition(one))).collect();
        parts.join(between)
    }

    /// A question; null counts as no.
    fn question(&mut self, field: &Field, operator: Operator, value: &Value) -> String {
        match operator {
            Operator::Ne => return format!("not coalesce({}, false)", self.question(field, Operator::Eq, value)),
            Operator::NotContains => {
                return format!("not coalesce({}, false)", self.question(field, Operator::Contains, value));
            }
            Operator::Exists => {
                let there = self.exists(field);
                return if value.as_bool().unwrap_or(true) { there } else { format!("not coalesce({there}, false)") };
            }
            _ => {}
        }
        match field.kind() {
            Kind::Tags => self.tags(operator, value),
            Kind::Truth => {
                let granted = self.parameter(Parameter::Truth(value::truth(value).unwrap_or_default()));
                format!("{} = {granted}", scalar(field))
            }
            Kind::Moment => {
                let than = if operator == Operator::Before { "<" } else { ">" };
                let moment = self.parameter(Parameter::Moment(value::moment(value, self.now).unwrap_or_default()));
                format!("{} {than} {moment}", scalar(field))
            }
            Kind::Text => {
                let text = scalar(field);
                self.text(field, &text, operator, value)
            }
            Kind::Json => self.json(field, operator, value),
        }
    }

    fn exists(&mut self, field: &Field) -> String {
        match field.kind() {
            Kind::Tags => "cardinality(c.tags) > 0".to_owned(),
            Kind::Truth | Kind::Moment => format!("{} is not null", scalar(field)),
            Kind::Text => format!("{} <> ''", scalar(field)),
            Kind::Json => {
                let found = self.attribute(field);
                format!("{found} not in ('null', '\"\"', '[]')")
            }
        }
    }

    fn tags(&mut self, operator: Operator, value: &Value) -> String {
        let given = if operator == Operator::In {
            value.as_array().map_or(&[][..], Vec::as_slice)
        } else {
            std::slice::from_ref(value)
        };
        let tags = given.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        format!("c.tags && {}", self.parameter(Parameter::Texts(tags)))
    }

    /// A question about a text. An empty one is missing.
    fn text(&mut self, field: &Field, text: &str, operator: Operator, value: &Value) -> String {
        let said = match operator {
            Operator::Eq => self.text_is(field, text, value),
            Operator::In => {
                let parts: Vec<String> = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|one| format!("coalesce({}, false)", self.text_is(field, text, one)))
                    .collect();
                format!("({})", parts.join(" or "))
            }
            Operator::Contains => {
                let part = self.parameter(Parameter::Text(fold::fold(value.as_str().unwrap_or_default())));
                format!("position({part} in {}) > 0", fold::sql(text))
            }
            Operator::StartsWith => {
                let part = self.parameter(Parameter::Text(fold::fold(value.as_str().unwrap_or_default())));
                format!("starts_with({}, {part})", fold::sql(text))
            }
            Operator::Matches => {
                let pattern = value.as_str().and_then(|text| Pattern::parse(text).ok());
                let common = pattern.map(|pattern| format!("***:{}", pattern.common())).unwrap_or_default();
                format!("{text} ~ {}", self.parameter(Parameter::Text(common)))
            }
            Operator::Before | Operator::After => {
                let than = if operator == Operator::Before { "<" } else { ">" };
                let moment = value::moment(value, self.now).map(value::written).unwrap_or_default();
                let moment = self.parameter(Parameter::Text(moment));
                format!(
                    "case when {text} ~ '{DAY}' then {text} || 'T00:00:00' \
                     when {text} ~ '{MOMENT}' then left({text}, 19) end collate \"C\" {than} {moment}"
                )
            }
            Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => {
                let number = self.parameter(Parameter::Number(value::number(value).unwrap_or_default()));
                format!("{} {} {number}", number_of(text), sign(operator))
            }
            Operator::Ne | Operator::NotContains | Operator::Exists => "false".to_owned(),
        };
        format!("{text} <> '' and {said}")
    }

    fn text_is(&mut self, field: &Field, text: &str, value: &Value) -> String {
        match value {
            Value::String(other) => {
                let other = super::evaluate::given(field, other).to_owned();
                format!("{text} = {}", self.parameter(Parameter::Text(other)))
            }
            Value::Number(_) => {
                let number = self.parameter(Parameter::Number(value::number(value).unwrap_or_default()));
                format!("{} = {number}", number_of(text))
            }
            Value::Bool(truth) => format!("{text} = {}", self.parameter(Parameter::Text(truth.to_string()))),
            _ => "false".to_owned(),
        }
    }

    /// A question about an attribute, by what it holds.
    fn json(&mut self, field: &Field, operator: Operator, value: &Value) -> String {
        let found = self.attribute(field);
        let text = format!("({found} #>> '{{}}')");
        let of_text = self.text(field, &text, operator, value);
        let mut arms = vec![format!("when 'string' then {of_text}")];
        let number = format!("({found})::text::float8");
        match operator {
            Operator::Eq | Operator::In => {
                let several = std::slice::from_ref(value);
                let values =
                    if operator == Operator::In { value.as_array().map_or(several, Vec::as_slice) } else { several };
                let numbers = values.iter().filter_map(value::number).collect();
                let truths: Vec<String> =
                    values.iter().filter_map(value::truth).map(|truth| truth.to_string()).collect();
                let numbers = self.parameter(Parameter::Numbers(numbers));
                let truths = self.parameter(Parameter::Texts(truths));
                arms.push(format!("when 'number' then {number} = any({numbers})"));
                arms.push(format!("when 'boolean' then {text} = any({truths})"));
            }
            Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => {
                let than = self.parameter(Parameter::Number(value::number(value).unwrap_or_default()));
                arms.push(format!("when 'number' then {number} {} {than}", sign(operator)));
            }
            Operator::Contains => {
                let entry = self.parameter(Parameter::Text(value.as_str().unwrap_or_default().to_owned()));
                arms.push(format!("when 'array' then {found} @> jsonb_build_array({entry}::text)"));
            }
            _ => {}
        }
        format!("case jsonb_typeof({found}) {} end", arms.join(" "))
    }

    /// The attribute as JSON. The way to it is a parameter.
    fn attribute(&mut self, field: &Field) -> String {
        let Field::Attribute(way) = field else {
            return "null::jsonb".to_owned();
        };
        format!("(c.attributes #> {})", self.parameter(Parameter::Texts(way.clone())))
    }

    fn parameter(&mut self, parameter: Parameter) -> String {
        let kind = match &parameter {
            Parameter::Text(_) => "text",
            Parameter::Texts(_) => "text[]",
            Parameter::Number(_) => "float8",
            Parameter::Numbers(_) => "float8[]",
            Parameter::Truth(_) => "boolean",
            Parameter::Moment(_) => "timestamptz",
        };
        let number = self.first + self.parameters.len();
        self.parameters.push(parameter);
        format!("${number}::{kind}")
    }
}

/// A field that is a column, or one value of another table.
fn scalar(field: &Field) -> String {
    match field {
        Field::Name => "c.display_name",
        Field::Username => "c.username",
        Field::Email => "c.email",
        Field::Locale => "c.locale",
        Field::Timezone => "c.timezone",
        Field::Source => "c.source",
        Field::FirstInteractionAt => "c.first_interaction_at",
        Field::LastInteractionAt => "c.last_interaction_at",
        Field::CreatedAt => "c.created_at",
        Field::Phone => {
            "(select i.value from identities i where i.contact_id = c.id and i.kind = 'phone' \
             order by i.created_at desc, i.value limit 1)"
        }
        Field::Consent(purpose) => {
            return format!(
                "(select k.granted from consents k where k.contact_id = c.id and k.purpose = '{purpose}' \
                 order by k.at desc, k.id desc limit 1)"
            );
        }
        Field::Tags
        | Field::Attribute(_)
        | Field::Variable(_)
        | Field::MessageText
        | Field::AccountOpen
        | Field::Reference(_) => "null",
    }
    .to_owned()
}

/// A text as a number, where it reads as one.
fn number_of(text: &str) -> String {
    format!("case when {text} ~ '{NUMBER}' then ({text})::float8 end")
}

const fn sign(operator: Operator) -> &'static str {
    match operator {
        Operator::Gt => ">",
        Operator::Gte => ">=",
        Operator::Lt => "<",
        _ => "<=",
    }
}
