//! Customers whom nobody knew, met by several transactions at once.

use std::time::Duration;

use shared::domain::clock;
use shared::domain::identity::Identity;
use shared::domain::ids::ContactId;
use shared::domain::person::{Person, Succession};
use shared::store::contacts::{self, Sighting};
use shared::store::{StoreError, Transaction};
use sqlx::PgPool;
use tests::conversation::count;
use tests::{MIGRATOR, TestApp};
use tokio::time::timeout;

const AT_ONCE: Duration = Duration::from_secs(5);
/// Who waits for a lock still waits after this.
pub(crate) const A_WHILE: Duration = Duration::from_millis(300);

pub(crate) fn number(phone: &str) -> Vec<Identity> {
    vec![Identity::whatsapp(phone).expect("a phone number")]
}

pub(crate) fn sighting(app: &TestApp, phone: &str) -> Sighting<'static> {
    let person = Person { merchant_id: app.merchant.id, account_id: app.account, identities: number(phone).into() };
    Sighting { person, succession: None, display_name: None, username: None, at: clock::now() }
}

async fn meet(app: &TestApp, transaction: &mut Transaction, sighting: Sighting<'_>) -> Result<ContactId, StoreError> {
    let met = contacts::meet(transaction, &app.context.keyring, &[sighting]).await?;
    Ok(met.contacts[0])
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn strangers_of_one_merchant_are_met_side_by_side(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (mut one, mut other) = (app.context.pool.begin().await?, app.context.pool.begin().await?);
    meet(&app, &mut one, sighting(&app, "84901234567")).await?;
    timeout(AT_ONCE, meet(&app, &mut other, sighting(&app, "84907654321"))).await??;
    one.commit().await?;
    other.commit().await?;

    assert_eq!(count(&app.db, "contacts").await?, 2);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_stranger_whom_two_meet_at_once_is_one_contact(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (mut one, mut other) = (app.context.pool.begin().await?, app.context.pool.begin().await?);
    let first = meet(&app, &mut one, sighting(&app, "84901234567")).await?;
    let (committed, met) = tokio::join!(
        async {
            tokio::time::sleep(A_WHILE).await;
            one.commit().await
        },
        meet(&app, &mut other, sighting(&app, "84901234567"))
    );
    committed?;
    let lost = met.expect_err("both made a contact");
    assert!(lost.is_serialization(), "{lost}");
    other.rollback().await?;

    let mut again = app.context.pool.begin().await?;
    assert_eq!(meet(&app, &mut again, sighting(&app, "84901234567")).await?, first);
    again.commit().await?;
    assert_eq!(count(&app.db, "contacts").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_stranger_waits_for_whoever_changes_who_is_who(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let (mut change, mut stranger) = (app.context.pool.begin().await?, app.context.pool.begin().await?);
    // Written before the number was left, and told after it.
    let late = sighting(&app, "84901234567");
    let succession = Succession { before: number("84901234567"), after: number("84907654321") };
    let moved = Sighting { succession: Some(&succession), at: clock::now(), ..sighting(&app, "84901234567") };
    let who = meet(&app, &mut change, moved).await?;

    let (committed, met) = tokio::join!(
        async {
            tokio::time::sleep(A_WHILE).await;
            change.commit().await
        },
        meet(&app, &mut stranger, late.clone())
    );
    committed?;
    let lost = met.expect_err("judged by what had changed");
    assert!(lost.is_serialization(), "{lost}");
    stranger.rollback().await?;

    let mut again = app.context.pool.begin().await?;
    assert_eq!(meet(&app, &mut again, late).await?, who);
    again.commit().await?;
    app.stop().await
}
