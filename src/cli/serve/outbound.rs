//! The `[outbound]` section of the configuration, and the dialer of `tingshuo serve`.

use super::configuration::Configuration;
use super::trunks::{self, Section};
use crate::call::editions::Editions;
use crate::call::reception::Reception;
use crate::call::services::Services;
use crate::cli::Failure;
use crate::cli::check::load_calendar;
use crate::line::sip::server::Server;
use crate::models::data_dir;
use crate::nlu::pickup;
use crate::outbound::calls::{Calls, Rules};
use crate::outbound::outcome::Gaps;
use crate::outbound::test_call::Asked;
use crate::outbound::work::Work;
use crate::outbound::{Calendar, Clock, State};
use crate::text::PhoneNumber;
use anyhow::{Context, bail, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// How long a telephone may ring.
    pub ring_seconds: u32,
    /// Most calls to one customer, of all campaigns together.
    pub most_a_day: u32,
    pub most_a_week: u32,
    /// Places that stay free for those who call us; a fifth of those that are listened to without it.
    pub kept_for_callers: Option<u32>,
    /// Telephones of the house that test calls of campaigns may go to; without any there are none.
    pub test_numbers: Vec<String>,
    pub again_after_minutes: AgainAfter,
}

/// How long somebody is left alone before another attempt, by how the last one ended.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct AgainAfter {
    pub busy: u32,
    pub no_answer: u32,
    pub declined: u32,
    pub hung_up: u32,
    pub machine: u32,
    pub congested: u32,
    pub lost: u32,
}

impl Default for Outbound {
    fn default() -> Outbound {
        Outbound {
            ring_seconds: 30,
            most_a_day: 2,
            most_a_week: 4,
            kept_for_callers: None,
            test_numbers: Vec::new(),
            again_after_minutes: AgainAfter::default(),
        }
    }
}

impl Default for AgainAfter {
    fn default() -> AgainAfter {
        let Gaps { busy, no_answer, declined, hung_up, machine, congested, lost } = Gaps::default();
        let [busy, no_answer, declined, hung_up, machine, congested, lost] =
            [busy, no_answer, declined, hung_up, machine, congested, lost].map(|gap| gap.as_mins() as u32);
        AgainAfter { busy, no_answer, declined, hung_up, machine, congested, lost }
    }
}

const RING_SECONDS: std::ops::RangeInclusive<u32> = 5..=180;
const MINUTES: std::ops::RangeInclusive<u32> = 1..=44_640;

impl Outbound {
    pub fn check(&self) -> Result<(), Failure> {
        if !RING_SECONDS.contains(&self.ring_seconds) {
            bail!("outbound.ring_seconds {} has to be from {} to {}", self.ring_seconds, RING_SECONDS.start(), RING_SECONDS.end());
        }
        if self.most_a_day == 0 || self.most_a_week < self.most_a_day {
            bail!("outbound.most_a_week {} has to be at least most_a_day {}, and that above 0", self.most_a_week, self.most_a_day);
        }
        let AgainAfter { busy, no_answer, declined, hung_up, machine, congested, lost } = self.again_after_minutes;
        let gaps = [
            ("busy", busy),
            ("no_answer", no_answer),
            ("declined", declined),
            ("hung_up", hung_up),
            ("machine", machine),
            ("congested", congested),
            ("lost", lost),
        ];
        if let Some((name, minutes)) = gaps.into_iter().find(|(_, minutes)| !MINUTES.contains(minutes)) {
            bail!("outbound.again_after_minutes.{name} {minutes} has to be from {} to {}", MINUTES.start(), MINUTES.end());
        }
        self.test_numbers()?;
        Ok(())
    }

    pub fn test_numbers(&self) -> Result<Vec<PhoneNumber>, Failure> {
        let parsed = self.test_numbers.iter().map(|text| {
            PhoneNumber::parse(text)
                .with_context(|| format!("outbound.test_numbers: {text:?} is no telephone number; write it as \"13800000001\""))
        });
        parsed.collect()
    }

    fn rules(&self, calendar: Calendar, places: usize, clock: Clock) -> Rules {
        let AgainAfter { busy, no_answer, declined, hung_up, machine, congested, lost } = self.again_after_minutes;
        let [busy, no_answer, declined, hung_up, machine, congested, lost] =
            [busy, no_answer, declined, hung_up, machine, congested, lost].map(|minutes| SignedDuration::from_mins(minutes.into()));
        let usual = Rules::usual(calendar, u32::try_from(places).unwrap_or(u32::MAX));
        Rules {
            caps: vec![(SignedDuration::from_hours(24), self.most_a_day), (SignedDuration::from_hours(24 * 7), self.most_a_week)],
            kept_for_callers: self.kept_for_callers.unwrap_or(usual.kept_for_callers),
            gaps: Gaps { busy, no_answer, declined, hung_up, machine, congested, lost },
            clock,
            ..usual
        }
    }
}

/// For demonstrations and measurements.
#[derive(Clone, Copy, Debug, clap::Args)]
#[command(next_help_heading = "Campaigns in a shorter time (only over trunks on this machine)")]
pub struct ClockArgs {
    /// Campaigns go by a clock that begins at this moment, as 2026-11-30T09:00+08; telephones ring and sound in real time
    #[arg(long, value_name = "MOMENT")]
    clock_from: Option<Timestamp>,
    /// When it began; without it at the start of this process
    #[arg(long, value_name = "MOMENT", requires = "clock_from")]
    clock_since: Option<Timestamp>,
    /// So many times as fast as the machine's
    #[arg(long, value_name = "N", requires = "clock_from", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=3_600))]
    clock_speed: u16,
}

