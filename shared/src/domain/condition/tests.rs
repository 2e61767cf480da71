//! What conditions mean.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

struct Somebody {
    attributes: serde_json::Map<String, Value>,
    tags: BTreeSet<String>,
}

impl Facts for Somebody {
    fn fact(&self, field: &Field) -> Fact<'_> {
        match field {
            Field::Name => Fact::Text("Nguyễn Thị Lan"),
            Field::Phone => Fact::Text("84912345678"),
            Field::Email => Fact::Text(""),
            Field::Tags => Fact::Tags(&self.tags),
            Field::Consent(crate::domain::consent::Purpose::Marketing) => Fact::Truth(true),
            Field::LastInteractionAt => Fact::Moment("2026-11-01T00:00:00Z".parse().unwrap()),
            Field::Attribute(way) => Fact::at(&self.attributes, way),
            _ => Fact::Missing,
        }
    }

    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        "2026-11-21T00:00:00Z".parse().unwrap()
    }
}

fn holds(condition: Value) -> bool {
    let Value::Object(attributes) = json!({
        "points": 12, "text": "007", "num": "12.50", "null": null, "empty": "", "list": ["a", 7], "none": [],
        "deep": { "er": true }, "born": "2000-02-03", "big": 1e20,
    }) else {
        unreachable!()
    };
    let somebody = Somebody { attributes, tags: ["vip".to_owned()].into() };
    let condition: Condition = serde_json::from_value(condition).unwrap();
    assert_eq!(condition.check(true), [], "{condition:?}");
    condition.holds(&somebody)
}

#[test]
fn questions_are_answered_with_yes_or_no() {
    for (field, operator, value, expected) in [
        ("name", "eq", json!("Nguyễn Thị Lan"), true),
        ("name", "eq", json!("nguyễn thị lan"), false),
        ("contact.name", "contains", json!("THI LAN"), true),
        ("name", "starts_with", json!("nguyen"), true),
        ("name", "matches", json!("Lan$"), true),
        ("name", "matches", json!("^lan"), false),
        ("name", "in", json!(["x", "Nguyễn Thị Lan"]), true),
        ("phone", "eq", json!("+84912345678"), true),
        ("phone", "eq", json!("+84"), false),
        ("phone", "eq", json!(84_912_345_678_u64), true),
        ("tags", "contains", json!("vip"), true),
        ("tags", "contains", json!("VIP"), false),
        ("tags", "in", json!(["new", "vip"]), true),
        ("tags", "not_contains", json!("new"), true),
        ("tags", "exists", json!(true), true),
        ("consent.marketing", "eq", json!("granted"), true),
        ("consent.marketing", "ne", json!(true), false),
        ("consent.ai", "eq", json!(false), false),
        ("consent.ai", "ne", json!(true), true),
        ("lastInteractionAt", "before", json!("now-10d"), true),
        ("lastInteractionAt", "after", json!("2026-10-31"), true),
        ("attributes.points", "gt", json!(11), true),
        ("attributes.points", "eq", json!("12"), true),
        ("attributes.points", "in", json!([1, 12.0]), true),
        ("attributes.text", "eq", json!("7"), false),
        ("attributes.text", "eq", json!(7), true),
        ("attributes.num", "lte", json!(12.5), true),
        ("attributes.text", "gt", json!(2), true),
        ("attributes.list", "contains", json!("a"), true),
        ("attributes.list", "contains", json!("7"), false),
        ("attributes.list", "eq", json!("a"), false),
        ("attributes.deep.er", "eq", json!(true), true),
        ("attributes.deep", "exists", json!(null), true),
        ("attributes.born", "before", json!("2001-01-01T00:00:00Z"), true),
        ("attributes.text", "before", json!("2001-01-01"), false),
        ("attributes.big", "gt", json!(1e19), true),
    ] {
        assert_eq!(
            holds(json!({ "field": field, "operator": operator, "value": value })),
            expected,
            "{field} {operator} {value}"
        );
    }
}

#[test]
fn of_what_is_missing_nothing_holds_but_its_contrary() {
    for field in
        ["attributes.null", "attributes.empty", "attributes.none", "attributes.nothing.at.all", "email", "username"]
    {
        for (operator, value, expected) in [
            ("eq", json!("x"), false),
            ("ne", json!("x"), true),
            ("gt", json!(0), false),
            ("lt", json!(0), false),
            ("contains", json!("x"), false),
            ("not_contains", json!("x"), true),
            ("in", json!(["x"]), false),
            ("matches", json!("^"), false),
            ("exists", json!(true), false),
            ("exists", json!(false), true),
        ] {
            assert_eq!(
                holds(json!({ "field": field, "operator": operator, "value": value })),
                expected,
                "{field} {operator}"
            );
        }
    }
}

