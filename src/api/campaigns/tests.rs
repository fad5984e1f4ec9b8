//! Campaigns over HTTP, as another system asks for them.

use super::*;
use crate::line::networks::Networks;
use crate::outbound::Calendar;
use crate::outbound::office::Names;
use crate::security::{People, Role, SessionLimits, Token};
use crate::store::{Checks, Database, Ended, Found};
use axum::http::Method;
use jiff::civil::date;
use reqwest::Client;
use std::collections::BTreeSet;

const TOKEN: &str = "open-sesame";

/// The routes on a port of their own.
struct House {
    address: String,
    client: Client,
    database: Database,
}

impl House {
    async fn open() -> House {
        let database = Database::temporary().await.unwrap();
        let gate = Gate {
            people: People::new(database.clone(), SessionLimits::default()),
            token: Some((Token::parse(TOKEN).unwrap(), Role::Operator)),
            clock: crate::business::clock::fixed(date(2026, 11, 22).at(9, 30, 0, 0)),
            proxies: Networks::default(),
            has_desk: false,
        };
        let names = |name: &'static str| -> Names { Arc::new(move || vec![name.to_owned()]) };
        let office = Office {
            database: database.clone(),
            calendar: Arc::new(Calendar::built_in()),
            flows: names("welcome"),
            trunks: names("east"),
            callers: Arc::new(BTreeMap::from([("east".to_owned(), vec!["10001".to_owned()])])),
            rules: Arc::new(crate::outbound::trigger::built_in()),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/api/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes(&Arc::new(gate), office)).await });
        House { address, client: Client::builder().no_proxy().build().unwrap(), database }
    }

    async fn send(&self, method: Method, path: &str, key: &str, kind: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = self.client.request(method, format!("{}{path}", self.address)).bearer_auth(TOKEN);
        let request = if key.is_empty() { request } else { request.header("idempotency-key", key) };
        let reply = request.header("content-type", kind).body(body).send().await.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    /// A reply, held to its description.
    async fn ask(&self, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = self.send(method.clone(), path, key, "application/json", body).await;
        let value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if status < 300 && !value.is_null() {
            described(&method, path, &value);
        }
        (status, value)
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> Value {
        let (status, body) = self.ask(Method::POST, path, key, body).await;
        assert!(status < 300, "{path}: {status} {body}");
        body
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, "", Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    #[track_caller]
    fn refused((status, body): (u16, Value), expected: u16, says: &str) {
        assert_eq!(status, expected, "{body}");
        assert!(body["detail"].as_str().unwrap().contains(says), "{body}");
    }
}

/// Holds a reply to the OpenAPI document: nothing that must be there lacks, and nothing is there that is not described.
#[track_caller]
fn described(method: &Method, path: &str, value: &Value) {
    let document = crate::api::openapi::document();
    let parts = |path: &str| path.split('?').next().unwrap_or_default().split('/').map(str::to_owned).collect::<Vec<_>>();
    let asked = parts(&format!("/api/v1{path}"));
    let fits = |pattern: &str| {
        let pattern = parts(pattern);
        pattern.len() == asked.len() && pattern.iter().zip(&asked).all(|(known, part)| known.starts_with('{') || known == part)
    };
    let (_, route) = document["paths"].as_object().unwrap().iter().find(|(pattern, _)| fits(pattern)).unwrap();
    let responses = route[method.as_str().to_ascii_lowercase()]["responses"].as_object().unwrap();
    let success = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
    hold(&document, &success["content"]["application/json"]["schema"], &[value], path);
}

/// Objects that are all of one schema, together with what is in them.
#[track_caller]
fn hold(document: &Value, schema: &Value, values: &[&Value], place: &str) {
    let mut pending = vec![schema];
    let (mut required, mut properties, mut is_open) = (BTreeSet::new(), BTreeMap::new(), false);
    while let Some(schema) = pending.pop() {
        if let Some(reference) = schema["$ref"].as_str() {
            pending.push(document.pointer(reference.trim_start_matches('#')).unwrap());
        }
        pending.extend(schema["allOf"].as_array().into_iter().flatten());
        required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str));
        properties.extend(schema["properties"].as_object().into_iter().flatten());
        is_open |= schema["additionalProperties"].is_object();
        if schema["items"].is_object() {
            for value in values {
                for each in value.as_array().unwrap_or_else(|| panic!("{place}: no list")) {
                    hold(document, &schema["items"], &[each], place);
                }
            }
        }
    }
    for value in values {
        let Some(fields) = value.as_object() else { continue };
        for name in &required {
            assert!(fields.contains_key(*name), "{place}: {name} lacks in {value}");
        }
        for (name, field) in fields {
            match properties.get(name) {
                Some(schema) => hold(document, schema, &[field], &format!("{place}.{name}")),
                None => assert!(is_open, "{place}: {name} is not described"),
            }
        }
    }
}

