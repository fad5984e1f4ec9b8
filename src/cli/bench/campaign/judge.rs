//! Whether campaigns kept the rules, judged from what the network saw. The rules are said here once more, apart from the code that keeps them.

use super::log::{Callee, Entry, What};
use super::world::{AGAIN_AFTER, CAMPAIGNS, Customer, HOLIDAY_IN_BERLIN, Limits, MOST_A_DAY, MOST_A_WEEK, REGIONS};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, HashMap};

/// What the judge has to know beside the log.
pub struct Terms {
    pub limits: Limits,
    pub contacts: usize,
    /// The campaigns' clock: it showed `from_us` at the real moment `since_us`, and goes so many times as fast.
    pub since_us: i64,
    pub from_us: i64,
    pub speed: i64,
    /// From when to when the service's processes lived, in real time.
    pub lives: Vec<(i64, i64)>,
    /// The machine has other work: calls may come later, and how fast they come and how soon they speak says nothing.
    pub is_busy: bool,
}

/// A rule, what was looked at, and where it was broken.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static str,
    pub looked_at: String,
    pub broken: Vec<String>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    Refused(u16),
    RangOut,
    /// It was answered; who hung up.
    Left(Callee),
    HungUp(Callee),
    /// It never did.
    Open,
}

/// A call that rang.
#[derive(Debug)]
struct Rang {
    customer: Option<Customer>,
    to: String,
    call: String,
    at_us: i64,
    until_us: i64,
    end: End,
    /// The service died meanwhile, or just afterwards: nobody knows what it wrote down.
    cut: bool,
    keys: String,
    answered_us: Option<i64>,
    /// When the callee heard us first, and whether a machine did after its beep.
    heard_us: Option<i64>,
    heard_after_beep: bool,
}

/// From the dialer's look at the clock to the INVITE, and from the end of a call to its row: at most so long, and so long on a busy machine.
const SLACK_US: i64 = 500_000;
const SLACK_BUSY_US: i64 = 1_500_000;
/// An end may be lost that comes so soon before the service's.
const UNWRITTEN_US: i64 = 1_500_000;
/// A person hears us so long after the answer.
const GREETED_WITHIN_MS: i64 = 300;
/// The pace is looked at in spans so long.
const SPAN_US: i64 = 5_000_000;
const MINUTE_US: i64 = 60_000_000;
/// The lowest pace, of a hundred parts of the cap.
const PACE_PERCENT: i64 = 95;

impl Terms {
    /// What the campaigns' clock showed.
    fn shown(&self, at_us: i64) -> i64 {
        self.from_us + (at_us - self.since_us) * self.speed
    }

    fn slack_us(&self) -> i64 {
        if self.is_busy { SLACK_BUSY_US } else { SLACK_US }
    }

    fn slack(&self) -> i64 {
        self.slack_us() * self.speed
    }
}

/// All findings, and how many calls ended how.
pub fn judge(entries: &[Entry], terms: &Terms) -> (Vec<Finding>, BTreeMap<&'static str, usize>) {
    let calls = calls(entries, terms);
    let mut ends = BTreeMap::new();
    for rang in &calls {
        *ends.entry(rang.end_name()).or_default() += 1;
    }
    let mut by_number: BTreeMap<&str, Vec<&Rang>> = BTreeMap::new();
    for rang in &calls {
        by_number.entry(&rang.to).or_default().push(rang);
    }
    let mut findings = vec![
        permitted(&calls),
        hours(&calls, terms),
        caps(&by_number, terms),
        attempts(&by_number, terms),
        gaps(&by_number, terms),
        finals(&by_number),
        overlaps(&by_number),
        at_once(&calls, terms),
        everybody(&by_number, terms),
        told(&calls),
        greeted(&calls, terms),
        not_too_fast(&calls, terms),
    ];
    if !terms.is_busy {
        findings.push(fast_enough(&calls, terms));
    }
    (findings, ends)
}

