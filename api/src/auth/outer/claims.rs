//! What a token of an outer IAM says.

use serde::Deserialize;
use serde_json::Value;
use shared::domain::deterministic;
use shared::domain::user::UserRole;
use shared::store::users::outer::Claimed;

use super::moment;

/// Longer names are none.
const LONGEST: usize = 200;
/// More shops than this are not made by a token.
const MOST_SHOPS: usize = 100;

/// The claims that are read; there may be others.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    pub(super) iss: Option<String>,
    sub: Value,
    #[serde(alias = "merchantId")]
    merchant_id: Value,
    #[serde(alias = "merchantName")]
    merchant_name: Option<String>,
    role: String,
    iat: Option<f64>,
    email: Option<String>,
    name: Option<String>,
    #[serde(alias = "shopId")]
    shop_id: Option<Value>,
    #[serde(alias = "shopIds")]
    shop_ids: Option<Vec<Value>>,
}

impl Claims {
    /// Who the claims tell of; none where they tell of nobody who may come in.
    pub(super) fn read(self) -> Option<Claimed> {
        let merchant_id = deterministic::merchant_id(&text(&self.merchant_id)?);
        // The nil merchant owns what belongs to nobody; no user is its.
        if merchant_id.0.is_nil() {
            return None;
        }
        let named = self.shop_id.iter().chain(self.shop_ids.iter().flatten());
        let mut shops: Vec<String> = Vec::new();
        for shop in named.filter_map(text).take(MOST_SHOPS) {
            if !shops.contains(&shop) {
                shops.push(shop);
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "a time that is no time is no more wrong when cut off")]
        let at = moment(self.iat.map(|seconds| seconds as i64));
        Some(Claimed {
            merchant_id,
            merchant_name: self.merchant_name.and_then(short),
            external_id: text(&self.sub)?,
            role: role(&self.role)?,
            email: self.email.and_then(short).map(|email| email.to_lowercase()),
            name: self.name.and_then(short),
            shops,
            at,
        })
    }
}

/// Operators see more than one merchant: no outer system makes any.
fn role(name: &str) -> Option<UserRole> {
    name.to_lowercase().parse().ok().filter(|role| *role != UserRole::Operator)
}

/// A name, which other systems also write as a number.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => short(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn short(text: String) -> Option<String> {
    let fits = !text.is_empty() && text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    fits.then_some(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn read(claims: Value) -> Option<Claimed> {
        serde_json::from_value::<Claims>(claims).ok()?.read()
    }

    #[test]
    fn a_uuid_is_taken_as_it_is_and_any_other_name_leads_to_one() {
        let merchant = Uuid::from_u128(7);
        let claimed = read(json!({ "sub": "u", "merchant_id": merchant, "role": "agent" })).unwrap();
        assert_eq!(claimed.merchant_id.0, merchant);
        let [one, same, other] = ["acme", "acme", "bolt"]
            .map(|name| read(json!({ "sub": 7, "merchantId": name, "role": "AGENT" })).unwrap());
        assert_eq!(one.merchant_id, same.merchant_id);
        assert_ne!(one.merchant_id, other.merchant_id);
        assert_eq!(one.external_id, "7");
    }

    #[test]
    fn shops_are_named_once_the_tokens_own_first() {
        let claimed = read(json!({
            "sub": "u", "merchant_id": "m", "role": "viewer", "shop_id": "b", "shop_ids": ["a", "b"],
        }));
        assert_eq!(claimed.unwrap().shops, ["b", "a"]);
    }

    #[test]
    fn nobody_comes_in_without_a_merchant_or_a_role_or_as_an_operator() {
        for claims in [
            json!({ "sub": "u", "role": "owner" }),
            json!({ "sub": "u", "merchant_id": Uuid::nil(), "role": "owner" }),
            json!({ "sub": "u", "merchant_id": "m", "role": "root" }),
            json!({ "sub": "u", "merchant_id": "m", "role": "operator" }),
            json!({ "sub": "", "merchant_id": "m", "role": "owner" }),
        ] {
            assert_eq!(read(claims.clone()), None, "{claims}");
        }
    }
}
