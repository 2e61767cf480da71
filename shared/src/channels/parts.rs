//! A message that holds several things.
//!
//! Messenger and X put words and files into one message. Loa's messages say one thing each: a row of
//! the history, a step of a flow and a send of the platforms that have no such messages are one content
//! each. So such a message becomes several, of the same moment and in the order it has them: the first
//! bears the platform's id, which edits, reactions and answers name, the others that id and `#2`, `#3`.
//! A repeated delivery names them the same.

/// The id of the part at `place`, from 0, of the message that the platform calls `message`.
pub(super) fn id(message: &str, place: usize) -> String {
    if place == 0 { message.to_owned() } else { format!("{message}#{}", place + 1) }
}
