//! Group commit: what comes while the disk syncs goes out together with the next write.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::error::NotSpooled;
use super::format::HEADER;
use super::key::{Envelope, RECORD_OVERHEAD};
use super::switch::Ticket;
use super::writer::Writer;

/// Commands that wait. Each is a publish of the ingress, whose bodies are counted in its own budget.
pub(crate) const WAITING: usize = 256;
/// Bytes of envelopes in one write, past which none is added: they are laid out once more for it.
const MOST_BYTES: usize = 2 << 20;

/// What the writer is told.
pub(crate) enum Command {
    /// To write an envelope.
    Append(Append),
    /// To add nothing more to the segment that grows.
    Close,
}

/// An envelope and who waits for it.
pub(crate) struct Append {
    pub(crate) envelope: Envelope,
    pub(crate) ticket: Ticket,
    pub(crate) done: oneshot::Sender<Result<(), NotSpooled>>,
}

/// Writes what comes.
pub(crate) struct Committer {
    pub(crate) writer: Writer,
    pub(crate) shared: Arc<Shared>,
    /// What the spool may hold.
    pub(crate) most_bytes: u64,
}

impl Committer {
    /// Until the process leaves.
    pub(crate) async fn run(self, mut commands: mpsc::Receiver<Command>, leave: CancellationToken) {
        let Self { mut writer, shared, most_bytes } = self;
        let (mut come, mut waiting) = (Vec::new(), VecDeque::new());
        while let Some(1..) = leave.run_until_cancelled(commands.recv_many(&mut come, WAITING)).await {
            waiting.extend(come.drain(..));
            while let Some(command) = waiting.pop_front() {
                let carried_out = match command {
                    Command::Close => blocking(writer, Writer::close).await.map(|(writer, ())| writer),
                    Command::Append(first) => write(writer, group(first, &mut waiting), &shared, most_bytes).await,
                };
                let Some(back) = carried_out else {
                    tracing::error!("the writer of the spool has panicked");
                    return;
                };
                writer = back;
            }
        }
    }
}

/// What goes out in one write: `first`, and those of `waiting` that fit.
fn group(first: Append, waiting: &mut VecDeque<Command>) -> Vec<Append> {
    let mut bytes = first.envelope.bytes.len();
    let mut group = vec![first];
    loop {
        let next = waiting.pop_front_if(|next| match next {
            Command::Append(append) => {
                bytes += append.envelope.bytes.len();
                bytes <= MOST_BYTES
            }
            Command::Close => false,
        });
        let Some(Command::Append(append)) = next else { return group };
        group.push(append);
    }
}

/// Writes `group`, and tells who waits. Gives the writer back, unless that has panicked.
async fn write(writer: Writer, group: Vec<Append>, shared: &Shared, most_bytes: u64) -> Option<Writer> {
    let mut room = most_bytes.saturating_sub(shared.shelf.bytes() + HEADER as u64);
    let (mut envelopes, mut waiting) = (Vec::new(), Vec::new());
    for Append { envelope, ticket, done } in group {
        let needs = (envelope.bytes.len() + RECORD_OVERHEAD) as u64;
        if let Some(left) = room.checked_sub(needs) {
            room = left;
            waiting.push((envelope.events, ticket, done));
            envelopes.push(envelope);
        } else {
            drop(ticket);
            shared.refused(envelope.events, &NotSpooled::Full);
            // Whoever hung up does not need to know.
            let _ = done.send(Err(NotSpooled::Full));
        }
    }
    if envelopes.is_empty() {
        return Some(writer);
    }
    let (writer, written) = blocking(writer, move |writer| writer.write(&envelopes)).await?;
    for (events, ticket, done) in waiting {
        match &written {
            Ok(()) => {
                ticket.kept();
                shared.spooled(events);
            }
            Err(error) => {
                drop(ticket);
                shared.refused(events, error);
            }
        }
        let _ = done.send(written.clone());
    }
    Some(writer)
}

/// Lets `work` block a thread of its own.
async fn blocking<T: Send + 'static>(
    mut writer: Writer,
    work: impl FnOnce(&mut Writer) -> T + Send + 'static,
) -> Option<(Writer, T)> {
    let done = spawn_blocking(move || {
        let did = work(&mut writer);
        (writer, did)
    });
    done.await.ok()
}
