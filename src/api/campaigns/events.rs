//! Events of the operator's systems that may lead to calls. The same event again does nothing again: its occasion is known.

use super::Answer;
use crate::api::problem::Problem;
use crate::api::routes::Routes;
use crate::api::work_orders::read;
use crate::outbound::events::{Effect, EventError, Told, apply};
use crate::outbound::office::Office;
use crate::outbound::trigger::Fields;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Json};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Office>>) -> Routes<Arc<Office>> {
    routes.post("/api/v1/events", tell)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    event: String,
    customer: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    lang: String,
    date: Option<String>,
    amount: Option<String>,
    percent: Option<u16>,
    subject: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

impl From<EventError> for Problem {
    fn from(error: EventError) -> Problem {
        match error {
            EventError::Bad(detail) => Problem::bad(detail),
            EventError::Store(error) => error.into(),
        }
    }
}

fn shown(effect: &Effect) -> Value {
    let Effect { campaign, occasion, became, next } = effect;
    json!({"campaign": campaign, "occasion": occasion, "became": became, "next": next.map(|at| at.to_string())})
}

async fn tell(State(office): State<Arc<Office>>, body: Bytes) -> Answer {
    let Given { event, customer, region, lang, date, amount, percent, subject, variables } = read(&body)?;
    let told = Told { event, customer, region, lang, fields: Fields { date, amount, percent, subject }, variables };
    let effects = apply(&office, &office.rules, &told, Timestamp::now()).await?;
    Ok(Json(json!({ "effects": effects.iter().map(shown).collect::<Vec<_>>() })).into_response())
}
