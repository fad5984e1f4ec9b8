//! Whom a campaign calls: lists that come in as CSV or as rows, what became of each contact, results as CSV. Files pass through in pieces.

use super::{Answer, Asked, LONGEST_BODY, LONGEST_PAGE, USUAL_PAGE, asked, by, found};
use crate::api::gate::Visitor;
use crate::api::problem::Problem;
use crate::api::routes::Routes;
use crate::api::work_orders::{key, read};
use crate::outbound::import::{self, Fault, field};
use crate::outbound::office::{Office, faults as faults_of};
use crate::security::{Role, sight};
use crate::store::{AttemptRow, ContactRow, Database, ImportRow, NewContact, SoughtContacts, StoreError};
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) fn routes(routes: Routes<Arc<Office>>) -> Routes<Arc<Office>> {
    routes
        .get("/api/v1/campaigns/{id}/contacts", list)
        .post("/api/v1/campaigns/{id}/contacts", add)
        .get("/api/v1/campaigns/{id}/contacts/{contact}", show)
        .post("/api/v1/campaigns/{id}/preview", preview)
        .get("/api/v1/campaigns/{id}/results", results)
        .get("/api/v1/campaigns/{id}/imports", imports)
        .get("/api/v1/campaigns/{id}/imports/{import}/faults", faults)
}

/// A list may be so large: some millions of rows.
const LARGEST_FILE: u64 = 1024 * 1024 * 1024;
/// Rows that are read for a piece of CSV.
const PIECE: u32 = 5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<String>,
    outcome: Option<String>,
    #[serde(default)]
    after: i64,
    most: Option<u32>,
}

async fn list(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>, page: Asked<Page>) -> Answer {
    let page = asked(page)?;
    let row = found(&office, &id).await?;
    let most = page.most.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE);
    let sought = SoughtContacts { state: page.state.as_deref(), outcome: page.outcome.as_deref(), customer: None, after: page.after, most };
    let rows = office.database.contacts().page(row.id, sought).await?;
    let next = rows.last().filter(|_| rows.len() == most as usize).map(|row| row.id);
    Ok(Json(json!({ "contacts": rows.iter().map(|row| shown(visitor.person.role, row)).collect::<Vec<_>>(), "next": next }))
        .into_response())
}

/// A contact's variables as a role sees them.
pub(in crate::api) fn variables(role: Role, kept: &str) -> BTreeMap<String, String> {
    let kept: BTreeMap<String, String> = serde_json::from_str(kept).unwrap_or_default();
    kept.into_iter()
        .map(|(name, value)| {
            let shown = sight::field(role, &name, &value);
            (name, shown)
        })
        .collect()
}

/// A contact as somebody sees it; the number is masked.
fn shown(role: Role, row: &ContactRow) -> Value {
    let variables = variables(role, &row.variables);
    json!({
        "id": row.id, "line": row.line, "customer": row.customer_shown, "region": row.region, "lang": row.lang, "state": row.state,
        "outcome": row.outcome, "answered_by": row.answered_by, "attempts": row.attempts, "next": (row.state == "waiting").then(|| row.next.to_string()), "variables": variables,
    })
}

async fn show(State(office): State<Arc<Office>>, visitor: Visitor, Path((id, contact)): Path<(String, String)>) -> Answer {
    let row = found(&office, &id).await?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "this campaign has no such contact");
    let contact = contact.parse().map_err(|_| missing())?;
    let contact = office.database.contacts().find(row.id, contact).await?.ok_or_else(missing)?;
    let mut object = shown(visitor.person.role, &contact);
    let attempts = office.database.contacts().attempts(contact.id).await?;
    let attempt = |row: &AttemptRow| {
        let (began, ended) = (row.began.to_string(), row.ended.map(|at| at.to_string()));
        json!({"nth": row.nth, "began": began, "ended": ended, "outcome": row.outcome, "answered_by": row.answered_by})
    };
    object["calls"] = attempts.iter().map(attempt).collect();
    Ok(Json(object).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    contacts: Vec<GivenContact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenContact {
    number: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// How a list came: a column of numbers whose name is none that is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    phone: Option<String>,
}

/// CSV is taken over as it streams in, rows of JSON at once.
async fn add(
    State(office): State<Arc<Office>>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Asked<Form>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let key = key(&headers)?;
    let phone = asked(form)?.phone;
    let row = found(&office, &id).await?;
    let signed = by(&visitor, &key);
    let are_rows = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let import = if are_rows {
        let too_long = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "rows have at most 4 MiB; send longer lists as text/csv");
        let body = axum::body::to_bytes(body, LONGEST_BODY).await.map_err(|_| too_long())?;
        office.add(&row, rows(&office, &body)?, &sum(Sha256::digest(&body).as_slice()), signed).await?
    } else {
        let (file, sum) = received(&office.database, body).await?;
        office.import(&row, file, phone, &sum, signed).await?
    };
    // As much of what was not taken as fits into an answer; all of it is a table of its own.
    let faults = faults_of(&office.database, import.id, 0, LONGEST_PAGE).await?;
    let mut object = import_shown(&import);
    object["faults"] = faults.iter().map(fault_shown).collect();
    Ok((StatusCode::CREATED, Json(object)).into_response())
}

fn rows(office: &Office, body: &Bytes) -> Result<Vec<Result<NewContact, Fault>>, Problem> {
    let regions: Vec<String> = office.calendar.regions().map(str::to_owned).collect();
    let given: Given = read(body)?;
    let read = |(line, row): (u64, GivenContact)| {
        let contact = import::contact(line, &row.number, (&row.region, &row.lang), row.variables.into_iter(), &regions);
        contact.map_err(|reason| Fault { line, reason })
    };
    Ok((1..).zip(given.contacts).map(read).collect())
}