fn calls(entries: &[Entry], terms: &Terms) -> Vec<Rang> {
    let mut calls: Vec<Rang> = Vec::new();
    let mut by_call: HashMap<&str, usize> = HashMap::new();
    for entry in entries {
        if let What::Invited { to, .. } = &entry.what {
            by_call.insert(&entry.call, calls.len());
            let (customer, call) = (Customer::with_number(to).filter(|customer| customer.n < terms.contacts), entry.call.clone());
            calls.push(Rang {
                customer,
                to: to.clone(),
                call,
                at_us: entry.at_us,
                until_us: i64::MAX,
                end: End::Open,
                cut: false,
                keys: String::new(),
                answered_us: None,
                heard_us: None,
                heard_after_beep: false,
            });
            continue;
        }
        let Some(rang) = by_call.get(entry.call.as_str()).and_then(|index| calls.get_mut(*index)) else { continue };
        rang.note(entry);
    }
    for rang in &mut calls {
        let died = terms.lives.iter().map(|(_, died)| *died).find(|died| *died >= rang.at_us).unwrap_or(i64::MAX);
        if rang.until_us.saturating_add(UNWRITTEN_US) > died {
            rang.cut = true;
            rang.until_us = rang.until_us.min(died);
        }
    }
    calls
}

impl Rang {
    fn note(&mut self, entry: &Entry) {
        match &entry.what {
            What::Invited { .. } | What::Repeated | What::Confirmed => {}
            What::Heard => self.heard_us = Some(entry.at_us),
            What::HeardAfterBeep => self.heard_after_beep = true,
            What::Pressed { key } => self.keys.push(*key),
            What::Answered { by } => (self.end, self.answered_us) = (End::Left(*by), Some(entry.at_us)),
            What::Refused { code } => (self.end, self.until_us) = (End::Refused(*code), entry.at_us),
            What::RangOut => (self.end, self.until_us) = (End::RangOut, entry.at_us),
            What::Left => self.until_us = entry.at_us,
            What::HungUp => {
                if let End::Left(by) = self.end {
                    self.end = End::HungUp(by);
                }
                self.until_us = entry.at_us;
            }
        }
    }

    fn end_name(&self) -> &'static str {
        match self.end {
            _ if self.cut => "cut off by a kill",
            End::Refused(486) => "busy",
            End::Refused(603) => "declined",
            End::Refused(404) => "no such number",
            End::Refused(_) => "no room",
            End::RangOut => "rang out",
            End::Left(Callee::Person) => "answered, we hung up",
            End::HungUp(Callee::Person) => "answered, the customer hung up",
            End::Left(Callee::Machine) | End::HungUp(Callee::Machine) if self.heard_after_beep => "machine, which heard us after its beep",
            End::Left(Callee::Machine) | End::HungUp(Callee::Machine) => "machine, which did not",
            End::Open => "without an end",
        }
    }

    /// Minutes that have to pass before another call of the same campaign; `None` where there is to be none.
    fn gap_minutes(&self) -> Option<i64> {
        let gap = |name: &str| AGAIN_AFTER.iter().find(|(known, _)| *known == name).map(|(_, minutes)| *minutes);
        let by_end = match &self.end {
            End::Refused(486) => gap("busy"),
            End::Refused(603) => gap("declined"),
            End::Refused(404) => None,
            End::Refused(_) => gap("congested"),
            End::RangOut => gap("no_answer"),
            // Who was told what it is about is not called again; who hung up before is.
            End::HungUp(Callee::Person) | End::Left(Callee::Person) => gap("hung_up"),
            End::HungUp(Callee::Machine) | End::Left(Callee::Machine) => gap("machine"),
            End::Open => gap("lost"),
        };
        if self.cut { by_end.min(gap("lost")).or(gap("lost")) } else { by_end }
    }

    /// He said what he wants, and we hung up: there is nothing to call about.
    fn is_final(&self) -> bool {
        !self.cut && (self.end == End::Refused(404) || (self.end == End::Left(Callee::Person) && !self.keys.is_empty()))
    }

    fn at(&self) -> String {
        format!("{} ({})", self.to, self.call)
    }
}

