//! What other systems may ask, as OpenAPI 3.1: made from the table of routes, so that neither lacks what the other has.

mod campaigns;

use super::access::{Rule, TABLE, Who};
use crate::care::State as OrderState;
use crate::security::Role;
use axum::http::Method;
use serde_json::{Map, Value as Json, json};

/// Routes below here are described.
const BELOW: &str = "/api/v1/";

const ABOUT: &str = "Every request carries a bearer token (http.api_token_file), or the session of somebody who is signed in and then, where something changes, the session's form token as X-Form-Token. \
    What opens or carries on a work order or a campaign carries an Idempotency-Key: the same key is done once and answered the same.\n\n\
    Faults are problems as RFC 9457 has them. Telephone numbers come in and never go out: answers have them masked. Times of work orders are the operator's local time, those \
    of campaigns moments of the world (RFC 3339), for customers live in several time zones.";

/// What a route does, beside what the table says.
struct Described {
    summary: &'static str,
    /// Names of schemas.
    body: Option<&'static str>,
    reply: Option<&'static str>,
    success: &'static str,
    is_keyed: bool,
    query: &'static [(&'static str, &'static str)],
    csv: Csv,
    /// The reply is a WAV file.
    is_sound: bool,
}

/// What of a route is CSV.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Csv {
    Nothing,
    Body,
    /// Besides JSON.
    AlsoBody,
    Reply,
}

const READ: Described =
    Described { summary: "", body: None, reply: None, success: "200", is_keyed: false, query: &[], csv: Csv::Nothing, is_sound: false };

fn described(rule: &Rule) -> Option<Described> {
    let change = |summary, body, reply, success| Described { summary, body: Some(body), reply, success, is_keyed: true, ..READ };
    Some(match (rule.method.as_str(), rule.path) {
        ("GET", "/api/v1/openapi.json") => Described { summary: "This description", ..READ },
        ("GET", "/api/v1/me") => Described { summary: "Who asks, as the service sees it", reply: Some("Person"), ..READ },
        ("GET", "/api/v1/work-orders") => Described {
            summary: "A page of work orders, by their numbers; `next` is the `after` of the next page",
            reply: Some("WorkOrders"),
            query: &[
                ("state", "only orders in this state"),
                ("class", "only orders of this class"),
                ("taker", "only orders that this person or team has"),
                ("waiting", "true: only orders that customers wait for"),
                ("after", "only numbers after this one"),
                ("most", "orders on the page: 50 without it, 500 at most"),
            ],
            ..READ
        },
        ("POST", "/api/v1/work-orders") => change("Opens a work order", "Opening", Some("WorkOrder"), "201"),
        ("GET", "/api/v1/work-orders/{number}") => {
            Described { summary: "One work order with history, attachments and warnings", reply: Some("WholeWorkOrder"), ..READ }
        }
        ("POST", "/api/v1/work-orders/{number}/steps") => change("Carries a work order on", "Step", Some("WorkOrder"), "200"),
        ("POST", "/api/v1/work-orders/{number}/comments") => change("Adds a comment", "Comment", None, "204"),
        ("POST", "/api/v1/work-orders/{number}/verdict") => {
            change("What the customer says of the result", "Verdict", Some("WorkOrder"), "200")
        }
        ("GET", "/api/v1/incidents") => Described {
            summary: "What is broken in which area",
            reply: Some("Incidents"),
            query: &[("all", "true: also what is over")],
            ..READ
        },
        ("PUT", "/api/v1/incidents/{id}/end") => {
            Described { summary: "Says when an incident should be over; callers hear it", body: Some("End"), success: "204", ..READ }
        }
        ("POST", "/api/v1/incidents/{id}/resolution") => Described {
            summary: "An incident is over: its orders are done, everybody who reported it is told",
            reply: Some("Incident"),
            ..READ
        },
        ("PUT", "/api/v1/calls/{id}/recording") => Described {
            summary: "Pauses the recording of a call that goes on, or lets it go on; in effect when answered, and over with the person who took the caller over",
            body: Some("Pause"),
            reply: Some("Recording"),
            ..READ
        },
        (method, path) => return campaigns::described(method, path),
    })
}

