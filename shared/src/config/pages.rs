//! What people read of the variables: `.env.example` and `docs/en/configuration.md`.

use super::every::ALL;
use super::variables::Variable;

const ENV_EXAMPLE: &str = "\
# Every variable of Loa. Copy to .env and fill in; what is commented out has the value shown.
# Each may come from a file instead: NAME_FILE=/run/secrets/name. `--print-config` shows what holds.
";

const REFERENCE: &str = "\
# Configuration

<!-- Written by `UPDATE=1 cargo test -p tests --test it pages`. -->

Environment variables, read once at the start. Whatever is wrong with them comes out in one message that names each
variable, and the process exits with 64 before it listens or connects. `--print-config` shows what holds, secrets hidden.

- Each may come from a file: `NAME_FILE=/run/secrets/name`. The variable wins over its file, the file over the default.
- An empty value counts as none.
- A time has its unit: `500ms`, `30s`, `5m`.
- The workers are `message-persistence`, `flow-engine`, `status-tracker`, `outbound-sender`, `media-fetcher` and
  `janitor`.
- `./dev` reads `.env` besides; it makes the secrets that are missing and keeps them in `.local/secrets.env`.
  Its own variables are in `./dev help`, those of the platform simulator in its `--help`.
";

const COLUMNS: &str = "\
| variable | default | what it is | secret | also called | read by |
| --- | --- | --- | --- | --- | --- |
";

/// The text of `.env.example`.
pub fn env_example() -> String {
    ALL.iter().fold(ENV_EXAMPLE.to_owned(), |text, variable| {
        let value = variable.default.unwrap_or_default();
        let mark = if variable.default.is_some() { "# " } else { "" };
        format!("{text}\n# {}\n{mark}{}={value}\n", variable.about, variable.name)
    })
}

/// The text of `docs/en/configuration.md`; `readers` names who reads a variable.
pub fn reference(readers: impl Fn(&Variable) -> Vec<&'static str>) -> String {
    let head = format!("{REFERENCE}\n{COLUMNS}");
    ALL.iter().fold(head, |text, variable| format!("{text}{}\n", row(variable, &readers(variable))))
}

fn row(variable: &Variable, readers: &[&str]) -> String {
    let cells = [
        format!("`{}`", variable.name),
        variable.default.map(|value| format!("`{value}`")).unwrap_or_default(),
        variable.about.to_owned(),
        if variable.secret { "yes" } else { "" }.to_owned(),
        variable.aliases.iter().map(|alias| format!("`{alias}`")).collect::<Vec<_>>().join(", "),
        readers.join(", "),
    ];
    cells.iter().fold("|".to_owned(), |row, cell| if cell.is_empty() { row + " |" } else { row + " " + cell + " |" })
}
