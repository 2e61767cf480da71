//! The words of X's page.

use super::spelling::{Entity, Invalid, Rule, Table};

/// X's spelling.
pub(super) static TABLE: Table = Table {
    entities: &[
        Entity { schemas: &["Account", "ConnectX"], rules: &[Rule::Name("userId", "twitterUserId")] },
        Entity { schemas: &["Conversation"], rules: &[Rule::Values("channel", &[("x", "direct_message")])] },
        Entity { schemas: &["Message"], rules: &[Rule::Name("platformMessageId", "twitterMessageId")] },
    ],
    lists: &[],
    need_shop: &[],
    deletes_give_nothing: true,
    // A text that is too long; credentials that do not hold are 400 already.
    invalid: Invalid::BadRequestFor(&[("messages.send", "content")]),
};
