//! The settings of a campaign, and what comes of them: the days on which calls may go.

use super::{PATH, may_change, state_of};
use crate::api::console::Console;
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::desk::hours::Span;
use crate::outbound::Calendar;
use crate::outbound::campaign::{self, CampaignError, OnMachine, State as CampaignState, read_week, write_week};
use crate::outbound::office::OfficeError;
use crate::store::{CampaignRow, NewCampaign, Signed};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, Zoned};
use serde::Deserialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .get("/console/campaigns/new", new)
        .post(PATH, create)
        .post("/console/campaigns/hours", hours)
        .get("/console/campaigns/{id}/settings", settings)
        .post("/console/campaigns/{id}/settings", change)
}

/// Days of the calendar that are shown.
const DAYS: usize = 14;

/// What was typed: hours of each weekday, empty for none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    name: String,
    flow: String,
    lang: Lang,
    trunk: String,
    caller: String,
    /// Only with hours of its own.
    own_hours: Option<String>,
    monday: String,
    tuesday: String,
    wednesday: String,
    thursday: String,
    friday: String,
    saturday: String,
    sunday: String,
    per_minute: String,
    concurrent: String,
    most_attempts: String,
    needs_consent: Option<String>,
    #[serde(default)]
    on_machine: OnMachine,
}

impl Typed {
    fn of(new: &NewCampaign) -> Result<Typed, CampaignError> {
        let week = read_week(&new.week)?;
        let hours = week.unwrap_or_default().map(|span| span.map(|span| span.to_string()).unwrap_or_default());
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = hours;
        Ok(Typed {
            name: new.name.clone(),
            flow: new.flow.clone(),
            lang: new.lang,
            trunk: new.trunk.clone(),
            caller: new.caller.clone(),
            own_hours: week.map(|_| "on".to_owned()),
            monday,
            tuesday,
            wednesday,
            thursday,
            friday,
            saturday,
            sunday,
            per_minute: new.per_minute.to_string(),
            concurrent: new.concurrent.to_string(),
            most_attempts: new.most_attempts.to_string(),
            needs_consent: new.needs_consent.then(|| "on".to_owned()),
            on_machine: OnMachine::from_name(&new.on_machine).unwrap_or_default(),
        })
    }

    fn days(&self) -> [(&'static str, &'static str, &str); 7] {
        [
            ("monday", "campaigns.monday", &self.monday),
            ("tuesday", "campaigns.tuesday", &self.tuesday),
            ("wednesday", "campaigns.wednesday", &self.wednesday),
            ("thursday", "campaigns.thursday", &self.thursday),
            ("friday", "campaigns.friday", &self.friday),
            ("saturday", "campaigns.saturday", &self.saturday),
            ("sunday", "campaigns.sunday", &self.sunday),
        ]
    }

    /// Hours of its own; or words for what is wrong with them.
    fn week(&self) -> Result<Option<[Option<Span>; 7]>, &'static str> {
        if self.own_hours.is_none() {
            return Ok(None);
        }
        let mut week = [None; 7];
        for (slot, (_, _, text)) in week.iter_mut().zip(self.days()) {
            if !text.trim().is_empty() {
                *slot = Some(Span::parse(text.trim()).ok_or("campaigns.bad_hours")?);
            }
        }
        Ok(Some(week))
    }

    fn campaign(&self) -> Result<NewCampaign, &'static str> {
        let number = |text: &str| text.trim().parse().map_err(|_| "campaigns.bad_numbers");
        Ok(NewCampaign {
            name: self.name.trim().to_owned(),
            flow: self.flow.clone(),
            lang: self.lang,
            trunk: self.trunk.clone(),
            caller: self.caller.clone(),
            week: write_week(self.week()?.as_ref()),
            per_minute: number(&self.per_minute)?,
            concurrent: number(&self.concurrent)?,
            most_attempts: number(&self.most_attempts)?,
            needs_consent: self.needs_consent.is_some(),
            on_machine: self.on_machine.name().to_owned(),
        })
    }
}

