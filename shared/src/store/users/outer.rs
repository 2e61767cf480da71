//! Users whom an outer system logs in: made, with their merchant and its shops, when they are first seen.
//!
//! Everything is written bound to the merchant that the token names, and under a lock of that merchant, so that of
//! several requests that are the first one alone makes anything.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::role;
use crate::domain::deterministic;
use crate::domain::ids::{MerchantId, ShopId, UserId};
use crate::domain::user::UserRole;
use crate::store::audit::{self, Actor, Entry};
use crate::store::error::StoreError;
use crate::store::{merchants, shops};

/// Who the outer system says that somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The merchant.
    pub merchant_id: MerchantId,
    /// What the merchant is called.
    pub merchant_name: Option<String>,
    /// What the outer system calls the user.
    pub external_id: String,
    /// What the user may do.
    pub role: UserRole,
    /// In lower case.
    pub email: Option<String>,
    /// What colleagues see.
    pub name: Option<String>,
    /// The merchant's own names of shops; the first is its default where it has none yet.
    pub shops: Vec<String>,
    /// When it was said.
    pub at: DateTime<Utc>,
}

/// What is known here of a user of an outer system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The user here.
    pub id: UserId,
    /// What the user may do, by the latest claims.
    pub role: UserRole,
    /// Whether the user was disabled here.
    pub disabled: bool,
    /// In lower case.
    pub email: Option<String>,
    /// What colleagues see.
    pub display_name: String,
    /// Of when the latest claims are.
    pub claims_at: Option<DateTime<Utc>>,
    /// Those of the shops asked for that are there.
    pub shops: Vec<String>,
}

/// What is known of the user that `claimed` tells of; none where it was never seen.
pub async fn seen(conn: &mut PgConnection, claimed: &Claimed) -> Result<Option<Seen>, StoreError> {
    let row = sqlx::query!(
        r#"select u.id, u.role, u.disabled_at, u.email, u.display_name, u.claims_at,
                  array(select s.external_id from shops s
                        where s.merchant_id = $1 and s.external_id = any($3)) as "shops!"
           from users u where u.merchant_id = $1 and u.external_id = $2"#,
        claimed.merchant_id.0,
        claimed.external_id,
        &claimed.shops
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Seen {
            id: row.id.into(),
            role: role(&row.role)?,
            disabled: row.disabled_at.is_some(),
            email: row.email,
            display_name: row.display_name,
            claims_at: row.claims_at,
            shops: row.shops,
        })
    })
    .transpose()
}

/// Makes what is missing of the merchant, its shops and the user, and takes over what the claims say anew. Claims
/// that are older than those taken over before change nothing.
pub async fn take_over(conn: &mut PgConnection, claimed: &Claimed) -> Result<(), StoreError> {
    merchants::lock(conn, claimed.merchant_id).await?;
    let mut told = Vec::new();
    make_merchant(conn, claimed, &mut told).await?;
    make_shops(conn, claimed, &mut told).await?;
    match seen(conn, claimed).await? {
        None => make_user(conn, claimed, &mut told).await?,
        Some(known) if known.claims_at.is_none_or(|at| at < claimed.at) => {
            change_user(conn, claimed, &known, &mut told).await?;
        }
        Some(_) => {}
    }
    audit::record_all(conn, &told).await
}

async fn make_merchant(conn: &mut PgConnection, claimed: &Claimed, told: &mut Vec<Entry>) -> Result<(), StoreError> {
    let name = claimed.merchant_name.clone().unwrap_or_else(|| claimed.merchant_id.to_string());
    if merchants::insert_missing(conn, claimed.merchant_id, &name).await? {
        told.push(entry(claimed, "merchant.created", "merchant", claimed.merchant_id.0, json!({ "name": name })));
    }
    Ok(())
}

async fn make_shops(conn: &mut PgConnection, claimed: &Claimed, told: &mut Vec<Entry>) -> Result<(), StoreError> {
    let mut has_default = shops::default_of(conn, claimed.merchant_id).await?.is_some();
    let mut names = claimed.shops.clone();
    if names.is_empty() && !has_default {
        names.push("default".to_owned());
    }
    for name in names {
        let shop = shops::Shop { id: ShopId::new(), external_id: name.clone(), name };
        if shops::insert_missing(conn, claimed.merchant_id, &shop, !has_default).await? {
            has_default = true;
            told.push(entry(claimed, "shop.created", "shop", shop.id.0, json!({ "externalId": shop.external_id })));
        }
    }
    Ok(())
}

async fn make_user(conn: &mut PgConnection, claimed: &Claimed, told: &mut Vec<Entry>) -> Result<(), StoreError> {
    let derived = deterministic::user_id(claimed.merchant_id, &claimed.external_id);
    // A UUID is taken as it is, unless it is another's here: of another merchant, or of one who logs in here.
    let own = Uuid::parse_str(&claimed.external_id).ok().filter(|id| !id.is_nil()).map(UserId);
    let name = claimed.name.as_ref().or(claimed.email.as_ref()).unwrap_or(&claimed.external_id);
    for id in own.into_iter().chain([derived]) {
        let made = sqlx::query!(
            "insert into users (id, merchant_id, external_id, email, display_name, role, claims_at, last_login_at)
             values ($1, $2, $3, $4, $5, $6, $7, now())
             on conflict do nothing",
            id.0,
            claimed.merchant_id.0,
            claimed.external_id,
            claimed.email.as_deref(),
            name,
            claimed.role.as_str(),
            claimed.at
        )
        .execute(&mut *conn)
        .await?;
        if made.rows_affected() > 0 {
            let after = json!({ "externalId": claimed.external_id, "role": claimed.role });
            told.push(entry(claimed, "user.created", "user", id.0, after));
            return Ok(());
        }
    }
    Err(StoreError::Raced("users_external_id_key"))
}

async fn change_user(
    conn: &mut PgConnection,
    claimed: &Claimed,
    known: &Seen,
    told: &mut Vec<Entry>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update users set role = $3, email = coalesce($4, email), display_name = coalesce($5, display_name),
                          claims_at = $6, last_login_at = now()
         where merchant_id = $1 and id = $2",
        claimed.merchant_id.0,
        known.id.0,
        claimed.role.as_str(),
        claimed.email.as_deref(),
        claimed.name.as_deref(),
        claimed.at
    )
    .execute(conn)
    .await?;
    if known.role != claimed.role {
        let mut changed = entry(claimed, "user.changed", "user", known.id.0, json!({ "role": claimed.role }));
        changed.before = Some(json!({ "role": known.role }));
        told.push(changed);
    }
    Ok(())
}

fn entry(
    claimed: &Claimed,
    action: &'static str,
    entity: &'static str,
    entity_id: Uuid,
    after: serde_json::Value,
) -> Entry {
    Entry {
        merchant_id: claimed.merchant_id,
        actor: Actor::System,
        action,
        entity,
        entity_id,
        before: None,
        after: Some(after),
        at: crate::domain::clock::now(),
    }
}
