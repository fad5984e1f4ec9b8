//! Connector and server together over loopback, and each alone against an other side that misbehaves.

mod policy;
mod served;
mod wires;

use super::{HttpOperator, Policy, Server, serve};
use crate::business::contract::{self, ask, with};
use crate::business::{DemoOperator, Failure, OPERATIONS, Operator, clock};
use crate::security::Token;
use crate::store::Database;
use crate::text::{Digits, Money, Record, Value};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

const TOKEN: &str = "a-token-for-tests";

async fn demo() -> DemoOperator {
    DemoOperator::new(Database::temporary().await.unwrap(), clock::fixed(contract::now()))
}

/// Serves on a free port for as long as the test runs.
async fn served(operator: impl Operator + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, Server::new(Arc::new(operator), Token::parse(TOKEN)), std::future::pending()));
    address
}

/// As patient as a slow machine needs, but quick to ask again.
fn patient() -> Policy {
    Policy { attempt: Duration::from_secs(60), all: Duration::from_secs(120), first_pause: Duration::from_millis(1), ..Policy::default() }
}

fn connected(address: SocketAddr, policy: Policy) -> HttpOperator {
    HttpOperator::new(&format!("http://{address}"), Token::parse(TOKEN).as_ref(), None, policy).unwrap()
}

fn fifty() -> Record {
    with("amount", Value::Money(Money(5_000)))
}

fn pin(digits: &str) -> Record {
    with("pin", Value::Digits(Digits::parse(digits).unwrap()))
}

async fn balance(operator: &dyn Operator, customer: &str) -> Value {
    operator.execute(ask(customer, "balance", Record::new(), None)).await.unwrap()["balance"].clone()
}

#[tokio::test]
async fn the_contract_holds_over_http() {
    contract::holds(&connected(served(demo().await).await, patient())).await;
}

#[test]
fn what_counts_attempts_is_never_repeated() {
    let counting = OPERATIONS.iter().filter(|operation| operation.gives.contains(&"attempts_left"));
    assert!(counting.clone().count() > 0);
    assert!(counting.clone().all(|operation| !operation.repeatable), "mark what counts in the table: {:?}", counting.collect::<Vec<_>>());
    assert!(OPERATIONS.iter().all(|operation| !(operation.changes && operation.repeatable)));
}

#[track_caller]
fn bad(result: Result<Record, Failure>, says: &str) {
    match result {
        Err(Failure::Bad(reason)) => assert!(reason.contains(says), "{reason}"),
        other => panic!("{other:?}"),
    }
}

/// Where a subscriber writes to.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_number_and_no_pin_is_logged_however_much_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let _until_the_end = tracing::subscriber::set_default(subscriber);
    let operator = connected(served(demo().await).await, patient());
    for digits in ["246810", "975310"] {
        operator.execute(ask("13800000001", "verify_pin", pin(digits), None)).await.unwrap();
    }
    bad(operator.execute(ask("13800000001", "verify_pin", with("pin", Value::Text("864209".into())), None)).await, "400");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let lost = connected(nobody, patient()).execute(ask("13800000001", "verify_pin", pin("135790"), None)).await;
    assert_eq!(lost, Err(Failure::Unavailable));
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("verify_pin") && logged.contains("the operator's system failed"), "{logged}");
    for secret in ["13800000001", "246810", "975310", "864209", "135790", TOKEN] {
        assert!(!logged.contains(secret), "{secret} in {logged}");
    }
}
