//! A merchant with as many contacts and conversations as are asked for, ten messages in each, and one long conversation.

use std::time::Instant;

use api::commands::Demo;
use futures::TryStreamExt;
use futures::stream::{self, StreamExt};
use shared::domain::clock;
use shared::domain::ids::{ConversationId, MerchantId, MessageId};
use shared::domain::message::received::Surroundings;
use shared::domain::message::{Content, Said};
use shared::store::conversations::summary::PREVIEW;
use shared::store::messages::CONTENT;
use shared::store::seal::{Binding, MasterKey, MerchantKeys};
use shared::store::{Keyring, PgPool};
use sqlx::AssertSqlSafe;
use tests::load::product::MASTER_KEY;
use uuid::Uuid;

/// Messages in each conversation.
pub(super) const MESSAGES: i64 = 10;
/// Messages in the long one.
pub(super) const LONG: i64 = 10_000;
/// From one conversation to the next newer one.
const APART: i64 = 20_000;
/// Rows a statement.
const CHUNK: i64 = 20_000;
const CONNECTIONS: usize = 2;
/// Parts of the ids: what they are of.
const CONTACT: u64 = 1;
const CONVERSATION: u64 = 2;
const MESSAGE: u64 = 3;

/// What was seeded.
pub(super) struct Seeded {
    pub(super) rows: i64,
    /// The conversation with [`LONG`] messages.
    pub(super) long: ConversationId,
}

struct Seeder<'a> {
    db: &'a PgPool,
    merchant: MerchantId,
    keys: std::sync::Arc<MerchantKeys>,
    rows: i64,
    /// When the oldest conversation began, in milliseconds.
    begin: i64,
}

/// Seeds `rows` contacts, each with a conversation, beside the demo's account.
#[expect(clippy::print_stdout, reason = "it takes minutes")]
pub(super) async fn seed(db: &PgPool, demo: &Demo, rows: i64) -> anyhow::Result<Seeded> {
    let began = Instant::now();
    let keyring = Keyring::new(Some(MasterKey::parse(&MASTER_KEY.into())?));
    let keys = keyring.of(&mut *db.acquire().await?, demo.merchant_id).await?;
    let begin = clock::now().timestamp_millis() - (rows + 1) * APART;
    let seeder = Seeder { db, merchant: demo.merchant_id, keys, rows, begin };
    for statement in
        ["alter database %s set synchronous_commit = off", "alter database %s set maintenance_work_mem = '512MB'"]
    {
        let name: String = sqlx::query_scalar("select quote_ident(current_database())").fetch_one(db).await?;
        sqlx::raw_sql(AssertSqlSafe(statement.replace("%s", &name))).execute(db).await?;
    }
    sqlx::query(
        "insert into accounts (id, merchant_id, shop_id, channel, external_id, business_id, connected_at)
         select gen_random_uuid(), merchant_id, shop_id, channel, external_id || n, business_id, connected_at
         from accounts cross join generate_series(1, 3) n",
    )
    .execute(db)
    .await?;
    let indexes = seeder.drop_indexes().await?;
    seeder.contacts().await?;
    println!("   {rows} contacts after {:.0} s", began.elapsed().as_secs_f64());
    seeder.conversations().await?;
    println!("   {rows} conversations after {:.0} s", began.elapsed().as_secs_f64());
    seeder.messages().await?;
    let long = seeder.long().await?;
    println!("   {} messages after {:.0} s", rows * MESSAGES + LONG, began.elapsed().as_secs_f64());
    for definition in indexes {
        sqlx::raw_sql(AssertSqlSafe(definition)).execute(db).await?;
    }
    sqlx::raw_sql("vacuum (analyze) contacts, identities, conversations, messages").execute(db).await?;
    println!("   indexes and statistics after {:.0} s", began.elapsed().as_secs_f64());
    Ok(Seeded { rows, long })
}

/// A UUIDv7 of row `n` of a kind, begun at `at` milliseconds.
fn id(at: i64, kind: u64, n: i64) -> Uuid {
    let (at, n) = (at.unsigned_abs(), n.unsigned_abs());
    Uuid::from_u64_pair((at << 16) | 0x7000 | kind, (0b10 << 62) | n)
}

