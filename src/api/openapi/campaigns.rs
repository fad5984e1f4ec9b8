//! What is told of campaigns, their contacts, and who must not be called.

use super::{Csv, Described, READ};
use crate::outbound::State;
use crate::outbound::import::Kind;
use crate::outbound::trigger::Kind as EventKind;
use serde_json::{Value as Json, json};

const PAGE: &str = "on the page: 50 without it, 500 at most";

/// `None` for a route of something else.
pub(super) fn described(method: &str, path: &str) -> Option<Described> {
    let change = |summary, body, reply, success| Described { summary, body: Some(body), reply, success, is_keyed: true, ..READ };
    let told = |summary, body| Described { summary, body: Some(body), success: "204", ..READ };
    Some(match (method, path) {
        ("GET", "/api/v1/campaigns") => Described {
            summary: "A page of campaigns, the newest first; `next` is the `before` of the next page",
            reply: Some("Campaigns"),
            query: &[("state", "only campaigns in this state"), ("before", "only ids before this one"), ("most", PAGE)],
            ..READ
        },
        ("POST", "/api/v1/campaigns") => change("A new campaign, as a draft without contacts", "CampaignSettings", Some("Campaign"), "201"),
        ("GET", "/api/v1/campaigns/{id}") => {
            Described { summary: "One campaign with how far it is, its forecast and its history", reply: Some("WholeCampaign"), ..READ }
        }
        ("PUT", "/api/v1/campaigns/{id}") => {
            change("Other settings for a campaign that is a draft, scheduled or paused", "CampaignSettings", Some("Campaign"), "200")
        }
        ("POST", "/api/v1/campaigns/{id}/moves") => {
            change("Schedules, starts, pauses, resumes or cancels a campaign", "CampaignMove", Some("Campaign"), "200")
        }
        ("POST", "/api/v1/campaigns/{id}/copy") => change(
            "A new draft with the settings and contacts of a campaign; nobody of it was called",
            "CampaignName",
            Some("Campaign"),
            "201",
        ),
        ("GET", "/api/v1/campaigns/{id}/hours") => Described {
            summary: "When calls may go, by region and day: the calendar and the campaign's own hours",
            reply: Some("CallingHours"),
            query: &[("days", "14 without it, 60 at most")],
            ..READ
        },
        ("GET", "/api/v1/campaigns/{id}/contacts") => Described {
            summary: "A page of contacts, as they came; `next` is the `after` of the next page",
            reply: Some("CampaignContacts"),
            query: &[
                ("state", "only contacts in this state"),
                ("outcome", "only with this last outcome"),
                ("after", "only ids after this one"),
                ("most", PAGE),
            ],
            ..READ
        },
        ("POST", "/api/v1/campaigns/{id}/contacts") => Described {
            query: &[("phone", "the column of numbers in CSV, when its name is none that is known")],
            csv: Csv::AlsoBody,
            ..change(
                "Adds contacts: rows as JSON, or CSV in any common encoding, streamed, whose first line names the columns. Every row is added, there already, or faulty with its line",
                "NewContacts",
                Some("ContactImport"),
                "201",
            )
        },
        ("GET", "/api/v1/campaigns/{id}/contacts/{contact}") => {
            Described { summary: "One contact with all calls to it", reply: Some("WholeContact"), ..READ }
        }
        ("POST", "/api/v1/campaigns/{id}/preview") => Described {
            summary: "What would come of a list: its first rows, and its faults; nothing is kept",
            reply: Some("ContactPreview"),
            query: &[("phone", "the column of numbers, when its name is none that is known")],
            csv: Csv::Body,
            ..READ
        },
        ("POST", "/api/v1/campaigns/{id}/opening") => Described {
            summary: "What the call says first, and then to the customer, with the variables of a contact or typed ones; nothing is kept",
            body: Some("CallWanted"),
            reply: Some("CallWords"),
            ..READ
        },
        ("POST", "/api/v1/campaigns/{id}/opening/sound") => Described {
            summary: "The same to be heard, by the voice that calls have; one at a time",
            body: Some("CallWanted"),
            is_sound: true,
            ..READ
        },
        ("GET", "/api/v1/campaigns/{id}/test-calls") => {
            Described { summary: "Test calls of a campaign, the newest first", reply: Some("TestCalls"), ..READ }
        }
        ("POST", "/api/v1/campaigns/{id}/test-calls") => change(
            "Calls a telephone of the house (test_numbers of [outbound]) as a customer would be called, one at a time; in no figure of the campaign",
            "TestCallWanted",
            Some("TestCall"),
            "202",
        ),
        ("GET", "/api/v1/campaigns/{id}/results") => Described { summary: "What became of each contact, as CSV", csv: Csv::Reply, ..READ },
        ("GET", "/api/v1/campaigns/{id}/imports") => {
            Described { summary: "The lists that were taken over, the newest first", reply: Some("ContactImports"), ..READ }
        }
        ("GET", "/api/v1/campaigns/{id}/imports/{import}/faults") => {
            Described { summary: "Rows that were not taken, with their lines, as CSV", csv: Csv::Reply, ..READ }
        }
        ("POST", "/api/v1/events") => Described {
            summary: "Something happened to a customer: the rules of outbound/triggers.yaml say whose call that is. One occasion is one call, however often it is told",
            body: Some("Event"),
            reply: Some("EventEffects"),
            ..READ
        },
        ("GET", "/api/v1/do-not-call") => Described {
            summary: "Who must not be called, the newest first",
            reply: Some("Refusals"),
            query: &[("skip", "so many are left out"), ("most", PAGE)],
            ..READ
        },
        ("POST", "/api/v1/do-not-call") => told("From now on nobody calls there; the same again changes nothing", "RefusalChange"),
        ("POST", "/api/v1/do-not-call/removals") => told("A number may be called again; why is kept", "RefusalChange"),
        ("POST", "/api/v1/consents") => told("A customer agreed to be called; the newest proof stands", "Consent"),
        ("POST", "/api/v1/consents/withdrawals") => told("A customer does not agree any more", "ConsentWithdrawal"),
        _ => return None,
    })
}

