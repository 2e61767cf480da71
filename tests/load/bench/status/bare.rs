//! The reference: the same changes to the same tables by SQL alone. No broker, no JSON to read, nobody looked up,
//! and nothing followed; what a batch says is folded before the clock runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::domain::clock;
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::sent::Sent;
use super::told::{self, End, Told};

/// Statuses in a transaction.
const TOGETHER: usize = 500;

/// What is written in one transaction, a vector a column.
struct Batch {
    ids: Vec<Uuid>,
    statuses: Vec<&'static str>,
    accepted: Vec<Option<DateTime<Utc>>>,
    delivered: Vec<Option<DateTime<Utc>>>,
    read: Vec<Option<DateTime<Utc>>>,
    pricing: Vec<Option<Value>>,
}

impl Batch {
    fn of(sent: &Sent, told: &[Told]) -> Self {
        let ends = told::folded(sent, told);
        let column = |value: fn(&End) -> Option<DateTime<Utc>>| ends.values().map(value).collect();
        Self {
            ids: ends.keys().copied().collect(),
            statuses: ends.values().map(|end| end.status.as_str()).collect(),
            accepted: column(|end| end.accepted_at),
            delivered: column(|end| end.delivered_at),
            read: column(|end| end.read_at),
            pricing: ends.values().map(|end| end.is_priced.then(told::pricing)).collect(),
        }
    }
}

/// Applies `told` over `connections` connections of `workers`; how long it took.
pub(super) async fn drive(
    workers: &PgPool,
    connections: usize,
    sent: &Sent,
    told: &[Told],
) -> anyhow::Result<Duration> {
    let batches: Arc<Vec<Batch>> = Arc::new(told.chunks(TOGETHER).map(|chunk| Batch::of(sent, chunk)).collect());
    let next = Arc::new(AtomicUsize::new(0));
    let (account, merchant) = (sent.customers.account.0, sent.customers.merchant.0);
    let began = Instant::now();
    let mut writing = JoinSet::new();
    for _ in 0..connections {
        let (workers, batches, next) = (workers.clone(), Arc::clone(&batches), Arc::clone(&next));
        writing.spawn(async move {
            while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                write(&workers, batch, account, merchant).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = writing.join_next().await {
        ended??;
    }
    Ok(began.elapsed())
}

async fn write(workers: &PgPool, batch: &Batch, account: Uuid, merchant: Uuid) -> anyhow::Result<()> {
    let mut transaction = workers.begin().await?;
    sqlx::query(
        "with locked as (
             select id from messages where id = any($1) and id between $7 and $8 order by id for no key update
         )
         update messages m
         set status = greatest(m.status, new.status::message_status),
             accepted_at = least(m.accepted_at, new.accepted_at),
             delivered_at = least(m.delivered_at, new.delivered_at),
             read_at = least(m.read_at, new.read_at),
             pricing = coalesce(m.pricing, new.pricing)
         from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::jsonb[])
              as new (id, status, accepted_at, delivered_at, read_at, pricing)
         join locked on locked.id = new.id
         where m.id = new.id and m.id between $7 and $8
           and (m.status < new.status::message_status
                or least(m.accepted_at, new.accepted_at) is distinct from m.accepted_at
                or least(m.delivered_at, new.delivered_at) is distinct from m.delivered_at
                or least(m.read_at, new.read_at) is distinct from m.read_at
                or (m.pricing is null and new.pricing is not null))",
    )
    .bind(&batch.ids)
    .bind(&batch.statuses)
    .bind(&batch.accepted)
    .bind(&batch.delivered)
    .bind(&batch.read)
    .bind(&batch.pricing)
    .bind(batch.ids.first())
    .bind(batch.ids.last())
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "insert into status_flow (account_id, merchant_id, received_at, applied_at) values ($1, $2, $3, $3)
         on conflict (account_id) do update
         set received_at = greatest(status_flow.received_at, excluded.received_at),
             applied_at = greatest(status_flow.applied_at, excluded.applied_at)",
    )
    .bind(account)
    .bind(merchant)
    .bind(clock::now())
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}
