//! One entry in a form.

use super::{may_edit, read};
use crate::api::console::Console;
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::nlu::knowledge::edit::{self, Edited};
use crate::nlu::knowledge::{Entry, Wordings};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/knowledge/new", new)
        .get("/console/knowledge/entry/{id}", show)
        .post("/console/knowledge/entry", save)
        .post("/console/knowledge/entry/{id}/removal", remove)
}

/// What a form holds, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    /// Of the entry that is replaced; empty for a new one.
    before: String,
    /// The sum of its text when the form was made.
    seen: String,
    id: String,
    topic: String,
    tags: String,
    from: String,
    to: String,
    advice: Option<String>,
    question_zh: String,
    variants_zh: String,
    answer_zh: String,
    question_en: String,
    variants_en: String,
    answer_en: String,
    /// The question asked in vain that this answers.
    unanswered: String,
    unanswered_lang: String,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct Page {
    frame: Frame,
    typed: Typed,
    may_edit: bool,
    /// What is wrong with it.
    faults: Vec<String>,
    topics: Vec<String>,
    is_conflict: bool,
}

impl Typed {
    fn of(entry: &Entry, topic: &str, seen: String) -> Typed {
        let (zh, en) = (entry.wordings(Lang::Zh), entry.wordings(Lang::En));
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        Typed {
            before: entry.id.clone(),
            seen,
            id: entry.id.clone(),
            topic: topic.to_owned(),
            tags: entry.tags.join(" "),
            from: day(entry.from),
            to: day(entry.to),
            advice: entry.advice.then(|| "on".to_owned()),
            question_zh: zh.question.clone(),
            variants_zh: zh.variants.join("\n"),
            answer_zh: zh.answer.clone(),
            question_en: en.question.clone(),
            variants_en: en.variants.join("\n"),
            answer_en: en.answer.clone(),
            ..Typed::default()
        }
    }

    /// The entry that was typed, or what keeps it from being one.
    fn entry(&self) -> Result<Entry, String> {
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("{text}: 2026-11-22")),
        };
        let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let wordings = |question: &str, variants: &str, answer: &str| Wordings {
            question: question.trim().to_owned(),
            variants: lines(variants),
            answer: answer.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        Ok(Entry {
            id: self.id.trim().to_owned(),
            tags: self.tags.split_whitespace().map(str::to_owned).collect(),
            advice: self.advice.is_some(),
            from: day(&self.from)?,
            to: day(&self.to)?,
            zh: wordings(&self.question_zh, &self.variants_zh, &self.answer_zh),
            en: wordings(&self.question_en, &self.variants_en, &self.answer_en),
        })
    }
}

