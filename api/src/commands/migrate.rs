//! `api migrate`.

use secrecy::SecretString;
use shared::config::{ConfigError, Database, Reader, variables};
use shared::store::migrate as store;

use super::CommandConfig;

/// Who migrates, and for whom.
#[derive(Debug)]
pub struct Migrate {
    admin: SecretString,
    login: SecretString,
}

impl CommandConfig for Migrate {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let login = Database::read(read).map(|database| database.url);
        let admin: Option<SecretString> = read.optional(&variables::DATABASE_ADMIN_URL);
        read.finish(|| {
            let login = login?;
            Some(Self { admin: admin.unwrap_or_else(|| login.clone()), login })
        })
    }
}

/// Makes the roles and applies what is new.
pub async fn migrate(config: Migrate) -> anyhow::Result<()> {
    store::migrate(&config.admin, &config.login).await?;
    super::print("the database is up to date");
    Ok(())
}
