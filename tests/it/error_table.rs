//! Every error code of WhatsApp: what the platform was told to answer, what Loa did. Once as the answer to
//! the send, once as the `failed` status that follows an acceptance.

use shared::channels::whatsapp::error::TABLE;
use shared::domain::ids::{AccountId, ContactId, ConversationId};
use shared::domain::message::Author;
use simulator::Fault;
use sqlx::PgPool;
use tests::{MIGRATOR, TestApp};
use uuid::Uuid;

mod expected;

use expected::{Case, EXPECTED, Fate};

/// How an error reaches Loa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Answer,
    Status,
}

/// What is there after an error.
#[derive(Debug, sqlx::FromRow)]
struct Seen {
    status: String,
    waits: Option<f64>,
    others_pass: Option<bool>,
    holds: Vec<String>,
    hold_seconds: Vec<Option<f64>>,
    account: String,
    events: i64,
    audits: i64,
    withdrawn: bool,
    strikes: i16,
    barred: Vec<i16>,
}

struct Thread {
    account: AccountId,
    conversation: ConversationId,
    contact: ContactId,
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn every_code_brings_what_the_table_says(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApp::start(pool).await?;
    let threads = threads(&app, EXPECTED.len() * 2).await?;
    let mut wrong = Vec::new();
    println!("{:>9}  {:<8} {:<52} what Loa did", "code", "as", "meaning");
    for (case, pair) in EXPECTED.iter().zip(threads.chunks_exact(2)) {
        for (way, thread) in [Way::Answer, Way::Status].into_iter().zip(pair) {
            let seen = meet(&app, case, way, thread).await?;
            let meaning = TABLE.iter().find(|rule| rule.codes.contains(&case.code)).map_or("", |rule| rule.meaning);
            println!("{:>9}  {:<8} {meaning:<52.52} {}", case.code, format!("{way:?}").to_lowercase(), told(&seen));
            if let Err(why) = check(case, way, &seen) {
                wrong.push(format!("{} as {way:?}: {why}; {seen:?}", case.code));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    app.stop().await
}

#[test]
fn the_table_of_the_test_holds_every_code() {
    for rule in TABLE {
        let first = rule.codes.start();
        assert!(EXPECTED.iter().any(|case| case.code == *first), "{first} is not expected");
    }
}

/// Lets one message of a thread meet the error, and looks.
async fn meet(app: &TestApp, case: &Case, way: Way, thread: &Thread) -> anyhow::Result<Seen> {
    forget(app).await?;
    app.platform.clear_faults();
    app.platform.fail_next(
        1,
        match way {
            Way::Answer => Fault::Refuse { code: case.code, http_status: case.http_status },
            Way::Status => Fault::FailLater { code: case.code },
        },
    );
    let Thread { account, conversation, contact } = *thread;
    let id = app.queue_from(account, conversation, contact, Author::Agent, "hello").await?;
    sqlx::query("update outbox set campaign_id = $1").bind(Uuid::nil()).execute(&app.db).await?;
    app.wake_sender().await?;
    app.send().await?;
    app.platform.flush().await;
    app.track().await?;
    let seen = sqlx::query_as(
        "select m.status::text as status,
                (select extract(epoch from o.not_before - m.attempted_at)::float8 from outbox o) as waits,
                (select not o.in_order from outbox o) as others_pass,
                array(select scope from send_holds order by scope) as holds,
                array(select extract(epoch from until - m.attempted_at)::float8 from send_holds order by scope)
                    as hold_seconds,
                (select status from accounts where id = m.account_id) as account,
                (select count(*) from account_events where field = 'send_refused') as events,
                (select count(*) from audit_entries where action = 'account.refused') as audits,
                exists (select 1 from consents c where c.contact_id = m.contact_id and not c.granted
                          and c.source = 'platform' and c.purpose = 'marketing') as withdrawn,
                (select undeliverable_strikes from contacts where id = m.contact_id) as strikes,
                array(select calling_code from barred_countries) as barred
         from messages m where m.id = $1",
    )
    .bind(id.0)
    .fetch_one(&app.db)
    .await?;
    Ok(seen)
}

fn check(case: &Case, way: Way, seen: &Seen) -> Result<(), String> {
    let within = |seconds: f64, least: u32| {
        let least = f64::from(least);
        seconds >= least - 0.1 && seconds <= least * 1.5 + 2.0
    };
    let fate_fits = match (way, case.fate) {
        (Way::Status, Fate::Days) => seen.status == "failed" && seen.waits.is_some_and(|waits| within(waits, 86_400)),
        (Way::Status, _) | (Way::Answer, Fate::Failed) => seen.status == "failed" && seen.waits.is_none(),
        (Way::Answer, Fate::Waits(least)) => {
            seen.status == "sending" && seen.waits.is_some_and(|waits| within(waits, least))
        }
        (Way::Answer, Fate::Days) => {
            seen.waits.is_some_and(|waits| within(waits, 86_400)) && seen.others_pass == Some(true)
        }
    };
    let expect = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    expect(fate_fits, "the message")?;
    // A status knows of no campaign: the row of the outbox that did is gone.
    let hold = case.hold.filter(|(scope, _)| way == Way::Answer || *scope != "campaign");
    let hold_fits = match (hold, &seen.holds[..], &seen.hold_seconds[..]) {
        (None, [], []) => true,
        (Some((scope, 0)), [on], [None]) => scope == on,
        (Some((scope, least)), [on], [Some(seconds)]) => scope == on && within(*seconds, least),
        _ => false,
    };
    expect(hold_fits, "the hold")?;
    let refused = i64::from(case.refused);
    expect((seen.account == "error") == case.refused, "the account")?;
    expect((seen.events, seen.audits) == (refused, refused), "the account's news and the audit")?;
    expect(seen.withdrawn == (case.also == "withdrawn"), "the consent")?;
    expect((seen.strikes == 1) == (case.also == "strike"), "the strike")?;
    expect((seen.barred == [84]) == (case.also == "barred"), "the country")
}

/// In words.
fn told(seen: &Seen) -> String {
    let mut words = vec![match seen.waits {
        Some(waits) => format!("{} waits {waits:.0} s", seen.status),
        None => seen.status.clone(),
    }];
    words.extend(seen.others_pass.filter(|pass| *pass).map(|_| "others pass".to_owned()));
    for (scope, seconds) in seen.holds.iter().zip(&seen.hold_seconds) {
        words.push(seconds.map_or(format!("{scope} stopped"), |seconds| format!("{scope} held {seconds:.0} s")));
    }
    words.extend((seen.account == "error").then(|| "account refused, event, audit".to_owned()));
    words.extend(seen.withdrawn.then(|| "marketing withdrawn".to_owned()));
    words.extend((seen.strikes > 0).then(|| "strike".to_owned()));
    words.extend(seen.barred.first().map(|code| format!("country {code} barred")));
    words.join("; ")
}

/// Customers who have written, each with a thread of their own.
async fn threads(app: &TestApp, count: usize) -> anyhow::Result<Vec<Thread>> {
    let rows = tests::threads::threads(app, count).await?;
    let thread = |(account, conversation, contact): tests::threads::Thread| Thread {
        account: account.into(),
        conversation: conversation.into(),
        contact: contact.into(),
    };
    Ok(rows.into_iter().map(thread).collect())
}

/// As if nothing had gone wrong before.
async fn forget(app: &TestApp) -> anyhow::Result<()> {
    for sql in [
        "delete from outbox",
        "delete from send_holds",
        "delete from account_events",
        "delete from audit_entries",
        "delete from barred_countries",
        "update accounts set status = 'active', status_reason = null",
    ] {
        sqlx::query(sql).execute(&app.db).await?;
    }
    Ok(())
}