/// The same in SQL; `at` and `n` are expressions.
fn id_sql(at: &str, kind: u64, n: &str) -> String {
    format!(
        "(lpad(to_hex({at}), 12, '0') || '7' || lpad('{kind:x}', 3, '0') || '8' || lpad(to_hex({n}), 15, '0'))::uuid"
    )
}

impl Seeder<'_> {
    /// Indexes that no constraint needs are built faster when all rows are there; what makes them again.
    async fn drop_indexes(&self) -> anyhow::Result<Vec<String>> {
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "select c.relname::text, pg_get_indexdef(c.oid)
             from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indrelid in ('contacts'::regclass, 'identities'::regclass, 'conversations'::regclass,
                                  'messages'::regclass)
               and not i.indisunique",
        )
        .fetch_all(self.db)
        .await?;
        let mut definitions = Vec::new();
        for (name, definition) in indexes {
            sqlx::raw_sql(AssertSqlSafe(format!("drop index \"{name}\""))).execute(self.db).await?;
            definitions.push(definition.replace(" ON ONLY ", " ON "));
        }
        Ok(definitions)
    }

    /// Runs `statement` over all rows, some at a time, from $1 to $2.
    async fn in_chunks(&self, statement: String) -> anyhow::Result<()> {
        let chunks =
            (0..self.rows).step_by(usize::try_from(CHUNK)?).map(|from| (from, (from + CHUNK).min(self.rows) - 1));
        stream::iter(chunks)
            .map(|(from, to)| {
                let statement = AssertSqlSafe(statement.clone());
                async move {
                    sqlx::query(statement)
                        .bind(from)
                        .bind(to)
                        .bind(self.merchant.0)
                        .bind(self.begin)
                        .execute(self.db)
                        .await
                }
            })
            .buffer_unordered(CONNECTIONS)
            .try_for_each(|_| async { Ok(()) })
            .await?;
        Ok(())
    }

    /// A fifth are gold, one in twenty is a VIP, a thousand share a batch.
    async fn contacts(&self) -> anyhow::Result<()> {
        let contact = id_sql(&format!("$4 + n * {APART}"), CONTACT, "n");
        self.in_chunks(format!(
            "insert into contacts (id, merchant_id, display_name, username, email, tags, channels, first_interaction_at,
                                   last_interaction_at)
             select {contact}, $3,
                    (array['Nguyễn','Trần','Lê','Phạm','Hoàng','Huỳnh','Phan','Vũ','Đặng','Bùi'])[1 + n % 10] || ' '
                    || (array['Văn','Thị','Minh','Thanh','Ngọc','Quốc','Hữu','Đức','Kim','Xuân'])[1 + n / 10 % 10] || ' '
                    || (array['An','Bình','Châu','Dũng','Giang','Hà','Hùng','Khánh','Lan','Linh'])[1 + n / 100 % 10],
                    'khach_' || n, case when n % 3 = 0 then 'k' || n || '@example.com' end,
                    array_remove(array[case when n % 5 = 0 then 'gold' end, case when n % 20 = 0 then 'vip' end,
                                       'batch-' || n / 1000], null),
                    '{{whatsapp}}', to_timestamp(($4 + n * {APART}) / 1000.0), to_timestamp(($4 + n * {APART}) / 1000.0)
             from generate_series($1::bigint, $2::bigint) n"
        ))
        .await?;
        self.in_chunks(format!(
            "insert into identities (merchant_id, kind, value, scope, contact_id)
             select $3, 'phone', (84900000000 + n)::text, '00000000-0000-0000-0000-000000000000', {contact}
             from generate_series($1::bigint, $2::bigint) n"
        ))
        .await
    }

    /// Three in ten are open; the previews are sealed, as they are where a key is set.
    async fn conversations(&self) -> anyhow::Result<()> {
        let accounts: Vec<Uuid> = sqlx::query_scalar("select id from accounts order by id").fetch_all(self.db).await?;
        let chunks = (0..self.rows).step_by(usize::try_from(CHUNK)?);
        stream::iter(chunks)
            .map(|from| self.some_conversations(&accounts, from, (from + CHUNK).min(self.rows)))
            .buffer_unordered(CONNECTIONS)
            .try_for_each(|()| async { Ok(()) })
            .await
    }

    async fn some_conversations(&self, accounts: &[Uuid], from: i64, to: i64) -> anyhow::Result<()> {
        let at = |n: i64| self.begin + n * APART;
        let ids: Vec<Uuid> = (from..to).map(|n| id(at(n), CONVERSATION, n)).collect();
        let contacts: Vec<Uuid> = (from..to).map(|n| id(at(n), CONTACT, n)).collect();
        let previews = ids
            .iter()
            .map(|id| self.keys.seal(Binding::new(PREVIEW, *id), "Đơn hàng của tôi khi nào được giao?".as_bytes()))
            .collect::<Result<Vec<_>, _>>()?;
        sqlx::query(
            "insert into conversations (id, merchant_id, account_id, contact_id, status, handler, closed_at, opened_at,
                                        last_inbound_at, last_message_at, last_message_preview, message_count, unread_count)
             select id, $4, $5[1 + n % cardinality($5)], contact, case when n % 10 < 3 then 'open' else 'closed' end,
                    case when n % 50 = 0 then 'human' else 'bot' end, case when n % 10 >= 3 then at end, at, at, at, preview,
                    $8, n % 4
             from (
                 select id, contact, preview, $6 + place - 1 as n,
                        to_timestamp(($7 + ($6 + place - 1) * $9 + 1000 * ($8 - 1)) / 1000.0) as at
                 from unnest($1::uuid[], $2::uuid[], $3::bytea[]) with ordinality as one (id, contact, preview, place)
             ) rows",
        )
        .bind(ids)
        .bind(contacts)
        .bind(previews)
        .bind(self.merchant.0)
        .bind(accounts)
        .bind(from)
        .bind(self.begin)
        .bind(MESSAGES)
        .bind(APART)
        .execute(self.db)
        .await?;
        Ok(())
    }

    /// Of the length of sealed ones; nobody opens them.
    async fn messages(&self) -> anyhow::Result<()> {
        let message = id_sql(&format!("$4 + n * {APART} + k * 1000"), MESSAGE, "n * 16 + k");
        let conversation = id_sql(&format!("$4 + n * {APART}"), CONVERSATION, "n");
        let contact = id_sql(&format!("$4 + n * {APART}"), CONTACT, "n");
        let last = MESSAGES - 1;
        self.in_chunks(format!(
            "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind, content,
                                   platform_id, status, written_at)
             select {message}, $3, (select id from accounts order by id limit 1), {conversation}, {contact},
                    case when k % 2 = 0 then 'inbound' else 'outbound' end, case when k % 2 = 0 then 'contact' else 'agent' end,
                    'text', decode(repeat('01ab23cd45ef', 20), 'hex'), 'wamid.' || n || '.' || k, 'delivered',
                    to_timestamp(($4 + n * {APART} + k * 1000) / 1000.0)
             from generate_series($1::bigint, $2::bigint) n cross join generate_series(0, {last}) k"
        ))
        .await
    }

    /// A conversation whose messages are opened.
    async fn long(&self) -> anyhow::Result<ConversationId> {
        let (long, begin) = (id(self.begin, CONVERSATION, 0), self.begin - LONG * 1000);
        let said = Said { content: Content::text_of("Chào shop!".to_owned()), surroundings: Surroundings::default() };
        let said = serde_json::to_vec(&said)?;
        let ids: Vec<Uuid> = (0..LONG).map(|n| id(begin + n * 1000, MESSAGE, self.rows * 16 + n)).collect();
        let contents = ids
            .iter()
            .map(|id| self.keys.seal(Binding::new(CONTENT, MessageId(*id)), &said))
            .collect::<Result<Vec<_>, _>>()?;
        sqlx::query("delete from messages where conversation_id = $1").bind(long).execute(self.db).await?;
        let written = sqlx::query(
            "insert into messages (id, merchant_id, account_id, conversation_id, contact_id, direction, author, kind, content,
                                   status, written_at)
             select one.id, c.merchant_id, c.account_id, c.id, c.contact_id, 'inbound', 'contact', 'text', one.content,
                    'delivered', to_timestamp(($4 + one.place * 1000) / 1000.0)
             from unnest($1::uuid[], $2::bytea[]) with ordinality as one (id, content, place)
             cross join conversations c where c.id = $3",
        )
        .bind(ids)
        .bind(contents)
        .bind(long)
        .bind(begin)
        .execute(self.db)
        .await?;
        anyhow::ensure!(written.rows_affected() == LONG.unsigned_abs(), "the long conversation was not written");
        Ok(ConversationId(long))
    }
}
