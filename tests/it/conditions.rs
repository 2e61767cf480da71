//! Conditions: what holds in memory holds in PostgreSQL, of random contacts and random conditions.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use shared::domain::condition::{Condition, Operator, Parameter, Sql};
use shared::domain::consent::Purpose;
use shared::domain::ids::{ContactId, MerchantId};
use shared::flow::world::ContactFacts;
use sqlx::PgPool;
use uuid::Uuid;

const CONTACTS: usize = 120;
const CONDITIONS: usize = 1500;

/// Few enough that conditions and contacts meet, and each with something that the two sides might see differently.
const WORDS: [&str; 22] = [
    "Nguyễn Thị Lan",
    "NGUYEN THI LAN",
    "đường",
    "ĐƯỜNG",
    "Ünïcödé",
    "Привет ЁЖИК",
    "ΑΒΓ άλφα",
    "李小龙",
    "007",
    "7",
    "12.50",
    "-3",
    "true",
    "false",
    "2026-11-01",
    "2026-11-21T08:00:00Z",
    "2026-11-21T08:00:00.999Z",
    "a.b*c",
    "x\ny",
    "50% _off\\",
    "İstanbul ſ ß",
    "'; drop table contacts; --",
];
const PATTERNS: [&str; 16] = [
    "^[a-z]+$",
    "\\d+",
    "^\\d{1,3}$",
    "a.b",
    "a\\.b",
    "(Lan|LAN)$",
    "x.y",
    "[^a]",
    "^$",
    "\\s",
    "đ",
    "(ab)*",
    "_|%",
    "\\w{3,}$",
    "<|>|&",
    "[\\]\\-^]",
];

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned)
}

fn some_word() -> impl Strategy<Value = Option<String>> {
    prop_oneof![2 => Just(None), 1 => Just(Some(String::new())), 7 => word().prop_map(Some)]
}

fn now() -> DateTime<Utc> {
    "2026-11-21T08:00:00Z".parse().unwrap()
}

fn moment() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    prop_oneof![
        Just(None),
        prop::sample::select(vec![0, 1, -1, 86_400_000_000, -86_400_000_000, -1_728_000_000_000])
            .prop_map(|micros| Some(now() + TimeDelta::microseconds(micros))),
    ]
}

fn plain() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => word().prop_map(Value::from),
        3 => prop::sample::select(vec![json!(7), json!(7.0), json!(12.5), json!(-3), json!(0), json!(-0.0), json!(1e20), json!(9_007_199_254_740_993_i64)]),
        1 => any::<bool>().prop_map(Value::from),
    ]
}

fn attribute() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => plain(),
        1 => prop::sample::select(vec![json!(null), json!(""), json!([]), json!({}), json!([[]])]),
        2 => prop::collection::vec(plain(), 0..3).prop_map(Value::from),
        2 => plain().prop_map(|value| json!({ "y": value, "z": { "y": value } })),
    ]
}

fn contact() -> impl Strategy<Value = ContactFacts> {
    let texts = prop::collection::vec(some_word(), 6);
    let known =
        (texts, prop::collection::btree_set(word(), 0..3), prop::collection::btree_map("[xy]", attribute(), 0..3));
    let consents = prop::collection::btree_map(prop::sample::select(Purpose::ALL.to_vec()), any::<bool>(), 0..3);
    let phone = prop::option::of(prop::sample::select(vec!["84912345678", "7", "007"]));
    (known, consents, phone, prop::collection::vec(moment(), 2)).prop_map(
        |((texts, tags, attributes), consents, phone, moments)| {
            let text = |at: usize| texts[at].clone();
            ContactFacts {
                id: None,
                name: text(0),
                username: text(1),
                phone: phone.map(str::to_owned),
                email: text(2),
                locale: text(3),
                timezone: texts[4].as_ref().map(|_| "Asia/Ho_Chi_Minh".parse().unwrap()),
                source: Some(text(5).unwrap_or_default()),
                tags,
                attributes: Map::from_iter(attributes),
                consents,
                first_interaction_at: moments[0],
                last_interaction_at: moments[1],
                created_at: Some(now()),
            }
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        5 => plain(),
        2 => prop::collection::vec(plain(), 1..4).prop_map(Value::from),
        2 => prop::sample::select(PATTERNS.to_vec()).prop_map(Value::from),
        2 => prop::sample::select(vec!["now", "now-1d", "now+24h", "2026-11-21", "Lan", "lan", "thi", "привет", "άλφα", "granted", "+84912345678"])
            .prop_map(Value::from),
        1 => Just(Value::Null),
    ]
}

fn question() -> impl Strategy<Value = Value> {
    let fields = vec![
        "name",
        "username",
        "phone",
        "email",
        "locale",
        "timezone",
        "source",
        "tags",
        "attributes.x",
        "attributes.y",
        "attributes.x.y",
        "attributes.x.z.y",
        "consent.marketing",
        "consent.ai",
        "firstInteractionAt",
        "lastInteractionAt",
        "createdAt",
    ];
    (prop::sample::select(fields), prop::sample::select(Operator::ALL.to_vec()), value())
        .prop_map(|(field, operator, value)| json!({ "field": field, "operator": operator, "value": value }))
        .prop_filter("it can be asked", |question| {
            serde_json::from_value::<Condition>(question.clone())
                .is_ok_and(|condition| condition.check(false).is_empty())
        })
}

fn condition() -> impl Strategy<Value = Condition> {
    let tree = question().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|all| json!({ "all": all })),
            prop::collection::vec(inner.clone(), 0..3).prop_map(|any| json!({ "any": any })),
            inner.prop_map(|not| json!({ "not": not })),
        ]
    });
    tree.prop_map(|json| serde_json::from_value(json).unwrap())
}