fn finding(rule: &'static str, looked_at: usize, broken: Vec<String>) -> Finding {
    Finding { rule, looked_at: format!("{looked_at} calls"), broken }
}

fn permitted(calls: &[Rang]) -> Finding {
    let may = |rang: &&Rang| !rang.customer.is_some_and(|customer| (0..CAMPAIGNS.len()).any(|campaign| customer.may_be_called(campaign)));
    let broken = calls.iter().filter(may).map(Rang::at).collect();
    finding("nobody on the list, without consent or unknown", calls.len(), broken)
}

/// Whether a customer of a region may be called, said apart from the calendar.
pub fn is_open(region: usize, shown_us: i64) -> bool {
    let Some((name, zone)) = REGIONS.get(region) else { return false };
    let (Ok(zone), Ok(at)) = (TimeZone::get(zone), Timestamp::from_microsecond(shown_us)) else { return false };
    let local = at.to_zoned(zone);
    let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
    let (hours, quiet) = match (*name, local.weekday()) {
        ("berlin", _) if local.date().to_string() == HOLIDAY_IN_BERLIN => return false,
        ("denver", Weekday::Saturday) => return false,
        ("denver", Weekday::Sunday) => (10 * 60..20 * 60, 13 * 60..14 * 60),
        ("denver", _) => (8 * 60..21 * 60, 13 * 60..14 * 60),
        _ => (9 * 60..20 * 60 + 30, 12 * 60..14 * 60),
    };
    hours.contains(&minute) && !quiet.contains(&minute)
}

fn hours(calls: &[Rang], terms: &Terms) -> Finding {
    let was_open = |rang: &&Rang| {
        let at = terms.shown(rang.at_us);
        rang.customer.is_some_and(|customer| is_open(customer.region, at) || is_open(customer.region, at - terms.slack()))
    };
    let broken = calls.iter().filter(|rang| !was_open(rang));
    let when = |rang: &Rang| format!("{} at {}", rang.at(), Timestamp::from_microsecond(terms.shown(rang.at_us)).unwrap_or_default());
    finding("in the hours of the customer's region, not on its holidays, not in quiet hours", calls.len(), broken.map(when).collect())
}

fn caps(by_number: &BTreeMap<&str, Vec<&Rang>>, terms: &Terms) -> Finding {
    let mut broken = Vec::new();
    for calls in by_number.values() {
        for (hours, most) in [(24, MOST_A_DAY), (24 * 7, MOST_A_WEEK)] {
            let span_us = SignedDuration::from_hours(hours).as_micros() as i64 - terms.slack();
            let too_many = calls.windows(most + 1).find(|some| (some[most].at_us - some[0].at_us) * terms.speed < span_us);
            broken.extend(too_many.map(|some| format!("{}: {} within {hours} h", some[0].to, most + 1)));
        }
    }
    Finding { rule: "calls to one person in a day and in a week", looked_at: format!("{} persons", by_number.len()), broken }
}

fn attempts(by_number: &BTreeMap<&str, Vec<&Rang>>, terms: &Terms) -> Finding {
    let most = |customer: Customer| customer.of.iter().filter(|of| **of).count() * terms.limits.attempts as usize;
    let too_many = by_number.iter().filter(|(_, calls)| calls.len() > calls[0].customer.map_or(0, most));
    let broken = too_many.map(|(number, calls)| format!("{number}: {}", calls.len())).collect();
    Finding { rule: "most attempts", looked_at: format!("{} persons", by_number.len()), broken }
}

fn is_in_one(calls: &[&Rang]) -> bool {
    calls[0].customer.is_some_and(|customer| customer.of != [true, true])
}

