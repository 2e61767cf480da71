//! What holds of claimed messages besides what their own rows say: looked up for all of them at once.

use shared::domain::consent::Purpose;
use shared::domain::message::{Author, Content};
use shared::store::outbox::Claimed;
use shared::store::{PgConnection, StoreError, barred, consents, holds};

use crate::send::attempt::Opened;
use crate::send::country;
use crate::send::gate::Circumstances;

/// Of each of `claimed`, in the same order.
pub(super) async fn look(
    conn: &mut PgConnection,
    opened: &Opened,
    claimed: &[Claimed],
) -> Result<Vec<Circumstances>, StoreError> {
    let mut circumstances = vec![Circumstances::default(); claimed.len()];
    if claimed.is_empty() {
        return Ok(circumstances);
    }
    look_at_consents(conn, claimed, &mut circumstances).await?;
    let barred = barred::of(conn, opened.id).await?;
    if !barred.is_empty() {
        for (one, found) in claimed.iter().zip(&mut circumstances) {
            found.country_barred = country::calling_code(&one.addresses).is_some_and(|code| barred.contains(&code));
        }
    }
    look_at_templates(conn, opened, claimed, &mut circumstances).await?;
    Ok(circumstances)
}

async fn look_at_consents(
    conn: &mut PgConnection,
    claimed: &[Claimed],
    circumstances: &mut [Circumstances],
) -> Result<(), StoreError> {
    for (author, purpose) in [(Author::Ai, Purpose::Ai), (Author::Campaign, Purpose::Marketing)] {
        let contacts: Vec<_> = claimed.iter().filter(|one| one.author == author).map(|one| one.contact_id).collect();
        if contacts.is_empty() {
            continue;
        }
        let gone = consents::withdrawn(conn, &contacts, purpose).await?;
        for (one, found) in claimed.iter().zip(&mut *circumstances) {
            found.withdrawn |= one.author == author && gone.contains(&one.contact_id);
        }
    }
    Ok(())
}

async fn look_at_templates(
    conn: &mut PgConnection,
    opened: &Opened,
    claimed: &[Claimed],
    circumstances: &mut [Circumstances],
) -> Result<(), StoreError> {
    let Some(business) = &opened.business_id else {
        return Ok(());
    };
    let templates: Vec<Option<(String, String)>> = claimed.iter().map(template).collect();
    let named: Vec<(String, String)> = templates.iter().flatten().cloned().collect();
    let held = holds::held_templates(conn, opened.channel, opened.merchant_id, business, &named).await?;
    for (template, found) in templates.iter().zip(circumstances) {
        found.template_held = template.as_ref().is_some_and(|template| held.contains(template));
    }
    Ok(())
}

/// Name and language, where it is one.
fn template(claimed: &Claimed) -> Option<(String, String)> {
    match &claimed.content {
        Some(Content::Template(template)) => Some((template.name.clone(), template.language.clone())),
        _ => None,
    }
}
