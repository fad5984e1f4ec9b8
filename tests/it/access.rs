//! Every route of the real program as everybody: nobody, each role, another system, and another site in somebody's name.

use super::live::Service;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use std::io::Write;
use std::process::{Command, Stdio};
use tingshuo::api::access::{Rule, TABLE, Who};
use tingshuo::security::Role;

pub const PASSWORD: &str = "correct horse battery";

/// Runs `tingshuo user` on the database of a service, with a password on standard input.
pub fn user(service: &Service, arguments: &[&str]) -> (bool, String) {
    let database = service.folder.join("calls.db");
    let mut child = Command::new(env!("CARGO_BIN_EXE_tingshuo"))
        .arg("user")
        .args(arguments)
        .arg("--database")
        .arg(database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap())
}

pub fn add(service: &Service, name: &str, role: Role) {
    let (done, told) = user(service, &["add", name, "--role", role.name()]);
    assert!(done, "{told}");
}

/// Somebody's browser, or another system.
pub struct Visitor {
    client: Client,
    site: String,
    pub cookie: Option<String>,
    pub form_token: String,
    bearer: Option<&'static str>,
}

impl Visitor {
    fn nobody(service: &Service) -> Visitor {
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Visitor { client, site: format!("http://{}", service.http()), cookie: None, form_token: String::new(), bearer: None }
    }

    pub fn system(service: &Service) -> Visitor {
        Visitor { bearer: Some("open-sesame"), ..Visitor::nobody(service) }
    }

    /// Signs in; the status says how that went.
    pub async fn sign_in(service: &Service, name: &str, password: &str) -> Result<Visitor, StatusCode> {
        let mut visitor = Visitor::nobody(service);
        let form = [("name", name), ("password", password), ("to", "/console/settings")];
        let body = form.map(|(field, value)| format!("{field}={}", value.replace(' ', "+"))).join("&");
        let answer = visitor.ask(Method::POST, "/console/sign-in").header("content-type", FORM).body(body).send().await.unwrap();
        if answer.status() != StatusCode::SEE_OTHER {
            return Err(answer.status());
        }
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"), "{cookie}");
        visitor.cookie = Some(cookie.split(';').next().unwrap().to_owned());
        let page = visitor.page("/console/settings").await;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        visitor.form_token = rest.split('"').next().unwrap().to_owned();
        Ok(visitor)
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.site));
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(token) = self.bearer {
            request = request.bearer_auth(token);
        }
        request
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.ask(Method::GET, path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    /// What a rule's route says, when one of our own pages asks.
    async fn try_rule(&self, rule: &Rule) -> StatusCode {
        let request = self.ask(rule.method.clone(), &place(rule));
        let request = if rule.method.is_safe() { request } else { request.header("x-form-token", &self.form_token) };
        request.send().await.unwrap().status()
    }
}

pub const FORM: &str = "application/x-www-form-urlencoded";

