//! Reads and checks `care/dispatch.yaml`; every fault with its place.

use super::{Area, IncidentRule, Receiver, Rule, Rules, Stage, Taker};
use crate::care::class::{Classes, Priority};
use crate::text::located::{Fault, Located, Place, read_yaml};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

type Text = Located<String>;

/// The file as it is typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    manager: String,
    areas: BTreeMap<String, Area>,
    takers: Vec<RawTaker>,
    rules: Vec<RawRule>,
    warnings: Vec<RawStage>,
    incident: RawIncident,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTaker {
    name: Text,
    skills: Vec<Text>,
    #[serde(default)]
    areas: Vec<Text>,
    most: Located<u32>,
    lead: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    #[serde(default)]
    classes: Vec<Text>,
    #[serde(default)]
    kinds: Vec<Text>,
    #[serde(default)]
    areas: Vec<Text>,
    #[serde(default)]
    levels: Vec<Text>,
    #[serde(default)]
    priorities: Vec<Text>,
    skill: Text,
    #[serde(default)]
    local: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    name: Text,
    percent: Located<u32>,
    to: Receiver,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIncident {
    classes: Vec<Text>,
    reports: Located<u32>,
    minutes: Located<u32>,
}

/// Levels of customers, as `business` names them.
const LEVELS: [&str; 4] = ["normal", "silver", "gold", "platinum"];

impl Rules {
    /// The rules that the program was built with.
    pub fn built_in(classes: &Classes) -> Rules {
        Rules::parse("care/dispatch.yaml", include_str!("../../../care/dispatch.yaml"), classes).expect("a test parses the rules")
    }

    /// Reads the file; every fault that it has.
    pub fn parse(file: &str, text: &str, classes: &Classes) -> Result<Rules, Vec<Fault>> {
        let raw: Raw = read_yaml(file, text).map_err(|fault| vec![fault])?;
        let mut check = Check { file, faults: Vec::new() };
        check.takers(&raw);
        check.rules(&raw, classes);
        check.warnings(&raw.warnings);
        check.incident(&raw.incident, classes);
        check.areas(&raw.areas);
        if check.faults.is_empty() { Ok(raw.ready()) } else { Err(check.faults) }
    }
}

struct Check<'a> {
    file: &'a str,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn fault(&mut self, place: Place, reason: String) {
        self.faults.push(Fault { file: self.file.to_owned(), place, reason });
    }

    fn known(&mut self, what: &str, names: &[Text], is_known: impl Fn(&str) -> bool) {
        for name in names.iter().filter(|name| !is_known(&name.value)) {
            self.fault(name.place, format!("there is no {what} `{}`", name.value));
        }
    }

    fn takers(&mut self, raw: &Raw) {
        let mut names = BTreeSet::new();
        for taker in &raw.takers {
            if !names.insert(&taker.name.value) {
                self.fault(taker.name.place, format!("`{}` is there twice", taker.name.value));
            }
            if taker.most.value == 0 {
                self.fault(taker.most.place, format!("`{}` could never take an order: `most` is at least 1", taker.name.value));
            }
            if taker.skills.is_empty() {
                self.fault(taker.name.place, format!("`{}` has no skill, so no rule finds it", taker.name.value));
            }
            self.known("area", &taker.areas, |area| raw.areas.contains_key(area));
        }
    }

    fn rules(&mut self, raw: &Raw, classes: &Classes) {
        for rule in &raw.rules {
            self.known("class", &rule.classes, |class| classes.find(class).is_some());
            self.known("area", &rule.areas, |area| raw.areas.contains_key(area));
            self.known("level", &rule.levels, |level| LEVELS.contains(&level));
            self.known("priority", &rule.priorities, |priority| Priority::from_name(priority).is_some());
            let of_rule: Vec<&str> = match rule.classes.is_empty() {
                true => classes.codes().collect(),
                false => rule.classes.iter().map(|class| class.value.as_str()).collect(),
            };
            self.known("kind", &rule.kinds, |kind| {
                of_rule.iter().any(|class| classes.find(class).is_some_and(|class| class.kinds.contains_key(kind)))
            });
            if !raw.takers.iter().any(|taker| taker.skills.iter().any(|skill| skill.value == rule.skill.value)) {
                self.fault(rule.skill.place, format!("nobody has the skill `{}`", rule.skill.value));
            }
        }
        let takes_all = |rule: &RawRule, class: &str| {
            rule.kinds.is_empty()
                && rule.areas.is_empty()
                && rule.levels.is_empty()
                && rule.priorities.is_empty()
                && (rule.classes.is_empty() || rule.classes.iter().any(|named| named.value == class))
        };
        for class in classes.codes().filter(|class| !raw.rules.iter().any(|rule| takes_all(rule, class))) {
            let place = raw.rules.last().map_or(Place { line: 1, column: 1 }, |rule| rule.skill.place);
            self.fault(place, format!("no rule takes every order of the class `{class}`; add one that names nothing but the class"));
        }
    }

    fn warnings(&mut self, stages: &[RawStage]) {
        let mut names = BTreeSet::new();
        for stage in stages.iter().filter(|stage| !names.insert(&stage.name.value)) {
            self.fault(stage.name.place, format!("`{}` is there twice", stage.name.value));
        }
        for pair in stages.windows(2) {
            if let [earlier, later] = pair
                && later.percent.value <= earlier.percent.value
            {
                self.fault(later.percent.place, "warnings are listed in the order of their percentages".into());
            }
        }
        for stage in stages.iter().filter(|stage| !(1..=1000).contains(&stage.percent.value)) {
            self.fault(stage.percent.place, "a percentage from 1 to 1000".into());
        }
        if !stages.iter().any(|stage| stage.percent.value >= 100) {
            let place = stages.last().map_or(Place { line: 1, column: 1 }, |stage| stage.percent.place);
            self.fault(place, "nobody is warned of what is overdue: add a warning at 100 percent".into());
        }
    }

    fn incident(&mut self, incident: &RawIncident, classes: &Classes) {
        self.known("class", &incident.classes, |class| classes.find(class).is_some());
        if incident.reports.value < 2 {
            self.fault(incident.reports.place, "an incident is at least 2 reports".into());
        }
        if incident.minutes.value == 0 {
            self.fault(incident.minutes.place, "at least one minute".into());
        }
    }

    fn areas(&mut self, areas: &BTreeMap<String, Area>) {
        for (code, area) in areas {
            if area.words.iter().any(|word| word.trim().is_empty()) {
                self.fault(Place { line: 1, column: 1 }, format!("the area `{code}` has an empty word, which is in every text"));
            }
        }
    }
}

