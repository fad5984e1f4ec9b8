//! Which events of the operator's systems lead to calls: `outbound/triggers.yaml`, read and checked, and the pure decision of one event.

use crate::text::Money;
use crate::text::located::{Fault, Located, Place, read_yaml};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What can happen to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    BillDue,
    BalanceLow,
    PlanEnds,
    DataUsed,
    Appointment,
    WorkOrderDone,
    Birthday,
    Festival,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::BillDue,
        Kind::BalanceLow,
        Kind::PlanEnds,
        Kind::DataUsed,
        Kind::Appointment,
        Kind::WorkOrderDone,
        Kind::Birthday,
        Kind::Festival,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Kind::BillDue => "bill_due",
            Kind::BalanceLow => "balance_low",
            Kind::PlanEnds => "plan_ends",
            Kind::DataUsed => "data_used",
            Kind::Appointment => "appointment",
            Kind::WorkOrderDone => "work_order_done",
            Kind::Birthday => "birthday",
            Kind::Festival => "festival",
        }
    }

    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The fields that an event of this kind has to have.
    pub fn needs(self) -> &'static [&'static str] {
        match self {
            Kind::BillDue | Kind::Appointment | Kind::Birthday => &["date"],
            Kind::BalanceLow => &["amount"],
            Kind::PlanEnds | Kind::Festival => &["subject", "date"],
            Kind::DataUsed => &["percent"],
            Kind::WorkOrderDone => &["subject"],
        }
    }

    fn names() -> String {
        Kind::ALL.map(Kind::name).join(", ")
    }

    /// What a rule for it may say beside the campaign and `quiet_days`.
    fn conditions(self) -> &'static [&'static str] {
        match self {
            Kind::BillDue | Kind::Appointment => &["days_before"],
            Kind::PlanEnds => &["days_before", "subjects"],
            Kind::BalanceLow => &["below"],
            Kind::DataUsed => &["percent"],
            Kind::Festival => &["subjects"],
            Kind::WorkOrderDone | Kind::Birthday => &[],
        }
    }
}

/// Something that happened, with what this kind of event has to say.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    BillDue { due: Date },
    BalanceLow { balance: Money },
    PlanEnds { plan: String, ends: Date },
    DataUsed { percent: u16 },
    Appointment { at: DateTime },
    WorkOrderDone { number: String },
    Birthday { day: Date },
    Festival { name: String, day: Date },
}

/// An event's fields as they come in: each kind needs some of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// `2026-11-25`, of an appointment `2026-11-25T15:00`.
    pub date: Option<String>,
    /// `19.50`.
    pub amount: Option<String>,
    pub percent: Option<u16>,
    /// A plan, a festival, the number of an order.
    pub subject: Option<String>,
}

const MOST_PERCENT: u16 = 1_000;
const LONGEST_SUBJECT: usize = 100;

