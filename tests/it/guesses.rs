//! Whose an address is may be remembered from one transaction to the next; whoever goes by it finds out where it no
//! longer holds.

use shared::domain::ids::ContactId;
use shared::domain::person::{AddressKey, Succession};
use shared::store::contacts::{self, Met, Sighting};
use shared::store::{StoreError, Transaction};
use sqlx::PgPool;
use tests::{MIGRATOR, TestApp};

use crate::strangers::{A_WHILE, number, sighting};

const NUMBER: &str = "84901234567";
const NEXT_NUMBER: &str = "84907654321";

type Guess = (AddressKey, ContactId);

/// The customer tells that they have another number now.
fn succession() -> Succession {
    Succession { before: number(NUMBER), after: number(NEXT_NUMBER) }
}

async fn meet_in(
    app: &TestApp,
    transaction: &mut Transaction,
    sighting: Sighting<'_>,
    guess: Option<Guess>,
) -> Result<Met, StoreError> {
    contacts::meet_guessing(transaction, &app.context.keyring, &[sighting], |asked| {
        guess.into_iter().filter(|(key, _)| asked.contains(&key)).collect()
    })
    .await
}

async fn meet(app: &TestApp, sighting: Sighting<'_>, guess: Option<Guess>) -> Result<Met, StoreError> {
    let mut transaction = app.context.pool.begin().await?;
    let met = meet_in(app, &mut transaction, sighting, guess).await?;
    transaction.commit().await?;
    Ok(met)
}

/// A customer who wrote twice, and what may be remembered of them.
async fn known(app: &TestApp) -> anyhow::Result<Guess> {
    let stranger = meet(app, sighting(app, NUMBER), None).await?;
    assert!(stranger.settled.is_empty(), "nobody knew them yet");
    let met = meet(app, sighting(app, NUMBER), None).await?;
    let [settled] = &met.settled[..] else { anyhow::bail!("{:?}", met.settled) };
    assert_eq!(settled.1, stranger.contacts[0]);
    Ok(settled.clone())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn what_still_holds_is_taken_at_its_word_and_may_be_remembered_again(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let guess = known(&app).await?;
    let met = meet(&app, sighting(&app, NUMBER), Some(guess.clone())).await?;
    assert_eq!(met.contacts, [guess.1]);
    assert_eq!(met.settled, [guess]);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_address_that_was_given_up_meanwhile_is_no_longer_guessed(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let guess = known(&app).await?;
    let mut change = app.context.pool.begin().await?;
    let succession = succession();
    let moves = Sighting { succession: Some(&succession), ..sighting(&app, NUMBER) };
    meet_in(&app, &mut change, moves, None).await?;

    // It waits for the change, and reads again.
    let (committed, met) = tokio::join!(
        async {
            tokio::time::sleep(A_WHILE).await;
            change.commit().await
        },
        meet(&app, sighting(&app, NUMBER), Some(guess.clone()))
    );
    committed?;
    let lost = met.expect_err("the number is theirs no more");
    assert!(lost.is_serialization(), "{lost}");

    let moved = meet(&app, sighting(&app, NEXT_NUMBER), None).await?;
    assert_eq!(moved.contacts, [guess.1]);
    assert!(moved.settled.is_empty(), "of who has given up an address nothing is remembered");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_address_that_turns_out_to_have_been_somebody_elses_is_no_longer_guessed(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let guess = known(&app).await?;
    let other = meet(&app, sighting(&app, NEXT_NUMBER), None).await?.contacts[0];
    sqlx::query(
        "insert into former_addresses (merchant_id, kind, value, scope, contact_id, until)
         select merchant_id, kind, value, scope, $2, now() from identities where contact_id = $1",
    )
    .bind(guess.1.0)
    .bind(other.0)
    .execute(&app.db)
    .await?;

    let lost = meet(&app, sighting(&app, NUMBER), Some(guess)).await.expect_err("it may mean another now");
    assert!(lost.is_serialization(), "{lost}");
    app.stop().await
}
