//! The statements of the reference, with the columns of a batch laid out for them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use shared::store::PgConnection;
use uuid::Uuid;

use super::rows::{Contact, Message, Thread};

/// Messages to insert.
pub(super) struct Messages {
    ids: [Vec<Uuid>; 6],
    texts: [Vec<String>; 5],
    contents: Vec<Vec<u8>>,
    times: [Vec<DateTime<Utc>>; 2],
}

impl Messages {
    pub(super) fn of(messages: &[&Message]) -> Self {
        let mut sorted = messages.to_vec();
        sorted.sort_unstable_by_key(|message| message.id);
        let ids = |value: fn(&Message) -> Uuid| column(&sorted, |message| value(message));
        let texts = |value: fn(&Message) -> &String| column(&sorted, |message| value(message).clone());
        Self {
            ids: [
                ids(|m| m.id),
                ids(|m| m.merchant_id),
                ids(|m| m.account_id),
                ids(|m| m.conversation_id),
                ids(|m| m.contact_id),
                ids(|m| m.trace_id),
            ],
            texts: [
                texts(|m| &m.direction),
                texts(|m| &m.author),
                texts(|m| &m.kind),
                texts(|m| &m.platform_id),
                texts(|m| &m.status),
            ],
            contents: column(&sorted, |message| message.content.clone()),
            times: [column(&sorted, |message| message.written_at), column(&sorted, |message| message.received_at)],
        }
    }

    pub(super) async fn write(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let [ids, merchants, accounts, threads, contacts, traces] = &self.ids;
        let [directions, authors, kinds, platform_ids, statuses] = &self.texts;
        let [written, received] = &self.times;
        sqlx::query(
            "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                                   platform_id, status, content, written_at, received_at, trace_id)
             select id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind, platform_id,
                    status::message_status, content, written_at, received_at, trace_id
             from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                         $9::text[], $10::text[], $11::bytea[], $12::timestamptz[], $13::timestamptz[], $14::uuid[])
                  as new (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind,
                          platform_id, status, content, written_at, received_at, trace_id)",
        )
        .bind(ids)
        .bind(merchants)
        .bind(accounts)
        .bind(threads)
        .bind(contacts)
        .bind(directions)
        .bind(authors)
        .bind(kinds)
        .bind(platform_ids)
        .bind(statuses)
        .bind(&self.contents)
        .bind(written)
        .bind(received)
        .bind(traces)
        .execute(&mut *conn)
        .await?;
        // One account takes them all.
        sqlx::query(
            "insert into message_counts (account_id, merchant_id, month, share, messages)
             values ($1, $2, date_trunc('month', now() at time zone 'utc')::date, pg_backend_pid(), $3)
             on conflict (account_id, month, share) do update set messages = message_counts.messages + excluded.messages",
        )
        .bind(accounts.first())
        .bind(merchants.first())
        .bind(i64::try_from(ids.len()).unwrap_or_default())
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// Contacts, addresses and threads to insert, as they are after the batch.
pub(super) struct New {
    contacts: [Vec<Uuid>; 3],
    names: [Vec<String>; 4],
    seen: [Vec<DateTime<Utc>>; 2],
    certain: Vec<Option<DateTime<Utc>>>,
    threads: [Vec<Uuid>; 5],
    thread_times: [Vec<DateTime<Utc>>; 3],
    previews: Vec<Vec<u8>>,
    counts: Vec<i64>,
    unread: Vec<i32>,
}

impl New {
    pub(super) fn of<'a>(
        contacts: impl Iterator<Item = &'a Contact>,
        threads: impl Iterator<Item = &'a Thread>,
    ) -> Self {
        let mut contacts: Vec<&Contact> = contacts.collect();
        contacts.sort_unstable_by_key(|contact| contact.id);
        let mut threads: Vec<&Thread> = threads.collect();
        threads.sort_unstable_by_key(|thread| thread.id);
        Self {
            contacts: [
                column(&contacts, |contact| contact.id),
                column(&contacts, |contact| contact.merchant_id),
                column(&contacts, |contact| contact.scope),
            ],
            names: [
                column(&contacts, |contact| contact.display_name.clone()),
                column(&contacts, |contact| contact.kind.clone()),
                column(&contacts, |contact| contact.value.clone()),
                column(&contacts, |contact| contact.channels.clone()),
            ],
            seen: [
                column(&contacts, |contact| contact.first_interaction_at),
                column(&contacts, |contact| contact.last_interaction_at),
            ],
            certain: column(&contacts, |contact| contact.last_certain_at),
            threads: [
                column(&threads, |thread| thread.id),
                column(&threads, |thread| thread.merchant_id),
                column(&threads, |thread| thread.account_id),
                column(&threads, |thread| thread.contact_id),
                column(&threads, |thread| thread.last_message_id),
            ],
            thread_times: [
                column(&threads, |thread| thread.last_inbound_at),
                column(&threads, |thread| thread.last_message_at),
                column(&threads, |thread| thread.opened_at),
            ],
            previews: column(&threads, |thread| thread.last_message_preview.clone()),
            counts: column(&threads, |thread| thread.message_count),
            unread: column(&threads, |thread| thread.unread_count),
        }
    }

