//! `Range` of a file: one range of bytes, as RFC 9110 writes it.

use std::ops::Range;

/// Which part of a file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes of it.
    Part(Range<u64>),
    /// Bytes that it has not.
    Nothing,
}

/// What `header` asks of a file of `size` bytes. What does not read, and several ranges at once, is as good as
/// nothing said: the whole file is a right answer to that.
pub(super) fn read(header: Option<&str>, size: u64) -> Wanted {
    let Some(range) = header.and_then(|header| header.strip_prefix("bytes=")) else {
        return Wanted::Whole;
    };
    let Some((first, last)) = range.split_once('-').filter(|_| !range.contains(',')) else {
        return Wanted::Whole;
    };
    let number = |text: &str| text.parse::<u64>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let part = match (first.trim(), last.trim()) {
        ("", last) => number(last).map(|length| size.saturating_sub(length)..if length == 0 { 0 } else { size }),
        (first, "") => number(first).map(|first| first..size),
        (first, last) => number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..last.saturating_add(1).min(size)),
    };
    match part {
        None => Wanted::Whole,
        Some(part) if part.is_empty() => Wanted::Nothing,
        Some(part) => Wanted::Part(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_read_in_each_of_its_forms() {
        for (header, part) in [
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=90-", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-500", 0..100),
            ("bytes=50-5000", 50..100),
        ] {
            assert_eq!(read(Some(header), 100), Wanted::Part(part), "{header}");
        }
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(read(Some(header), 100), Wanted::Nothing, "{header}");
        }
        for header in ["items=0-1", "bytes=", "bytes=a-b", "bytes=5-1", "bytes=0-1,5-6", "bytes=+1-2"] {
            assert_eq!(read(Some(header), 100), Wanted::Whole, "{header}");
        }
        assert_eq!(read(None, 100), Wanted::Whole);
        assert_eq!(read(Some("bytes=0-"), 0), Wanted::Nothing);
    }
}
