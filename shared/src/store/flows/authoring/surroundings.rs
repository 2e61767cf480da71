//! What a flow is checked against: no more of the merchant's than its document asks about.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::change::About;
use crate::domain::channel::Channel;
use crate::domain::ids::{FlowId, MerchantId, TeamId, TemplateId, UserId};
use crate::domain::notification::places;
use crate::flow::Document;
use crate::flow::check::{KnownFlow, KnownTemplate, OtherKeyword, Surroundings};
use crate::flow::definition::TriggerKind;
use crate::flow::trigger::Keyword;
use crate::store::error::StoreError;
use crate::store::{teams, users};

/// What `document`, of a flow of which `about` is said, is checked against.
pub async fn of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: Option<FlowId>,
    about: &About,
    document: &Document,
) -> Result<Surroundings, StoreError> {
    let asked = Asked::of(document);
    let mut surroundings = Surroundings { flow_id: flow, ..Surroundings::default() };
    surroundings.channels = channels(conn, merchant, about).await?;
    surroundings.templates = Some(templates(conn, merchant, &asked.template_ids, &asked.template_names).await?);
    if asked.flows {
        surroundings.flows = Some(flows(conn, merchant).await?);
    }
    if asked.keywords {
        surroundings.other_keywords = keywords(conn, merchant, flow, about).await?;
    }
    surroundings.teams = Some(teams::known_of(conn, merchant, &asked.teams).await?.into_iter().collect());
    surroundings.users = Some(users::change::known_of(conn, merchant, &asked.users).await?.into_iter().collect());
    Ok(surroundings)
}

/// What a document names that lies outside of it.
#[derive(Debug, Default)]
struct Asked {
    template_ids: Vec<Uuid>,
    template_names: Vec<String>,
    teams: Vec<TeamId>,
    users: Vec<UserId>,
    flows: bool,
    keywords: bool,
}

impl Asked {
    fn of(document: &Document) -> Self {
        let mut asked =
            Self { keywords: document.triggers.iter().any(|trigger| trigger.kind == "keyword"), ..Self::default() };
        for node in &document.nodes {
            let id = |value: Option<&Value>| value.and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
            match node.kind.as_str() {
                "send_message" | "ask" => {
                    let message = node.config.get("message").unwrap_or(&Value::Null);
                    asked.template_ids.extend(id(message.get("templateId")));
                    let name = message.get("name").and_then(Value::as_str).filter(|_| message["type"] == "template");
                    asked.template_names.extend(name.map(ToOwned::to_owned));
                }
                "handoff" => {
                    asked.teams.extend(id(node.config.get("teamId")).map(TeamId));
                    asked.users.extend(id(node.config.get("userId")).map(UserId));
                }
                "start_flow" => asked.flows = true,
                _ => {}
            }
        }
        asked
    }
}

/// The channel that is named, or those of the accounts that the flow works on.
async fn channels(conn: &mut PgConnection, merchant: MerchantId, about: &About) -> Result<Vec<Channel>, StoreError> {
    if let Some(channel) = about.channel {
        return Ok(vec![channel]);
    }
    let accounts: Vec<Uuid> = about.account_ids.iter().map(|account| account.0).collect();
    let names = sqlx::query_scalar!(
        "select distinct channel from accounts
         where merchant_id = $1 and status <> 'inactive' and ($2::uuid is null or shop_id = $2)
           and (cardinality($3::uuid[]) = 0 or id = any($3))",
        merchant.0,
        about.shop_id.map(Uuid::from),
        &accounts
    )
    .fetch_all(conn)
    .await?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

async fn templates(
    conn: &mut PgConnection,
    merchant: MerchantId,
    ids: &[Uuid],
    names: &[String],
) -> Result<Vec<KnownTemplate>, StoreError> {
    let rows = sqlx::query!(
        r#"select id, name, language, components, status = 'APPROVED' and held_reason is null as "is_approved!"
           from templates where merchant_id = $1 and (id = any($2) or name = any($3))"#,
        merchant.0,
        ids,
        names
    )
    .fetch_all(conn)
    .await?;
    let known = rows.into_iter().map(|row| KnownTemplate {
        id: TemplateId(row.id),
        name: row.name,
        language: row.language,
        places: row.components.as_ref().map(places_of),
        is_approved: row.is_approved,
    });
    Ok(known.collect())
}

/// The places of a template's words, each once.
fn places_of(components: &Value) -> Vec<String> {
    let parts = components.as_array().into_iter().flatten();
    let body = parts.filter(|part| part["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("body")));
    let mut found: Vec<String> = Vec::new();
    for place in body.filter_map(|part| part["text"].as_str()).flat_map(places) {
        if !found.iter().any(|known| known == place) {
            found.push(place.to_owned());
        }
    }
    found
}

async fn flows(conn: &mut PgConnection, merchant: MerchantId) -> Result<Vec<KnownFlow>, StoreError> {
    let rows = sqlx::query!(
        r#"select f.id, f.name, v.version is not null as "published!",
                  coalesce(jsonb_path_query_array(v.document, '$.nodes[*] ? (@.type == "start_flow").config.flowId'),
                           '[]') as "starts!"
           from flows f
           left join flow_versions v on v.flow_id = f.id and v.version = f.published_version and v.merchant_id = $1
           where f.merchant_id = $1 and f.deleted_at is null"#,
        merchant.0
    )
    .fetch_all(conn)
    .await?;
    let known = rows.into_iter().map(|row| KnownFlow {
        id: row.id.into(),
        name: row.name,
        published: row.published,
        starts: row.starts.as_array().into_iter().flatten().filter_map(|id| id.as_str()?.parse().ok()).collect(),
    });
    Ok(known.collect())
}

/// The keywords of other active flows that work on an account that this one works on too.
async fn keywords(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: Option<FlowId>,
    about: &About,
) -> Result<Vec<OtherKeyword>, StoreError> {
    let accounts: Vec<Uuid> = about.account_ids.iter().map(|account| account.0).collect();
    let rows = sqlx::query!(
        r#"select f.id, f.name, t.said->'config' as "config!"
           from flows f
           join flow_versions v on v.flow_id = f.id and v.version = f.published_version and v.merchant_id = $1
           cross join lateral jsonb_array_elements(v.document->'triggers') as t (said)
           where f.merchant_id = $1 and f.status = 'active' and f.deleted_at is null
             and f.id is distinct from $2 and t.said->>'type' = 'keyword' and t.said ? 'config'
             and ($3::text is null or f.channel is null or f.channel = $3)
             and ($4::uuid is null or f.shop_id is null or f.shop_id = $4)
             and (cardinality($5::uuid[]) = 0 or cardinality(f.account_ids) = 0 or f.account_ids && $5)
           order by f.id"#,
        merchant.0,
        flow.map(Uuid::from),
        about.channel.map(Channel::as_str),
        about.shop_id.map(Uuid::from),
        &accounts
    )
    .fetch_all(conn)
    .await?;
    let mut keywords = Vec::new();
    for row in rows {
        let kind = serde_json::from_value(json!({ "type": "keyword", "config": row.config }));
        if let Ok(TriggerKind::Keyword { matching, words }) = kind {
            let distinct: BTreeSet<Keyword> = words.iter().map(|word| Keyword::of(matching, word)).collect();
            keywords.extend(distinct.into_iter().map(|keyword| OtherKeyword {
                flow_id: row.id.into(),
                flow_name: row.name.clone(),
                keyword,
            }));
        }
    }
    Ok(keywords)
}
