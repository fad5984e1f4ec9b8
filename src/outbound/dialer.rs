//! Whose turn it is to be dialled: pace and places of trunks and campaigns. Pure, `(state, event) → (state, places)`; whom a place is for, and whether anybody may
//! be called at all, is not decided here but where the attempt is written ([`crate::store::ContactAttempts::begin`]).

use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// What a trunk carries, or a campaign may use of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls begun.
    pub per_minute: u32,
    /// Calls under way.
    pub concurrent: u32,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A trunk is there, or has other limits.
    Trunk { name: String, limits: Limits },
    /// A campaign runs, or has other limits.
    Runs { campaign: i64, trunk: String, limits: Limits },
    /// A campaign is paused, done or cancelled; its calls under way go on.
    Stops { campaign: i64 },
    /// Calls that this machine could take beside those under way.
    Room { free: u32 },
    /// A place was given and nobody dialled; nobody of the campaign may be called before `until`.
    Unused { campaign: i64, until: Timestamp },
    /// A call is over.
    Ended { campaign: i64, has_trunk_failed: bool },
    /// Time has passed.
    Tick,
}

/// One call may be begun now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub campaign: i64,
    pub trunk: String,
}

/// See the module's text.
#[derive(Clone, Debug)]
pub struct Dialer {
    trunks: BTreeMap<String, Trunk>,
    campaigns: BTreeMap<i64, Campaign>,
    free: u32,
    kept_for_callers: u32,
    turn: u64,
}

/// A trunk is left alone when at least half of at least so many calls within so long failed because of it, for so long; then one call tries.
const BREAKER_WINDOW_US: i64 = 120_000_000;
const BREAKER_LEAST: usize = 5;
const BREAKER_REST_US: i64 = 60_000_000;
/// How late a call may be without putting off those after it. Whoever writes calls down waits for a disk.
const CATCH_UP_US: i64 = 250_000;
const MINUTE_US: i64 = 60_000_000;

#[derive(Clone, Debug)]
struct Trunk {
    concurrent: u32,
    pace: Pace,
    under_way: u32,
    /// Calls that ended lately, and whether the trunk was at fault.
    ended: VecDeque<(i64, bool)>,
    /// Since it was found broken: when it may be tried again.
    rests_until: Option<i64>,
}

#[derive(Clone, Debug)]
struct Campaign {
    trunk: String,
    concurrent: u32,
    pace: Pace,
    under_way: u32,
    runs: bool,
    until: i64,
    /// When it last had a turn.
    turn: u64,
}

/// Moments with so long between them, but for what is caught up; and never more in a minute than there may be.
#[derive(Clone, Debug)]
struct Pace {
    per_minute: usize,
    interval_us: i64,
    next: i64,
    /// When those of the last minute were.
    taken: VecDeque<i64>,
}

impl Pace {
    fn new(per_minute: u32) -> Pace {
        let mut pace = Pace { per_minute: 1, interval_us: MINUTE_US, next: i64::MIN, taken: VecDeque::new() };
        pace.change(per_minute);
        pace
    }

    fn change(&mut self, per_minute: u32) {
        self.per_minute = per_minute.max(1) as usize;
        self.interval_us = MINUTE_US / i64::from(per_minute.max(1));
    }

    /// From when on there may be one.
    fn ready(&self) -> i64 {
        let before = self.taken.len().checked_sub(self.per_minute).and_then(|index| self.taken.get(index));
        self.next.max(before.map_or(i64::MIN, |at| at + MINUTE_US))
    }

    fn take(&mut self, now: i64) {
        // The first one was not late.
        let due = if self.next == i64::MIN { now } else { self.next.max(now - CATCH_UP_US) };
        self.next = due + self.interval_us;
        self.taken.push_back(now);
        while self.taken.front().is_some_and(|at| *at <= now - MINUTE_US) {
            self.taken.pop_front();
        }
    }

    fn give_back(&mut self) {
        self.next -= self.interval_us;
        self.taken.pop_back();
    }
}

impl Trunk {
    /// From when on a call may be begun, were there room.
    fn ready(&self) -> i64 {
        self.pace.ready().max(self.rests_until.unwrap_or(i64::MIN))
    }

    fn has_room(&self) -> bool {
        let most = if self.rests_until.is_some() { 1 } else { self.concurrent };
        self.under_way < most
    }

    fn ended(&mut self, now: i64, has_failed: bool) {
        self.under_way = self.under_way.saturating_sub(1);
        match self.rests_until {
            Some(until) if until <= now && !has_failed => {
                self.rests_until = None;
                self.ended.clear();
            }
            Some(until) if until <= now => self.rests_until = Some(now + BREAKER_REST_US),
            // Calls from before tell nothing new.
            Some(_) => {}
            None => {
                self.ended.push_back((now, has_failed));
                while self.ended.front().is_some_and(|(at, _)| *at < now - BREAKER_WINDOW_US) {
                    self.ended.pop_front();
                }
                let failed = self.ended.iter().filter(|(_, failed)| *failed).count();
                if self.ended.len() >= BREAKER_LEAST && failed * 2 >= self.ended.len() {
                    self.rests_until = Some(now + BREAKER_REST_US);
                }
            }
        }
    }
}

