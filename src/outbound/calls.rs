//! Campaigns at work: what the dialer gives places for, the database gives contacts for, under the calendar and the rules. Without a network and without a
//! clock of its own: whoever dials takes [`Call`]s, each once, and says how they ended.

use super::calendar::{Calendar, MayCall};
use super::campaign::{self, CampaignError, Move, State, read_week};
use super::dialer::{Dialer, Event, Limits, Place};
use super::outcome::Outcome;
use crate::store::{Begun, CampaignRow, Checks, Database, Ended, Found, Refusal, Signed};
use crate::text::Lang;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Rules that no campaign passes by.
#[derive(Clone, Debug)]
pub struct Rules {
    pub calendar: Calendar,
    /// Most calls to one customer, of all campaigns together, in any span so long.
    pub caps: Vec<(SignedDuration, u32)>,
    /// Places that stay free for those who call us.
    pub kept_for_callers: u32,
}

impl Rules {
    /// Two calls in a day, four in a week; a fifth of `places` stays free.
    pub fn usual(calendar: Calendar, places: u32) -> Rules {
        let caps = vec![(SignedDuration::from_hours(24), 2), (SignedDuration::from_hours(24 * 7), 4)];
        Rules { calendar, caps, kept_for_callers: places.div_ceil(5) }
    }
}

/// A call to be dialled, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub campaign: i64,
    pub trunk: String,
    pub flow: String,
    pub lang: Lang,
    pub begun: Begun,
}

/// See the module's text.
pub struct Calls {
    database: Database,
    rules: Rules,
    dialer: Dialer,
    running: BTreeMap<i64, Running>,
}

/// A campaign that runs, as it was when it was last looked at.
struct Running {
    row: CampaignRow,
    calendar: Calendar,
    regions: Vec<String>,
}

/// How long a campaign rests that has contacts left, none of whom may be called now, and nothing says when.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What the service does without being told to.
fn by_itself(at: Timestamp) -> Signed<'static> {
    Signed { author: "service", at, key: None }
}

impl Calls {
    pub fn new(database: Database, rules: Rules) -> Calls {
        let dialer = Dialer::new(rules.kept_for_callers);
        Calls { database, rules, dialer, running: BTreeMap::new() }
    }

    /// When there is something to do without anything having happened.
    pub fn wakes(&self) -> Option<Timestamp> {
        self.dialer.wakes()
    }

    /// Looks at the campaigns: what was started, paused or changed, whose moment has come, what processes that died left behind. Every few seconds is
    /// often enough: a campaign that is paused meanwhile has no attempt begun.
    pub async fn look(&mut self, now: Timestamp) -> Result<(), CampaignError> {
        for (attempt, nth, most) in self.database.contact_attempts().lost().await? {
            self.end(attempt, Outcome::Lost, nth, most, now).await?;
        }
        for row in self.database.campaigns().all().await? {
            let mut state = campaign::state(&row)?;
            if state == State::Scheduled && row.starts.is_none_or(|starts| starts <= now) {
                state = campaign::advance(&self.database, &row, Move::Start, by_itself(now)).await?;
            }
            if state == State::Running {
                self.run(row, now)?;
            } else if self.running.remove(&row.id).is_some() {
                self.dialer.take(Event::Stops { campaign: row.id }, now);
            }
        }
        Ok(())
    }

    fn run(&mut self, row: CampaignRow, now: Timestamp) -> Result<(), CampaignError> {
        let calendar = match read_week(&row.is.week)? {
            Some(week) => self.rules.calendar.narrowed(&week),
            None => self.rules.calendar.clone(),
        };
        let regions = std::iter::once("").chain(calendar.regions()).map(str::to_owned).collect();
        let limits = Limits { per_minute: row.is.per_minute, concurrent: row.is.concurrent };
        self.dialer.take(Event::Runs { campaign: row.id, trunk: row.is.trunk.clone(), limits }, now);
        self.running.insert(row.id, Running { row, calendar, regions });
        Ok(())
    }

