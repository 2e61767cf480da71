//! What one emoji is: by the shape of its sequence (Unicode Technical Standard 51), without the tables
//! of which sequences have a picture.

const JOINER: char = '\u{200d}';
const AS_PICTURE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const LAST_TAG: char = '\u{e007f}';

/// Whether `text` is one emoji and nothing else.
pub(super) fn is_one(text: &str) -> bool {
    let rest: Vec<char> = text.chars().collect();
    is_flag(&rest) || is_keycap(&rest) || is_joined(&rest)
}

/// Whether there is an emoji anywhere in `text`.
pub(super) fn is_in(text: &str) -> bool {
    text.chars().any(|c| is_picture(c) && !is_typographic(c))
}

fn is_flag(chars: &[char]) -> bool {
    chars.len() == 2 && chars.iter().all(|c| is_flag_letter(*c))
}

fn is_keycap(chars: &[char]) -> bool {
    matches!(chars, [key, KEYCAP] | [key, AS_PICTURE, KEYCAP] if key.is_ascii_digit() || "#*".contains(*key))
}

/// Elements with a joiner between any two.
fn is_joined(chars: &[char]) -> bool {
    chars.split(|c| *c == JOINER).all(is_element)
}

/// A picture, with what may change its look behind it.
fn is_element(chars: &[char]) -> bool {
    let Some((first, rest)) = chars.split_first() else {
        return false;
    };
    let mut rest = rest;
    if let [AS_PICTURE, after @ ..] = rest {
        rest = after;
    }
    if let [tone, after @ ..] = rest
        && is_tone(*tone)
    {
        rest = after;
    }
    let tags = matches!(rest, [.., LAST_TAG]) && rest.iter().all(|c| ('\u{e0020}'..=LAST_TAG).contains(c));
    is_picture(*first) && (rest.is_empty() || tags)
}

const fn is_tone(c: char) -> bool {
    matches!(c, '\u{1f3fb}'..='\u{1f3ff}')
}

const fn is_flag_letter(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Signs of print that have a picture too.
const fn is_typographic(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2190}'..='\u{21ff}')
}

const fn is_picture(c: char) -> bool {
    is_typographic(c)
        || matches!(
            c,
            '\u{2139}'
                | '\u{2300}'..='\u{23ff}'
                | '\u{24c2}'
                | '\u{25a0}'..='\u{27bf}'
                | '\u{2900}'..='\u{297f}'
                | '\u{2b00}'..='\u{2bff}'
                | '\u{3030}'
                | '\u{303d}'
                | '\u{3297}'
                | '\u{3299}'
                | '\u{1f000}'..='\u{1f1e5}'
                | '\u{1f200}'..='\u{1faff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_told_from_words_and_from_several() {
        for one in ["👍", "❤️", "❤", "👍🏽", "👩‍💻", "🏳️‍🌈", "🇻🇳", "1️⃣", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "☺️", "🫶"]
        {
            assert!(is_one(one), "{one}");
        }
        for other in ["", "a", "ok", "👍👍", "👍 ", "1", "🇻", "👍a", "\u{200d}", "👩‍"] {
            assert!(!is_one(other), "{other:?}");
        }
    }

    #[test]
    fn an_emoji_is_found_among_words_and_letters_are_none() {
        assert!(is_in("Đặt hàng 🛒"));
        assert!(!is_in("Đặt hàng ngay → 1 2 3 ©"));
    }
}
