use chrono::TimeDelta;
use shared::domain::ids::{MediaId, MerchantId, MessageId};
use shared::domain::message::media::MediaKind;
use shared::store::outbox::Lease;

use super::*;

fn job(kind: JobKind, attempt: u32) -> Job {
    Job {
        kind,
        media_id: MediaId::new(),
        account_id: AccountId::new(),
        merchant_id: MerchantId::new(),
        lease: Lease(MessageId::new().0),
        attempt,
        source: Source::Platform("1".to_owned()),
        object_key: None,
        media_kind: MediaKind::Image,
        mime_type: None,
        filename: None,
        size: None,
        sha256: None,
        source_ends_at: None,
    }
}

fn busy() -> Fault {
    Fault::later("BUSY", "later", Duration::from_secs(90))
}

#[test]
fn what_passes_is_tried_again_with_growing_delays_and_given_up_at_last() {
    let delay = again(&job(JobKind::Fetch, 1), &busy()).unwrap();
    assert!(delay >= Duration::from_secs(90), "the wait that was asked for is kept");
    assert!(again(&job(JobKind::Fetch, 15), &busy()).unwrap() > Duration::from_mins(20));
    assert_eq!(again(&job(JobKind::Fetch, MOST_FETCHES), &busy()), None);
}

#[test]
fn a_message_does_not_wait_for_ever() {
    let mut link = job(JobKind::Fetch, MOST_WAITED_FOR);
    link.source = Source::Link("https://shop.example/a.png".to_owned());
    assert_eq!(again(&link, &busy()), None);
    assert_eq!(again(&job(JobKind::Upload, MOST_WAITED_FOR), &busy()), None);
    assert!(again(&job(JobKind::Upload, MOST_WAITED_FOR - 1), &busy()).is_some());
}

#[test]
fn nothing_is_tried_after_its_source_has_ended() {
    let mut job = job(JobKind::Fetch, 1);
    job.source_ends_at = Some(clock::now() + TimeDelta::seconds(30));
    assert_eq!(again(&job, &busy()), None);
}

#[test]
fn what_stays_wrong_is_given_up_at_once_and_bad_luck_after_a_few_times() {
    assert_eq!(again(&job(JobKind::Fetch, 1), &Fault::never("TOO_LARGE", "")), None);
    assert_eq!(again(&job(JobKind::Fetch, 1), &Fault::person("GONE", "")), None);
    let luck = Fault::a_few_times("CHECKSUM_MISMATCH", "");
    assert!(again(&job(JobKind::Fetch, 1), &luck).is_some());
    assert_eq!(again(&job(JobKind::Fetch, A_FEW), &luck), None);
}
