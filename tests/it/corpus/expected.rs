//! What each kind of payload in a directory of payloads has to be stored as. The kinds are those of its index;
//! a payload of several is of each.

use super::found::Found::{self, Message, News, Nobody, Status, Watermark};

/// A kind, after its channel, and what it may be stored as: any of these. A kind that ends with `*` is every kind
/// that begins so; the first row that fits holds. Without any it has no content of Loa's: it is stored as unknown,
/// and says why.
pub(super) const EXPECTED: &[(&str, &[Found])] = &[
    // WhatsApp: messages (platform notes, section 5).
    ("whatsapp messages/msg.text", &[Message("text")]),
    ("whatsapp messages/msg.image", &[Message("image")]),
    ("whatsapp messages/msg.video", &[Message("video")]),
    ("whatsapp messages/msg.audio*", &[Message("audio")]),
    ("whatsapp messages/msg.document", &[Message("document")]),
    ("whatsapp messages/msg.sticker*", &[Message("sticker")]),
    ("whatsapp messages/msg.location*", &[Message("location")]),
    ("whatsapp messages/msg.contacts", &[Message("contacts")]),
    ("whatsapp messages/msg.button", &[Message("tap")]),
    ("whatsapp messages/msg.interactive.button_reply", &[Message("tap")]),
    ("whatsapp messages/msg.interactive.list_reply", &[Message("tap")]),
    ("whatsapp messages/msg.interactive.nfm_reply", &[Message("flow_reply")]),
    // Calls have no content of Loa's.
    ("whatsapp messages/msg.interactive.call_permission_reply", &[Message("unknown")]),
    ("whatsapp messages/msg.interactive.none", &[Message("unknown"), Message("unsupported")]),
    ("whatsapp messages/msg.no_type", &[Message("unknown")]),
    ("whatsapp messages/msg.order", &[Message("order")]),
    ("whatsapp messages/msg.reaction*", &[Message("reaction")]),
    ("whatsapp messages/msg.system*", &[Message("system")]),
    ("whatsapp messages/msg.edit", &[Message("edit")]),
    ("whatsapp messages/msg.revoke", &[Message("revoke")]),
    ("whatsapp messages/msg.unsupported*", &[Message("unsupported")]),
    ("whatsapp messages/msg.unknown", &[Message("unsupported"), Message("unknown")]),
    ("whatsapp messages/value_errors", &[News("errors")]),
    ("whatsapp messages/ev.*", &[News("messages")]),
    // Statuses (section 6).
    ("whatsapp messages/status.sent", &[Status("sent")]),
    ("whatsapp messages/status.delivered", &[Status("delivered")]),
    ("whatsapp messages/status.read", &[Status("read")]),
    ("whatsapp messages/status.played", &[Status("played")]),
    ("whatsapp messages/status.failed", &[Status("failed")]),
    // Answers that the business gave in its own app.
    ("whatsapp smb_message_echoes/echo.text", &[Message("text")]),
    ("whatsapp smb_message_echoes/echo.edit", &[Message("edit")]),
    ("whatsapp smb_message_echoes/echo.revoke", &[Message("revoke")]),
    // News of the account (section 4).
    ("whatsapp account_review_update", &[News("account_review_update")]),
    ("whatsapp account_settings_update", &[News("account_settings_update")]),
    ("whatsapp account_update/*", &[News("account_update")]),
    ("whatsapp automatic_events/*", &[News("automatic_events")]),
    ("whatsapp business_username_update", &[News("business_username_update")]),
    ("whatsapp calls/*", &[News("calls")]),
    ("whatsapp group_lifecycle_update/*", &[News("group_lifecycle_update")]),
    ("whatsapp group_participants_update/*", &[News("group_participants_update")]),
    ("whatsapp group_settings_update/*", &[News("group_settings_update")]),
    ("whatsapp group_status_update/*", &[News("group_status_update")]),
    ("whatsapp message_template_components_update", &[News("message_template_components_update")]),
    ("whatsapp message_template_quality_update", &[News("message_template_quality_update")]),
    ("whatsapp message_template_status_update/*", &[News("message_template_status_update")]),
    ("whatsapp phone_number_name_update", &[News("phone_number_name_update")]),
    ("whatsapp phone_number_quality_update/*", &[News("phone_number_quality_update")]),
    ("whatsapp template_category_update", &[News("template_category_update")]),
    ("whatsapp user_id_update", &[News("user_id_update")]),
    ("whatsapp user_preferences/*", &[News("user_preferences")]),
    // Fields that WhatsApp does not know, and bodies that are none of its.
    ("whatsapp invalid_field", &[News("invalid_field")]),
    ("whatsapp template_status_update", &[News("template_status_update")]),
    ("whatsapp unknown_field_xyz", &[News("unknown_field_xyz")]),
    ("whatsapp empty_entry", &[Nobody("unreadable")]),
    ("whatsapp malformed_entry", &[Nobody("unreadable")]),
    // Messenger and Instagram.
    ("messenger */message.text", &[Message("text")]),
    ("messenger */message.quick_reply", &[Message("tap")]),
    ("messenger */message.attachment.image", &[Message("image"), Message("sticker")]),
    ("messenger */message.attachment.video", &[Message("video")]),
    ("messenger */message.attachment.audio", &[Message("audio")]),
    ("messenger */message.attachment.file", &[Message("document")]),
    ("messenger */message.attachment.location", &[Message("location")]),
    ("messenger */message.deleted", &[Message("revoke")]),
    ("messenger */message.echo", &[Message("text")]),
    ("messenger */message_edit", &[Message("edit")]),
    ("messenger */postback", &[Message("tap"), News("postback")]),
    ("messenger */reaction", &[Message("reaction")]),
    ("messenger */delivery", &[Watermark]),
    ("messenger page/read", &[Watermark]),
    ("messenger instagram/read.mid", &[Status("read")]),
    ("messenger */message.unsupported", &[Message("unsupported")]),
    ("messenger */message.attachment.unsupported_type", &[Message("unsupported")]),
    // The preview of a link that the words hold already.
    ("messenger */message.attachment.fallback", &[Message("text")]),
    ("messenger */message.attachment.attachment", &[]),
    ("messenger */message.attachment.story_mention", &[]),
    ("messenger */message.attachment.template", &[]),
    ("messenger */message.echo.template", &[]),
    // A visitor of a plugin has no address yet.
    ("messenger */optin.plugin", &[News("optin")]),
    ("messenger */referral", &[Message("welcome")]),
    ("messenger */unknown", &[News("*")]),
    // News of the page.
    ("messenger */account_linking", &[News("account_linking")]),
    ("messenger */app_roles", &[News("app_roles")]),
    ("messenger */changes.*", &[News("*")]),
    ("messenger */checkout_update", &[News("checkout_update")]),
    ("messenger */game_play", &[News("game_play")]),
    ("messenger */no_events", &[News("entry")]),
    ("messenger */pass_thread_control", &[News("pass_thread_control")]),
    ("messenger */payment", &[News("payment")]),
    ("messenger */policy-enforcement", &[News("policy-enforcement")]),
    ("messenger */request_thread_control", &[News("request_thread_control")]),
    ("messenger */standby.*", &[News("standby")]),
    ("messenger */take_thread_control", &[News("take_thread_control")]),
    // X.
    ("x aaa/dm.text", &[Message("text")]),
    ("x aaa/direct_message_mark_read_events", &[Watermark]),
    ("x aaa/*", &[News("*")]),
];

/// Payloads that hold two messages under one id, which are one row.
pub(super) const SAME_ID: [&str; 1] = ["messenger/page-message-text-message-attachment-image--01.json"];
