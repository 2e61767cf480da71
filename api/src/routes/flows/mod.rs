//! Automation flows: drafts, versions, trying them, and what became of them.
//!
//! They stand behind every door, which shows the flows that work on its channel, and before the doors, where all are
//! shown.

mod activate;
mod body;
mod changing;
mod check;
mod create;
mod deactivate;
mod delete;
mod diff;
mod failures;
mod figures;
mod gallery;
mod get;
mod list;
mod rollback;
mod simulate;
mod start;
mod started;
mod transfer;
mod update;
mod validate;
mod versions;
mod view;

pub use activate::*;
pub use create::*;
pub use deactivate::*;
pub use delete::*;
pub use diff::*;
pub use failures::*;
pub use figures::*;
pub use gallery::*;
pub use get::*;
pub use list::*;
pub use rollback::*;
pub use simulate::*;
pub use start::*;
pub use transfer::*;
pub use update::*;
pub use validate::*;
pub use versions::*;
