//! The connector against systems that are dead, silent, broken, or die in the middle of a change.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn hasty() -> Policy {
    let (attempt, all) = (Duration::from_millis(50), Duration::from_millis(200));
    Policy { attempt, all, first_pause: Duration::from_millis(1), ..Policy::default() }
}

/// Says the same bytes to everybody, and counts them.
async fn parrot(answer: Vec<u8>) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_message(&mut stream).await;
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(&answer).await;
        }
    });
    (address, asked)
}

/// One whole request or answer with its body, as bytes.
async fn read_message(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return bytes;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return bytes,
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

fn http(status: &str, kind: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

async fn ask_balance(address: SocketAddr, policy: Policy) -> Result<Record, Failure> {
    connected(address, policy).execute(ask("13800000001", "balance", Record::new(), None)).await
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(ask_balance(address, patient()).await, Err(Failure::Unavailable));
}

#[tokio::test]
async fn somebody_who_never_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    assert_eq!(ask_balance(address, hasty()).await, Err(Failure::Unavailable));
    drop(listener);
}

#[tokio::test]
async fn answers_that_are_none() {
    for (answer, says) in [
        (http("200 OK", "text/html", "<h1>Welcome to the hotel's wireless</h1>"), "not JSON"),
        (http("200 OK", "application/json", "{}"), "no reply"),
        (http("200 OK", "application/json", r#"{"reply":{"balance":{"money":1}}}"#), "lacks in_arrears"),
        (http("200 OK", "application/json", r#"{"reply":{"balance":128.5}}"#), "balance: not an object"),
        (
            http(
                "200 OK",
                "application/json",
                r#"{"reply":{"balance":{"text":"¥1"},"in_arrears":{"flag":true},"owed":{"money":1},"at":{"moment":"2026-11-22T09:30:00"}}}"#,
            ),
            "balance is not money",
        ),
        (http("302 Found\r\nlocation: http://example.net/", "text/html", ""), "redirect"),
        (http("404 Not Found", "text/html", "nginx"), "is the URL right"),
        (http("401 Unauthorized", "text/html", ""), "token"),
        (http("418 I'm a teapot", "text/html", ""), "418"),
        (http("409 Conflict", "application/problem+json", r#"{"type":"urn:tingshuo:operator:refused","reason":"mood"}"#), "no flow knows"),
    ] {
        let (address, asked) = parrot(answer).await;
        bad(ask_balance(address, patient()).await, says);
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{says}: asking again would not help");
    }
}

#[tokio::test]
async fn answers_that_say_later_or_break_off() {
    let endless =
        [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n".to_vec(), vec![b' '; 300 * 1024]].concat();
    for answer in [
        http("500 Oops", "text/html", "at Foo.java:12"),
        http("503 Later", "text/html", ""),
        b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"reply\"".to_vec(),
        b"no HTTP at all".to_vec(),
        Vec::new(),
        endless,
    ] {
        let (address, asked) = parrot(answer).await;
        assert_eq!(ask_balance(address, patient()).await, Err(Failure::Unavailable));
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }
}

/// Stands between a client and the server at `to`: the first `lost` answers never arrive, although the server has done the work.
/// Counts those.
async fn answers_lost(to: SocketAddr, lost: usize) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let done = Arc::new(AtomicUsize::new(0));
    let counter = done.clone();
    tokio::spawn(async move {
        for n in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let request = read_message(&mut client).await;
            let mut server = TcpStream::connect(to).await.unwrap();
            server.write_all(&request).await.unwrap();
            let answer = read_message(&mut server).await;
            if n < lost {
                counter.fetch_add(usize::from(answer.starts_with(b"HTTP/1.1 200")), Ordering::SeqCst);
                continue;
            }
            let _ = client.write_all(&answer).await;
        }
    });
    (address, done)
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_done_once() {
    let customer = "13800000003";
    let server = served(demo().await).await;
    let straight = connected(server, patient());
    let Value::Money(before) = balance(&straight, customer).await else { panic!() };
    let after = Value::Money(Money(before.0 + 5_000));
    let (address, lost) = answers_lost(server, 2).await;
    let lossy = connected(address, patient());
    let reply = lossy.execute(ask(customer, "recharge", fifty(), Some("pay-1"))).await.unwrap();
    assert_eq!(reply["balance"], after);
    assert_eq!((lossy.figures().retries, lost.load(Ordering::SeqCst)), (2, 2));
    assert_eq!(balance(&straight, customer).await, after, "paid in three times, credited once");
}

#[tokio::test]
async fn a_change_that_stays_unknown_can_be_asked_for_again_later() {
    let customer = "13800000003";
    let server = served(demo().await).await;
    let straight = connected(server, patient());
    let Value::Money(before) = balance(&straight, customer).await else { panic!() };
    let (address, lost) = answers_lost(server, usize::MAX).await;
    let lossy = connected(address, patient());
    assert_eq!(lossy.execute(ask(customer, "recharge", fifty(), Some("pay-1"))).await, Err(Failure::Unavailable));
    assert_eq!(lost.load(Ordering::SeqCst), 3, "it was done");
    let reply = straight.execute(ask(customer, "recharge", fifty(), Some("pay-1"))).await.unwrap();
    assert_eq!(reply["balance"], Value::Money(Money(before.0 + 5_000)));
    assert_eq!(balance(&straight, customer).await, reply["balance"]);
}

#[track_caller]
fn url_refused(url: &str, says: &str) {
    match HttpOperator::new(url, None, None, Policy::default()) {
        Err(error) => assert!(error.to_string().contains(says), "{error}"),
        Ok(_) => panic!("{url} was taken"),
    }
}

#[test]
fn urls_that_would_give_something_away_are_refused() {
    url_refused("crm.example.net", "not a URL");
    url_refused("http://crm.example.net", "plain http");
    url_refused("http://10.0.0.7:8080", "plain http");
    url_refused("ftp://crm.example.net", "https://");
    url_refused("https://me:secret@crm.example.net", "no name or password");
    url_refused("https://crm.example.net/?key=secret", "no ?");
    for url in ["https://crm.example.net/a/b/", "http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"] {
        assert!(HttpOperator::new(url, None, None, Policy::default()).is_ok(), "{url}");
    }
    let no_certificate = HttpOperator::new("https://crm.example.net", None, Some(b"hello"), Policy::default());
    assert!(no_certificate.is_err());
}
