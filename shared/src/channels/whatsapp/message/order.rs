//! A basket from the catalogue.

use serde_json::Value;

use crate::channels::fields::{self, Misfit};
use crate::domain::message::received::{Order, OrderItem};

/// The basket in an `order` object.
pub(super) fn order(of: &Value) -> Result<Order, Misfit> {
    Ok(Order {
        catalog_id: fields::id(of, "catalog_id")?,
        text: fields::optional(of, "text")?,
        items: fields::each(of, "product_items", item)?,
    })
}

fn item(of: &Value) -> Result<OrderItem, Misfit> {
    Ok(OrderItem {
        product_retailer_id: fields::id(of, "product_retailer_id")?,
        quantity: fields::figure(of, "quantity")?,
        item_price: fields::figure(of, "item_price")?,
        currency: fields::text(of, "currency")?.to_owned(),
    })
}