impl Event {
    /// # Errors
    /// What it lacks, for who sent it.
    pub fn read(kind: Kind, fields: &Fields) -> Result<Event, String> {
        let name = kind.name();
        let moment = || {
            let text = fields.date.as_deref().ok_or_else(|| format!("{name} needs `date`"))?;
            let moment = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|day| day.at(0, 0, 0, 0)));
            moment.map_err(|_| format!("date: {text:?} is no day; write 2026-11-25"))
        };
        let day = || moment().map(|moment| moment.date());
        let subject = || {
            let text = fields.subject.as_deref().map(str::trim).filter(|text| !text.is_empty() && text.chars().count() <= LONGEST_SUBJECT);
            text.map(str::to_owned).ok_or_else(|| format!("{name} needs `subject`, of at most {LONGEST_SUBJECT} characters"))
        };
        Ok(match kind {
            Kind::BillDue => Event::BillDue { due: day()? },
            Kind::BalanceLow => {
                let text = fields.amount.as_deref().ok_or_else(|| format!("{name} needs `amount`"))?;
                Event::BalanceLow { balance: amount(text).ok_or_else(|| format!("amount: {text:?} is no amount; write 19.50"))? }
            }
            Kind::PlanEnds => Event::PlanEnds { plan: subject()?, ends: day()? },
            Kind::DataUsed => {
                let percent = fields.percent.filter(|percent| *percent <= MOST_PERCENT);
                Event::DataUsed { percent: percent.ok_or_else(|| format!("{name} needs `percent`, of at most {MOST_PERCENT}"))? }
            }
            Kind::Appointment => Event::Appointment { at: moment()? },
            Kind::WorkOrderDone => Event::WorkOrderDone { number: subject()? },
            Kind::Birthday => Event::Birthday { day: day()? },
            Kind::Festival => Event::Festival { name: subject()?, day: day()? },
        })
    }

    pub fn kind(&self) -> Kind {
        match self {
            Event::BillDue { .. } => Kind::BillDue,
            Event::BalanceLow { .. } => Kind::BalanceLow,
            Event::PlanEnds { .. } => Kind::PlanEnds,
            Event::DataUsed { .. } => Kind::DataUsed,
            Event::Appointment { .. } => Kind::Appointment,
            Event::WorkOrderDone { .. } => Kind::WorkOrderDone,
            Event::Birthday { .. } => Kind::Birthday,
            Event::Festival { .. } => Kind::Festival,
        }
    }
}

/// Yuan with at most two decimals, also below nothing.
fn amount(text: &str) -> Option<Money> {
    let (sign, text) = text.trim().strip_prefix('-').map_or((1, text.trim()), |rest| (-1, rest));
    let (yuan, fen) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(yuan, 9) || !is_number(fen, 2) {
        return None;
    }
    let fen: i64 = format!("{fen:0<2}").parse().ok()?;
    Some(Money(sign * (yuan.parse::<i64>().ok()? * 100 + fen)))
}

/// An event leads to a call of a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub event: Kind,
    /// Its name.
    pub campaign: String,
    pub days_before: Option<u16>,
    pub below: Option<Money>,
    /// From the least.
    pub percent: Vec<u16>,
    /// Empty for all.
    pub subjects: Vec<String>,
    /// After a call none to this customer for so many days.
    pub quiet_days: u16,
}

/// What comes of an event by one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// One call for this occasion, on this day or later.
    Call { occasion: String, not_before: Option<Date> },
    /// The rule asks for something else.
    NotMeant,
    /// The day is over.
    Over,
}

impl Rule {
    /// Distinguishes rules; what was done by one is kept under it.
    pub fn name(&self) -> String {
        format!("{} {}", self.event.name(), self.campaign)
    }

    /// Pure: `today` is the customer's.
    pub fn decide(&self, event: &Event, today: Date) -> Decision {
        let call = |occasion: String, from: Date| Decision::Call { occasion, not_before: (from > today).then_some(from) };
        let dated = |occasion: String, day: Date| {
            if day < today {
                return Decision::Over;
            }
            let days = i64::from(self.days_before.unwrap_or(0));
            call(occasion, day.saturating_sub(days.days()))
        };
        let is_meant = |subject: &String| self.subjects.is_empty() || self.subjects.contains(subject);
        match event {
            _ if event.kind() != self.event => Decision::NotMeant,
            Event::BillDue { due } => dated(due.to_string(), *due),
            Event::PlanEnds { plan, ends } if is_meant(plan) => dated(format!("{plan} {ends}"), *ends),
            Event::Appointment { at } => dated(at.to_string(), at.date()),
            Event::Birthday { day } => dated(day.year().to_string(), *day),
            Event::Festival { name, day } if is_meant(name) => dated(format!("{name} {}", day.year()), *day),
            Event::BalanceLow { balance } if self.below.is_none_or(|below| *balance < below) => call(today.to_string(), today),
            Event::DataUsed { percent } => match self.percent.iter().rev().find(|step| *step <= percent) {
                Some(step) => call(format!("{} {step}", today.strftime("%Y-%m")), today),
                None => Decision::NotMeant,
            },
            Event::WorkOrderDone { number } => call(number.clone(), today),
            Event::BalanceLow { .. } | Event::PlanEnds { .. } | Event::Festival { .. } => Decision::NotMeant,
        }
    }
}

