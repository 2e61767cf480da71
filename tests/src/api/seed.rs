//! Rows to begin with.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, ContactId, ConversationId, MessageId, UserId};
use shared::domain::message::received::Surroundings;
use shared::domain::message::{Author, Content, Direction, Said};
use shared::domain::status::MessageStatus;
use shared::domain::trace::TraceId;
use shared::domain::user::UserRole;
use shared::store::messages::CONTENT;
use shared::store::messages::insert::{self, Told};
use shared::store::messages::{amend, reactions};
use shared::store::seal::Binding;

use super::{TestApi, TestUser};

/// A conversation to talk in.
#[derive(Clone, Copy, Debug)]
pub struct Thread {
    /// The merchant's side.
    pub account_id: AccountId,
    /// The customer.
    pub contact_id: ContactId,
    /// The thread.
    pub id: ConversationId,
}

impl TestApi {
    /// A merchant of its own, and its owner.
    pub async fn owner(&self, email: &str, password: &str) -> anyhow::Result<TestUser> {
        let hash = self.state.passwords.hash(password.into()).await?;
        let new = api::set_up::NewMerchant { name: email, email, owner_name: "Owner" };
        let mut conn = self.pool.acquire().await?;
        let owner = api::set_up::add_merchant(&mut conn, &new, &hash).await?;
        self.token(owner.id, owner.merchant_id, UserRole::Owner).await
    }

    /// A merchant of its own, whose owner never logs in.
    pub async fn merchant(&self) -> anyhow::Result<TestUser> {
        let email = format!("{}@shop.example", UserId::new());
        self.owner(&email, "never used").await
    }

    /// A connected account of `owner`'s, by the API.
    pub async fn account(&self, owner: &TestUser, channel: Channel, external_id: &str) -> anyhow::Result<AccountId> {
        let body = match channel {
            Channel::WhatsApp => {
                json!({ "phoneNumberId": external_id, "businessAccountId": "1001", "accessToken": "token" })
            }
            Channel::Messenger => json!({ "pageId": external_id, "pageAccessToken": "token" }),
            Channel::X => json!({ "userId": external_id, "oauthToken": format!("{external_id}-token"),
                                  "oauthTokenSecret": "secret" }),
        };
        let answer = self.post(&format!("/api/v1/channels/{channel}/accounts"), owner, &body).await?;
        Ok(serde_json::from_value(answer.data()?["id"].clone())?)
    }

    /// An open conversation on `account`, whose customer last wrote at `last_inbound_at`.
    pub async fn thread(
        &self,
        owner: &TestUser,
        account_id: AccountId,
        phone: &str,
        last_inbound_at: DateTime<Utc>,
    ) -> anyhow::Result<Thread> {
        let thread = Thread { account_id, contact_id: ContactId::new(), id: ConversationId::new() };
        sqlx::query("insert into contacts (id, merchant_id, display_name, tags) values ($1, $2, 'An', '{vip}')")
            .bind(thread.contact_id.0)
            .bind(owner.merchant_id.0)
            .execute(&self.pool)
            .await?;
        sqlx::query("insert into identities values ($1, 'phone', $2, '00000000-0000-0000-0000-000000000000', $3)")
            .bind(owner.merchant_id.0)
            .bind(phone)
            .bind(thread.contact_id.0)
            .execute(&self.pool)
            .await?;
        // Where the account's channel has addresses of its own, the customer has one.
        sqlx::query(
            "insert into identities (merchant_id, kind, value, scope, contact_id)
             select merchant_id, case channel when 'x' then 'x_user' else 'psid' end, $2, id, $3 from accounts
             where id = $1 and channel <> 'whatsapp'",
        )
        .bind(account_id.0)
        .bind(phone)
        .bind(thread.contact_id.0)
        .execute(&self.pool)
        .await?;
        sqlx::query(
            "insert into conversations (id, merchant_id, account_id, contact_id, last_inbound_at, last_message_at,
                                        opened_at, unread_count)
             values ($1, $2, $3, $4, $5, $5, $5, 2)",
        )
        .bind(thread.id.0)
        .bind(owner.merchant_id.0)
        .bind(account_id.0)
        .bind(thread.contact_id.0)
        .bind(last_inbound_at)
        .execute(&self.pool)
        .await?;
        Ok(thread)
    }

    /// An open conversation on a new WhatsApp account, whose customer has just written.
    pub async fn whatsapp_thread(&self, owner: &TestUser) -> anyhow::Result<Thread> {
        let account = self.account(owner, Channel::WhatsApp, "2002").await?;
        self.thread(owner, account, "84901234567", clock::now()).await
    }

    /// `count` messages of the customer, a second apart, `said 0` first.
    pub async fn messages(&self, owner: &TestUser, thread: Thread, count: usize) -> anyhow::Result<()> {
        let begin = clock::now() - TimeDelta::hours(1);
        let said = |number: usize| Said {
            content: Content::text_of(format!("said {number}")),
            surroundings: Surroundings::default(),
        };
        let told: Vec<(String, DateTime<Utc>, Said)> = (0..count)
            .map(|number| {
                let seconds = i64::try_from(number).unwrap_or_default();
                (format!("wamid.{number}"), begin + TimeDelta::seconds(seconds), said(number))
            })
            .collect();
        self.tell(owner, thread, &told).await
    }

    /// Stores what the customer said, each under the platform's id and at the time given, with what it
    /// does to other messages.
    pub async fn tell(
        &self,
        owner: &TestUser,
        thread: Thread,
        said: &[(String, DateTime<Utc>, Said)],
    ) -> anyhow::Result<()> {
        let mut conn = self.pool.acquire().await?;
        let keys = self.state.keyring.of(&mut conn, owner.merchant_id).await?;
        let sealed = said.iter().map(|(platform_id, at, said)| {
            let id: MessageId = shared::domain::deterministic::message_id(Channel::WhatsApp, "2002", platform_id, *at);
            Ok((id, keys.seal(Binding::new(CONTENT, id), &serde_json::to_vec(said)?)?))
        });
        let sealed = sealed.collect::<anyhow::Result<Vec<_>>>()?;
        let mut told = Vec::new();
        for ((platform_id, at, said), (id, content)) in said.iter().zip(&sealed) {
            told.push(Told {
                id: *id,
                merchant_id: owner.merchant_id,
                account_id: thread.account_id,
                conversation_id: thread.id,
                contact_id: thread.contact_id,
                direction: Direction::Inbound,
                author: Author::Contact,
                kind: said.content.kind(),
                content,
                platform_id,
                reply_to: None,
                about: said.content.is_about(),
                status: MessageStatus::Delivered,
                written_at: *at,
                received_at: *at,
                trace: TraceId::new(),
            });
        }
        insert::insert(&mut conn, &told).await?;
        amend::mark(&mut conn, &told).await?;
        reactions::note(&mut conn, &told).await?;
        Ok(())
    }

    /// Where messages of `thread` are sent to.
    pub fn messages_path(thread: Thread) -> String {
        format!("/api/v1/whatsapp/conversations/{}/messages", thread.id)
    }

    /// A text to send.
    pub fn text(content: &str) -> Value {
        json!({ "type": "text", "content": content })
    }
}
