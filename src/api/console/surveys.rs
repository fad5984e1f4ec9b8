//! What customers said about calls and closed orders: scores of a month, and the latest answers with their words.

use super::Console;
use super::format::{distance, moment, value};
use super::frame::Frame;
use super::pages::{Answer, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::text::Lang;
use askama::Template;
use axum::extract::State;
use jiff::ToSpan;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/console/surveys", page)
}

/// Answers shown.
const LATEST: u32 = 50;

struct Score {
    text: String,
    count: i64,
    percent: i64,
}

struct Survey {
    name: String,
    count: i64,
    scores: Vec<Score>,
}

struct Said {
    survey: String,
    score: String,
    detail: String,
    call: String,
    /// The work order that it is about; empty for a call.
    order: String,
    at: String,
    ago: String,
}

#[derive(Template)]
#[template(path = "surveys.html")]
struct Page {
    frame: Frame,
    surveys: Vec<Survey>,
    answers: Vec<Said>,
}

fn survey_word(lang: Lang, name: &str) -> String {
    match name {
        "call" => super::words::word(lang, "surveys.after_call").to_owned(),
        "work_order" => super::words::word(lang, "surveys.after_order").to_owned(),
        other => other.replace('_', " "),
    }
}

pub(super) fn score_word(lang: Lang, score: &str) -> String {
    match score {
        "satisfied" => super::words::word(lang, "surveys.satisfied").to_owned(),
        "neutral" => super::words::word(lang, "surveys.neutral").to_owned(),
        "dissatisfied" => super::words::word(lang, "surveys.dissatisfied").to_owned(),
        other => other.replace('_', " "),
    }
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    let frame = Frame::of(&visitor, "surveys");
    let (now, lang) = (console.now(), frame.lang);
    let answers = console.sources.database.surveys().latest(LATEST).await?;
    let since = now.saturating_sub(30.days());
    let mut surveys = Vec::new();
    for name in console.sources.database.surveys().names().await? {
        let scores = console.sources.database.surveys().scores(&name, since).await?;
        let count: i64 = scores.iter().map(|(_, count)| count).sum();
        let scores = scores.into_iter().map(|(score, given)| Score {
            text: score_word(lang, &score),
            count: given,
            percent: given * 100 / count.max(1),
        });
        surveys.push(Survey { name: survey_word(lang, &name), count, scores: scores.collect() });
    }
    let answers = answers.into_iter().map(|answer| Said {
        survey: survey_word(lang, &answer.survey),
        score: score_word(lang, &answer.score),
        detail: answer.details.values().map(|held| value(lang, held)).collect::<Vec<_>>().join(" · "),
        call: answer.call,
        order: answer.about.unwrap_or_default(),
        at: moment(answer.at),
        ago: distance(lang, answer.at, now),
    });
    let answers = answers.collect();
    Ok(html(&Page { frame, surveys, answers }))
}
