//! What the janitor made good. Its counters begin anew with its process, so they are added up here.

use tests::load::{Name, Product};

const LOST_WAKES: &str = "loa_janitor_lost_wakes_total";
const DOUBTED: &str = "loa_janitor_doubted_messages_total";

/// The janitor's counters over all of its lives.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Repairs {
    /// Wake-ups that were lost and made good.
    pub(crate) lost_wakes: f64,
    /// Messages whose sender stopped between the call and the record.
    pub(crate) doubted: f64,
}

impl Repairs {
    /// Adds what the janitor has counted, if `name` is the janitor: this life of it is about to end.
    pub(crate) async fn note(&mut self, product: &Product, name: Name) {
        if name == Name::Janitor {
            self.lost_wakes += product.metric(name, LOST_WAKES).await.unwrap_or(0.0);
            self.doubted += product.metric(name, DOUBTED).await.unwrap_or(0.0);
        }
    }
}
