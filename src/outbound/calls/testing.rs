//! Test calls among the others: one at a time, in a place that pace, trunk and callers leave, within the calendar's hours.

use super::{Call, Calls};
use crate::outbound::calendar::MayCall;
use crate::outbound::campaign::{self, CampaignError};
use crate::outbound::dialer::{Event, Limits, Place};
use crate::outbound::test_call::{NewTest, NoTestCall};
use crate::store::{Begun, NewTestCall, Once, Signed};
use crate::text::PhoneNumber;
use jiff::{SignedDuration, Timestamp};

/// Stands for all test calls where the dialer has campaigns.
pub(super) const TEST: i64 = 0;
/// How long one waits for a place.
const WAITS: SignedDuration = SignedDuration::from_secs(10);

/// A test call without a place yet; its row is written.
#[derive(Debug)]
pub(super) struct Waiting {
    call: Call,
    since: Timestamp,
}

impl Calls {
    /// Takes a test call; it is among the next calls to be dialled for which there is a place.
    ///
    /// # Errors
    /// It must not be made now, or cannot.
    pub async fn test(&mut self, test: NewTest, real: Timestamp) -> Result<i64, NoTestCall> {
        let now = self.rules.clock.at(real);
        let NewTest { campaign: row, to, lang, variables, author, key } = test;
        let trunk = self.trunk_of(&row);
        if !self.trunks.contains(&trunk) {
            return Err(NoTestCall::NoTrunk(trunk));
        }
        if !self.may_show(&row) {
            return Err(NoTestCall::NoCaller { number: row.is.caller, trunk });
        }
        match self.rules.calendar.may_call(now, None) {
            MayCall::Yes => {}
            MayCall::NotBefore(at, _) => return Err(NoTestCall::Closed(Some(at))),
            MayCall::Never(_) => return Err(NoTestCall::Closed(None)),
        }
        let on_machine = campaign::on_machine(&row)?;
        let asked = format!("{} {lang} {variables}", self.database.stored_phone(&to).reference);
        let wanted = NewTestCall { campaign: row.id, to: &to, lang, asked: &asked };
        let signed = Signed { author: &author, at: now, key: key.as_deref() };
        let id = match self.database.test_calls().begin(wanted, signed).await?? {
            Once::Now(id) => id,
            Once::Before(id) => return Ok(id),
            Once::Refused | Once::KeyTaken => return Err(CampaignError::KeyTaken.into()),
        };
        let zone = self.zone(&self.rules.calendar, "");
        let begun = Begun { attempt: id, contact: 0, nth: 1, to, region: String::new(), lang: Some(lang), variables };
        let caller = PhoneNumber::parse(&row.is.caller);
        let call =
            Call { campaign: TEST, trunk: trunk.clone(), caller, flow: row.is.flow.clone(), lang, on_machine, zone, begun, is_test: true };
        self.test = Some(Waiting { call, since: real });
        // As fast as its trunk lets it.
        self.dialer.take(Event::Runs { campaign: TEST, trunk, limits: Limits { per_minute: 60, concurrent: 1 } }, real);
        Ok(id)
    }

    /// The test call, where one of the places is for it.
    pub(super) fn fill_test(&mut self, places: &mut Vec<Place>, now: Timestamp) -> Option<Call> {
        let at = places.iter().position(|place| place.campaign == TEST)?;
        places.remove(at);
        self.dialer.take(Event::Stops { campaign: TEST }, now);
        let waiting = self.test.take();
        if waiting.is_none() {
            self.dialer.take(Event::Unused { campaign: TEST, until: now }, now);
        }
        waiting.map(|waiting| waiting.call)
    }

    /// One that has waited for its place for long is over.
    pub(super) async fn give_up_test(&mut self, now: Timestamp) -> Result<(), CampaignError> {
        if let Some(Waiting { call, .. }) = self.test.take_if(|waiting| now.duration_since(waiting.since) > WAITS) {
            self.dialer.take(Event::Stops { campaign: TEST }, now);
            self.database.test_calls().end(call.begun.attempt, "no_room", self.rules.clock.at(now)).await?;
        }
        Ok(())
    }
}
