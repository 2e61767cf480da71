//! What a platform did not accept, in the words of the request that named it.

use shared::channels::connect::{ConnectFault, Doubted};
use shared::domain::channel::Channel;

use crate::error::ApiError;

/// What the client is told of `fault`. X's page says 400 where credentials do not hold.
pub(super) fn told(channel: Channel, fault: ConnectFault) -> ApiError {
    match fault {
        ConnectFault::Away(reason) => {
            tracing::warn!(%channel, reason, "a platform did not answer while an account was connected");
            ApiError::Unavailable("the platform does not answer at the moment, try again")
        }
        ConnectFault::NotSetUp(what) => ApiError::Conflict(what.to_owned()),
        ConnectFault::Refused { what: Doubted::Credentials, reason } if channel == Channel::X => {
            ApiError::InvalidRequest(format!("oauthToken and oauthTokenSecret do not hold: {reason}"))
        }
        ConnectFault::Refused { what, reason } => ApiError::invalid(field(channel, what), reason),
    }
}

const fn field(channel: Channel, what: Doubted) -> &'static str {
    match (channel, what) {
        (Channel::WhatsApp, Doubted::Credentials) => "accessToken",
        (Channel::WhatsApp, Doubted::Account) => "phoneNumberId",
        (_, Doubted::Business) => "businessAccountId",
        (Channel::Messenger, Doubted::Credentials) => "pageAccessToken",
        (Channel::Messenger, Doubted::Account) => "pageId",
        (Channel::X, Doubted::Credentials) => "oauthToken",
        (Channel::X, Doubted::Account) => "userId",
    }
}
