//! Words with places to fill.

/// Words of a template, `{{1}}` or `{{name}}` where something is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// What the places are called, each once, in the order they first come in.
    pub(crate) variables: Vec<String>,
    /// Characters of the words without their places.
    pub(crate) bare_length: usize,
}

impl Words {
    pub(crate) fn parse(text: &str) -> Self {
        let mut variables: Vec<String> = Vec::new();
        let mut bare_length = 0;
        for piece in pieces(text) {
            match piece {
                Piece::Words(words) => bare_length += words.chars().count(),
                Piece::Place(name) if variables.iter().any(|known| known == name) => {}
                Piece::Place(name) => variables.push(name.to_owned()),
            }
        }
        Self { variables, bare_length }
    }

    /// Whether places have names rather than numbers.
    pub(crate) fn is_named(&self) -> bool {
        self.variables.iter().any(|name| name.parse::<u32>().is_err())
    }
}

/// A stretch of words, or a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Words(&'a str),
    Place(&'a str),
}

/// The stretches and places of `text`, in order; no stretch is empty.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, place, after)) = next_place(rest) {
        if !before.is_empty() {
            found.push(Piece::Words(before));
        }
        found.push(Piece::Place(place));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Words(rest));
    }
    found
}

fn next_place(text: &str) -> Option<(&str, &str, &str)> {
    let (before, inside) = text.split_once("{{")?;
    let (name, after) = inside.split_once("}}")?;
    Some((before, name.trim(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_once_each() {
        let words = Words::parse("Hi {{1}}, order {{2}} of {{1}} left");
        assert_eq!(words.variables, ["1", "2"]);
        assert_eq!(words.bare_length, "Hi , order  of  left".len());
        assert!(!words.is_named());
        assert!(Words::parse("Hi {{first_name}}!").is_named());
    }

    #[test]
    fn an_open_brace_is_no_place() {
        assert_eq!(pieces("a {{b"), [Piece::Words("a {{b")]);
    }
}
