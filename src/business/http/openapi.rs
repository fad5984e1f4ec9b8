//! The contract as OpenAPI 3.1, made from the table of operations: what an operator's systems have to serve.

use super::wire::{self, problem};
use crate::business::kind::Kind;
use crate::business::{OPERATIONS, Operation};
use serde_json::{Map, Value as Json, json};

/// The whole document.
pub fn document() -> Json {
    let paths: Map<String, Json> =
        OPERATIONS.iter().map(|operation| (format!("/{}{}", wire::OPERATIONS_PATH, operation.name), path(operation))).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The operator's systems, as Tingshuo asks them",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": schemas(),
            "responses": responses(),
        },
    })
}

const ABOUT: &str = "Every operation is a POST, also those that only read, so that no telephone number and no PIN is ever part of a URL or of a log of URLs. \
    Values say their type: {\"money\": 12850} is 128.50 yuan in fen. Texts that callers hear come in Chinese and, with _en, in English.\n\n\
    An operation that changes something carries an Idempotency-Key. The same key with the same request is done once and answered the same, \
    whenever it comes again; with another request it is a bad request; a refusal leaves it free. Tingshuo repeats a change that was not answered with the same key.\n\n\
    Times are the operator's local time.";

fn path(operation: &Operation) -> Json {
    let names = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), field(operation, name))).collect::<Map<_, _>>();
    let mut arguments = names(operation.needs);
    arguments.extend(names(operation.takes));
    let mut required = vec!["customer"];
    if !operation.needs.is_empty() {
        required.push("arguments");
    }
    let request = json!({
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": {
            "customer": { "type": "string", "pattern": "^[0-9]{3,15}$", "description": "whose account: the telephone number" },
            "arguments": { "type": "object", "required": operation.needs, "additionalProperties": false, "properties": arguments },
        },
    });
    let reply = json!({
        "type": "object",
        "required": ["reply"],
        "properties": { "reply": { "type": "object", "required": operation.gives, "properties": names(operation.gives) } },
    });
    let mut post = json!({
        "operationId": operation.name,
        "summary": operation.name.replace('_', " "),
        "description": manner(operation),
        "requestBody": { "required": true, "content": { "application/json": { "schema": request } } },
        "responses": {
            "200": { "description": "done", "content": { "application/json": { "schema": reply } } },
            "400": reference("responses", "BadRequest"),
            "401": reference("responses", "Token"),
            "404": reference("responses", "NotFound"),
            "413": reference("responses", "TooLong"),
            "503": reference("responses", "Unavailable"),
        },
    });
    if !operation.refuses.is_empty() {
        post["responses"]["409"] = refusal(operation);
    }
    if operation.changes {
        post["parameters"] = json!([{
            "name": "Idempotency-Key", "in": "header", "required": true,
            "schema": { "type": "string", "minLength": 1, "maxLength": wire::LONGEST_KEY },
        }]);
    }
    json!({ "post": post })
}

fn manner(operation: &Operation) -> &'static str {
    match (operation.changes, operation.repeatable) {
        (true, _) => "Changes something; done once for a key.",
        (false, true) => "Only reads; may be asked again when no answer came.",
        (false, false) => "Only reads, but every request counts; never asked again by itself.",
    }
}

fn refusal(operation: &Operation) -> Json {
    let schema = json!({ "allOf": [
        reference("schemas", "Problem"),
        { "required": ["reason"], "properties": { "reason": { "enum": operation.refuses } } },
    ] });
    json!({ "description": "refused, for a reason that flows know", "content": { wire::PROBLEM_JSON: { "schema": schema } } })
}

fn field(operation: &Operation, name: &str) -> Json {
    match wire::kind_of(operation, name) {
        Kind::Flag => reference("schemas", "Flag"),
        Kind::Number => reference("schemas", "Number"),
        Kind::Money => reference("schemas", "Money"),
        Kind::Volume => reference("schemas", "Volume"),
        Kind::Minutes => reference("schemas", "Minutes"),
        Kind::Month => reference("schemas", "Month"),
        Kind::Day => reference("schemas", "Day"),
        Kind::Moment => reference("schemas", "Moment"),
        Kind::Phone => reference("schemas", "Phone"),
        Kind::Digits => reference("schemas", "Digits"),
        Kind::Code => reference("schemas", "Code"),
        Kind::Text => reference("schemas", "Text"),
        Kind::Texts => list(&reference("schemas", "Text")),
        Kind::Records(names) => {
            let fields: Map<String, Json> = names.iter().map(|name| ((*name).to_owned(), field(operation, name))).collect();
            list(&tagged("record", &json!({ "type": "object", "required": names, "properties": fields }), "named values"))
        }
    }
}