/// Also what shows a second call for one attempt: no outcome is followed by another call at once.
fn gaps(by_number: &BTreeMap<&str, Vec<&Rang>>, terms: &Terms) -> Finding {
    let mut looked_at = 0;
    let mut broken = Vec::new();
    for calls in by_number.values().filter(|calls| is_in_one(calls)) {
        for two in calls.windows(2) {
            looked_at += 1;
            let between_us = (two[1].at_us - two[0].until_us) * terms.speed;
            let Some(minutes) = two[0].gap_minutes() else { continue };
            if between_us < minutes * MINUTE_US - terms.slack() {
                broken.push(format!("{} after {}: {} min", two[1].at(), two[0].end_name(), between_us / MINUTE_US));
            }
        }
    }
    Finding { rule: "one call an attempt, and the gap by its outcome before the next", looked_at: format!("{looked_at} pairs"), broken }
}

fn finals(by_number: &BTreeMap<&str, Vec<&Rang>>) -> Finding {
    let mut looked_at = 0;
    let mut broken = Vec::new();
    for calls in by_number.values() {
        let last = calls.len() - 1;
        for (index, rang) in calls.iter().enumerate() {
            // No more calls: not in this campaign and in no other.
            let wants_none = !rang.cut && rang.keys == "19" && rang.end == End::Left(Callee::Person);
            if wants_none || (rang.is_final() && is_in_one(calls)) {
                looked_at += 1;
                if index != last {
                    broken.push(format!("{} after {} {}", calls[index + 1].at(), rang.end_name(), rang.keys));
                }
            }
        }
    }
    finding("nobody who said what he wants, wants no calls, or does not exist is called again", looked_at, broken)
}

fn overlaps(by_number: &BTreeMap<&str, Vec<&Rang>>) -> Finding {
    let mut broken = Vec::new();
    for calls in by_number.values() {
        broken.extend(calls.windows(2).filter(|two| two[1].at_us < two[0].until_us).map(|two| two[1].at()));
    }
    Finding { rule: "nobody is called while he is called", looked_at: format!("{} persons", by_number.len()), broken }
}

fn at_once(calls: &[Rang], terms: &Terms) -> Finding {
    let mut changes: Vec<(i64, i64)> = calls.iter().flat_map(|rang| [(rang.at_us, 1), (rang.until_us, -1)]).collect();
    changes.sort_unstable();
    let (mut now, mut most, mut broken) = (0, 0, Vec::new());
    for (at, change) in changes {
        now += change;
        if now > i64::from(terms.limits.at_once) && now > most {
            broken.push(format!("{now} at {at}"));
        }
        most = most.max(now);
    }
    Finding { rule: "calls at one time", looked_at: format!("at most {most} of {}", terms.limits.at_once), broken }
}

fn everybody(by_number: &BTreeMap<&str, Vec<&Rang>>, terms: &Terms) -> Finding {
    let wanted = (0..terms.contacts).map(Customer::new).filter(|customer| (0..2).any(|campaign| customer.may_be_called(campaign)));
    let numbers: Vec<String> = wanted.map(Customer::number).collect();
    let broken = numbers.iter().filter(|number| !by_number.contains_key(number.as_str())).cloned().collect();
    Finding { rule: "everybody who may be called is", looked_at: format!("{} persons", numbers.len()), broken }
}

fn told(calls: &[Rang]) -> Finding {
    let answered: Vec<&Rang> = calls.iter().filter(|rang| !rang.cut && rang.end == End::Left(Callee::Person)).collect();
    let broken = answered.iter().filter(|rang| rang.heard_us.is_none()).map(|rang| rang.at()).collect();
    finding("who answers hears us", answered.len(), broken)
}

