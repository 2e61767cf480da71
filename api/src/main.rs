//! The REST API, and the commands that set an installation up.

use std::path::PathBuf;
use std::process::ExitCode;

use api::commands::dead_letters::{self, DeadLetters};
use api::commands::restore;
use api::commands::unclaimed_events::{self, UnclaimedEvents};
use api::config::Config;
use api::{commands, process};
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;
use shared::domain::ids::MerchantId;
use shared::domain::user::UserRole;
use shared::lifecycle;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Loa's REST API. It is configured by environment variables.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Print the configuration that holds, secrets hidden, and exit.
    #[arg(long)]
    print_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the database to this build's schema, as `DATABASE_ADMIN_URL`, and make the login of `DATABASE_URL`.
    Migrate,
    /// Add a user and print a password for it; an operator sees what belongs to no merchant.
    AddUser {
        /// What the user logs in with.
        #[arg(long)]
        email: String,
        /// owner, admin, agent, viewer or operator.
        #[arg(long)]
        role: UserRole,
        /// The merchant, by id; may be left out where there is one.
        #[arg(long)]
        merchant: Option<MerchantId>,
    },
    /// Settle sends of which nobody knows whether they went.
    Doubts {
        #[command(subcommand)]
        command: commands::Doubts,
    },
    /// Hold all sends and put in doubt what waited when the backup was made; before anything else runs.
    AfterRestore,
    /// Let sends go again after a restore.
    ReleaseSends,
    /// Make a demo merchant with a connected WhatsApp number; again is no harm.
    SeedDemo {
        /// Where its login and ids are written, as JSON.
        #[arg(long)]
        out: PathBuf,
    },
    /// What no worker could handle: list, show, put back, drop.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// Events that no connected account claims: list, show, give back, drop.
    #[command(subcommand)]
    UnclaimedEvents(UnclaimedEvents),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        None => lifecycle::run(process::NAME, |config: Config, process| process::start(config, process)),
        Some(Command::Migrate) => commands::run(commands::migrate),
        Some(Command::AddUser { email, role, merchant }) => {
            commands::run(|config| commands::add_user(config, email, role, merchant))
        }
        Some(Command::Doubts { command }) => commands::run(|config| commands::doubts(config, command)),
        Some(Command::AfterRestore) => commands::run(restore::after_restore),
        Some(Command::ReleaseSends) => commands::run(restore::release_sends),
        Some(Command::SeedDemo { out }) => commands::run(|config| commands::seed_demo(config, out)),
        Some(Command::DeadLetters(command)) => commands::run(|config| dead_letters::dead_letters(config, command)),
        Some(Command::UnclaimedEvents(command)) => {
            commands::run(|config| unclaimed_events::unclaimed_events(config, command))
        }
    }
}
