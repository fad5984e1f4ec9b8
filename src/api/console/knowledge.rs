//! The knowledge base: its entries, what callers asked in vain, and an editor that writes `flows/knowledge`.
//!
//! A change is checked with all other entries before anything is written, and written whole; calls get it within seconds, as any edit.

mod editor;

use super::Console;
use super::frame::Frame;
use super::listing::given;
use super::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::nlu::knowledge::{self, Entry};
use crate::security::Role;
use crate::store::UnansweredQuestion;
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    editor::routes(routes.get("/console/knowledge", page).post("/console/knowledge/unanswered", forget))
}

/// Questions asked in vain that are shown.
const MOST_UNANSWERED: usize = 30;

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    q: Option<String>,
    topic: Option<String>,
}

struct Row {
    id: String,
    topic: String,
    question: String,
    answer: String,
    /// It does not hold today.
    is_out: bool,
}

#[derive(Template)]
#[template(path = "knowledge.html")]
struct Page {
    frame: Frame,
    filters: Filters,
    topics: Vec<String>,
    rows: Vec<Row>,
    unanswered: Vec<UnansweredQuestion>,
    may_edit: bool,
}

pub(super) fn may_edit(visitor: &Visitor) -> bool {
    matches!(visitor.person.role, Role::Operator | Role::Admin)
}

type Sources = Vec<(String, String)>;

/// The files as they are now, and their entries.
async fn read(console: &Console) -> Result<(Sources, Vec<Entry>), Fault> {
    let folder = console.sources.home.join("flows").join("knowledge");
    let read = tokio::task::spawn_blocking(move || {
        let sources = knowledge::read(&folder).map_err(|error| error.to_string())?;
        let entries = knowledge::parse(&sources).map_err(|faults| faults.first().map(ToString::to_string).unwrap_or_default())?;
        Ok::<_, String>((sources, entries))
    });
    let read = read.await.map_err(|_| Fault(StatusCode::INTERNAL_SERVER_ERROR))?;
    read.map_err(|reason| {
        tracing::error!(reason, "the knowledge base cannot be read; `tingshuo check` says what is wrong");
        Fault(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "knowledge");
    let (sources, entries) = read(&console).await?;
    let (lang, today) = (frame.lang, console.now().date());
    let mut topics: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for entry in entries {
        let topic = knowledge::edit::topic_of(&sources, &entry.id).unwrap_or_default().to_owned();
        if !topics.contains(&topic) {
            topics.push(topic.clone());
        }
        if given(&filters.topic).is_some_and(|wanted| wanted != topic) || !given(&filters.q).is_none_or(|text| has(&entry, text)) {
            continue;
        }
        let wordings = entry.wordings(lang);
        rows.push(Row {
            question: wordings.question.clone(),
            answer: wordings.answer.clone(),
            is_out: !entry.is_valid(today),
            id: entry.id,
            topic,
        });
    }
    topics.sort();
    let mut unanswered = console.sources.database.unanswered().list().await?;
    unanswered.truncate(MOST_UNANSWERED);
    Ok(html(&Page { frame, filters, topics, rows, unanswered, may_edit: may_edit(&visitor) }))
}

/// Whether an entry has these words anywhere.
fn has(entry: &Entry, text: &str) -> bool {
    let text = text.to_lowercase();
    let mut words = vec![entry.id.as_str()];
    for wordings in [entry.wordings(Lang::Zh), entry.wordings(Lang::En)] {
        words.extend([wordings.question.as_str(), wordings.answer.as_str()]);
        words.extend(wordings.variants.iter().map(String::as_str));
    }
    words.extend(entry.tags.iter().map(String::as_str));
    words.into_iter().any(|word| word.to_lowercase().contains(&text))
}

#[derive(Deserialize)]
struct Forgotten {
    question: String,
    lang: Lang,
}

/// A question that nobody will answer.
async fn forget(State(console): State<Arc<Console>>, Form(forgotten): Form<Forgotten>) -> Answer {
    console.sources.database.unanswered().forget(&forgotten.question, forgotten.lang).await?;
    Ok(Redirect::to("/console/knowledge").into_response())
}
