//! One request on the wire, and what came back. The policy of what to do about it is the connector's.

use super::wire::{LONGEST_REPLY, PROBLEM_JSON};
use crate::security::Token;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long it may take until somebody takes the connection.
const CONNECT: Duration = Duration::from_secs(1);
/// Connections that are kept for the next request.
const KEPT_CONNECTIONS: usize = 16;

/// A request to send.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub operation: &'static str,
    pub body: Vec<u8>,
    pub key: Option<String>,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub status: u16,
    pub is_problem: bool,
    pub body: Vec<u8>,
    pub retry_after: Option<Duration>,
}

/// No answer. The texts name no customer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// Nobody took it: nothing was done.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have been done.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

pub(super) type Sending<'a> = Pin<Box<dyn Future<Output = Result<Incoming, Lost>> + Send + 'a>>;

/// What carries requests; tests have one that plays a script.
pub(super) trait Transport: Send + Sync {
    fn send(&self, outgoing: Outgoing) -> Sending<'_>;
}

/// HTTP/1.1 over TCP or TLS. It follows no redirects and uses no proxy: customers' data goes to the named address or nowhere.
pub(super) struct Http {
    client: reqwest::Client,
    /// Ends in a slash.
    operations: reqwest::Url,
    authorization: Option<HeaderValue>,
}

impl Http {
    /// `operations` ends in a slash; `authority` is a certificate authority to trust beside the machine's own, as PEM.
    pub fn new(operations: reqwest::Url, token: Option<&Token>, authority: Option<&[u8]>) -> Result<Http, String> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(KEPT_CONNECTIONS)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("tingshuo/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = authority {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).map_err(|error| reason(&error))?;
            if certificates.is_empty() {
                return Err("there is no certificate in it; a PEM file begins with -----BEGIN CERTIFICATE-----".to_owned());
            }
            builder = certificates.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        let client = builder.build().map_err(|error| reason(&error))?;
        let authorization = token.and_then(|token| {
            let mut header = HeaderValue::from_str(&token.header()).ok()?;
            header.set_sensitive(true);
            Some(header)
        });
        Ok(Http { client, operations, authorization })
    }

    async fn exchange(&self, outgoing: Outgoing) -> Result<Incoming, Lost> {
        let url = self.operations.join(outgoing.operation).map_err(|error| Lost::NotSent(error.to_string()))?;
        let mut request =
            self.client.post(url).header(CONTENT_TYPE, "application/json").header(ACCEPT, "application/json, application/problem+json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        if let Some(key) = &outgoing.key {
            request = request.header("Idempotency-Key", key);
        }
        let mut response = request.body(outgoing.body).send().await.map_err(|error| match error.is_connect() || error.is_builder() {
            true => Lost::NotSent(reason(&error)),
            false => Lost::NoAnswer(reason(&error)),
        })?;
        let header = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let is_problem = header(CONTENT_TYPE).is_some_and(|kind| kind.starts_with(PROBLEM_JSON));
        let retry_after = header(RETRY_AFTER).and_then(|value| value.parse().ok()).map(Duration::from_secs);
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| Lost::NoAnswer(reason(&error)))? {
            if body.len() + chunk.len() > LONGEST_REPLY {
                return Err(Lost::NoAnswer(format!("the answer is longer than {LONGEST_REPLY} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Incoming { status, is_problem, body, retry_after })
    }
}

impl Transport for Http {
    fn send(&self, outgoing: Outgoing) -> Sending<'_> {
        Box::pin(self.exchange(outgoing))
    }
}

/// The innermost cause; reqwest's own text only says that sending failed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
