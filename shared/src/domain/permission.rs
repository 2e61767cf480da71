//! Who may do what: one table. Every handler asks it, by the name of the action.

use super::named::named;
use super::user::UserRole::{self, Admin, Agent, Operator, Owner, Viewer};

/// Something that a caller may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See accounts and shops, their settings, limits and figures.
    AccountsRead,
    /// Connect, change and disconnect accounts; make and change shops.
    AccountsManage,
    /// See conversations, messages and files.
    ConversationsRead,
    /// Write to customers: messages, files, notifications, read marks.
    ConversationsAnswer,
    /// Assign, hand over, close and reopen conversations.
    ConversationsManage,
    /// See contacts and their consents.
    ContactsRead,
    /// Change contacts: tags, attributes, consents.
    ContactsWrite,
    /// Make contacts one, take whole lists in or out, erase people.
    ContactsManage,
    /// See flows, their versions, figures and failures, and try them.
    FlowsRead,
    /// Write, publish and switch flows.
    FlowsManage,
    /// Decide about sends of which nobody knows whether they went.
    DoubtsSettle,
    /// See the merchant's own settings.
    MerchantRead,
    /// Change the merchant's own settings.
    MerchantManage,
    /// See colleagues and teams.
    UsersRead,
    /// Invite, change and disable users; make and change teams.
    UsersManage,
    /// See, make and revoke API keys.
    KeysManage,
    /// Read who did what.
    AuditRead,
    /// See and settle what belongs to no merchant: dead letters and unclaimed events.
    InstallationOperate,
}

named!(Action, "action", {
    AccountsRead => "accounts.read",
    AccountsManage => "accounts.manage",
    ConversationsRead => "conversations.read",
    ConversationsAnswer => "conversations.answer",
    ConversationsManage => "conversations.manage",
    ContactsRead => "contacts.read",
    ContactsWrite => "contacts.write",
    ContactsManage => "contacts.manage",
    FlowsRead => "flows.read",
    FlowsManage => "flows.manage",
    DoubtsSettle => "doubts.settle",
    MerchantRead => "merchant.read",
    MerchantManage => "merchant.manage",
    UsersRead => "users.read",
    UsersManage => "users.manage",
    KeysManage => "keys.manage",
    AuditRead => "audit.read",
    InstallationOperate => "installation.operate",
});

/// Whether an API key of the role may do it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Too,
    /// A key that leaks must not be able to make itself users and further keys.
    Never,
}

/// Everyone who belongs to a merchant.
const ALL: &[UserRole] = &[Owner, Admin, Agent, Viewer, Operator];
/// Who works with customers.
const STAFF: &[UserRole] = &[Owner, Admin, Agent];
/// Who sets things up.
const LEAD: &[UserRole] = &[Owner, Admin];

/// The table.
const fn rule(action: Action) -> (&'static [UserRole], Keys) {
    match action {
        Action::AccountsRead
        | Action::ConversationsRead
        | Action::ContactsRead
        | Action::FlowsRead
        | Action::MerchantRead
        | Action::UsersRead => (ALL, Keys::Too),
        Action::ConversationsAnswer | Action::ConversationsManage | Action::ContactsWrite => (STAFF, Keys::Too),
        Action::AccountsManage
        | Action::ContactsManage
        | Action::FlowsManage
        | Action::DoubtsSettle
        | Action::AuditRead => (LEAD, Keys::Too),
        Action::UsersManage | Action::KeysManage => (LEAD, Keys::Never),
        Action::MerchantManage => (&[Owner], Keys::Never),
        Action::InstallationOperate => (&[Operator], Keys::Never),
    }
}

impl UserRole {
    /// Whether a user of this role may do `action`.
    pub fn may(self, action: Action) -> bool {
        rule(action).0.contains(&self)
    }

    /// Whether an API key of this role may do `action`.
    pub fn key_may(self, action: Action) -> bool {
        self.may(action) && rule(action).1 == Keys::Too
    }

    /// Whether a user of this role may give `other` to a user or a key, or take it away: nobody hands out more than
    /// he has, and operators, who see more than one merchant, are made by command alone.
    pub const fn may_give(self, other: Self) -> bool {
        match self {
            Owner => matches!(other, Owner | Admin | Agent | Viewer),
            Admin => matches!(other, Admin | Agent | Viewer),
            Agent | Viewer | Operator => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gives_more_than_he_has() {
        for giver in UserRole::ALL {
            for given in UserRole::ALL.into_iter().filter(|given| giver.may_give(*given)) {
                for action in Action::ALL {
                    assert!(giver.may(action) || !given.may(action), "{giver} gives {given}, who may {action}");
                }
            }
        }
    }

    #[test]
    fn whoever_changes_something_may_see_it() {
        for (change, see) in [
            (Action::AccountsManage, Action::AccountsRead),
            (Action::ConversationsAnswer, Action::ConversationsRead),
            (Action::ConversationsManage, Action::ConversationsRead),
            (Action::ContactsWrite, Action::ContactsRead),
            (Action::ContactsManage, Action::ContactsWrite),
            (Action::FlowsManage, Action::FlowsRead),
            (Action::MerchantManage, Action::MerchantRead),
            (Action::UsersManage, Action::UsersRead),
        ] {
            for role in UserRole::ALL {
                assert!(role.may(see) || !role.may(change), "{role}");
            }
        }
    }
}
