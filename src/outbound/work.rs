//! The dialer at work: takes calls from [`Calls`], dials each once, holds those that are answered, and says how they ended. One task; the calls are
//! tasks beside it.

use super::calls::{Call, Calls, Over, Stranded};
use super::campaign::OnMachine;
use super::dialer::Event;
use super::outcome::{Came, Outcome};
use super::test_call::Asked;
use crate::audio::machine::Answerer;
use crate::call::dial::{Callee, Cause, Dialer, Order};
use crate::call::editions::Editions;
use crate::call::reception::{Incoming, Reception};
use crate::call::session::{Finished, MachineTold};
use crate::dialog::{self, Conclusion, Errand, NoErrand};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{Id, JoinSet};

/// How often campaigns are looked at: what was started, paused or changed.
const LOOK_EVERY: Duration = Duration::from_secs(3);

/// What the dialer works with.
pub struct Work<D: Dialer> {
    pub dialer: Arc<D>,
    pub reception: Arc<Reception>,
    pub editions: Arc<Editions>,
    pub calls: Calls,
    /// How long a telephone may ring.
    pub ring: Duration,
    /// Test calls that are asked for.
    pub tests: mpsc::Receiver<Asked>,
    /// True when nobody is to be called any more: what rings is given up, and calls that were answered go on.
    pub stop: watch::Receiver<bool>,
}

impl<D: Dialer + 'static> Work<D> {
    /// Until it is told to stop and its last call is over.
    pub async fn run(mut self) {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut under_way: JoinSet<Over> = JoinSet::new();
        let mut whose: HashMap<Id, Call> = HashMap::new();
        let mut told: BTreeSet<Stranded> = BTreeSet::new();
        let mut stop = self.stop.clone();
        let mut stopping = *stop.borrow();
        while !stopping || !under_way.is_empty() {
            let wakes = self.calls.wakes();
            let to_dial = tokio::select! {
                _ = looks.tick(), if !stopping => {
                    self.look(&mut told).await;
                    self.calls.handle(self.room(0), Timestamp::now()).await
                }
                Some(ended) = under_way.join_next_with_id() => {
                    let over = match ended {
                        Ok((id, over)) => {
                            whose.remove(&id);
                            over
                        }
                        // The task panicked; what the customer heard of it is not known.
                        Err(error) => {
                            let Some(call) = whose.remove(&error.id()) else { continue };
                            self.calls.ends().end(&call, Outcome::Lost, Timestamp::now()).await
                        }
                    };
                    // Its place is free already, and the dialer counts it now.
                    self.calls.take(self.room(1), Timestamp::now());
                    self.calls.over(over, Timestamp::now()).await
                }
                Some(Asked { test, reply }) = self.tests.recv(), if !stopping => {
                    let taken = self.calls.test(test, Timestamp::now()).await;
                    // Who asked may have gone away; the call is made all the same.
                    let _ = reply.send(taken);
                    self.calls.handle(self.room(0), Timestamp::now()).await
                }
                () = until(wakes), if !stopping => self.calls.handle(self.room(0), Timestamp::now()).await,
                () = told_to(&mut stop), if !stopping => {
                    stopping = true;
                    self.calls.stop(Timestamp::now());
                    continue;
                }
            };
            for call in to_dial {
                let (ends, dialled) = (self.calls.ends(), self.dial(call.clone()));
                let task = under_way.spawn({
                    let call = call.clone();
                    async move {
                        let came = dialled.await;
                        ends.end(&call, came, Timestamp::now()).await
                    }
                });
                whose.insert(task.id(), call);
            }
        }
    }

    /// Calls that the machine could take now beside those under way, but for so many.
    fn room(&self, but: usize) -> Event {
        Event::Room { free: u32::try_from(self.reception.free().saturating_sub(but)).unwrap_or(u32::MAX) }
    }

    async fn look(&mut self, told: &mut BTreeSet<Stranded>) {
        let flows = self.editions.current().engine.flows().reminders().into_iter().map(str::to_owned).collect();
        self.calls.set_flows(flows);
        if let Err(error) = self.calls.look(Timestamp::now()).await {
            tracing::error!(%error, "campaigns could not be looked at; they are at the next look");
        }
        let stranded: BTreeSet<Stranded> = self.calls.stranded().into_iter().collect();
        for Stranded { campaign, why } in stranded.difference(told) {
            tracing::warn!(campaign, why, "a campaign waits");
        }
        *told = stranded;
    }

    /// Dials, and holds the call when it is answered.
    fn dial(&self, call: Call) -> impl Future<Output = Came> + Send + use<D> {
        let (dialer, reception, editions) = (self.dialer.clone(), self.reception.clone(), self.editions.clone());
        let (ring, mut stop, clock, ends) = (self.ring, self.stop.clone(), self.calls.clock(), self.calls.ends());
        // Taken before anything else happens, so that no place is given twice.
        let place = reception.admit_ours();
        async move {
            let errand = match errand(&editions, &call) {
                Ok(errand) => errand,
                Err(error) => {
                    tracing::warn!(contact = call.begun.contact, %error, "a contact cannot be called");
                    return match error {
                        NoErrand::Row(_) => Came::from(Outcome::Unfit),
                        NoErrand::Unknown { .. } => Came::from(Outcome::Failed),
                    };
                }
            };
            let Ok(place) = place else { return Came::from(Outcome::Undialled(Cause::NoRoom)) };
            let now = || clock.now().to_zoned(call.zone.clone());
            let callee =
                Incoming { line: if call.is_test { "test" } else { "campaign" }, caller: Some(call.begun.to.clone()), lang: call.lang };
            let ours = match reception.prepare(callee, errand, &now()).await {
                Ok(ours) => ours,
                Err(error) => {
                    tracing::error!(%error, "a test call has no room");
                    return Came::from(Outcome::Failed);
                }
            };
            let order =
                Order { to: Callee::Number(call.begun.to.clone()), from: call.caller.clone(), trunk: Some(call.trunk.clone()), ring };
            let line = tokio::select! {
                answered = dialer.dial(order) => match answered {
                    Ok(line) => line,
                    Err(undialled) => return Came::from(Outcome::Undialled(undialled.cause)),
                },
                () = told_to(&mut stop) => return Came::from(Outcome::Undialled(Cause::NoRoom)),
            };
            let finished = reception.hold_ours(place, line, ours, now()).await;
            ends.recorded(&call, &finished.record.id).await;
            let to = outcome(&finished, call.on_machine, *stop.borrow(), &call.zone, clock.now());
            Came { to, answered_by: answerer(&finished) }
        }
    }
}

