//! A backlog to send: recipients who have written, and messages to them, in turns.

use chrono::{TimeDelta, Utc};
use secrecy::SecretString;
use shared::config::Database;
use shared::domain::clock;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MerchantId, MessageId};
use shared::domain::message::{Author, Content};
use shared::store::messages::queue::{self, NewOutbound};
use shared::store::seal::MasterKey;
use shared::store::{Keyring, Role, pool};
use sqlx::PgPool;
use tests::load::product::MASTER_KEY;
use uuid::Uuid;

use super::case::Case;

/// Notifications.
const PRIORITY: i16 = 5;

/// Writes the messages of `case` for the demo's number, which is allowed its limit; gives the number.
pub(crate) async fn fill(db: &PgPool, login: &str, case: &Case) -> anyhow::Result<AccountId> {
    let (account, merchant): (Uuid, Uuid) =
        sqlx::query_as("update accounts set throughput_per_second = $1 returning id, merchant_id")
            .bind(i32::try_from(case.limit)?)
            .fetch_one(db)
            .await?;
    let threads = threads(db, merchant, account, case.recipients).await?;
    let keyring = Keyring::new(Some(MasterKey::parse(&SecretString::from(MASTER_KEY))?));
    let database = Database { url: SecretString::from(login), pool: 1 };
    let workers = pool::open(&database, Role::Worker, "bench")?;
    let content = Content::text_of("Your order is on its way.");
    for _ in 0..case.each {
        let mut transaction = workers.begin().await?;
        let keys = keyring.of_all(&mut transaction, &[MerchantId(merchant)]).await?;
        let messages: Vec<NewOutbound<'_>> = threads
            .iter()
            .map(|(conversation_id, contact_id)| NewOutbound {
                id: MessageId::new(),
                merchant_id: MerchantId(merchant),
                account_id: AccountId(account),
                conversation_id: *conversation_id,
                contact_id: *contact_id,
                author: Author::Agent,
                author_user_id: None,
                content: &content,
                reply_to: None,
                reference: None,
                priority: PRIORITY,
                not_before: None,
                trace: None,
                at: clock::now(),
            })
            .collect();
        queue::queue_all(&mut transaction, &keys, &messages).await?;
        transaction.commit().await?;
    }
    Ok(AccountId(account))
}

async fn threads(
    db: &PgPool,
    merchant: Uuid,
    account: Uuid,
    count: usize,
) -> anyhow::Result<Vec<(ConversationId, ContactId)>> {
    let threads: Vec<(ConversationId, ContactId)> =
        (0..count).map(|_| (ConversationId::new(), ContactId::new())).collect();
    let contacts: Vec<Uuid> = threads.iter().map(|(_, contact)| contact.0).collect();
    let conversations: Vec<Uuid> = threads.iter().map(|(conversation, _)| conversation.0).collect();
    let phones: Vec<String> = (0..count).map(|number| format!("8490{number:07}")).collect();
    let wrote: chrono::DateTime<Utc> = clock::now() - TimeDelta::hours(1);
    sqlx::query("insert into contacts (id, merchant_id) select unnest($1::uuid[]), $2")
        .bind(&contacts)
        .bind(merchant)
        .execute(db)
        .await?;
    sqlx::query(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
         select $3, 'phone', value, '00000000-0000-0000-0000-000000000000', id
         from unnest($1::uuid[], $2::text[]) as one (id, value)",
    )
    .bind(&contacts)
    .bind(&phones)
    .bind(merchant)
    .execute(db)
    .await?;
    sqlx::query(
        "insert into conversations (id, merchant_id, account_id, contact_id, last_inbound_at, last_message_at, opened_at)
         select id, $3, $4, contact, $5, $5, $5 from unnest($1::uuid[], $2::uuid[]) as one (id, contact)",
    )
    .bind(&conversations)
    .bind(&contacts)
    .bind(merchant)
    .bind(account)
    .bind(wrote)
    .execute(db)
    .await?;
    Ok(threads)
}
