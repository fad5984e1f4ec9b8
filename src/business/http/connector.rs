//! The operator's systems as a client of their HTTP interface.
//!
//! A request has a deadline. Within it what went unanswered is asked again after a growing, jittered pause, if asking again is safe: look-ups
//! that only read, changes because they carry their idempotency key. A wrong PIN counts each time, so it goes out once. After failures in
//! a row the breaker keeps everybody away for a while.

use super::breaker::{Breaker, Permit, Turned};
use super::transport::{Http, Incoming, Lost, Outgoing, Transport};
use super::wire;
use crate::business::{Failure, OPERATIONS, Operation, Operator, Reply, Request};
use crate::security::Token;
use crate::text::Record;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How patient the connector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long one attempt may take.
    pub attempt: Duration,
    /// How long all attempts may take together; less than a call's own patience of ten seconds.
    pub all: Duration,
    pub most_attempts: u32,
    /// The pause after the first attempt; it doubles with each, up to `longest_pause`.
    pub first_pause: Duration,
    pub longest_pause: Duration,
    /// Failures in a row that open the breaker.
    pub most_failures: u32,
    /// How long the breaker stays open before one request tries again.
    pub open_for: Duration,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            attempt: Duration::from_secs(3),
            all: Duration::from_secs(8),
            most_attempts: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(2),
            most_failures: 5,
            open_for: Duration::from_secs(10),
        }
    }
}

/// Why there is no connector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetUpError {
    /// Write another URL.
    #[error("{0}")]
    Url(String),
    /// Give another file.
    #[error("the certificate authority: {0}")]
    Authority(String),
}

/// What the connector did since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests of calls.
    pub requests: u64,
    /// Attempts beyond the first of a request.
    pub retries: u64,
    /// Attempts that failed: no answer, or the system said that it cannot.
    pub failures: u64,
    /// Times the breaker opened.
    pub opened: u64,
    /// Requests that the open breaker turned away.
    pub turned_away: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    retries: AtomicU64,
    failures: AtomicU64,
    opened: AtomicU64,
    turned_away: AtomicU64,
}

/// See the module's text.
pub struct HttpOperator {
    transport: Box<dyn Transport>,
    policy: Policy,
    breaker: Breaker,
    counters: Counters,
}

/// One attempt's end.
enum Attempt {
    /// It is settled, well or not.
    Over(Result<Record, Failure>),
    /// Nobody answered, or somebody said "later".
    Failed { was_sent: bool, wait: Option<Duration>, why: String },
}

impl HttpOperator {
    /// `base` is the address below which `v1/operations/` lies; `authority` a PEM file's content, for a certificate authority of the
    /// operator's own.
    pub fn new(base: &str, token: Option<&Token>, authority: Option<&[u8]>, policy: Policy) -> Result<HttpOperator, SetUpError> {
        let http = Http::new(operations_url(base)?, token, authority).map_err(SetUpError::Authority)?;
        Ok(HttpOperator::over(Box::new(http), policy))
    }

    pub(super) fn over(transport: Box<dyn Transport>, policy: Policy) -> HttpOperator {
        let breaker = Breaker::new(policy.most_failures, policy.open_for);
        HttpOperator { transport, policy, breaker, counters: Counters::default() }
    }