    /// Takes an event; what is to be dialled comes with the next [`Calls::handle`].
    pub fn take(&mut self, event: Event, now: Timestamp) {
        self.dialer.take(event, now);
    }

    /// What is to be dialled after an event.
    pub async fn handle(&mut self, event: Event, now: Timestamp) -> Result<Vec<Call>, CampaignError> {
        let mut places = self.dialer.handle(event, now);
        let mut calls = Vec::new();
        while let Some(place) = places.pop() {
            match self.fill(&place, now).await? {
                Ok(call) => calls.push(call),
                Err(until) => places.extend(self.dialer.handle(Event::Unused { campaign: place.campaign, until }, now)),
            }
        }
        Ok(calls)
    }

    /// A call for a place, or when to look again.
    async fn fill(&mut self, place: &Place, now: Timestamp) -> Result<Result<Call, Timestamp>, CampaignError> {
        let later = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        let Some(Running { row, calendar, regions }) = self.running.get(&place.campaign) else { return Ok(Err(later)) };
        let verdict = |region: &String| calendar.may_call(now, Some(region.as_str()).filter(|region| !region.is_empty()));
        let open: Vec<String> = regions.iter().filter(|region| verdict(region) == MayCall::Yes).cloned().collect();
        let opens = regions.iter().filter_map(|region| match verdict(region) {
            MayCall::NotBefore(at, _) => Some(at),
            MayCall::Yes | MayCall::Never(_) => None,
        });
        let opens = opens.min().unwrap_or(later);
        let caps: Vec<(i64, u32)> = self.rules.caps.iter().map(|(span, most)| (span.as_millis() as i64, *most)).collect();
        match self.database.contact_attempts().begin(row.id, &Checks { regions: &open, caps: &caps }, now).await? {
            Found::Begun(begun) => {
                let lang = begun.lang.unwrap_or(row.is.lang);
                let flow = row.is.flow.clone();
                Ok(Ok(Call { campaign: row.id, trunk: place.trunk.clone(), flow, lang, begun: *begun }))
            }
            Found::Nobody(Some(next)) => Ok(Err(next.min(opens))),
            Found::Nobody(None) => {
                if !self.database.contacts().is_anybody_left(row.id).await? {
                    // Somebody who was quicker changed it; the next look shows.
                    let _ = campaign::advance(&self.database, row, Move::Finish, by_itself(now)).await;
                    let id = row.id;
                    self.running.remove(&id);
                    self.dialer.take(Event::Stops { campaign: id }, now);
                }
                Ok(Err(opens.min(later)))
            }
            Found::NotRunning => Ok(Err(later)),
        }
    }

    /// A call is over; what is to be dialled now.
    pub async fn ended(&mut self, call: &Call, outcome: Outcome, now: Timestamp) -> Result<Vec<Call>, CampaignError> {
        let most = self.running.get(&call.campaign).map(|running| running.row.is.most_attempts);
        let most = match most {
            Some(most) => most,
            None => self.database.campaigns().most_attempts(call.campaign).await?,
        };
        if outcome == Outcome::OptedOut {
            let refusal = Refusal { campaign: None, reason: "spoken", author: "service", at: now };
            self.database.do_not_call().add(&call.begun.to, refusal).await?;
        }
        self.end(call.begun.attempt, outcome, call.begun.nth, most, now).await?;
        self.handle(Event::Ended { campaign: call.campaign, has_trunk_failed: outcome.has_trunk_failed() }, now).await
    }

    async fn end(&self, attempt: i64, outcome: Outcome, nth: u32, most: u32, now: Timestamp) -> Result<(), CampaignError> {
        let next = outcome.next(nth, most, now);
        let ended = Ended { outcome: outcome.name(), state: next.state(), next: next.at() };
        self.database.contact_attempts().end(attempt, ended, now).await?;
        Ok(())
    }
}
