//! A campaign before customers are called: what its call says, heard with a click, and test calls to telephones of the house.

use super::Moment;
use super::detail::named;
use crate::api::campaigns::contacts::variables;
use crate::api::campaigns::rehearsal::{local_now, wav};
use crate::api::console::Console;
use crate::api::console::frame::Frame;
use crate::api::console::pages::{Answer, Fault, html};
use crate::api::console::words::word;
use crate::api::gate::Visitor;
use crate::api::routes::Routes;
use crate::dialog::NoErrand;
use crate::dialog::errand::RowFault;
use crate::outbound::audition::{self, AuditionError, Row, Wanted, Words};
use crate::outbound::test_call::{NewTest, NoTestCall};
use crate::store::{CampaignRow, SoughtContacts};
use crate::text::Lang;
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes
        .post("/console/campaigns/{id}/opening", opening)
        .post("/console/campaigns/{id}/opening/sound", sound)
        .get("/console/campaigns/{id}/test-calls", list)
        .post("/console/campaigns/{id}/test-calls", call)
}

/// Contacts that can be chosen, and test calls that are shown.
const CONTACTS: u32 = 20;
const CALLS: u32 = 5;

/// A choice of a select.
pub(super) struct Choice {
    pub value: String,
    pub text: String,
}

/// Something that the call is told.
pub(super) struct Field {
    pub name: String,
    /// What it looks like.
    pub example: String,
    pub is_needed: bool,
}

/// The form of the campaign's page.
pub(super) struct Rehearsal {
    pub contacts: Vec<Choice>,
    pub fields: Vec<Field>,
    /// Telephones of the house, by their places in the configuration.
    pub numbers: Vec<Choice>,
    pub calls: Calls,
}

struct CallLine {
    number: String,
    at: Moment,
    author: String,
    /// Words; empty while it is under way.
    outcome: String,
    record: String,
}

/// Test calls, which renew themselves while one is under way.
#[derive(Template)]
#[template(path = "campaign_test_calls.html")]
pub(super) struct Calls {
    frame: Frame,
    id: i64,
    rows: Vec<CallLine>,
    is_under_way: bool,
    /// What stands in the way of another one.
    fault: String,
}

/// What the call says, or why it cannot.
#[derive(Template)]
#[template(path = "campaign_opening.html")]
struct Said {
    frame: Frame,
    words: Option<Words>,
    fault: String,
}

impl Rehearsal {
    pub(super) async fn of(console: &Console, visitor: &Visitor, row: &CampaignRow) -> Result<Rehearsal, Fault> {
        let lang = visitor.person.lang;
        let sources = &console.sources;
        let sought = SoughtContacts { most: CONTACTS, ..SoughtContacts::default() };
        let contacts = sources.database.contacts().page(row.id, sought).await?.into_iter().map(|contact| {
            let told = variables(visitor.person.role, &contact.variables).into_values().collect::<Vec<_>>().join(" · ");
            Choice { value: contact.id.to_string(), text: format!("{} {}", contact.customer_shown, short(&told)) }
        });
        let fields = sources.audition.columns(&row.is.flow).into_iter().map(|column| Field {
            example: named(lang, "variable", column.kind.name()),
            name: column.name,
            is_needed: column.is_needed,
        });
        let numbers = sources.test_calls.numbers().iter().enumerate();
        let numbers = numbers.map(|(place, number)| Choice { value: place.to_string(), text: sources.database.stored_phone(number).shown });
        Ok(Rehearsal {
            contacts: contacts.collect(),
            fields: fields.collect(),
            numbers: numbers.collect(),
            calls: Calls::of(console, visitor, row.id, String::new()).await?,
        })
    }
}

impl Calls {
    async fn of(console: &Console, visitor: &Visitor, id: i64, fault: String) -> Result<Calls, Fault> {
        let lang = visitor.person.lang;
        let rows = console.sources.database.test_calls().of(id, CALLS).await?;
        let is_under_way = rows.iter().any(|row| row.ended.is_none());
        let line = |row: crate::store::TestCallRow| CallLine {
            number: row.shown,
            at: console.told(row.began, lang),
            author: row.author,
            outcome: row.outcome.map(|outcome| named(lang, "call_outcome", &outcome)).unwrap_or_default(),
            record: row.call.unwrap_or_default(),
        };
        Ok(Calls { frame: Frame::of(visitor, "campaigns"), id, rows: rows.into_iter().map(line).collect(), is_under_way, fault })
    }
}

/// A line of a select is no longer.
fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

/// What was typed: `contact`, `to`, and a field `with.NAME` for each variable; empty ones count as not typed.
struct Typed {
    wanted: Wanted,
    to: Option<usize>,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Typed {
        let mut typed = Typed { wanted: Wanted::default(), to: None };
        for (name, held) in fields {
            let held = held.trim();
            match (name.as_str(), name.strip_prefix("with.")) {
                _ if held.is_empty() => {}
                ("contact", _) => typed.wanted.contact = held.parse().ok(),
                ("to", _) => typed.to = held.parse().ok(),
                (_, Some(variable)) => drop(typed.wanted.variables.insert(variable.to_owned(), held.to_owned())),
                _ => {}
            }
        }
        typed
    }
}

