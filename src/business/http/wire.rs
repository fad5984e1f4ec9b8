//! Requests, replies and failures as JSON. Nothing here ever puts what was sent into a message: it may be a PIN.

use crate::business::kind::{self, Kind};
use crate::business::{Failure, Operation, Request};
use crate::text::{PhoneNumber, Record, Value, value_json};
use serde_json::{Map, Value as Json, json};

/// Where operations live below the base of the URL.
pub(super) const OPERATIONS_PATH: &str = "v1/operations/";
/// RFC 9457.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";
/// The longest request, in bytes: an operation and a few arguments.
pub(super) const LONGEST_REQUEST: usize = 16 * 1024;
/// The longest reply, in bytes: lists of plans, bills, records.
pub(super) const LONGEST_REPLY: usize = 256 * 1024;
/// The longest idempotency key.
pub(super) const LONGEST_KEY: usize = 200;

/// Kinds of problems, by their names in `type` and their status.
pub(super) mod problem {
    /// Name and status of each.
    pub type Kind = (&'static str, u16);

    pub const NOT_FOUND: Kind = ("not-found", 404);
    pub const REFUSED: Kind = ("refused", 409);
    pub const BAD_REQUEST: Kind = ("bad-request", 400);
    pub const NO_OPERATION: Kind = ("no-operation", 404);
    pub const NO_POST: Kind = ("wrong-method", 405);
    pub const TOO_LONG: Kind = ("too-long", 413);
    pub const NOT_JSON: Kind = ("wrong-content-type", 415);
    pub const TOKEN: Kind = ("token", 401);
    pub const UNAVAILABLE: Kind = ("unavailable", 503);
    pub const ALL: [Kind; 9] = [NOT_FOUND, REFUSED, BAD_REQUEST, NO_OPERATION, NO_POST, TOO_LONG, NOT_JSON, TOKEN, UNAVAILABLE];
    /// In front of the name.
    pub const PREFIX: &str = "urn:tingshuo:operator:";
}

pub(super) fn write_request(request: &Request) -> Vec<u8> {
    json!({ "customer": request.customer.reveal(), "arguments": value_json::write(&request.arguments) }).to_string().into_bytes()
}

/// The request in a body; the operation and the key came beside it.
pub(super) fn read_request(operation: &'static Operation, body: &[u8], idempotency_key: Option<String>) -> Result<Request, String> {
    let json: Json = serde_json::from_slice(body).map_err(|_| "the body is not JSON".to_owned())?;
    let object = json.as_object().ok_or("the body is not an object")?;
    if let Some(unknown) = object.keys().find(|name| !matches!(name.as_str(), "customer" | "arguments")) {
        let length = unknown.chars().count();
        return Err(format!("the body has a member of {length} characters that is neither customer nor arguments"));
    }
    let customer = object.get("customer").and_then(Json::as_str).and_then(PhoneNumber::parse);
    let customer = customer.ok_or("customer must be a telephone number of 3 to 15 digits, as a string")?;
    let none = Json::Object(Map::new());
    let arguments = value_json::read(object.get("arguments").unwrap_or(&none)).map_err(|fault| format!("arguments: {fault}"))?;
    Ok(Request { customer, operation: operation.name.to_owned(), arguments, idempotency_key })
}

pub(super) fn write_reply(reply: &Record) -> Vec<u8> {
    json!({ "reply": value_json::write(reply) }).to_string().into_bytes()
}

/// The reply in a body; it must have every field that the table promises, each of its kind. More fields may be there: flows do not know them.
pub(super) fn read_reply(operation: &Operation, body: &[u8]) -> Result<Record, String> {
    let json: Json = serde_json::from_slice(body).map_err(|_| "the answer is not JSON".to_owned())?;
    let reply = json.get("reply").ok_or("the answer has no reply")?;
    let mut record = value_json::read(reply).map_err(|fault| fault.to_string())?;
    record.retain(|name, _| operation.gives.contains(&name.as_str()));
    for name in operation.gives {
        let value = record.get(*name).ok_or_else(|| format!("the reply lacks {name}"))?;
        check(operation, name, value)?;
    }
    Ok(record)
}

fn check(operation: &Operation, name: &str, value: &Value) -> Result<(), String> {
    match kind::of(operation.name, name) {
        Some(kind) if kind.has(operation.name, value) => Ok(()),
        Some(kind) => Err(format!("{name} is not {}", kind.said())),
        None => Err(format!("{name} has no kind")),
    }
}

/// `{"type":"urn:tingshuo:operator:refused","title":"refused","status":409,"reason":"already_lost"}`
pub(super) fn write_problem((name, status): problem::Kind, reason: Option<&str>, detail: Option<&str>) -> Vec<u8> {
    let mut body = json!({ "type": format!("{}{name}", problem::PREFIX), "title": name.replace('-', " "), "status": status });
    for (member, text) in [("reason", reason), ("detail", detail)] {
        if let Some(text) = text {
            body[member] = json!(text);
        }
    }
    body.to_string().into_bytes()
}

/// The problem that tells a failure.
pub(super) fn problem_of(failure: &Failure) -> (problem::Kind, Vec<u8>) {
    let (kind, reason, detail) = match failure {
        Failure::NotFound => (problem::NOT_FOUND, None, None),
        Failure::Refused(reason) => (problem::REFUSED, Some(reason.as_str()), None),
        Failure::Bad(detail) => (problem::BAD_REQUEST, None, Some(detail.as_str())),
        Failure::Unavailable => (problem::UNAVAILABLE, None, None),
    };
    (kind, write_problem(kind, reason, detail))
}

/// What a status that is no success means.
pub(super) fn read_failure(operation: &Operation, status: u16, problem: Option<&[u8]>) -> Failure {
    let json: Json = problem.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let member = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default();
    let kind = member("type").strip_prefix(problem::PREFIX).unwrap_or_default();
    match (status, kind) {
        (404, "not-found") => Failure::NotFound,
        (409, "refused") => {
            let reason = member("reason");
            match operation.refuses.iter().find(|known| **known == reason) {
                Some(known) => Failure::Refused((*known).to_owned()),
                None => Failure::Bad(format!("it refuses {} for a reason that no flow knows", operation.name)),
            }
        }
        (401 | 403, _) => Failure::Bad("it refuses the token: give the right one with --operator-token-file".to_owned()),
        (404, _) => Failure::Bad(format!("nothing is at {OPERATIONS_PATH}{}: is the URL right?", operation.name)),
        (300..=399, _) => Failure::Bad(format!("it answers {status}, a redirect: name the address that it leads to")),
        (429 | 500.., _) => Failure::Unavailable,
        _ => Failure::Bad(format!("it answers {status} {}", short(member("detail")))),
    }
}

/// A foreign text for a log: one line, not long, and with runs of digits masked.
fn short(detail: &str) -> String {
    let line: String = detail.chars().filter(|c| !c.is_control()).take(120).collect();
    crate::text::mask::mask_text(&line)
}

/// A field's kind, for those who describe the wire.
pub(super) fn kind_of(operation: &Operation, name: &str) -> Kind {
    kind::of(operation.name, name).expect("a test looks up every field of the table")
}
