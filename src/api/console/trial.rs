//! A call tried in text: what is typed stands for the caller. The page carries all lines, and each answer plays the call anew, so nothing is kept between them.

use super::Console;
use super::calls::intent_word;
use super::format::value;
use super::frame::Frame;
use super::pages::{Answer, html};
use super::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::call::record::outcome_name;
use crate::call::text_call::Input;
use crate::call::trial::{self, Caller, Exchange};
use crate::text::{Lang, PhoneNumber};
use askama::Template;
use axum::extract::{Form, State};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/trial", begin).post("/console/trial", go_on)
}

/// No call is longer.
const MOST_LINES: usize = 60;
const LONGEST_LINE: usize = 300;
/// Of the demo operator's invented customers.
const FIRST_CALLER: &str = "13800000001";

/// What the page carries.
struct Typed {
    lang: Lang,
    number: String,
    lines: Vec<String>,
}

impl Typed {
    fn new(lang: Lang) -> Typed {
        Typed { lang, number: FIRST_CALLER.to_owned(), lines: Vec::new() }
    }

    /// The fields of the form, with what was pressed last.
    fn read(fields: Vec<(String, String)>, lang: Lang) -> Typed {
        let mut typed = Typed { number: String::new(), ..Typed::new(lang) };
        let (mut said, mut act) = (String::new(), String::new());
        for (name, held) in fields {
            match name.as_str() {
                "lang" => typed.lang = if held == "en" { Lang::En } else { Lang::Zh },
                "number" => typed.number = held.trim().to_owned(),
                "line" => typed.lines.push(short(&held)),
                "say" => said = short(&held),
                "act" => act = held,
                _ => {}
            }
        }
        match act.as_str() {
            "begin" => typed.lines.clear(),
            "silence" => typed.lines.push(String::new()),
            "hang_up" => typed.lines.push("/hangup".to_owned()),
            _ if !said.is_empty() => typed.lines.push(said),
            _ => {}
        }
        typed.lines.truncate(MOST_LINES);
        typed
    }
}

fn short(line: &str) -> String {
    line.trim().chars().take(LONGEST_LINE).collect()
}

/// An exchange as it is shown.
struct Shown {
    /// Empty at the beginning of the call.
    heard: String,
    /// What was understood, and how surely; empty for keys and silence.
    understood: String,
    slots: Vec<(String, String)>,
    /// Prompts and their words.
    said: Vec<(String, String)>,
    requested: Vec<String>,
}

impl Shown {
    fn new(exchange: Exchange, lang: Lang) -> Shown {
        let Exchange { line, reply } = exchange;
        let heard = line.map(|line| match Input::read(&line) {
            Input::Words(words) => words.to_owned(),
            Input::Keys(keys) => word(lang, "trial.pressed").replace("{}", keys),
            Input::Silence => word(lang, "trial.still").to_owned(),
            Input::HangUp => word(lang, "trial.hung_up").to_owned(),
        });
        let understood = reply.understood.as_ref().map(|understood| {
            let intent = understood.intent.map(|intent| format!("{} ", intent_word(lang, intent.name()))).unwrap_or_default();
            let decision = match understood.decision {
                crate::nlu::Decision::Accept => "trial.accept",
                crate::nlu::Decision::Confirm => "trial.confirm",
                crate::nlu::Decision::Reject => "trial.reject",
            };
            format!("{intent}{:.0}% · {}", understood.confidence * 100.0, word(lang, decision))
        });
        let slots = reply.understood.iter().flat_map(|understood| &understood.slots);
        Shown {
            heard: heard.unwrap_or_default(),
            understood: understood.unwrap_or_default(),
            slots: slots.map(|(name, held)| (name.replace('_', " "), value(lang, held))).collect(),
            said: reply.said.into_iter().map(|utterance| (utterance.prompt, utterance.text)).collect(),
            requested: reply.requested,
        }
    }
}

#[derive(Template)]
#[template(path = "trial.html")]
struct Page {
    frame: Frame,
    edition: String,
    typed: Typed,
    /// Words for what went wrong.
    fault: &'static str,
    exchanges: Vec<Shown>,
    /// The question that waits for an answer.
    question: String,
    /// Words of how the call ended; empty while it goes on.
    outcome: &'static str,
}

async fn begin(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    let typed = Typed::new(visitor.person.lang);
    page(&console, &visitor, typed).await
}

async fn go_on(State(console): State<Arc<Console>>, visitor: Visitor, Form(fields): Form<Vec<(String, String)>>) -> Answer {
    let typed = Typed::read(fields, visitor.person.lang);
    page(&console, &visitor, typed).await
}

async fn page(console: &Console, visitor: &Visitor, typed: Typed) -> Answer {
    let services = console.sources.editions.current();
    let number = PhoneNumber::parse(&typed.number);
    let mut fault = if number.is_none() && !typed.number.is_empty() { "trial.no_number" } else { "" };
    let caller = Caller { number, lang: typed.lang, now: console.now() };
    let played = trial::play(&services, caller, &typed.lines).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call cannot be tried");
        fault = "trial.unavailable";
        Vec::new()
    });
    let frame = Frame::of(visitor, "flows");
    let last = played.last().map(|exchange| &exchange.reply);
    let question = last.and_then(|reply| reply.question.as_ref()).map(|question| question.name.clone()).unwrap_or_default();
    let outcome = match last.and_then(|reply| reply.outcome.as_ref()).map(outcome_name) {
        None => "",
        Some("completed") => "outcome.completed",
        Some("transferred") => "outcome.transferred",
        Some("abandoned") => "outcome.abandoned",
        Some(_) => "outcome.failed",
    };
    let exchanges = played.into_iter().map(|exchange| Shown::new(exchange, frame.lang)).collect();
    Ok(html(&Page { frame, edition: services.edition.clone(), typed, fault, exchanges, question, outcome }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_carries_the_call_and_adds_what_was_pressed() {
        let read = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, held)| ((*name).to_owned(), (*held).to_owned())).collect();
            Typed::read(fields, Lang::Zh)
        };
        let before = [("lang", "en"), ("number", " 13800000002 "), ("line", "查话费"), ("line", ""), ("say", " 九月 ")];
        let typed = read(&before);
        assert_eq!((typed.lang, typed.number.as_str(), typed.lines.join("|").as_str()), (Lang::En, "13800000002", "查话费||九月"));
        let with = |act: &'static str| read(&[&before[..4], &[("act", act)]].concat()).lines.join("|");
        assert_eq!([with("silence"), with("hang_up"), with("begin"), with("")], ["查话费||", "查话费||/hangup", "", "查话费|"]);
        let many: Vec<(&str, &str)> = std::iter::repeat_n(("line", "好"), 100).collect();
        assert_eq!(read(&many).lines.len(), MOST_LINES);
        assert_eq!(read(&[("say", &"好".repeat(1_000))]).lines[0].chars().count(), LONGEST_LINE);
    }
}
