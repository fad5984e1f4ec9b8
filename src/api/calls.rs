//! Calls that go on, for other systems: a page on which a card number is typed in has the recording paused while it is said.

use super::gate::{Gate, Visitor};
use super::problem::Problem;
use super::routes::Routes;
use super::work_orders::{author, read};
use crate::call::reception::{Reception, Unrecorded};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

const LONGEST_BODY: usize = 4 * 1024;
/// Of who has it paused, in characters.
const LONGEST_NAME: usize = 100;

pub(super) fn routes(gate: &Arc<Gate>, reception: Arc<Reception>) -> Router {
    Routes::new(gate).put("/api/v1/calls/{id}/recording", pause).served_with(reception).layer(DefaultBodyLimit::max(LONGEST_BODY))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pause {
    paused: bool,
    author: Option<String>,
}

/// In effect when it is answered. It may stay paused for another reason: the flow asks for a secret.
async fn pause(
    State(reception): State<Arc<Reception>>,
    Path(id): Path<String>,
    visitor: Visitor,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let Pause { paused, author: named } = read(&body)?;
    let by = author(&visitor, named);
    if by.chars().count() > LONGEST_NAME {
        return Err(Problem::bad(format!("author: more than {LONGEST_NAME} characters")));
    }
    let switch = reception.switch(&id).map_err(|why| {
        let status = match why {
            Unrecorded::NoCall => StatusCode::NOT_FOUND,
            Unrecorded::NotRecorded => StatusCode::CONFLICT,
        };
        Problem::new(status, why.to_string())
    })?;
    if !switch.turn(paused, &by) {
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "the call is on hold and its recording was turned too often meanwhile; try again",
        ));
    }
    Ok(Json(json!({"call": id, "recording": switch.kept().name()})))
}
