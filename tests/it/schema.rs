//! The schema that tests run on.

use shared::store::migrate;
use sqlx::PgPool;

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_tests_database_is_what_the_product_migrates_to(pool: PgPool) {
    migrate::MIGRATOR.run(&pool).await.unwrap();
    let applied: Vec<(i64, String, Vec<u8>)> =
        sqlx::query_as("select version, description, checksum from _sqlx_migrations order by version")
            .fetch_all(&pool)
            .await
            .unwrap();
    let ours: Vec<(i64, String, Vec<u8>)> = migrate::MIGRATOR
        .iter()
        .map(|one| (one.version, one.description.clone().into_owned(), one.checksum.clone().into_owned()))
        .collect();
    assert_eq!(applied, ours);
}
