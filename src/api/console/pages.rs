//! Pages as answers: rendering, the first page, and what stands where a page cannot.

use super::frame::Frame;
use crate::api::gate::Visitor;
use crate::care::CareError;
use crate::security::{PeopleError, SignInError};
use crate::store::StoreError;
use askama::Template;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

/// What a page answers.
pub(super) type Answer = Result<Response, Fault>;

/// Why there is no page: a status and the words for it. The guard renders it for who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) struct Fault(pub StatusCode);

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        tracing::error!(%error, "the database does not serve the console");
        Fault(StatusCode::SERVICE_UNAVAILABLE)
    }
}

impl From<CareError> for Fault {
    fn from(error: CareError) -> Fault {
        match error {
            CareError::NotFound => Fault(StatusCode::NOT_FOUND),
            CareError::Transition { .. } | CareError::KeyTaken => Fault(StatusCode::CONFLICT),
            CareError::Store(error) => error.into(),
        }
    }
}

impl From<PeopleError> for Fault {
    fn from(error: PeopleError) -> Fault {
        match error {
            PeopleError::Store(error) | PeopleError::Unproved(SignInError::Store(error)) => error.into(),
            PeopleError::Nobody(_) => Fault(StatusCode::NOT_FOUND),
            _ => Fault(StatusCode::BAD_REQUEST),
        }
    }
}

/// A rendered page; personal, so that nobody keeps it.
pub(super) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            let mut response = text.into_response();
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            Fault(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    frame: Frame,
    title: &'static str,
    detail: &'static str,
}

/// Says in words what a status means and what to do.
fn message(status: StatusCode, frame: Frame) -> Response {
    let (title, detail) = match status {
        StatusCode::FORBIDDEN => ("message.forbidden", "message.forbidden_detail"),
        StatusCode::NOT_FOUND => ("message.missing", "message.missing_detail"),
        StatusCode::CONFLICT => ("message.conflict", "message.conflict_detail"),
        StatusCode::BAD_REQUEST => ("message.bad", "message.bad_detail"),
        StatusCode::SERVICE_UNAVAILABLE => ("message.unavailable", "message.unavailable_detail"),
        _ => ("message.failed", "message.failed_detail"),
    };
    let mut response = html(&Message { frame, title, detail });
    *response.status_mut() = status;
    response
}

/// The page instead of one that this person must not have.
pub(in crate::api) fn refused_page(status: StatusCode, visitor: Option<&Visitor>) -> Response {
    match visitor {
        Some(visitor) => message(status, Frame::of(visitor, "")),
        None => message(status, Frame::of_nobody(&HeaderMap::new())),
    }
}

/// The first page of a role.
pub(super) async fn home(visitor: Visitor) -> Redirect {
    let frame = Frame::of(&visitor, "");
    Redirect::to(frame.rail().first().map_or("/console/settings", |entry| entry.path))
}

/// Whatever has no route.
pub(in crate::api) async fn missing(headers: HeaderMap) -> Response {
    if crate::api::gate::wants_page(&headers) {
        return message(StatusCode::NOT_FOUND, Frame::of_nobody(&headers));
    }
    crate::api::problem::Problem::new(StatusCode::NOT_FOUND, "there is nothing here; /api/v1 and /console are served").into_response()
}
