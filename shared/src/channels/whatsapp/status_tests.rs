use serde_json::json;

use super::super::webhook::parse;
use super::*;

fn read(value: &Value) -> Parsed {
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "700", "changes": [
        { "field": "messages", "value": value },
    ]}]});
    parse(body.to_string().as_bytes()).unwrap()
}

fn one(status: &Value, contacts: &Value) -> StatusUpdate {
    let metadata = json!({ "display_phone_number": "15550001111", "phone_number_id": "800" });
    let mut parsed = read(&json!({ "metadata": metadata, "contacts": contacts, "statuses": [status] }));
    parsed.statuses.remove(0)
}

fn named(update: &StatusUpdate) -> Vec<&str> {
    update.recipient.iter().map(|address| address.value.as_str()).collect()
}

#[test]
fn a_status_names_its_customer_by_all_that_is_said_of_them() {
    let by_number = json!({ "id": "wamid.1", "status": "read", "timestamp": "1763000000", "recipient_id": "84911" });
    let contacts = json!([
        { "wa_id": "84922", "user_id": "VN.2" },
        { "wa_id": "84911", "user_id": "VN.1", "parent_user_id": "VN.ENT.1", "profile": { "username": "@minh" } },
    ]);
    assert_eq!(named(&one(&by_number, &contacts)), ["84911", "VN.1"]);

    let by_user_id =
        json!({ "id": "wamid.1", "status": "read", "timestamp": "1763000000", "recipient_user_id": "VN.1" });
    assert_eq!(named(&one(&by_user_id, &json!([]))), ["VN.1"]);

    let by_nothing = json!({ "id": "wamid.1", "status": "read", "timestamp": "1763000000" });
    assert_eq!(named(&one(&by_nothing, &json!([{ "wa_id": "84911", "user_id": "VN.1" }]))), ["84911", "VN.1"]);
    assert!(named(&one(&by_nothing, &contacts)).is_empty());
}

#[test]
fn what_has_not_the_form_of_an_address_teaches_nothing() {
    for odd in ["VN.ENT.118", "1203634@g.us", "someone", "vn.1", "VN."] {
        let status = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1", "recipient_user_id": odd });
        assert!(named(&one(&status, &json!([]))).is_empty(), "{odd}");
    }
}

#[test]
fn every_error_is_read() {
    let errors = json!([
        { "code": 131_049, "title": "Not delivered", "error_data": { "details": "healthy ecosystem" } },
        { "code": 131_026, "message": "Undeliverable" },
    ]);
    let status = json!({ "id": "wamid.1", "status": "failed", "timestamp": "1763000000", "errors": errors });
    let update = one(&status, &json!([]));
    assert_eq!(update.error.map(|error| error.code), Some(131_049));
    let more: Vec<(i64, &str)> = update.more_errors.iter().map(|error| (error.code, error.title.as_str())).collect();
    assert_eq!(more, [(131_026, "Undeliverable")]);
}

#[test]
fn the_price_stands_as_it_came_and_the_conversation_beside_it() {
    let conversation =
        json!({ "id": "c", "expiration_timestamp": "1763300000", "origin": { "type": "referral_conversion" } });
    let priced = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1763000000",
        "pricing": { "pricing_model": "PMP", "type": "free_entry_point", "category": "new_word" },
        "conversation": conversation });
    let pricing = one(&priced, &json!([])).pricing.unwrap();
    assert_eq!(pricing["category"], "new_word");
    assert_eq!(pricing["conversation"], conversation);

    let alone = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1763000000", "conversation": conversation });
    assert_eq!(one(&alone, &json!([])).pricing, Some(json!({ "conversation": conversation })));

    let neither = json!({ "id": "wamid.1", "status": "sent", "timestamp": "1763000000" });
    assert_eq!(one(&neither, &json!([])).pricing, None);
}

#[test]
fn a_message_that_the_platform_judges_first_is_held() {
    let status = json!({ "id": "wamid.1", "message_status": "held_for_quality_assessment", "timestamp": "1763000000" });
    assert_eq!(one(&status, &json!([])).status, MessageStatus::Held);
}

#[test]
fn the_status_of_a_group_and_the_words_of_old_are_kept_whole() {
    let parsed = read(&json!({ "statuses": [
        { "id": "wamid.1", "status": "read", "timestamp": "1763000000", "recipient_type": "group",
          "recipient_id": "120363@g.us", "recipient_participant_id": "84911" },
        { "id": "wamid.2", "status": "deleted", "timestamp": "1763000000" },
        { "id": "wamid.3", "status": "warning", "timestamp": "1763000000" },
    ]}));
    assert!(parsed.statuses.is_empty());
    let kept: Vec<&str> = parsed.account.iter().map(|update| update.field.as_str()).collect();
    assert_eq!(kept, ["group_status", "status", "status"]);
    assert_eq!(parsed.account[0].value["recipient_participant_id"], "84911");
}
