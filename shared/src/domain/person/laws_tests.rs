//! Random histories of people, as the platform tells them: late, in the wrong order, in part.

use std::collections::HashMap;

use proptest::prelude::*;

use super::tests::{DAY, World};
use crate::domain::ids::ContactId;

/// What a webhook shows of who writes.
#[derive(Clone, Copy, Debug)]
enum Shown {
    Both,
    Id,
    Number,
}

/// What a webhook tells of a change.
#[derive(Clone, Copy, Debug)]
enum Told {
    /// All of it.
    Whole,
    /// Ids alone.
    Ids,
    /// Numbers alone, as before 2026.
    Numbers,
    /// Both numbers and the former id.
    NoNewId,
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Write(usize, Shown),
    /// Somebody takes another number.
    Move(usize, Told),
    /// Somebody is heard of no more; their number goes to somebody else.
    Vanish(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let shown = prop_oneof![3 => Just(Shown::Both), 2 => Just(Shown::Id), 1 => Just(Shown::Number)];
    let told = prop_oneof![Just(Told::Whole), Just(Told::Ids), Just(Told::Numbers), Just(Told::NoNewId)];
    prop_oneof![
        6 => (0_usize..4, shown).prop_map(|(who, shown)| Act::Write(who, shown)),
        2 => (0_usize..4, told).prop_map(|(who, told)| Act::Move(who, told)),
        1 => (0_usize..4).prop_map(Act::Vanish),
    ]
}

/// An event as the platform tells it.
#[derive(Clone, Debug)]
enum Event {
    Message { person: usize, addresses: Vec<String>, has_id: bool },
    Change { before: Vec<String>, after: Vec<String> },
}

/// People as they really are. Numbers that were left rest for 60 days.
struct Truth {
    hour: i64,
    people: usize,
    /// In each seat somebody: who, the number, the generation of the id.
    seats: Vec<(usize, usize, usize)>,
    resting: Vec<(i64, usize)>,
    numbers: usize,
    ids: usize,
}

impl Truth {
    fn new() -> Self {
        let seats = (0..4).map(|n| (n, n, n)).collect();
        Self { hour: 0, people: 4, seats, resting: Vec::new(), numbers: 4, ids: 4 }
    }

    /// A number that is free, one that was somebody's where there is one.
    fn number(&mut self) -> usize {
        if let Some(index) = self.resting.iter().position(|(since, _)| self.hour - since > 60 * DAY) {
            return self.resting.remove(index).1;
        }
        self.numbers += 1;
        self.numbers - 1
    }

    fn id(&mut self) -> usize {
        self.ids += 1;
        self.ids - 1
    }

    fn act(&mut self, act: Act) -> Option<Event> {
        let phone = |number: usize| format!("8490{number:07}");
        let bsuid = |id: usize| format!("VN.{id}");
        match act {
            Act::Write(seat, shown) => {
                let (person, number, id) = self.seats[seat];
                let addresses = match shown {
                    Shown::Both => vec![phone(number), bsuid(id)],
                    Shown::Id => vec![bsuid(id)],
                    Shown::Number => vec![phone(number)],
                };
                Some(Event::Message { person, addresses, has_id: !matches!(shown, Shown::Number) })
            }
            Act::Move(seat, told) => {
                let (person, number, id) = self.seats[seat];
                let (new_number, new_id) = (self.number(), self.id());
                self.seats[seat] = (person, new_number, new_id);
                self.resting.push((self.hour, number));
                let (before, after) = match told {
                    Told::Whole => (vec![phone(number), bsuid(id)], vec![phone(new_number), bsuid(new_id)]),
                    Told::Ids => (vec![bsuid(id)], vec![bsuid(new_id)]),
                    Told::Numbers => (vec![phone(number)], vec![phone(new_number)]),
                    Told::NoNewId => (vec![phone(number), bsuid(id)], vec![phone(new_number)]),
                };
                Some(Event::Change { before, after })
            }
            Act::Vanish(seat) => {
                let (_, number, _) = self.seats[seat];
                self.resting.push((self.hour, number));
                self.seats[seat] = (self.people, self.number(), self.id());
                self.people += 1;
                None
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn messages_of_people_known_apart_by_their_ids_never_share_a_contact(
        acts in proptest::collection::vec((act(), 1_i64..40 * DAY, 0_i64..6 * DAY), 1..40),
    ) {
        let mut truth = Truth::new();
        let mut events = Vec::new();
        for (act, pause, delay) in acts {
            truth.hour += pause;
            if let Some(event) = truth.act(act) {
                events.push((truth.hour + delay, truth.hour, event));
            }
        }
        events.sort_by_key(|(arrives, ..)| *arrives);

        let mut world = World::new();
        let mut told: Vec<(usize, ContactId)> = Vec::new();
        for (_, hour, event) in &events {
            match event {
                Event::Message { person, addresses, has_id } => {
                    let shown: Vec<&str> = addresses.iter().map(String::as_str).collect();
                    let contact = world.writes(*hour, &shown);
                    if *has_id {
                        told.push((*person, contact));
                    }
                }
                Event::Change { before, after } => {
                    let before: Vec<&str> = before.iter().map(String::as_str).collect();
                    let after: Vec<&str> = after.iter().map(String::as_str).collect();
                    world.changes(*hour, &before, &after);
                }
            }
        }
        let mut owners: HashMap<ContactId, usize> = HashMap::new();
        for (person, contact) in told {
            let owner = *owners.entry(world.now(contact)).or_insert(person);
            prop_assert_eq!(owner, person, "one contact for two people; {:#?}", events);
        }
    }
}
