//! How `contains` and `starts_with` see a text: without case and accents. Written as one table, so that memory and SQL
//! see the same whatever the database's collation.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Marks of accents and tones, as they stand behind their letter once a text is taken apart.
const MARKS: std::ops::RangeInclusive<char> = '\u{300}'..='\u{36f}';
/// Capitals of the scripts that have them and that Loa's languages are written in: Latin, Greek, Cyrillic.
const CAPITALS: [std::ops::RangeInclusive<char>; 4] = ['A'..='Z', '\u{c6}'..='\u{de}', 'Α'..='Ω', 'Ѐ'..='Я'];

/// Each capital with its small letter, and what else is another letter when folded.
static LETTERS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
    let small = |capital: char| capital.to_lowercase().next().filter(|small| *small != capital);
    let capitals = CAPITALS.into_iter().flatten().filter_map(|capital| Some((capital, small(capital)?)));
    capitals.chain([('Đ', 'd'), ('đ', 'd')]).collect()
});

/// `text` in small letters without accents.
pub(super) fn fold(text: &str) -> String {
    text.nfd().filter(|c| !MARKS.contains(c)).map(folded).collect()
}

/// The same in SQL: one `translate`, whose letters are ours and hold no quotation mark.
pub(super) fn sql(text: &str) -> String {
    static TABLE: LazyLock<(String, String)> = LazyLock::new(|| {
        // What has no counterpart in the second list is left out: the marks.
        let from = LETTERS.iter().map(|(from, _)| *from).chain(MARKS).collect();
        (from, LETTERS.iter().map(|(_, to)| *to).collect())
    });
    let (from, to) = &*TABLE;
    format!("translate(normalize({text}, nfd), '{from}', '{to}')")
}

fn folded(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    LETTERS.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to)
}
