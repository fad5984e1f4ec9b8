//! Campaigns of calls that go out: the list, and what all their pages share.

mod contacts;
mod detail;
mod editor;
mod lists;
mod rehearsal;

pub(super) use detail::named;

use super::Console;
use super::format::{distance, moment};
use super::frame::Frame;
use super::listing::address;
use super::pages::{Answer, Fault, html};
use crate::api::access;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::outbound::campaign::{CampaignError, State as CampaignState};
use crate::outbound::office::OfficeError;
use crate::store::{CampaignRow, StoreError};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    rehearsal::routes(contacts::routes(lists::routes(detail::routes(editor::routes(routes.get(PATH, page))))))
}

const PATH: &str = "/console/campaigns";
/// Campaigns on a page.
const ROWS: u32 = 50;

impl From<OfficeError> for Fault {
    fn from(error: OfficeError) -> Fault {
        match error {
            OfficeError::Campaign(error) => error.into(),
            OfficeError::Import(crate::outbound::import::ImportError::Store(error)) => error.into(),
            OfficeError::Closed(_) => Fault(StatusCode::CONFLICT),
            _ => Fault(StatusCode::BAD_REQUEST),
        }
    }
}

impl From<CampaignError> for Fault {
    fn from(error: CampaignError) -> Fault {
        match error {
            CampaignError::Store(error) => error.into(),
            CampaignError::NotFound(_) => Fault(StatusCode::NOT_FOUND),
            CampaignError::Limits(_) => Fault(StatusCode::BAD_REQUEST),
            _ => Fault(StatusCode::CONFLICT),
        }
    }
}

impl Console {
    /// The campaign of an address.
    async fn campaign(&self, id: i64) -> Result<CampaignRow, Fault> {
        Ok(self.sources.office.find(id).await?)
    }

    /// Where no region is named.
    fn home_zone(&self) -> TimeZone {
        self.sources.office.calendar.zone(None).cloned().unwrap_or(TimeZone::UTC)
    }

    pub(super) fn local(&self, at: Timestamp) -> DateTime {
        Zoned::new(at, self.home_zone()).datetime()
    }

    /// A moment as pages have it: exact, and how far from now.
    fn told(&self, at: Timestamp, lang: Lang) -> Moment {
        let local = self.local(at);
        Moment { at: moment(local), ago: distance(lang, local, self.local(Timestamp::now())) }
    }
}

struct Moment {
    at: String,
    ago: String,
}

/// Out of all, in whole percent.
fn percent(part: i64, all: i64) -> i64 {
    if all > 0 { (part * 100 + all / 2) / all } else { 0 }
}

/// Whether a person may change campaigns.
fn may_change(visitor: &Visitor) -> bool {
    access::who(&Method::POST, PATH).is_some_and(|who| who.lets_in(visitor.person.role))
}

pub(super) fn state_of(row: &CampaignRow) -> Result<CampaignState, Fault> {
    CampaignState::from_name(&row.state).ok_or_else(|| StoreError::Damaged(format!("a campaign's state {}", row.state)).into())
}

pub(super) fn state_word(state: CampaignState) -> &'static str {
    match state {
        CampaignState::Draft => "campaigns.draft",
        CampaignState::Scheduled => "campaigns.scheduled",
        CampaignState::Running => "campaigns.running",
        CampaignState::Paused => "campaigns.paused",
        CampaignState::Done => "campaigns.done",
        CampaignState::Cancelled => "campaigns.cancelled",
    }
}

/// What the address asks for.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Filters {
    state: Option<String>,
    before: Option<i64>,
}

/// A filter that a click sets.
struct Chip {
    word: &'static str,
    href: String,
    is_on: bool,
}

struct Row {
    id: i64,
    name: String,
    state: &'static str,
    state_word: &'static str,
    flow: String,
    /// Contacts that are through, and all.
    through: i64,
    contacts: i64,
    /// Of a scheduled one.
    starts: String,
    created: Moment,
}

impl Row {
    fn percent(&self) -> i64 {
        percent(self.through, self.contacts)
    }
}

#[derive(Template)]
#[template(path = "campaigns.html")]
struct Page {
    frame: Frame,
    chips: Vec<Chip>,
    rows: Vec<Row>,
    may_change: bool,
    is_filtered: bool,
    older: Option<String>,
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Query(filters): Query<Filters>) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    let chosen = filters.state.as_deref().filter(|state| !state.is_empty());
    if chosen.is_some_and(|state| CampaignState::from_name(state).is_none()) {
        return Err(Fault(StatusCode::BAD_REQUEST));
    }
    let campaigns = console.sources.database.campaigns();
    let found = campaigns.page(chosen, filters.before, ROWS).await?;
    let last = found.last().filter(|_| found.len() == ROWS as usize).map(|row| row.id);
    let older = last.map(|before| address(PATH, &Filters { before: Some(before), ..filters.clone() }));
    let mut rows = Vec::new();
    for row in found {
        let (state, (through, contacts)) = (state_of(&row)?, campaigns.through(row.id).await?);
        let starts = row.starts.filter(|_| state == CampaignState::Scheduled).map(|at| moment(console.local(at)));
        rows.push(Row {
            id: row.id,
            state: state.name(),
            state_word: state_word(state),
            through,
            contacts,
            starts: starts.unwrap_or_default(),
            created: console.told(row.created, frame.lang),
            name: row.is.name,
            flow: console.sources.audition.title(&row.is.flow, frame.lang),
        });
    }
    let chip = |state: Option<CampaignState>| Chip {
        word: state.map_or("campaigns.all", state_word),
        href: address(PATH, &Filters { state: state.map(|state| state.name().to_owned()), before: None }),
        is_on: chosen == state.map(CampaignState::name),
    };
    let chips = std::iter::once(None).chain(CampaignState::ALL.map(Some)).map(chip).collect();
    let is_filtered = chosen.is_some() || filters.before.is_some();
    Ok(html(&Page { frame, chips, rows, may_change: may_change(&visitor), is_filtered, older }))
}
