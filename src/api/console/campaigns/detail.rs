//! One campaign: where it is, what can be done with it, how far it is while it runs.

use super::rehearsal::Rehearsal;
use super::{Moment, PATH, may_change, percent, state_of, state_word};
use crate::api::console::Console;
use crate::api::console::format::moment;
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::console::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::outbound::campaign::{self, CampaignError, Move, State as CampaignState, read_week};
use crate::outbound::office::{Figures, TOLD};
use crate::outbound::promised;
use crate::store::{CampaignRow, ImportRow, Signed};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/campaigns/{id}", page)
        .get("/console/campaigns/{id}/figures", figures)
        .post("/console/campaigns/{id}/move", carry_on)
        .post("/console/campaigns/{id}/copy", copy)
}

/// Steps and lists shown.
const MOST: u32 = 50;

/// A number with its words, and how much of all it is.
struct Share {
    word: String,
    count: i64,
    percent: i64,
    /// Leads to who is behind it.
    href: String,
}

/// How far it is: in the page, and in what renews itself.
#[derive(Template)]
#[template(path = "campaign_figures.html")]
pub(super) struct Dashboard {
    frame: Frame,
    id: i64,
    is_running: bool,
    state: &'static str,
    state_word: &'static str,
    contacts: i64,
    /// Contacts that are through, in percent of all.
    percent: i64,
    dialled: i64,
    under_way: i64,
    answered: i64,
    answered_percent: i64,
    machines: i64,
    messages_left: i64,
    told: i64,
    opted_out: i64,
    pace: String,
    per_minute: u32,
    ends: String,
    /// Words instead of an end.
    no_end_word: &'static str,
    states: Vec<Share>,
    outcomes: Vec<Share>,
}

struct Step {
    at: Moment,
    author: String,
    word: String,
}

pub(super) struct ListRow {
    id: i64,
    at: Moment,
    author: String,
    added: i64,
    repeated: i64,
    faulty: i64,
    is_ended: bool,
}