    pub fn figures(&self) -> Figures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Figures {
            requests: read(&self.counters.requests),
            retries: read(&self.counters.retries),
            failures: read(&self.counters.failures),
            opened: read(&self.counters.opened),
            turned_away: read(&self.counters.turned_away),
        }
    }

    async fn ask(&self, request: Request) -> Result<Record, Failure> {
        let operation = Operation::find(&request.operation).ok_or_else(|| Failure::Bad(format!("no operation {}", request.operation)))?;
        let key = key_of(operation, &request)?;
        let is_safe_to_repeat = operation.repeatable || key.is_some();
        let outgoing = Outgoing { operation: operation.name, body: wire::write_request(&request), key };
        count(&self.counters.requests);
        let deadline = Instant::now() + self.policy.all;
        for attempt in 1..=self.policy.most_attempts {
            let Some(permit) = self.breaker.admit() else {
                count(&self.counters.turned_away);
                return Err(Failure::Unavailable);
            };
            let (was_sent, wait, why) = match self.attempt(operation, &outgoing, permit, deadline).await {
                Attempt::Over(result) => return result,
                Attempt::Failed { was_sent, wait, why } => (was_sent, wait, why),
            };
            tracing::warn!(operation = operation.name, attempt, why, "the operator's system failed");
            let pause = wait.unwrap_or_default().max(self.pause(attempt));
            let is_hopeless = attempt == self.policy.most_attempts || Instant::now() + pause >= deadline;
            if is_hopeless || (was_sent && !is_safe_to_repeat) {
                break;
            }
            sleep(pause).await;
            count(&self.counters.retries);
        }
        Err(Failure::Unavailable)
    }

    async fn attempt(&self, operation: &'static Operation, outgoing: &Outgoing, permit: Permit<'_>, deadline: Instant) -> Attempt {
        let until = deadline.min(Instant::now() + self.policy.attempt);
        let result = timeout_at(until, self.transport.send(outgoing.clone())).await;
        let (was_sent, wait, why) = match result {
            Ok(Ok(incoming)) => match read(operation, &incoming) {
                Err(Failure::Unavailable) => (true, incoming.retry_after, format!("it answers {}", incoming.status)),
                settled => {
                    if permit.answered() == Turned::Closed {
                        tracing::info!("the operator's system answers again");
                    }
                    return Attempt::Over(settled);
                }
            },
            Ok(Err(lost)) => (matches!(lost, Lost::NoAnswer(_)), None, lost.to_string()),
            Err(_) => (true, None, "no answer in time".to_owned()),
        };
        count(&self.counters.failures);
        if permit.failed() == Turned::Open {
            count(&self.counters.opened);
            let seconds = self.policy.open_for.as_secs();
            tracing::error!(seconds, "the operator's system is left alone for a while: it failed too often in a row");
        }
        Attempt::Failed { was_sent, wait, why }
    }

    /// Between half and all of a time that doubles with each attempt, so that calls which failed together do not come back together.
    fn pause(&self, attempt: u32) -> Duration {
        let doubled = self.policy.first_pause.saturating_mul(2_u32.saturating_pow(attempt - 1));
        let longest = doubled.min(self.policy.longest_pause);
        longest.mul_f64(0.5 + 0.5 * fraction())
    }
}

impl Operator for HttpOperator {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn execute(&self, request: Request) -> Reply<'_> {
        Box::pin(self.ask(request))
    }
}

fn read(operation: &Operation, incoming: &Incoming) -> Result<Record, Failure> {
    if incoming.status == 200 {
        return wire::read_reply(operation, &incoming.body)
            .map_err(|what| Failure::Bad(format!("its answer to {}: {what}", operation.name)));
    }
    Err(wire::read_failure(operation, incoming.status, incoming.is_problem.then_some(&incoming.body)))
}

/// The key that goes out: a change must have one, and it must fit into a header.
fn key_of(operation: &Operation, request: &Request) -> Result<Option<String>, Failure> {
    let Some(key) = request.idempotency_key.clone().filter(|_| operation.changes) else {
        return match operation.changes {
            true => Err(Failure::Bad(format!("{} changes something and needs an idempotency key", operation.name))),
            false => Ok(None),
        };
    };
    let is_fit = key.len() <= wire::LONGEST_KEY && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') && key.trim() == key;
    if !is_fit || key.is_empty() {
        return Err(Failure::Bad("an idempotency key is 1 to 200 printable ASCII characters".to_owned()));
    }
    Ok(Some(key))
}

fn operations_url(base: &str) -> Result<reqwest::Url, SetUpError> {
    let fault = |what: &str| SetUpError::Url(format!("{what}; write it like https://crm.example.net/tingshuo"));
    let mut url = reqwest::Url::parse(base).map_err(|error| fault(&format!("not a URL: {error}")))?;
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        "http" => return Err(fault("plain http only to this machine, for PINs would be readable on the way")),
        _ => return Err(fault("the URL must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(fault("no name or password in the URL: give a token with --operator-token-file"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(fault("no ? and no # in the URL"));
    }
    let path = format!("{}/{}", url.path().trim_end_matches('/'), wire::OPERATIONS_PATH);
    url.set_path(&path);
    Ok(url)
}

fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// 0.0..1.0, different every time: the standard library seeds its hashers at random.
fn fraction() -> f64 {
    (RandomState::new().hash_one(0_u8) >> 11) as f64 / (1_u64 << 53) as f64
}