/// Hours of a day as bars on a scale of minutes.
struct Bar {
    from: u16,
    minutes: u16,
}

struct Day {
    day: String,
    weekday: &'static str,
    hours: String,
    bars: Vec<Bar>,
}

struct RegionDays {
    /// Empty where no other holds.
    region: String,
    zone: String,
    days: Vec<Day>,
}

/// The calendar as it is with these hours.
#[derive(Template)]
#[template(path = "campaign_hours.html")]
struct Hours {
    frame: Frame,
    regions: Vec<RegionDays>,
    /// Words for what is wrong with the hours.
    fault: &'static str,
    /// No call can go in these days.
    is_never: bool,
}

#[derive(Template)]
#[template(path = "campaign_editor.html")]
struct Page {
    frame: Frame,
    typed: Typed,
    /// Where the form goes.
    action: String,
    back: String,
    is_new: bool,
    /// Names and titles.
    flows: Vec<(String, String)>,
    trunks: Vec<String>,
    /// Trunk and number that it may show.
    callers: Vec<(String, String)>,
    fault: &'static str,
    hours: Hours,
}

fn minute(time: Time) -> u16 {
    if time == Time::MAX { 24 * 60 } else { u16::try_from(i32::from(time.hour()) * 60 + i32::from(time.minute())).unwrap_or(0) }
}

fn weekday(day: Date) -> &'static str {
    let words = ["campaigns.mon", "campaigns.tue", "campaigns.wed", "campaigns.thu", "campaigns.fri", "campaigns.sat", "campaigns.sun"];
    let place = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
    words.get(place).copied().unwrap_or_default()
}

fn region_days(calendar: &Calendar, region: Option<&str>) -> Option<RegionDays> {
    let zone = calendar.zone(region)?;
    let today = Zoned::new(Timestamp::now(), zone.clone()).date();
    let day = |day: Date| {
        let spans = calendar.on(day, region);
        Day {
            day: day.strftime("%m-%d").to_string(),
            weekday: weekday(day),
            hours: spans.iter().map(ToString::to_string).collect::<Vec<_>>().join("  "),
            bars: spans.iter().map(|span| Bar { from: minute(span.from), minutes: minute(span.to) - minute(span.from) }).collect(),
        }
    };
    let days = std::iter::successors(Some(today), |day| day.tomorrow().ok()).take(DAYS).map(day).collect();
    Some(RegionDays { region: region.unwrap_or_default().to_owned(), zone: zone.iana_name().unwrap_or_default().to_owned(), days })
}

fn shown_hours(console: &Console, frame: Frame, typed: &Typed) -> Hours {
    let calendar = &console.sources.office.calendar;
    let (calendar, fault) = match typed.week() {
        Ok(Some(week)) => (calendar.narrowed(&week), ""),
        Ok(None) => ((**calendar).clone(), ""),
        Err(fault) => ((**calendar).clone(), fault),
    };
    let regions: Vec<RegionDays> =
        std::iter::once(None).chain(calendar.regions().map(Some)).filter_map(|region| region_days(&calendar, region)).collect();
    let is_never = regions.iter().all(|region| region.days.iter().all(|day| day.bars.is_empty()));
    Hours { frame, regions, fault, is_never }
}

fn editor(console: &Console, visitor: &Visitor, typed: Typed, id: Option<i64>, fault: &'static str) -> Page {
    let office = &console.sources.office;
    let frame = || Frame::of(visitor, "campaigns");
    let back = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}"));
    let action = id.map_or_else(|| PATH.to_owned(), |id| format!("{PATH}/{id}/settings"));
    let hours = shown_hours(console, frame(), &typed);
    let titled = |flow: String| (console.sources.audition.title(&flow, visitor.person.lang), flow);
    let mut flows: Vec<(String, String)> = (office.flows)().into_iter().map(titled).map(|(title, flow)| (flow, title)).collect();
    if !typed.flow.is_empty() && flows.iter().all(|(flow, _)| *flow != typed.flow) {
        // Of a campaign from before; it is not taken again.
        flows.push((typed.flow.clone(), typed.flow.clone()));
    }
    let callers = office.callers.iter().flat_map(|(trunk, numbers)| numbers.iter().map(|number| (trunk.clone(), number.clone()))).collect();
    Page { frame: frame(), typed, action, back, is_new: id.is_none(), flows, trunks: (office.trunks)(), callers, fault, hours }
}

