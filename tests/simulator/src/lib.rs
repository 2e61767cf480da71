#![doc = include_str!("../README.md")]

mod behaviour;
mod chance;
mod channel;
mod clock;
mod config;
mod connection;
mod control;
mod fault;
mod graph;
mod id;
mod inbound;
mod incoming;
mod ledger;
mod limits;
mod lock;
mod message;
mod platform;
mod server;
mod simulator;
mod taking;
mod templates;
mod validation;
mod webhook;
mod window;
mod x;

pub use behaviour::{Behaviour, Delay, InvalidBehaviour, Limit, Probability};
pub use channel::Channel;
pub use config::{Config, Number};
pub use fault::{Fault, Match, Rule};
pub use inbound::{Delivered, Inbound, InvalidInbound, Sender};
pub use ledger::{Filter, Outcome, Received, RequestCounts};
pub use server::StartError;
pub use simulator::{Counts, Simulator};
pub use validation::{WrongSend, validate_whatsapp_send};
pub use webhook::{Posted, RawWebhook, WebhookCounts};
