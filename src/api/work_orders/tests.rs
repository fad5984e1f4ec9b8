//! The routes over HTTP, as another system uses them.

use super::*;
use crate::care::Handbook;
use crate::line::networks::Networks;
use crate::security::{People, Role, SessionLimits, Token};
use crate::store::Database;
use jiff::civil::date;
use reqwest::{Client, Method};

const TOKEN: &str = "open-sesame";

/// A served house.
struct House {
    address: String,
    client: Client,
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
        let care = Care {
            orders: WorkOrders::new(database, Arc::new(Handbook::built_in())),
            clock: crate::business::clock::fixed(date(2026, 11, 22).at(9, 30, 0, 0)),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/api/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes(&Arc::new(gate), care)).await });
        House { address, client: Client::builder().no_proxy().build().unwrap() }
    }

    async fn ask(&self, method: Method, path: &str, key: Option<&str>, body: Value) -> (u16, Value) {
        let mut request = self.client.request(method, format!("{}{path}", self.address)).bearer_auth(TOKEN);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let kind = reply.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        let text = reply.text().await.unwrap();
        if !status.is_success() {
            assert_eq!(kind.as_deref(), Some("application/problem+json"), "{text}");
        }
        (status.as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None, Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    #[track_caller]
    fn refused(answer: (u16, Value), status: u16, says: &str) {
        let (found, body) = answer;
        assert_eq!(found, status, "{body}");
        assert!(body["detail"].as_str().unwrap().contains(says), "{body}");
        assert_eq!(body["status"], status);
    }
}

fn fault(customer: &str) -> Value {
    json!({"class": "broadband_fault", "customer": customer, "area": "城东", "text": "上不了网"})
}

#[tokio::test]
async fn an_order_is_opened_once_carried_on_and_judged() {
    let house = House::open().await;
    let (status, order) = house.ask(Method::POST, "/work-orders", Some("k1"), fault("13800000001")).await;
    assert_eq!((status, &order["customer"], &order["area"]), (201, &json!("138****0001"), &json!("east")));
    assert_eq!(house.ask(Method::POST, "/work-orders", Some("k1"), fault("13800000001")).await.1, order, "once a key");
    House::refused(house.ask(Method::POST, "/work-orders", Some("k1"), fault("13800000002")).await, 422, "another work order");
    let number = order["number"].as_str().unwrap();
    let path = |what: &str| format!("/work-orders/{number}{what}");
    for (n, to) in ["in_progress", "done"].into_iter().enumerate() {
        let body = json!({"to": to, "author": "field_east_1"});
        for _ in 0..2 {
            let (status, order) = house.ask(Method::POST, &path("/steps"), Some(&format!("s{n}")), body.clone()).await;
            assert_eq!((status, &order["state"]), (200, &json!(to)));
        }
    }
    House::refused(house.ask(Method::POST, &path("/steps"), Some("s9"), json!({"to": "open"})).await, 409, "from done to open");
    assert_eq!(house.ask(Method::POST, &path("/comments"), Some("c1"), json!({"text": "客户不在家"})).await.0, 204);
    let (_, reopened) = house.ask(Method::POST, &path("/verdict"), Some("v1"), json!({"satisfied": false, "comment": "还是慢"})).await;
    assert_eq!(reopened["state"], "reopened");
    let whole = house.get(&path("")).await;
    assert_eq!(whole["history"].as_array().unwrap().len(), 4, "{whole}");
    assert!(!whole.to_string().contains("13800000001"));
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let house = House::open().await;
    for n in 0..7 {
        let body = json!({"class": if n % 2 == 0 { "suggestion" } else { "invoice" }});
        assert_eq!(house.ask(Method::POST, "/work-orders", Some(&format!("k{n}")), body).await.0, 201);
    }
    let (mut numbers, mut path) = (Vec::new(), "/work-orders?most=3".to_owned());
    loop {
        let page = house.get(&path).await;
        numbers.extend(page["work_orders"].as_array().unwrap().iter().map(|order| order["number"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/work-orders?most=3&after={next}");
    }
    assert_eq!(numbers, (1..=7).map(|n| format!("261122{n:04}")).collect::<Vec<_>>());
    let invoices = house.get("/work-orders?class=invoice&state=open&waiting=true").await;
    assert_eq!(invoices["work_orders"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_incident_gets_an_end_and_is_resolved() {
    let house = House::open().await;
    for n in 0..30 {
        assert_eq!(house.ask(Method::POST, "/work-orders", Some(&format!("k{n}")), fault(&format!("139000000{n:02}"))).await.0, 201);
    }
    assert_eq!(house.get("/incidents").await["incidents"][0]["reports"], 30);
    assert_eq!(house.ask(Method::PUT, "/incidents/1/end", None, json!({"ends": "2026-11-22T20:00"})).await.0, 204);
    let (_, resolved) = house.ask(Method::POST, "/incidents/1/resolution", None, Value::Null).await;
    assert_eq!(resolved["resolved"], "2026-11-22T09:30:00");
    assert_eq!(house.get("/incidents").await["incidents"], json!([]));
    assert_eq!(house.get("/incidents?all=true").await["incidents"].as_array().unwrap().len(), 1);
    House::refused(house.ask(Method::POST, "/incidents/9/resolution", None, Value::Null).await, 404, "no");
    House::refused(house.ask(Method::PUT, "/incidents/x/end", None, json!({"ends": "2026-11-22T20:00"})).await, 404, "no such");
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_done() {
    let house = House::open().await;
    let post = async |key: Option<&'static str>, body: Value| house.ask(Method::POST, "/work-orders", key, body).await;
    House::refused(post(None, fault("13800000001")).await, 400, "Idempotency-Key");
    House::refused(post(Some("k"), json!({"class": "magic"})).await, 400, "there is no class \"magic\"; there are billing_dispute");
    House::refused(post(Some("k"), json!({"class": "invoice", "customer": "1"})).await, 400, "3 to 15 digits");
    House::refused(post(Some("k"), json!({"class": "invoice", "colour": "red"})).await, 400, "unknown field `colour`");
    House::refused(post(Some("k"), json!("x".repeat(100))).await, 400, "not as it should be");
    House::refused(house.ask(Method::GET, "/work-orders/1", None, Value::Null).await, 404, "no work order has this number");
    House::refused(house.ask(Method::GET, "/work-orders?state=lost", None, Value::Null).await, 400, "there is no state \"lost\"");
    House::refused(house.ask(Method::GET, "/work-orders?page=2", None, Value::Null).await, 400, "page");
    assert_eq!(house.get("/work-orders").await["work_orders"], json!([]));
}

#[tokio::test]
async fn no_route_answers_without_the_token() {
    let house = House::open().await;
    let routes = [
        (Method::GET, "/work-orders"),
        (Method::POST, "/work-orders"),
        (Method::GET, "/work-orders/1"),
        (Method::POST, "/work-orders/1/steps"),
        (Method::POST, "/work-orders/1/comments"),
        (Method::POST, "/work-orders/1/verdict"),
        (Method::GET, "/incidents"),
        (Method::PUT, "/incidents/1/end"),
        (Method::POST, "/incidents/1/resolution"),
    ];
    for (method, path) in routes {
        for token in [None, Some(""), Some("open-sesam"), Some("open-sesame2")] {
            let mut request = house.client.request(method.clone(), format!("{}{path}", house.address));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            let reply = request.send().await.unwrap();
            assert_eq!(reply.status().as_u16(), 401, "{method} {path} {token:?}");
            assert_eq!(reply.headers()["www-authenticate"], "Bearer");
        }
    }
}
