//! A flow that never ends, for runs that look at how flows are stepped: two questions by turns, each quoting the
//! answer before it. So what came of every answer can be read off the questions.

mod count;
mod rows;

use serde_json::{Value, json};
use shared::domain::ids::FlowId;
use sqlx::PgPool;
use uuid::Uuid;

pub use count::Count;

/// A message that begins with this begins the flow.
pub const BEGINNING: &str = "message";
/// What the first question quotes.
const NOTHING: &str = "nothing";

/// Makes the dialogue the merchant's one flow, answered on every account, and has every message that is queued noted
/// in its order. `db` sees every row.
pub async fn install(db: &PgPool) -> anyhow::Result<()> {
    activate(db, &document()).await
}

/// The same for a flow that only waits: two hours long, then it says a word.
pub async fn install_wait(db: &PgPool) -> anyhow::Result<()> {
    let flow = json!({
        "format": 1,
        "language": "en",
        "triggers": [{ "type": "keyword", "config": { "match": "starts_with", "words": [BEGINNING] } }],
        "nodes": [
            { "id": "wait", "type": "wait", "config": { "duration": 7_200 } },
            { "id": "say", "type": "send_message", "config": { "message": { "type": "text", "body": "Now." } } },
            { "id": "over", "type": "end" },
        ],
        "edges": [{ "from": "wait", "to": "say" }, { "from": "say", "to": "over" }],
    });
    activate(db, &flow).await
}

async fn activate(db: &PgPool, document: &Value) -> anyhow::Result<()> {
    let merchant: Uuid = sqlx::query_scalar("select id from merchants").fetch_one(db).await?;
    let flow = FlowId::new().0;
    let mut transaction = db.begin().await?;
    sqlx::query("update accounts set auto_reply_enabled = true").execute(&mut *transaction).await?;
    sqlx::query("update flows set status = 'inactive'").execute(&mut *transaction).await?;
    sqlx::query("insert into flows (id, merchant_id, name, draft) values ($1, $2, 'Load', $3)")
        .bind(flow)
        .bind(merchant)
        .bind(document)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("insert into flow_versions (flow_id, version, merchant_id, document) values ($1, 1, $2, $3)")
        .bind(flow)
        .bind(merchant)
        .bind(document)
        .execute(&mut *transaction)
        .await?;
    sqlx::query("update flows set status = 'active', published_version = 1 where id = $1")
        .bind(flow)
        .execute(&mut *transaction)
        .await?;
    // Rows of the outbox go when they are sent; these stay.
    sqlx::raw_sql(
        "create unlogged table queued_messages (
             seq bigint generated always as identity, message_id uuid not null, conversation_id uuid not null
         );
         create function note_queued() returns trigger language plpgsql security definer as $$
         begin
             insert into queued_messages (message_id, conversation_id)
             select message_id, conversation_id from added order by seq;
             return null;
         end
         $$;
         create trigger note_queued after insert on outbox referencing new table as added
             for each statement execute function note_queued();",
    )
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Six nodes, of which an answer passes three or four.
fn document() -> Value {
    let ask = |id: &str, number: u32| {
        let body = format!("{number}: {{{{variables.said | default(\"{NOTHING}\")}}}}");
        json!({ "id": id, "type": "ask", "config": {
            "message": { "type": "text", "body": body },
            "answer": { "type": "text" },
            "variable": "said",
            "again": { "times": 0 },
            "timeout": 86_400,
        } })
    };
    let leaves = json!({ "field": "variables.said", "operator": "starts_with", "value": "leave" });
    json!({
        "format": 1,
        "language": "en",
        "triggers": [{ "type": "keyword", "config": { "match": "starts_with", "words": [BEGINNING] } }],
        "nodes": [
            ask("first", 1),
            { "id": "route", "type": "condition", "config": { "branches": [{ "name": "leave", "when": leaves }] } },
            { "id": "split", "type": "ab_split", "config": {
                "arms": [{ "name": "a", "weight": 1 }, { "name": "b", "weight": 1 }],
            } },
            ask("second", 2),
            { "id": "back", "type": "jump", "config": { "to": "first" } },
            { "id": "over", "type": "end" },
        ],
        "edges": [
            { "from": "first", "outlet": "answered", "to": "route" },
            { "from": "first", "outlet": "failed", "to": "over" },
            { "from": "first", "outlet": "timed_out", "to": "over" },
            { "from": "route", "outlet": "leave", "to": "over" },
            { "from": "route", "outlet": "else", "to": "split" },
            { "from": "split", "outlet": "a", "to": "second" },
            { "from": "split", "outlet": "b", "to": "second" },
            { "from": "second", "outlet": "answered", "to": "back" },
            { "from": "second", "outlet": "failed", "to": "over" },
            { "from": "second", "outlet": "timed_out", "to": "over" },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::flow::Document;

    #[test]
    fn it_is_a_document() {
        let document: Document = serde_json::from_value(document()).unwrap();
        assert_eq!(document.nodes.len(), 6);
    }
}
