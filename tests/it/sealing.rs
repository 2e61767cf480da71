//! What is said lies sealed, and the wall between merchants stands.

use shared::domain::ids::MerchantId;
use shared::store::{Role, pool};
use sqlx::PgPool;
use tests::conversation::count;
use tests::whatsapp::from;
use tests::{MIGRATOR, TestApp};

#[sqlx::test(migrator = "MIGRATOR")]
async fn nothing_that_is_said_lies_open_in_a_table(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("mật khẩu là sesame")]).await?;
    app.settle().await?;
    app.answers("sesame it is").await?;

    for (table, column) in
        [("messages", "content"), ("conversations", "last_message_preview"), ("accounts", "credentials")]
    {
        let sql = sqlx::AssertSqlSafe(format!("select {column} from {table} where {column} is not null"));
        let values: Vec<Vec<u8>> = sqlx::query_scalar(sql).fetch_all(&app.db).await?;
        assert!(!values.is_empty(), "{table}.{column} holds something");
        for value in values {
            let open = value.windows(6).any(|window| window == b"sesame") || value.windows(4).any(|w| w == b"EAA-");
            assert!(!open, "{table}.{column} lies open");
        }
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_table_of_a_merchant_has_the_wall(pool: PgPool) -> anyhow::Result<()> {
    let unguarded: Vec<String> = sqlx::query_scalar(
        "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
           and c.relname not like '\\_sqlx%'
           and not (c.relrowsecurity and c.relforcerowsecurity
                    and exists (select 1 from pg_policy p where p.polrelid = c.oid))",
    )
    .fetch_all(&pool)
    .await?;
    assert_eq!(unguarded, Vec::<String>::new());
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn the_api_role_sees_its_own_merchant_and_nobody_elses(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    app.receives([from("84901234567").says("hello")]).await?;
    app.settle().await?;
    let login = app.db.connect_options().as_ref().clone().username("loa").password("loa");
    let api = pool::with_options(login, Role::Api, 1);

    for (merchant, expected) in [(app.merchant.id, 1_i64), (MerchantId::new(), 0)] {
        let mut transaction = pool::begin_for(&api, merchant).await?;
        for table in ["messages", "conversations", "contacts", "accounts", "merchants"] {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            let seen: i64 = sqlx::query_scalar(sql).fetch_one(&mut *transaction).await?;
            assert_eq!(seen, expected, "{table}");
        }
    }
    let unbound: i64 = sqlx::query_scalar("select count(*) from messages").fetch_one(&api).await?;
    assert_eq!(unbound, 0, "who is bound to nobody sees nothing");
    assert_eq!(count(&app.db, "messages").await?, 1);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_row_of_another_merchant_cannot_be_written(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let login = app.db.connect_options().as_ref().clone().username("loa").password("loa");
    let api = pool::with_options(login, Role::Api, 1);
    let mut transaction = pool::begin_for(&api, MerchantId::new()).await?;

    let forged = sqlx::query("insert into contacts (id, merchant_id) values (gen_random_uuid(), $1)")
        .bind(app.merchant.id.0)
        .execute(&mut *transaction)
        .await;
    let error = forged.expect_err("row-level security refuses").to_string();
    assert!(error.contains("row-level security"), "{error}");
    drop(transaction);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_login_that_the_wall_does_not_hold_is_told_apart(pool: PgPool) -> anyhow::Result<()> {
    let owner = pool::with_options(pool.connect_options().as_ref().clone(), Role::Api, 1);
    assert!(!pool::standing(&owner).await?.is_bound());

    let login = pool.connect_options().as_ref().clone().username("loa").password("loa");
    let bound = pool::with_options(login, Role::Api, 1);
    assert!(pool::standing(&bound).await?.is_bound());
    Ok(())
}
