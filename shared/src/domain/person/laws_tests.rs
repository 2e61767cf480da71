//! Random histories of people, as the platform tells them: late, in the wrong order, in part.

use std::collections::HashMap;

use proptest::prelude::*;

use super::tests::{DAY, World};
use super::{AddressKey, glance};
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

type Acts = Vec<(Act, i64, i64)>;

/// Acts, the hours before each, and the hours until it is told.
fn acts(count: std::ops::Range<usize>) -> impl Strategy<Value = Acts> {
    proptest::collection::vec((act(), 1_i64..40 * DAY, 0_i64..6 * DAY), count)
}

/// What is told of `acts`, in the order in which it arrives; with the hours of arriving and of happening.
fn told_of(acts: Acts) -> Vec<(i64, i64, Event)> {
    let mut truth = Truth::new();
    let mut events = Vec::new();
    for (act, pause, delay) in acts {
        truth.hour += pause;
        if let Some(event) = truth.act(act) {
            events.push((truth.hour + delay, truth.hour, event));
        }
    }
    events.sort_by_key(|(arrives, ..)| *arrives);
    events
}

fn strs(addresses: &[String]) -> Vec<&str> {
    addresses.iter().map(String::as_str).collect()
}

impl Event {
    /// The contact that `world` takes it for.
    fn tell(&self, world: &mut World, hour: i64) -> ContactId {
        match self {
            Self::Message { addresses, .. } => world.writes(hour, &strs(addresses)),
            Self::Change { before, after } => world.changes(hour, &strs(before), &strs(after)),
        }
    }

    fn keys(&self, world: &World) -> Vec<AddressKey> {
        match self {
            Self::Message { addresses, .. } => world.person(&strs(addresses)).keys(),
            Self::Change { before, after } => world.person(&strs(&[before.as_slice(), after].concat())).keys(),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn messages_of_people_known_apart_by_their_ids_never_share_a_contact(
        acts in acts(1..40),
    ) {
        let events = told_of(acts);
        let mut world = World::new();
        let mut told: Vec<(usize, ContactId)> = Vec::new();
        for (_, hour, event) in &events {
            let contact = event.tell(&mut world, *hour);
            if let Event::Message { person, has_id: true, .. } = event {
                told.push((*person, contact));
            }
        }
        let mut owners: HashMap<ContactId, usize> = HashMap::new();
        for (person, contact) in told {
            let owner = *owners.entry(world.now(contact)).or_insert(person);
            prop_assert_eq!(owner, person, "one contact for two people; {:#?}", events);
        }
    }

    #[test]
    fn whom_a_glance_settles_the_book_would_have_taken_for_the_same(acts in acts(2..40), known in 0.1_f64..0.9) {
        let events = told_of(acts);
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few")]
        let (before, batch) = events.split_at((events.len() as f64 * known) as usize);
        let mut by_the_book = World::new();
        for (_, hour, event) in before {
            event.tell(&mut by_the_book, *hour);
        }
        // What was merged before is written, and is one.
        let mut by_a_glance = by_the_book.clone();
        let keys: Vec<Vec<AddressKey>> = batch.iter().map(|(.., event)| event.keys(&by_a_glance)).collect();
        let shown: Vec<glance::Shown<'_>> = batch
            .iter()
            .zip(&keys)
            .map(|((.., event), keys)| glance::Shown { keys, tells_change: matches!(event, Event::Change { .. }) })
            .collect();
        let settled = by_a_glance.book.glance().settle(&shown);

        let mut pairs = Vec::new();
        for ((_, hour, event), settled) in batch.iter().zip(settled) {
            let glanced = settled.unwrap_or_else(|| event.tell(&mut by_a_glance, *hour));
            pairs.push((event.tell(&mut by_the_book, *hour), glanced));
        }
        // A newcomer has another id in each.
        let (mut there, mut back) = (HashMap::new(), HashMap::new());
        for (book, glance) in pairs {
            let (book, glance) = (by_the_book.now(book), by_a_glance.now(glance));
            prop_assert_eq!(*there.entry(book).or_insert(glance), glance, "{:#?}", events);
            prop_assert_eq!(*back.entry(glance).or_insert(book), book, "{:#?}", events);
        }
    }
}