impl Dialer {
    /// `kept_for_callers` places stay free for those who call us.
    pub fn new(kept_for_callers: u32) -> Dialer {
        Dialer { trunks: BTreeMap::new(), campaigns: BTreeMap::new(), free: 0, kept_for_callers, turn: 0 }
    }

    /// Takes an event, and gives the places there are now. Every place is answered by [`Event::Unused`] or, in the end, [`Event::Ended`].
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Place> {
        self.take(event, now);
        std::iter::from_fn(|| self.place(now.as_microsecond())).collect()
    }

    /// Takes an event; places wait for the next [`Dialer::handle`].
    pub fn take(&mut self, event: Event, now: Timestamp) {
        let now = now.as_microsecond();
        match event {
            Event::Trunk { name, limits } => self.trunk(name, limits),
            Event::Runs { campaign, trunk, limits } => self.runs(campaign, trunk, limits),
            Event::Stops { campaign } => {
                if let Some(campaign) = self.campaigns.get_mut(&campaign) {
                    campaign.runs = false;
                }
            }
            Event::Room { free } => self.free = free,
            Event::Unused { campaign, until } => self.unused(campaign, until.as_microsecond()),
            Event::Ended { campaign, has_trunk_failed } => self.ended(campaign, has_trunk_failed, now),
            Event::Tick => {}
        }
    }

    /// When a place comes free by itself: pace, rest, and campaigns that wait. Nothing before then but by an event.
    pub fn wakes(&self) -> Option<Timestamp> {
        let moments = self.candidates().map(|(_, campaign, trunk)| ready(campaign, trunk));
        moments.min().and_then(|us| Timestamp::from_microsecond(us).ok())
    }

    /// Calls under way, of all campaigns.
    pub fn under_way(&self) -> u32 {
        self.campaigns.values().map(|campaign| campaign.under_way).sum()
    }

    /// Trunks that are left alone for now.
    pub fn resting(&self) -> impl Iterator<Item = &str> {
        self.trunks.iter().filter(|(_, trunk)| trunk.rests_until.is_some()).map(|(name, _)| name.as_str())
    }

    fn trunk(&mut self, name: String, limits: Limits) {
        let fresh = Trunk { concurrent: 0, pace: Pace::new(limits.per_minute), under_way: 0, ended: VecDeque::new(), rests_until: None };
        let trunk = self.trunks.entry(name).or_insert(fresh);
        trunk.concurrent = limits.concurrent;
        trunk.pace.change(limits.per_minute);
    }

    fn runs(&mut self, id: i64, trunk: String, limits: Limits) {
        let turn = self.turn;
        let fresh = Campaign {
            trunk: trunk.clone(),
            concurrent: 0,
            pace: Pace::new(limits.per_minute),
            under_way: 0,
            runs: true,
            until: i64::MIN,
            turn,
        };
        let campaign = self.campaigns.entry(id).or_insert(fresh);
        // Calls under way end on the trunk that they went over.
        if campaign.under_way == 0 {
            campaign.trunk = trunk;
        }
        campaign.concurrent = limits.concurrent;
        campaign.pace.change(limits.per_minute);
        campaign.runs = true;
    }

    fn unused(&mut self, id: i64, until: i64) {
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.under_way = campaign.under_way.saturating_sub(1);
        campaign.until = until;
        campaign.pace.give_back();
        self.free += 1;
        if let Some(trunk) = self.trunks.get_mut(&campaign.trunk) {
            trunk.under_way = trunk.under_way.saturating_sub(1);
            trunk.pace.give_back();
        }
    }

    fn ended(&mut self, id: i64, has_trunk_failed: bool, now: i64) {
        let Some(campaign) = self.campaigns.get_mut(&id) else { return };
        campaign.under_way = campaign.under_way.saturating_sub(1);
        self.free += 1;
        if let Some(trunk) = self.trunks.get_mut(&campaign.trunk) {
            trunk.ended(now, has_trunk_failed);
        }
    }

    /// Campaigns that have room, with their trunks that have.
    fn candidates(&self) -> impl Iterator<Item = (i64, &Campaign, &Trunk)> {
        let is_room = self.free > self.kept_for_callers;
        self.campaigns.iter().filter(move |(_, campaign)| is_room && campaign.runs && campaign.under_way < campaign.concurrent).filter_map(
            |(id, campaign)| {
                let trunk = self.trunks.get(&campaign.trunk).filter(|trunk| trunk.has_room())?;
                Some((*id, campaign, trunk))
            },
        )
    }

    /// Of the campaigns that may, the one that had its turn longest ago.
    fn place(&mut self, now: i64) -> Option<Place> {
        let may = self.candidates().filter(|(_, campaign, trunk)| ready(campaign, trunk) <= now);
        let (id, ..) = may.min_by_key(|(id, campaign, _)| (campaign.turn, *id))?;
        self.turn += 1;
        self.free -= 1;
        let campaign = self.campaigns.get_mut(&id)?;
        campaign.turn = self.turn;
        campaign.under_way += 1;
        campaign.pace.take(now);
        let trunk = self.trunks.get_mut(&campaign.trunk)?;
        trunk.under_way += 1;
        trunk.pace.take(now);
        Some(Place { campaign: id, trunk: campaign.trunk.clone() })
    }
}

fn ready(campaign: &Campaign, trunk: &Trunk) -> i64 {
    campaign.pace.ready().max(campaign.until).max(trunk.ready())
}

#[cfg(test)]
mod tests;
