//! Campaigns at work: what the dialer gives places for, the database gives contacts for, under the calendar and the rules. Without a network and without a
//! clock of its own: whoever dials takes [`Call`]s, each once, and says how they ended ([`Ends`]). What it is told as `now` is real time, and so is the pace; hours, gaps and
//! caps go by [`Rules::clock`], and so do the rows that are kept.

mod testing;

use super::calendar::{Calendar, MayCall};
use super::campaign::{self, CampaignError, Move, OnMachine, State, read_week};
use super::clock::Clock;
use super::dialer::{Dialer, Event, Limits, Place};
use super::outcome::{Came, Gaps, Outcome};
use super::promised;
use crate::audio::machine::Answerer;
use crate::dialog::Conclusion;
use crate::store::{Begun, CampaignRow, Checks, Database, Ended, Found, Lost, Refusal, Signed};
use crate::text::{Lang, PhoneNumber};
use futures_util::future::join_all;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Rules that no campaign passes by.
#[derive(Clone, Debug)]
pub struct Rules {
    pub calendar: Calendar,
    /// Most calls to one customer, of all campaigns together, in any span so long.
    pub caps: Vec<(SignedDuration, u32)>,
    /// Places that stay free for those who call us.
    pub kept_for_callers: u32,
    pub gaps: Gaps,
    pub clock: Clock,
}

impl Rules {
    /// Two calls in a day, four in a week; a fifth of `places` stays free.
    pub fn usual(calendar: Calendar, places: u32) -> Rules {
        let caps = vec![(SignedDuration::from_hours(24), 2), (SignedDuration::from_hours(24 * 7), 4)];
        Rules { calendar, caps, kept_for_callers: places.div_ceil(5), gaps: Gaps::default(), clock: Clock::default() }
    }
}

/// A call to be dialled, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub campaign: i64,
    pub trunk: String,
    /// The number that is shown; the trunk's own without it.
    pub caller: Option<PhoneNumber>,
    pub flow: String,
    pub lang: Lang,
    pub on_machine: OnMachine,
    /// Where the customer is.
    pub zone: TimeZone,
    /// Of a test call, the row of `test_calls`, and no contact.
    pub begun: Begun,
    /// Somebody of ours is called; nothing of it counts.
    pub is_test: bool,
}

/// See the module's text.
pub struct Calls {
    database: Database,
    rules: Rules,
    dialer: Dialer,
    running: BTreeMap<i64, Running>,
    /// The trunks there are; the first is that of campaigns that name none.
    trunks: Vec<String>,
    /// Numbers that customers may see, by trunk.
    callers: BTreeMap<String, Vec<String>>,
    /// Flows that a call can begin with; `None` while that is not known.
    flows: Option<BTreeSet<String>>,
    /// Ends that could not be written down yet.
    unwritten: Vec<Unwritten>,
    /// A test call that waits for its place.
    test: Option<testing::Waiting>,
}

#[derive(Debug)]
struct Unwritten {
    attempt: i64,
    is_test: bool,
    /// Who was called, when that is known.
    to: Option<PhoneNumber>,
    came: Came,
    nth: u32,
    most: u32,
    at: Timestamp,
}