async fn told_to(stop: &mut watch::Receiver<bool>) {
    // The sender is gone only when everything ends.
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn until(moment: Option<Timestamp>) {
    match moment {
        Some(moment) => {
            let left = moment.duration_since(Timestamp::now()).max(SignedDuration::from_millis(1));
            tokio::time::sleep(left.unsigned_abs()).await;
        }
        None => std::future::pending().await,
    }
}

/// What the call is for, with what its contact's row says.
fn errand(editions: &Editions, call: &Call) -> Result<Errand, NoErrand> {
    // A row that is no JSON object of texts says nothing.
    let row: BTreeMap<String, String> = serde_json::from_str(&call.begun.variables).unwrap_or_default();
    let errand = editions.current().engine.flows().errand(&call.flow, &row)?;
    Ok(Errand { leaves_message: call.on_machine == OnMachine::Message, is_test: call.is_test, ..errand })
}

/// What showed itself for certain, else what the first seconds were like.
fn answerer(finished: &Finished) -> Option<Answerer> {
    match (finished.machine, finished.conclusion) {
        (Some(_), _) => Some(finished.answered_by.filter(|who| who.is_machine()).unwrap_or(Answerer::Machine)),
        // Somebody said or pressed what it came to.
        (None, Some(_)) => Some(Answerer::Human),
        (None, None) => finished.answered_by,
    }
}

/// How a call ended that was answered.
fn outcome(finished: &Finished, on_machine: OnMachine, is_cut_off: bool, zone: &TimeZone, now: Timestamp) -> Outcome {
    if let Some(MachineTold(is_told)) = finished.machine {
        return if is_told { Outcome::MessageLeft } else { Outcome::Machine { again: on_machine != OnMachine::Done } };
    }
    let is_handed_over = matches!(finished.record.outcome, Some(dialog::Outcome::Transferred { .. }));
    match finished.conclusion {
        // He was to be called again if nobody took over, and somebody did.
        Some(Conclusion::Later(_)) if is_handed_over => Outcome::Transferred,
        Some(conclusion) => Outcome::concluded(conclusion, zone, now),
        None => match finished.record.outcome {
            Some(dialog::Outcome::Transferred { .. }) => Outcome::Transferred,
            Some(dialog::Outcome::Failed(_)) => Outcome::Failed,
            _ if is_cut_off => Outcome::Lost,
            _ => Outcome::HungUp,
        },
    }
}