    pub(super) async fn write(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let [ids, merchants, scopes] = &self.contacts;
        let [names, kinds, values, channels] = &self.names;
        let [first, last] = &self.seen;
        sqlx::query(
            "insert into contacts (id, merchant_id, display_name, first_interaction_at, last_interaction_at,
                                   last_certain_at, channels)
             select id, merchant_id, name, first, last, certain, string_to_array(channels, ',')
             from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                         $7::text[])
                  as new (id, merchant_id, name, first, last, certain, channels)",
        )
        .bind(ids)
        .bind(merchants)
        .bind(names)
        .bind(first)
        .bind(last)
        .bind(&self.certain)
        .bind(channels)
        .execute(&mut *conn)
        .await?;
        sqlx::query(
            "insert into identities (merchant_id, kind, value, scope, contact_id)
             select * from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::uuid[])",
        )
        .bind(merchants)
        .bind(kinds)
        .bind(values)
        .bind(scopes)
        .bind(ids)
        .execute(&mut *conn)
        .await?;
        let [threads, owners, accounts, contacts, messages] = &self.threads;
        let [inbound, last, opened] = &self.thread_times;
        sqlx::query(
            "insert into conversations (id, merchant_id, account_id, contact_id, last_message_id, last_inbound_at,
                                        last_message_at, opened_at, last_message_preview, message_count, unread_count)
             select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[],
                                  $7::timestamptz[], $8::timestamptz[], $9::bytea[], $10::bigint[], $11::int[])",
        )
        .bind(threads)
        .bind(owners)
        .bind(accounts)
        .bind(contacts)
        .bind(messages)
        .bind(inbound)
        .bind(last)
        .bind(opened)
        .bind(&self.previews)
        .bind(&self.counts)
        .bind(&self.unread)
        .execute(conn)
        .await?;
        Ok(())
    }
}

/// What a batch changes of contacts and threads that are there.
pub(super) struct Changed {
    contacts: Vec<Uuid>,
    threads: Vec<Uuid>,
    first: Vec<DateTime<Utc>>,
    last: Vec<DateTime<Utc>>,
    names: Vec<String>,
    last_messages: Vec<Uuid>,
    previews: Vec<Vec<u8>>,
    counts: Vec<i64>,
    unread: Vec<i32>,
}

impl Changed {
    /// Each customer has one thread. A preview has the size that it has in the end.
    pub(super) fn by(
        messages: &[&Message],
        names: &BTreeMap<Uuid, &Contact>,
        threads: &BTreeMap<Uuid, &Thread>,
    ) -> Self {
        let mut sums: BTreeMap<Uuid, Vec<&Message>> = BTreeMap::new();
        for message in messages {
            sums.entry(message.contact_id).or_default().push(message);
        }
        let sums: Vec<Vec<&Message>> = sums.into_values().filter(|messages| !messages.is_empty()).collect();
        let last = |sum: &Vec<&Message>| sum[sum.len() - 1].clone();
        Self {
            contacts: column(&sums, |sum| sum[0].contact_id),
            threads: column(&sums, |sum| sum[0].conversation_id),
            first: column(&sums, |sum| sum[0].written_at),
            last: column(&sums, |sum| last(sum).written_at),
            names: column(&sums, |sum| {
                names.get(&sum[0].contact_id).map(|contact| contact.display_name.clone()).unwrap_or_default()
            }),
            last_messages: column(&sums, |sum| last(sum).id),
            previews: column(&sums, |sum| {
                threads
                    .get(&sum[0].conversation_id)
                    .map(|thread| thread.last_message_preview.clone())
                    .unwrap_or_default()
            }),
            counts: column(&sums, |sum| i64::try_from(sum.len()).unwrap_or_default()),
            unread: column(&sums, |sum| i32::try_from(sum.len()).unwrap_or_default()),
        }
    }

    pub(super) async fn write(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        sqlx::query(
            "update contacts c
             set first_interaction_at = least(c.first_interaction_at, new.first),
                 last_interaction_at = greatest(c.last_interaction_at, new.last),
                 display_name = coalesce(c.display_name, new.display_name)
             from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[]) as new (id, first, last, display_name)
             where c.id = new.id",
        )
        .bind(&self.contacts)
        .bind(&self.first)
        .bind(&self.last)
        .bind(&self.names)
        .execute(&mut *conn)
        .await?;
        sqlx::query(
            "update conversations c
             set message_count = c.message_count + new.added, unread_count = c.unread_count + new.unread,
                 last_inbound_at = new.at, last_message_at = new.at, last_message_id = new.message_id,
                 last_message_preview = new.preview
             from unnest($1::uuid[], $2::bigint[], $3::int[], $4::timestamptz[], $5::uuid[], $6::bytea[])
                  as new (id, added, unread, at, message_id, preview)
             where c.id = new.id",
        )
        .bind(&self.threads)
        .bind(&self.counts)
        .bind(&self.unread)
        .bind(&self.last)
        .bind(&self.last_messages)
        .bind(&self.previews)
        .execute(conn)
        .await?;
        Ok(())
    }
}

fn column<R, T>(rows: &[R], value: impl Fn(&R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}
