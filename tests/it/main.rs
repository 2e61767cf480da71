//! Loa as a whole, against real services.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in what its functions call"
)]

mod api_accounts;
mod api_conversations;
mod api_form;
mod api_forward;
mod api_login;
mod api_media;
mod api_messages;
mod api_set_up;
mod api_unclaimed;
mod broker_consume;
mod broker_envelope;
mod broker_outage;
mod broker_publish;
mod doubts;
mod error_table;
mod habits;
mod inbound_messages;
mod late_failures;
mod layout;
mod media_fetch;
mod media_large;
mod media_sends;
mod metrics_page;
mod other_channels;
mod outbound_messages;
mod pages;
mod people;
mod rates;
mod scripted;
mod sealing;
mod sender_rules;
mod statuses;
mod stop_words;
mod sweeps;
mod unclaimed_events;
