//! The messages of a station's line.
//!
//! What a page says ([`Said`]): `ready` `away` `accept` `decline` `hang_up` `hold {held}` `hand_on {to}` `keep` `pass_on {skill, note}` `pause_recording {paused}` `wrap_up {disposition, note}` `open_order {class, text}`, from who
//! leads also `join {call, role: listener|whisperer|barger}` `quit` `take_over {call}`; `alive` every few seconds, which is answered with the same, so
//! that either side notices a line that broke without a word.
//! What it is told ([`Told`]): `hello` once, `view` whenever something changes, `case` with everything known of a call that rings or goes on, then
//! `known` `said` `suggests` `keys` as they come, `order_opened` `refused`, `phone_failed` when one's telephone was not reached, `not_handed_on` when the other's was not, and `replaced`
//! when the same person came in elsewhere. Who speaks on a telephone is told its address by `hello`; a `view` has `phone: rings|answered|holds` then,
//! and sound goes to the telephone in place of the page. `hello` has the `telephones` and `skills` of the rules, and a `view` has `hands_on`, the
//! telephone that rings for one's caller. A `case` has `passed_on`: which colleagues had the caller before, for which skill each passed him on, and
//! what each adds.
//! Times are seconds before now (`…_s_ago`) or from now on (`…_s_left`), or milliseconds of the call (`at_ms`).

mod said;

use crate::api::console::format::{self, called, named};
use crate::business::Clock;
use crate::call::services::Services;
use crate::call::transfer::{Case, PassedOn, Remark, Suggestion};
use crate::care::Handbook;
use crate::desk::queue::CallerId;
use crate::desk::station::{Colleague, Doing, Queued, View};
use crate::desk::{Person, Rules, ToAgent};
use crate::nlu::Intent;
use crate::security::{Role as Post, sight};
use crate::text::{Lang, PhoneNumber, Record, Value};
use jiff::civil::DateTime;
pub(super) use said::Said;
use serde::Serialize;
use std::sync::Arc;

/// What a page is told.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Told {
    Alive,
    Hello {
        id: String,
        shown: String,
        leads: bool,
        dispositions: Vec<Choice>,
        telephones: Vec<Choice>,
        skills: Vec<Choice>,
        classes: Vec<Choice>,
        ring_s: i64,
        wrap_up_s: i64,
        phone: Option<String>,
    },
    View(ViewShown),
    Case(Box<CaseShown>),
    Known {
        known: Vec<Field>,
    },
    Said(RemarkShown),
    Suggests {
        suggestions: Vec<SuggestionShown>,
    },
    Keys {
        keys: String,
    },
    OrderOpened {
        number: String,
    },
    Refused {
        why: &'static str,
    },
    PhoneFailed {
        why: &'static str,
    },
    NotHandedOn {
        why: &'static str,
    },
    Replaced,
}