impl Raw {
    fn ready(self) -> Rules {
        let plain = |list: Vec<Text>| list.into_iter().map(|text| text.value).collect::<Vec<String>>();
        let takers = self.takers.into_iter().map(|taker| Taker {
            name: taker.name.value,
            skills: plain(taker.skills),
            areas: plain(taker.areas),
            most: taker.most.value,
            lead: taker.lead,
        });
        let rules = self.rules.into_iter().map(|rule| Rule {
            classes: plain(rule.classes),
            kinds: plain(rule.kinds),
            areas: plain(rule.areas),
            levels: plain(rule.levels),
            priorities: plain(rule.priorities),
            skill: rule.skill.value,
            local: rule.local,
        });
        let stages = self.warnings.into_iter().map(|stage| Stage { name: stage.name.value, percent: stage.percent.value, to: stage.to });
        let mut areas = self.areas;
        areas.values_mut().flat_map(|area| &mut area.words).for_each(|word| *word = word.to_lowercase());
        Rules {
            manager: self.manager,
            areas,
            takers: takers.collect(),
            rules: rules.collect(),
            stages: stages.collect(),
            incident: IncidentRule {
                classes: plain(self.incident.classes),
                reports: self.incident.reports.value,
                minutes: self.incident.minutes.value,
            },
        }
    }
}