impl ClockArgs {
    /// Customers of the world are called by the world's time, so a driven clock is for trunks on this machine only.
    fn clock(&self, trunks: &BTreeMap<String, Section>) -> Result<Clock, Failure> {
        let Some(from) = self.clock_from else { return Ok(Clock::default()) };
        if let Some((name, _)) = trunks.iter().find(|(_, section)| !section.is_on_this_machine()) {
            bail!("--clock-from: sip.trunks.{name} leads to other machines; customers there are called by the machine's clock");
        }
        let since = self.clock_since.unwrap_or_else(Timestamp::now);
        ensure!(since <= Timestamp::now(), "--clock-since {since} is to come");
        Ok(Clock::driven(since, from, self.clock_speed))
    }
}

/// What the dialer is made of.
pub struct Dialling<'a> {
    pub configuration: &'a Configuration,
    pub clock: &'a ClockArgs,
    pub services: &'a Services,
    pub editions: &'a Arc<Editions>,
    pub reception: &'a Arc<Reception>,
    /// Test calls that are asked for.
    pub tests: mpsc::Receiver<Asked>,
}

impl Dialling<'_> {
    /// The dialer as a task that ends with its last call after `stop`; `None` without a trunk: then it is said whether campaigns wait.
    pub async fn open(
        self,
        sip: Option<&Arc<Server<Reception>>>,
        stop: watch::Receiver<bool>,
    ) -> Result<Option<impl Future<Output = ()> + Send + use<>>, Failure> {
        let database = self.services.database.clone();
        let sections = self.configuration.sip.as_ref().map(|sip| sip.trunks.clone()).unwrap_or_default();
        let clock = self.clock.clock(&sections)?;
        let names_and_limits: Vec<_> = sections.iter().map(|(name, section)| (name.clone(), section.limits())).collect();
        let (Some(sip), false) = (sip, names_and_limits.is_empty()) else {
            let waiting = database.campaigns().all().await?;
            let waiting = waiting.iter().filter(|row| [State::Running, State::Scheduled].iter().any(|state| state.name() == row.state));
            let waiting = waiting.count();
            if waiting > 0 {
                println!("campaigns: {waiting} wait, for there is no trunk to call over; add a section [sip.trunks.NAME]");
            }
            return Ok(None);
        };
        let limits = self.configuration.limits();
        let rules = self.configuration.outbound.rules(load_calendar(&data_dir())?, limits.hearing.min(limits.calls), clock);
        println!("campaigns: dialled over {}; {} places stay free for callers", names(&names_and_limits), rules.kept_for_callers);
        let mut calls = Calls::new(database.clone(), rules);
        for (name, limits) in &names_and_limits {
            calls.trunk(name, *limits, Timestamp::now());
        }
        calls.set_callers(trunks::callers(Some(&sections)));
        database.dialing().begin(&names_and_limits.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()).await?;
        // Who answers is told from machines by words, too; learning which takes a moment that no call has.
        tokio::task::spawn_blocking(pickup::learn).await?;
        let work = Work {
            dialer: sip.clone(),
            reception: self.reception.clone(),
            editions: self.editions.clone(),
            calls,
            ring: Duration::from_secs(self.configuration.outbound.ring_seconds.into()),
            tests: self.tests,
            stop,
        };
        Ok(Some(async move {
            work.run().await;
            if let Err(error) = database.dialing().end().await {
                tracing::error!(%error, "that nobody dials any more could not be written down");
            }
        }))
    }
}

fn names<T>(trunks: &[(String, T)]) -> String {
    trunks.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::cli::check::load_flows;
    use crate::outbound::events::{Told, variables};
    use crate::outbound::trigger::{Fields, Kind};
    use std::collections::BTreeMap;
    use std::path::Path;

    #[test]
    fn an_event_tells_its_reminder_what_it_needs() {
        let flows = load_flows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("flows")).unwrap();
        let field = |text: &str| Some(text.to_owned());
        let check = |kind: Kind, flow: &str, fields: Fields, more: &[(&str, &str)]| {
            let more = more.iter().chain(&[("name", "王先生")]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let told = Told { event: kind.name().to_owned(), fields, variables: more, ..Told::default() };
            let row: BTreeMap<String, String> = variables(kind, &told).collect();
            flows.errand(flow, &row).unwrap_or_else(|why| panic!("{flow}: {why}"));
        };
        let date = || field("2026-11-30");
        check(Kind::BillDue, "bill_due", Fields { date: date(), amount: field("128.50"), ..Fields::default() }, &[]);
        check(Kind::BalanceLow, "low_balance", Fields { amount: field("3.20"), ..Fields::default() }, &[]);
        check(Kind::PlanEnds, "plan_end", Fields { date: date(), subject: field("畅享99"), ..Fields::default() }, &[]);
        check(Kind::DataUsed, "data_used", Fields { percent: Some(80), ..Fields::default() }, &[]);
        let visit = Fields { date: field("2026-11-30T15:00"), subject: field("宽带安装"), ..Fields::default() };
        check(Kind::Appointment, "appointment", visit, &[]);
        let order = Fields { subject: field("2611220035"), ..Fields::default() };
        check(Kind::WorkOrderDone, "order_result", order, &[("what", "宽带故障")]);
        check(Kind::Birthday, "greeting_call", Fields { date: date(), ..Fields::default() }, &[]);
        check(Kind::Festival, "greeting_call", Fields { date: date(), subject: field("春节"), ..Fields::default() }, &[]);
    }
}
