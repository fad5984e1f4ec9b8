//! Events that lead to calls: the rules, what came of events lately, and what would come of one. Rules are written in a file; here they are looked at.

use super::Console;
use super::format::{distance, moment};
use super::frame::Frame;
use super::listing::address;
use super::pages::{Answer, Fault, html};
use super::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::outbound::campaign::State as CampaignState;
use crate::outbound::events::{BECAME, EventError, Told, foresee};
use crate::outbound::trigger::{self, Fields, Kind, Rule};
use crate::store::ToldRow;
use crate::text::{Lang, PhoneNumber};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get(PATH, page).post("/console/triggers/trial", trial)
}

const PATH: &str = "/console/triggers";
/// Events on a page.
const ROWS: u32 = 50;
/// Where rules are written.
const FILE: &str = "outbound/triggers.yaml";

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    became: Option<String>,
    before: Option<i64>,
}

/// A filter that a click sets.
struct Chip {
    text: String,
    href: String,
    is_on: bool,
}

struct RuleRow {
    event: String,
    campaign: String,
    /// Its id, with the words of its state.
    there: Option<(i64, &'static str, &'static str)>,
    /// It is there and takes nobody any more.
    is_over: bool,
    when: Vec<String>,
}

struct Row {
    at: String,
    ago: String,
    event: String,
    customer: String,
    campaign: String,
    campaign_id: Option<i64>,
    occasion: String,
    is_call: bool,
    became: String,
    /// What is the matter with the call: where, and words.
    since: Option<(i64, String)>,
}

struct Choice {
    value: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "triggers.html")]
struct Page {
    frame: Frame,
    rules: Vec<RuleRow>,
    /// Faults of the file as it is now; the rules above hold until the next start.
    faults: Vec<String>,
    /// It was changed since the service was started.
    is_changed: bool,
    events: Vec<Choice>,
    regions: Vec<String>,
    chips: Vec<Chip>,
    rows: Vec<Row>,
    older: Option<String>,
    is_filtered: bool,
}

/// What would come of an event by one rule.
struct Foreseen {
    campaign: String,
    became: String,
    is_call: bool,
    occasion: String,
    next: String,
}

#[derive(Template)]
#[template(path = "triggers_trial.html")]
struct Trial {
    frame: Frame,
    fault: String,
    effects: Vec<Foreseen>,
}

fn named(lang: Lang, section: &str, name: &str) -> String {
    word(lang, &format!("{section}.{name}")).to_owned()
}

/// What a rule asks for, in words.
fn conditions(rule: &Rule, lang: Lang) -> Vec<String> {
    let say = |key: &str, with: String| word(lang, key).replace("{}", &with);
    let listed = |parts: Vec<String>| parts.join(if lang == Lang::Zh { "、" } else { ", " });
    let mut told = Vec::new();
    told.extend(rule.days_before.map(|days| say("triggers.days_before", days.to_string())));
    told.extend(rule.below.map(|below| say("triggers.below", format!("¥{}.{:02}", below.0 / 100, below.0 % 100))));
    if !rule.percent.is_empty() {
        told.push(say("triggers.at_percent", listed(rule.percent.iter().map(|percent| format!("{percent}%")).collect())));
    }
    if !rule.subjects.is_empty() {
        told.push(say("triggers.only", listed(rule.subjects.clone())));
    }
    if rule.quiet_days > 0 {
        told.push(say("triggers.quiet_days", rule.quiet_days.to_string()));
    }
    told
}

impl Console {
    async fn rule_rows(&self, lang: Lang) -> Result<Vec<RuleRow>, Fault> {
        let mut rows = Vec::new();
        for rule in self.sources.office.rules.iter() {
            let there = self.sources.database.campaigns().find(&rule.campaign).await?;
            let there = there.map(|row| Ok::<_, Fault>((row.id, super::campaigns::state_of(&row)?))).transpose()?;
            rows.push(RuleRow {
                event: named(lang, "event", rule.event.name()),
                campaign: rule.campaign.clone(),
                is_over: there.is_some_and(|(_, state)| !state.takes_contacts()),
                there: there.map(|(id, state): (i64, CampaignState)| (id, state.name(), super::campaigns::state_word(state))),
                when: conditions(rule, lang),
            });
        }
        Ok(rows)
    }

    /// The file as it is now: its faults, or whether its rules are others than those that hold.
    async fn rules_file(&self) -> (Vec<String>, bool) {
        let path = self.sources.home.join(FILE);
        let Ok(text) = tokio::fs::read_to_string(&path).await else {
            return (Vec::new(), *self.sources.office.rules != trigger::built_in());
        };
        match trigger::parse(FILE, &text) {
            Ok(rules) => (Vec::new(), rules != *self.sources.office.rules),
            Err(faults) => (faults.iter().map(ToString::to_string).collect(), false),
        }
    }
}

