//! A button that sends the customer's place.

use super::named;
use crate::graph::fields::Fields;
use crate::taking::Refusal;

pub(super) fn check(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["name"])?;
    named(action, "send_location")
}
