//! What a template is made of, read from its components.

use serde_json::Value;

use super::words::Words;

/// The places of a template, or of a card of its carousel.
#[derive(Clone, Debug, Default)]
pub(crate) struct Design {
    pub(crate) header: HeaderDesign,
    pub(crate) body: Words,
    pub(crate) buttons: Vec<ButtonDesign>,
    pub(crate) cards: Vec<Design>,
    /// Whether it has an offer whose end is given with each send.
    pub(crate) has_offer: bool,
}

/// What stands above the words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum HeaderDesign {
    #[default]
    None,
    Text(Words),
    /// image, video or document.
    File(String),
    Location,
    Product,
}

/// A button and what can fill it.
#[derive(Clone, Debug)]
pub(crate) struct ButtonDesign {
    /// As `sub_type` names it.
    pub(crate) kind: &'static str,
    /// Whether it cannot be sent without a parameter.
    pub(crate) needs_filling: bool,
    pub(crate) can_be_filled: bool,
    /// Kinds of parameters that fill it.
    pub(crate) parameter: &'static [&'static str],
    /// Whether it hands over a one-time code, which needs a phone number.
    is_one_time_code: bool,
}

impl Design {
    /// Reads the components of a template as Meta keeps them.
    pub(crate) fn read(components: &[Value]) -> Self {
        let mut design = Self::default();
        for component in components {
            match word(component, "type").as_str() {
                "header" => design.header = header(component),
                "body" => design.body = Words::parse(text(component, "text")),
                "buttons" => design.buttons = items(component, "buttons").iter().map(ButtonDesign::read).collect(),
                "carousel" => {
                    let cards = items(component, "cards").iter();
                    design.cards = cards.map(|card| Self::read(items(card, "components"))).collect();
                }
                "limited_time_offer" => {
                    design.has_offer = component["limited_time_offer"]["has_expiration"].as_bool().unwrap_or(true);
                }
                _ => {}
            }
        }
        // The words of an authentication template are the platform's own; the code fills them.
        if design.buttons.iter().any(|button| button.is_one_time_code) && design.body == Words::default() {
            design.body = Words::parse("{{1}} is your verification code.");
        }
        design
    }

    /// Whether it can go to phone numbers only.
    pub(crate) fn needs_phone(&self) -> bool {
        self.buttons.iter().any(|button| button.is_one_time_code)
    }
}

impl ButtonDesign {
    fn read(button: &Value) -> Self {
        let plain = Self {
            kind: "quick_reply",
            needs_filling: false,
            can_be_filled: true,
            parameter: &["payload"],
            is_one_time_code: false,
        };
        match word(button, "type").as_str() {
            "url" => {
                let has_place = !Words::parse(text(button, "url")).variables.is_empty();
                Self { kind: "url", needs_filling: has_place, can_be_filled: has_place, parameter: &["text"], ..plain }
            }
            // An authentication button is filled as if it were an address.
            "otp" => Self { kind: "url", needs_filling: true, parameter: &["text"], is_one_time_code: true, ..plain },
            "copy_code" => Self { kind: "copy_code", needs_filling: true, parameter: &["coupon_code"], ..plain },
            "flow" => Self { kind: "flow", parameter: &["action"], ..plain },
            "catalog" => Self { kind: "catalog", parameter: &["action"], ..plain },
            "mpm" => Self { kind: "mpm", needs_filling: true, parameter: &["action"], ..plain },
            "spm" => Self { kind: "spm", parameter: &["action"], ..plain },
            "order_details" => Self { kind: "order_details", parameter: &["action"], ..plain },
            "phone_number" => Self { kind: "phone_number", can_be_filled: false, parameter: &[], ..plain },
            "voice_call" => Self { kind: "voice_call", can_be_filled: false, parameter: &[], ..plain },
            _ => plain,
        }
    }
}

fn header(component: &Value) -> HeaderDesign {
    match word(component, "format").as_str() {
        "location" => HeaderDesign::Location,
        "product" => HeaderDesign::Product,
        kind @ ("image" | "video" | "document") => HeaderDesign::File(kind.to_owned()),
        _ => HeaderDesign::Text(Words::parse(text(component, "text"))),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn word(value: &Value, name: &str) -> String {
    text(value, name).to_ascii_lowercase()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map(Vec::as_slice).unwrap_or_default()
}
