//! Before the first answer: the database is asked whether the wall between merchants would hold.
//!
//! Row-level security does not bind superusers, owners and logins with BYPASSRLS, so the API refuses to
//! serve as one. While PostgreSQL is away, or not migrated yet, it keeps asking; until then every route
//! answers 503, and webhooks, which need no database, are handed on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use shared::retry::Delays;
use shared::store::pool::{self, Standing};
use shared::store::{PgPool, StoreError};

use crate::set_up::{self, FirstOwner, SetUpError};
use crate::state::AppState;

const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(15);

/// Whether the database has been found fit to serve from.
#[derive(Debug, Default)]
pub struct Admission(AtomicBool);

impl Admission {
    /// Whether requests may be served.
    pub fn is_open(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn open(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// The login may do what it must not be able to.
#[derive(Debug, thiserror::Error)]
#[error(
    "DATABASE_URL logs in as {who}, for whom row-level security does not hold; the API does not start with it. \
     Use a login of its own: `api migrate` with DATABASE_ADMIN_URL makes the one that DATABASE_URL names"
)]
pub struct Unbound {
    who: &'static str,
}

/// Why the API is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// It never will be.
    #[error(transparent)]
    Unbound(#[from] Unbound),
    /// It may be later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first owner could not be made; it may be later.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
}

/// Opens `state` for requests once the database is there and fit, and has a first owner.
/// Ends with an error only where waiting does not help.
pub async fn admit(state: AppState, workers: PgPool, owner: FirstOwner) -> Result<(), Unbound> {
    let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
    while let Some(tried) = state.stopping.run_until_cancelled(try_once(&state, &workers, &owner)).await {
        match tried {
            Ok(()) => break,
            Err(AdmissionError::Unbound(unbound)) => return Err(unbound),
            Err(error @ (AdmissionError::Store(_) | AdmissionError::SetUp(_))) => {
                tracing::warn!(%error, "the database is not ready to serve from");
            }
        }
        let pause = tokio::time::sleep(delays.next_delay());
        if state.stopping.run_until_cancelled(pause).await.is_none() {
            break;
        }
    }
    workers.close().await;
    Ok(())
}

async fn try_once(state: &AppState, workers: &PgPool, owner: &FirstOwner) -> Result<(), AdmissionError> {
    // Owners are made by the workers' role, which sees all merchants: not before the login is known to be bound.
    check(pool::standing(&state.pool).await?)?;
    set_up::first_owner(workers, &state.passwords, owner).await?;
    open(state).await?;
    tracing::info!("the database is fit to serve from");
    Ok(())
}

/// Opens `state` for requests if the login of its pool is one that row-level security holds for.
pub async fn open(state: &AppState) -> Result<(), AdmissionError> {
    check(pool::standing(&state.pool).await?)?;
    state.admission.open();
    Ok(())
}

fn check(standing: Standing) -> Result<(), Unbound> {
    let who = if standing.superuser {
        "a superuser"
    } else if standing.bypasses_rls {
        "a role with BYPASSRLS"
    } else if standing.owns_tables {
        "the owner of the tables"
    } else {
        return Ok(());
    };
    Err(Unbound { who })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_the_wall_does_not_hold_for_is_refused() {
        let bound = Standing { superuser: false, bypasses_rls: false, owns_tables: false };
        assert!(check(bound).is_ok());
        for unbound in [
            Standing { superuser: true, ..bound },
            Standing { bypasses_rls: true, ..bound },
            Standing { owns_tables: true, ..bound },
        ] {
            assert!(check(unbound).is_err());
        }
    }
}
