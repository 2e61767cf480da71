//! Which news share a POST.

use super::Parcel;
use super::schedule::{Load, Waiting};
use crate::channel::Channel;
use crate::message::News;
use crate::platform::Platform;

/// Meta: updates in one POST.
const MAX_BATCH: usize = 1000;

/// Makes parcels of what was taken, in its order. Now and then news joins the parcel before it.
pub(crate) fn pack(platform: &Platform, taken: Vec<Waiting>) -> Vec<Parcel> {
    let batching = platform.behaviour().batching;
    let mut packing = Packing { platform, open: None, parcels: Vec::new() };
    for Waiting { seq, load } in taken {
        match load {
            Load::Again(parcel) => {
                packing.close();
                packing.parcels.push(parcel);
            }
            Load::News(news) => {
                if !packing.has_room_for(&news) || !platform.chance.happens(batching) {
                    packing.close();
                }
                packing.put(seq, news);
            }
        }
    }
    packing.close();
    packing.parcels
}

struct Packing<'a> {
    platform: &'a Platform,
    open: Option<(Channel, u64, Vec<News>)>,
    parcels: Vec<Parcel>,
}

impl Packing<'_> {
    fn has_room_for(&self, news: &News) -> bool {
        self.open.as_ref().is_some_and(|(channel, _, joined)| {
            // X tells of one thing at a time.
            *channel == news.sent.message.channel && *channel != Channel::X && joined.len() < MAX_BATCH
        })
    }

    fn put(&mut self, seq: u64, news: News) {
        let channel = news.sent.message.channel;
        let (_, _, joined) = self.open.get_or_insert((channel, seq, Vec::new()));
        joined.push(news);
    }

    fn close(&mut self) {
        if let Some((channel, seq, news)) = self.open.take() {
            let config = &self.platform.config;
            self.parcels.push(Parcel::of_news(config, channel, seq, &news));
        }
    }
}
