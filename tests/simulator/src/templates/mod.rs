//! Message templates: what they hold, who has which, and how they stand.

mod demo;
mod design;
mod shelf;
mod standing;
mod words;

pub(crate) use design::{ButtonDesign, Design, HeaderDesign};
pub(crate) use shelf::{Shelf, Template};
pub(crate) use standing::{Category, Quality, Status};
pub(crate) use words::Words;