fn row(console: &Console, told: ToldRow, lang: Lang) -> Row {
    let (at, now) = (console.local(told.at), console.local(Timestamp::now()));
    let is_call = told.became == "waits";
    let since = told.contact.filter(|_| is_call).map(|(id, state, outcome)| {
        let outcome = outcome.map(|outcome| super::campaigns::named(lang, "call_outcome", &outcome));
        (id, outcome.unwrap_or_else(|| super::campaigns::named(lang, "contact_state", &state)))
    });
    Row {
        at: moment(at),
        ago: distance(lang, at, now),
        event: named(lang, "event", &told.event),
        customer: told.customer_shown,
        campaign: told.campaign,
        campaign_id: told.campaign_id,
        occasion: told.occasion,
        is_call,
        became: named(lang, "became", &told.became),
        since,
    }
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let lang = frame.lang;
    let chosen = filters.became.as_deref().filter(|became| !became.is_empty());
    if chosen.is_some_and(|chosen| !BECAME.contains(&chosen)) {
        return Err(Fault(StatusCode::BAD_REQUEST));
    }
    let found = console.sources.database.told_events().page(chosen, filters.before, ROWS).await?;
    let last = found.last().filter(|_| found.len() == ROWS as usize).map(|told| told.id);
    let chip = |became: Option<&str>| Chip {
        text: became.map_or_else(|| word(lang, "campaigns.all").to_owned(), |became| named(lang, "became", became)),
        href: address(PATH, &Filters { became: became.map(str::to_owned), before: None }),
        is_on: chosen == became,
    };
    let (faults, is_changed) = console.rules_file().await;
    Ok(html(&Page {
        rules: console.rule_rows(lang).await?,
        faults,
        is_changed,
        events: Kind::ALL.map(|kind| Choice { value: kind.name(), text: named(lang, "event", kind.name()) }).into(),
        regions: console.sources.office.calendar.regions().map(str::to_owned).collect(),
        chips: std::iter::once(None).chain(BECAME.map(Some)).map(chip).collect(),
        is_filtered: chosen.is_some() || filters.before.is_some(),
        older: last.map(|before| address(PATH, &Filters { before: Some(before), ..filters.clone() })),
        rows: found.into_iter().map(|told| row(&console, told, lang)).collect(),
        frame,
    }))
}

/// An event as it is typed in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    event: String,
    number: String,
    region: String,
    date: String,
    amount: String,
    percent: String,
    subject: String,
}

impl Typed {
    fn told(&self) -> Told {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let fields = Fields {
            date: given(&self.date),
            amount: given(&self.amount),
            percent: self.percent.trim().parse().ok(),
            subject: given(&self.subject),
        };
        Told { event: self.event.clone(), customer: self.number.trim().to_owned(), region: self.region.clone(), fields, ..Told::default() }
    }
}

async fn trial(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let lang = frame.lang;
    let kind = Kind::from_name(&typed.event).ok_or(Fault(StatusCode::BAD_REQUEST))?;
    if PhoneNumber::parse(typed.number.trim()).is_none() {
        return Ok(html(&Trial { fault: word(lang, "refusals.no_number").to_owned(), effects: Vec::new(), frame }));
    }
    let office = &console.sources.office;
    let effects = match foresee(office, &office.rules, &typed.told(), Timestamp::now()).await {
        Ok(effects) => effects,
        Err(EventError::Store(error)) => return Err(error.into()),
        Err(EventError::Bad(_)) => {
            let needed: Vec<String> = kind.needs().iter().map(|field| named(lang, "event_field", field)).collect();
            let fault = word(lang, "triggers.needs").replace("{}", &needed.join(if lang == Lang::Zh { "、" } else { ", " }));
            return Ok(html(&Trial { fault, effects: Vec::new(), frame }));
        }
    };
    let shown = effects.into_iter().map(|effect| Foreseen {
        became: named(lang, "became", effect.became),
        is_call: effect.became == "waits",
        campaign: effect.campaign,
        occasion: effect.occasion,
        next: effect.next.map(|at| moment(console.local(at))).unwrap_or_default(),
    });
    Ok(html(&Trial { effects: shown.collect(), fault: String::new(), frame }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_in_words() {
        let text = "- { event: data_used, campaign: 流量提醒, percent: [100, 80], quiet_days: 7 }\n- { event: balance_low, campaign: 余额, below: 20.5 }\n";
        let rules = trigger::parse("rules.yaml", text).unwrap();
        assert_eq!(conditions(&rules[0], Lang::Zh), ["用到 80%、100% 时", "打过以后 7 天内不再打"]);
        assert_eq!(conditions(&rules[1], Lang::En), ["below ¥20.50"]);
    }
}