/// Why a campaign that runs is not dialled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stranded {
    pub campaign: String,
    pub why: String,
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
        Calls {
            database,
            rules,
            dialer,
            running: BTreeMap::new(),
            trunks: Vec::new(),
            callers: BTreeMap::new(),
            flows: None,
            unwritten: Vec::new(),
            test: None,
        }
    }

    /// A trunk is there, or has other limits. The first is that of campaigns that name none.
    pub fn trunk(&mut self, name: &str, limits: Limits, now: Timestamp) {
        if !self.trunks.iter().any(|known| known == name) {
            self.trunks.push(name.to_owned());
        }
        self.dialer.take(Event::Trunk { name: name.to_owned(), limits }, now);
    }

    /// The numbers that a trunk may show.
    pub fn set_callers(&mut self, callers: BTreeMap<String, Vec<String>>) {
        self.callers = callers;
    }

    /// The flows that calls can begin with from now on; campaigns with others wait.
    pub fn set_flows(&mut self, flows: BTreeSet<String>) {
        self.flows = Some(flows);
    }

    /// Running campaigns that nobody is dialled for, as they were at the last look.
    pub fn stranded(&self) -> Vec<Stranded> {
        let why = |row: &CampaignRow| {
            let trunk = self.trunk_of(row);
            if !self.has_flow(row) {
                Some(format!("no flow `{}` begins calls of ours", row.is.flow))
            } else if self.trunks.contains(&trunk) && self.may_show(row) {
                None
            } else if self.trunks.contains(&trunk) {
                Some(format!("the trunk `{trunk}` does not show the number {}", row.is.caller))
            } else {
                Some(format!("there is no trunk `{trunk}` in the configuration"))
            }
        };
        let running =
            self.running.values().filter_map(|Running { row, .. }| Some(Stranded { campaign: row.is.name.clone(), why: why(row)? }));
        running.collect()
    }

    fn trunk_of(&self, row: &CampaignRow) -> String {
        match (row.is.trunk.as_str(), self.trunks.first()) {
            ("", Some(first)) => first.clone(),
            (named, _) => named.to_owned(),
        }
    }

    /// Whether the campaign's trunk shows the campaign's number.
    fn may_show(&self, row: &CampaignRow) -> bool {
        let shown = self.callers.get(&self.trunk_of(row)).map(Vec::as_slice).unwrap_or_default();
        row.is.caller.is_empty() || shown.contains(&row.is.caller)
    }

    fn has_flow(&self, row: &CampaignRow) -> bool {
        self.flows.as_ref().is_none_or(|flows| flows.contains(&row.is.flow))
    }

    /// What campaigns go by.
    pub fn clock(&self) -> Clock {
        self.rules.clock
    }

    /// When there is something to do without anything having happened.
    pub fn wakes(&self) -> Option<Timestamp> {
        self.dialer.wakes()
    }

    /// Looks at the campaigns: what was started, paused or changed, whose moment has come, what processes that died left behind. Every few seconds is
    /// often enough: a campaign that is paused meanwhile has no attempt begun.
    pub async fn look(&mut self, now: Timestamp) -> Result<(), CampaignError> {
        let shown = self.rules.clock.at(now);
        while let Some(unwritten) = self.unwritten.last() {
            self.ends().write(unwritten).await?;
            self.unwritten.pop();
        }
        for lost in self.database.contact_attempts().lost().await? {
            let outcome = self.outcome_of(&lost, shown);
            let Lost { attempt, nth, most, .. } = lost;
            self.ends().write(&Unwritten { attempt, is_test: false, to: None, came: outcome.into(), nth, most, at: shown }).await?;
        }
        self.give_up_test(now).await?;
        let zone = self.zone(&self.rules.calendar, "");
        if let Err(error) = promised::round(&self.database, &zone, shown).await {
            tracing::error!(%error, "calls that were promised could not be taken up; they are at the next look");
        }
        for row in self.database.campaigns().all().await? {
            let mut state = campaign::state(&row)?;
            if state == State::Scheduled && row.starts.is_none_or(|starts| starts <= shown) {
                state = campaign::advance(&self.database, &row, Move::Start, by_itself(shown)).await?;
            }
            if state == State::Running {
                self.run(row, now)?;
            } else if self.running.remove(&row.id).is_some() {
                self.dialer.take(Event::Stops { campaign: row.id }, now);
            }
        }
        Ok(())
    }

    /// What a call had come to stands, although its process died before its end was written down.
    fn outcome_of(&self, lost: &Lost, now: Timestamp) -> Outcome {
        let conclusion = lost.reached.as_ref().and_then(|reached| Conclusion::named(&reached.conclusion, reached.later));
        let zone = self.zone(&self.rules.calendar, &lost.region);
        conclusion.map_or(Outcome::Lost, |conclusion| Outcome::concluded(conclusion, &zone, now))
    }

    fn zone(&self, calendar: &Calendar, region: &str) -> TimeZone {
        let region = Some(region).filter(|region| !region.is_empty());
        calendar.zone(region).cloned().unwrap_or_else(TimeZone::system)
    }

    fn run(&mut self, row: CampaignRow, now: Timestamp) -> Result<(), CampaignError> {
        let calendar = match read_week(&row.is.week)? {
            Some(week) => self.rules.calendar.narrowed(&week),
            None => self.rules.calendar.clone(),
        };
        let regions = std::iter::once("").chain(calendar.regions()).map(str::to_owned).collect();
        let limits = Limits { per_minute: row.is.per_minute, concurrent: row.is.concurrent };
        let trunk = self.trunk_of(&row);
        if self.has_flow(&row) && self.may_show(&row) {
            self.dialer.take(Event::Runs { campaign: row.id, trunk, limits }, now);
        } else {
            self.dialer.take(Event::Stops { campaign: row.id }, now);
        }
        self.running.insert(row.id, Running { row, calendar, regions });
        Ok(())
    }

    /// Nobody is dialled any more; calls under way go on.
    pub fn stop(&mut self, now: Timestamp) {
        self.dialer.take(Event::Stops { campaign: testing::TEST }, now);
        for campaign in std::mem::take(&mut self.running).into_keys() {
            self.dialer.take(Event::Stops { campaign }, now);
        }
    }

    /// Takes an event; what is to be dialled comes with the next [`Calls::handle`].
    pub fn take(&mut self, event: Event, now: Timestamp) {
        self.dialer.take(event, now);
    }

    /// What is to be dialled after an event. What was begun is dialled even when the database fails for the next one: its row is written.
    pub async fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Call> {
        let mut places = self.dialer.handle(event, now);
        let mut calls = Vec::new();
        while !places.is_empty() {
            calls.extend(self.fill_test(&mut places, now));
            // At one time, so that their rows are on the disk together.
            let found = join_all(places.iter().map(|place| self.fill(place, now))).await;
            let mut more = Vec::new();
            for (place, found) in places.into_iter().zip(found) {
                let until = match found {
                    Ok(Ok(call)) => {
                        calls.push(call);
                        continue;
                    }
                    Ok(Err(nobody)) => self.nobody(&place, nobody, now).await,
                    Err(error) => Err(error),
                };
                let until = until.unwrap_or_else(|error| {
                    tracing::error!(campaign = place.campaign, %error, "nobody could be called; it is tried again soon");
                    now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX)
                });
                more.extend(self.dialer.handle(Event::Unused { campaign: place.campaign, until }, now));
            }
            places = more;
        }
        calls
    }

    /// A call for a place, or that there is nobody to be called.
    async fn fill(&self, place: &Place, real: Timestamp) -> Result<Result<Call, Nobody>, CampaignError> {
        let now = self.rules.clock.at(real);
        let later = now.saturating_add(LOOK_AGAIN).unwrap_or(Timestamp::MAX);
        let Some(Running { row, calendar, regions }) = self.running.get(&place.campaign) else { return Ok(Err(Nobody::Before(later))) };
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
                let on_machine = campaign::on_machine(row)?;
                let zone = self.zone(calendar, &begun.region);
                let caller = PhoneNumber::parse(&row.is.caller);
                Ok(Ok(Call {
                    campaign: row.id,
                    trunk: place.trunk.clone(),
                    caller,
                    flow,
                    lang,
                    on_machine,
                    zone,
                    begun: *begun,
                    is_test: false,
                }))
            }
            Found::Nobody(Some(next)) => Ok(Err(Nobody::Before(next.min(opens)))),
            Found::Nobody(None) => Ok(Err(Nobody::Open(opens.min(later)))),
            Found::NotRunning => Ok(Err(Nobody::Before(later))),
        }
    }

    /// Nobody is called for a place; gives until when none of the campaign may be, in real time.
    async fn nobody(&mut self, place: &Place, nobody: Nobody, real: Timestamp) -> Result<Timestamp, CampaignError> {
        let until = match nobody {
            Nobody::Before(until) => until,
            Nobody::Open(until) => {
                let is_anybody_left = self.database.contacts().is_anybody_left(place.campaign).await?;
                if !is_anybody_left && let Some(Running { row, .. }) = self.running.remove(&place.campaign) {
                    // Somebody who was quicker changed it; the next look shows.
                    let _ = campaign::advance(&self.database, &row, Move::Finish, by_itself(self.rules.clock.at(real))).await;
                    self.dialer.take(Event::Stops { campaign: row.id }, real);
                }
                until
            }
        };
        Ok(self.rules.clock.real(until))
    }

    /// Writes down how calls ended, beside everything else.
    pub fn ends(&self) -> Ends {
        Ends { database: self.database.clone(), gaps: self.rules.gaps, clock: self.rules.clock }
    }

    /// A call is over; what is to be dialled now. An end that could not be written down is at the next look.
    pub async fn over(&mut self, over: Over, now: Timestamp) -> Vec<Call> {
        let Over { campaign, has_trunk_failed, unwritten } = over;
        self.unwritten.extend(unwritten);
        self.handle(Event::Ended { campaign, has_trunk_failed }, now).await
    }
}

