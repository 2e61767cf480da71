//! Turns of the AI responder, as flows ask for them.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ConversationId, FlowSessionId, MerchantId};
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::Keys;
use crate::store::seal::Binding;

const INSTRUCTIONS: &str = "ai_turns.instructions";

/// A turn to take.
#[derive(Clone, Debug)]
pub struct NewTurn {
    /// The conversation; it has one turn at a time.
    pub conversation_id: ConversationId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// The merchant's side.
    pub account_id: AccountId,
    /// The flow's session that asks for it; none where no flow took the message.
    pub session_id: Option<FlowSessionId>,
    /// What the agent is told besides its own prompt.
    pub instructions: Option<String>,
}

/// Adds `turns`; where a conversation has one already, that one holds.
pub async fn add(conn: &mut PgConnection, keys: &Keys, turns: &[NewTurn]) -> Result<(), StoreError> {
    if turns.is_empty() {
        return Ok(());
    }
    let seal = |turn: &NewTurn| {
        let Some(told) = &turn.instructions else { return Ok(None) };
        let binding = Binding::new(INSTRUCTIONS, turn.conversation_id);
        Ok(Some(keys.of(turn.merchant_id)?.seal(binding, told.as_bytes())?))
    };
    let instructions = turns.iter().map(seal).collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into ai_turns (conversation_id, merchant_id, account_id, session_id, instructions)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[])
         on conflict (conversation_id) do nothing",
        &column(turns, |turn| turn.conversation_id.0),
        &column(turns, |turn| turn.merchant_id.0),
        &column(turns, |turn| turn.account_id.0),
        &column(turns, |turn| turn.session_id.map(Uuid::from)) as &[Option<Uuid>],
        &instructions as &[Option<Vec<u8>>]
    )
    .execute(conn)
    .await?;
    Ok(())
}
