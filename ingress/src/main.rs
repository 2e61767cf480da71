//! The process `ingress`.

use std::process::ExitCode;

use ingress::Settings;
use shared::lifecycle;

fn main() -> ExitCode {
    lifecycle::run("ingress", async |settings: Settings, process| {
        ingress::start(settings, &process).await?;
        Ok(())
    })
}
