//! The spool of the ingress in a run, and how little room it may have.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::plan::Spool;

/// What the ingress is told.
type Variables = Vec<(&'static str, String)>;

/// A small file system in memory; unmounted when this is dropped.
pub(crate) struct Disk(PathBuf);

/// Makes an empty place for `spool` at `folder`: what the ingress is told, and the disk, where it has one of its own.
pub(crate) fn place(spool: Spool, folder: &Path) -> anyhow::Result<(Variables, Option<Disk>)> {
    let folder = std::path::absolute(folder)?;
    // What an earlier run left, mounted or not.
    drop(Disk(folder.clone()));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let mut variables = vec![("INGRESS_SPOOL_DIR", folder.display().to_string())];
    let disk = match spool {
        Spool::Ample => None,
        Spool::AtMost(bytes) => {
            variables.push(("INGRESS_SPOOL_MAX_BYTES", bytes.to_string()));
            None
        }
        Spool::OnDisk(bytes) => Some(mount(folder, bytes)?),
    };
    Ok((variables, disk))
}

fn mount(folder: PathBuf, bytes: u64) -> anyhow::Result<Disk> {
    let options = format!("size={bytes}");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder).status();
    ensure!(mounted.context("mount cannot be run")?.success(), "a small disk for the spool takes root's rights");
    Ok(Disk(folder))
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Where nothing is mounted it has nothing to do, and says so.
        let _ = Command::new("umount").arg("--quiet").arg(&self.0).output();
    }
}
