//! Every target over its seeds, as ordinary tests: the channels' own fixtures, and the payloads in the
//! directory that `LOA_CORPUS_DIR` names, where it names one.

use std::fs;
use std::path::{Path, PathBuf};

use shared::domain::channel::Channel;

use crate::{envelope, parse, peek, signature, spool};

/// Every file below `folder`.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
fn corpus() -> Option<PathBuf> {
    std::env::var_os("LOA_CORPUS_DIR").map(PathBuf::from)
}

/// What `channel` sends, in our own words and in others'.
fn seeds(channel: Channel) -> anyhow::Result<Vec<Vec<u8>>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = files(&here.join(format!("../../shared/src/channels/{}/fixtures", channel.as_str())))?;
    if let Some(corpus) = corpus() {
        paths.extend(files(&corpus.join(channel.as_str()))?);
    }
    assert!(!paths.is_empty(), "{channel:?} has no seeds");
    paths.into_iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// `seed`, and cut off after every so many bytes: what a connection that breaks leaves.
fn cuts(seed: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..seed.len()).step_by(97).map(|end| &seed[..end]).chain([seed])
}

/// The seeds of a target that has its own.
fn own_seeds(target: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let paths = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target))?;
    assert!(!paths.is_empty(), "{target} has no seeds");
    paths.into_iter().map(|path| Ok(fs::read(path)?)).collect()
}

#[test]
fn the_signature_holds_of_its_seeds() -> anyhow::Result<()> {
    for seed in own_seeds("signature")? {
        cuts(&seed).for_each(signature::holds);
    }
    Ok(())
}

#[test]
fn the_spool_holds_of_its_seeds() -> anyhow::Result<()> {
    for seed in own_seeds("spool")? {
        cuts(&seed).for_each(spool::holds);
    }
    Ok(())
}

#[test]
fn the_envelope_holds_of_its_seeds_which_are_envelopes() -> anyhow::Result<()> {
    for seed in own_seeds("envelope")? {
        cuts(&seed).for_each(envelope::holds);
        assert!(shared::events::envelope::decode(seed.into()).is_ok());
    }
    Ok(())
}

#[test]
fn the_glance_holds_of_its_seeds() -> anyhow::Result<()> {
    for channel in Channel::ALL {
        for seed in seeds(channel)? {
            cuts(&seed).for_each(|body| peek::holds(channel, body));
        }
    }
    Ok(())
}

#[test]
fn the_reading_holds_of_its_seeds() -> anyhow::Result<()> {
    for channel in Channel::ALL {
        for seed in seeds(channel)? {
            cuts(&seed).for_each(|body| parse::holds(channel, body));
        }
    }
    Ok(())
}
