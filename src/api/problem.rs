//! What went wrong, as RFC 9457 has it: `application/problem+json`.

use crate::care::CareError;
use crate::store::StoreError;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse, Response};

/// An answer that says what happened and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into() }
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }
}

impl From<CareError> for Problem {
    fn from(error: CareError) -> Problem {
        let status = match &error {
            CareError::NotFound => StatusCode::NOT_FOUND,
            CareError::Transition { .. } => StatusCode::CONFLICT,
            CareError::KeyTaken => StatusCode::UNPROCESSABLE_ENTITY,
            CareError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        match error {
            CareError::Store(error) => Problem::from(error),
            other => Problem::new(status, other.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        tracing::error!(%error, "the database does not serve the API");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; try again with the same Idempotency-Key")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("error");
        let body = serde_json::json!({"type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail});
        let mut response = (self.status, body.to_string()).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}
