//! Before a message goes: its files have to be with the platform.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use shared::broker::{Publisher, Queue};
use shared::domain::deterministic;
use shared::domain::ids::{AccountId, MediaId, MessageId};
use shared::domain::message::Content;
use shared::domain::message::media::MediaSource;
use shared::events::wake::WakeAccount;
use shared::store::keyring::Keys;
use shared::store::media::insert::{self, NewJob, NewMedia, Origin};
use shared::store::media::jobs::JobKind;
use shared::store::media::uploads;
use shared::store::media::waits::{self, Standing};
use shared::store::outbox::{self, Claimed, Lease, Wait};
use shared::store::{Keyring, PgConnection, PgPool, StoreError};

/// A message is put forward when its files are there; this is for when that was missed.
const LOOK_AGAIN: Duration = Duration::from_mins(5);
/// An upload that ends sooner counts as over: the message may wait for its turn.
const MARGIN: Duration = Duration::from_hours(1);

/// Whether a message's files are with the platform.
#[derive(Clone, Debug, PartialEq)]
pub enum Ready {
    /// They are; what it says, with the platform's ids of its files.
    Yes(Arc<Content>),
    /// They are on their way. The message was put back into the outbox, and is put forward once they are there.
    Waiting,
    /// They will never be; why, as its row says it.
    Failed(Value),
}

/// Makes files ready.
#[derive(Clone)]
pub struct Files {
    /// PostgreSQL.
    pub pool: PgPool,
    /// What seals.
    pub keyring: Keyring,
    /// Wakes the fetcher.
    pub publisher: Publisher,
}

impl Files {
    /// Whether the files of `claimed`, held under `lease`, are with the platform of `account`. Has them
    /// brought there where they are not.
    pub async fn ready(
        &self,
        account: AccountId,
        claimed: &Claimed,
        content: &Content,
        lease: Lease,
    ) -> Result<Ready, StoreError> {
        let wanted = match wanted(claimed.message_id, content) {
            Ok(wanted) if wanted.is_empty() => return Ok(Ready::Yes(Arc::new(content.clone()))),
            Ok(wanted) => wanted,
            Err(lost) => return Ok(Ready::Failed(lost)),
        };
        let mut transaction = self.pool.begin().await?;
        let ready = self.look(&mut transaction, account, claimed, content, &wanted).await?;
        match ready {
            Ready::Waiting => {
                outbox::later(&mut transaction, &[(claimed.message_id, lease, Wait::of(LOOK_AGAIN))]).await?;
            }
            Ready::Yes(_) | Ready::Failed(_) => waits::clear(&mut transaction, claimed.message_id).await?,
        }
        transaction.commit().await?;
        if ready == Ready::Waiting {
            self.wake(account).await;
        }
        Ok(ready)
    }

    /// The platform refused `claimed` because of its files: whether to upload them anew and try again, which
    /// is done once for a message.
    pub async fn renew(&self, account: AccountId, claimed: &Claimed) -> Result<bool, StoreError> {
        let Some(Ok(wanted)) = claimed.content.as_ref().map(|content| wanted(claimed.message_id, content)) else {
            return Ok(false);
        };
        let media: Vec<MediaId> = wanted.into_values().collect();
        let mut conn = self.pool.acquire().await?;
        uploads::forget(&mut conn, account, &media, claimed.message_id).await
    }

