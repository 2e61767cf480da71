//! Carrying a script out.

use std::time::Duration;

use serde_json::{Map, json};
use tokio::time::{sleep, timeout};

use super::tap::tapped;
use super::{Script, Step};
use crate::clock;
use crate::id;
use crate::inbound::{Inbound, InvalidInbound, Sender};
use crate::ledger::Received;
use crate::lock::lock;
use crate::people::PersonChange;
use crate::platform::Platform;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
enum NotDone {
    #[error("nothing came that holds these words")]
    NothingCame,
    #[error("the business has sent nothing yet")]
    NothingToAnswer,
    #[error("the last message offers no such thing to tap")]
    NothingToTap,
    #[error("the customer has written nothing yet")]
    NothingSaid,
    #[error("the customer has no userId")]
    NoUserId,
    #[error(transparent)]
    Invalid(#[from] InvalidInbound),
}

struct Actor<'a> {
    platform: &'a Platform,
    account: String,
    from: Sender,
    /// The customer's own last message.
    last_said: Option<String>,
    /// Until when messages of the business were waited for, in microseconds.
    waited_until: i64,
}

pub(super) async fn act(platform: &Platform, id: u64, script: Script) {
    let mut actor = Actor {
        platform,
        account: script.account,
        from: script.from,
        last_said: None,
        waited_until: clock::now().timestamp_micros(),
    };
    for step in script.steps {
        if let Err(reason) = actor.step(step).await {
            platform.scripts.note(id, |progress| progress.failed = Some(reason.to_string()));
            return;
        }
        platform.scripts.note(id, |progress| progress.done += 1);
    }
}

impl Actor<'_> {
    async fn step(&mut self, step: Step) -> Result<(), NotDone> {
        match step {
            Step::Say(text) => self.say(self.inbound("text", &text)).await,
            Step::Send { kind, text, with, media } => {
                self.say(Inbound { with, media, ..self.inbound(&kind, &text) }).await
            }
            Step::Await { contains, within_ms } => self.wait_for(&contains, within_ms).await,
            Step::Wait(millis) => {
                sleep(Duration::from_millis(millis)).await;
                Ok(())
            }
            Step::Tap(label) => {
                let last = self.last_received()?;
                let (kind, with) = tapped(self.platform, &last, &label).ok_or(NotDone::NothingToTap)?;
                let with = with.as_object().cloned().unwrap_or_default();
                self.say(Inbound { with, reply_to: last.platform_id, ..self.inbound(kind, "") }).await
            }
            Step::Reply(text) => {
                let reply_to = self.last_received()?.platform_id;
                self.say(Inbound { reply_to, ..self.inbound("text", &text) }).await
            }
            Step::React(emoji) => {
                let reply_to = self.last_received()?.platform_id;
                let kind = if emoji.is_empty() { "reactionRemoved" } else { "reaction" };
                let with = Map::from_iter([("message_id".to_owned(), json!(reply_to))]);
                self.tell(Inbound { with, ..self.inbound(kind, &emoji) }).await.map(drop)
            }
            Step::Edit(text) => self.about_own("edit", &text).await,
            Step::Revoke => self.about_own("revoke", "").await,
            Step::ChangeNumber(number) => self.change_number(number).await,
            Step::AdoptUsername(name) => self.adopt(name),
            Step::WantMarketing(wanted) => {
                let kind = if wanted { "resumeMarketing" } else { "stopMarketing" };
                self.tell(self.inbound(kind, "")).await.map(drop)
            }
            Step::Read(reads) => {
                self.change(&PersonChange { never_reads: Some(!reads), ..PersonChange::default() });
                Ok(())
            }
            Step::Reachable(reachable) => {
                self.change(&PersonChange { unreachable: Some(!reachable), ..PersonChange::default() });
                Ok(())
            }
        }
    }

    fn inbound(&self, kind: &str, text: &str) -> Inbound {
        let from = self.from.clone();
        Inbound { from, kind: Some(kind.to_owned()), ..Inbound::whatsapp(&self.account, "", text) }
    }

    /// Writes, and remembers it as the last message.
    async fn say(&mut self, inbound: Inbound) -> Result<(), NotDone> {
        self.last_said = Some(self.tell(inbound).await?);
        Ok(())
    }

    async fn tell(&self, inbound: Inbound) -> Result<String, NotDone> {
        Ok(inbound.deliver(self.platform).await?.platform_id)
    }

    async fn about_own(&mut self, kind: &str, text: &str) -> Result<(), NotDone> {
        let reply_to = self.last_said.clone().ok_or(NotDone::NothingSaid)?;
        let with = Map::from_iter([("original_message_id".to_owned(), json!(reply_to))]);
        self.tell(Inbound { with, ..self.inbound(kind, text) }).await.map(drop)
    }

    async fn wait_for(&mut self, contains: &str, within_ms: u64) -> Result<(), NotDone> {
        let came = async {
            loop {
                let taken = self.platform.taken.notified();
                tokio::pin!(taken);
                // Asked before looking, so that nothing comes in between unnoticed.
                taken.as_mut().enable();
                let since = self.waited_until;
                let found = self.find(|received| received.at > since && received.body.contains(contains));
                if let Some(received) = found {
                    return received.at;
                }
                taken.await;
            }
        };
        let came = timeout(Duration::from_millis(within_ms), came).await;
        self.waited_until = came.map_err(|_| NotDone::NothingCame)?;
        Ok(())
    }

    fn last_received(&self) -> Result<Received, NotDone> {
        self.find(|_| true).ok_or(NotDone::NothingToAnswer)
    }

    /// The newest message to the customer that was taken and fits.
    fn find(&self, fits: impl Fn(&Received) -> bool) -> Option<Received> {
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let is_mine =
            |to: &str| self.from.user_id.as_deref() == Some(to) || self.from.phone.as_deref() == Some(&digits(to));
        lock(&self.platform.ledger).newest(|received| {
            received.platform_id.is_some()
                && received.account == self.account
                && received.to.as_deref().is_some_and(is_mine)
                && fits(received)
        })
    }

    /// The old number says what the new one is, and is forgotten.
    async fn change_number(&mut self, number: String) -> Result<(), NotDone> {
        let old_id = self.from.user_id.clone();
        let new_id = old_id.as_deref().map(|old| format!("{}.{}", old.get(..2).unwrap_or("VN"), id::node()));
        let mut with = Map::new();
        for (name, value) in [("previous_user_id", &old_id), ("user_id", &new_id)] {
            if let Some(value) = value {
                with.insert(name.to_owned(), json!(value));
            }
        }
        self.tell(Inbound { with, ..self.inbound("numberChanged", &number) }).await?;
        for address in [self.from.phone.take(), old_id].into_iter().flatten() {
            self.platform.people.forget(&address);
        }
        self.from = Sender { phone: Some(number), user_id: new_id, ..self.from.clone() };
        Ok(())
    }

    fn adopt(&mut self, name: String) -> Result<(), NotDone> {
        let user_id = self.from.user_id.clone().ok_or(NotDone::NoUserId)?;
        let known = PersonChange { username: Some(name.clone()), user_id: Some(user_id), ..PersonChange::default() };
        self.change(&PersonChange { hides_phone: Some(true), ..known });
        self.from = Sender { phone: None, username: Some(name), ..self.from.clone() };
        Ok(())
    }

    /// Changes what the platform knows, at each of the customer's addresses.
    fn change(&self, change: &PersonChange) {
        for address in [&self.from.phone, &self.from.user_id].into_iter().flatten() {
            self.platform.people.change(&PersonChange { address: address.clone(), ..change.clone() });
        }
    }
}