fn list(item: &Json) -> Json {
    tagged("list", &json!({ "type": "array", "items": item }), "one after another")
}

fn reference(section: &str, name: &str) -> Json {
    json!({ "$ref": format!("#/components/{section}/{name}") })
}

/// An object whose one member says the type.
fn tagged(kind: &str, inner: &Json, about: &str) -> Json {
    json!({ "type": "object", "description": about, "required": [kind], "additionalProperties": false, "properties": { kind: inner } })
}

fn schemas() -> Json {
    let integer = json!({ "type": "integer", "format": "int64" });
    let count = json!({ "type": "integer", "format": "int64", "minimum": 0 });
    let text = |format: Option<&str>, pattern: Option<&str>| {
        let mut schema = json!({ "type": "string" });
        for (member, value) in [("format", format), ("pattern", pattern)] {
            if let Some(value) = value {
                schema[member] = json!(value);
            }
        }
        schema
    };
    let types: Vec<String> = problem::ALL.iter().map(|(name, _)| format!("{}{name}", problem::PREFIX)).collect();
    json!({
        "Flag": tagged("flag", &json!({ "type": "boolean" }), "yes or no"),
        "Number": tagged("number", &integer, "a count"),
        "Money": tagged("money", &integer, "fen: 12850 is 128.50 yuan"),
        "Volume": tagged("volume", &count, "megabytes; 1 GB is 1024"),
        "Minutes": tagged("minutes", &count, "minutes of talk"),
        "Month": tagged("month", &text(None, Some("^[0-9]{4}-(0[1-9]|1[0-2])$")), "YYYY-MM"),
        "Day": tagged("day", &text(Some("date"), None), "YYYY-MM-DD"),
        "Moment": tagged("moment", &text(None, Some("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}")), "YYYY-MM-DDThh:mm:ss, local time without an offset"),
        "Phone": tagged("phone", &text(None, Some("^[0-9]{3,15}$")), "a telephone number; personal data"),
        "Digits": tagged("digits", &text(None, Some("^[0-9]+$")), "digits that may be secret; never to be logged"),
        "Code": tagged("code", &text(None, None), "said one by one: the number of an order"),
        "Text": tagged("text", &text(None, None), "words, or a code for conditions"),
        "Problem": {
            "type": "object",
            "description": "RFC 9457",
            "required": ["type", "title", "status"],
            "properties": {
                "type": { "enum": types },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "reason": { "type": "string", "description": "why it is refused" },
                "detail": { "type": "string", "description": "for an engineer" },
            },
        },
    })
}

fn responses() -> Json {
    let problem =
        |about: &str| json!({ "description": about, "content": { wire::PROBLEM_JSON: { "schema": reference("schemas", "Problem") } } });
    json!({
        "BadRequest": problem("the request is not one of this contract, or its key belongs to another"),
        "Token": problem("no token, or not the right one"),
        "NotFound": problem("the number is no customer's, or there is nothing under these arguments"),
        "TooLong": problem("the request is too long"),
        "Unavailable": problem("not now; Retry-After may say when"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn references(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(members) => {
                if let Some(Json::String(reference)) = members.get("$ref") {
                    found.push(reference.clone());
                }
                members.values().for_each(|inner| references(inner, found));
            }
            Json::Array(items) => items.iter().for_each(|inner| references(inner, found)),
            _ => {}
        }
    }

    #[test]
    fn every_operation_is_described_and_every_reference_leads_somewhere() {
        let document = document();
        assert_eq!(document["paths"].as_object().unwrap().len(), OPERATIONS.len());
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > OPERATIONS.len());
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    #[test]
    fn changes_need_a_key_and_refusals_are_listed() {
        let document = document();
        let recharge = &document["paths"]["/v1/operations/recharge"]["post"];
        assert_eq!(recharge["parameters"][0]["name"], "Idempotency-Key");
        let arguments = &recharge["requestBody"]["content"]["application/json"]["schema"]["properties"]["arguments"];
        assert_eq!(arguments["required"], json!(["amount"]));
        assert_eq!(arguments["properties"]["amount"]["$ref"], "#/components/schemas/Money");
        let refusal = &recharge["responses"]["409"]["content"][wire::PROBLEM_JSON]["schema"];
        assert_eq!(refusal["allOf"][1]["properties"]["reason"]["enum"], json!(["amount_out_of_range"]));
        assert!(document["paths"]["/v1/operations/balance"]["post"].get("parameters").is_none());
    }
}
