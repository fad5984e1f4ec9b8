//! The server against clients that are wrong, strange or hostile.

use super::*;
use crate::business::{Fault, Faulty, Rule};
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

struct Answered {
    status: u16,
    kind: String,
    text: String,
}

async fn send(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    Answered { status: response.status().as_u16(), kind, text: response.text().await.unwrap() }
}

fn post(address: SocketAddr, operation: &str) -> reqwest::RequestBuilder {
    let url = format!("http://{address}/v1/operations/{operation}");
    reqwest::Client::new().post(url).bearer_auth(TOKEN).header("content-type", "application/json")
}

#[track_caller]
fn is_problem(answered: &Answered, status: u16, name: &str) {
    assert_eq!((answered.status, answered.kind.as_str()), (status, "application/problem+json"), "{}", answered.text);
    let problem: Json = serde_json::from_str(&answered.text).unwrap();
    assert_eq!(problem["type"], format!("urn:tingshuo:operator:{name}"));
    assert_eq!(problem["status"], status);
}

#[tokio::test]
async fn an_example_in_full() {
    let address = served(demo().await).await;
    let body = json!({"customer": "13800000001", "arguments": {"month": {"month": "2026-10"}}});
    let answered = send(post(address, "bill").body(body.to_string())).await;
    assert_eq!((answered.status, answered.kind.as_str()), (200, "application/json"));
    let json: Json = serde_json::from_str(&answered.text).unwrap();
    assert_eq!(json["reply"]["month"], json!({"month": "2026-10"}));
    assert!(json["reply"]["total"]["money"].as_i64().unwrap() > 0);
    let refused = send(post(address, "line_test").body(json!({"customer": "13800000003"}).to_string())).await;
    is_problem(&refused, 409, "refused");
    assert!(refused.text.contains("\"reason\":\"no_broadband\""));
    is_problem(&send(post(address, "balance").body(json!({"customer": "13900000099"}).to_string())).await, 404, "not-found");
}

#[tokio::test]
async fn only_who_has_the_token_comes_in() {
    let address = served(demo().await).await;
    let body = json!({"customer": "13800000001"}).to_string();
    let client = reqwest::Client::new();
    let to_balance =
        || client.post(format!("http://{address}/v1/operations/balance")).header("content-type", "application/json").body(body.clone());
    for request in [to_balance(), to_balance().bearer_auth("guess"), to_balance().basic_auth("a", Some(TOKEN))] {
        is_problem(&send(request).await, 401, "token");
    }
    assert_eq!(send(to_balance().bearer_auth(TOKEN)).await.status, 200);
    let description = send(client.get(format!("http://{address}/v1/openapi.json"))).await;
    assert_eq!(serde_json::from_str::<Json>(&description.text).unwrap(), crate::business::http::openapi::document());
}

#[tokio::test]
async fn wrong_requests_are_problems_that_repeat_nothing_secret() {
    let address = served(demo().await).await;
    let customer = json!({"customer": "13800000001"}).to_string();
    is_problem(&send(post(address, "make_coffee").body(customer.clone())).await, 404, "no-operation");
    is_problem(&send(post(address, "balance/13800000001").body(customer.clone())).await, 404, "no-operation");
    let get = reqwest::Client::new().get(format!("http://{address}/v1/operations/balance")).bearer_auth(TOKEN);
    is_problem(&send(get).await, 405, "wrong-method");
    let form = reqwest::Client::new().post(format!("http://{address}/v1/operations/balance")).bearer_auth(TOKEN).body("customer=1");
    is_problem(&send(form).await, 415, "wrong-content-type");
    is_problem(&send(post(address, "recharge").body(customer)).await, 400, "bad-request");
    is_problem(&send(post(address, "balance").body(vec![b' '; 17 * 1024])).await, 413, "too-long");
    let secrets = [
        r#"{"customer":"13800000001","arguments":{"pin":"246810"}}"#,
        r#"{"customer":"13800000001","arguments":{"pin":{"text":"246810"}}}"#,
        r#"{"customer":"13800000001","arguments":{"pin":{"246810":"digits"}}}"#,
        r#"{"customer":"13800000001x","arguments":{"pin":{"digits":"246810"}}}"#,
        r#"{"customer":"13800000001","246810":1}"#,
        r#"{"customer":"13800000001","arguments":246810}"#,
        r#"{"pin":"246810"#,
        r#"[246810]"#,
        "",
    ];
    for body in secrets {
        let answered = send(post(address, "verify_pin").body(body)).await;
        is_problem(&answered, 400, "bad-request");
        assert!(!answered.text.contains("246810") && !answered.text.contains("13800000001"), "{}", answered.text);
    }
}

#[tokio::test]
async fn bytes_that_are_no_http_harm_nobody() {
    let address = served(demo().await).await;
    for bytes in [&b"\x00\xff\xfe"[..], b"POST /v1/operations/balance HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: -1\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good an answer as a 400.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
    balance(&connected(address, patient()), "13800000001").await;
}

#[tokio::test]
async fn more_than_it_can_hold_are_told_to_come_back() {
    let never = Rule { fault: Fault::Slow(Duration::from_secs(3600)), operation: Some("points".into()), times: None };
    let server = Server::new(Arc::new(Faulty::new(demo().await, vec![never])), Token::parse(TOKEN));
    let places = server.places();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, server, std::future::pending()));
    let held = places.clone().acquire_many_owned(u32::try_from(places.available_permits()).unwrap()).await.unwrap();
    let body = json!({"customer": "13800000001"}).to_string();
    let full = post(address, "balance").body(body.clone()).send().await.unwrap();
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    drop(held);
    assert_eq!(send(post(address, "balance").body(body)).await.status, 200);
}
