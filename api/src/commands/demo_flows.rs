//! The demo's flows: a new demo answers by itself, so that there is something to see.

use anyhow::Context;
use shared::domain::flow_status::FlowStatus;
use shared::domain::ids::{AccountId, FlowId, MerchantId};
use shared::flow::definition::Localised;
use shared::flow::ready::{self, Ready};
use shared::store::PgConnection;
use shared::store::accounts::settings;
use shared::store::flows::authoring::change::{self, About, NewFlow};
use shared::store::flows::authoring::{read, versions};
use shared::store::users::User;

const NAMES: [&str; 2] = ["welcome", "faq_menu"];

/// Lets flows answer on a number that was just connected. The merchant gets the ready ones where it has no flow.
pub(super) async fn add(conn: &mut PgConnection, owner: &User, account: AccountId) -> anyhow::Result<()> {
    let merchant = owner.merchant_id;
    let answers = settings::Change { auto_reply_enabled: Some(true), ..settings::Change::default() };
    settings::change(conn, merchant, account, &answers).await?;
    if read::count(conn, merchant, &read::Filter::default()).await? > 0 {
        return Ok(());
    }
    for name in NAMES {
        let flow = ready::find(name).with_context(|| format!("there is no ready flow `{name}`"))?;
        activate(conn, merchant, owner, flow).await?;
    }
    Ok(())
}

async fn activate(conn: &mut PgConnection, merchant: MerchantId, owner: &User, ready: &Ready) -> anyhow::Result<()> {
    let (id, document) = (FlowId::new(), ready.document());
    let about =
        About { name: english(&ready.title), description: Some(english(&ready.description)), ..About::default() };
    let new = NewFlow { id, about: &about, draft: &document, made_from: Some(ready.name), created_by: Some(owner.id) };
    change::insert(conn, merchant, &[new]).await?;
    let version = versions::publish(conn, merchant, id, &document, None, Some(owner.id)).await?;
    change::switch(conn, merchant, id, FlowStatus::Active, Some(version)).await?;
    Ok(())
}

fn english(text: &Localised) -> String {
    match text {
        Localised::One(text) => text.clone(),
        Localised::Several(texts) => texts.get("en").cloned().unwrap_or_default(),
    }
}