async fn new(State(console): State<Arc<Console>>, visitor: Visitor) -> Answer {
    let work_hours = || "09:00-20:00".to_owned();
    let typed = Typed {
        per_minute: "60".to_owned(),
        concurrent: "10".to_owned(),
        most_attempts: "3".to_owned(),
        monday: work_hours(),
        tuesday: work_hours(),
        wednesday: work_hours(),
        thursday: work_hours(),
        friday: work_hours(),
        ..Typed::default()
    };
    Ok(html(&editor(&console, &visitor, typed, None, "")))
}

async fn hours(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    Ok(html(&shown_hours(&console, Frame::of(&visitor, "campaigns"), &typed)))
}

/// Words for what a person can put right in the form; everything else is a page of its own.
fn wrong(error: OfficeError) -> Result<&'static str, Fault> {
    Ok(match error {
        OfficeError::NoFlow(..) => "campaigns.no_flow",
        OfficeError::NoCaller { .. } => "campaigns.no_caller",
        OfficeError::NoTrunk(..) => "campaigns.no_trunk",
        OfficeError::Campaign(CampaignError::NameTaken(_)) => "campaigns.name_taken",
        OfficeError::Campaign(CampaignError::Limits(_)) => "campaigns.bad_limits",
        other => return Err(other.into()),
    })
}

fn by(visitor: &Visitor) -> Signed<'_> {
    Signed { author: &visitor.person.name, at: Timestamp::now(), key: None }
}

async fn create(State(console): State<Arc<Console>>, visitor: Visitor, Form(typed): Form<Typed>) -> Answer {
    let office = &console.sources.office;
    let made = match typed.campaign() {
        Ok(new) => match office.check(&new) {
            Ok(()) => campaign::create(&office.database, &new, by(&visitor)).await.map_err(|error| wrong(error.into())),
            Err(error) => Err(wrong(error)),
        },
        Err(fault) => Err(Ok(fault)),
    };
    match made {
        Ok(id) => Ok(Redirect::to(&format!("{PATH}/{id}")).into_response()),
        Err(fault) => Ok((StatusCode::BAD_REQUEST, html(&editor(&console, &visitor, typed, None, fault?))).into_response()),
    }
}

fn is_changeable(row: &CampaignRow) -> Result<bool, Fault> {
    Ok(matches!(state_of(row)?, CampaignState::Draft | CampaignState::Scheduled | CampaignState::Paused))
}

async fn settings(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    let row = console.campaign(id).await?;
    if !is_changeable(&row)? || !may_change(&visitor) {
        return Err(Fault(StatusCode::CONFLICT));
    }
    Ok(html(&editor(&console, &visitor, Typed::of(&row.is)?, Some(id), "")))
}

async fn change(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>, Form(typed): Form<Typed>) -> Answer {
    let (office, row) = (&console.sources.office, console.campaign(id).await?);
    let changed = match typed.campaign() {
        Ok(new) => match office.check(&new) {
            Ok(()) => campaign::change(&office.database, &row, &new, by(&visitor)).await.map_err(|error| wrong(error.into())),
            Err(error) => Err(wrong(error)),
        },
        Err(fault) => Err(Ok(fault)),
    };
    match changed {
        Ok(()) => Ok(Redirect::to(&format!("{PATH}/{id}")).into_response()),
        Err(fault) => Ok((StatusCode::BAD_REQUEST, html(&editor(&console, &visitor, typed, Some(id), fault?))).into_response()),
    }
}
