//! Customers' data on every page and in every answer of the real program, as each role: an invented number stands nowhere in the clear, and a name and an
//! address only for who speaks with customers.

use super::access::{FORM, PASSWORD, Visitor, add};
use super::desk::rules;
use super::live::{Service, hears};
use super::program::Folder;
use jiff::Zoned;
use jiff::civil::DateTime;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tingshuo::api::access::TABLE;
use tingshuo::care::{Draft, Handbook, WorkOrders};
use tingshuo::security::Role;
use tingshuo::store::{CallEvent, CallOutcome, Database, Ending, NewAnswer, NewCall, Turn};
use tingshuo::text::{Lang, PhoneNumber, Record, Value};

const NUMBER: &str = "13912345678";
const MASKED: &str = "139****5678";
/// Of the caller who is on the line.
const LIVE: &str = "13800000001";
const NAME: &str = "欧阳清风";
const ADDRESS: &str = "青石路18号3单元";

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn record(fields: &[(&str, Value)]) -> Record {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn now() -> DateTime {
    Zoned::now().datetime()
}

/// A call, its question that nobody could answer, an order and a score, all with the customer's data wherever there is room for it.
async fn seed(service: &Service) -> String {
    let database = Database::open(&service.folder.join("calls.db")).await.unwrap();
    let number = PhoneNumber::parse(NUMBER).unwrap();
    let fields =
        record(&[("name", text(NAME)), ("address", text(ADDRESS)), ("number", Value::Phone(number.clone())), ("text", text(NUMBER))]);
    let calls = database.calls();
    calls.open(NewCall { id: "call-1", edition: "e", caller: Some(&number), lang: Lang::Zh, opened: now(), is_test: false }).await.unwrap();
    let words = format!("请打{NUMBER}");
    let turn =
        Turn { n: 1, heard: words.clone(), decision: "accept".into(), slots: fields.clone(), said: words.clone(), ..Turn::default() };
    calls.put_turn("call-1", &turn).await.unwrap();
    for (kind, field) in [("said_began", "text"), ("talked", "text"), ("wrapped_up", "note")] {
        let detail = record(&[(field, text(&words)), ("prompt", text("open"))]);
        calls.add_event("call-1", &CallEvent { at_ms: 900, kind: kind.into(), detail }).await.unwrap();
    }
    calls.close("call-1", &Ending { outcome: CallOutcome::Completed, closed: now() }).await.unwrap();
    database.unanswered().note(&format!("{NUMBER}是谁的"), Lang::Zh, now().date(), "call-1").await.unwrap();
    let handbook = Handbook::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("care")).unwrap();
    let draft = Draft {
        class: "complaint".into(),
        customer: Some(number),
        call_id: Some("call-1".into()),
        text: words.clone(),
        details: fields.clone(),
        ..Draft::default()
    };
    let order = WorkOrders::new(database.clone(), Arc::new(handbook)).open(draft, "seed", now()).await.unwrap();
    let answer = NewAnswer {
        survey: "service",
        key: "seed",
        call: "call-1",
        about: Some(&order.number),
        customer: None,
        score: "3",
        details: &record(&[("comment", text(&words))]),
        at: now(),
    };
    database.surveys().keep(answer).await.unwrap();
    order.number
}

