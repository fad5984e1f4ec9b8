//! A campaign before customers are called: what its call says, to be read and heard, and test calls to telephones of the house.

use super::{Answer, found, key, read};
use crate::api::gate::{Gate, Visitor};
use crate::api::problem::Problem;
use crate::api::routes::Routes;
use crate::outbound::audition::{self, Audition, AuditionError, Wanted, Words};
use crate::outbound::office::Office;
use crate::outbound::test_call::{NewTest, NoTestCall, TestCalls};
use crate::store::{CampaignRow, StoreError, TestCallRow};
use crate::text::PhoneNumber;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the routes work with.
pub(in crate::api) struct Rehearsal {
    pub office: Office,
    pub audition: Arc<Audition>,
    pub test_calls: TestCalls,
}

/// Test calls that are told.
const MOST: u32 = 50;

pub(in crate::api) fn routes(gate: &Arc<Gate>, rehearsal: Rehearsal) -> Router {
    Routes::new(gate)
        .post("/api/v1/campaigns/{id}/opening", opening)
        .post("/api/v1/campaigns/{id}/opening/sound", sound)
        .get("/api/v1/campaigns/{id}/test-calls", list)
        .post("/api/v1/campaigns/{id}/test-calls", call)
        .served_with(Arc::new(rehearsal))
}

impl From<AuditionError> for Problem {
    fn from(error: AuditionError) -> Problem {
        let status = match error {
            AuditionError::Store(error) => return error.into(),
            AuditionError::NoContact(_) => StatusCode::NOT_FOUND,
            AuditionError::NoErrand(_) => StatusCode::BAD_REQUEST,
            AuditionError::NoVoice(_) | AuditionError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem::new(status, error.to_string())
    }
}

impl From<NoTestCall> for Problem {
    fn from(error: NoTestCall) -> Problem {
        let status = match error {
            NoTestCall::Campaign(error) => return error.into(),
            NoTestCall::NothingDials | NoTestCall::NoTrunk(_) | NoTestCall::NoCaller { .. } | NoTestCall::NoNumbers => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            NoTestCall::NotOurs => StatusCode::FORBIDDEN,
            _ => StatusCode::CONFLICT,
        };
        Problem::new(status, error.to_string())
    }
}

/// The time of the calendar's own zone.
pub(in crate::api) fn local_now(office: &Office) -> DateTime {
    Zoned::new(Timestamp::now(), office.calendar.zone(None).cloned().unwrap_or(TimeZone::UTC)).datetime()
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Given {
    contact: Option<i64>,
    variables: BTreeMap<String, String>,
}

impl Rehearsal {
    async fn words(&self, id: &str, body: &Bytes) -> Result<Words, Problem> {
        let Given { contact, variables } = read(body)?;
        let campaign = found(&self.office, id).await?;
        let row = audition::row(&self.office.database, &campaign, Wanted { contact, variables }).await?;
        Ok(self.audition.words(&campaign, &row, local_now(&self.office)).await?)
    }
}

async fn opening(State(rehearsal): State<Arc<Rehearsal>>, Path(id): Path<String>, body: Bytes) -> Answer {
    let Words { lang, first, then } = rehearsal.words(&id, &body).await?;
    Ok(Json(json!({ "lang": lang.code(), "first": first, "then": then })).into_response())
}

async fn sound(State(rehearsal): State<Arc<Rehearsal>>, Path(id): Path<String>, body: Bytes) -> Answer {
    let words = rehearsal.words(&id, &body).await?;
    Ok(wav(rehearsal.audition.sound(&words).await?))
}

/// A WAV file that nobody keeps.
pub(in crate::api) fn wav(file: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "no-store")], file).into_response()
}

fn shown(row: &TestCallRow) -> Value {
    let TestCallRow { id, shown, author, began, ended, outcome, call } = row;
    json!({
        "id": id, "number": shown, "author": author, "began": began.to_string(), "ended": ended.map(|at| at.to_string()), "outcome": outcome,
        "call": call,
    })
}

async fn list(State(rehearsal): State<Arc<Rehearsal>>, Path(id): Path<String>) -> Answer {
    let campaign = found(&rehearsal.office, &id).await?;
    let rows = rehearsal.office.database.test_calls().of(campaign.id, MOST).await?;
    Ok(Json(json!({ "test_calls": rows.iter().map(shown).collect::<Vec<_>>() })).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallGiven {
    number: String,
    contact: Option<i64>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

async fn call(
    State(rehearsal): State<Arc<Rehearsal>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let key = key(&headers)?;
    let CallGiven { number, contact, variables } = read(&body)?;
    let to = PhoneNumber::parse(number.trim()).ok_or_else(|| Problem::bad("number: this is no telephone number"))?;
    let campaign = found(&rehearsal.office, &id).await?;
    let asked = Asked { to, wanted: Wanted { contact, variables }, author: &visitor.person.name, key: Some(key) };
    let id = ask(&rehearsal, &campaign, asked).await?;
    let row = rehearsal.office.database.test_calls().find(campaign.id, id).await?;
    let row = row.ok_or_else(|| StoreError::Damaged("a test call is gone".into()))?;
    Ok((StatusCode::ACCEPTED, Json(shown(&row))).into_response())
}

/// A test call that somebody wants.
struct Asked<'a> {
    to: PhoneNumber,
    wanted: Wanted,
    author: &'a str,
    key: Option<String>,
}

async fn ask(rehearsal: &Rehearsal, campaign: &CampaignRow, asked: Asked<'_>) -> Result<i64, Problem> {
    let Asked { to, wanted, author, key } = asked;
    let row = audition::row(&rehearsal.office.database, campaign, wanted).await?;
    // A row that lacks something is told here, and not by a call that does not come.
    rehearsal.audition.errand(campaign, &row)?;
    let variables = json!(row.variables).to_string();
    let test = NewTest { campaign: campaign.clone(), to, lang: row.lang, variables, author: author.to_owned(), key };
    Ok(rehearsal.test_calls.ask(test).await?)
}