/// By their names.
pub(super) fn schemas() -> Vec<(&'static str, Json)> {
    let text = json!({ "type": "string" });
    let maybe = json!({ "type": ["string", "null"] });
    let moment = json!({ "type": "string", "examples": ["2026-11-22T01:30:00Z"] });
    let maybe_moment = json!({ "type": ["string", "null"], "examples": ["2026-11-22T01:30:00Z"] });
    let count = json!({ "type": "integer", "minimum": 0 });
    let counts = json!({ "type": "object", "additionalProperties": { "type": "integer", "minimum": 0 } });
    let number = json!({ "type": "string", "description": "a telephone number; it is never told again" });
    let state = json!({ "type": "string", "enum": State::ALL.map(State::name) });
    let lang = json!({ "type": "string", "enum": ["zh", "en"] });
    let week = json!({
        "type": ["object", "null"], "description": "weekday to hours, as {\"monday\": \"09:00-18:00\"}; a day that is not named has no calls; without it the calendar alone decides",
        "additionalProperties": { "type": "string" },
    });
    let variables = json!({ "type": "object", "additionalProperties": { "type": "string" } });
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let list = |name: &str| json!({ "type": "array", "items": reference(name) });
    let object = |required: &[&str], properties: Json| json!({ "type": "object", "required": required, "properties": properties });
    let body = |required: &[&str], properties: Json| json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false });
    let limit = |most: u32, usual: u32| json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual });
    let fault = json!({ "type": "object", "required": ["line", "kind", "reason"], "properties": { "line": count, "kind": { "type": "string", "enum": Kind::ALL.map(Kind::name) }, "reason": text } });
    let next = json!({ "type": ["integer", "null"] });
    let import =
        json!({ "import": count, "at": moment, "author": text, "added": count, "repeated": count, "faulty": count, "ended": maybe_moment });
    let import_fields = ["import", "at", "author", "added", "repeated", "faulty", "ended"];
    let answered_by = json!({
        "type": ["string", "null"], "enum": ["human", "machine", "menu", "tone", "silence", null],
        "description": "who picked up, as far as that is known; of a contact, at the last call that was answered",
    });
    let caller = json!({ "type": "string", "description": "the number that customers see, one that the trunk's section allows; empty: the trunk's own" });
    let on_machine = json!({
        "type": "string", "enum": ["message", "retry", "done"], "default": "message",
        "description": "when a machine answers: leave the flow's message after its beep, hang up and call again, or hang up for good",
    });
    vec![
        (
            "CampaignSettings",
            body(
                &["name", "flow"],
                json!({
                    "name": text, "flow": { "type": "string", "description": "the flow that the call begins with" }, "lang": lang,
                    "trunk": { "type": "string", "description": "empty: the first one" }, "caller": caller, "week": week, "per_minute": limit(6_000, 60),
                    "concurrent": limit(1_000, 10), "most_attempts": limit(10, 3),
                    "needs_consent": { "type": "boolean", "description": "only who agreed is called" },
                    "on_machine": on_machine,
                }),
            ),
        ),
        (
            "Campaign",
            object(
                &[
                    "id",
                    "name",
                    "state",
                    "flow",
                    "lang",
                    "trunk",
                    "caller",
                    "week",
                    "per_minute",
                    "concurrent",
                    "most_attempts",
                    "needs_consent",
                    "on_machine",
                    "starts",
                    "created",
                ],
                json!({
                    "id": count, "name": text, "state": state, "flow": text, "lang": lang, "trunk": text, "caller": caller, "week": week, "per_minute": count, "concurrent": count,
                    "most_attempts": count, "needs_consent": { "type": "boolean" }, "on_machine": on_machine, "starts": maybe_moment, "created": moment,
                }),
            ),
        ),
        (
            "WholeCampaign",
            json!({ "allOf": [reference("Campaign"), object(&["progress", "history"], json!({
            "progress": object(&["contacts", "by_state", "dialled", "under_way", "answered", "machines", "messages_left", "outcomes", "pace_per_minute", "ends"], json!({
                "contacts": count, "by_state": counts, "dialled": count, "under_way": count,
                "answered": { "type": "integer", "minimum": 0, "description": "by people" },
                "machines": { "type": "integer", "minimum": 0, "description": "answered by machines" },
                "messages_left": { "type": "integer", "minimum": 0, "description": "of these, how many were left the message" }, "outcomes": counts,
                "pace_per_minute": { "type": "number" }, "ends": maybe_moment,
            })),
            "history": { "type": "array", "items": object(&["at", "author", "step"], json!({ "at": moment, "author": text, "step": text })) },
        }))] }),
        ),
        ("Campaigns", object(&["campaigns", "next"], json!({ "campaigns": list("Campaign"), "next": next }))),
        (
            "CampaignMove",
            body(
                &["move"],
                json!({
                    "move": { "type": "string", "enum": ["schedule", "start", "resume", "pause", "cancel"] },
                    "at": { "type": ["string", "null"], "description": "of `schedule`: RFC 3339, or local to the calendar" },
                    "promises": { "type": "integer", "minimum": 0, "default": 0, "description": "of `cancel`: how many calls that were promised to customers are known not to be made then" },
                }),
            ),
        ),
        (
            "CallWanted",
            body(&[], json!({ "contact": { "type": ["integer", "null"], "description": "whose variables" }, "variables": variables })),
        ),
        (
            "CallWords",
            object(
                &["lang", "first", "then"],
                json!({
                    "lang": lang, "first": { "type": "array", "items": text, "description": "to whoever answers" },
                    "then": { "type": "array", "items": text, "description": "when that is the customer" },
                }),
            ),
        ),
        (
            "TestCallWanted",
            body(
                &["number"],
                json!({ "number": number, "contact": { "type": ["integer", "null"], "description": "whose variables" }, "variables": variables }),
            ),
        ),
        ("TestCalls", object(&["test_calls"], json!({ "test_calls": list("TestCall") }))),
        (
            "TestCall",
            object(
                &["id", "number", "author", "began", "ended", "outcome", "call"],
                json!({
                    "id": count, "number": { "type": "string", "description": "masked" }, "author": text, "began": moment, "ended": maybe_moment,
                    "outcome": maybe, "call": { "type": ["string", "null"], "description": "its record" },
                }),
            ),
        ),
        ("CampaignName", body(&["name"], json!({ "name": text }))),
        (
            "CallingHours",
            object(
                &["regions"],
                json!({ "regions": { "type": "array", "items": object(&["region", "zone", "days"], json!({
            "region": { "type": "string", "description": "empty: where no other holds" }, "zone": maybe,
            "days": { "type": "array", "items": object(&["day", "hours"], json!({ "day": text, "hours": { "type": "array", "items": text } })) },
        })) } }),
            ),
        ),
        (
            "NewContacts",
            body(
                &["contacts"],
                json!({ "contacts": { "type": "array", "items": body(&["number"], json!({
            "number": number, "region": text, "lang": text, "variables": variables,
        })) } }),
            ),
        ),
        (
            "Contact",
            object(
                &["id", "line", "customer", "region", "lang", "state", "outcome", "answered_by", "attempts", "next", "variables"],
                json!({
                    "id": count, "line": count, "customer": { "type": "string", "description": "masked" }, "region": text, "lang": maybe,
                    "state": { "type": "string", "enum": ["waiting", "dialling", "done", "given_up", "stopped"] }, "outcome": maybe,
                    "answered_by": answered_by, "attempts": count,
                    "next": maybe_moment, "variables": variables,
                }),
            ),
        ),
        (
            "WholeContact",
            json!({ "allOf": [reference("Contact"), object(&["calls"], json!({ "calls": { "type": "array", "items": object(
            &["nth", "began", "ended", "outcome", "answered_by"],
            json!({ "nth": count, "began": moment, "ended": maybe_moment, "outcome": maybe, "answered_by": answered_by }),
        ) } }))] }),
        ),
        ("CampaignContacts", object(&["contacts", "next"], json!({ "contacts": list("Contact"), "next": next }))),
        (
            "ContactImports",
            object(&["imports"], json!({ "imports": { "type": "array", "items": object(&import_fields, import.clone()) } })),
        ),
        (
            "ContactImport",
            json!({ "allOf": [object(&import_fields, import), object(&["faults"], json!({
            "faults": { "type": "array", "items": fault, "description": "the first 500 rows that were not taken" },
        }))] }),
        ),
        (
            "ContactPreview",
            object(
                &["encoding", "delimiter", "variables", "good", "faulty", "contacts", "faults"],
                json!({
                    "encoding": text, "delimiter": text, "variables": { "type": "array", "items": text }, "good": count, "faulty": count,
                    "contacts": { "type": "array", "items": object(&["line", "customer", "region", "lang", "variables"], json!({
                        "line": count, "customer": text, "region": text, "lang": maybe, "variables": variables,
                    })) },
                    "faults": { "type": "array", "items": fault },
                }),
            ),
        ),
        (
            "Event",
            body(
                &["event", "customer"],
                json!({
                    "event": { "type": "string", "enum": EventKind::ALL.map(EventKind::name) }, "customer": number, "region": text, "lang": text,
                    "date": { "type": ["string", "null"], "description": "of bill_due, plan_ends, appointment, birthday, festival" },
                    "amount": { "type": ["string", "null"], "description": "of balance_low: 19.50" },
                    "percent": { "type": ["integer", "null"], "description": "of data_used" },
                    "subject": { "type": ["string", "null"], "description": "the plan, the festival, the number of the order" },
                    "variables": variables,
                }),
            ),
        ),
        (
            "EventEffects",
            object(
                &["effects"],
                json!({ "effects": { "type": "array", "items": object(&["campaign", "occasion", "became", "next"], json!({
            "campaign": text, "occasion": text, "next": maybe_moment,
            "became": { "type": "string", "enum": ["waits", "before", "quiet", "under_way", "wrong_person", "not_meant", "over", "no_campaign"] },
        })) } }),
            ),
        ),
        (
            "RefusalChange",
            body(
                &["number", "reason"],
                json!({
                    "number": number, "campaign": { "type": ["integer", "null"], "description": "only this one; without it all" }, "reason": text,
                }),
            ),
        ),
        (
            "Refusals",
            object(
                &["do_not_call", "count"],
                json!({ "count": count, "do_not_call": { "type": "array", "items": object(
            &["customer", "campaign", "reason", "author", "at"],
            json!({ "customer": text, "campaign": { "type": ["integer", "null"] }, "reason": text, "author": text, "at": moment }),
        ) } }),
            ),
        ),
        (
            "Consent",
            body(
                &["number", "proof"],
                json!({ "number": number, "proof": { "type": "string", "description": "a form, a recording, a contract" } }),
            ),
        ),
        ("ConsentWithdrawal", body(&["number"], json!({ "number": number }))),
    ]
}
