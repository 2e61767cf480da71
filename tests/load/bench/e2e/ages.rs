//! How old events were when their rows were committed, row by row: PostgreSQL keeps the time of each commit where
//! it is told to.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{Connection, PgConnection, PgPool};
use tests::load::{Service, Setup};

/// Ages in milliseconds.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Ages {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
    /// The middle of those that came in the first third of the time.
    pub(super) first_third: f64,
    /// And in the last.
    pub(super) last_third: f64,
}

/// Has the times of commits kept from now on. It takes a restart.
pub(crate) async fn keep_commit_times(setup: &Setup) -> anyhow::Result<()> {
    let mut server = PgConnection::connect(setup.database_admin_url.as_str()).await?;
    sqlx::raw_sql("alter system set track_commit_timestamp = on").execute(&mut server).await?;
    server.close().await?;
    restart(setup).await
}

/// No longer: the next restart forgets them.
pub(crate) async fn forget_commit_times(setup: &Setup) -> anyhow::Result<()> {
    let mut server = PgConnection::connect(setup.database_admin_url.as_str()).await?;
    sqlx::raw_sql("alter system reset track_commit_timestamp").execute(&mut server).await?;
    server.close().await?;
    Ok(())
}

async fn restart(setup: &Setup) -> anyhow::Result<()> {
    setup.stop(Service::Postgres).await?;
    setup.start(Service::Postgres).await
}

impl Ages {
    /// Of what the ingress had from `since` on, for `lasted`.
    pub(super) async fn of(db: &PgPool, since: DateTime<Utc>, lasted: Duration) -> anyhow::Result<Self> {
        let ages = sqlx::query_as(
            "with ages as (
                 select extract(epoch from pg_xact_commit_timestamp(xmin) - received_at)::float8 * 1000 as age,
                        extract(epoch from received_at - $1)::float8 / $2 as moment
                 from messages where direction = 'inbound' and received_at >= $1
             )
             select coalesce(percentile_disc(0.5) within group (order by age), 'nan') as p50,
                    coalesce(percentile_disc(0.99) within group (order by age), 'nan') as p99,
                    coalesce(max(age), 'nan') as most,
                    coalesce(percentile_disc(0.5) within group (order by age) filter (where moment < 1.0 / 3), 'nan')
                        as first_third,
                    coalesce(percentile_disc(0.5) within group (order by age) filter (where moment >= 2.0 / 3), 'nan')
                        as last_third
             from ages",
        )
        .bind(since)
        .bind(lasted.as_secs_f64())
        .fetch_one(db)
        .await?;
        Ok(ages)
    }
}
