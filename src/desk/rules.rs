//! What the desk goes by: `desk/desk.yaml`, read and checked.

use super::hours::Hours;
use crate::call::dial::Callee;
use crate::nlu::Intent;
use crate::text::located::{Fault, Located, Place, read_yaml};
use crate::text::sip_address::is_sip_address;
use crate::text::{Lang, PhoneNumber};
use jiff::SignedDuration;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Networks stutter for that long.
const SHORTEST_QUIET: SignedDuration = SignedDuration::from_millis(500);

/// See the module's text. Times are seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    pub hours: Hours,
    pub points: Points,
    /// The skill that a request wants.
    pub wanted: BTreeMap<Intent, String>,
    /// All skills that stand there, by their names.
    pub skills: Vec<Skill>,
    /// Requests whose callers go before others.
    pub urgent: BTreeSet<Intent>,
    /// What an agent says of a call afterwards, by their names.
    pub dispositions: Vec<Disposition>,
    /// Where agents may hand callers on to.
    pub telephones: Vec<Telephone>,
    pub ring_s: i64,
    pub wrap_up_s: i64,
    pub tell_every_s: i64,
    pub overflow_after_s: i64,
    pub longest_wait_s: i64,
    pub usual_call_s: i64,
    pub most_waiting: usize,
    /// An agent whose line broke may go on with the call so long.
    pub come_back_s: i64,
    pub service: Service,
    /// The line of an agent in a call is broken when no sound came for so long.
    pub quiet_line: SignedDuration,
}

/// How a call ended for the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// The stable name, as in records.
    pub id: String,
    pub zh: String,
    pub en: String,
}

/// What some agents know more of than others, and callers wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// The stable name, as people have it and in records.
    pub id: String,
    pub zh: String,
    pub en: String,
}

impl Skill {
    fn new(id: &str, names: Option<&InBoth>) -> Skill {
        let shown = |name: fn(&InBoth) -> &String| names.map_or_else(|| id.replace('_', " "), |names| name(names).clone());
        Skill { id: id.to_owned(), zh: shown(|names| &names.zh), en: shown(|names| &names.en) }
    }

    pub fn shown(&self, lang: Lang) -> &str {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }
}

/// A telephone of somebody who is not of the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telephone {
    /// The stable name, as in records.
    pub id: String,
    pub zh: String,
    pub en: String,
    pub call: Callee,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTelephone {
    zh: String,
    en: String,
    call: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InBoth {
    zh: String,
    en: String,
}

/// What makes a caller go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    pub silver: u32,
    pub gold: u32,
    pub platinum: u32,
    pub urgent: u32,
    /// For each minute of waiting.
    pub minute: u32,
}

/// How soon how many callers are to be answered: what the queue wall measures a day by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    #[serde(rename = "within")]
    pub within_s: i64,
    pub percent: i64,
}

impl Default for Service {
    /// Eighty of a hundred within twenty seconds.
    fn default() -> Service {
        Service { within_s: 20, percent: 80 }
    }
}

type Text = Located<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    hours: BTreeMap<String, Text>,
    #[serde(default)]
    holidays: Vec<Text>,
    #[serde(default)]
    open: BTreeMap<String, Text>,
    priority: Located<Points>,
    #[serde(default)]
    skills: BTreeMap<String, Vec<Text>>,
    #[serde(default)]
    skill_names: BTreeMap<String, Located<InBoth>>,
    #[serde(default)]
    urgent: Vec<Text>,
    #[serde(default)]
    dispositions: BTreeMap<String, InBoth>,
    #[serde(default)]
    telephones: BTreeMap<String, RawTelephone>,
    ring: Located<u32>,
    wrap_up: Located<u32>,
    tell_every: Located<u32>,
    overflow_after: Located<u32>,
    longest_wait: Located<u32>,
    usual_call: Located<u32>,
    most_waiting: Located<u32>,
    come_back: Located<u32>,
    service: Option<Located<Service>>,
    quiet_line: Located<f64>,
}

impl Rules {
    /// The rules that the program was built with.
    pub fn built_in() -> Rules {
        Rules::parse("desk/desk.yaml", include_str!("../../desk/desk.yaml")).expect("a test parses the rules")
    }

    /// By its stable name.
    pub fn skill(&self, id: &str) -> Option<&Skill> {
        self.skills.iter().find(|skill| skill.id == id)
    }