fn bill() -> Value {
    json!({"name": "十一月账单", "flow": "welcome", "week": {"monday": "09:00-12:00", "sunday": "10:00-24:00"}, "per_minute": 30})
}

const LIST: &str = "手机号,金额\n13800000001,12.50\n12,1\n13800000002,=cmd()\n13800000001,2\n";

#[tokio::test]
async fn a_campaign_from_its_settings_to_its_results() {
    let house = House::open().await;
    let made = house.post("/campaigns", "k1", bill()).await;
    assert_eq!((&made["state"], &made["week"]["sunday"], &made["most_attempts"]), (&json!("draft"), &json!("10:00-24:00"), &json!(3)));
    assert_eq!(house.post("/campaigns", "k1", bill()).await, made, "once a key");
    let path = |what: &str| format!("/campaigns/{}{what}", made["id"]);

    let (status, preview) = house.send(Method::POST, &path("/preview"), "", "text/csv", LIST).await;
    let preview: Value = serde_json::from_str(&preview).unwrap();
    assert_eq!((status, &preview["good"], &preview["faulty"], &preview["variables"]), (200, &json!(3), &json!(1), &json!(["金额"])));
    assert_eq!(house.get(&path("/contacts")).await["contacts"], json!([]), "a preview keeps nothing");

    for _ in 0..2 {
        let (status, import) = house.send(Method::POST, &path("/contacts"), "k2", "text/csv", LIST).await;
        let import: Value = serde_json::from_str(&import).unwrap();
        described(&Method::POST, &path("/contacts"), &import);
        assert_eq!((status, &import["added"], &import["repeated"], &import["faulty"]), (201, &json!(2), &json!(1), &json!(1)));
        assert_eq!(import["faults"][0], json!({"line": 3, "kind": "no_number", "reason": "no telephone number"}));
    }
    let rows = json!({"contacts": [{"number": "13800000003", "variables": {"金额": "3"}}, {"number": "13800000004", "region": "mars"}]});
    let import = house.post(&path("/contacts"), "k3", rows).await;
    assert_eq!((&import["added"], &import["faults"][0]["line"]), (&json!(1), &json!(2)));
    let faults = house.send(Method::GET, &path(&format!("/imports/{}/faults", import["import"])), "", "", "").await.1;
    assert_eq!(faults, "line,reason\n2,the calendar has no region `mars`\n");
    assert_eq!(house.get(&path("/imports")).await["imports"].as_array().unwrap().len(), 2);

    assert_eq!(house.post(&path("/moves"), "k4", json!({"move": "start"})).await["state"], "running");
    assert_eq!(house.post(&path("/moves"), "k4", json!({"move": "start"})).await["state"], "running", "once a key");
    let id = made["id"].as_i64().unwrap();
    let checks = Checks { regions: &[String::new()], caps: &[] };
    let Found::Begun(begun) = house.database.contact_attempts().begin(id, &checks, Timestamp::now()).await.unwrap() else { panic!() };
    let ended = Ended { outcome: "completed", state: "done", next: None, answered_by: Some("human") };
    house.database.contact_attempts().end(begun.attempt, ended, Timestamp::now()).await.unwrap();

    let whole = house.get(&path("")).await;
    assert_eq!((&whole["progress"]["contacts"], &whole["progress"]["answered"]), (&json!(3), &json!(1)));
    assert!(whole["progress"]["ends"].is_string(), "{whole}");
    let steps: Vec<&str> = whole["history"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["started", "created"]);
    let contact = house.get(&path(&format!("/contacts/{}", begun.contact))).await;
    assert_eq!((&contact["customer"], &contact["calls"][0]["outcome"]), (&json!("138****0001"), &json!("completed")));
    assert_eq!(house.get(&path("/contacts?state=waiting&most=1")).await["contacts"][0]["customer"], "138****0002");
    let results = house.send(Method::GET, &path("/results"), "", "", "").await.1;
    assert!(
        results.starts_with("line,number,region,state,outcome,answered_by,attempts,variables\n2,138****0001,,done,completed,human,1,"),
        "{results}"
    );
    assert_eq!(results.lines().count(), 4);
    let copy = house.post(&path("/copy"), "k5", json!({"name": "十二月账单"})).await;
    assert_eq!((&copy["state"], &copy["per_minute"]), (&json!("draft"), &json!(30)));
    let everything = format!("{whole}{contact}{results}{preview}{import}");
    assert!(!everything.contains("13800000001") && !everything.contains("13800000002"), "no whole number goes out");
}

