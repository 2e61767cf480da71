//! The part of the X API v2 that Loa uses: one file per endpoint.

mod allowance;
pub(crate) mod error;
mod messages;
mod oauth;
mod subscriptions;
mod users;
mod webhooks;

pub(crate) use allowance::Allowance;
pub(crate) use messages::{messages, receipt};
pub(crate) use subscriptions::{show as show_subscription, subscribe, unsubscribe};
pub(crate) use users::{me, revoke};
pub(crate) use webhooks::{app_token, list as list_webhooks};