/// Words for what somebody can do about it; what nobody there can is a page of its own.
fn unheard(error: AuditionError, lang: Lang) -> Result<(StatusCode, String), Fault> {
    let say = |key| word(lang, key).to_owned();
    let fill = |key, with: &str| word(lang, key).replace("{}", with);
    Ok(match error {
        AuditionError::Store(error) => return Err(error.into()),
        AuditionError::NoContact(_) => (StatusCode::NOT_FOUND, say("rehearsal.no_contact")),
        AuditionError::NoErrand(NoErrand::Unknown { .. }) => (StatusCode::BAD_REQUEST, say("rehearsal.no_reminder")),
        AuditionError::NoErrand(NoErrand::Row(RowFault::Missing(name))) => (StatusCode::BAD_REQUEST, fill("rehearsal.missing", &name)),
        AuditionError::NoErrand(NoErrand::Row(RowFault::Misread { column, .. })) => {
            (StatusCode::BAD_REQUEST, fill("rehearsal.misread", &column))
        }
        AuditionError::Busy => (StatusCode::SERVICE_UNAVAILABLE, say("rehearsal.busy")),
        AuditionError::NoVoice(error) => {
            tracing::error!(%error, "a campaign cannot be heard");
            (StatusCode::SERVICE_UNAVAILABLE, say("rehearsal.no_voice"))
        }
    })
}

async fn words(console: &Console, id: i64, fields: Vec<(String, String)>) -> Result<Result<Words, AuditionError>, Fault> {
    let sources = &console.sources;
    let campaign = console.campaign(id).await?;
    let heard = async {
        let row = audition::row(&sources.database, &campaign, Typed::read(fields).wanted).await?;
        sources.audition.words(&campaign, &row, local_now(&sources.office)).await
    };
    Ok(heard.await)
}

async fn opening(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let frame = Frame::of(&visitor, "campaigns");
    Ok(match words(&console, id, fields).await? {
        Ok(words) => html(&Said { frame, words: Some(words), fault: String::new() }),
        Err(error) => {
            let (status, fault) = unheard(error, frame.lang)?;
            (status, html(&Said { frame, words: None, fault })).into_response()
        }
    })
}

async fn sound(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let heard = match words(&console, id, fields).await? {
        Ok(words) => console.sources.audition.sound(&words).await,
        Err(error) => Err(error),
    };
    match heard {
        Ok(file) => Ok(wav(file)),
        Err(error) => {
            let (status, fault) = unheard(error, visitor.person.lang)?;
            Ok((status, html(&Said { frame: Frame::of(&visitor, "campaigns"), words: None, fault })).into_response())
        }
    }
}

async fn list(State(console): State<Arc<Console>>, visitor: Visitor, Path(id): Path<i64>) -> Answer {
    console.campaign(id).await?;
    Ok(html(&Calls::of(&console, &visitor, id, String::new()).await?))
}

/// Words for what stands in the way of a test call.
fn untested(console: &Console, error: NoTestCall, lang: Lang) -> Result<String, Fault> {
    let say = |key: &str| word(lang, key).to_owned();
    Ok(match error {
        NoTestCall::Campaign(error) => return Err(error.into()),
        NoTestCall::NothingDials => say("rehearsal.nothing_dials"),
        NoTestCall::NoTrunk(trunk) => word(lang, "rehearsal.no_trunk").replace("{}", &trunk),
        NoTestCall::NoCaller { .. } => say("campaigns.no_caller"),
        NoTestCall::NoNumbers => say("rehearsal.no_numbers"),
        NoTestCall::NotOurs => say("rehearsal.not_ours"),
        NoTestCall::Closed(Some(at)) => word(lang, "rehearsal.closed").replace("{}", &console.told(at, lang).at),
        NoTestCall::Closed(None) => say("campaigns.never"),
        NoTestCall::UnderWay => say("rehearsal.under_way"),
        NoTestCall::Refuses => say("rehearsal.refuses"),
        NoTestCall::IsCalled => say("rehearsal.is_called"),
        NoTestCall::TooMany => say("rehearsal.too_many"),
    })
}

async fn call(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let (sources, lang) = (&console.sources, visitor.person.lang);
    let campaign = console.campaign(id).await?;
    let Typed { wanted, to } = Typed::read(fields);
    let told = async |fault: String| -> Result<Response, Fault> {
        let status = if fault.is_empty() { StatusCode::OK } else { StatusCode::CONFLICT };
        Ok((status, html(&Calls::of(&console, &visitor, id, fault).await?)).into_response())
    };
    let row: Result<Row, AuditionError> = async {
        let row = audition::row(&sources.database, &campaign, wanted).await?;
        sources.audition.errand(&campaign, &row)?;
        Ok(row)
    }
    .await;
    let row = match row {
        Ok(row) => row,
        Err(error) => return told(unheard(error, lang)?.1).await,
    };
    let Some(to) = to.and_then(|place| sources.test_calls.numbers().get(place)) else {
        return told(untested(&console, NoTestCall::NoNumbers, lang)?).await;
    };
    let author = visitor.person.name.clone();
    let test = NewTest { campaign, to: to.clone(), lang: row.lang, variables: json!(row.variables).to_string(), author, key: None };
    match sources.test_calls.ask(test).await {
        Ok(_) => told(String::new()).await,
        Err(error) => told(untested(&console, error, lang)?).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn what_is_typed_goes_over_what_the_contact_has_and_nothing_typed_does_not() {
        let fields = [("contact", "7"), ("to", "0"), ("with.name", " 王先生 "), ("with.due", ""), ("form_token", "x")];
        let typed = Typed::read(fields.map(|(name, held)| (name.to_owned(), held.to_owned())).into());
        assert_eq!((typed.wanted.contact, typed.to), (Some(7), Some(0)));
        assert_eq!(typed.wanted.variables, BTreeMap::from([("name".to_owned(), "王先生".to_owned())]));
        assert_eq!(short(&"好".repeat(41)).chars().count(), 41);
    }
}
