//! Any [`Operator`] as an HTTP server. Everything that comes in is bounded: its length, its time, how much of it at once.

use super::openapi;
use super::wire::{self, LONGEST_KEY, LONGEST_REQUEST, PROBLEM_JSON, problem};
use crate::business::{Failure, Operation, Operator};
use crate::security::Token;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Requests worked on at once; more are told to come back.
const MOST_AT_ONCE: usize = 64;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(5);
/// How long the operator may take.
const WORK_TIME: Duration = Duration::from_secs(10);

/// What is served, and to whom.
#[derive(Clone)]
pub struct Server {
    operator: Arc<dyn Operator>,
    /// `None` lets everybody in.
    token: Option<Token>,
    places: Arc<Semaphore>,
}

impl Server {
    pub fn new(operator: Arc<dyn Operator>, token: Option<Token>) -> Server {
        Server { operator, token, places: Arc::new(Semaphore::new(MOST_AT_ONCE)) }
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> Arc<Semaphore> {
        self.places.clone()
    }

    async fn perform(&self, name: &str, request: Request) -> Result<Vec<u8>, Response> {
        let headers = request.headers();
        let authorization = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        if self.token.as_ref().is_some_and(|token| !token.is_in(authorization)) {
            let mut response = refuse(problem::TOKEN, "send the token as: Authorization: Bearer …");
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Err(response);
        }
        let operation = Operation::find(name).ok_or_else(|| refuse(problem::NO_OPERATION, "openapi.json lists all operations"))?;
        let is_json = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).is_some_and(is_json);
        if !is_json {
            return Err(refuse(problem::NOT_JSON, "send application/json"));
        }
        let key = idempotency_key(headers).map_err(|detail| refuse(problem::BAD_REQUEST, detail))?;
        let _place = self.places.try_acquire().map_err(|_| {
            let mut response = refuse(problem::UNAVAILABLE, "too many requests at once");
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            response
        })?;
        let body = match timeout(BODY_TIME, to_bytes(request.into_body(), LONGEST_REQUEST)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(refuse(problem::TOO_LONG, "a request is at most 16 KiB")),
            Err(_) => return Err(refuse(problem::BAD_REQUEST, "the body did not arrive in time")),
        };
        let request = wire::read_request(operation, &body, key).map_err(|detail| refuse(problem::BAD_REQUEST, &detail))?;
        let result = timeout(WORK_TIME, self.operator.execute(request)).await.unwrap_or(Err(Failure::Unavailable));
        result.map(|reply| wire::write_reply(&reply)).map_err(|failure| {
            let ((_, status), body) = wire::problem_of(&failure);
            answer(status, PROBLEM_JSON, body)
        })
    }
}

/// Serves until `end`; requests under way are finished.
pub async fn serve(listener: TcpListener, server: Server, end: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    axum::serve(listener, router(server)).with_graceful_shutdown(end).await
}

fn router(server: Server) -> Router {
    Router::new()
        .route(&format!("/{}{{operation}}", wire::OPERATIONS_PATH), post(operation))
        .route("/v1/openapi.json", get(describe))
        .method_not_allowed_fallback(async || refuse(problem::NO_POST, "operations are POST, openapi.json is GET"))
        .fallback(async || refuse(problem::NO_OPERATION, "operations are at /v1/operations/, their description at /v1/openapi.json"))
        .with_state(server)
}

async fn operation(State(server): State<Server>, Path(name): Path<String>, request: Request) -> Response {
    match server.perform(&name, request).await {
        Ok(body) => answer(200, "application/json", body),
        Err(response) => response,
    }
}

async fn describe() -> Response {
    answer(200, "application/json", openapi::document().to_string().into_bytes())
}

/// `application/json`, with whatever parameters.
fn is_json(kind: &str) -> bool {
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, &'static str> {
    let Some(value) = headers.get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().map_err(|_| "Idempotency-Key must be printable ASCII")?;
    match key.len() {
        1..=LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => Err("Idempotency-Key must have 1 to 200 characters"),
    }
}

fn refuse(kind: problem::Kind, detail: &str) -> Response {
    answer(kind.1, PROBLEM_JSON, wire::write_problem(kind, None, Some(detail)))
}

fn answer(status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).expect("the statuses of this file are valid");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
