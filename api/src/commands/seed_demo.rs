//! `api seed-demo`: something to log in to and write to, without a console.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use shared::channels::credentials::Credentials;
use shared::config::{ConfigError, Database, Ops, Reader, variables};
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, MerchantId};
use shared::store::accounts::connect::{self, ConnectError, NewAccount};
use shared::store::accounts::read;
use shared::store::seal::MasterKey;
use shared::store::users::{self, User};
use shared::store::{Keyring, PgConnection, PgPool, Role, merchants, pool, shops};

use super::{CommandConfig, demo_flows};
use crate::auth::{Passwords, random_password};
use crate::config::master_key;
use crate::set_up::{self, NewMerchant};

const EMAIL: &str = "demo@loa.local";
const PHONE_NUMBER_ID: &str = "106540352242922";
const BUSINESS_ACCOUNT_ID: &str = "102290129340398";
const ACCESS_TOKEN: &str = "demo-access-token";

/// What the demo is made of.
#[derive(Debug)]
pub struct SeedDemo {
    database: Database,
    master_key: Option<MasterKey>,
    number: DemoNumber,
}

/// The number to connect.
#[derive(Clone, Debug)]
pub struct DemoNumber {
    phone_number_id: String,
    business_account_id: String,
    access_token: SecretString,
}

impl Default for DemoNumber {
    /// A number that the platform simulator knows.
    fn default() -> Self {
        Self {
            phone_number_id: PHONE_NUMBER_ID.to_owned(),
            business_account_id: BUSINESS_ACCOUNT_ID.to_owned(),
            access_token: ACCESS_TOKEN.into(),
        }
    }
}

impl CommandConfig for SeedDemo {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let ops = Ops::read(read);
        let database = Database::read(read);
        let master_key = ops.and_then(|ops| master_key(read, ops.environment));
        let demo = DemoNumber::default();
        let number = DemoNumber {
            phone_number_id: read.optional(&variables::WHATSAPP_PHONE_NUMBER_ID).unwrap_or(demo.phone_number_id),
            business_account_id: read
                .optional(&variables::WHATSAPP_BUSINESS_ACCOUNT_ID)
                .unwrap_or(demo.business_account_id),
            access_token: read.optional(&variables::WHATSAPP_ACCESS_TOKEN).unwrap_or(demo.access_token),
        };
        read.finish(|| Some(Self { database: database?, master_key, number }))
    }
}

/// What there is to log in to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demo {
    /// Who logs in.
    pub email: String,
    /// With what.
    pub password: String,
    /// The merchant.
    pub merchant_id: MerchantId,
    /// Its shop's own name.
    pub shop_id: String,
    /// The connected number.
    pub account_id: AccountId,
    /// As WhatsApp calls it.
    pub phone_number_id: String,
    /// Its WhatsApp business account.
    pub waba_id: String,
}

/// Seeds, writes what there is to `out` and prints it.
pub async fn seed_demo(config: SeedDemo, out: PathBuf) -> anyhow::Result<()> {
    let workers = pool::open(&Database { pool: 1, ..config.database }, Role::Worker, "api seed-demo")?;
    let keyring = Keyring::new(config.master_key);
    let demo = seed(&workers, &keyring, &config.number, known_password(&out)).await?;
    let json = serde_json::to_string_pretty(&demo)?;
    write_private(&out, &json).with_context(|| format!("{} was not written", out.display()))?;
    super::print(&json);
    Ok(())
}

/// Makes what is missing of the demo. The password stays `known` where that is given.
pub async fn seed(
    workers: &PgPool,
    keyring: &Keyring,
    number: &DemoNumber,
    known: Option<SecretString>,
) -> anyhow::Result<Demo> {
    let passwords = Passwords::new().await?;
    let password = known.unwrap_or_else(random_password);
    let hash = passwords.hash(password.clone()).await?;
    let mut transaction = workers.begin().await?;
    let conn = &mut *transaction;
    merchants::lock_set_up(conn).await?;
    let owner = owner(conn, &hash).await?;
    let shop = shops::default_of(conn, owner.merchant_id).await?.context("the demo merchant has no shop")?;
    let account_id = connect_number(conn, keyring, &owner, shop.id, number).await?;
    transaction.commit().await?;
    Ok(Demo {
        email: EMAIL.to_owned(),
        password: password.expose_secret().to_owned(),
        merchant_id: owner.merchant_id,
        shop_id: shop.external_id,
        account_id,
        phone_number_id: number.phone_number_id.clone(),
        waba_id: number.business_account_id.clone(),
    })
}

async fn owner(conn: &mut PgConnection, hash: &SecretString) -> anyhow::Result<User> {
    if let Some(login) = users::login(conn, EMAIL).await? {
        users::set_password_hash(conn, login.user.merchant_id, login.user.id, hash, None).await?;
        return Ok(login.user);
    }
    let new = NewMerchant { name: "Loa demo", email: EMAIL, owner_name: "Demo owner" };
    Ok(set_up::add_merchant(conn, &new, hash).await?)
}

async fn connect_number(
    conn: &mut PgConnection,
    keyring: &Keyring,
    owner: &User,
    shop_id: shared::domain::ids::ShopId,
    number: &DemoNumber,
) -> anyhow::Result<AccountId> {
    let credentials = Credentials::WhatsApp { access_token: number.access_token.clone() }.to_json()?;
    let credentials = credentials.expose_secret().as_bytes();
    let keys = keyring.of(conn, owner.merchant_id).await?;
    if let Some(id) = read::connected(conn, owner.merchant_id, Channel::WhatsApp, &number.phone_number_id).await? {
        connect::replace_credentials(conn, &keys, owner.merchant_id, id, credentials).await?;
        return Ok(id);
    }
    let account = NewAccount {
        merchant_id: owner.merchant_id,
        shop_id,
        channel: Channel::WhatsApp,
        external_id: &number.phone_number_id,
        business_id: Some(&number.business_account_id),
        display_name: Some("Loa demo"),
        display_number: None,
        username: None,
        app: "default",
        credentials,
    };
    match connect::connect(conn, &keys, &account).await {
        Ok(connected) => {
            demo_flows::add(conn, owner, connected.id).await?;
            Ok(connected.id)
        }
        Err(ConnectError::Taken) => {
            anyhow::bail!("the number {} is connected to another merchant", number.phone_number_id)
        }
        Err(ConnectError::Store(error)) => Err(error.into()),
    }
}

/// The password that a run before has written to `out`.
fn known_password(out: &Path) -> Option<SecretString> {
    let written: Demo = serde_json::from_slice(&std::fs::read(out).ok()?).ok()?;
    (!written.password.is_empty()).then(|| written.password.into())
}

/// For the eyes of whoever ran the command.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}
