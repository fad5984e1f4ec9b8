//! A campaign before customers are called, with the real program: what it says is read and heard, and a telephone of the house is called as a test.

use super::access::add;
use super::desk::{Agent, record, rules};
use super::live::Service;
use super::program::Folder;
use super::sip::exchange::Exchange;
use super::sip::phone::{PATIENCE, free_ports};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use std::io::Cursor;
use tingshuo::audio::wav;
use tingshuo::security::Role;

const HOUSE: &str = "13900000009";

/// The program as another system sees it.
struct Office {
    service: Service,
    client: Client,
}

impl Office {
    /// With a trunk to `exchange`, on a Monday at ten.
    fn open(exchange: &Exchange, outbound: &str) -> Office {
        let ports = free_ports();
        let configuration = format!(
            "hearing = 2\n[outbound]\n{outbound}\n[sip]\nlisten = [\"udp:127.0.0.1:0\"]\nmedia_ports = [{}, {}]\n[sip.trunks.main]\nserver = \"udp:{}\"\ndomain = \"pbx.example\"\nnumber = \"10086\"\nnumbers = [\"10001\"]\n",
            ports.start(),
            ports.end(),
            exchange.address
        );
        let service = Service::start_with(&configuration, &["--clock-from", "2026-11-30T10:00+08"]);
        Office { service, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn send(&self, method: Method, path: &str, key: &str, body: Value) -> (StatusCode, Vec<u8>) {
        let request = self.client.request(method, format!("http://{}/api/v1/{path}", self.service.http())).bearer_auth("open-sesame");
        let reply = request.header("idempotency-key", key).body(body.to_string()).send().await.unwrap();
        (reply.status(), reply.bytes().await.unwrap().to_vec())
    }

    async fn ask(&self, method: Method, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        let (status, bytes) = self.send(method, path, key, body).await;
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, value) = self.ask(Method::GET, path, "", Value::Null).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    /// The newest test call, once it is over.
    async fn over(&self) -> Value {
        let look = async {
            loop {
                let told = self.get("campaigns/1/test-calls").await;
                if told["test_calls"][0]["ended"].is_string() {
                    return told["test_calls"][0].clone();
                }
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.expect("the end of the test call")
    }
}

fn told(more: Value) -> Value {
    let mut body = json!({ "variables": { "name": "王先生", "amount": "128.50", "due": "2026-12-03" } });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_campaign_is_heard_and_tested_before_customers_are_called() {
    let mut exchange = Exchange::open().await;
    let office = Office::open(&exchange, &format!("test_numbers = [\"{HOUSE}\"]"));
    let post = Method::POST;
    let (status, campaign) =
        office.ask(post.clone(), "campaigns", "a", json!({ "name": "账单", "flow": "bill_due", "caller": "10001" })).await;
    assert_eq!(status, StatusCode::CREATED, "{campaign}");

    let (status, words) = office.ask(post.clone(), "campaigns/1/opening", "", told(json!({}))).await;
    assert_eq!(status, StatusCode::OK, "{words}");
    let text = |part: &str| words[part].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("|");
    assert!(text("first").contains("听说电信") && text("first").contains("王先生"), "{words}");
    assert!(text("then").contains("128.50") || text("then").contains("一百二十八"), "{words}");
    let (status, refused) = office.ask(post.clone(), "campaigns/1/opening", "", json!({ "variables": { "name": "王先生" } })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(refused["detail"].as_str().unwrap().contains("`amount` is missing"), "{refused}");
    let (status, file) = office.send(post.clone(), "campaigns/1/opening/sound", "", told(json!({}))).await;
    assert_eq!(status, StatusCode::OK);
    let sound = wav::read_from(Cursor::new(file)).unwrap();
    let seconds = sound.samples.len() as f32 / sound.rate_hz as f32;
    assert!(seconds > 5.0 && sound.samples.iter().any(|sample| sample.abs() > 0.1), "{seconds} s");

    let call = |number: &str, key: &'static str| {
        let body = told(json!({ "number": number }));
        office.ask(Method::POST, "campaigns/1/test-calls", key, body)
    };
    let (status, refused) = call("13800000001", "b").await;
    assert_eq!(status, StatusCode::FORBIDDEN, "{refused}");
    let (status, asked) = call(HOUSE, "c").await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    assert_eq!(asked["number"], "139****0009");
    assert_eq!(call(HOUSE, "c").await.1["id"], asked["id"], "the same key is the same call");
    let invite = exchange.asked("INVITE").await;
    assert!(invite.0.starts_with("INVITE sip:13900000009@pbx.example SIP/2.0\r\n"), "{}", invite.0);
    assert!(invite.header("From").unwrap().starts_with("<sip:10001@pbx.example>;tag="), "the campaign's number is shown: {}", invite.0);
    let (status, refused) = call(HOUSE, "d").await;
    assert_eq!((status, refused["detail"].as_str()), (StatusCode::CONFLICT, Some("a test call is under way; wait until it is over")));
    exchange.reply(&invite, 180, "", "").await;
    exchange.reply(&invite, 200, "", &exchange.answer("8 101")).await;
    exchange.asked("ACK").await;
    let mut packet = [0; 400];
    exchange.sound.recv_from(&mut packet).await.unwrap();
    // No more such calls, says who tests it: he is heard, and on no list.
    exchange.ask(&invite, "INFO", 1, "Content-Type: application/dtmf\r\n", "9").await;
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 200, "", "").await;
    let over = office.over().await;
    assert_eq!(over["outcome"], "opted_out", "{over}");
    assert!(over["call"].is_string(), "{over}");
    assert_eq!(office.get("do-not-call").await["count"], 0);
    let progress = &office.get("campaigns/1").await["progress"];
    assert_eq!((&progress["dialled"], &progress["contacts"]), (&json!(0), &json!(0)));

    // A number that the trunk does not have is not shown, and a copy keeps the one that it has.
    let (status, refused) =
        office.ask(post.clone(), "campaigns", "g", json!({ "name": "套餐", "flow": "plan_end", "caller": "95533" })).await;
    assert!(
        status == StatusCode::BAD_REQUEST
            && refused["detail"].as_str().unwrap().contains("does not show the number 95533; it shows: 10086, 10001"),
        "{refused}"
    );
    assert_eq!(office.ask(post.clone(), "campaigns/1/copy", "h", json!({ "name": "账单 2" })).await.1["caller"], "10001");

    // Who is on the list is not called for tests either.
    let refusal = json!({ "number": HOUSE, "reason": "letter" });
    assert_eq!(office.ask(post, "do-not-call", "e", refusal).await.0, StatusCode::NO_CONTENT);
    let (status, refused) = call(HOUSE, "f").await;
    assert!(status == StatusCode::CONFLICT && refused["detail"].as_str().unwrap().contains("do-not-call list"), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_call_asks_for_nobody_at_the_desk() {
    let (mut exchange, folder) = (Exchange::open().await, Folder::new());
    let office = Office::open(&exchange, &format!("test_numbers = [\"{HOUSE}\"]\n[desk]\nrules = {:?}", rules(&folder)));
    add(&office.service, "an", Role::Agent);
    let (mut an, _) = Agent::ready(&office.service, "an").await;
    let post = Method::POST;
    office.ask(post.clone(), "campaigns", "a", json!({ "name": "账单", "flow": "bill_due" })).await;
    let (status, asked) = office.ask(post, "campaigns/1/test-calls", "b", told(json!({ "number": HOUSE }))).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{asked}");
    let invite = exchange.take("8 101").await;
    let mut packet = [0; 400];
    exchange.sound.recv_from(&mut packet).await.unwrap();
    exchange.ask(&invite, "INFO", 1, "Content-Type: application/dtmf\r\n", "0").await;
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 200, "", "").await;
    let call = office.over().await["call"].as_str().unwrap().to_owned();
    let record = record(&office.service, &call).await;
    let failed = record.events.iter().find(|event| event.kind == "transfer_failed").expect("that nobody was asked");
    assert!(format!("{:?}", failed.detail).contains("\"test\""), "{failed:?}");
    let said = |words: &str| record.events.iter().any(|event| format!("{:?}", event.detail).contains(words));
    assert!(said("这是试拨，不转人工") && !record.events.iter().any(|event| event.kind == "queued"), "{:?}", record.events);
    // The agent saw nothing of it.
    an.say("away");
    let view = an.does("away").await;
    assert_eq!((&view["queue"], &view["call"]), (&json!([]), &Value::Null));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_numbers_or_a_trunk_it_is_said_what_is_missing() {
    let exchange = Exchange::open().await;
    let office = Office::open(&exchange, "");
    office.ask(Method::POST, "campaigns", "a", json!({ "name": "账单", "flow": "bill_due" })).await;
    let (status, refused) = office.ask(Method::POST, "campaigns/1/test-calls", "b", told(json!({ "number": HOUSE }))).await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && refused["detail"].as_str().unwrap().contains("test_numbers"), "{refused}");
    let service = Service::start("hearing = 0");
    let office = Office { service, client: Client::builder().no_proxy().build().unwrap() };
    office.ask(Method::POST, "campaigns", "a", json!({ "name": "账单", "flow": "bill_due" })).await;
    let (status, refused) = office.ask(Method::POST, "campaigns/1/test-calls", "b", told(json!({ "number": HOUSE }))).await;
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && refused["detail"].as_str().unwrap().contains("sip.trunks"), "{refused}");
}
