//! Lists of contacts: looked at before they are taken over, and what was not taken. The page's script sends files as they are.

use super::detail::named;
use crate::api::campaigns::contacts::{faults_csv, received, results_csv, variables};
use crate::api::console::Console;
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::console::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::outbound::import::{self, ImportError};
use crate::outbound::office::{self, OfficeError, Preview};
use crate::security::Role;
use crate::store::{NewContact, Signed};
use crate::text::Lang;
use askama::Template;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use jiff::Timestamp;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .post("/console/campaigns/{id}/preview", preview)
        .post("/console/campaigns/{id}/lists", take_over)
        .get("/console/campaigns/{id}/results", results)
        .get("/console/campaigns/{id}/lists/{list}/faults", faults)
}

/// Faults that a page shows; all of them are a table.
const FAULTS_SHOWN: u32 = 20;

struct FaultLine {
    /// Its line, in words.
    place: String,
    text: String,
}

impl FaultLine {
    fn new(fault: &import::Fault, lang: Lang) -> FaultLine {
        let text = named(lang, "row_fault", fault.reason.kind.name()).replace("{}", &fault.reason.subject);
        let place = word(lang, "campaign.line_of").replace("{}", &fault.line.to_string());
        FaultLine { place, text }
    }
}

struct Row {
    line: u64,
    number: String,
    region: String,
    variables: Vec<(String, String)>,
}

impl Row {
    fn new(contact: &NewContact, role: Role) -> Row {
        Row {
            line: contact.line,
            number: contact.to.to_string(),
            region: contact.region.clone(),
            variables: variables(role, &contact.variables).into_iter().collect(),
        }
    }
}

impl Row {
    fn variable(&self, name: &str) -> &str {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).unwrap_or_default()
    }
}

/// What would come of a list.
#[derive(Template)]
#[template(path = "campaign_preview.html")]
struct Looked {
    frame: Frame,
    encoding: &'static str,
    good: u64,
    faulty: u64,
    names: Vec<String>,
    rows: Vec<Row>,
    faults: Vec<FaultLine>,
    /// Words for why it is no list.
    fault: &'static str,
}

/// What came of it.
#[derive(Template)]
#[template(path = "campaign_list.html")]
struct Taken {
    frame: Frame,
    campaign: i64,
    list: i64,
    added: i64,
    repeated: i64,
    faulty: i64,
    faults: Vec<FaultLine>,
    fault: &'static str,
}

/// Words for what is wrong with a file; everything else is no fault of the file.
fn wrong(error: OfficeError) -> Result<&'static str, Fault> {
    Ok(match error {
        OfficeError::Import(ImportError::Empty) => "campaign.empty_list",
        OfficeError::Import(ImportError::NoPhone(_)) => "campaign.no_numbers",
        OfficeError::Import(ImportError::Twice(_)) => "campaign.column_twice",
        OfficeError::Import(ImportError::Header(_)) => "campaign.bad_head",
        other => return Err(other.into()),
    })
}

async fn file(console: &Console, body: Body) -> Result<(std::fs::File, String), Fault> {
    received(&console.sources.database, body).await.map_err(|problem| Fault(problem.status()))
}

async fn preview(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, body: Body) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    console.campaign(id).await?;
    let (file, _) = file(&console, body).await?;
    let looked = match console.sources.office.preview(file, None).await {
        Ok(Preview { encoding, variables, contacts, faults, good, faulty, .. }) => {
            let shown = faults.iter().take(FAULTS_SHOWN as usize).map(|fault| FaultLine::new(fault, frame.lang));
            let (faults, rows) = (shown.collect(), contacts.iter().map(|contact| Row::new(contact, visitor.person.role)).collect());
            Looked { encoding, good, faulty, names: variables, rows, faults, fault: "", frame }
        }
        Err(error) => {
            let fault = wrong(error)?;
            Looked { encoding: "", good: 0, faulty: 0, names: Vec::new(), rows: Vec::new(), faults: Vec::new(), fault, frame }
        }
    };
    Ok(html(&looked))
}

/// The script names each choice of a file, so that it is taken over once however often the button is pressed.
async fn take_over(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, headers: HeaderMap, body: Body) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).filter(|key| (8..=100).contains(&key.len()));
    let key = format!("console/{}/{}", visitor.person.name, key.ok_or(Fault(StatusCode::BAD_REQUEST))?);
    let row = console.campaign(id).await?;
    let (file, sum) = file(&console, body).await?;
    let signed = Signed { author: &visitor.person.name, at: Timestamp::now(), key: Some(&key) };
    let office = &console.sources.office;
    let taken = match office.import(&row, file, None, &sum, signed).await {
        Ok(list) => {
            let faults = office::faults(&office.database, list.id, 0, FAULTS_SHOWN).await?;
            let faults = faults.iter().map(|fault| FaultLine::new(fault, frame.lang)).collect();
            Taken { campaign: id, list: list.id, added: list.added, repeated: list.repeated, faulty: list.faulty, faults, fault: "", frame }
        }
        Err(error) => {
            let fault = wrong(error)?;
            Taken { campaign: id, list: 0, added: 0, repeated: 0, faulty: 0, faults: Vec::new(), fault, frame }
        }
    };
    Ok(html(&taken))
}

async fn results(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    let row = console.campaign(id).await?;
    Ok(results_csv(console.sources.database.clone(), row.id, visitor.person.role))
}

async fn faults(State(console): State<Arc<Console>>, Path((id, list)): Path<(i64, i64)>) -> Answer {
    console.campaign(id).await?;
    match console.sources.database.contact_imports().find(id, list).await? {
        Some(_) => Ok(faults_csv(console.sources.database.clone(), list)),
        None => Ok(Fault(StatusCode::NOT_FOUND).into_response()),
    }
}
