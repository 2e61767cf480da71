//! Looking at a file while it streams by: how long it is, what it is, its checksum.

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;

/// As much of a file's beginning tells what it is.
const HEAD: usize = 8 * 1024;

/// What was seen of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hex.
    pub sha256: String,
    /// What its first bytes look like.
    pub sniffed: Option<&'static str>,
}

/// Judges a file while it streams by; an error ends the stream, and with it whatever is made of it.
pub trait Watch<E>: Send {
    /// So many bytes have come.
    fn size(&mut self, size: u64) -> Result<(), E>;
    /// Its first bytes look like this; said before they are let by.
    fn looks_like(&mut self, sniffed: Option<&'static str>) -> Result<(), E>;
    /// All of it has come.
    fn end(&mut self, seen: &Seen) -> Result<(), E>;
}

/// `file`, watched; what was seen of it comes when it has gone by whole.
pub fn inspect<S, E, W>(file: S, watch: W) -> (impl Stream<Item = Result<Bytes, E>> + Send, oneshot::Receiver<Seen>)
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    E: Send,
    W: Watch<E>,
{
    let (tell, seen) = oneshot::channel();
    let inspector = Inspector {
        // A short file ends before its beginning is let by, and is asked for its end again.
        file: file.fuse(),
        watch,
        head: Vec::new(),
        held: Vec::new(),
        sniffed: Sniffed::NotYet,
        size: 0,
        hash: Sha256::new(),
        tell,
    };
    (stream::unfold(Some(inspector), step), seen)
}

/// What a file's first bytes look like, once they have come.
#[derive(Clone, Copy)]
enum Sniffed {
    NotYet,
    LooksLike(Option<&'static str>),
}

struct Inspector<S, W> {
    file: S,
    watch: W,
    /// The first bytes, until they are told of.
    head: Vec<u8>,
    held: Vec<Bytes>,
    sniffed: Sniffed,
    size: u64,
    hash: Sha256,
    tell: oneshot::Sender<Seen>,
}

type Next<S, E, W> = Option<(Result<Bytes, E>, Option<Inspector<S, W>>)>;

async fn step<S, E, W>(inspector: Option<Inspector<S, W>>) -> Next<S, E, W>
where
    S: Stream<Item = Result<Bytes, E>> + Send + Unpin,
    W: Watch<E>,
{
    let mut inspector = inspector?;
    loop {
        if !inspector.has_to_sniff() && !inspector.held.is_empty() {
            let chunk = inspector.held.remove(0);
            return Some((Ok(chunk), Some(inspector)));
        }
        let looked = match inspector.file.next().await {
            Some(Ok(chunk)) => inspector.take(chunk),
            Some(Err(error)) => Err(error),
            None if inspector.has_to_sniff() => inspector.sniff(),
            None => {
                return match inspector.finish() {
                    Ok(()) => None,
                    Err(error) => Some((Err(error), None)),
                };
            }
        };
        if let Err(error) = looked {
            return Some((Err(error), None));
        }
    }
}

impl<S, W> Inspector<S, W> {
    const fn has_to_sniff(&self) -> bool {
        matches!(self.sniffed, Sniffed::NotYet)
    }

    const fn looks_like(&self) -> Option<&'static str> {
        match self.sniffed {
            Sniffed::NotYet => None,
            Sniffed::LooksLike(sniffed) => sniffed,
        }
    }

    fn take<E>(&mut self, chunk: Bytes) -> Result<(), E>
    where
        W: Watch<E>,
    {
        self.size += chunk.len() as u64;
        self.watch.size(self.size)?;
        self.hash.update(&chunk);
        if self.has_to_sniff() {
            self.head.extend_from_slice(&chunk[..chunk.len().min(HEAD - self.head.len())]);
        }
        self.held.push(chunk);
        if self.has_to_sniff() && self.head.len() == HEAD { self.sniff() } else { Ok(()) }
    }

    fn sniff<E>(&mut self) -> Result<(), E>
    where
        W: Watch<E>,
    {
        let sniffed = infer::get(&self.head).map(|found| found.mime_type());
        self.head = Vec::new();
        self.sniffed = Sniffed::LooksLike(sniffed);
        self.watch.looks_like(sniffed)
    }

    fn finish<E>(mut self) -> Result<(), E>
    where
        W: Watch<E>,
    {
        let sniffed = self.looks_like();
        let seen = Seen { size: self.size, sha256: hex::encode(self.hash.finalize()), sniffed };
        self.watch.end(&seen)?;
        // Nobody may want to know.
        let _ = self.tell.send(seen);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    #[derive(Debug, PartialEq)]
    enum Refused {
        Size,
        Type,
        End,
    }

    struct Rules {
        most: u64,
        end: Result<(), ()>,
    }

    impl Watch<Refused> for Rules {
        fn size(&mut self, size: u64) -> Result<(), Refused> {
            if size > self.most { Err(Refused::Size) } else { Ok(()) }
        }

        fn looks_like(&mut self, sniffed: Option<&'static str>) -> Result<(), Refused> {
            if sniffed == Some("application/pdf") { Err(Refused::Type) } else { Ok(()) }
        }

        fn end(&mut self, _: &Seen) -> Result<(), Refused> {
            self.end.map_err(|()| Refused::End)
        }
    }

    fn chunks(file: &[u8]) -> impl Stream<Item = Result<Bytes, Refused>> + Send + Unpin + use<> {
        stream::iter(file.chunks(1_000).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>())
    }

    async fn watch(file: &[u8], rules: Rules) -> Result<(Vec<u8>, Seen), Refused> {
        let (watched, seen) = inspect(chunks(file), rules);
        let through: Vec<Bytes> = watched.try_collect().await?;
        Ok((through.concat(), seen.await.unwrap()))
    }

    #[tokio::test]
    async fn a_file_goes_by_unchanged_and_is_known_afterwards() {
        let png = [&b"\x89PNG\r\n\x1a\n"[..], &vec![7; 20_000]].concat();
        for file in [&png[..], &png[..100]] {
            let (through, seen) = watch(file, Rules { most: 1 << 20, end: Ok(()) }).await.unwrap();
            assert!(through == file);
            let sha256 = hex::encode(Sha256::digest(file));
            assert_eq!(seen, Seen { size: file.len() as u64, sha256, sniffed: Some("image/png") });
        }
        let (through, seen) = watch(&[], Rules { most: 0, end: Ok(()) }).await.unwrap();
        assert!(through.is_empty() && seen.size == 0 && seen.sniffed.is_none());
    }

    #[tokio::test]
    async fn whoever_watches_can_stop_it_at_any_time() {
        let file = vec![0; 30_000];
        let stopped = |rules| watch(&file, rules);
        assert_eq!(stopped(Rules { most: 20_000, end: Ok(()) }).await.unwrap_err(), Refused::Size);
        assert_eq!(stopped(Rules { most: 40_000, end: Err(()) }).await.unwrap_err(), Refused::End);
        let pdf = [&b"%PDF-1.7"[..], &[0; 100]].concat();
        assert_eq!(watch(&pdf, Rules { most: 1_000, end: Ok(()) }).await.unwrap_err(), Refused::Type);
    }
}
