//! What fault runs and benchmarks have in common: the product's own binaries as child processes, on
//! private services, under load from outside.

pub mod database;
pub mod dialogue;
pub mod ports;
pub mod post;
pub mod process;
pub mod product;
pub mod queues;
pub mod setup;
pub mod webhook;

pub use database::Database;
pub use post::{Connections, Posted};
pub use process::{Name, Process};
pub use product::Product;
pub use queues::Queues;
pub use setup::{Service, Setup};
pub use webhook::{Line, Signer};
