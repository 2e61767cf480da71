//! The data keys of merchants, kept in memory once opened.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use sqlx::PgConnection;
use uuid::Uuid;

use super::error::StoreError;
use super::seal::{MasterKey, MerchantKey, MerchantKeys};
use crate::domain::ids::MerchantId;

/// Owns what belongs to no merchant: unclaimed events.
pub const NOBODY: MerchantId = MerchantId(Uuid::nil());

/// More merchants than this in one process, and the memory of their keys is begun anew.
const MOST_KEPT: usize = 10_000;

/// The keys of several merchants.
#[derive(Clone, Debug, Default)]
pub struct Keys(HashMap<MerchantId, Arc<MerchantKeys>>);

impl Keys {
    /// The keys of `merchant`, who must be one of those that were asked for.
    pub fn of(&self, merchant: MerchantId) -> Result<&MerchantKeys, StoreError> {
        self.0.get(&merchant).map(Arc::as_ref).ok_or_else(|| StoreError::Corrupt {
            table: "data_keys",
            problem: format!("merchant {merchant} has no key"),
        })
    }
}

impl From<(MerchantId, Arc<MerchantKeys>)> for Keys {
    fn from(of_one: (MerchantId, Arc<MerchantKeys>)) -> Self {
        Self(HashMap::from([of_one]))
    }
}

/// Gives the keys of merchants, making a merchant's first one when it is needed.
#[derive(Clone, Debug)]
pub struct Keyring {
    master: Option<MasterKey>,
    kept: Arc<RwLock<HashMap<MerchantId, Arc<MerchantKeys>>>>,
}

impl Keyring {
    /// A keyring under `master`; without one (development) values are stored in the clear.
    pub fn new(master: Option<MasterKey>) -> Self {
        Self { master, kept: Arc::default() }
    }

    /// The keys of one merchant.
    pub async fn of(&self, conn: &mut PgConnection, merchant: MerchantId) -> Result<Arc<MerchantKeys>, StoreError> {
        let Keys(mut keys) = self.of_all(conn, &[merchant]).await?;
        keys.remove(&merchant).ok_or_else(|| StoreError::Corrupt {
            table: "data_keys",
            problem: format!("merchant {merchant} has no key"),
        })
    }

    /// The keys of each of `merchants`.
    pub async fn of_all(&self, conn: &mut PgConnection, merchants: &[MerchantId]) -> Result<Keys, StoreError> {
        let mut found = self.kept_of(merchants);
        let mut missing: Vec<Uuid> =
            merchants.iter().filter(|merchant| !found.contains_key(merchant)).map(|merchant| merchant.0).collect();
        if missing.is_empty() {
            return Ok(Keys(found));
        }
        missing.sort_unstable();
        missing.dedup();
        let Some(master) = &self.master else {
            found.extend(missing.iter().map(|id| (MerchantId(*id), plain())));
            return Ok(Keys(found));
        };
        let opened = open_keys(conn, master, &missing).await?;
        // A key that this transaction made is gone if it is rolled back: only what is committed is kept.
        self.keep(opened.iter().filter(|opened| opened.committed));
        found.extend(opened.into_iter().map(|opened| (opened.merchant, opened.keys)));
        Ok(Keys(found))
    }

    fn kept_of(&self, merchants: &[MerchantId]) -> HashMap<MerchantId, Arc<MerchantKeys>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        merchants.iter().filter_map(|merchant| Some((*merchant, Arc::clone(kept.get(merchant)?)))).collect()
    }

    fn keep<'a>(&self, opened: impl Iterator<Item = &'a Opened>) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        for opened in opened {
            if kept.len() >= MOST_KEPT {
                kept.clear();
            }
            kept.insert(opened.merchant, Arc::clone(&opened.keys));
        }
    }
}

fn plain() -> Arc<MerchantKeys> {
    Arc::new(MerchantKeys { keys: Vec::new() })
}

/// A merchant's keys as they were read.
struct Opened {
    merchant: MerchantId,
    keys: Arc<MerchantKeys>,
    /// Whether they were there before this transaction.
    committed: bool,
}

async fn open_keys(conn: &mut PgConnection, master: &MasterKey, merchants: &[Uuid]) -> Result<Vec<Opened>, StoreError> {
    make_first_keys(conn, master, merchants).await?;
    let rows = sqlx::query!(
        r#"select merchant_id, number, wrapped,
                  coalesce(xmin <> pg_current_xact_id_if_assigned()::xid, true) as "committed!"
           from data_keys where merchant_id = any($1) order by merchant_id, number"#,
        merchants
    )
    .fetch_all(conn)
    .await?;
    let mut opened: HashMap<MerchantId, (Vec<_>, bool)> = HashMap::new();
    for row in rows {
        let key = MerchantKey::open(master, row.merchant_id, row.number, &row.wrapped)?;
        let (keys, committed) = opened.entry(MerchantId(row.merchant_id)).or_insert_with(|| (Vec::new(), true));
        keys.push(key);
        *committed &= row.committed;
    }
    Ok(opened
        .into_iter()
        .map(|(merchant, (keys, committed))| Opened { merchant, keys: Arc::new(MerchantKeys { keys }), committed })
        .collect())
}

/// Two processes may do this at once: the row that came first holds, and is what is read afterwards.
async fn make_first_keys(conn: &mut PgConnection, master: &MasterKey, merchants: &[Uuid]) -> Result<(), StoreError> {
    let keyed = sqlx::query_scalar!(
        r#"select distinct merchant_id as "merchant_id!" from data_keys where merchant_id = any($1)"#,
        merchants
    )
    .fetch_all(&mut *conn)
    .await?;
    let (mut owners, mut wrapped) = (Vec::new(), Vec::new());
    for merchant in merchants.iter().filter(|merchant| !keyed.contains(merchant)) {
        owners.push(*merchant);
        wrapped.push(MerchantKey::make(master, *merchant, 1)?.1);
    }
    if owners.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into data_keys (merchant_id, number, wrapped, master_key)
         select merchant_id, 1, wrapped, $3 from unnest($1::uuid[], $2::bytea[]) as new (merchant_id, wrapped)
         on conflict do nothing",
        &owners,
        &wrapped,
        master.fingerprint()
    )
    .execute(conn)
    .await?;
    Ok(())
}
