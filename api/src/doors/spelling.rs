//! What a page spells otherwise, as a table.

/// One way in which an entity is spelled otherwise. Fields go by our own names.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// A field has another name.
    Name(&'static str, &'static str),
    /// What stands somewhere in the entity stands in a field of its own besides.
    Also(&'static [&'static str], &'static str),
    /// Values of a field have other names.
    Values(&'static str, &'static [(&'static str, &'static str)]),
    /// Values of a field are written `LikeThis`.
    Capitals(&'static str),
}

/// How some entities are spelled: by the names of their schemas, of answers and of requests.
#[derive(Clone, Copy, Debug)]
pub struct Entity {
    /// The schemas.
    pub schemas: &'static [&'static str],
    /// What is otherwise in all of them.
    pub rules: &'static [Rule],
}

/// How requests are told that they hold what they may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// 422 and a list, as everywhere; 400 where one of these fields of these operations is wrong.
    BadRequestFor(&'static [(&'static str, &'static str)]),
    /// 400 `INVALID_REQUEST` and a map by field.
    Map,
}

/// All that a page spells otherwise.
#[derive(Debug)]
pub struct Table {
    /// Its entities.
    pub entities: &'static [Entity],
    /// Lists that stand in a field of their own beside `totalCount`, by the entity they hold.
    pub lists: &'static [(&'static str, &'static str)],
    /// Operations that must name a shop.
    pub need_shop: &'static [&'static str],
    /// Whether a deletion gives nothing.
    pub deletes_give_nothing: bool,
    /// How wrong fields are told.
    pub invalid: Invalid,
}

impl Table {
    /// What is otherwise in the schema `name`.
    pub(super) fn rules(&self, name: &str) -> impl Iterator<Item = &'static Rule> {
        let entities: &'static [Entity] = self.entities;
        let name = name.to_owned();
        entities.iter().filter(move |entity| entity.schemas.contains(&name.as_str())).flat_map(|entity| entity.rules)
    }

    /// The field in which a list of `entity` stands.
    pub(super) fn list_of(&self, entity: &str) -> Option<&'static str> {
        self.lists.iter().find(|(name, _)| *name == entity).map(|(_, field)| *field)
    }
}