#[tokio::test]
async fn hours_are_told_by_region_and_narrowed() {
    let house = House::open().await;
    let made = house.post("/campaigns", "k1", json!({"name": "a", "flow": "welcome", "week": {"monday": "09:00-11:00"}})).await;
    let hours = house.get(&format!("/campaigns/{}/hours?days=14", made["id"])).await;
    let regions = hours["regions"].as_array().unwrap();
    assert_eq!(regions.iter().map(|region| region["region"].as_str().unwrap()).collect::<Vec<_>>(), ["", "xinjiang"]);
    let days = regions[0]["days"].as_array().unwrap();
    let open: Vec<&Value> = days.iter().filter(|day| day["hours"] != json!([])).collect();
    assert!(days.len() == 14 && open.len() <= 2 && open.iter().all(|day| day["hours"] == json!(["09:00-11:00"])), "{days:?}");
}

#[tokio::test]
async fn campaigns_change_until_they_run_and_are_listed_page_by_page() {
    let house = House::open().await;
    for n in 0..5 {
        house.post("/campaigns", &format!("k{n}"), json!({"name": format!("c{n}"), "flow": "welcome"})).await;
    }
    let (mut names, mut path) = (Vec::new(), "/campaigns?most=2".to_owned());
    loop {
        let page = house.get(&path).await;
        names.extend(page["campaigns"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_i64() else { break };
        path = format!("/campaigns?most=2&before={next}");
    }
    assert_eq!(names, ["c4", "c3", "c2", "c1", "c0"]);
    let change = json!({"name": "c9", "flow": "welcome", "trunk": "east", "most_attempts": 5});
    let (status, changed) = house.ask(Method::PUT, "/campaigns/1", "p1", change.clone()).await;
    assert_eq!((status, &changed["name"], &changed["most_attempts"], &changed["week"]), (200, &json!("c9"), &json!(5), &Value::Null));
    let scheduled = house.post("/campaigns/1/moves", "m1", json!({"move": "schedule", "at": "2030-01-07T09:00"})).await;
    assert_eq!((&scheduled["state"], &scheduled["starts"]), (&json!("scheduled"), &json!("2030-01-07T01:00:00Z")));
    house.post("/campaigns/1/moves", "m2", json!({"move": "start"})).await;
    House::refused(house.ask(Method::PUT, "/campaigns/1", "p2", change).await, 409, "pause it first");
    assert_eq!(house.get("/campaigns?state=running").await["campaigns"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn who_must_not_be_called_is_listed_and_taken_off_with_a_reason() {
    let house = House::open().await;
    house.post("/campaigns", "k1", bill()).await;
    let add = |campaign: Value| json!({"number": "138 0000 0001", "campaign": campaign, "reason": "客户来信"});
    for body in [add(Value::Null), add(json!(1)), add(json!(1))] {
        assert_eq!(house.ask(Method::POST, "/do-not-call", "", body).await.0, 204);
    }
    let list = house.get("/do-not-call").await;
    assert_eq!((&list["count"], &list["do_not_call"][0]["customer"]), (&json!(2), &json!("138****0001")));
    House::refused(
        house.ask(Method::POST, "/do-not-call/removals", "", json!({"number": "13800000001", "reason": " "})).await,
        400,
        "reason",
    );
    let removal = json!({"number": "13800000001", "reason": "客户改变了主意"});
    assert_eq!(house.ask(Method::POST, "/do-not-call/removals", "", removal.clone()).await.0, 204);
    House::refused(house.ask(Method::POST, "/do-not-call/removals", "", removal).await, 404, "not on the list");
    assert_eq!(house.get("/do-not-call").await["do_not_call"][0]["campaign"], 1);
    assert_eq!(house.ask(Method::POST, "/consents", "", json!({"number": "13800000001", "proof": "合同 7"})).await.0, 204);
    assert_eq!(house.ask(Method::POST, "/consents/withdrawals", "", json!({"number": "13800000001"})).await.0, 204);
    House::refused(house.ask(Method::POST, "/consents/withdrawals", "", json!({"number": "13800000001"})).await, 404, "no consent");
    House::refused(
        house.ask(Method::POST, "/do-not-call", "", json!({"number": "13800000001", "campaign": 9, "reason": "x"})).await,
        404,
        "no such campaign",
    );
}

#[tokio::test]
async fn an_event_leads_to_one_call() {
    let house = House::open().await;
    let tomorrow = Zoned::now().date().tomorrow().unwrap().to_string();
    let event =
        json!({"event": "bill_due", "customer": "13800000001", "date": tomorrow, "amount": "12.50", "variables": {"name": "王先生"}});
    assert_eq!(house.post("/events", "", event.clone()).await["effects"][0]["became"], "no_campaign");
    house.post("/campaigns", "k1", json!({"name": "账单到期提醒", "flow": "welcome"})).await;
    for became in ["waits", "before"] {
        assert_eq!(house.post("/events", "", event.clone()).await["effects"][0]["became"], became);
    }
    let contacts = house.get("/campaigns/1/contacts").await;
    assert_eq!(contacts["contacts"][0]["variables"]["name"], "王**", "names are for who speaks with customers");
    assert_eq!(contacts["contacts"].as_array().unwrap().len(), 1);
    House::refused(house.ask(Method::POST, "/events", "", json!({"event": "bill_due", "customer": "1"})).await, 400, "needs `date`");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_done() {
    let house = House::open().await;
    let post = async |key: &'static str, body: Value| house.ask(Method::POST, "/campaigns", key, body).await;
    let with = |name: &str, value: Value| {
        let mut body = bill();
        body[name] = value;
        body
    };
    House::refused(post("", bill()).await, 400, "Idempotency-Key");
    House::refused(post("k", with("flow", json!("x"))).await, 400, "no flow `x` begins calls; there are: welcome");
    House::refused(post("k", with("trunk", json!("west"))).await, 400, "there are: east");
    House::refused(post("k", with("per_minute", json!(0))).await, 400, "1 to 6000");
    House::refused(post("k", with("week", json!({"someday": "09:00-10:00"}))).await, 400, "there is no day \"someday\"");
    House::refused(post("k", with("week", json!({"monday": "9-10"}))).await, 400, "write 09:00-18:00");
    House::refused(post("k", with("colour", json!("red"))).await, 400, "unknown field `colour`");
    assert_eq!(house.get("/campaigns").await["campaigns"], json!([]));
    post("k", bill()).await;
    House::refused(post("k", with("name", json!("b"))).await, 422, "something else");
    House::refused(post("l", bill()).await, 409, "choose another name");
    let ask = async |path: &str, key: &str, body: Value| house.ask(Method::POST, path, key, body).await;
    House::refused(ask("/campaigns/1/moves", "m", json!({"move": "fly"})).await, 400, "there are schedule, start");
    House::refused(ask("/campaigns/1/moves", "m", json!({"move": "schedule"})).await, 400, "when is it to start");
    House::refused(ask("/campaigns/1/moves", "m", json!({"move": "schedule", "at": "soon"})).await, 400, "2026-11-22");
    House::refused(ask("/campaigns/1/moves", "m", json!({"move": "pause"})).await, 409, "cannot be paused");
    House::refused(ask("/campaigns/9/moves", "m", json!({"move": "pause"})).await, 404, "no such campaign");
    House::refused(ask("/campaigns/x/copy", "m", json!({"name": "c"})).await, 404, "no such campaign");
    House::refused(house.ask(Method::GET, "/campaigns/1/contacts/5", "", Value::Null).await, 404, "no such contact");
    House::refused(house.ask(Method::GET, "/campaigns/1/imports/5/faults", "", Value::Null).await, 404, "no such import");
    House::refused(house.ask(Method::GET, "/campaigns?state=lost", "", Value::Null).await, 400, "there is no state \"lost\"");
    let (status, told) = house.send(Method::POST, "/campaigns/1/contacts", "c", "text/csv", "name,age\n").await;
    assert!(status == 400 && told.contains("among: name, age"), "{told}");
}
