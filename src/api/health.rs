//! Whether the process lives, and whether it wants calls: for whoever restarts it and for whoever sends calls to it.

use super::Lines;
use super::routes::Routes;
use crate::line::sip::registration::Standing;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::Serialize;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Lines>>) -> Routes<Arc<Lines>> {
    routes.get("/health/live", async || "alive\n").get("/health/ready", ready)
}

/// What is told of the present load.
#[derive(Serialize)]
struct Load {
    ready: bool,
    draining: bool,
    /// Calls going on.
    calls: usize,
    /// Of them, calls held by keys because all places for hearing are taken.
    by_keys: usize,
    /// Calls refused since the start.
    refused: u64,
    trunks: Vec<Trunk>,
}

/// Where calls go out, and whether we are known there.
#[derive(Serialize)]
struct Trunk {
    name: String,
    /// `unregistered` where we do not register, `trying`, `registered`, `failed`.
    state: &'static str,
    /// The code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    again_in_seconds: Option<u64>,
}

impl From<(String, Standing)> for Trunk {
    fn from((name, standing): (String, Standing)) -> Trunk {
        let (state, code, again_in) = match standing {
            Standing::Unasked => ("unregistered", None, None),
            Standing::Trying => ("trying", None, None),
            Standing::Registered { .. } => ("registered", None, None),
            Standing::Failed { code, again_in } => ("failed", code, Some(again_in)),
        };
        Trunk { name, state, code, again_in_seconds: again_in.map(|wait| wait.as_secs()) }
    }
}

/// 200 when a call would be taken, else 503.
async fn ready(State(api): State<Arc<Lines>>) -> (StatusCode, Json<Load>) {
    let present = api.reception.present();
    let (draining, full) = (api.reception.draining(), api.reception.full());
    let load = Load {
        ready: !draining && !full,
        draining,
        calls: present.len(),
        by_keys: present.iter().filter(|call| call.by_keys).count(),
        refused: api.reception.refused(),
        trunks: (api.trunks)().into_iter().map(Trunk::from).collect(),
    };
    (if load.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(load))
}
