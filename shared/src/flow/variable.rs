//! What variables may be called.

/// Longest name.
const LONGEST: usize = 64;
/// Names that texts know something else by, and words of their language.
const TAKEN: [&str; 18] = [
    "contact",
    "attributes",
    "variables",
    "shop_name",
    "account",
    "conversation",
    "message",
    "loop",
    "true",
    "false",
    "none",
    "and",
    "or",
    "not",
    "in",
    "is",
    "if",
    "else",
];

/// Says why a variable cannot be called so.
pub fn check_name(name: &str) -> Result<(), String> {
    let is_name = name.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic())
        && name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    if !is_name || name.len() > LONGEST {
        return Err(format!("must be a name of letters, digits and _ of at most {LONGEST} characters, is `{name}`"));
    }
    if TAKEN.contains(&name) {
        return Err(format!("`{name}` means something else in texts"));
    }
    Ok(())
}
