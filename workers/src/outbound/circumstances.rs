//! What holds of claimed messages besides what their own rows say: looked up for all of them at once.

use shared::domain::consent::Purpose;
use shared::domain::message::{Author, Content};
use shared::store::holds::{self, Held, HoldScope};
use shared::store::outbox::Claimed;
use shared::store::{PgConnection, StoreError, barred, consents};

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
    let templates: Vec<Option<String>> = claimed.iter().map(|one| template(opened, one)).collect();
    let named: Vec<String> = templates.iter().flatten().cloned().collect();
    let held = holds::held(conn, HoldScope::Template, opened.channel, &named).await?;
    for (name, found) in templates.iter().zip(&mut circumstances) {
        found.template_held = name.as_ref().is_some_and(|name| held.contains(name));
    }
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

fn template(opened: &Opened, claimed: &Claimed) -> Option<String> {
    let Some(Content::Template(template)) = &claimed.content else {
        return None;
    };
    let business = opened.business_id.as_deref()?;
    Some(Held::template(opened.channel, business, &template.name, &template.language).subject)
}
