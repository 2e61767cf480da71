//! Commands beside serving. They end when they are done, 64 where the configuration cannot be used.

mod add_user;
pub mod dead_letters;
mod demo_flows;
mod doubts;
mod migrate;
mod operator;
pub mod restore;
mod seed_demo;
pub mod unclaimed_events;

use std::process::ExitCode;

use shared::config::{ConfigError, Reader};
use shared::lifecycle::EXIT_CONFIG;

pub use add_user::{AddUser, NewUser, add, add_user};
pub use doubts::{Doubts, DoubtsConfig, doubts, settle_doubts};
pub use migrate::{Migrate, migrate};
pub use operator::{Operator, Sight};
pub use seed_demo::{Demo, DemoNumber, SeedDemo, seed, seed_demo};

/// What a command needs to know.
pub trait CommandConfig: Sized {
    /// Reads it; every fault in one error.
    fn read(read: &mut Reader) -> Result<Self, ConfigError>;
}

/// The whole `main` of a command.
pub fn run<C, F>(command: impl FnOnce(C) -> F) -> ExitCode
where
    C: CommandConfig,
    F: Future<Output = anyhow::Result<()>>,
{
    let config = match C::read(&mut Reader::from_env()) {
        Ok(config) => config,
        Err(error) => {
            complain(&error);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(command(config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the answer of a command")]
fn complain(error: &dyn std::fmt::Display) {
    eprintln!("{error}");
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    println!("{text}");
}