    async fn look(
        &self,
        conn: &mut PgConnection,
        account: AccountId,
        claimed: &Claimed,
        content: &Content,
        wanted: &BTreeMap<usize, MediaId>,
    ) -> Result<Ready, StoreError> {
        if let Some(why) = waits::failure(conn, claimed.message_id).await? {
            return Ok(Ready::Failed(why));
        }
        self.note_links(conn, account, claimed, content).await?;
        let media: Vec<MediaId> = wanted.values().copied().collect();
        // Holds the files, so that none can be done with between our look and our wait.
        let standing = waits::standing(conn, claimed.merchant_id, &media).await?;
        let alive = uploads::alive(conn, account, &media, MARGIN).await?;
        if media.iter().all(|id| alive.contains_key(id)) {
            return Ok(Ready::Yes(Arc::new(with_ids(content, wanted, &alive))));
        }
        let mut jobs = Vec::new();
        for id in media.iter().filter(|id| !alive.contains_key(id)) {
            let kind = match standing.get(id) {
                Some(Standing::Stored) => JobKind::Upload,
                Some(Standing::Pending) => JobKind::Fetch,
                Some(Standing::Failed(why)) => return Ok(Ready::Failed(why.clone().unwrap_or_else(not_there))),
                None => return Ok(Ready::Failed(not_there())),
            };
            jobs.push(NewJob { media_id: *id, account_id: account, merchant_id: claimed.merchant_id, kind });
        }
        insert::enqueue(conn, &jobs).await?;
        let missing: Vec<MediaId> = jobs.iter().map(|job| job.media_id).collect();
        waits::wait(conn, claimed.merchant_id, account, claimed.message_id, &missing).await?;
        Ok(Ready::Waiting)
    }

    /// A row for each file that the message gives by its address.
    async fn note_links(
        &self,
        conn: &mut PgConnection,
        account: AccountId,
        claimed: &Claimed,
        content: &Content,
    ) -> Result<(), StoreError> {
        let name = content.media().and_then(|(_, media)| media.filename.as_deref());
        let links = content.files().into_iter().enumerate().filter_map(|(position, (kind, source))| {
            let MediaSource::Link { url } = source else {
                return None;
            };
            let position = u16::try_from(position).ok()?;
            Some(NewMedia {
                id: deterministic::media_id(claimed.message_id, position),
                merchant_id: claimed.merchant_id,
                account_id: Some(account),
                of: Some((claimed.message_id, position)),
                origin: Origin::Link(url),
                kind,
                mime_type: None,
                filename: name,
                sha256: None,
                error: None,
                source_ends_at: None,
            })
        });
        let links: Vec<NewMedia<'_>> = links.collect();
        if links.is_empty() {
            return Ok(());
        }
        let keys = Keys::from((claimed.merchant_id, self.keyring.of(conn, claimed.merchant_id).await?));
        insert::insert(conn, &keys, &links).await?;
        Ok(())
    }

    /// A wake that is lost here is found by the janitor.
    async fn wake(&self, account_id: AccountId) {
        if let Err(error) = self.publisher.wake(Queue::Media, [WakeAccount { account_id }]).await {
            tracing::warn!(%error, "the fetcher was not woken");
        }
    }
}

/// The files of a message that are not with the platform by its own account, by their places; an error where
/// one is lost.
fn wanted(message: MessageId, content: &Content) -> Result<BTreeMap<usize, MediaId>, Value> {
    let mut wanted = BTreeMap::new();
    for (position, (_, source)) in content.files().into_iter().enumerate() {
        let id = match source {
            MediaSource::Platform { .. } => continue,
            MediaSource::Stored { media_id } => *media_id,
            MediaSource::Link { .. } => deterministic::media_id(message, u16::try_from(position).unwrap_or(u16::MAX)),
            MediaSource::Lost => return Err(not_there()),
        };
        wanted.insert(position, id);
    }
    Ok(wanted)
}

fn with_ids(content: &Content, wanted: &BTreeMap<usize, MediaId>, alive: &HashMap<MediaId, String>) -> Content {
    let mut content = content.clone();
    for (position, source) in content.files_mut().into_iter().enumerate() {
        if let Some(id) = wanted.get(&position).and_then(|media| alive.get(media)) {
            *source = MediaSource::Platform { id: id.clone() };
        }
    }
    content
}

fn not_there() -> Value {
    json!({ "code": "MEDIA_NOT_THERE", "title": "a file of the message is not there" })
}
