//! What fills one place of a template.

use super::file;
use crate::graph::error;
use crate::graph::fields::Fields;
use crate::graph::whatsapp::location;
use crate::graph::whatsapp::media::MediaUse;
use crate::taking::Refusal;

/// Kinds of parameters of each component.
pub(super) const OF_HEADER: &[&str] =
    &["text", "currency", "date_time", "image", "video", "document", "location", "product"];
pub(super) const OF_BODY: &[&str] = &["text", "currency", "date_time"];
pub(super) const OF_BUTTON: &[&str] = &["payload", "text", "coupon_code", "action"];

/// Cloud API: characters of a code that can be copied.
const MAX_CODE: usize = 20;
/// Cloud API: characters of what comes back when a button is tapped.
const MAX_PAYLOAD: usize = 256;

/// What fills one place.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) kind: &'static str,
    /// The place's name; none where places are numbered.
    pub(crate) name: Option<String>,
    /// How long it is once it stands there, where it is words.
    pub(crate) length: usize,
}

impl Parameter {
    pub(super) fn read(
        parameter: &Fields<'_>,
        kinds: &[&'static str],
        files: &mut Vec<MediaUse>,
    ) -> Result<Self, Refusal> {
        let kind = parameter.word("type", kinds)?;
        parameter.only(&["type", kind, "parameter_name"])?;
        let words = match kind {
            "image" | "video" | "document" => {
                file(parameter, kind, files)?;
                ""
            }
            "location" => {
                location::check(&parameter.required_object(kind)?)?;
                ""
            }
            "action" | "product" => {
                parameter.required_object(kind)?;
                ""
            }
            "currency" => currency(&parameter.required_object(kind)?)?,
            "date_time" => parameter.required_object(kind)?.required_text("fallback_value")?,
            "coupon_code" => parameter.required_limited_text(kind, MAX_CODE)?,
            "payload" => parameter.required_limited_text(kind, MAX_PAYLOAD)?,
            _ => text(parameter)?,
        };
        let name = parameter.text("parameter_name")?.map(str::to_owned);
        Ok(Self { kind, name, length: words.chars().count() })
    }
}

fn currency<'a>(currency: &Fields<'a>) -> Result<&'a str, Refusal> {
    currency.only(&["fallback_value", "code", "amount_1000"])?;
    if currency.required_text("code")?.len() != 3 {
        return Err(currency.wrong("code", "is not a currency of ISO 4217"));
    }
    currency.number("amount_1000")?.ok_or_else(|| currency.missing("amount_1000"))?;
    currency.required_text("fallback_value")
}

/// Words, which Meta takes on one line only.
fn text<'a>(parameter: &Fields<'a>) -> Result<&'a str, Refusal> {
    let text = parameter.required_text("text")?;
    if text.contains(['\n', '\t']) || text.contains("     ") {
        let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(error::with_details(132_008, details));
    }
    Ok(text)
}
