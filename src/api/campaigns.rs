//! Campaigns of calls that go out, for other systems: below `/api/v1/campaigns`, and who must not be called.
//!
//! Whatever changes something carries an `Idempotency-Key` and is done once. Numbers of customers come in and never go out: answers have them masked. Moments
//! are moments of the world (RFC 3339); one that comes in without an offset is local to the calendar.

pub(super) mod contacts;
mod events;
mod refusals;
pub(super) mod rehearsal;
#[cfg(test)]
mod tests;

use super::gate::{Gate, Visitor};
use super::problem::Problem;
use super::routes::Routes;
use super::work_orders::{key, read};
use crate::desk::hours::Span;
use crate::outbound::campaign::{self, CampaignError, Move, OnMachine, State as CampaignState, read_week, write_week};
use crate::outbound::office::{Figures, Office, OfficeError};
use crate::outbound::promised;
use crate::store::{CampaignRow, NewCampaign, Signed};
use crate::text::Lang;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use jiff::civil::DateTime;
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of contacts in one body.
const LONGEST_BODY: usize = 4 * 1024 * 1024;
/// On a page.
const USUAL_PAGE: u32 = 50;
const LONGEST_PAGE: u32 = 500;
/// Days of the calendar that are told.
const MOST_DAYS: u16 = 60;

pub(super) fn routes(gate: &Arc<Gate>, office: Office) -> Router {
    let routes = Routes::new(gate)
        .get("/api/v1/campaigns", list)
        .post("/api/v1/campaigns", create)
        .get("/api/v1/campaigns/{id}", show)
        .put("/api/v1/campaigns/{id}", change)
        .post("/api/v1/campaigns/{id}/moves", carry_on)
        .post("/api/v1/campaigns/{id}/copy", copy)
        .get("/api/v1/campaigns/{id}/hours", hours);
    events::routes(refusals::routes(contacts::routes(routes))).served_with(Arc::new(office)).layer(DefaultBodyLimit::max(LONGEST_BODY))
}

type Answer = Result<Response, Problem>;
type Asked<T> = Result<Query<T>, axum::extract::rejection::QueryRejection>;

fn asked<T>(query: Asked<T>) -> Result<T, Problem> {
    query.map(|Query(query)| query).map_err(|error| Problem::bad(error.body_text()))
}

impl From<OfficeError> for Problem {
    fn from(error: OfficeError) -> Problem {
        match error {
            OfficeError::Campaign(error) => error.into(),
            OfficeError::Import(crate::outbound::import::ImportError::Store(error)) => error.into(),
            OfficeError::Closed(_) => Problem::new(StatusCode::CONFLICT, error.to_string()),
            _ => Problem::bad(error.to_string()),
        }
    }
}

impl From<CampaignError> for Problem {
    fn from(error: CampaignError) -> Problem {
        let status = match error {
            CampaignError::Store(error) => return error.into(),
            CampaignError::NotFound(_) => {
                return Problem::new(StatusCode::NOT_FOUND, "there is no such campaign; GET /api/v1/campaigns lists them");
            }
            CampaignError::Limits(_) => StatusCode::BAD_REQUEST,
            CampaignError::KeyTaken => StatusCode::UNPROCESSABLE_ENTITY,
            CampaignError::NameTaken(_)
            | CampaignError::NotPossible { .. }
            | CampaignError::Raced
            | CampaignError::NotChangeable(_)
            | CampaignError::Promised(_) => StatusCode::CONFLICT,
        };
        Problem::new(status, error.to_string())
    }
}

/// The campaign of an address.
async fn found(office: &Office, id: &str) -> Result<CampaignRow, Problem> {
    let id = id.parse().map_err(|_| CampaignError::NotFound(id.to_owned()))?;
    Ok(office.find(id).await?)
}

