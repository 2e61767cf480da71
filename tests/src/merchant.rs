//! Merchants with connected accounts, written straight into the store.

use secrecy::ExposeSecret;
use shared::channels::credentials::Credentials;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId, ShopId};
use shared::store::accounts::sender::CREDENTIALS;
use shared::store::seal::Binding;
use shared::store::{Keyring, PgPool};
use uuid::Uuid;

/// A merchant of a test.
#[derive(Clone, Copy, Debug)]
pub struct Merchant {
    /// The merchant.
    pub id: MerchantId,
    /// Its one shop.
    pub shop: ShopId,
}

/// Adds a merchant with a shop.
pub async fn add(pool: &PgPool, name: &str) -> anyhow::Result<Merchant> {
    let (id, shop) = (MerchantId::new(), ShopId::new());
    sqlx::query("insert into merchants (id, name) values ($1, $2)").bind(id.0).bind(name).execute(pool).await?;
    sqlx::query(
        "insert into shops (id, merchant_id, external_id, name, is_default) values ($1, $2, 'main', 'Main', true)",
    )
    .bind(shop.0)
    .bind(id.0)
    .execute(pool)
    .await?;
    Ok(Merchant { id, shop })
}

/// What a connected account is made of.
#[derive(Clone, Debug)]
pub struct NewAccount<'a> {
    /// Its platform.
    pub channel: Channel,
    /// The platform's id of it.
    pub external_id: &'a str,
    /// The WhatsApp business account.
    pub business_id: Option<&'a str>,
    /// Whether flows answer on it.
    pub auto_reply: bool,
    /// The app that signs for it.
    pub app: &'a str,
}

impl<'a> NewAccount<'a> {
    /// A WhatsApp number.
    pub fn whatsapp(number: &'a str) -> Self {
        let business_id = Some(crate::whatsapp::WABA);
        Self { channel: Channel::WhatsApp, external_id: number, business_id, auto_reply: false, app: "default" }
    }
}

/// Connects an account to `merchant`.
pub async fn connect(
    pool: &PgPool,
    keyring: &Keyring,
    merchant: Merchant,
    account: &NewAccount<'_>,
) -> anyhow::Result<AccountId> {
    let id = AccountId::new();
    let mut conn = pool.acquire().await?;
    let keys = keyring.of(&mut conn, merchant.id).await?;
    let json = credentials(account.channel).to_json()?;
    let sealed = keys.seal(Binding::new(CREDENTIALS, id), json.expose_secret().as_bytes())?;
    sqlx::query(
        "insert into accounts (id, merchant_id, shop_id, channel, external_id, business_id, credentials,
                               auto_reply_enabled, app)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id.0)
    .bind(merchant.id.0)
    .bind(Uuid::from(merchant.shop))
    .bind(account.channel.as_str())
    .bind(account.external_id)
    .bind(account.business_id)
    .bind(sealed)
    .bind(account.auto_reply)
    .bind(account.app)
    .execute(&mut *conn)
    .await?;
    Ok(id)
}

fn credentials(channel: Channel) -> Credentials {
    match channel {
        Channel::WhatsApp => Credentials::WhatsApp { access_token: "EAA-test".into() },
        Channel::Messenger => Credentials::Messenger { page_token: "EAA-page".into() },
        Channel::X => Credentials::X { oauth_token: "token".into(), oauth_token_secret: "secret".into() },
    }
}
