//! The process `ingress`.

use std::process::ExitCode;

use ingress::Settings;
use shared::lifecycle;

/// Keeps the memory of a process small whose buffers all live for milliseconds.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lifecycle::run("ingress", async |settings: Settings, process| {
        ingress::start(settings, &process).await?;
        Ok(())
    })
}
