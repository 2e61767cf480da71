//! What holds of claimed messages besides what their own rows say: looked up for all of them at once.

use shared::domain::consent::Purpose;
use shared::domain::message::{Author, Content};
use shared::store::outbox::Claimed;
use shared::store::{PgConnection, StoreError, barred, consents, holds, templates};

use crate::send::attempt::Opened;
use crate::send::country;
use crate::send::gate::Circumstances;

/// A template's name and language.
type Named = (String, String);

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
            found.no_consent |= one.author == author && gone.contains(&one.contact_id);
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
    let templates: Vec<Option<Named>> = claimed.iter().map(template).collect();
    let named: Vec<Named> = templates.iter().flatten().cloned().collect();
    let held = holds::held_templates(conn, opened.channel, opened.merchant_id, business, &named).await?;
    for (template, found) in templates.iter().zip(&mut *circumstances) {
        found.template_held = template.as_ref().is_some_and(|template| held.contains(template));
    }
    let of_flows: Vec<(usize, &Named)> = (templates.iter().enumerate())
        .filter_map(|(place, template)| Some((place, template.as_ref()?)))
        .filter(|(place, _)| claimed[*place].author == Author::Flow)
        .collect();
    look_at_advertisements(conn, opened, business, claimed, &of_flows, circumstances).await
}

/// What a flow says by itself is an answer, but for a template that the platform takes for advertising: that goes to
/// those alone who granted it.
async fn look_at_advertisements(
    conn: &mut PgConnection,
    opened: &Opened,
    business: &str,
    claimed: &[Claimed],
    of_flows: &[(usize, &Named)],
    circumstances: &mut [Circumstances],
) -> Result<(), StoreError> {
    let named: Vec<Named> = of_flows.iter().map(|(_, template)| (*template).clone()).collect();
    let advertising = templates::of_marketing(conn, opened.merchant_id, business, &named).await?;
    let places: Vec<usize> =
        of_flows.iter().filter(|(_, template)| advertising.contains(*template)).map(|(place, _)| *place).collect();
    if places.is_empty() {
        return Ok(());
    }
    let contacts: Vec<_> = places.iter().map(|place| claimed[*place].contact_id).collect();
    let granted = consents::granted(conn, &contacts, Purpose::Marketing).await?;
    for place in places {
        circumstances[place].no_consent |= !granted.contains(&claimed[place].contact_id);
    }
    Ok(())
}

/// Name and language, where it is one.
fn template(claimed: &Claimed) -> Option<Named> {
    match &claimed.content {
        Some(Content::Template(template)) => Some((template.name.clone(), template.language.clone())),
        _ => None,
    }
}