fn by<'a>(visitor: &'a Visitor, key: &'a str) -> Signed<'a> {
    Signed { author: &visitor.person.name, at: Timestamp::now(), key: Some(key) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    state: Option<String>,
    before: Option<i64>,
    most: Option<u32>,
}

async fn list(State(office): State<Arc<Office>>, page: Asked<Page>) -> Answer {
    let page = asked(page)?;
    if let Some(name) = page.state.as_deref().filter(|name| CampaignState::from_name(name).is_none()) {
        let known = CampaignState::ALL.map(CampaignState::name).join(", ");
        return Err(Problem::bad(format!("there is no state {name:?}; there are {known}")));
    }
    let most = page.most.unwrap_or(USUAL_PAGE).clamp(1, LONGEST_PAGE);
    let rows = office.database.campaigns().page(page.state.as_deref(), page.before, most).await?;
    let next = rows.last().filter(|_| rows.len() == most as usize).map(|row| row.id);
    let campaigns = rows.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Ok(Json(json!({ "campaigns": campaigns, "next": next })).into_response())
}

/// What a campaign is to be, as it comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    name: String,
    flow: String,
    #[serde(default)]
    lang: Lang,
    #[serde(default)]
    trunk: String,
    #[serde(default)]
    caller: String,
    /// Weekday to `09:00-18:00`; a day that is not named has no calls. Without it the calendar alone decides.
    week: Option<BTreeMap<String, String>>,
    #[serde(default = "usual_pace")]
    per_minute: u32,
    #[serde(default = "usual_places")]
    concurrent: u32,
    #[serde(default = "usual_attempts")]
    most_attempts: u32,
    #[serde(default)]
    needs_consent: bool,
    #[serde(default)]
    on_machine: OnMachine,
}

fn usual_pace() -> u32 {
    60
}

fn usual_places() -> u32 {
    10
}