#[derive(Debug, Serialize)]
pub(super) struct Choice {
    id: String,
    shown: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Field {
    name: String,
    value: String,
}

#[derive(Debug, Serialize)]
pub(super) struct ViewShown {
    doing: &'static str,
    since_s_ago: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    s_left: Option<i64>,
    call: Option<String>,
    held: bool,
    /// `not`, `running`, `paused`.
    recording: &'static str,
    phone: Option<&'static str>,
    hands_on: Option<String>,
    beside: Option<BesideShown>,
    queue: Vec<QueuedShown>,
    agents: Vec<ColleagueShown>,
}

#[derive(Debug, Serialize)]
pub(super) struct BesideShown {
    call: String,
    role: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct QueuedShown {
    call: String,
    waits_s: i64,
    level: Option<String>,
    skills: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ColleagueShown {
    id: String,
    shown: String,
    doing: &'static str,
    since_s_ago: i64,
    call: Option<String>,
    interrupted: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct CaseShown {
    call: String,
    /// As its reader may see it.
    number: Option<String>,
    lang: &'static str,
    verified: bool,
    reason: &'static str,
    intent: Option<&'static str>,
    title: Option<String>,
    began_s_ago: i64,
    slots: Vec<Field>,
    transcript: Vec<RemarkShown>,
    tried: Vec<TriedShown>,
    known: Vec<Field>,
    suggestions: Vec<SuggestionShown>,
    passed_on: Vec<PassedOnShown>,
}

#[derive(Debug, Serialize)]
pub(super) struct PassedOnShown {
    by: String,
    skill: String,
    note: String,
}

#[derive(Debug, Serialize)]
pub(super) struct RemarkShown {
    at_ms: u64,
    who: &'static str,
    text: String,
    confidence: Option<f32>,
    intent: Option<&'static str>,
    title: Option<String>,
    partial: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct TriedShown {
    operation: String,
    how: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct SuggestionShown {
    question: String,
    answer: String,
    confidence: f32,
}

/// In whose language and for whose eyes.
pub(super) struct Words {
    pub lang: Lang,
    pub edition: Arc<Services>,
    pub rules: Arc<Rules>,
    pub role: Post,
    pub clock: Clock,
}

impl Words {
    pub fn hello(&self, person: &Person, handbook: &Handbook) -> Told {
        let rules = &self.rules;
        let choice =
            |id: &String, zh: &String, en: &String| Choice { id: id.clone(), shown: if self.lang == Lang::Zh { zh } else { en }.clone() };
        let dispositions = rules.dispositions.iter().map(|each| choice(&each.id, &each.zh, &each.en));
        let telephones = rules.telephones.iter().map(|each| choice(&each.id, &each.zh, &each.en));
        let skills = rules.skills.iter().map(|each| choice(&each.id, &each.zh, &each.en));
        let classes = handbook.classes.codes().map(|code| {
            let (_, class) = handbook.classes.find_or_call_back(code);
            let shown = if self.lang == Lang::Zh { &class.name } else { &class.name_en };
            Choice { id: code.to_owned(), shown: shown.clone() }
        });
        Told::Hello {
            id: person.id.0.clone(),
            shown: person.shown.clone(),
            leads: person.leads,
            dispositions: dispositions.collect(),
            telephones: telephones.collect(),
            skills: skills.collect(),
            classes: classes.collect(),
            ring_s: rules.ring_s,
            wrap_up_s: rules.wrap_up_s,
            phone: person.phone.clone(),
        }
    }

    pub fn told(&self, told: ToAgent) -> Told {
        match told {
            ToAgent::View(view) => Told::View(self.view(&view)),
            ToAgent::Case { caller, case } => Told::Case(Box::new(self.case(caller, *case))),
            ToAgent::Known(known) => Told::Known { known: self.known(&known) },
            ToAgent::Said(remark) => Told::Said(self.remark(remark)),
            ToAgent::Suggests(suggestions) => Told::Suggests { suggestions: suggestions.into_iter().map(SuggestionShown::from).collect() },
            ToAgent::Keys(keys) => Told::Keys { keys },
            ToAgent::OrderOpened { number } => Told::OrderOpened { number },
            ToAgent::Refused(why) => Told::Refused { why: why.name() },
            ToAgent::PhoneFailed(cause) => Told::PhoneFailed { why: cause.name() },
            ToAgent::NotHandedOn(cause) => Told::NotHandedOn { why: cause.name() },
            ToAgent::Replaced => Told::Replaced,
            // Sound is no text.
            ToAgent::Sound(_) => Told::Keys { keys: String::new() },
        }
    }

    fn title(&self, intent: Option<Intent>) -> Option<String> {
        self.edition.engine.flows().title(intent?, self.lang).map(str::to_owned)
    }

    fn number(&self, number: &PhoneNumber) -> String {
        sight::number_at_desk(self.role, number)
    }

    /// What the caller told; what other systems answered (records and lists) is told under its own head.
    fn slots(&self, record: &Record) -> Vec<Field> {
        let shown = |each: &Value| match each {
            Value::Phone(number) => Some(self.number(number)),
            Value::List(_) | Value::Record(_) => None,
            other => Some(format::value(self.lang, other)),
        };
        record.iter().filter_map(|(name, each)| Some(self.field(name, &shown(each)?, each))).collect()
    }

    /// Who the customer is by the operator's systems, in the agent's language.
    fn known(&self, person: &Record) -> Vec<Field> {
        let texts =
            [("level", "level_name"), ("area", "area"), ("tags", "tags")].map(|(name, field)| (name, named(person, field, self.lang)));
        let is_lost = matches!(person.get("lost"), Some(Value::Flag(true)));
        let lost = is_lost.then(|| ("lost", format::value(self.lang, &Value::Flag(true))));
        let all = std::iter::once(("name", called(person, self.lang))).chain(texts).chain(lost);
        all.filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| Field { name: name.to_owned(), value: sight::field(self.role, name, &value) })
            .collect()
    }

    fn field(&self, name: &str, shown: &str, value: &Value) -> Field {
        let is_number = matches!(value, Value::Phone(_));
        let value = if is_number { shown.to_owned() } else { sight::field(self.role, name, shown) };
        Field { name: name.to_owned(), value }
    }

    fn remark(&self, remark: Remark) -> RemarkShown {
        let Remark { at_ms, who, text, confidence, intent, partial } = remark;
        RemarkShown { at_ms, who: who.name(), text, confidence, intent: intent.map(Intent::name), title: self.title(intent), partial }
    }

    fn case(&self, caller: CallerId, case: Case) -> CaseShown {
        let Case { since, caller: number, lang, verified, reason, intent, slots, transcript, tried, known, suggestions, passed_on, .. } =
            case;
        CaseShown {
            call: caller.0,
            number: number.as_ref().map(|number| self.number(number)),
            lang: lang.code(),
            verified,
            reason: reason.name(),
            intent: intent.map(Intent::name),
            title: self.title(intent),
            began_s_ago: self.ago(since),
            slots: self.slots(&slots),
            transcript: transcript.into_iter().map(|remark| self.remark(remark)).collect(),
            tried: tried.into_iter().map(|each| TriedShown { operation: each.operation, how: each.how }).collect(),
            known: known.as_ref().map(|known| self.known(known)).unwrap_or_default(),
            suggestions: suggestions.into_iter().map(SuggestionShown::from).collect(),
            passed_on: passed_on.into_iter().map(|each| self.passed_on(each)).collect(),
        }
    }

    fn passed_on(&self, passed_on: PassedOn) -> PassedOnShown {
        let PassedOn { by, skill, note } = passed_on;
        let skill = self.rules.skill(&skill).map(|skill| skill.shown(self.lang).to_owned()).unwrap_or(skill);
        PassedOnShown { by, skill, note }
    }

    fn ago(&self, moment: DateTime) -> i64 {
        (self.clock)().duration_since(moment).as_secs()
    }

    fn view(&self, view: &View) -> ViewShown {
        let ends = (view.doing == Doing::WrapUp).then(|| (-self.ago(view.since)).max(0));
        ViewShown {
            doing: view.doing.name(),
            since_s_ago: self.ago(view.since).max(0),
            s_left: ends,
            call: view.caller.as_ref().map(|caller| caller.0.clone()),
            held: view.held,
            recording: view.kept.name(),
            phone: view.phone,
            hands_on: view.hands_on.clone(),
            beside: view.beside.as_ref().map(|(caller, role)| BesideShown { call: caller.0.clone(), role: role.name() }),
            queue: view.queue.iter().map(|queued| self.queued(queued)).collect(),
            agents: view.agents.iter().map(|colleague| self.colleague(colleague)).collect(),
        }
    }

    fn queued(&self, queued: &Queued) -> QueuedShown {
        QueuedShown {
            call: queued.caller.0.clone(),
            waits_s: self.ago(queued.since).max(0),
            level: queued.level.clone(),
            skills: queued.skills.iter().cloned().collect(),
        }
    }

    fn colleague(&self, colleague: &Colleague) -> ColleagueShown {
        ColleagueShown {
            id: colleague.id.0.clone(),
            shown: colleague.shown.clone(),
            doing: colleague.doing.name(),
            since_s_ago: self.ago(colleague.since).max(0),
            call: colleague.caller.as_ref().map(|caller| caller.0.clone()),
            interrupted: colleague.interrupted,
        }
    }
}

impl From<Suggestion> for SuggestionShown {
    fn from(suggestion: Suggestion) -> SuggestionShown {
        let Suggestion { question, answer, confidence, .. } = suggestion;
        SuggestionShown { question, answer, confidence }
    }
}