/// The whole document.
pub fn document() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for rule in TABLE.iter().filter(|rule| rule.path.starts_with(BELOW)) {
        let Some(described) = described(rule) else { continue };
        let path = paths.entry(rule.path).or_insert_with(|| json!({}));
        path[rule.method.as_str().to_ascii_lowercase()] = operation(rule, &described);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Tingshuo for other systems", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "security": [{ "token": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": super::gate::COOKIE_NAME },
            },
            "schemas": schemas(),
            "responses": {
                "Problem": {
                    "description": "What happened and what to do (RFC 9457)",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        },
    })
}

fn operation(rule: &Rule, described: &Described) -> Json {
    let places = rule.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Json> =
        places.map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })).collect();
    for (name, meaning) in described.query {
        parameters.push(json!({ "name": name, "in": "query", "description": meaning, "schema": { "type": "string" } }));
    }
    if described.is_keyed {
        let schema = json!({ "type": "string", "minLength": 1, "maxLength": 200 });
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": schema }));
    }
    let content = |name: &str| json!({ "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } });
    let mut success = json!({ "description": "Done" });
    if let Some(reply) = described.reply {
        success["content"] = content(reply);
    }
    if described.is_sound {
        success["content"] = json!({ "audio/wav": {} });
    }
    let csv = json!({ "text/csv": { "schema": { "type": "string" } } });
    if described.csv == Csv::Reply {
        success["content"] = csv.clone();
    }
    let mut operation = json!({
        "operationId": operation_id(rule),
        "summary": described.summary,
        "description": for_whom(rule.who),
        "parameters": parameters,
        "responses": { described.success: success, "default": { "$ref": "#/components/responses/Problem" } },
    });
    if let Some(body) = described.body {
        operation["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    match described.csv {
        Csv::Body => operation["requestBody"] = json!({ "required": true, "content": csv }),
        Csv::AlsoBody => operation["requestBody"]["content"]["text/csv"] = csv["text/csv"].clone(),
        Csv::Nothing | Csv::Reply => {}
    }
    if rule.who == Who::Anyone {
        operation["security"] = json!([]);
    }
    operation
}

/// `post_work_orders_steps`.
fn operation_id(rule: &Rule) -> String {
    let words = rule.path.trim_start_matches(BELOW).split('/').filter(|part| !part.starts_with('{'));
    let one = if rule.path.ends_with('}') { "_one" } else { "" };
    let method: &Method = &rule.method;
    format!("{}_{}{one}", method.as_str().to_ascii_lowercase(), words.collect::<Vec<_>>().join("_").replace(['-', '.'], "_"))
}

fn for_whom(who: Who) -> String {
    let roles: Vec<&str> = Role::ALL.into_iter().filter(|role| who.lets_in(*role)).map(Role::name).collect();
    match who {
        Who::Anyone => "For anyone.".to_owned(),
        Who::Only(_) => format!("For the roles {}.", roles.join(", ")),
    }
}

fn schemas() -> Json {
    let text = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let moment = json!({ "type": "string", "examples": ["2026-11-22T09:30:00"] });
    let maybe_moment = json!({ "type": ["string", "null"], "examples": ["2026-11-22T20:00:00"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let state = json!({ "type": "string", "enum": OrderState::ALL.map(OrderState::name) });
    let object = |required: &[&str], properties: Json| json!({ "type": "object", "required": required, "properties": properties });
    let body = |required: &[&str], properties: Json| json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false });
    let list = |name: &str| json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{name}") } });
    let order = json!({
        "number": text, "class": text, "kind": maybe, "priority": { "type": "string", "enum": ["normal", "high", "urgent"] }, "state": state,
        "taker": maybe, "customer": { "type": ["string", "null"], "description": "masked" }, "area": maybe, "level": maybe, "text": text,
        "created": moment, "due": moment, "repeats": count, "incident": { "type": ["integer", "null"] },
    });
    let order_fields = [
        "number", "class", "kind", "priority", "state", "taker", "customer", "area", "level", "text", "created", "due", "repeats",
        "incident",
    ];
    let part = |fields: &[&str]| json!({ "type": "array", "items": { "type": "object", "required": fields } });
    let mut schemas = json!({
        "Problem": object(&["title", "status", "detail"], json!({ "type": text, "title": text, "status": { "type": "integer" }, "detail": text })),
        "Person": object(&["name", "shown", "role", "skills", "phone", "lang"], json!({
            "name": text, "shown": text, "role": { "type": "string", "enum": Role::ALL.map(Role::name) }, "skills": { "type": "array", "items": text }, "phone": maybe, "lang": text,
        })),
        "WorkOrder": object(&order_fields, order),
        "WholeWorkOrder": { "allOf": [{ "$ref": "#/components/schemas/WorkOrder" }, object(&["history", "attachments", "warnings"], json!({
            "history": part(&["at", "author", "state", "text"]), "attachments": part(&["kind", "reference"]), "warnings": part(&["stage", "receiver", "at"]),
        }))] },
        "WorkOrders": object(&["work_orders", "next"], json!({ "work_orders": list("WorkOrder"), "next": maybe })),
        "Incident": object(&["incident", "class", "area", "opened", "ends", "resolved", "reports"], json!({
            "incident": { "type": "integer" }, "class": text, "area": text, "opened": moment, "ends": maybe_moment, "resolved": maybe_moment, "reports": count,
        })),
        "Incidents": object(&["incidents"], json!({ "incidents": list("Incident") })),
        "Opening": body(&["class"], json!({
            "class": { "type": "string", "description": "a code of care/classes.toml" }, "customer": { "type": ["string", "null"], "description": "a telephone number of 3 to 15 digits" },
            "level": maybe, "area": maybe, "lang": { "type": "string", "enum": ["zh", "en"] }, "urgent": { "type": "boolean" }, "text": text,
        })),
        "Step": body(&["to"], json!({ "to": state, "text": text, "author": { "type": ["string", "null"], "description": "who does it; a person who is signed in is always the author" } })),
        "Comment": body(&["text"], json!({ "text": text, "author": maybe })),
        "Verdict": body(&["satisfied"], json!({ "satisfied": { "type": "boolean" }, "comment": text })),
        "Pause": body(&["paused"], json!({ "paused": { "type": "boolean" }, "author": { "type": ["string", "null"], "description": "who wants it; a person who is signed in is always the author" } })),
        "Recording": object(&["call", "recording"], json!({ "call": text, "recording": { "type": "string", "enum": ["running", "paused"] } })),
        "End": body(&["ends"], json!({ "ends": moment })),
    });
    for (name, schema) in campaigns::schemas() {
        schemas[name] = schema;
    }
    schemas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_api_is_described_and_nothing_else() {
        let routes: Vec<&Rule> = TABLE.iter().filter(|rule| rule.path.starts_with("/api/")).collect();
        assert!(routes.len() > 8);
        let document = document();
        for rule in &routes {
            let told = &document["paths"][rule.path][rule.method.as_str().to_ascii_lowercase()];
            assert!(told["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{} {} is not described", rule.method, rule.path);
        }
        let told: usize = document["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(told, routes.len());
    }

    #[test]
    fn the_document_is_openapi_and_every_reference_leads_somewhere() {
        let document = document();
        let read = oas3::from_json(document.to_string()).unwrap();
        assert_eq!(read.openapi, "3.1.0");
        let text = document.to_string();
        let references: Vec<&str> = text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.len() > 10);
        for reference in references {
            assert!(document.pointer(reference).is_some(), "{reference} leads nowhere");
        }
        let ids: Vec<String> = TABLE.iter().filter(|rule| rule.path.starts_with(BELOW)).map(operation_id).collect();
        let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{ids:?}");
    }
}
