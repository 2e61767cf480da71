//! What somebody else gives us the address of is reached in the open internet alone.

pub mod address;
pub mod resolve;