fn sum(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn topics(sources: &[(String, String)]) -> Vec<String> {
    let stem = |file: &str| PathBuf::from(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    sources.iter().filter_map(|(file, _)| stem(file)).collect()
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    question: String,
    #[serde(default)]
    lang: String,
}

async fn new(State(console): State<Arc<Console>>, visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let (sources, _) = read(&console).await?;
    let mut typed = Typed { unanswered: asked.question.clone(), unanswered_lang: asked.lang.clone(), ..Typed::default() };
    if asked.lang == Lang::En.code() {
        typed.variants_en = asked.question
    } else {
        typed.variants_zh = asked.question
    }
    let frame = Frame::of(&visitor, "knowledge");
    Ok(html(&Page { frame, typed, may_edit: true, faults: Vec::new(), topics: topics(&sources), is_conflict: false }))
}

async fn show(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let (sources, entries) = read(&console).await?;
    let entry = entries.iter().find(|entry| entry.id == id).ok_or(Fault(StatusCode::NOT_FOUND))?;
    let seen = sum(edit::present(&sources, &id).unwrap_or_default());
    let typed = Typed::of(entry, edit::topic_of(&sources, &id).unwrap_or_default(), seen);
    let frame = Frame::of(&visitor, "knowledge");
    Ok(html(&Page { frame, typed, may_edit: may_edit(&visitor), faults: Vec::new(), topics: topics(&sources), is_conflict: false }))
}

/// A topic names a file: nothing else may.
fn is_topic(topic: &str) -> bool {
    !topic.is_empty() && topic.len() <= 40 && topic.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

async fn save(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    // One editor at a time writes.
    let _turn = console.editing.lock().await;
    let (sources, _) = read(&console).await?;
    let is_new = typed.before.is_empty();
    let is_conflict = !is_new && edit::present(&sources, &typed.before).map(sum).as_deref() != Some(typed.seen.as_str());
    let again = |typed: Typed, faults: Vec<String>, is_conflict: bool| {
        let frame = Frame::of(&visitor, "knowledge");
        let page = Page { frame, typed, may_edit: true, faults, topics: topics(&sources), is_conflict };
        (if is_conflict { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST }, html(&page)).into_response()
    };
    if is_conflict {
        return Ok(again(typed, Vec::new(), true));
    }
    let frame = Frame::of(&visitor, "knowledge");
    let entry = match typed.entry() {
        Ok(entry) => entry,
        Err(fault) => return Ok(again(typed, vec![fault], false)),
    };
    let mut faults = Vec::new();
    if !is_topic(typed.topic.trim()) {
        faults.push(frame.t("knowledge.bad_topic").to_owned());
    }
    if !is_new && entry.id != typed.before {
        faults.push(frame.t("knowledge.id_stays").to_owned());
    }
    if is_new && edit::present(&sources, &entry.id).is_some() {
        faults.push(frame.t("knowledge.id_taken").to_owned());
    }
    if [&entry.zh, &entry.en].into_iter().any(|wordings| wordings.answer.is_empty()) {
        faults.push(frame.t("knowledge.no_answer").to_owned());
    }
    let folder = console.sources.home.join("flows").join("knowledge");
    let put = edit::put(&sources, &folder.display().to_string(), typed.topic.trim(), &entry);
    match put {
        Ok(edited) if faults.is_empty() => write(edited).await?,
        Ok(_) => return Ok(again(typed, faults, false)),
        Err(found) => {
            faults.extend(found.into_iter().map(|fault| fault.reason));
            return Ok(again(typed, faults, false));
        }
    }
    tracing::info!(person = visitor.person.name, entry = entry.id, "the knowledge base was edited");
    if let Some(lang) = [Lang::Zh, Lang::En].into_iter().find(|lang| lang.code() == typed.unanswered_lang) {
        console.sources.database.unanswered().forget(&typed.unanswered, lang).await?;
    }
    Ok(Redirect::to(&format!("/console/knowledge/entry/{}", entry.id)).into_response())
}

async fn remove(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let _turn = console.editing.lock().await;
    let (sources, _) = read(&console).await?;
    let edited = edit::remove(&sources, &id).map_err(|_| Fault(StatusCode::CONFLICT))?.ok_or(Fault(StatusCode::NOT_FOUND))?;
    write(edited).await?;
    tracing::info!(person = visitor.person.name, entry = id, "an entry of the knowledge base was removed");
    Ok(Redirect::to("/console/knowledge").into_response())
}

/// The whole file or none of it: readers never see half an edit.
async fn write(edited: Edited) -> Result<(), Fault> {
    let written = tokio::task::spawn_blocking(move || {
        let path = PathBuf::from(&edited.file);
        let beside = path.with_extension("yaml.new");
        let mut file = std::fs::File::create(&beside)?;
        file.write_all(edited.text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)
    });
    let written = written.await.map_err(|_| Fault(StatusCode::INTERNAL_SERVER_ERROR))?;
    written.map_err(|error| {
        tracing::error!(%error, "the knowledge base cannot be written");
        Fault(StatusCode::INTERNAL_SERVER_ERROR)
    })
}
