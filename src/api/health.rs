//! Whether the process lives, and whether it wants calls: for whoever restarts it and for whoever sends calls to it.

use super::Api;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use axum::routing::get;
use serde::Serialize;
use std::sync::Arc;

pub(super) fn routes() -> Router<Arc<Api>> {
    Router::new().route("/health/live", get(async || "alive\n")).route("/health/ready", get(ready))
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
}

/// 200 when a call would be taken, else 503.
async fn ready(State(api): State<Arc<Api>>) -> (StatusCode, Json<Load>) {
    let present = api.reception.present();
    let (draining, full) = (api.reception.draining(), api.reception.full());
    let load = Load {
        ready: !draining && !full,
        draining,
        calls: present.len(),
        by_keys: present.iter().filter(|call| call.by_keys).count(),
        refused: api.reception.refused(),
    };
    (if load.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(load))
}