async fn post(system: &Visitor, path: &str, key: &str, body: Json) -> Json {
    let request = system.ask(Method::POST, &format!("/api/v1{path}")).header("idempotency-key", key).body(body.to_string());
    let answer = request.header("content-type", "application/json").send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

/// A campaign with a list, an event and a refusal, as another system brings them.
async fn seed_campaigns(system: &Visitor, order: &str) {
    post(system, "/campaigns", "a", json!({ "name": "账单到期提醒", "flow": "bill_due" })).await;
    let variables = json!({ "name": NAME, "address": ADDRESS, "备用电话": NUMBER, "amount": "12.50", "due": "2026-12-03" });
    let rows = json!({ "contacts": [{ "number": NUMBER, "variables": variables.clone() }, { "number": format!("{NUMBER}x{NUMBER}") }] });
    post(system, "/campaigns/1/contacts", "b", rows).await;
    let tomorrow = Zoned::now().date().tomorrow().unwrap().to_string();
    // The same customer is the same contact, with what the event tells.
    let event = json!({ "event": "bill_due", "customer": NUMBER, "date": tomorrow, "amount": "12.50", "variables": variables });
    post(system, "/events", "", event).await;
    post(system, "/do-not-call", "c", json!({ "number": NUMBER, "reason": format!("来信 {NUMBER}") })).await;
    post(system, &format!("/work-orders/{order}/comments"), "d", json!({ "text": format!("已联系{NUMBER}") })).await;
}

/// What is sent, or of what is sent for ever the beginning.
async fn body(mut answer: Response) -> String {
    let is_stream = answer.headers().get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_stream {
        return String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned();
    }
    let first = tokio::time::timeout(Duration::from_secs(20), answer.chunk()).await.expect("something is sent").unwrap();
    String::from_utf8_lossy(&first.unwrap_or_default()).into_owned()
}

/// Everything that a visitor reads, by its path.
async fn read_all(visitor: &Visitor, role: Role, order: &str, live: &str) -> BTreeMap<String, String> {
    let mut read = BTreeMap::new();
    for rule in TABLE.iter().filter(|rule| rule.method == Method::GET && rule.who.lets_in(role) && rule.path != "/desk/line") {
        let id = match rule.path {
            path if path.starts_with("/console/live/") => live,
            path if path.starts_with("/console/calls/") => "call-1",
            _ => "1",
        };
        let path = rule.path.replace("{number}", order).replace("{id}", id).replace("{list}", "1");
        let path = path.replace("{contact}", "1").replace("{import}", "1").replace("{name}", "bill").replace("{asset}", "call.css");
        let answer = visitor.ask(Method::GET, &path).header("accept", "text/html").send().await.unwrap();
        if answer.status() == StatusCode::OK {
            read.insert(path, body(answer).await);
        }
    }
    let typed = format!(
        "form_token={}&number={NUMBER}&q={NUMBER}&where=calls&event=bill_due&customer={NUMBER}&amount=1&date=2026-12-03",
        visitor.form_token
    );
    for path in
        ["/console/customers", "/console/search", "/console/do-not-call/search", "/console/campaigns/1/search", "/console/triggers/trial"]
    {
        let answer = visitor.ask(Method::POST, path).header("content-type", FORM).body(typed.clone()).send().await.unwrap();
        let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
        read.insert(format!("POST {path}"), format!("{to}\n{}", body(answer).await));
    }
    // A number among words is found, and is no more in the address than one alone.
    let typed = format!("form_token={}&q=billing+{NUMBER}+call&where=calls", visitor.form_token);
    let answer = visitor.ask(Method::POST, "/console/search").header("content-type", FORM).body(typed).send().await.unwrap();
    let to = answer.headers().get("location").unwrap().to_str().unwrap().to_owned();
    assert!(to.contains("customer=") && to.ends_with("&q=billing+call"), "{to}");
    read.insert("POST /console/search, with words".to_owned(), to);
    // The beginning of a call's id, up to its time, is no number.
    let typed = format!("form_token={}&q={}&where=orders", visitor.form_token, live.get(..15).unwrap());
    let answer = visitor.ask(Method::POST, "/console/search").header("content-type", FORM).body(typed).send().await.unwrap();
    assert_eq!(answer.headers().get("location").unwrap(), format!("/console/calls/{live}").as_str());
    read
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_reads_a_number_and_a_name_is_for_who_speaks_with_customers() {
    let folder = Folder::new();
    let service = Service::start(&format!("most = 2\nhearing = 0\n[desk]\nrules = {:?}", rules(&folder)));
    let order = seed(&service).await;
    seed_campaigns(&Visitor::system(&service), &order).await;
    let mut caller = service.softphone().await;
    hears(&mut caller, "人工请按零").await;
    let mut names = BTreeMap::new();
    for role in Role::ALL {
        add(&service, role.name(), role);
        let visitor = Visitor::sign_in(&service, role.name(), PASSWORD).await.unwrap();
        let page = body(visitor.ask(Method::GET, "/console/live").header("accept", "text/html").send().await.unwrap()).await;
        let live = page.split("call=").nth(1).map(|rest| rest.split(['"', '&']).next().unwrap().to_owned()).expect("the live call");
        let read = read_all(&visitor, role, &order, &live).await;
        for (path, text) in &read {
            assert!(!text.contains(NUMBER), "{} reads {NUMBER} at {path}", role.name());
            // A flow is tried there as one of the demonstration's customers, and this caller is one.
            assert!(path == "/console/trial" || !text.contains(LIVE), "{} reads {LIVE} at {path}", role.name());
        }
        let shows = |what: &str| read.iter().filter(|(_, text)| text.contains(what)).map(|(path, _)| path.clone()).collect::<Vec<_>>();
        let order_pages = [format!("/api/v1/work-orders/{order}"), format!("/console/orders/{order}"), "/console/calls/call-1".to_owned()];
        for path in &order_pages {
            assert!(read.contains_key(path) && shows(MASKED).contains(path), "{}: {path} has nothing to mask", role.name());
        }
        names.insert(role.name(), (shows(NAME), shows(ADDRESS)));
        if role != Role::Agent {
            for path in
                ["/console/campaigns/1/contacts", "/api/v1/campaigns/1/contacts/1", "/console/campaigns/1/results", "/api/v1/do-not-call"]
            {
                assert!(
                    shows(MASKED).iter().any(|shown| shown == path),
                    "{}: {path} has nothing to mask: {:?}",
                    role.name(),
                    read.get(path)
                );
            }
        }
    }
    for role in [Role::Operator, Role::Admin] {
        assert_eq!(names[role.name()], (Vec::new(), Vec::new()), "{} reads names or addresses", role.name());
    }
    for (role, path) in [(Role::Agent, "/console/calls/call-1"), (Role::Supervisor, "/console/campaigns/1/contacts")] {
        let (name, address) = &names[role.name()];
        let is_shown = |shown: &Vec<String>| shown.iter().any(|shown| shown == path);
        assert!(is_shown(name) && is_shown(address), "{} cannot read what it needs: {name:?} {address:?}", role.name());
    }
    caller.close(None).await.unwrap();
}
