//! One button that opens a web page.

use super::link;
use crate::graph::fields::Fields;
use crate::taking::Refusal;

pub(super) fn check(action: &Fields<'_>) -> Result<(), Refusal> {
    link(action)
}