/// Nobody is to be called now.
enum Nobody {
    /// And not before this moment.
    Before(Timestamp),
    /// There is nobody in regions that are open; it is looked again then.
    Open(Timestamp),
}

/// See [`Calls::ends`].
#[derive(Clone)]
pub struct Ends {
    database: Database,
    gaps: Gaps,
    clock: Clock,
}

/// A call that is over, for [`Calls::over`].
#[derive(Debug)]
pub struct Over {
    campaign: i64,
    has_trunk_failed: bool,
    unwritten: Option<Unwritten>,
}

impl Ends {
    /// A call ended like this.
    pub async fn end(&self, call: &Call, came: impl Into<Came>, now: Timestamp) -> Over {
        let came = came.into();
        let (attempt, nth) = (call.begun.attempt, call.begun.nth);
        let most = self.database.campaigns().most_attempts(call.campaign).await.unwrap_or(nth);
        let unwritten =
            Unwritten { attempt, is_test: call.is_test, to: Some(call.begun.to.clone()), came, nth, most, at: self.clock.at(now) };
        let written = self.write(&unwritten).await;
        if let Err(error) = &written {
            tracing::error!(attempt, %error, "the end of a call could not be written down; it is tried again soon");
        }
        Over { campaign: call.campaign, has_trunk_failed: came.to.has_trunk_failed(), unwritten: written.is_err().then_some(unwritten) }
    }

    /// A test call has this record.
    pub async fn recorded(&self, call: &Call, record: &str) {
        if call.is_test
            && let Err(error) = self.database.test_calls().recorded(call.begun.attempt, record).await
        {
            tracing::error!(%error, "which record a test call has could not be written down");
        }
    }

    async fn write(&self, ended: &Unwritten) -> Result<(), CampaignError> {
        let Unwritten { attempt, is_test, to, came: Came { to: outcome, answered_by }, nth, most, at } = ended;
        if *is_test {
            return Ok(self.database.test_calls().end(*attempt, outcome.name(), *at).await?);
        }
        if let (Outcome::OptedOut, Some(to)) = (outcome, to) {
            let refusal = Refusal { campaign: None, reason: "spoken", author: "service", at: *at };
            self.database.do_not_call().add(to, refusal).await?;
        }
        let next = outcome.next(*nth, *most, &self.gaps, *at);
        let ended = Ended { outcome: outcome.name(), state: next.state(), next: next.at(), answered_by: answered_by.map(Answerer::name) };
        self.database.contact_attempts().end(*attempt, ended, *at).await?;
        Ok(())
    }
}
