//! Search and filters of lists, the totals they tell, and the wall around the functions behind them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, MerchantId};
use shared::store::{counts, pool};
use sqlx::PgPool;
use tests::api::{TestApi, TestUser, as_login, as_worker};

const CONTACTS: &str = "/api/v1/whatsapp/contacts";

/// A contact by name, number, e-mail and tags.
type Person<'a> = (&'a str, &'a str, Option<&'a str>, &'a [&'a str]);

const PEOPLE: [Person<'_>; 5] = [
    ("Nguyễn Văn An", "84901234567", Some("an@example.com"), &["vip", "gold"]),
    ("Trần Thị Đào", "84907654321", None, &["vip"]),
    ("John Doe", "14155550100", Some("john_doe@example.com"), &["gold"]),
    ("100% Cotton", "84900000001", None, &[]),
    ("李小龙", "85290000002", None, &["Khách hàng quay lại"]),
];

async fn people(app: &TestApi, owner: &TestUser) -> anyhow::Result<()> {
    for (name, phone, email, tags) in PEOPLE {
        let body = json!({ "waId": phone, "displayName": name, "email": email, "tags": tags });
        app.post(CONTACTS, owner, &body).await?.data()?;
    }
    Ok(())
}

async fn names(app: &TestApi, user: &TestUser, query: &str) -> anyhow::Result<Vec<String>> {
    let answer = app.get(&format!("{CONTACTS}?{query}"), user).await?;
    let listed = answer.data()?.as_array().unwrap();
    let names: Vec<String> = listed.iter().map(|one| one["displayName"].as_str().unwrap().to_owned()).collect();
    assert_eq!(answer.body["pagination"]["total"], json!(names.len()), "{query}");
    Ok(names)
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn contacts_are_found_by_name_e_mail_and_number(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    people(&app, &owner).await?;
    let found = [
        ("search=nguyen", vec!["Nguyễn Văn An"]),
        ("search=NGUY%E1%BB%84N%20an", vec!["Nguyễn Văn An"]),
        ("search=dao", vec!["Trần Thị Đào"]),
        ("search=%C4%91%C3%A0o", vec!["Trần Thị Đào"]),
        // Short words are beginnings; longer ones stand anywhere.
        ("search=n", vec!["Nguyễn Văn An"]),
        ("search=guye", vec!["Nguyễn Văn An"]),
        ("search=an", vec!["Nguyễn Văn An"]),
        ("search=doe%40example", vec!["John Doe"]),
        ("search=ohn_d", vec!["John Doe"]),
        ("search=0%25", vec![]),
        ("search=100%25", vec!["100% Cotton"]),
        ("search=%E6%9D%8E", vec!["李小龙"]),
        ("search=%2B84%20901%20234%20567", vec!["Nguyễn Văn An"]),
        ("search=0901234567", vec!["Nguyễn Văn An"]),
        ("search=4567", vec!["Nguyễn Văn An"]),
        ("search=1415", vec!["John Doe"]),
        ("search=nobody", vec![]),
    ];
    for (query, expected) in found {
        assert_eq!(names(&app, &owner, query).await?, expected, "{query}");
    }
    let renamed = json!({ "displayName": "Lê Thị Hoa" });
    let path = format!("{CONTACTS}/84907654321");
    app.ask(http::Method::PUT, &path, Some(&owner), Some(&renamed)).await?.data()?;
    assert_eq!(names(&app, &owner, "search=le%20hoa").await?, ["Lê Thị Hoa"]);
    assert!(names(&app, &owner, "search=dao").await?.is_empty());
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn contacts_are_filtered_by_tags_and_by_what_they_agreed_to(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    people(&app, &owner).await?;
    for (phone, is_in) in [("84901234567", true), ("14155550100", false)] {
        let path = format!("{CONTACTS}/{phone}/opt-in");
        app.ask(http::Method::PUT, &path, Some(&owner), Some(&json!({ "optedIn": is_in }))).await?.data()?;
    }
    let found = [
        ("tags=vip", vec!["Trần Thị Đào", "Nguyễn Văn An"]),
        ("tags=vip,gold", vec!["Nguyễn Văn An"]),
        ("tags=vip&tags=gold", vec!["Nguyễn Văn An"]),
        ("tags=Kh%C3%A1ch%20h%C3%A0ng%20quay%20l%E1%BA%A1i", vec!["李小龙"]),
        ("tags=VIP", vec![]),
        ("tags=gold&search=john", vec!["John Doe"]),
        ("optedIn=true", vec!["Nguyễn Văn An"]),
        ("optedIn=false", vec!["李小龙", "100% Cotton", "John Doe", "Trần Thị Đào"]),
        ("consent=marketing:withdrawn", vec!["John Doe"]),
        ("consent=marketing:none", vec!["李小龙", "100% Cotton", "Trần Thị Đào"]),
        ("consent=ai:granted", vec![]),
    ];
    for (query, expected) in found {
        assert_eq!(names(&app, &owner, query).await?, expected, "{query}");
    }
    for query in ["optedIn=maybe", "consent=marketing", "consent=x:granted", "optedIn=true&consent=ai:none", "tag=vip"]
    {
        assert_eq!(app.get(&format!("{CONTACTS}?{query}"), &owner).await?.failure()?.0, 422, "{query}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn contacts_are_filtered_by_account_shop_and_when_they_last_wrote(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let (one, other) =
        (app.account(&owner, Channel::WhatsApp, "2002").await?, app.account(&owner, Channel::WhatsApp, "2003").await?);
    for (account, phone) in [(one, "84901234567"), (other, "84907654321")] {
        app.thread(&owner, account, phone, clock::now()).await?;
    }
    sqlx::query("update contacts set last_interaction_at = now() - interval '3 days' where id = (select min(id::text)::uuid from contacts)")
        .execute(&app.pool)
        .await?;
    let count = async |query: String| -> anyhow::Result<usize> {
        Ok(app.get(&format!("{CONTACTS}?{query}"), &owner).await?.data()?.as_array().unwrap().len())
    };
    assert_eq!(count(String::new()).await?, 2);
    assert_eq!(count(format!("accountId={one}")).await?, 1);
    assert_eq!(count(format!("accountId={}", AccountId::new())).await?, 0);
    let day_ago = (clock::now() - TimeDelta::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert_eq!(count(format!("lastInteractionTo={day_ago}")).await?, 1);
    assert_eq!(count(format!("lastInteractionFrom={day_ago}")).await?, 0);
    let foreign = app.get(&format!("{CONTACTS}?shopId=nobodys"), &owner).await?;
    assert_eq!(foreign.failure()?, (403, "FORBIDDEN"));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn a_search_is_paged_by_skip_and_by_cursor_and_every_page_tells_the_same_total(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    for number in 0..7 {
        let body =
            json!({ "waId": format!("8490000000{number}"), "displayName": format!("An {number}"), "tags": ["seven"] });
        app.post(CONTACTS, &owner, &body).await?.data()?;
    }
    for filter in ["", "tags=seven&", "search=an&", "search=8490&"] {
        let second = app.get(&format!("{CONTACTS}?{filter}skip=3&take=3"), &owner).await?;
        let names: Vec<&Value> = second.data()?.as_array().unwrap().iter().map(|one| &one["displayName"]).collect();
        assert_eq!(names, ["An 3", "An 2", "An 1"], "{filter}");
        assert_eq!(second.body["pagination"]["page"], 2);
        let (mut seen, mut cursor) = (0, String::new());
        loop {
            let page = app.get(&format!("{CONTACTS}?{filter}take=3{cursor}"), &owner).await?;
            seen += page.data()?.as_array().unwrap().len();
            assert_eq!(page.body["pagination"]["total"], 7, "{filter}");
            let Some(next) = page.body["pagination"]["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(seen, 7, "{filter}");
    }
    app.stop().await
}

/// More than are walked, so that both ways of finding are taken.
#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn what_many_have_is_estimated_and_what_few_have_is_counted(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let many = "insert into contacts (id, merchant_id, display_name, tags, channels)
                select (lpad(to_hex(n), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid, $1,
                       case when n % 2000 = 1 then 'Rare bird' else 'Common bird' end,
                       case when n % 2 = 0 then '{even}'::text[] when n % 2000 = 1 then '{seldom}' else '{}' end,
                       '{whatsapp}'
                from generate_series(1, 12000) n";
    sqlx::query(many).bind(owner.merchant_id.0).execute(&app.pool).await?;
    sqlx::query(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
                 select merchant_id, 'phone', (84900000000 + row_number() over (order by id))::text,
                        '00000000-0000-0000-0000-000000000000', id from contacts",
    )
    .execute(&app.pool)
    .await?;
    let told = async |query: &str| -> anyhow::Result<(i64, bool, usize)> {
        let answer = app.get(&format!("{CONTACTS}?{query}"), &owner).await?;
        let pagination = &answer.body["pagination"];
        let is_estimate = pagination["totalIsEstimate"] == true;
        Ok((pagination["total"].as_i64().unwrap(), is_estimate, answer.data()?.as_array().unwrap().len()))
    };
    assert_eq!(told("").await?, (12_000, false, 20));
    assert_eq!(told("tags=even").await?, (6_000, true, 20));
    assert_eq!(told("tags=seldom").await?, (6, false, 6));
    assert_eq!(told("search=rare%20bird").await?, (6, false, 6));
    assert!(told("search=common").await?.1);
    assert_eq!(told("search=84900000007").await?, (1, false, 1));
    assert_eq!(told("skip=10000&take=5").await?, (12_000, false, 5));
    assert_eq!(told("skip=5990&tags=even").await?, (6_000, false, 10));
    // Counted by the rows that statements left behind, and the same once the janitor has folded them in.
    let mut worker = as_worker(&app.pool).acquire().await?;
    assert!(counts::fold(&mut worker, 1_000).await? > 0);
    assert_eq!(counts::fold(&mut worker, 1_000).await?, 0);
    assert_eq!(told("").await?, (12_000, false, 20));
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn the_functions_of_the_search_serve_the_merchant_they_are_bound_to_alone(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (owner, stranger) = (app.merchant().await?, app.merchant().await?);
    people(&app, &owner).await?;
    app.whatsapp_thread(&stranger).await?;
    let contacts = "select cardinality(ids) from search_contacts($1, 'whatsapp', null, null, null, null, null, null, null, null, 0, 20)";
    let conversations =
        "select cardinality(ids) from search_conversations($1, array(select id from accounts), '{open}', 'bot',
                         null, null, null, null, null, null, null, null, null, null, 0, 20)";
    let login = as_login(&app.pool);
    let found = async |bound: MerchantId, asked: MerchantId, query: &'static str| -> anyhow::Result<i32> {
        let mut transaction = pool::begin_for(&login, bound).await?;
        Ok(sqlx::query_scalar(query).bind(asked.0).fetch_one(&mut *transaction).await?)
    };
    assert_eq!(found(owner.merchant_id, owner.merchant_id, contacts).await?, 5);
    assert_eq!(found(stranger.merchant_id, stranger.merchant_id, conversations).await?, 1);
    for query in [contacts, conversations] {
        let refused = found(stranger.merchant_id, owner.merchant_id, query).await.unwrap_err();
        assert!(refused.to_string().contains("another merchant"), "{refused}");
        // Bound to nobody, it serves nobody.
        let mut conn = login.acquire().await?;
        assert!(sqlx::query(query).bind(owner.merchant_id.0).fetch_one(&mut *conn).await.is_err());
    }
    // Who owns them may read what they read, and no more; nobody but the API may call them.
    let owners: Vec<(String, bool, bool)> = sqlx::query_as(
        "select r.rolname::text, r.rolsuper or r.rolbypassrls or r.rolcanlogin, has_function_privilege('loa_worker', p.oid, 'execute')
         from pg_proc p join pg_roles r on r.oid = p.proowner
         where p.prosecdef and p.proname like 'search\\_%'",
    )
    .fetch_all(&app.pool)
    .await?;
    assert_eq!(owners, [("loa_search".to_owned(), false, false), ("loa_search".to_owned(), false, false)]);
    let writes = "select count(*) from information_schema.role_table_grants
                  where grantee = 'loa_search' and privilege_type <> 'SELECT'";
    assert_eq!(app.count(writes).await?, 0);
    app.stop().await
}

#[sqlx::test(migrator = "tests::MIGRATOR")]
async fn counts_equal_the_rows_whatever_happens_to_them(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.merchant().await?;
    let account = app.account(&owner, Channel::WhatsApp, "2002").await?;
    let mut threads = Vec::new();
    for number in 0..4 {
        threads.push(app.thread(&owner, account, &format!("8490000000{number}"), clock::now()).await?);
    }
    let mut worker = as_worker(&app.pool).acquire().await?;
    let path = |number: usize, what: &str| format!("/api/v1/whatsapp/conversations/{}/{what}", threads[number].id);
    app.post(&path(0, "close"), &owner, &json!({})).await?.data()?;
    app.post(&path(1, "close"), &owner, &json!({})).await?.data()?;
    counts::fold(&mut worker, 1_000).await?;
    app.post(&path(1, "reopen"), &owner, &json!({})).await?.data()?;
    let merge = format!("{CONTACTS}/84900000002/merge");
    app.post(&merge, &owner, &json!({ "contactId": "84900000003" })).await?.data()?;

    let differ = "with told as (
                      select subject, part, state, sum(n) as n from (
                          select subject, part, state, total as n from counts
                          union all select subject, part, state, delta from count_deltas) both_of_them
                      group by subject, part, state
                  ), real as (
                      select 'conversations' as subject, account_id as part, status as state, count(*) as n
                      from conversations where merged_into is null group by account_id, status
                      union all
                      select 'contacts', '00000000-0000-0000-0000-000000000000', channel, count(*)
                      from contacts cross join unnest(channels) channel
                      where merged_into is null and erased_at is null group by channel
                  )
                  select count(*) from told full join real using (subject, part, state)
                  where coalesce(told.n, 0) <> coalesce(real.n, 0)";
    assert_eq!(app.count(differ).await?, 0);
    counts::fold(&mut worker, 1_000).await?;
    assert_eq!(app.count(differ).await?, 0);
    let listed = app.get("/api/v1/whatsapp/conversations?status=open", &owner).await?;
    assert_eq!((listed.data()?.as_array().unwrap().len(), &listed.body["pagination"]["total"]), (2, &json!(2)));
    app.stop().await
}