#[test]
fn groups_hold_as_they_say() {
    let yes = json!({ "field": "tags", "operator": "exists" });
    let no = json!({ "not": yes });
    for (group, expected) in [
        (json!({ "all": [] }), true),
        (json!({ "any": [] }), false),
        (json!({ "all": [yes, no] }), false),
        (json!({ "any": [no, { "all": [yes, { "not": no }] }] }), true),
    ] {
        assert_eq!(holds(group.clone()), expected, "{group}");
    }
}

#[test]
fn what_cannot_be_asked_is_refused_with_its_place() {
    for (condition, at) in [
        (json!({ "field": "nme", "operator": "eq", "value": 1 }), "field"),
        (json!({ "field": "attributes", "operator": "eq", "value": 1 }), "field"),
        (json!({ "field": "attributes.0", "operator": "eq", "value": 1 }), "field"),
        (json!({ "field": "attributes.a..b", "operator": "eq", "value": 1 }), "field"),
        (json!({ "field": "consent.sms", "operator": "eq", "value": true }), "field"),
        (json!({ "field": "variables.x", "operator": "eq", "value": 1 }), "field"),
        (json!({ "field": "tags", "operator": "eq", "value": "x" }), "operator"),
        (json!({ "field": "createdAt", "operator": "gt", "value": 5 }), "operator"),
        (json!({ "field": "name", "operator": "eq", "value": "" }), "value"),
        (json!({ "field": "name", "operator": "eq" }), "value"),
        (json!({ "field": "name", "operator": "gt", "value": "a" }), "value"),
        (json!({ "field": "name", "operator": "in", "value": [] }), "value"),
        (json!({ "field": "createdAt", "operator": "before", "value": "soon" }), "value"),
        (json!({ "field": "createdAt", "operator": "before", "value": "now-1w" }), "value"),
        (json!({ "field": "consent.ai", "operator": "eq", "value": "perhaps" }), "value"),
        (json!({ "field": "name", "operator": "matches", "value": "(?=x)" }), "value"),
    ] {
        let condition: Condition = serde_json::from_value(json!({ "all": [{ "not": condition }] })).unwrap();
        let faults = condition.check(false);
        let places: Vec<&str> = faults.iter().map(|fault| fault.at.as_str()).collect();
        assert_eq!(places, [format!("all[0].not.{at}")], "{condition:?}");
        assert!(condition.to_sql(1, chrono::DateTime::UNIX_EPOCH).is_err());
    }
}

#[test]
fn patterns_keep_to_what_memory_and_sql_have_in_common() {
    for pattern in ["a|b", "^\\d{2,5}$", "[^a-z_\\]-]+", "(?:ab)*c?", "x{0}", "<b>&[&~#]", "", "đơn.*số"] {
        assert_eq!(Pattern::parse(pattern).is_ok(), !pattern.is_empty(), "{pattern}");
    }
    for pattern in
        ["(?i)a", "\\bword", "\\p{L}", "[[:alpha:]]", "[a&&b]", "(a)\\1", "(?<=a)b", "a{300}", "((a{99}){99}){9}", "["]
    {
        assert!(Pattern::parse(pattern).is_err(), "{pattern}");
    }
    assert!(Pattern::parse("<b>").unwrap().matches("a<b>c"));
    assert!(!Pattern::parse("\\w").unwrap().matches("đ"), "classes mean ASCII on both sides");
}

#[test]
fn no_name_and_no_value_of_an_authors_becomes_part_of_a_statement() {
    let evil = "x'); drop table contacts; --";
    let condition: Condition = serde_json::from_value(json!({ "any": [
        { "field": format!("attributes.{evil}"), "operator": "eq", "value": evil },
        { "field": "name", "operator": "contains", "value": evil },
        { "field": "tags", "operator": "in", "value": [evil] },
        { "field": "name", "operator": "matches", "value": "drop" },
    ] }))
    .unwrap();
    let sql = condition.to_sql(3, chrono::DateTime::UNIX_EPOCH).unwrap();
    assert!(!sql.text.contains("drop"), "{}", sql.text);
    assert!(sql.text.contains("$3::text[]") && sql.text.contains(&format!("${}::", sql.parameters.len() + 2)));
    assert!(!sql.text.contains(&format!("${}::", sql.parameters.len() + 3)));
}
