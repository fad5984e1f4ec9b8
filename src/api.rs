//! HTTP: the console, the softphone page, the doors of media platforms, work orders for other systems, health.
//!
//! Start at [`access::TABLE`], the routes and who may use them; `gate` asks who comes.

pub mod access;
mod calls;
mod campaigns;
mod console;
pub mod desk;
mod gate;
mod health;
mod media;
mod metrics;
pub mod openapi;
mod problem;
mod routes;
mod softphone;
pub mod work_orders;

pub use gate::Gate;

use crate::business::Operator;
use crate::call::editions::Editions;
use crate::call::reception::Reception;
use crate::care::WorkOrders;
use crate::line::sip::registration::Standing;
use crate::outbound::audition::Audition;
use crate::outbound::office::Office;
use crate::outbound::test_call::TestCalls;
use crate::security::Token;
use crate::store::Database;
use crate::text::Lang;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::{self, Next};
use axum::response::{Redirect, Response};
use routes::Routes;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

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
    pub sources: Sources,
    /// Where people take callers over.
    pub desk: Option<desk::Desk>,
    /// Who comes, and whether they may.
    pub gate: Gate,
}

/// What pages and answers are made from.
#[derive(Clone)]
pub struct Sources {
    pub orders: WorkOrders,
    pub database: Database,
    pub reception: Arc<Reception>,
    pub editions: Arc<Editions>,
    pub operator: Arc<dyn Operator>,
    /// The folder with `flows/`.
    pub home: PathBuf,
    pub draw: Draw,
    /// Calls that go out.
    pub office: Office,
    pub audition: Arc<Audition>,
    pub test_calls: TestCalls,
}

/// A flow as SVG; `None` when there is none of this name.
pub type Draw = Arc<dyn Fn(&str, Lang) -> Option<String> + Send + Sync>;

/// What the doors of calls need.
struct Lines {
    reception: Arc<Reception>,
    softphone: Softphone,
    token: Option<Token>,
    lang: Lang,
    trunks: Trunks,
}

/// How we stand with the trunks at present.
pub type Trunks = Arc<dyn Fn() -> Vec<(String, Standing)> + Send + Sync>;

/// Serves until `end`; requests under way are finished, calls are not waited for.
pub async fn serve(listener: TcpListener, api: Api, end: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let (tell, ending) = watch::channel(false);
    let service = router(api, ending).into_make_service_with_connect_info::<SocketAddr>();
    let end = async move {
        end.await;
        tell.send_replace(true);
    };
    axum::serve(listener, service).with_graceful_shutdown(end).await
}

fn router(api: Api, ending: watch::Receiver<bool>) -> Router {
    let Api { reception, softphone, token, lang, trunks, sources, desk, gate } = api;
    let care = work_orders::Care { orders: sources.orders.clone(), clock: gate.clock.clone() };
    let gate = Arc::new(gate);
    let Sources { office, audition, test_calls, .. } = sources.clone();
    let rehearsal = campaigns::rehearsal::Rehearsal { office, audition, test_calls };
    let wall = desk.as_ref().map(|desk| console::Wall { board: desk.hub.board(), rules: desk.rules.clone() });
    let calls = calls::routes(&gate, reception.clone());
    let lines = Arc::new(Lines { reception, softphone, token, lang, trunks });
    let first = if softphone == Softphone::Off { "/console" } else { "/call" };
    let routes = Routes::new(&gate).get("/", async move || Redirect::temporary(first));
    metrics::routes(health::routes(media::routes(softphone::routes(routes, softphone))))
        .served_with(lines)
        .merge(work_orders::routes(&gate, care))
        .merge(calls)
        .merge(campaigns::routes(&gate, sources.office.clone()))
        .merge(campaigns::rehearsal::routes(&gate, rehearsal))
        .merge(desk::routes(&gate, desk))
        .merge(console::routes(&gate, sources, wall, ending))
        .fallback(console::pages::missing)
        .layer(middleware::from_fn(harden))
}

/// Pages run only what we serve, are framed by nobody, and tell nobody where a reader came from.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    // Without any referrer browsers send the origin `null` with forms of our own.
    (REFERRER_POLICY, "same-origin"),
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