/// A path with something in its places.
fn place(rule: &Rule) -> String {
    let parts = rule.path.split('/').map(|part| match part {
        "{asset}" => "call.css",
        "{name}" => "console.css",
        part if part.starts_with('{') => "1",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn is_refused(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_whom_the_table_names_and_nobody_else() {
    let service = Service::start("most = 1");
    let nobody = Visitor::nobody(&service);
    for rule in TABLE {
        let status = nobody.try_rule(rule).await;
        let expected = if rule.who == Who::Anyone { !is_refused(status) } else { status == StatusCode::UNAUTHORIZED };
        assert!(expected && status != StatusCode::NOT_FOUND, "nobody: {} {} gives {status}", rule.method, rule.path);
    }
    let system = Visitor::system(&service);
    for rule in TABLE.iter().filter(|rule| rule.path.starts_with("/api/")) {
        let status = system.try_rule(rule).await;
        assert_eq!(is_refused(status), !rule.who.lets_in(Role::Operator), "system: {} {} gives {status}", rule.method, rule.path);
    }
    for role in Role::ALL {
        add(&service, role.name(), role);
        let mut visitor = Visitor::sign_in(&service, role.name(), PASSWORD).await.unwrap();
        for rule in TABLE {
            let status = visitor.try_rule(rule).await;
            let lets_in = rule.who.lets_in(role);
            let expected = if lets_in { !is_refused(status) } else { status == StatusCode::FORBIDDEN };
            assert!(expected, "{}: {} {} gives {status}", role.name(), rule.method, rule.path);
            if rule.path.starts_with("/console/sign-out") {
                visitor = Visitor::sign_in(&service, role.name(), PASSWORD).await.unwrap();
            }
            if rule.method.is_safe() || rule.who == Who::Anyone {
                continue;
            }
            // What another site could send, or one of our pages from before the sign-in.
            let ask = || visitor.ask(rule.method.clone(), &place(rule));
            let foreign = ask().header("x-form-token", &visitor.form_token).header("origin", "https://other.example");
            for request in
                [ask(), ask().header("x-form-token", "AAAA"), ask().header("content-type", FORM).body("form_token=AAAA"), foreign]
            {
                let status = request.send().await.unwrap().status();
                assert_eq!(status, StatusCode::FORBIDDEN, "{} {} in {}'s name", rule.method, rule.path, role.name());
            }
        }
    }
}

async fn header(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_let_in_by_name_and_password_and_out_at_once() {
    let service = Service::start("most = 1");
    let nobody = Visitor::nobody(&service);
    let led = nobody.ask(Method::GET, "/console/settings?a=b").header("accept", "text/html").send().await.unwrap();
    assert_eq!(led.status(), StatusCode::SEE_OTHER);
    assert_eq!(header(&led, "location").await, "/console/sign-in?to=%2Fconsole%2Fsettings%3Fa%3Db");
    let told = nobody.ask(Method::GET, "/api/v1/work-orders").send().await.unwrap();
    assert_eq!(header(&told, "content-type").await, "application/problem+json");

    add(&service, "limin", Role::Agent);
    assert!(!user(&service, &["add", "limin", "--role", "agent"]).0, "the name is taken");
    let limin = Visitor::sign_in(&service, "limin", PASSWORD).await.unwrap();
    assert!(limin.page("/console/settings").await.contains("limin"));
    let me = limin.ask(Method::GET, "/api/v1/me").send().await.unwrap().text().await.unwrap();
    assert!(me.contains("\"role\":\"agent\""), "{me}");
    let body = format!("form_token={}&lang=en", limin.form_token);
    let saved = limin.ask(Method::POST, "/console/settings/language").header("content-type", FORM).body(body).send().await.unwrap();
    assert_eq!(saved.status(), StatusCode::SEE_OTHER, "a form's token counts as a script's");
    assert!(limin.page("/console/settings").await.contains("New password"));

    for (arguments, is_in) in [(["role", "limin", "supervisor"], true), (["disable", "limin", ""], false)] {
        let limin = Visitor::sign_in(&service, "limin", PASSWORD).await.unwrap();
        let arguments: Vec<&str> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
        let (done, told) = user(&service, &arguments);
        assert!(done, "{told}");
        let status = limin.ask(Method::GET, "/console/settings").send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNAUTHORIZED, "the session has ended after {arguments:?}");
        assert_eq!(Visitor::sign_in(&service, "limin", PASSWORD).await.is_ok(), is_in);
    }
    for _ in 0..5 {
        let status = Visitor::sign_in(&service, "zhao", "wrong").await.err();
        assert_eq!(status, Some(StatusCode::UNAUTHORIZED));
    }
    assert_eq!(Visitor::sign_in(&service, "zhao", "wrong").await.err(), Some(StatusCode::TOO_MANY_REQUESTS));
    let (_, list) = user(&service, &["list"]);
    assert!(list.contains("limin") && list.contains("disabled"), "{list}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_led_to_a_desk_that_is_not_there() {
    for (configured, first, status) in [("most = 1", "/console/live", 404), ("most = 1\n[desk]", "/console/desk", 200)] {
        let service = Service::start(configured);
        add(&service, "limin", Role::Agent);
        let limin = Visitor::sign_in(&service, "limin", PASSWORD).await.unwrap();
        let home = limin.ask(Method::GET, "/console").send().await.unwrap();
        assert_eq!(header(&home, "location").await, first);
        assert_eq!(limin.page("/console/settings").await.contains("href=\"/console/desk\""), status == 200);
        assert_eq!(limin.ask(Method::GET, "/console/desk").send().await.unwrap().status().as_u16(), status);
    }
}

/// The builder of routes looks every route up in the table; nothing else may add one.
#[test]
fn no_route_is_registered_beside_the_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let mut files = vec![folder.with_extension("rs")];
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 10);
    let adds = |path: &std::path::Path| {
        let text = std::fs::read_to_string(path).unwrap();
        [".route(", ".route_service(", ".nest(", ".nest_service("].iter().any(|call| text.contains(call))
    };
    let found: Vec<_> = files.iter().filter(|path| adds(path)).map(|path| path.file_name().unwrap().to_owned()).collect();
    assert_eq!(found, ["routes.rs"]);
}
