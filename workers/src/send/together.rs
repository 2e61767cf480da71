//! What comes while something of its kind is under way goes together with the next.
//!
//! Nobody waits for company: who finds a lane free goes at once, alone. Under load those that came meanwhile
//! share one way to PostgreSQL or Redis, and the more there are, the less each costs.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

/// Sets under way at once. One would do for speed; with the other a set that is held up, by a row that somebody
/// has locked, does not hold up all.
const LANES: usize = 2;
/// The most that goes together.
const MOST: usize = 128;

/// Joins questions of one kind into sets.
#[derive(Debug)]
pub(super) struct Together<Q, A> {
    waiting: Mutex<VecDeque<(Q, oneshot::Sender<A>)>>,
    lanes: Semaphore,
}

impl<Q, A> Default for Together<Q, A> {
    fn default() -> Self {
        Self { waiting: Mutex::default(), lanes: Semaphore::new(LANES) }
    }
}

impl<Q, A> Together<Q, A> {
    /// The answer to `question`. Whoever finds a lane free answers what waits, by `answer`, which gives the
    /// answers in the order of the questions. None where it gave none: then each is on its own.
    ///
    /// Whoever asks has to stay until the answer: others may depend on it.
    pub(super) async fn ask<F>(&self, question: Q, answer: impl Fn(Vec<Q>) -> F) -> Option<A>
    where
        F: Future<Output = Option<Vec<A>>>,
    {
        let (tell, mut told) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back((question, tell));
        loop {
            let lane = tokio::select! {
                biased;
                answered = &mut told => return answered.ok(),
                lane = self.lanes.acquire() => lane.ok()?,
            };
            let (questions, tells) = self.next();
            if questions.is_empty() {
                // Somebody has ours in hand.
                drop(lane);
                return told.await.ok();
            }
            let answers = answer(questions).await;
            for (tell, answer) in tells.into_iter().zip(answers.into_iter().flatten()) {
                // Who asked stays.
                drop(tell.send(answer));
            }
        }
    }

    fn next(&self) -> (Vec<Q>, Vec<oneshot::Sender<A>>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = waiting.len().min(MOST);
        waiting.drain(..most).unzip()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    #[tokio::test]
    async fn what_comes_meanwhile_goes_together_and_each_gets_its_own_answer() {
        let (together, sets) = (Together::default(), AtomicUsize::new(0));
        let double = |numbers: Vec<u32>| {
            sets.fetch_add(1, Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Some(numbers.into_iter().map(|number| number * 2).collect())
            }
        };
        let answers = join_all((0..100).map(|number| together.ask(number, double))).await;
        assert_eq!(answers, (0..100).map(|number| Some(number * 2)).collect::<Vec<_>>());
        assert_eq!(sets.load(Ordering::Relaxed), LANES + 1);
    }

    #[tokio::test]
    async fn more_than_fit_take_turns() {
        let together = Together::default();
        let largest = AtomicUsize::new(0);
        let note = |all: Vec<usize>| {
            largest.fetch_max(all.len(), Ordering::Relaxed);
            async move {
                tokio::task::yield_now().await;
                Some(all)
            }
        };
        let answers = join_all((0..MOST * 3).map(|number| together.ask(number, note))).await;
        assert!(answers.iter().all(Option::is_some));
        assert_eq!(largest.load(Ordering::Relaxed), MOST);
    }

    #[tokio::test]
    async fn a_set_that_fails_leaves_each_on_its_own() {
        let together = Together::<u32, u32>::default();
        let answers = join_all((0..5).map(|number| together.ask(number, async |_| None))).await;
        assert_eq!(answers, [None; 5]);
    }
}
