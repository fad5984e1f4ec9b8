//! Conversations whose operator's systems are at the other end of a wire: there, down, silent, or dying in the middle of a change.

use super::program::{Folder, tingshuo};
use super::scenarios_text::house;
use jiff::civil::{DateTime, date};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tingshuo::business::http::{Policy, Server, serve};
use tingshuo::business::{DemoOperator, HttpOperator, OPERATIONS, Operation, Operator, Reply as OperatorReply, Request, clock};
use tingshuo::call::conversation::Conversation;
use tingshuo::call::services::Services;
use tingshuo::call::text_call::{Input, Reply, TextCall};
use tingshuo::dialog::Opening;
use tingshuo::store::Database;
use tingshuo::text::{Lang, PhoneNumber};
use tokio::net::TcpListener;

const NOW: &str = "2026-11-22T09:30";

/// `tingshuo demo-operator` on a free port; ends with the test.
struct Operators {
    child: Child,
    url: String,
}

impl Operators {
    fn start(arguments: &[&str]) -> Operators {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tingshuo"))
            .args(["demo-operator", "--listen", "127.0.0.1:0", "--now", NOW])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.strip_prefix("listening on ").unwrap().split(',').next().unwrap().to_owned();
        Operators { child, url }
    }
}

impl Drop for Operators {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn chat(arguments: &[&str], caller: &str, lines: &str) -> super::program::Run {
    tingshuo(&[&["chat", "--now", NOW, "--caller", caller][..], arguments].concat(), lines)
}

#[test]
fn the_program_asks_the_program() {
    let folder = Folder::new();
    let token = folder.join("token");
    std::fs::write(&token, "a-token-for-tests\n").unwrap();
    let token = ["--operator-token-file", token.to_str().unwrap()];
    let operators = Operators::start(&token);
    let with_token = [&["--operator", operators.url.as_str()][..], &token].concat();
    let lines = "查话费\n挂失手机卡\n/246810#\n确认\n再见\n";
    let embedded = chat(&[], "13800000001", lines).succeeds();
    let asked = chat(&with_token, "13800000001", lines).succeeds();
    assert!(asked.out.contains("您的话费余额是"), "{}", asked.out);
    assert_eq!(asked.out, embedded.out, "a caller hears no difference");
}

#[test]
fn the_contract_is_printed() {
    let run = tingshuo(&["demo-operator", "--openapi"], "").succeeds();
    let document: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/v1/operations/balance"]["post"].is_object());
}

#[test]
fn the_contract_is_openapi_as_the_standard_has_it() {
    let run = tingshuo(&["demo-operator", "--openapi"], "").succeeds();
    let contract = oas3::from_json(&run.out).unwrap();
    contract.validate_version().unwrap();
    let mut described: Vec<&str> = Vec::new();
    for (path, method, operation) in contract.operations() {
        let name = path.strip_prefix("/v1/operations/").unwrap_or_else(|| panic!("{path}"));
        assert_eq!(method.as_str(), "POST", "{path}");
        described.push(Operation::find(name).unwrap_or_else(|| panic!("{name} is no operation")).name);
        let body = operation.request_body(&contract).unwrap().unwrap_or_else(|| panic!("{name} has no request"));
        body.content["application/json"].schema(&contract).unwrap().unwrap_or_else(|| panic!("{name} has no schema"));
        let responses = operation.responses(&contract);
        let done = responses.get("200").unwrap_or_else(|| panic!("{name} has no answer"));
        done.content["application/json"].schema(&contract).unwrap().unwrap_or_else(|| panic!("{name} has no schema"));
    }
    described.sort_unstable();
    let mut all: Vec<&str> = OPERATIONS.iter().map(|operation| operation.name).collect();
    all.sort_unstable();
    assert_eq!(described, all);
    let mut nameless: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    nameless.as_object_mut().unwrap().remove("info");
    assert!(oas3::from_json(nameless.to_string()).is_err(), "whatever is written passes");
}

#[test]
fn wrong_use_says_what_to_do() {
    for (arguments, code, says) in [
        (&["chat", "--operator", "http://crm.example.net"][..], 1, "plain http only to this machine"),
        (&["chat", "--operator", "crm"], 1, "https://crm.example.net/tingshuo"),
        (&["chat", "--operator-timeout", "1"], 2, "--operator"),
        (&["chat", "--operator", "https://x.example", "--operator-timeout", "60"], 2, "a caller waits no longer"),
        (&["chat", "--operator", "https://x.example", "--operator-token-file", "/nowhere/token"], 1, "/nowhere/token"),
        (&["demo-operator", "--listen", "0.0.0.0:0"], 1, "--operator-token-file"),
    ] {
        let run = tingshuo(arguments, "");
        assert_eq!(run.code, code, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(says), "{arguments:?}: {}", run.err);
    }
}

fn now() -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0)
}