#[derive(Template)]
#[template(path = "campaign.html")]
struct Page {
    frame: Frame,
    row: CampaignRow,
    /// Its title.
    flow: String,
    starts: String,
    /// Its own hours; empty for those of the calendar.
    week: Vec<(&'static str, String)>,
    dashboard: Dashboard,
    steps: Vec<Step>,
    lists: Vec<ListRow>,
    may_change: bool,
    may_start: bool,
    is_paused: bool,
    may_pause: bool,
    may_cancel: bool,
    /// Calls that were promised and that only this campaign makes.
    promises: u64,
    /// What is asked before it is cancelled.
    cancel_sure: String,
    may_edit: bool,
    takes_contacts: bool,
    rehearsal: Rehearsal,
    /// For a field of local times.
    soon: String,
    copy_name: String,
    /// Words for what went wrong.
    fault: &'static str,
}

/// A name of the data in words, as its section of the table has it.
pub(in crate::api::console) fn named(lang: Lang, section: &str, name: &str) -> String {
    let key = format!("{section}.{name}");
    let found = word(lang, &key);
    if found == key { name.replace('_', " ") } else { found.to_owned() }
}

impl Dashboard {
    pub(super) async fn of(console: &Console, frame: Frame, row: &CampaignRow) -> Result<Dashboard, Fault> {
        let figures: Figures = console.sources.office.figures(row, Timestamp::now()).await?;
        let state = state_of(row)?;
        let of = |name: &str| figures.outcomes.get(name).copied().unwrap_or_default();
        let in_state = |name: &str| figures.by_state.get(name).copied().unwrap_or_default();
        let contacts_at = |query: &str| format!("{PATH}/{}/contacts?{query}", row.id);
        let states = ["waiting", "dialling", "done", "given_up", "stopped"].map(|name| Share {
            word: named(frame.lang, "contact_state", name),
            count: in_state(name),
            percent: percent(in_state(name), figures.contacts),
            href: contacts_at(&format!("state={name}")),
        });
        let ended: i64 = figures.outcomes.values().sum();
        let mut outcomes: Vec<Share> = figures
            .outcomes
            .iter()
            .map(|(name, count)| Share {
                word: named(frame.lang, "call_outcome", name),
                count: *count,
                percent: percent(*count, ended),
                href: contacts_at(&format!("outcome={name}")),
            })
            .collect();
        outcomes.sort_by_key(|share| -share.count);
        let is_over = matches!(state, CampaignState::Done | CampaignState::Cancelled);
        Ok(Dashboard {
            id: row.id,
            is_running: state == CampaignState::Running,
            state: state.name(),
            state_word: state_word(state),
            contacts: figures.contacts,
            percent: percent(in_state("done") + in_state("given_up") + in_state("stopped"), figures.contacts),
            dialled: figures.dialled,
            under_way: figures.under_way,
            answered: figures.answered,
            answered_percent: percent(figures.answered, ended),
            machines: figures.machines,
            messages_left: figures.messages_left,
            told: TOLD.iter().map(|name| of(name)).sum(),
            opted_out: of("opted_out"),
            pace: format!("{:.1}", figures.pace),
            per_minute: row.is.per_minute,
            ends: figures.ends.filter(|_| figures.contacts > 0).map(|at| moment(console.local(at))).unwrap_or_default(),
            no_end_word: if is_over {
                "campaign.over"
            } else if figures.contacts == 0 {
                "campaign.nobody"
            } else {
                "campaign.far"
            },
            states: states.into(),
            outcomes,
            frame,
        })
    }
}

impl ListRow {
    fn new(console: &Console, row: ImportRow, lang: Lang) -> ListRow {
        ListRow {
            id: row.id,
            at: console.told(row.at, lang),
            author: row.author,
            added: row.added,
            repeated: row.repeated,
            faulty: row.faulty,
            is_ended: row.ended.is_some(),
        }
    }
}

async fn shown(console: &Console, visitor: &Visitor, row: CampaignRow, fault: &'static str) -> Result<Page, Fault> {
    let frame = || Frame::of(visitor, "campaigns");
    let (database, lang) = (&console.sources.database, visitor.person.lang);
    let state = state_of(&row)?;
    let may = may_change(visitor);
    let steps = database.campaigns().steps(row.id, MOST).await?.into_iter().map(|step| Step {
        at: console.told(step.at, lang),
        author: step.author,
        word: named(lang, "campaign_step", &step.step),
    });
    let lists = database.contact_imports().of(row.id, MOST).await?;
    let words = ["campaigns.mon", "campaigns.tue", "campaigns.wed", "campaigns.thu", "campaigns.fri", "campaigns.sat", "campaigns.sun"];
    let week = read_week(&row.is.week)?
        .into_iter()
        .flat_map(|week| words.into_iter().zip(week).filter_map(|(day, span)| Some((day, span?.to_string()))).collect::<Vec<_>>());
    let starts = row.starts.filter(|_| state == CampaignState::Scheduled).map(|at| moment(console.local(at)));
    let possible = |wanted: Move| may && wanted.from(state).is_some();
    let now = Timestamp::now();
    let promises = promised::open(database, &row).await?;
    Ok(Page {
        flow: console.sources.audition.title(&row.is.flow, lang),
        dashboard: Dashboard::of(console, frame(), &row).await?,
        starts: starts.unwrap_or_default(),
        week: week.collect(),
        steps: steps.collect(),
        lists: lists.into_iter().map(|list| ListRow::new(console, list, lang)).collect(),
        may_change: may,
        may_start: possible(Move::Start),
        is_paused: state == CampaignState::Paused,
        may_pause: possible(Move::Pause),
        may_cancel: possible(Move::Cancel),
        promises,
        cancel_sure: match promises {
            0 => word(lang, "campaign.sure").to_owned(),
            _ => word(lang, "campaign.promises_sure").replace("{}", &promises.to_string()),
        },
        may_edit: may && matches!(state, CampaignState::Draft | CampaignState::Scheduled | CampaignState::Paused),
        takes_contacts: may && state.takes_contacts(),
        rehearsal: Rehearsal::of(console, visitor, &row).await?,
        soon: console.local(now).strftime("%Y-%m-%dT%H:%M").to_string(),
        copy_name: format!("{} 2", row.is.name),
        fault,
        row,
        frame: frame(),
    })
}

async fn page(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    let row = console.campaign(id).await?;
    Ok(html(&shown(&console, &visitor, row, "").await?))
}

async fn figures(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    let row = console.campaign(id).await?;
    Ok(html(&Dashboard::of(&console, Frame::of(&visitor, "campaigns"), &row).await?))
}

#[derive(Deserialize)]
struct Wanted {
    to: String,
    #[serde(default)]
    at: String,
    /// Promised calls that the page told.
    #[serde(default)]
    promises: u64,
}

fn by(visitor: &Visitor) -> Signed<'_> {
    Signed { author: &visitor.person.name, at: Timestamp::now(), key: None }
}

async fn carry_on(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, Form(wanted): Form<Wanted>) -> Answer {
    let row = console.campaign(id).await?;
    let wanted = match wanted.to.as_str() {
        "start" => Move::Start,
        "pause" => Move::Pause,
        "cancel" => {
            let cancelled = promised::cancel(&console.sources.database, &row, wanted.promises, by(&visitor)).await;
            if let Err(CampaignError::Promised(_)) = cancelled {
                return Ok((StatusCode::CONFLICT, html(&shown(&console, &visitor, row, "campaign.promised").await?)).into_response());
            }
            cancelled?;
            return Ok(Redirect::to(&format!("{PATH}/{id}")).into_response());
        }
        "schedule" => {
            let local: DateTime = wanted.at.parse().map_err(|_| Fault(StatusCode::BAD_REQUEST))?;
            let at = local.to_zoned(console.home_zone()).map_err(|_| Fault(StatusCode::BAD_REQUEST))?.timestamp();
            if at < Timestamp::now() {
                return Ok((StatusCode::BAD_REQUEST, html(&shown(&console, &visitor, row, "campaign.past").await?)).into_response());
            }
            Move::Schedule(at)
        }
        _ => return Err(Fault(StatusCode::BAD_REQUEST)),
    };
    campaign::advance(&console.sources.database, &row, wanted, by(&visitor)).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}")).into_response())
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

async fn copy(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, Form(wanted): Form<Named>) -> Answer {
    let row = console.campaign(id).await?;
    match campaign::duplicate(&console.sources.database, &row, wanted.name.trim(), by(&visitor)).await {
        Ok(copy) => Ok(Redirect::to(&format!("{PATH}/{copy}")).into_response()),
        Err(CampaignError::NameTaken(_)) => {
            Ok((StatusCode::BAD_REQUEST, html(&shown(&console, &visitor, row, "campaigns.name_taken").await?)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