fn usual_attempts() -> u32 {
    3
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Settings {
    fn campaign(self) -> Result<NewCampaign, Problem> {
        let mut week = [None; 7];
        for (day, span) in self.week.iter().flatten() {
            let place = WEEKDAYS.iter().position(|known| known == day).and_then(|place| week.get_mut(place));
            let place = place.ok_or_else(|| Problem::bad(format!("week: there is no day {day:?}; there are {}", WEEKDAYS.join(", "))))?;
            *place = Some(Span::parse(span).ok_or_else(|| Problem::bad(format!("week: {span:?} are no hours; write 09:00-18:00")))?);
        }
        let week = write_week(self.week.is_some().then_some(&week));
        let Settings { name, flow, lang, trunk, caller, per_minute, concurrent, most_attempts, needs_consent, on_machine, .. } = self;
        let on_machine = on_machine.name().to_owned();
        Ok(NewCampaign { name, flow, lang, trunk, caller, week, per_minute, concurrent, most_attempts, needs_consent, on_machine })
    }
}

async fn create(State(office): State<Arc<Office>>, visitor: Visitor, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let new = read::<Settings>(&body)?.campaign()?;
    office.check(&new)?;
    let id = campaign::create(&office.database, &new, by(&visitor, &key)).await?;
    created(&office, id).await
}

async fn created(office: &Office, id: i64) -> Answer {
    let place = format!("/api/v1/campaigns/{id}");
    Ok((StatusCode::CREATED, [(LOCATION, place)], Json(shown(&office.find(id).await?)?)).into_response())
}

async fn show(State(office): State<Arc<Office>>, Path(id): Path<String>) -> Answer {
    let row = found(&office, &id).await?;
    let mut object = shown(&row)?;
    object["progress"] = figures_shown(&office.figures(&row, Timestamp::now()).await?);
    let steps = office.database.campaigns().steps(row.id, LONGEST_PAGE).await?;
    object["history"] = steps.iter().map(|step| json!({"at": step.at.to_string(), "author": step.author, "step": step.step})).collect();
    Ok(Json(object).into_response())
}

async fn change(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let row = found(&office, &id).await?;
    let new = read::<Settings>(&body)?.campaign()?;
    office.check(&new)?;
    campaign::change(&office.database, &row, &new, by(&visitor, &key)).await?;
    Ok(Json(shown(&office.find(row.id).await?)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "move")]
    what: String,
    at: Option<String>,
    /// Of `cancel`: calls that were promised and are known not to be made.
    #[serde(default)]
    promises: u64,
}

/// A moment as it comes in: of the world, or local to the calendar.
pub(super) fn moment(office: &Office, text: &str) -> Option<Timestamp> {
    if let Ok(moment) = text.parse() {
        return Some(moment);
    }
    let local: DateTime = text.parse().ok()?;
    Some(local.to_zoned(office.calendar.zone(None)?.clone()).ok()?.timestamp())
}

async fn carry_on(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let row = found(&office, &id).await?;
    let wanted: Wanted = read(&body)?;
    let promises = wanted.promises;
    let at = match &wanted.at {
        Some(at) => {
            Some(moment(&office, at).ok_or_else(|| Problem::bad("at: a moment such as 2026-11-22T09:30:00+08:00, or a local one"))?)
        }
        None => None,
    };
    let wanted = match (wanted.what.as_str(), at) {
        ("schedule", Some(at)) => Move::Schedule(at),
        ("schedule", None) => return Err(Problem::bad("at: when is it to start?")),
        ("start" | "resume", None) => Move::Start,
        ("pause", None) => Move::Pause,
        ("cancel", None) => Move::Cancel,
        (_, Some(_)) => return Err(Problem::bad("at: only `schedule` has a moment")),
        (other, _) => return Err(Problem::bad(format!("there is no move {other:?}; there are schedule, start, resume, pause, cancel"))),
    };
    match wanted {
        Move::Cancel => promised::cancel(&office.database, &row, promises, by(&visitor, &key)).await?,
        wanted => campaign::advance(&office.database, &row, wanted, by(&visitor, &key)).await?,
    };
    Ok(Json(shown(&office.find(row.id).await?)?).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

async fn copy(State(office): State<Arc<Office>>, visitor: Visitor, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    let key = key(&headers)?;
    let row = found(&office, &id).await?;
    let Named { name } = read(&body)?;
    let copy = campaign::duplicate(&office.database, &row, &name, by(&visitor, &key)).await?;
    created(&office, copy).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Days {
    days: Option<u16>,
}

/// When calls may go, by region and day.
async fn hours(State(office): State<Arc<Office>>, Path(id): Path<String>, days: Asked<Days>) -> Answer {
    let days = asked(days)?.days.unwrap_or(14).clamp(1, MOST_DAYS);
    let row = found(&office, &id).await?;
    let calendar = office.calendar_of(&row.is.week)?;
    let mut regions = Vec::new();
    for region in std::iter::once(None).chain(calendar.regions().map(Some)) {
        let Some(zone) = calendar.zone(region) else { continue };
        let today = Zoned::new(Timestamp::now(), zone.clone()).date();
        let told = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(days.into()).map(|day| {
            let hours: Vec<String> = calendar.on(day, region).iter().map(ToString::to_string).collect();
            json!({"day": day.to_string(), "hours": hours})
        });
        regions.push(json!({"region": region.unwrap_or_default(), "zone": zone.iana_name(), "days": told.collect::<Vec<_>>()}));
    }
    Ok(Json(json!({ "regions": regions })).into_response())
}

/// A campaign as other systems see it.
fn shown(row: &CampaignRow) -> Result<Value, Problem> {
    let NewCampaign { name, flow, lang, trunk, caller, week, per_minute, concurrent, most_attempts, needs_consent, on_machine } = &row.is;
    let week = read_week(week)?.map(|week| {
        let days = WEEKDAYS.iter().zip(week).filter_map(|(day, span)| Some(((*day).to_owned(), Value::from(span?.to_string()))));
        Value::Object(days.collect())
    });
    Ok(json!({
        "id": row.id, "name": name, "state": row.state, "flow": flow, "lang": lang.code(), "trunk": trunk, "caller": caller, "week": week, "per_minute": per_minute,
        "concurrent": concurrent, "most_attempts": most_attempts, "needs_consent": needs_consent, "on_machine": on_machine,
        "starts": row.starts.map(|at| at.to_string()), "created": row.created.to_string(),
    }))
}

fn figures_shown(figures: &Figures) -> Value {
    json!({
        "contacts": figures.contacts, "by_state": figures.by_state, "dialled": figures.dialled, "under_way": figures.under_way,
        "answered": figures.answered, "machines": figures.machines, "messages_left": figures.messages_left, "outcomes": figures.outcomes, "pace_per_minute": figures.pace, "ends": figures.ends.map(|at| at.to_string()),
    })
}