/// Calls whose operator's systems a test chooses, one after the other.
#[derive(Default)]
struct Chosen(Mutex<Option<Arc<dyn Operator>>>);

impl Operator for Chosen {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn execute(&self, request: Request) -> OperatorReply<'_> {
        let chosen = self.0.lock().unwrap().clone().unwrap();
        Box::pin(async move { chosen.execute(request).await })
    }
}

struct House {
    services: Arc<Services>,
    chosen: Arc<Chosen>,
}

impl House {
    async fn open() -> House {
        let chosen = Arc::new(Chosen::default());
        let services = Services { operator: chosen.clone(), ..Arc::into_inner(house(now()).await).unwrap() };
        House { services: Arc::new(services), chosen }
    }

    async fn call(&self, operator: HttpOperator, caller: &str) -> TextCall {
        *self.chosen.0.lock().unwrap() = Some(Arc::new(operator));
        let opening = Opening {
            caller: PhoneNumber::parse(caller),
            lang: Lang::Zh,
            now: now(),
            survey: false,
            by_keys: false,
            errand: None,
            call_id: format!("call-of-{caller}"),
        };
        TextCall::begin(Conversation::new(self.services.clone(), opening)).await.0
    }
}

fn prompts(reply: &Reply) -> Vec<&str> {
    reply.said.iter().map(|utterance| utterance.prompt.as_str()).collect()
}

fn hasty() -> Policy {
    let (attempt, all) = (Duration::from_millis(40), Duration::from_millis(150));
    Policy { attempt, all, first_pause: Duration::from_millis(1), ..Policy::default() }
}

/// The caller asks for the balance, hears that it cannot be had, and has it registered.
async fn hears_a_way_out(house: &House, operator: HttpOperator, caller: &str) {
    let mut call = house.call(operator, caller).await;
    let reply = call.take(Input::Words("查话费")).await;
    assert_eq!(reply.requested, ["balance"]);
    assert_eq!(reply.question.as_ref().unwrap().name, "offer_order", "{:?}", prompts(&reply));
    let reply = call.take(Input::Words("好的")).await;
    assert!(prompts(&reply).contains(&"order_opened"), "{:?}", prompts(&reply));
    assert!(reply.outcome.is_none());
}

#[tokio::test]
async fn a_caller_hears_a_way_out_and_a_change_is_done_once_whatever_happens_to_the_wire() {
    let house = House::open().await;
    nobody_is_there(&house).await;
    somebody_is_there_and_never_answers(&house).await;
    a_server_that_dies_in_the_middle_of_a_change_has_done_it_once(&house).await;
}

async fn nobody_is_there(house: &House) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    hears_a_way_out(house, HttpOperator::new(&url, None, None, hasty()).unwrap(), "13800000001").await;
}

async fn somebody_is_there_and_never_answers(house: &House) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    hears_a_way_out(house, HttpOperator::new(&url, None, None, hasty()).unwrap(), "13800000003").await;
}

/// The demo operator behind a server that dies after it has made the first change and before it has answered.
struct DiesAfterChange {
    inner: DemoOperator,
    deaths: AtomicUsize,
}

impl Operator for DiesAfterChange {
    fn operations(&self) -> &'static [Operation] {
        self.inner.operations()
    }

    fn execute(&self, request: Request) -> OperatorReply<'_> {
        let is_change = request.idempotency_key.is_some();
        Box::pin(async move {
            let result = self.inner.execute(request).await;
            if is_change && result.is_ok() && self.deaths.fetch_add(1, Ordering::SeqCst) == 0 {
                panic!("the server dies between doing and answering");
            }
            result
        })
    }
}

async fn a_server_that_dies_in_the_middle_of_a_change_has_done_it_once(house: &House) {
    let database = Database::temporary().await.unwrap();
    let demo = DemoOperator::new(database.clone(), clock::fixed(now()));
    let operator = Arc::new(DiesAfterChange { inner: demo, deaths: AtomicUsize::new(0) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(listener, Server::new(operator.clone(), None), std::future::pending()));
    let patient = Policy { attempt: Duration::from_secs(60), all: Duration::from_secs(120), ..Policy::default() };
    let mut call = house.call(HttpOperator::new(&url, None, None, patient).unwrap(), "13800000002").await;
    call.take(Input::Words("挂失手机卡")).await;
    call.take(Input::Keys("135792#")).await;
    let reply = call.take(Input::Words("确认")).await;
    assert_eq!(reply.requested, ["report_loss"], "the dialog asked once");
    assert!(prompts(&reply).iter().any(|prompt| prompt.contains("done")), "{:?}", prompts(&reply));
    assert_eq!(operator.deaths.load(Ordering::SeqCst), 2, "the connector asked again");
    let customer = database.stored_phone(&PhoneNumber::parse("13800000002").unwrap());
    let changes = database.changes().of(&customer).await.unwrap();
    assert_eq!(changes.iter().filter(|change| change.operation == "report_loss").count(), 1);
}
