//! Products and catalogues.

use super::{named, sections};
use crate::graph::fields::Fields;
use crate::taking::Refusal;

/// Cloud API: sections of a list of products, and products in all of them together.
const MAX_SECTIONS: usize = 10;
const MAX_PRODUCTS: usize = 30;

/// One product.
pub(super) fn check_one(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["catalog_id", "product_retailer_id"])?;
    action.required_text("catalog_id")?;
    action.required_text("product_retailer_id")?;
    Ok(())
}

/// Several products, in sections.
pub(super) fn check_several(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["catalog_id", "sections"])?;
    action.required_text("catalog_id")?;
    let mut products = 0;
    for section in sections(action, MAX_SECTIONS)? {
        section.only(&["title", "product_items"])?;
        let items = section.objects_within("product_items", 1, MAX_PRODUCTS)?;
        products += items.len();
        for item in items {
            item.only(&["product_retailer_id"])?;
            item.required_text("product_retailer_id")?;
        }
    }
    if products > MAX_PRODUCTS {
        return Err(action.wrong("sections", &format!("hold {products} products in total. Max: {MAX_PRODUCTS}")));
    }
    Ok(())
}

/// The whole catalogue.
pub(super) fn check_catalog(action: &Fields<'_>) -> Result<(), Refusal> {
    action.only(&["name", "parameters"])?;
    named(action, "catalog_message")?;
    if let Some(parameters) = action.object("parameters")? {
        parameters.only(&["thumbnail_product_retailer_id"])?;
        parameters.text("thumbnail_product_retailer_id")?;
    }
    Ok(())
}
