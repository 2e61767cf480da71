//! Loa as a whole, against real services.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in what its functions call"
)]

mod account_news;
mod amended_messages;
mod api_accounts;
mod api_contacts;
mod api_conversations;
mod api_form;
mod api_forward;
mod api_handling;
mod api_login;
mod api_media;
mod api_messages;
mod api_openapi;
mod api_search;
mod api_set_up;
mod api_unclaimed;
mod broker_consume;
mod broker_envelope;
mod broker_outage;
mod broker_publish;
mod corpus;
mod customer_preferences;
mod dead_letters;
mod doubts;
mod error_table;
mod habits;
mod inbound_messages;
mod late_failures;
mod layout;
mod media_fetch;
mod media_large;
mod media_sends;
mod merged_people;
mod metrics_page;
mod news_in_any_order;
mod other_channels;
mod outbound_messages;
mod pages;
mod people;
mod rates;
mod read_marks;
mod scripted;
mod sealing;
mod send_types;
mod sender_rules;
mod status_effects;
mod statuses;
mod stop_words;
mod strangers;
mod sweeps;
mod template_news;
mod unclaimed_events;
