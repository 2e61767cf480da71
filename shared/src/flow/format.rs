//! Documents as they come in, and as they were stored: of this format or an older one.

use serde_json::{Map, Value};

use super::FORMAT;
use super::document::Document;
use super::fault::{Fault, Severity};
use super::parse::field_of;

/// What brings a document of format `n` up to `n + 1`, from format 1 on.
type Step = fn(&mut Map<String, Value>);

/// A step for every format before [`FORMAT`].
const STEPS: [Step; FORMAT as usize - 1] = [];

impl Document {
    /// Reads a document as it comes in or was stored, whatever its format.
    pub fn read(value: Value) -> Result<Self, Vec<Fault>> {
        let value = Self::brought_up(value).map_err(|fault| vec![fault])?;
        serde_path_to_error::deserialize(value)
            .map_err(|error| vec![fault(&field_of(error.path()), "document", &error.inner().to_string())])
    }

    /// A document of whatever format as one of the newest, not read yet.
    pub fn brought_up(value: Value) -> Result<Value, Fault> {
        let Value::Object(object) = value else {
            return Err(fault("", "document", "must be an object"));
        };
        Ok(Value::Object(brought_up(object, &STEPS)?))
    }
}

/// The document in the format behind the last of `steps`.
fn brought_up(mut object: Map<String, Value>, steps: &[Step]) -> Result<Map<String, Value>, Fault> {
    let newest = steps.len() + 1;
    let format = match object.get("format") {
        None => newest,
        Some(format) => {
            let known = format.as_u64().and_then(|format| usize::try_from(format).ok());
            let expected = format!("must be 1 to {newest}: a newer one needs a newer release");
            known.filter(|format| (1..=newest).contains(format)).ok_or_else(|| fault("format", "format", &expected))?
        }
    };
    for step in &steps[format - 1..] {
        step(&mut object);
    }
    object.insert("format".to_owned(), newest.into());
    Ok(object)
}

fn fault(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Severity::Error, None, field, code, message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_older_document_is_brought_up_step_by_step() {
        let first: Step = |object| {
            let old = object.remove("steps").unwrap_or_default();
            object.insert("nodes".to_owned(), old);
        };
        let second: Step = |object| drop(object.insert("language".to_owned(), "vi".into()));
        let read = |value: Value| {
            let Value::Object(object) = value else { panic!("no object") };
            brought_up(object, &[first, second])
        };
        let new = json!({ "format": 3, "nodes": [], "language": "vi" });
        assert_eq!(Value::Object(read(json!({ "format": 1, "steps": [] })).unwrap()), new);
        assert_eq!(Value::Object(read(json!({ "format": 2, "nodes": [] })).unwrap()), new);
        assert_eq!(Value::Object(read(new.clone()).unwrap()), new);
        for wrong in [json!({ "format": 4 }), json!({ "format": 0 }), json!({ "format": "1" })] {
            assert_eq!(read(wrong).unwrap_err().field, "format");
        }
    }

    #[test]
    fn a_document_names_the_field_that_does_not_read() {
        for (value, field, says) in [
            (json!([]), "", "object"),
            (
                json!({ "nodes": [{ "id": "a", "type": "end" }, { "id": 7, "type": "end" }], "edges": [] }),
                "nodes[1].id",
                "string",
            ),
            (json!({ "nodes": [], "edges": [], "colour": 1 }), "colour", "colour"),
            (json!({ "nodes": [], "edges": [{ "from": "a" }] }), "edges[0]", "to"),
        ] {
            let faults = Document::read(value).unwrap_err();
            assert_eq!(faults[0].field, field);
            assert!(faults[0].message.contains(says), "{}", faults[0].message);
        }
    }
}
