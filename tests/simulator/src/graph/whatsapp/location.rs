//! Places.

use crate::graph::fields::Fields;
use crate::taking::Refusal;

pub(super) fn check(location: &Fields<'_>) -> Result<(), Refusal> {
    location.only(&["latitude", "longitude", "name", "address"])?;
    for (name, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        let degrees = location.number(name)?.ok_or_else(|| location.missing(name))?;
        if degrees.abs() > limit {
            return Err(location.wrong(name, &format!("must be from -{limit} to {limit}")));
        }
    }
    location.text("name")?;
    location.text("address")?;
    Ok(())
}
