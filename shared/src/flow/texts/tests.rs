//! What texts can say, and what they cannot.

use serde_json::json;

use super::*;

struct Known(Value);

impl Source for Known {
    fn root(&self, name: &str) -> Option<Filled> {
        self.0.get(name).map(|value| Filled::from(minijinja::value::Serde(value)))
    }

    fn json(&self, way: &[String]) -> Option<Value> {
        way.iter().try_fold(&self.0, |value, step| value.get(step)).cloned()
    }
}

fn fill(text: &str) -> Result<String, String> {
    let known = Known(json!({
        "contact": { "name": "Lan", "tags": ["vip", "hanoi"] },
        "attributes": { "tier": null, "points": 12 },
        "variables": { "age": 30 },
    }));
    let mut texts = Texts::default();
    texts.add(text)?;
    texts.fill(text, &known).map_err(|error| error.0)
}

#[test]
fn places_are_filled_and_filters_work() {
    for (text, expected) in [
        ("no places {here}", "no places {here}"),
        ("Chào {{contact.name}}!", "Chào Lan!"),
        ("{{ attributes.tier | default(\"guest\") }}", "guest"),
        ("{{ attributes.nothing | default('a | b * c()') | upper }}", "A | B * C()"),
        ("{{ attributes.points | times(2.5) }}", "30"),
        ("{{ contact.tags | join(' & ') }}", "vip & hanoi"),
        ("{% if attributes.points > 10 %}many{% else %}few{% endif %}", "many"),
        ("{% for tag in contact.tags %}[{{ tag }}]{% endfor %}", "[vip][hanoi]"),
        ("{% if contact.email is defined %}mail{% endif %}{# nothing #}.", "."),
        ("{{ contact.name | replace('L', 'l') }}", "lan"),
    ] {
        assert_eq!(fill(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_missing_is_said_and_not_guessed() {
    for text in ["{{ contact.email }}", "{{ attributes.tier }}", "{{ nothing }}", "{{ nothing.at.all }}"] {
        assert!(fill(text).is_err(), "{text}");
    }
}

#[test]
fn what_could_fill_the_memory_or_never_end_is_refused() {
    for text in [
        "{{ 'x' * 100000000 }}",
        "{% set x = 'a' %}{{ x }}",
        "{% include 'x' %}",
        "{% macro f() %}{% endmacro %}",
        "{{ range(9) }}",
        "{{ contact.items() }}",
        "{{ contact['name']() }}",
        "{{ contact.name | indent(100000000) }}",
        "{{ contact.name is odd }}",
        "{{ contact.name",
        "{{ contact..name }}",
        "{% for a in contact.tags recursive %}{{ loop(a) }}{% endfor %}",
    ] {
        assert!(Texts::default().add(text).is_err(), "{text}");
    }
    let nested = format!("{}{}", "{% for a in 'aaaaaaaaaaaaaaaaaaaaaaaa' %}".repeat(6), "{% endfor %}".repeat(6));
    assert!(fill(&nested).is_err());
    let long = format!("{{{{ contact.name{} }}}}", " | replace('a', 'aaaaaaaaaaaaaaaaaaaa')".repeat(12));
    assert!(fill(&long).is_err());
}

#[test]
fn a_text_that_is_one_place_keeps_the_type_of_what_fills_it() {
    let known = Known(json!({ "variables": { "age": 30, "list": [1] } }));
    let mut texts = Texts::default();
    for text in ["{{ variables.age }}", "{{variables.list}}", "{{ variables.age }} years"] {
        texts.add(text).unwrap();
    }
    let value = json!({ "age": "{{ variables.age }}", "all": ["{{variables.list}}", "{{ variables.age }} years", 7] });
    // Nothing of it was made ready but the texts with places; a plain text needs none.
    assert_eq!(texts.fill_json(&value, &known), Ok(json!({ "age": 30, "all": [[1], "30 years", 7] })));
}
