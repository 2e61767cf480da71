//! What commands of an operator share: whose sight they have, and how they answer.

use shared::config::{ConfigError, Database, Ops, Reader};
use shared::store::seal::MasterKey;
use shared::store::unclaimed::read::see_as_operator;
use shared::store::{Keyring, PgPool, Role, Transaction, pool};

use super::CommandConfig;
use crate::config::master_key;

/// Where what belongs to nobody lies, and what opens it.
#[derive(Debug)]
pub struct Operator {
    database: Database,
    master_key: Option<MasterKey>,
}

impl CommandConfig for Operator {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let ops = Ops::read(read);
        let database = Database::read(read);
        let master_key = ops.and_then(|ops| master_key(read, ops.environment));
        read.finish(|| Some(Self { database: database?, master_key }))
    }
}

/// The sight of an operator, and of nothing else.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Speaks as `loa_api`.
    pub pool: PgPool,
    /// What opens.
    pub keyring: Keyring,
}

impl Sight {
    /// Connects as the command `name`.
    pub fn open(operator: Operator, name: &str) -> anyhow::Result<Self> {
        let pool = pool::open(&Database { pool: 1, ..operator.database }, Role::Api, name)?;
        Ok(Self { pool, keyring: Keyring::new(operator.master_key) })
    }

    pub(super) async fn begin(&self) -> anyhow::Result<Transaction> {
        let mut transaction = self.pool.begin().await?;
        see_as_operator(&mut transaction).await?;
        Ok(transaction)
    }
}

/// Lines of cells under a heading, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(heading: [&str; N], lines: &[[String; N]]) -> String {
    let heading = heading.map(str::to_owned);
    let all = || std::iter::once(&heading).chain(lines);
    let widths: [usize; N] =
        std::array::from_fn(|column| all().map(|line| line[column].chars().count()).max().unwrap_or_default());
    let line = |cells: &[String; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

/// At most `most` characters of `text`, in one line.
pub(super) fn brief(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

/// Text as a person may see it: nothing in it moves the cursor or colours the screen.
pub(super) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let lines = [["a".to_owned(), "Sài Gòn".to_owned()], ["bbb".to_owned(), "x".to_owned()]];
        assert_eq!(table(["ID", "PLACE"], &lines), "ID   PLACE\na    Sài Gòn\nbbb  x");
    }

    #[test]
    fn a_long_text_is_cut_and_what_would_move_the_cursor_is_taken_out() {
        assert_eq!(brief("ệệệệ\n", 2), "ệệ...");
        assert_eq!(brief("a\nb", 9), "a b");
        assert_eq!(harmless("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\n");
    }
}
