//! Patterns of `matches`: what Rust's and PostgreSQL's expressions have in common, and mean the same in both.
//!
//! Letters, `.`, `[a-z]` and `[^a-z]`, `\\d` `\\s` `\\w` (which mean ASCII), `(a|b)`, `? * + {2,5}`, `^` and `$`. No
//! back-references, no looking around, no flags: so a match takes time in proportion to the text.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassPerlKind, ClassSet, ClassSetItem, GroupKind, RepetitionKind, RepetitionRange,
};

/// Longest pattern.
const LONGEST: usize = 256;
/// Most repeats that a pattern may ask for, one inside the other multiplied.
const REPEATS: u32 = 1000;
/// Most that one repeat may ask for: PostgreSQL's limit.
const REPEAT: u32 = 255;
/// What the compiled pattern may hold.
const COMPILED: usize = 1 << 20;

/// A pattern that means the same in memory and in SQL.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    common: String,
}

impl Pattern {
    /// Reads a pattern; refuses what the two sides do not have in common.
    pub fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() || pattern.chars().count() > LONGEST {
            return Err(format!("must be 1 to {LONGEST} characters long"));
        }
        let tree = Parser::new().parse(pattern).map_err(|error| format!("is no pattern: {}", error.kind()))?;
        let mut common = String::new();
        write(&tree, 1, &mut common)?;
        let regex = RegexBuilder::new(&common)
            .dot_matches_new_line(true)
            .size_limit(COMPILED)
            .build()
            .map_err(|_| "is too large".to_owned())?;
        Ok(Self { regex, common })
    }

    /// Whether it matches somewhere in `text`.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The pattern as both sides read it.
    pub fn common(&self) -> &str {
        &self.common
    }
}

fn write(tree: &Ast, repeats: u32, out: &mut String) -> Result<(), String> {
    match tree {
        Ast::Empty(_) => {}
        Ast::Flags(_) => return Err("takes no flags".to_owned()),
        Ast::Literal(literal) => write_char(literal.c, out)?,
        Ast::Dot(_) => out.push('.'),
        Ast::Assertion(assertion) => out.push(match assertion.kind {
            AssertionKind::StartLine | AssertionKind::StartText => '^',
            AssertionKind::EndLine | AssertionKind::EndText => '$',
            _ => return Err("knows `^` and `$`, and no borders of words".to_owned()),
        }),
        Ast::ClassUnicode(_) => return Err("takes no classes of Unicode".to_owned()),
        Ast::ClassPerl(class) => {
            out.push_str(if class.negated { "[^" } else { "[" });
            out.push_str(letters_of(&class.kind));
            out.push(']');
        }
        Ast::ClassBracketed(class) => {
            out.push_str(if class.negated { "[^" } else { "[" });
            match &class.kind {
                ClassSet::Item(item) => write_item(item, out)?,
                ClassSet::BinaryOp(_) => return Err("takes no `&&`, `--` and `~~` in brackets".to_owned()),
            }
            out.push(']');
        }
        Ast::Repetition(repetition) => {
            let (suffix, most) = suffix(&repetition.op.kind)?;
            let repeats = repeats.saturating_mul(most.max(1));
            if repeats > REPEATS {
                return Err(format!("repeats more than {REPEATS} times"));
            }
            out.push_str("(?:");
            write(&repetition.ast, repeats, out)?;
            out.push(')');
            out.push_str(&suffix);
        }
        Ast::Group(group) => {
            if matches!(&group.kind, GroupKind::NonCapturing(flags) if !flags.items.is_empty()) {
                return Err("takes no flags".to_owned());
            }
            out.push_str("(?:");
            write(&group.ast, repeats, out)?;
            out.push(')');
        }
        Ast::Alternation(alternation) => {
            for (index, branch) in alternation.asts.iter().enumerate() {
                if index > 0 {
                    out.push('|');
                }
                write(branch, repeats, out)?;
            }
        }
        Ast::Concat(concat) => {
            for part in &concat.asts {
                write(part, repeats, out)?;
            }
        }
    }
    Ok(())
}

/// How often, and how often at most where that is said. Whether it is greedy changes nothing in whether it matches.
fn suffix(kind: &RepetitionKind) -> Result<(String, u32), String> {
    let limited = |most: u32| if most <= REPEAT { Ok(most) } else { Err(format!("repeats more than {REPEAT} times")) };
    Ok(match kind {
        RepetitionKind::ZeroOrOne => ("?".to_owned(), 1),
        RepetitionKind::ZeroOrMore => ("*".to_owned(), 1),
        RepetitionKind::OneOrMore => ("+".to_owned(), 1),
        RepetitionKind::Range(RepetitionRange::Exactly(n)) => (format!("{{{n}}}"), limited(*n)?),
        RepetitionKind::Range(RepetitionRange::AtLeast(n)) => (format!("{{{n},}}"), limited(*n)?),
        RepetitionKind::Range(RepetitionRange::Bounded(least, most)) => {
            (format!("{{{least},{most}}}"), limited(*most)?)
        }
    })
}

/// What stands in brackets.
fn write_item(item: &ClassSetItem, out: &mut String) -> Result<(), String> {
    match item {
        ClassSetItem::Empty(_) => {}
        ClassSetItem::Literal(literal) => write_char(literal.c, out)?,
        ClassSetItem::Range(range) => {
            write_char(range.start.c, out)?;
            out.push('-');
            write_char(range.end.c, out)?;
        }
        ClassSetItem::Perl(class) if !class.negated => out.push_str(letters_of(&class.kind)),
        ClassSetItem::Union(union) => {
            for item in &union.items {
                write_item(item, out)?;
            }
        }
        ClassSetItem::Perl(_) | ClassSetItem::Ascii(_) | ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => {
            return Err("takes letters, ranges, \\d, \\s and \\w in brackets, and nothing else".to_owned());
        }
    }
    Ok(())
}

const fn letters_of(kind: &ClassPerlKind) -> &'static str {
    match kind {
        ClassPerlKind::Digit => "0-9",
        ClassPerlKind::Space => " \\t\\n\\r\\f\\v",
        ClassPerlKind::Word => "A-Za-z0-9_",
    }
}

/// A character that means itself on both sides.
fn write_char(c: char, out: &mut String) -> Result<(), String> {
    match c {
        '\0' => return Err("holds a zero".to_owned()),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        '\r' => out.push_str("\\r"),
        // No more than what needs it: `\<` is a border of words.
        c if r"\.+*?()|[]{}^$-&~#".contains(c) => out.extend(['\\', c]),
        c => out.push(c),
    }
    Ok(())
}