/// What would come of a list; nothing of it is kept.
async fn preview(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>, form: Asked<Form>, body: Body) -> Answer {
    let phone = asked(form)?.phone;
    found(&office, &id).await?;
    let (file, _) = received(&office.database, body).await?;
    let preview = office.preview(file, phone).await?;
    let contact = |row: &NewContact| {
        let variables = variables(visitor.person.role, &row.variables);
        json!({"line": row.line, "customer": row.to.to_string(), "region": row.region, "lang": row.lang, "variables": variables})
    };
    let told = json!({
        "encoding": preview.encoding, "delimiter": preview.delimiter.to_string(), "variables": preview.variables, "good": preview.good,
        "faulty": preview.faulty, "contacts": preview.contacts.iter().map(contact).collect::<Vec<_>>(),
        "faults": preview.faults.iter().map(fault_shown).collect::<Vec<_>>(),
    });
    Ok(Json(told).into_response())
}

/// A body as a file without a name beside the database, gone with whoever reads it; and the sum of what came.
pub(in crate::api) async fn received(database: &Database, body: Body) -> Result<(File, String), Problem> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = database.beside(&format!(".list-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let no_room = |error: std::io::Error| {
        tracing::error!(%error, "a list cannot be kept while it is read");
        Problem::new(StatusCode::INSUFFICIENT_STORAGE, "there is no room for the list beside the database; try again later, or in parts")
    };
    let mut file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&path).map_err(no_room)?;
    std::fs::remove_file(&path).map_err(no_room)?;
    let mut sum = Sha256::new();
    let mut length = 0u64;
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::bad("the list broke off; send it again under the same Idempotency-Key"))?;
        length += piece.len() as u64;
        if length > LARGEST_FILE {
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a list has at most 1 GiB; send it in parts"));
        }
        sum.update(&piece);
        let written = tokio::task::spawn_blocking(move || file.write_all(&piece).map(|()| file)).await;
        file = written.map_err(std::io::Error::other).and_then(|written| written).map_err(no_room)?;
    }
    Ok((file, self::sum(sum.finalize().as_slice())))
}

fn sum(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fault_shown(fault: &Fault) -> Value {
    json!({"line": fault.line, "kind": fault.reason.kind.name(), "reason": fault.reason.to_string()})
}

fn import_shown(row: &ImportRow) -> Value {
    json!({
        "import": row.id, "at": row.at.to_string(), "author": row.author, "added": row.added, "repeated": row.repeated, "faulty": row.faulty,
        "ended": row.ended.map(|at| at.to_string()),
    })
}

async fn imports(State(office): State<Arc<Office>>, Path(id): Path<String>) -> Answer {
    let row = found(&office, &id).await?;
    let imports = office.database.contact_imports().of(row.id, LONGEST_PAGE).await?;
    Ok(Json(json!({ "imports": imports.iter().map(import_shown).collect::<Vec<_>>() })).into_response())
}

async fn faults(State(office): State<Arc<Office>>, Path((id, import)): Path<(String, String)>) -> Answer {
    let row = found(&office, &id).await?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "this campaign has no such import");
    let import = import.parse().map_err(|_| missing())?;
    office.database.contact_imports().find(row.id, import).await?.ok_or_else(missing)?;
    Ok(faults_csv(office.database.clone(), import))
}

async fn results(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let row = found(&office, &id).await?;
    Ok(results_csv(office.database.clone(), row.id, visitor.person.role))
}

/// Rows that were not taken, as CSV.
pub(in crate::api) fn faults_csv(database: Database, import: i64) -> Response {
    csv("faults.csv", "line,reason\n", move |after| {
        let database = database.clone();
        async move {
            let faults = faults_of(&database, import, after, PIECE).await?;
            let last = faults.last().map(|fault| fault.line.cast_signed());
            Ok(last.map(|last| {
                (last, faults.into_iter().map(|Fault { line, reason }| format!("{line},{}\n", field(&reason.to_string()))).collect())
            }))
        }
    })
}

/// What became of each contact, as CSV that a spreadsheet opens safely, for who has this role.
pub(in crate::api) fn results_csv(database: Database, campaign: i64, role: Role) -> Response {
    csv("results.csv", import::RESULTS_HEAD, move |after| {
        let database = database.clone();
        async move {
            let rows = database.contacts().page(campaign, SoughtContacts { after, most: PIECE, ..SoughtContacts::default() }).await?;
            let last = rows.last().map(|row| row.id);
            Ok(last.map(|last| (last, rows.into_iter().map(|row| result_line(row, role)).collect())))
        }
    })
}

fn result_line(row: ContactRow, role: Role) -> String {
    let variables = json!(variables(role, &row.variables)).to_string();
    import::result_line(ContactRow { variables, ..row })
}

/// CSV in pieces: `piece` gives what comes after a place, from 0, and the place at its end.
fn csv<F>(name: &str, head: &'static str, piece: impl Fn(i64) -> F + Send + 'static) -> Response
where
    F: Future<Output = Result<Option<(i64, String)>, StoreError>> + Send + 'static,
{
    let pieces = stream::unfold(Some(0), move |at| {
        let next = at.map(&piece);
        async move {
            match next?.await {
                Ok(None) => None,
                Ok(Some((last, text))) => Some((Ok(text), Some(last))),
                Err(error) => {
                    tracing::error!(%error, "a table broke off");
                    Some((Err(std::io::Error::other("the database does not answer")), None))
                }
            }
        }
    });
    let body = Body::from_stream(stream::once(async move { Ok(head.to_owned()) }).chain(pieces));
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    (headers, body).into_response()
}
