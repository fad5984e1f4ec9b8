//! HTTP: the softphone page, the doors of media platforms, work orders for other systems, health.

mod health;
mod media;
mod problem;
mod softphone;
pub mod work_orders;

use crate::call::reception::Reception;
use crate::line::sip::registration::Standing;
use crate::security::Token;
use crate::text::Lang;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use axum::routing::get;
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Who may call from the softphone page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Softphone {
    Off,
    /// Everybody who reaches the page, with a withheld number.
    Anonymous,
    /// The page names the caller. For the demo operator's invented customers only.
    Named,
}

/// What is served.
pub struct Api {
    pub reception: Arc<Reception>,
    pub softphone: Softphone,
    /// What media platforms must know; `None` lets every one in.
    pub token: Option<Token>,
    /// The language of calls that name none.
    pub lang: Lang,
    pub trunks: Trunks,
    /// Work orders for other systems; not served without a token for them.
    pub care: Option<work_orders::Care>,
}

/// How we stand with the trunks at present.
pub type Trunks = Arc<dyn Fn() -> Vec<(String, Standing)> + Send + Sync>;

/// Serves until `end`; requests under way are finished, calls are not waited for.
pub async fn serve(listener: TcpListener, api: Api, end: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, router(api)).with_graceful_shutdown(end).await
}

fn router(mut api: Api) -> Router {
    let care = api.care.take().map(work_orders::routes).unwrap_or_default();
    let api = Arc::new(api);
    Router::new()
        .route("/", get(async || Redirect::temporary("/call")))
        .merge(softphone::routes(api.softphone))
        .merge(media::routes())
        .merge(health::routes())
        .with_state(api)
        .merge(care)
        .layer(middleware::from_fn(harden))
}

/// Pages run only what we serve, are framed by nobody, and tell nobody where a reader came from.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("permissions-policy"), "microphone=(self), camera=(), geolocation=()"),
];

async fn harden(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
