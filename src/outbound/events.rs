//! Events of the operator's systems, applied: the rules decide ([`super::trigger`]), the campaign that a rule names gets the customer, once an occasion.

use super::campaign::State;
use super::import;
use super::office::Office;
use super::trigger::{Decision, Event, Fields, Kind, Rule};
use crate::store::{NewTold, Occasion, StoreError, Triggered};
use crate::text::PhoneNumber;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use std::collections::BTreeMap;

/// An event as it comes in.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub event: String,
    /// A telephone number.
    pub customer: String,
    pub region: String,
    pub lang: String,
    pub fields: Fields,
    /// What the call tells beside the fields.
    pub variables: BTreeMap<String, String>,
}

/// By what who told can do about it.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Tell it rightly; nothing was done.
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of an event by one rule that is about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    pub campaign: String,
    /// Empty where no call is wanted.
    pub occasion: String,
    /// One of [`BECAME`].
    pub became: &'static str,
    /// Not called before, where a call waits.
    pub next: Option<Timestamp>,
}

/// What may come of an event: as [`Triggered::name`] has it, or that there is no call by a rule, or no rule.
pub const BECAME: [&str; 9] = ["waits", "before", "quiet", "under_way", "wrong_person", "not_meant", "over", "no_campaign", "no_rule"];

/// Applies an event. The same again does nothing again: the occasion is known.
///
/// # Errors
/// It says too little, or the database does not answer.
pub async fn apply(office: &Office, rules: &[Rule], told: &Told, now: Timestamp) -> Result<Vec<Effect>, EventError> {
    let (customer, effects) = effects(office, rules, told, now, Way::Act).await?;
    let no_rule = Effect { campaign: String::new(), occasion: String::new(), became: "no_rule", next: None };
    for Effect { campaign, occasion, became, .. } in if effects.is_empty() { std::slice::from_ref(&no_rule) } else { effects.as_slice() } {
        let row = NewTold { event: &told.event, customer: &customer, campaign, occasion, became };
        if let Err(error) = office.database.told_events().add(row, now).await {
            tracing::error!(%error, "what came of an event could not be noted; its effect stands");
        }
    }
    Ok(effects)
}

/// What would come of an event if it were told now. Nothing is done and nothing is noted.
///
/// # Errors
/// It says too little, or the database does not answer.
pub async fn foresee(office: &Office, rules: &[Rule], told: &Told, now: Timestamp) -> Result<Vec<Effect>, EventError> {
    Ok(effects(office, rules, told, now, Way::Foresee).await?.1)
}

/// Whether what an event leads to is done, or only told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Act,
    Foresee,
}

async fn effects(office: &Office, rules: &[Rule], told: &Told, now: Timestamp, way: Way) -> Result<(PhoneNumber, Vec<Effect>), EventError> {
    let known = || Kind::ALL.map(Kind::name).join(", ");
    let kind = Kind::from_name(&told.event);
    let kind = kind.ok_or_else(|| EventError::Bad(format!("there is no event {:?}; there are {}", told.event, known())))?;
    let event = Event::read(kind, &told.fields).map_err(EventError::Bad)?;
    let regions: Vec<String> = office.calendar.regions().map(str::to_owned).collect();
    let contact = import::contact(0, &told.customer, (&told.region, &told.lang), variables(kind, told), &regions);
    let contact = contact.map_err(|reason| EventError::Bad(reason.to_string()))?;
    let region = Some(told.region.as_str()).filter(|region| !region.is_empty());
    let zone = office.calendar.zone(region).cloned().unwrap_or(TimeZone::UTC);
    let today = Zoned::new(now, zone.clone()).date();
    let mut effects = Vec::new();
    for rule in rules.iter().filter(|rule| rule.event == kind) {
        let effect = |became| Effect { campaign: rule.campaign.clone(), occasion: String::new(), became, next: None };
        let (occasion, not_before) = match rule.decide(&event, today) {
            Decision::Call { occasion, not_before } => (occasion, not_before),
            Decision::NotMeant => {
                effects.push(effect("not_meant"));
                continue;
            }
            Decision::Over => {
                effects.push(effect("over"));
                continue;
            }
        };
        let campaign = office.database.campaigns().find(&rule.campaign).await?;
        let takes_contacts = |state: &str| State::from_name(state).is_some_and(State::takes_contacts);
        let Some(campaign) = campaign.filter(|campaign| takes_contacts(&campaign.state)) else {
            if way == Way::Act {
                tracing::warn!(campaign = rule.campaign, event = kind.name(), "an event has no campaign that takes contacts");
            }
            effects.push(effect("no_campaign"));
            continue;
        };
        let opens = not_before.and_then(|day| Some(day.to_zoned(zone.clone()).ok()?.timestamp()));
        let next = opens.unwrap_or(now).max(now);
        let quiet = SignedDuration::from_hours(24 * i64::from(rule.quiet_days));
        let wanted = Occasion {
            rule: &rule.name(),
            name: &occasion,
            quiet_ms: i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX),
            campaign: campaign.id,
            contact: &contact,
            next,
        };
        let became = match way {
            Way::Act => office.database.triggered().occur(wanted, now).await?,
            Way::Foresee => office.database.triggered().foresee(wanted, now).await?,
        };
        let next = (became == Triggered::Waits).then_some(next);
        effects.push(Effect { occasion, became: became.name(), next, ..effect("") });
    }
    Ok((contact.to, effects))
}

/// What the call may tell: the fields under their names and under those that the reminders of `flows/reminders/` have for them, and what else was said.
pub fn variables(kind: Kind, told: &Told) -> impl Iterator<Item = (String, String)> {
    let Fields { date, amount, percent, subject } = told.fields.clone();
    let percent = percent.map(|percent| percent.to_string());
    let fields = [("date", date), ("amount", amount), ("percent", percent), ("subject", subject)];
    let in_reminders = move |field: &str| match (kind, field) {
        (Kind::BillDue, "date") => Some("due"),
        (Kind::BalanceLow, "amount") => Some("balance"),
        (Kind::PlanEnds, "subject") => Some("plan"),
        (Kind::PlanEnds, "date") => Some("ends"),
        (Kind::Appointment, "subject") => Some("what"),
        (Kind::Appointment, "date") => Some("at"),
        (Kind::WorkOrderDone, "subject") => Some("order_number"),
        (Kind::Festival, "subject") => Some("occasion"),
        _ => None,
    };
    let told_fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let named = told_fields.flat_map(move |(name, value)| {
        let other = in_reminders(name).map(|other| (other.to_owned(), value.clone()));
        std::iter::once((name.to_owned(), value)).chain(other)
    });
    let birthday = if told.lang == "en" { "birthday" } else { "生日" };
    let occasion = (kind == Kind::Birthday).then(|| ("occasion".to_owned(), birthday.to_owned()));
    named.chain(occasion).chain(told.variables.clone())
}

#[cfg(test)]
mod tests;
