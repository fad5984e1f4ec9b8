//! Styles and scripts of the pages, part of the program. Their address names their content, so browsers keep them for good.

use super::Console;
use crate::api::routes::Routes;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr, $path:literal) => {
        ($name, $kind, include_bytes!(concat!("../../../web/", $path)).as_slice())
    };
}

const FILES: [(&str, &str, &[u8]); 15] = [
    file!("icon.svg", "image/svg+xml", "style/icon.svg"),
    file!("form.css", CSS, "style/form.css"),
    file!("console.css", CSS, "console/console.css"),
    file!("console.js", SCRIPT, "console/console.js"),
    file!("player.js", SCRIPT, "console/player.js"),
    file!("live.js", SCRIPT, "console/live.js"),
    file!("desk.css", CSS, "console/desk.css"),
    file!("desk.js", SCRIPT, "console/desk.js"),
    file!("wall.css", CSS, "console/wall.css"),
    file!("wall.js", SCRIPT, "console/wall.js"),
    file!("campaigns.css", CSS, "console/campaigns.css"),
    file!("campaigns.js", SCRIPT, "console/campaigns.js"),
    file!("rehearsal.js", SCRIPT, "console/rehearsal.js"),
    file!("sound.js", SCRIPT, "softphone/sound.js"),
    file!("htmx.js", SCRIPT, "vendor/htmx.min.js"),
];

/// A few letters of the content's sum.
static SUMS: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let sum = |content: &[u8]| Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    FILES.iter().map(|(name, _, content)| (*name, sum(content))).collect()
});

/// The address of a file.
pub(super) fn place(name: &str) -> String {
    let sum = SUMS.iter().find(|(own, _)| *own == name).map_or("", |(_, sum)| sum.as_str());
    format!("/assets/{name}?v={sum}")
}

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.get("/assets/{name}", async |Path(name): Path<String>| asset(&name))
}

fn asset(name: &str) -> Response {
    match FILES.iter().find(|(own, ..)| *own == name) {
        Some((_, kind, content)) => {
            ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, "public, max-age=31536000, immutable")], *content).into_response()
        }
        None => (StatusCode::NOT_FOUND, "there is no such file\n").into_response(),
    }
}
