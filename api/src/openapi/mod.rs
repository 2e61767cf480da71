//! The API's own description, OpenAPI 3.1, made from what stands beside each handler.
//!
//! A handler says where it stands behind its door, what it is about, what it takes and what it gives:
//!
//! ```ignore
//! /// `GET /accounts`: the merchant's accounts on the channel, oldest first.
//! #[utoipa::path(
//!     get,
//!     path = "/accounts",
//!     tag = "accounts",
//!     params(PageParams, ("status" = inline(Option<AccountStatus>), Query), ("shopId" = Option<String>, Query)),
//!     responses(Paged<AccountView>)
//! )]
//! ```
//!
//! The rest is the same for all, and is added here: the statuses that tell of failures, identifiers in the
//! path, who may ask. An operation is called by its tag and its function, `accounts.list`; a schema by its
//! type without `View`, so that two of one name need `#[schema(as = ...)]`. A body that may be left out is
//! `request_body = Option<Body>`. The [router](crate::router) takes it with `.routes(routes!(accounts::list))`,
//! for which the module gives on all of the file: `pub use list::*`.

mod document;
mod failures;
mod operation;
mod pages;
mod success;

pub use document::{Document, Operation, Part, operations, public_name};
pub use operation::capital;
pub use pages::routes;
