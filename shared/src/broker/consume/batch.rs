//! The deliveries that are handled together, and the tasks they carry.

use bytes::Bytes;
use lapin::message::Delivery;

use super::super::message::Headers;
use super::task::Task;

/// A delivery that came back so often may be what kills its process, so nothing else is risked with it.
const SUSPECT_AFTER: u32 = 3;

/// A batch with so many bytes takes no further delivery: one event may tell of a thousand messages, and what they make of
/// a transaction has to end in time. Eight thousand usual events are below it.
const FULL_BYTES: usize = 8 * 1024 * 1024;

/// Deliveries taken together, in the order in which they came.
pub(super) struct Batch<T> {
    /// What they carry, flattened.
    pub(super) tasks: Vec<T>,
    /// For each task, the index of its delivery.
    pub(super) origins: Vec<usize>,
    pub(super) deliveries: Vec<Taken>,
    pub(super) unreadable: Vec<Unreadable>,
    bytes: usize,
}

/// A delivery in hand.
pub(super) struct Taken {
    pub(super) headers: Headers,
    pub(super) tag: u64,
}

/// A delivery that does not decode.
pub(super) struct Unreadable {
    pub(super) origin: usize,
    pub(super) body: Bytes,
    pub(super) reason: String,
}

impl<T: Task> Batch<T> {
    pub(super) fn new() -> Self {
        Self { tasks: Vec::new(), origins: Vec::new(), deliveries: Vec::new(), unreadable: Vec::new(), bytes: 0 }
    }

    /// Adds a delivery with what it carries.
    pub(super) fn add(&mut self, delivery: Delivery) {
        let origin = self.deliveries.len();
        let body = Bytes::from(delivery.data);
        self.bytes += body.len();
        match T::decode(body.clone()) {
            Ok(tasks) => {
                self.origins.resize(self.origins.len() + tasks.len(), origin);
                self.tasks.extend(tasks);
            }
            Err(error) => {
                self.unreadable.push(Unreadable { origin, body, reason: format!("does not decode: {error}") });
            }
        }
        self.deliveries.push(Taken { headers: Headers::read(&delivery.properties), tag: delivery.delivery_tag });
    }

    /// Whether it takes no further delivery.
    pub(super) fn is_full(&self, most_tasks: usize) -> bool {
        self.tasks.len() >= most_tasks || self.bytes >= FULL_BYTES
    }

    /// Whether it is one delivery that came back too often and carries several tasks, any of which may be to blame.
    pub(super) fn is_mixed_suspect(&self) -> bool {
        let suspect = |taken: &Taken| taken.headers.delivery_count >= SUSPECT_AFTER;
        self.tasks.len() > 1 && self.deliveries.first().is_some_and(suspect)
    }

    /// The delivery that the task at `index` came in.
    pub(super) fn origin(&self, index: usize) -> &Taken {
        &self.deliveries[self.origins[index]]
    }
}

/// Whether `delivery` has to be taken alone.
pub(super) fn is_suspect(delivery: &Delivery) -> bool {
    Headers::read(&delivery.properties).delivery_count >= SUSPECT_AFTER
}
