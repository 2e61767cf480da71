//! Holds what was asked against what was answered.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

use super::rows::{self, Thread};
use super::{BEGINNING, NOTHING};

/// What a run did to its conversations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Conversations in which the flow began.
    pub conversations: usize,
    /// What customers said, the first word of each conversation included.
    pub said: usize,
    /// Questions that were queued.
    pub asked: usize,
    /// What customers said and no question quotes.
    pub unused: usize,
    /// Of what customers said, what is quoted more than once.
    pub used_twice: usize,
    /// Questions that quote nothing that their customer said.
    pub strange: usize,
    /// Conversations whose questions do not come by turns, or do not quote in the order in which it was said.
    pub out_of_order: usize,
    /// For each question in its order's place: when what it quotes came in, and the message that asks.
    #[serde(skip)]
    pub quotes: Vec<(DateTime<Utc>, Uuid)>,
}

impl Count {
    /// Of everything in `db`.
    pub async fn of(db: &PgPool) -> anyhow::Result<Self> {
        let mut count = Self::default();
        for thread in rows::threads(db).await?.values() {
            count.add(thread);
        }
        Ok(count)
    }

    /// Whether each question was asked once and each answer used once, in their order.
    pub fn holds(&self) -> bool {
        self.asked == self.said && [self.unused, self.used_twice, self.strange, self.out_of_order] == [0; 4]
    }

    fn add(&mut self, thread: &Thread) {
        self.conversations += 1;
        self.said += thread.said.len();
        self.asked += thread.asked.len();
        let quoted: Vec<(Option<&str>, &str)> = thread.asked.iter().map(|(asked, _)| split(asked)).collect();
        // What began it is quoted by the word for nothing.
        let said = thread.said.iter().enumerate();
        let said: Vec<&str> = said.map(|(place, (said, _))| if place == 0 { NOTHING } else { said.as_str() }).collect();
        let mut times: HashMap<&str, usize> = HashMap::new();
        for (_, quote) in &quoted {
            *times.entry(quote).or_default() += 1;
        }
        for word in &said {
            match times.get(word) {
                None => self.unused += 1,
                Some(1) => {}
                Some(_) => self.used_twice += 1,
            }
        }
        let places: HashMap<&str, usize> = said.iter().enumerate().map(|(place, word)| (*word, place)).collect();
        for ((_, quote), (_, message)) in quoted.iter().zip(&thread.asked) {
            match places.get(quote) {
                Some(place) => self.quotes.push((thread.said[*place].1, *message)),
                None => self.strange += 1,
            }
        }
        let in_order = quoted.iter().enumerate().all(|(place, (number, quote))| {
            let turn = if place % 2 == 0 { "1" } else { "2" };
            *number == Some(turn) && said.get(place).is_some_and(|word| word == quote)
        });
        self.out_of_order += usize::from(!in_order);
    }
}

/// The number of a question and what it quotes.
fn split(asked: &str) -> (Option<&str>, &str) {
    match asked.split_once(": ") {
        Some((number, quote)) if quote == NOTHING || quote.starts_with(BEGINNING) => (Some(number), quote),
        _ => (None, asked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn thread(said: &[&str], asked: &[&str]) -> Count {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let thread = Thread {
            said: said.iter().zip(0..).map(|(said, second)| ((*said).to_owned(), at(second))).collect(),
            asked: asked.iter().zip(1..).map(|(asked, id)| ((*asked).to_owned(), Uuid::from_u128(id))).collect(),
        };
        let mut count = Count::default();
        count.add(&thread);
        count
    }

    #[test]
    fn each_asked_once_and_used_once_holds() {
        let count = thread(&["message a", "message b"], &["1: nothing", "2: message b"]);
        assert!(count.holds(), "{count:?}");
        assert_eq!(count.quotes[1], (DateTime::UNIX_EPOCH + TimeDelta::seconds(1), Uuid::from_u128(2)));
    }

    #[test]
    fn what_went_wrong_is_seen() {
        let lost = thread(&["message a", "message b"], &["1: nothing"]);
        assert_eq!((lost.unused, lost.holds()), (1, false));
        let twice = thread(&["message a", "message b"], &["1: nothing", "2: message b", "1: message b"]);
        assert_eq!((twice.used_twice, twice.holds()), (1, false));
        let swapped = thread(&["message a", "message b", "message c"], &["1: nothing", "2: message c", "1: message b"]);
        assert_eq!((swapped.out_of_order, swapped.unused, swapped.holds()), (1, 0, false));
        let strange = thread(&["message a"], &["1: nothing", "Sorry, something broke."]);
        assert_eq!((strange.strange, strange.holds()), (1, false));
    }
}
