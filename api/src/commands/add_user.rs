//! `api add-user`: for the users that no other user can make yet, operators most of all.

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use shared::config::{ConfigError, Database, Reader};
use shared::domain::clock;
use shared::domain::ids::{MerchantId, UserId};
use shared::domain::user::UserRole;
use shared::store::audit::{self, Actor, Entry};
use shared::store::users::{self, User};
use shared::store::{PgPool, Role, StoreError, merchants, pool};

use super::CommandConfig;
use crate::auth::{Passwords, random_password};

/// Where users are added.
#[derive(Debug)]
pub struct AddUser {
    database: Database,
}

impl CommandConfig for AddUser {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let database = Database::read(read);
        read.finish(|| Some(Self { database: database? }))
    }
}

/// A user that was added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The user.
    pub user: User,
    /// Shown once.
    pub password: SecretString,
}

/// Adds a user and prints how it logs in.
pub async fn add_user(
    config: AddUser,
    email: String,
    role: UserRole,
    merchant: Option<MerchantId>,
) -> anyhow::Result<()> {
    let workers = pool::open(&Database { pool: 1, ..config.database }, Role::Worker, "api add-user")?;
    let NewUser { user, password } = add(&workers, &email, role, merchant).await?;
    let told = json!({
        "email": user.email,
        "password": password.expose_secret(),
        "role": user.role,
        "merchantId": user.merchant_id,
    });
    super::print(&serde_json::to_string_pretty(&told)?);
    Ok(())
}

/// Adds a user of `merchant`, or of the only one there is.
pub async fn add(
    workers: &PgPool,
    email: &str,
    role: UserRole,
    merchant: Option<MerchantId>,
) -> anyhow::Result<NewUser> {
    let email = email.trim().to_lowercase();
    anyhow::ensure!(email.contains('@'), "`{email}` is no e-mail address");
    let password = random_password();
    let hash = Passwords::new().await?.hash(password.clone()).await?;

    let mut transaction = workers.begin().await?;
    let merchant_id = match merchant {
        Some(merchant) => merchant,
        None => merchants::only(&mut transaction).await?.context("name the merchant: there is not exactly one")?,
    };
    let user = User {
        id: UserId::new(),
        merchant_id,
        display_name: email.clone(),
        email: Some(email.clone()),
        role,
        disabled: false,
    };
    pool::bind(&mut transaction, merchant_id).await?;
    users::insert(&mut transaction, &user, &hash, None).await.map_err(|error| refused(error, &email, merchant_id))?;
    let entry = Entry {
        merchant_id,
        actor: Actor::System,
        action: "user.created",
        entity: "user",
        entity_id: user.id.0,
        before: None,
        after: Some(json!({ "email": user.email, "role": user.role })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    transaction.commit().await?;
    Ok(NewUser { user, password })
}

fn refused(error: StoreError, email: &str, merchant: MerchantId) -> anyhow::Error {
    match error.constraint() {
        Some("users_email_key") => anyhow::anyhow!("there is a user `{email}` already"),
        Some("users_merchant_id_fkey") => anyhow::anyhow!("there is no merchant {merchant}"),
        _ => error.into(),
    }
}
