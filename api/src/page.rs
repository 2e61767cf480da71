//! Lists by the page: `skip` and `take` for who counts pages, `cursor` for who reads on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::store::counts::Total;
use utoipa::{IntoParams, ToSchema};

use crate::error::ApiError;
use crate::extract::Params;

/// How many a page holds where nobody says.
const DEFAULT_TAKE: i64 = 20;
/// How many it holds at most; asking for more is no mistake.
const MOST_TAKE: i64 = 100;
/// Skipping costs as much as reading what is skipped.
const MOST_SKIP: i64 = 10_000;

/// How a page of a list is asked for.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "they are read one by one, so that every fault comes out in one answer")]
pub struct PageParams {
    /// How many are left out.
    #[param(minimum = 0, maximum = 10_000, default = 0)]
    skip: Option<i64>,
    /// How many are given; more than 100 are as good as 100.
    #[param(minimum = 1, default = 20)]
    take: Option<i64>,
    /// Where to go on: the `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Which part of a list is asked for. `C` names a place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<C> {
    /// How many are left out, counted from the start or the cursor.
    pub skip: i64,
    /// How many are given, from 1 to 100.
    pub take: i64,
    /// The place to read on from.
    pub cursor: Option<C>,
}

impl<C: DeserializeOwned> Page<C> {
    /// Reads `skip`, `take` and `cursor`.
    pub fn read(params: &mut Params) -> Self {
        let skip = params.parse("skip", "a whole number from 0").unwrap_or(0_i64);
        let take = params.parse("take", "a whole number from 1").unwrap_or(DEFAULT_TAKE);
        let cursor: Option<String> = params.parse("cursor", "a cursor");
        if skip < 0 {
            params.problem("skip", "must not be negative");
        }
        if skip > MOST_SKIP {
            params.problem("skip", format!("goes to {MOST_SKIP}; read on with `cursor`, as `nextCursor` gives it"));
        }
        if take < 1 {
            params.problem("take", "must be at least 1");
        }
        let cursor = cursor.and_then(|text| {
            let place = decode(&text);
            if place.is_none() {
                params.problem("cursor", "is none that this list gave");
            }
            place
        });
        Self { skip, take: take.clamp(1, MOST_TAKE), cursor }
    }

    /// How many to ask the store for: one more than is given tells whether there are more.
    pub const fn probe(&self) -> i64 {
        self.take + 1
    }
}

impl<C: Serialize> Page<C> {
    /// Cuts what the probe gave to the page, and says where the list goes on.
    pub fn cut<T>(&self, found: Vec<T>, total: i64, place: impl Fn(&T) -> C) -> Result<(Vec<T>, Pagination), ApiError> {
        self.cut_of(found, Total::exactly(total), place)
    }

    /// The same, of a total that may be an estimate.
    pub fn cut_of<T>(
        &self,
        mut found: Vec<T>,
        total: Total,
        place: impl Fn(&T) -> C,
    ) -> Result<(Vec<T>, Pagination), ApiError> {
        let take = usize::try_from(self.take).unwrap_or(usize::MAX);
        let more = found.len() > take;
        found.truncate(take);
        let next_cursor = match found.last() {
            Some(last) if more => Some(encode(&place(last))?),
            _ => None,
        };
        let pagination = Pagination {
            page: self.cursor.is_none().then(|| self.skip / self.take + 1),
            limit: self.take,
            total: total.count,
            total_is_estimate: total.is_estimate,
            total_pages: (total.count + self.take - 1) / self.take,
            next_cursor,
        };
        Ok((found, pagination))
    }
}

/// What a list says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    /// The page's number, from one; none where a cursor was followed.
    pub page: Option<i64>,
    /// How many a page holds.
    pub limit: i64,
    /// How many there are.
    pub total: i64,
    /// Whether that is about how many, where counting them would take too long.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total_is_estimate: bool,
    /// How many pages they fill.
    pub total_pages: i64,
    /// Where the list goes on; none at its end.
    pub next_cursor: Option<String>,
}

fn encode(place: &impl Serialize) -> Result<String, ApiError> {
    let json = serde_json::to_vec(place).map_err(ApiError::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(json))
}

fn decode<C: DeserializeOwned>(text: &str) -> Option<C> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<Page<i64>, ApiError> {
        let mut params = Params::of(query);
        let page = Page::read(&mut params);
        params.finish()?;
        Ok(page)
    }

    #[test]
    fn a_page_too_large_is_clamped_and_never_refused() {
        assert_eq!(page("take=5000").unwrap(), Page { skip: 0, take: 100, cursor: None });
        assert_eq!(page("").unwrap(), Page { skip: 0, take: 20, cursor: None });
    }

    #[test]
    fn skipping_far_is_told_to_use_the_cursor() {
        let Err(ApiError::Invalid(problems)) = page("skip=10001") else { panic!("it was taken") };
        assert_eq!(problems[0].field, "skip");
        assert!(problems[0].message.contains("cursor"));
    }

    #[test]
    fn the_next_cursor_leads_behind_the_last_one_given() {
        let first = page("take=2").unwrap();
        let (given, told) = first.cut(vec![1, 2, 3], 3, |item| *item).unwrap();
        assert_eq!((given, told.total_pages), (vec![1, 2], 2));
        let next = page(&format!("cursor={}", told.next_cursor.unwrap())).unwrap();
        assert_eq!(next.cursor, Some(2));
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        assert!(matches!(page("cursor=abc"), Err(ApiError::Invalid(_))));
    }
}