    /// Reads the file; every fault that it has.
    pub fn parse(file: &str, text: &str) -> Result<Rules, Vec<Fault>> {
        let raw: Raw = read_yaml(file, text).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let mut fault = |place: Place, reason: String| faults.push(Fault { file: file.to_owned(), place, reason });
        let mut hours = Hours::default();
        hours.read_week(&raw.hours, &mut fault);
        hours.read_days(&raw.holidays, &raw.open, &mut fault);
        let mut wanted = BTreeMap::new();
        for (skill, intents) in &raw.skills {
            for name in intents {
                match Intent::from_name(&name.value) {
                    None => fault(name.place, format!("there is no intent `{}`", name.value)),
                    Some(intent) if wanted.insert(intent, skill.clone()).is_some() => {
                        fault(name.place, format!("`{}` has two skills; a caller waits for one", name.value));
                    }
                    Some(_) => {}
                }
            }
        }
        for (name, names) in raw.skill_names.iter().filter(|(name, _)| !raw.skills.contains_key(*name)) {
            fault(names.place, format!("there is no skill `{name}`"));
        }
        let names = |id: &String| raw.skill_names.get(id).map(|names| &names.value);
        let skills = raw.skills.keys().map(|id| Skill::new(id, names(id))).collect();
        let mut urgent = BTreeSet::new();
        for name in &raw.urgent {
            match Intent::from_name(&name.value) {
                Some(intent) => drop(urgent.insert(intent)),
                None => fault(name.place, format!("there is no intent `{}`", name.value)),
            }
        }
        let mut telephones = Vec::new();
        for (id, RawTelephone { zh, en, call }) in raw.telephones {
            match callee(&call.value) {
                Some(call) => telephones.push(Telephone { id, zh, en, call }),
                None => fault(call.place, format!("`{}` is no number, and no address such as sip:201@pbx.example", call.value)),
            }
        }
        if raw.priority.value.minute == 0 {
            fault(raw.priority.place, "waiting has to count, or somebody waits for ever: minute is at least 1".into());
        }
        let times = [&raw.ring, &raw.tell_every, &raw.longest_wait, &raw.usual_call, &raw.most_waiting];
        for value in times.into_iter().filter(|value| value.value == 0) {
            fault(value.place, "at least 1".into());
        }
        if let Some(service) =
            raw.service.as_ref().filter(|service| service.value.within_s < 1 || !(1..=100).contains(&service.value.percent))
        {
            fault(service.place, "at least 1 second, and from 1 to 100 percent".into());
        }
        let quiet_line = SignedDuration::try_from_secs_f64(raw.quiet_line.value).ok().filter(|quiet| *quiet >= SHORTEST_QUIET);
        if quiet_line.is_none() {
            fault(raw.quiet_line.place, format!("at least {SHORTEST_QUIET:#} without sound show that a line is broken"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Rules {
            hours,
            points: raw.priority.value,
            wanted,
            skills,
            urgent,
            dispositions: raw.dispositions.into_iter().map(|(id, InBoth { zh, en })| Disposition { id, zh, en }).collect(),
            telephones,
            ring_s: raw.ring.value.into(),
            wrap_up_s: raw.wrap_up.value.into(),
            tell_every_s: raw.tell_every.value.into(),
            overflow_after_s: raw.overflow_after.value.into(),
            longest_wait_s: raw.longest_wait.value.into(),
            usual_call_s: raw.usual_call.value.into(),
            most_waiting: raw.most_waiting.value as usize,
            come_back_s: raw.come_back.value.into(),
            service: raw.service.map(|service| service.value).unwrap_or_default(),
            quiet_line: quiet_line.unwrap_or(SHORTEST_QUIET),
        })
    }
}

fn callee(text: &str) -> Option<Callee> {
    match is_sip_address(text) {
        true => Some(Callee::Address(text.to_owned())),
        false => PhoneNumber::parse(text).map(Callee::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rejected(from: &str, to: &str, expected: &str) {
        let text = include_str!("../../desk/desk.yaml");
        assert!(text.contains(from), "{from}");
        let faults = Rules::parse("desk.yaml", &text.replacen(from, to, 1)).unwrap_err();
        assert!(faults.iter().any(|fault| fault.to_string().contains(expected)), "{faults:?}");
    }

    #[test]
    fn faults_have_their_place_and_say_what_to_write() {
        assert_eq!(Rules::built_in().wanted[&Intent::BroadbandFault], "broadband");
        rejected("monday: 08:00-20:00", "monday: 8 to 20", "desk.yaml:5:11: `8 to 20` is no time of opening");
        rejected("sunday:", "funday:", "`funday` is no weekday");
        rejected("2027-01-01", "2027-13-01", "is no day");
        rejected("2027-02-14: friday", "2027-02-14: someday", "`someday` is no weekday");
        rejected("[broadband_fault]", "[broadband]", "there is no intent `broadband`");
        rejected("[broadband_fault]", "[complaint]", "`complaint` has two skills");
        rejected("[report_loss]", "[loss]", "there is no intent `loss`");
        rejected("  network: { zh: 网络, en: Mobile network }", "  nets: { zh: 网络, en: Mobile network }", "there is no skill `nets`");
        rejected("minute: 1", "minute: 0", "waits for ever");
        rejected("ring: 20", "ring: 0", "at least 1");
        rejected("percent: 80", "percent: 101", "from 1 to 100");
        rejected("quiet_line: 1.5", "quiet_line: 0.1", "without sound");
        rejected("quiet_line: 1.5", "quiet_line: -1e300", "without sound");
        rejected(
            "telephones: {}",
            "telephones: { second_line: { zh: 二线, en: Second line, call: the office } }",
            "`the office` is no number",
        );
    }

    #[test]
    fn skills_are_shown_by_their_names_where_they_have_some() {
        let shown = |rules: &Rules, lang: Lang| rules.skills.iter().map(|skill| skill.shown(lang).to_owned()).collect::<Vec<_>>();
        assert_eq!(shown(&Rules::built_in(), Lang::Zh), ["话费", "宽带", "投诉", "网络"]);
        let text = include_str!("../../desk/desk.yaml")
            .replace("  broadband: { zh: 宽带, en: Broadband }\n", "")
            .replace("network:", "mobile_network:");
        let rules = Rules::parse("desk.yaml", &text).unwrap();
        assert_eq!(shown(&rules, Lang::Zh), ["话费", "broadband", "投诉", "网络"]);
        assert_eq!(rules.wanted[&Intent::Outage], "mobile_network");
    }
}
