//! The count sees what it has to see.

use super::*;

fn webhooks(promised: &[&str]) -> Webhooks {
    Webhooks { promised: promised.iter().map(|id| (*id).to_owned()).collect(), ..Webhooks::default() }
}

fn sends(intents: &[(&str, bool)]) -> Sends {
    Sends { intents: intents.iter().map(|(name, queued)| ((*name).to_owned(), *queued)).collect(), ..Sends::default() }
}

fn row(id: u128, reference: &str, status: &str) -> Outbound {
    Outbound {
        id: Uuid::from_u128(id),
        reference: Some(reference.to_owned()),
        platform_id: Some(format!("wamid.{id}")),
        status: status.to_owned(),
        whole: true,
        error: None,
    }
}

fn taken(messages: &[(u128, &[&str])]) -> Taken {
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Taken { messages: messages.iter().map(|(id, times)| (Uuid::from_u128(*id), ids(times))).collect(), nameless: 0 }
}

#[test]
fn a_promised_webhook_without_a_row_is_missing_and_one_with_two_is_doubled() {
    let rows = [("b".to_owned(), 1), ("c".to_owned(), 2)].into();
    let counted = inbound(&webhooks(&["a", "b", "c"]), &rows);
    assert_eq!((counted.missing, counted.doubled), (vec!["a".to_owned()], vec!["c".to_owned()]));
    assert_eq!(inbound(&webhooks(&["b"]), &rows).strangers, 1);
}

#[test]
fn a_queued_intent_must_have_a_row_and_an_unknown_one_may() {
    let intents = sends(&[("queued", true), ("unknown", false)]);
    let counted = sent(&intents, &[], &Taken::default());
    assert_eq!(counted.missing, ["queued"]);
}

#[test]
fn an_intent_has_one_row_and_every_row_an_intent() {
    let rows = [row(1, "twice", "read"), row(2, "twice", "read"), row(3, "nobody", "read")];
    let counted = sent(&sends(&[("twice", true)]), &rows, &taken(&[(1, &["wamid.1"]), (2, &["wamid.2"])]));
    assert_eq!((counted.doubled_rows, counted.unasked_rows), (vec!["twice".to_owned()], vec!["nobody".to_owned()]));
    assert_eq!(counted.unsent.len(), 1);
}

#[test]
fn a_message_that_the_platform_took_twice_is_a_double() {
    let intents = sends(&[("one", true)]);
    let counted = sent(&intents, &[row(1, "one", "read")], &taken(&[(1, &["wamid.1", "wamid.9"])]));
    assert_eq!(counted.doubled_sends.len(), 1);
    assert!(counted.not_highest.is_empty());
}

#[test]
fn what_the_platform_took_must_be_read_and_what_it_never_got_may_be_in_doubt_alone() {
    let intents = sends(&[("a", true), ("b", true), ("c", true), ("d", true)]);
    let rows = [row(1, "a", "delivered"), row(2, "b", "in_doubt"), row(3, "c", "in_doubt"), row(4, "d", "failed")];
    let counted = sent(&intents, &rows, &taken(&[(1, &["wamid.1"]), (2, &["wamid.2"])]));
    assert_eq!((counted.not_highest.len(), counted.in_doubt.len(), counted.unsent.len()), (2, 1, 1));
}

#[test]
fn a_row_that_knows_another_id_than_the_platforms_is_not_at_its_highest() {
    let counted = sent(&sends(&[("a", true)]), &[row(1, "a", "read")], &taken(&[(1, &["wamid.7"])]));
    assert_eq!(counted.not_highest.len(), 1);
}
