//! What follows from how a batch went. No I/O: the whole rule is one function.

use super::super::topology::Delay;
use super::worker::Failure;

/// What to do next with the tasks that were handled together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// They are done.
    Done,
    /// Handle each half by itself, to find the one that failed.
    Halve,
    /// Send the task round through a delay.
    Retry(Delay),
    /// Set the task aside.
    Park,
    /// Keep them in hand until the dependency answers.
    Wait,
}

/// Decides by the outcome of `tasks` tasks handled together; `attempt` counts from one and matters for a single task.
pub(super) fn decide(outcome: &Result<(), Failure>, tasks: usize, attempt: u32) -> Step {
    match outcome {
        Ok(()) => Step::Done,
        Err(Failure::Unavailable(_)) => Step::Wait,
        Err(Failure::Retry(_) | Failure::Park(_)) if tasks > 1 => Step::Halve,
        Err(Failure::Park(_)) => Step::Park,
        Err(Failure::Retry(_)) => Delay::after(attempt).map_or(Step::Park, Step::Retry),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_single_task_goes_through_every_delay_and_is_then_parked() {
        let outcome = Err(Failure::Retry(anyhow!("throttled")));
        let steps: Vec<Step> = (1..=5).map(|n| decide(&outcome, 1, n)).collect();
        assert_eq!(steps[..4], Delay::ALL.map(Step::Retry));
        assert_eq!(steps[4], Step::Park);
    }

    #[test]
    fn a_failed_batch_is_halved_whatever_the_failure_says_of_its_task() {
        let retry = Err(Failure::Retry(anyhow!("conflict")));
        let park = Err(Failure::Park(anyhow!("poison")));
        assert_eq!(decide(&retry, 2, 1), Step::Halve);
        assert_eq!(decide(&park, 50, 9), Step::Halve);
    }

    #[test]
    fn an_outage_counts_no_attempt_and_splits_nothing() {
        let outcome = Err(Failure::Unavailable(anyhow!("connection refused")));
        assert_eq!(decide(&outcome, 1, 99), Step::Wait);
        assert_eq!(decide(&outcome, 50, 1), Step::Wait);
    }

    /// Walks a batch as the handler does: halves what fails until the poison stands alone.
    fn isolate(tasks: usize, poison: &[bool]) -> (Vec<usize>, Vec<usize>) {
        let (mut done, mut parked) = (Vec::new(), Vec::new());
        let mut ranges = super::super::handle::Ranges::of(tasks);
        while let Some(range) = ranges.next() {
            let poisoned = poison[range.clone()].contains(&true);
            let outcome = if poisoned { Err(Failure::Park(anyhow!("poison"))) } else { Ok(()) };
            match decide(&outcome, range.len(), 1) {
                Step::Done => done.extend(range),
                Step::Halve => ranges.halve(range),
                Step::Park => parked.push(range.start),
                Step::Retry(_) | Step::Wait => unreachable!("the outcome was poison"),
            }
        }
        (done, parked)
    }

    proptest! {
        #[test]
        fn halving_parks_exactly_the_poison_and_does_the_rest_once(poison in proptest::collection::vec(any::<bool>(), 1..80)) {
            let (done, parked) = isolate(poison.len(), &poison);
            let of = |wanted: bool| (0..poison.len()).filter(|at| poison[*at] == wanted).collect::<Vec<_>>();
            prop_assert_eq!(done, of(false));
            prop_assert_eq!(parked, of(true));
        }
    }
}