type Text = Located<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    event: Text,
    campaign: Text,
    days_before: Option<Located<u16>>,
    below: Option<Located<f64>>,
    percent: Option<Located<Vec<u16>>>,
    subjects: Option<Located<Vec<String>>>,
    quiet_days: Option<Located<u16>>,
}

/// Most days that a rule may look ahead, or leave a customer alone.
const MOST_DAYS: u16 = 366;

/// The rules that the program was built with.
pub fn built_in() -> Vec<Rule> {
    parse("outbound/triggers.yaml", include_str!("../../outbound/triggers.yaml")).expect("a test parses the rules")
}

/// Reads the file; every fault that it has.
pub fn parse(file: &str, text: &str) -> Result<Vec<Rule>, Vec<Fault>> {
    let raw: Vec<Raw> = read_yaml(file, text).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    let mut fault = |place: Place, reason: String| faults.push(Fault { file: file.to_owned(), place, reason });
    let mut rules: Vec<Rule> = Vec::new();
    let mut names: BTreeMap<String, ()> = BTreeMap::new();
    for raw in raw {
        let Some(event) = Kind::from_name(&raw.event.value) else {
            fault(raw.event.place, format!("there is no event `{}`; there are {}", raw.event.value, Kind::names()));
            continue;
        };
        if raw.campaign.value.trim().is_empty() {
            fault(raw.campaign.place, "which campaign? write its name".to_owned());
        }
        let given = [
            ("days_before", raw.days_before.as_ref().map(|field| field.place)),
            ("below", raw.below.as_ref().map(|field| field.place)),
            ("percent", raw.percent.as_ref().map(|field| field.place)),
            ("subjects", raw.subjects.as_ref().map(|field| field.place)),
        ];
        for (name, place) in given {
            match place {
                Some(place) if !event.conditions().contains(&name) => fault(place, format!("`{}` has no `{name}`", event.name())),
                None if event.conditions().contains(&name) && name != "subjects" => {
                    fault(raw.event.place, format!("`{}` needs `{name}`", event.name()));
                }
                _ => {}
            }
        }
        for days in [&raw.days_before, &raw.quiet_days].into_iter().flatten() {
            if days.value > MOST_DAYS {
                fault(days.place, format!("at most {MOST_DAYS} days"));
            }
        }
        let mut percent = raw.percent.as_ref().map(|field| field.value.clone()).unwrap_or_default();
        percent.sort_unstable();
        if let Some(field) = raw.percent.as_ref().filter(|field| field.value.is_empty() || field.value.contains(&0)) {
            fault(field.place, "write steps such as [80, 100]".to_owned());
        }
        let below = raw.below.as_ref().and_then(|field| amount(&format!("{:.2}", field.value)));
        if let Some(field) = raw.below.as_ref().filter(|_| below.is_none()) {
            fault(field.place, format!("{} is no amount; write 20.00", field.value));
        }
        let rule = Rule {
            event,
            campaign: raw.campaign.value.trim().to_owned(),
            days_before: raw.days_before.map(|field| field.value),
            below,
            percent,
            subjects: raw.subjects.map(|field| field.value).unwrap_or_default(),
            quiet_days: raw.quiet_days.map_or(0, |field| field.value),
        };
        if names.insert(rule.name(), ()).is_some() {
            fault(raw.event.place, format!("`{}` leads to this campaign already", event.name()));
        }
        rules.push(rule);
    }
    if faults.is_empty() { Ok(rules) } else { Err(faults) }
}

#[cfg(test)]
mod tests;
