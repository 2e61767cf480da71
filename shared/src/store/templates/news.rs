//! News of templates, applied: the newest stands, in any order and however often they come.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{MerchantId, TemplateId};
use crate::domain::platform_news::{Hold, TemplateNews, TemplateRecord, TemplateRef, TemplateStatus, Told};
use crate::store::error::StoreError;
use crate::store::templates::holds;

/// Something told of a template.
#[derive(Clone, Copy, Debug)]
pub struct TemplateTold<'a> {
    /// Whose.
    pub merchant_id: MerchantId,
    /// The WhatsApp business account it belongs to.
    pub business_id: &'a str,
    /// Which.
    pub template: &'a TemplateRef,
    /// What.
    pub news: &'a TemplateNews,
    /// When, by the platform's clock.
    pub at: DateTime<Utc>,
}

/// A template's own key: merchant, business account, name, language.
type Key = (Uuid, String, String, String);

/// Applies `told`; for each, whether it changed anything. News that name a template by its id alone change
/// one that is known by that id.
pub async fn apply(conn: &mut PgConnection, told: &[TemplateTold<'_>]) -> Result<Vec<bool>, StoreError> {
    let keys = keys(conn, told).await?;
    let mut wanted: Vec<&Key> = keys.iter().flatten().collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(vec![false; told.len()]);
    }
    add_unknown(conn, &wanted).await?;
    let before = lock(conn, &wanted).await?;
    let mut after = before.clone();
    let mut changed = Vec::with_capacity(told.len());
    for (told, key) in told.iter().zip(&keys) {
        let template = key.as_ref().and_then(|key| after.get_mut(key));
        let heard = template
            .is_some_and(|(_, template)| template.hear(told.template.platform_id.as_deref(), told.news, told.at));
        changed.push(heard);
    }
    let mut written = Vec::new();
    for (key, (id, template)) in &after {
        let was = &before[key].1;
        if was != template {
            written.push(Written::of(*id, template, was.hold.value != template.hold.value));
        }
    }
    write(conn, &written).await?;
    Ok(changed)
}

/// The key of each template told of; none where it is not known which it is.
async fn keys(conn: &mut PgConnection, told: &[TemplateTold<'_>]) -> Result<Vec<Option<Key>>, StoreError> {
    let mut by_id = known_by_id(conn, told).await?;
    let named = |told: &TemplateTold<'_>| {
        let (name, language) = told.template.name.clone()?;
        Some((told.merchant_id.0, told.business_id.to_owned(), name, language))
    };
    for told in told {
        if let (Some(key), Some(id)) = (named(told), &told.template.platform_id) {
            by_id.insert((told.merchant_id.0, told.business_id.to_owned(), id.clone()), key);
        }
    }
    let found = |told: &TemplateTold<'_>| {
        let id = told.template.platform_id.clone()?;
        by_id.get(&(told.merchant_id.0, told.business_id.to_owned(), id)).cloned()
    };
    Ok(told.iter().map(|told| named(told).or_else(|| found(told))).collect())
}

async fn known_by_id(
    conn: &mut PgConnection,
    told: &[TemplateTold<'_>],
) -> Result<HashMap<(Uuid, String, String), Key>, StoreError> {
    let nameless = told.iter().filter(|told| told.template.name.is_none());
    let ids: Vec<String> = nameless.filter_map(|told| told.template.platform_id.clone()).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"select merchant_id, business_id, platform_id as "platform_id!", name, language from templates
           where platform_id = any($1)"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = (row.merchant_id, row.business_id.clone(), row.name, row.language);
            ((row.merchant_id, row.business_id, row.platform_id), key)
        })
        .collect())
}

async fn add_unknown(conn: &mut PgConnection, keys: &[&Key]) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = keys.iter().map(|_| TemplateId::new().0).collect();
    let (merchants, businesses, names, languages) = columns(keys);
    sqlx::query!(
        "insert into templates (id, merchant_id, business_id, name, language, status)
         select id, merchant_id, business_id, name, language, $6
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
              as new (id, merchant_id, business_id, name, language)
         on conflict (merchant_id, business_id, name, language) do nothing",
        &ids,
        &merchants,
        &businesses,
        &names,
        &languages,
        TemplateRecord::UNKNOWN
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn lock(
    conn: &mut PgConnection,
    keys: &[&Key],
) -> Result<BTreeMap<Key, (TemplateId, TemplateRecord)>, StoreError> {
    let (merchants, businesses, names, languages) = columns(keys);
    let rows = sqlx::query!(
        "select id, merchant_id, business_id, name, language, platform_id, platform_id_at, status, reason, status_at,
                held_reason, held_until, held_at, quality, quality_at, category, category_at, next_category, next_category_at,
                components, components_at
         from templates
         where (merchant_id, business_id, name, language)
               in (select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]))
         order by merchant_id, business_id, name, language
         for update",
        &merchants,
        &businesses,
        &names,
        &languages
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let status = TemplateStatus { word: row.status, reason: row.reason };
            let hold = match row.held_reason {
                None => Hold::None,
                Some(reason) => Hold::Held { until: row.held_until, reason },
            };
            let components = row.components.map(|parts| parts.to_string());
            let template = TemplateRecord {
                platform_id: Told { value: row.platform_id, at: row.platform_id_at },
                status: Told { value: status, at: row.status_at },
                hold: Told { value: hold, at: row.held_at },
                quality: Told { value: row.quality, at: row.quality_at },
                category: Told { value: row.category, at: row.category_at },
                next_category: Told { value: row.next_category, at: row.next_category_at },
                components: Told { value: components, at: row.components_at },
            };
            ((row.merchant_id, row.business_id, row.name, row.language), (row.id.into(), template))
        })
        .collect())
}