#[sqlx::test(migrator = "shared::store::migrate::MIGRATOR")]
async fn memory_and_sql_agree_on_every_contact(pool: PgPool) -> anyhow::Result<()> {
    let merchant = tests::merchant::add(&pool, "conditions").await?;
    let mut runner = TestRunner::deterministic();
    let mut contacts = BTreeMap::new();
    for _ in 0..CONTACTS {
        let contact = contact().new_tree(&mut runner).unwrap().current();
        contacts.insert(insert(&pool, merchant.id, &contact).await?, contact);
    }
    let (mut held, mut asked) = (0, 0);
    for _ in 0..CONDITIONS {
        let condition = condition().new_tree(&mut runner).unwrap().current();
        let sql = condition.to_sql(2, now()).unwrap();
        let found = find(&pool, merchant.id, &sql).await?;
        for (id, contact) in &contacts {
            let holds = condition.holds(&contact.at(now()));
            assert_eq!(found.contains(id), holds, "{} of {contact:#?}\n{}", json!(condition), sql.text);
            asked += 1;
            held += usize::from(holds);
        }
    }
    assert!(held > asked / 20 && held < asked / 20 * 19, "{held} of {asked} hold: they tell little");
    Ok(())
}

async fn insert(pool: &PgPool, merchant: MerchantId, contact: &ContactFacts) -> anyhow::Result<Uuid> {
    let id = ContactId::new().0;
    sqlx::query(
        "insert into contacts (id, merchant_id, display_name, username, email, locale, timezone, source, tags, attributes,
                               first_interaction_at, last_interaction_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(id)
    .bind(merchant.0)
    .bind(&contact.name)
    .bind(&contact.username)
    .bind(&contact.email)
    .bind(&contact.locale)
    .bind(contact.timezone.map(|zone| zone.to_string()))
    .bind(&contact.source)
    .bind(contact.tags.iter().cloned().collect::<Vec<_>>())
    .bind(Value::Object(contact.attributes.clone()))
    .bind(contact.first_interaction_at)
    .bind(contact.last_interaction_at)
    .bind(contact.created_at)
    .execute(pool)
    .await?;
    if let Some(phone) = &contact.phone {
        // One number is one contact's; here it has a scope for each.
        sqlx::query(
            "insert into identities (merchant_id, kind, value, scope, contact_id) values ($1, 'phone', $2, $3, $3)",
        )
        .bind(merchant.0)
        .bind(phone)
        .bind(id)
        .execute(pool)
        .await?;
    }
    for (purpose, granted) in &contact.consents {
        // What was said before counts no more.
        for (granted, at) in [(!granted, now() - TimeDelta::days(1)), (*granted, now())] {
            sqlx::query(
                "insert into consents (id, merchant_id, contact_id, purpose, granted, source, at)
                 values (gen_random_uuid(), $1, $2, $3, $4, 'api', $5)",
            )
            .bind(merchant.0)
            .bind(id)
            .bind(purpose.as_str())
            .bind(granted)
            .bind(at)
            .execute(pool)
            .await?;
        }
    }
    Ok(id)
}

async fn find(pool: &PgPool, merchant: MerchantId, sql: &Sql) -> anyhow::Result<Vec<Uuid>> {
    let text = format!("select c.id from contacts c where c.merchant_id = $1 and ({})", sql.text);
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(text)).bind(merchant.0);
    for parameter in &sql.parameters {
        query = match parameter {
            Parameter::Text(text) => query.bind(text),
            Parameter::Texts(texts) => query.bind(texts),
            Parameter::Number(number) => query.bind(number),
            Parameter::Numbers(numbers) => query.bind(numbers),
            Parameter::Truth(truth) => query.bind(truth),
            Parameter::Moment(at) => query.bind(at),
        };
    }
    query.fetch_all(pool).await.map_err(|error| anyhow::anyhow!("{error}: {sql:?}"))
}
