//! Message templates: what they hold, who has which, and how they stand.

mod demo;
mod design;
mod shelf;
mod standing;
mod words;

pub(crate) use design::{ButtonDesign, Design, HeaderDesign};
pub use standing::{Category, Quality, Status};

pub(crate) use shelf::{NotAdded, Shelf, Template};
pub(crate) use words::{Piece, Words, pieces};