/// From the network's 200 OK to our first sample in its ear.
fn greeted(calls: &[Rang], terms: &Terms) -> Finding {
    let people = calls.iter().filter(|rang| matches!(rang.end, End::Left(Callee::Person) | End::HungUp(Callee::Person)));
    let mut waits: Vec<(i64, &Rang)> = people.filter_map(|rang| Some(((rang.heard_us? - rang.answered_us?) / 1_000, rang))).collect();
    waits.sort_unstable_by_key(|(wait_ms, _)| *wait_ms);
    let at = |percent: usize| waits.get(waits.len() * percent / 100).or(waits.last()).map_or(0, |(wait_ms, _)| *wait_ms);
    let looked_at = format!("{} calls, {} ms p50, {} p95, {} most", waits.len(), at(50), at(95), at(100));
    let late = waits.iter().filter(|(wait_ms, _)| !terms.is_busy && *wait_ms > GREETED_WITHIN_MS);
    let broken = late.map(|(wait_ms, rang)| format!("{wait_ms} ms: {}", rang.at())).collect();
    Finding { rule: "a person hears the first sound within 300 ms of the answer", looked_at, broken }
}

/// Spans of a life in which, until their end, somebody could be called who had not been called at all.
fn fast_enough(calls: &[Rang], terms: &Terms) -> Finding {
    let mut first: HashMap<usize, i64> = HashMap::new();
    for rang in calls {
        if let Some(customer) = rang.customer {
            first.entry(customer.n).or_insert(rang.at_us);
        }
    }
    // When the first call came to those of each region, the last one first.
    let mut waiting: Vec<Vec<i64>> = vec![Vec::new(); REGIONS.len()];
    for customer in (0..terms.contacts).map(Customer::new).filter(|customer| (0..2).any(|campaign| customer.may_be_called(campaign))) {
        waiting[customer.region].push(first.get(&customer.n).copied().unwrap_or(i64::MAX));
    }
    let last_of: Vec<i64> = waiting.iter().map(|calls| calls.iter().copied().max().unwrap_or(0)).collect();
    let has_work = |from: i64, to: i64| {
        let open = |at: i64| (0..REGIONS.len()).filter(move |region| is_open(*region, terms.shown(at)));
        open(from).any(|region| last_of[region] > to && is_open(region, terms.shown(to)))
    };
    let (mut spans, mut count) = (0, 0);
    for (began, ended) in &terms.lives {
        let mut from = *began;
        while from + SPAN_US <= *ended {
            let to = from + SPAN_US;
            if has_work(from, to) {
                spans += 1;
                count += calls.iter().filter(|rang| (from..to).contains(&rang.at_us)).count() as i64;
            }
            from = to;
        }
    }
    let due = spans * SPAN_US * i64::from(terms.limits.per_minute) / MINUTE_US;
    let percent = if due > 0 { count as f64 * 100.0 / due as f64 } else { 100.0 };
    let looked_at = format!("{percent:.1} % of the cap in {} s with work", spans * SPAN_US / 1_000_000);
    let broken = if count * 100 < due * PACE_PERCENT { vec![format!("{count} calls of {due}")] } else { Vec::new() };
    Finding { rule: "pace, where somebody waits: at least 95 % of the cap", looked_at, broken }
}

/// One more than the pace has room for, and one for each process that began meanwhile.
fn not_too_fast(calls: &[Rang], terms: &Terms) -> Finding {
    let most_in = |span_us: i64| (span_us * i64::from(terms.limits.per_minute) / MINUTE_US) as usize + 2;
    let mut broken = Vec::new();
    let mut most = 0;
    for span_us in [SPAN_US, MINUTE_US] {
        let mut from = 0;
        for (index, rang) in calls.iter().enumerate() {
            while calls[from].at_us <= rang.at_us - span_us {
                from += 1;
            }
            let births = terms.lives.iter().filter(|(began, _)| (calls[from].at_us..=rang.at_us).contains(began)).count();
            let count = index + 1 - from;
            if span_us == MINUTE_US {
                most = most.max(count);
            }
            // What the machine delays may come a little closer together.
            let allowed = most_in(span_us + terms.slack_us()) + births;
            if count > allowed {
                broken.push(format!("{count} calls within {} s at {}", span_us / 1_000_000, rang.at()));
            }
        }
    }
    Finding { rule: "pace: never over the cap", looked_at: format!("at most {most} in a minute of {}", terms.limits.per_minute), broken }
}

#[cfg(test)]
mod tests;