/// A template as its row is written.
#[derive(Serialize)]
struct Written<'a> {
    id: Uuid,
    platform_id: Option<&'a str>,
    platform_id_at: Option<DateTime<Utc>>,
    status: &'a str,
    reason: Option<&'a str>,
    status_at: Option<DateTime<Utc>>,
    held_reason: Option<&'a str>,
    held_until: Option<DateTime<Utc>>,
    held_at: Option<DateTime<Utc>>,
    quality: Option<&'a str>,
    quality_at: Option<DateTime<Utc>>,
    category: Option<&'a str>,
    category_at: Option<DateTime<Utc>>,
    next_category: Option<&'a str>,
    next_category_at: Option<DateTime<Utc>>,
    components: Option<Value>,
    components_at: Option<DateTime<Utc>>,
    /// Whether its hold is another than before.
    #[serde(skip)]
    hold_changed: bool,
}

impl<'a> Written<'a> {
    fn of(id: TemplateId, template: &'a TemplateRecord, hold_changed: bool) -> Self {
        let (held_reason, held_until) = match &template.hold.value {
            Hold::None => (None, None),
            Hold::Held { until, reason } => (Some(reason.as_str()), *until),
        };
        let components = template.components.value.as_deref();
        Self {
            id: id.0,
            platform_id: template.platform_id.value.as_deref(),
            platform_id_at: template.platform_id.at,
            status: &template.status.value.word,
            reason: template.status.value.reason.as_deref(),
            status_at: template.status.at,
            held_reason,
            held_until,
            held_at: template.hold.at,
            quality: template.quality.value.as_deref(),
            quality_at: template.quality.at,
            category: template.category.value.as_deref(),
            category_at: template.category.at,
            next_category: template.next_category.value.as_deref(),
            next_category_at: template.next_category.at,
            components: components.and_then(|parts| serde_json::from_str(parts).ok()),
            components_at: template.components.at,
            hold_changed,
        }
    }
}

async fn write(conn: &mut PgConnection, written: &[Written<'_>]) -> Result<(), StoreError> {
    if written.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_value(written)
        .map_err(|error| StoreError::Corrupt { table: "templates", problem: error.to_string() })?;
    sqlx::query!(
        "update templates t
         set platform_id = new.platform_id, platform_id_at = new.platform_id_at, status = new.status,
             reason = new.reason, status_at = new.status_at, held_reason = new.held_reason, held_until = new.held_until,
             held_at = new.held_at, quality = new.quality, quality_at = new.quality_at, category = new.category,
             category_at = new.category_at, next_category = new.next_category,
             next_category_at = new.next_category_at, components = new.components,
             components_at = new.components_at, updated_at = now()
         from jsonb_to_recordset($1)
              as new (id uuid, platform_id text, platform_id_at timestamptz, status text, reason text,
                      status_at timestamptz, held_reason text, held_until timestamptz, held_at timestamptz, quality text,
                      quality_at timestamptz, category text, category_at timestamptz, next_category text,
                      next_category_at timestamptz, components jsonb, components_at timestamptz)
         where t.id = new.id",
        rows
    )
    .execute(&mut *conn)
    .await?;
    let of_new_hold = written.iter().filter(|one| one.hold_changed);
    let (held, free): (Vec<&Written<'_>>, Vec<&Written<'_>>) = of_new_hold.partition(|one| one.held_reason.is_some());
    let ids = |list: Vec<&Written<'_>>| list.into_iter().map(|one| one.id).collect::<Vec<Uuid>>();
    holds::hold(conn, &ids(held)).await?;
    holds::release(conn, &ids(free)).await
}

fn columns(keys: &[&Key]) -> (Vec<Uuid>, Vec<String>, Vec<String>, Vec<String>) {
    (
        keys.iter().map(|key| key.0).collect(),
        keys.iter().map(|key| key.1.clone()).collect(),
        keys.iter().map(|key| key.2.clone()).collect(),
        keys.iter().map(|key| key.3.clone()).collect(),
    )
}
