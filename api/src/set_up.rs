//! What an installation needs before anyone can log in: a merchant, its shop, its owner.

use secrecy::{ExposeSecret, SecretString};
use shared::domain::clock;
use shared::domain::ids::{MerchantId, ShopId, UserId};
use shared::domain::user::UserRole;
use shared::store::audit::{self, Actor, Entry};
use shared::store::shops::{self, Shop};
use shared::store::users::{self, User};
use shared::store::{PgConnection, PgPool, StoreError, merchants, pool};

use crate::auth::{ONE_TIME, PasswordError, Passwords, random_password};

/// The name of a merchant's first shop in requests, until the merchant says otherwise.
pub const DEFAULT_SHOP: &str = "default";

/// The owner to make where there is no user yet.
#[derive(Clone, Debug)]
pub struct FirstOwner {
    /// In lower case.
    pub email: String,
    /// Made and printed once where not given.
    pub password: Option<SecretString>,
}

/// Why an installation could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

/// A merchant to make.
#[derive(Clone, Debug)]
pub struct NewMerchant<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its owner's e-mail, in lower case.
    pub email: &'a str,
    /// What colleagues see of the owner.
    pub owner_name: &'a str,
}

/// Makes the first merchant and its owner, unless there is a user. Of several processes that start
/// at once, one does.
pub async fn first_owner(workers: &PgPool, passwords: &Passwords, owner: &FirstOwner) -> Result<(), SetUpError> {
    let mut conn = workers.acquire().await.map_err(StoreError::Sql)?;
    if users::any(&mut conn).await? {
        return Ok(());
    }
    drop(conn);
    let password = owner.password.clone().unwrap_or_else(random_password);
    let hash = passwords.hash(password.clone()).await?;

    let mut transaction = workers.begin().await.map_err(StoreError::Sql)?;
    merchants::lock_set_up(&mut transaction).await?;
    if users::any(&mut transaction).await? {
        return Ok(());
    }
    let merchant = NewMerchant { name: "My business", email: &owner.email, owner_name: "Owner" };
    let made = add_merchant(&mut transaction, &merchant, &hash).await?;
    if owner.password.is_none() {
        let until = clock::now() + ONE_TIME;
        users::set_password_hash(&mut transaction, made.merchant_id, made.id, &hash, Some(until)).await?;
    }
    transaction.commit().await.map_err(StoreError::Sql)?;

    tracing::info!(email = owner.email, "the first owner was made");
    if owner.password.is_none() {
        tell_once(&owner.email, &password);
    }
    Ok(())
}

/// Makes a merchant with its default shop and its owner, as the role of the workers.
pub async fn add_merchant(
    conn: &mut PgConnection,
    new: &NewMerchant<'_>,
    password_hash: &SecretString,
) -> Result<User, StoreError> {
    let owner = User {
        id: UserId::new(),
        merchant_id: MerchantId::new(),
        email: Some(new.email.to_owned()),
        display_name: new.owner_name.to_owned(),
        role: UserRole::Owner,
        disabled: false,
    };
    pool::bind(conn, owner.merchant_id).await?;
    merchants::insert(conn, owner.merchant_id, new.name).await?;
    let shop = Shop { id: ShopId::new(), external_id: DEFAULT_SHOP.to_owned(), name: new.name.to_owned() };
    shops::insert_default(conn, owner.merchant_id, &shop).await?;
    users::insert(conn, &owner, password_hash, None).await?;
    let entry = Entry {
        merchant_id: owner.merchant_id,
        actor: Actor::System,
        action: "merchant.created",
        entity: "merchant",
        entity_id: owner.merchant_id.0,
        before: None,
        after: Some(serde_json::json!({ "name": new.name, "owner": owner.id })),
        at: clock::now(),
    };
    audit::record(conn, &entry).await?;
    Ok(owner)
}

/// Past the logs, which are collected and kept.
#[expect(clippy::print_stderr, reason = "for whoever started us, once")]
fn tell_once(email: &str, password: &SecretString) {
    eprintln!(
        "Log in as {email} with the password {}. It is not shown again, and asks for one of your own.",
        password.expose_secret()
    );
}
