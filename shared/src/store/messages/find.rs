//! One message's fate or name, without what it says.

use sqlx::PgConnection;
use uuid::Uuid;

use super::history::read_status;
use crate::domain::ids::{ConversationId, MerchantId, MessageId};
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;

/// The platform's id of the message of a conversation that `given` names, by our id or the platform's.
pub async fn platform_id(
    conn: &mut PgConnection,
    merchant: MerchantId,
    conversation: ConversationId,
    given: &str,
) -> Result<Option<String>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"select platform_id as "platform_id!" from messages
           where merchant_id = $1 and conversation_id = $2 and platform_id is not null
             and (platform_id = $3 or id = $4)
           limit 1"#,
        merchant.0,
        conversation.0,
        given,
        Uuid::parse_str(given).ok()
    )
    .fetch_optional(conn)
    .await?;
    Ok(found)
}

/// The status of one message.
pub async fn status(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: MessageId,
) -> Result<Option<MessageStatus>, StoreError> {
    let status = sqlx::query_scalar!(
        r#"select status::text as "status!" from messages where merchant_id = $1 and id = $2"#,
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    status.map(|status| read_status(&status)).transpose()
}
