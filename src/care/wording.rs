//! What is written to customers about their orders: the templates of `care/notices.yaml`.

use super::class::Class;
use crate::text::Lang;
use crate::text::located::{Fault, Located, read_yaml};
use jiff::civil::DateTime;
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Closed: every occasion on which something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// It is still worked on.
    Progress,
    Done,
    /// Done, and the result is told by a call.
    DoneCallBack,
    Closed,
    /// Closed, and a call asks for a score.
    ClosedSurvey,
    Reopened,
    /// An incident is over.
    Resolved,
}

impl Occasion {
    const ALL: [Occasion; 7] = [
        Occasion::Progress,
        Occasion::Done,
        Occasion::DoneCallBack,
        Occasion::Closed,
        Occasion::ClosedSurvey,
        Occasion::Reopened,
        Occasion::Resolved,
    ];
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    zh: Located<String>,
    en: Located<String>,
}

impl Pair {
    fn of(&self, lang: Lang) -> &Located<String> {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// The templates, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording(BTreeMap<Occasion, Pair>);

/// What a template can name.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub class: &'a Class,
    /// Of the work order; empty for an incident.
    pub number: &'a str,
    pub due: Option<DateTime>,
    /// Of the incident.
    pub area: Option<&'a str>,
}

impl Wording {
    /// The templates that the program was built with.
    pub fn built_in() -> Wording {
        Wording::parse("care/notices.yaml", include_str!("../../care/notices.yaml")).expect("a test parses the templates")
    }

    /// Reads the file; every fault that it has.
    pub fn parse(file: &str, text: &str) -> Result<Wording, Vec<Fault>> {
        let pairs: BTreeMap<Occasion, Pair> = read_yaml(file, text).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        for (occasion, pair) in &pairs {
            for lang in [Lang::Zh, Lang::En] {
                let template = pair.of(lang);
                let incident = *occasion == Occasion::Resolved;
                let number = if incident { None } else { Some("2611220001") };
                let area = if incident { Some("x") } else { None };
                if let Err(reason) = render(&template.value, "x", number, number.map(|_| "2026-11-22 09:30"), area) {
                    faults.push(Fault { file: file.to_owned(), place: template.place, reason });
                }
            }
        }
        for occasion in Occasion::ALL.into_iter().filter(|occasion| !pairs.contains_key(occasion)) {
            let place = crate::text::located::Place { line: 1, column: 1 };
            faults.push(Fault { file: file.to_owned(), place, reason: format!("nothing is written for {occasion:?}") });
        }
        if faults.is_empty() { Ok(Wording(pairs)) } else { Err(faults) }
    }

    /// The text for an occasion.
    pub fn text(&self, occasion: Occasion, lang: Lang, named: Named<'_>) -> String {
        let name = match lang {
            Lang::Zh => &named.class.name,
            Lang::En => &named.class.name_en,
        };
        let number = Some(named.number).filter(|number| !number.is_empty());
        let due = named.due.map(|due| due.strftime("%Y-%m-%d %H:%M").to_string());
        let template = &self.0[&occasion].of(lang).value;
        render(template, name, number, due.as_deref(), named.area).unwrap_or_else(|_| template.clone())
    }
}

fn render(template: &str, name: &str, number: Option<&str>, due: Option<&str>, area: Option<&str>) -> Result<String, String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut known = BTreeMap::from([("name", name)]);
    known.extend(number.map(|number| ("number", number)));
    known.extend(due.map(|due| ("due", due)));
    known.extend(area.map(|area| ("area", area)));
    environment.render_str(template, context! { ..minijinja::Value::from_serialize(known) }).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::care::Classes;
    use jiff::civil::date;

    #[test]
    fn a_text_names_the_order_in_both_languages() {
        let classes = Classes::built_in();
        let named = Named {
            class: classes.find("complaint").unwrap(),
            number: "2611220001",
            due: Some(date(2026, 11, 24).at(9, 30, 0, 0)),
            area: None,
        };
        let wording = Wording::built_in();
        assert_eq!(
            wording.text(Occasion::Progress, Lang::Zh, named),
            "您的投诉（编号2611220001）还在处理，我们会在2026-11-24 09:30以前答复您。"
        );
        assert!(wording.text(Occasion::Reopened, Lang::En, named).contains("complaint, number 2611220001"));
    }

    #[test]
    fn what_no_template_knows_is_a_fault_with_its_place() {
        let text = include_str!("../../care/notices.yaml").replace("{{ area }}", "{{ place }}");
        let faults = Wording::parse("notices.yaml", &text).unwrap_err();
        assert_eq!(faults.len(), 2);
        assert!(faults[0].to_string().starts_with("notices.yaml:22:7: "), "{}", faults[0]);
        let missing = Wording::parse("notices.yaml", "progress: { zh: x, en: x }").unwrap_err();
        assert_eq!(missing.len(), 6);
    }
}
