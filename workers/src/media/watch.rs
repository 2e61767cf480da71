//! What a file that is fetched must be.

use shared::domain::message::file;
use shared::domain::message::media::MediaKind;
use shared::objects::{Seen, Watch};

use super::fault::Fault;

/// What is known of a file before it comes.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What kind of file it is said to be.
    pub kind: MediaKind,
    /// What it is said to be more closely.
    pub mime_type: Option<String>,
    /// Its checksum, in lower-case hex.
    pub sha256: Option<String>,
    /// The most bytes that are taken.
    pub most: u64,
}

impl Expected {
    /// Refuses a file that says itself that it is too long.
    pub fn check_told(&self, size: Option<u64>) -> Result<(), Fault> {
        match size {
            Some(size) if size > self.most => Err(self.too_long(size)),
            _ => Ok(()),
        }
    }

    fn too_long(&self, size: u64) -> Fault {
        let most = self.most;
        Fault::never("TOO_LARGE", format!("it has {size} bytes or more, at most {most} are taken"))
    }
}

impl Watch<Fault> for Expected {
    fn size(&mut self, size: u64) -> Result<(), Fault> {
        if size > self.most { Err(self.too_long(size)) } else { Ok(()) }
    }

    fn looks_like(&mut self, sniffed: Option<&'static str>) -> Result<(), Fault> {
        match file::true_type(self.kind, self.mime_type.as_deref(), sniffed) {
            Ok(_) => Ok(()),
            Err(wrong) => Err(Fault::never("TYPE_MISMATCH", wrong.to_string())),
        }
    }

    fn end(&mut self, seen: &Seen) -> Result<(), Fault> {
        match &self.sha256 {
            // It may have been cut short on its way.
            Some(told) if *told != seen.sha256 => {
                let title = "its checksum is not the one that was told";
                Err(Fault::a_few_times("CHECKSUM_MISMATCH", title))
            }
            _ => Ok(()),
        }
    }
}
