//! Who may use which route: the one table. A route that is not in it cannot be registered (`routes`), and a test walks all of it as everybody.

use crate::security::Role;
use axum::http::Method;

/// For whom a route is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody is asked who they are; doors of telephony platforms look at a token of their own.
    Anyone,
    /// People who are signed in, or systems that show a token, with one of these roles.
    Only(&'static [Role]),
}

impl Who {
    pub fn lets_in(self, role: Role) -> bool {
        match self {
            Who::Anyone => true,
            Who::Only(roles) => roles.contains(&role),
        }
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub method: Method,
    /// As axum writes it: `/api/v1/work-orders/{number}`.
    pub path: &'static str,
    pub who: Who,
}

const fn rule(method: Method, path: &'static str, who: Who) -> Rule {
    Rule { method, path, who }
}

use Role::{Admin, Agent, Operator, Supervisor};

const ANYONE: Who = Who::Anyone;
const EVERYBODY: Who = Who::Only(&Role::ALL);
/// Who works on what customers reported.
const CARE: Who = Who::Only(&[Agent, Supervisor, Operator]);
/// Who speaks with callers.
const DESK: Who = Who::Only(&[Agent, Supervisor]);
/// Who leads: what reaches many customers at once.
const LEAD: Who = Who::Only(&[Supervisor, Operator]);

/// Who may hear what callers said: transcripts are masked, sound cannot be.
const LISTENERS: Who = CARE;

/// Who deals with customers looks at their accounts; nobody else does.
const CUSTOMERS: Who = Who::Only(&[Agent, Supervisor]);
/// Who writes what callers hear.
const EDITORS: Who = Who::Only(&[Operator, Admin]);
/// Who writes what callers hear, or answers for it.
const AUTHORS: Who = Who::Only(&[Supervisor, Operator, Admin]);
/// Who looks at how well it goes.
const LEADERS: Who = Who::Only(&[Supervisor, Operator, Admin]);

/// Who lets customers be called.
const CALLERS: Who = Who::Only(&[Operator, Admin]);

/// Who lets people in.
const ADMINS: Who = Who::Only(&[Admin]);

/// Every route.
pub static TABLE: &[Rule] = &[
    rule(Method::GET, "/", ANYONE),
    rule(Method::GET, "/health/live", ANYONE),
    rule(Method::GET, "/health/ready", ANYONE),
    rule(Method::GET, "/metrics", LEADERS),
    rule(Method::GET, "/call", ANYONE),
    rule(Method::GET, "/call/settings", ANYONE),
    rule(Method::GET, "/call/line", ANYONE),
    rule(Method::GET, "/call/{asset}", ANYONE),
    rule(Method::GET, "/media/twilio", ANYONE),
    rule(Method::GET, "/media/jambonz", ANYONE),
    rule(Method::GET, "/media/asterisk", ANYONE),
    rule(Method::GET, "/assets/{name}", ANYONE),
    rule(Method::GET, "/console/sign-in", ANYONE),
    rule(Method::POST, "/console/sign-in", ANYONE),
    rule(Method::POST, "/console/sign-out", EVERYBODY),
    rule(Method::POST, "/console/sign-out-everywhere", EVERYBODY),
    rule(Method::GET, "/console", EVERYBODY),
    rule(Method::GET, "/console/desk", DESK),
    rule(Method::GET, "/desk/line", DESK),
    rule(Method::GET, "/console/wall", LEADERS),
    rule(Method::GET, "/console/wall/events", LEADERS),
    rule(Method::GET, "/console/settings", EVERYBODY),
    rule(Method::POST, "/console/settings/language", EVERYBODY),
    rule(Method::POST, "/console/settings/password", EVERYBODY),
    rule(Method::POST, "/console/search", EVERYBODY),
    rule(Method::GET, "/console/calls", EVERYBODY),
    rule(Method::GET, "/console/calls/{id}", EVERYBODY),
    rule(Method::GET, "/console/calls/{id}/audio", LISTENERS),
    rule(Method::GET, "/console/calls/{id}/outline", LISTENERS),
    rule(Method::GET, "/console/orders", EVERYBODY),
    rule(Method::GET, "/console/orders/{number}", EVERYBODY),
    rule(Method::POST, "/console/orders/{number}/take", CARE),
    rule(Method::POST, "/console/orders/{number}/step", CARE),
    rule(Method::POST, "/console/orders/{number}/comment", CARE),
    rule(Method::GET, "/console/live", EVERYBODY),
    rule(Method::GET, "/console/live/{id}/captions", EVERYBODY),
    rule(Method::GET, "/console/incidents", EVERYBODY),
    rule(Method::POST, "/console/incidents/{id}/end", LEAD),
    rule(Method::POST, "/console/incidents/{id}/resolution", LEAD),
    rule(Method::GET, "/console/campaigns", LEADERS),
    rule(Method::POST, "/console/campaigns", CALLERS),
    rule(Method::GET, "/console/campaigns/new", CALLERS),
    rule(Method::POST, "/console/campaigns/hours", CALLERS),
    rule(Method::GET, "/console/campaigns/{id}", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/figures", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/settings", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/settings", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/move", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/copy", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/preview", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/opening", LEADERS),
    rule(Method::POST, "/console/campaigns/{id}/opening/sound", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/test-calls", LEADERS),
    rule(Method::POST, "/console/campaigns/{id}/test-calls", CALLERS),
    rule(Method::POST, "/console/campaigns/{id}/lists", CALLERS),
    rule(Method::GET, "/console/campaigns/{id}/lists/{list}/faults", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/results", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/contacts", LEADERS),
    rule(Method::POST, "/console/campaigns/{id}/search", LEADERS),
    rule(Method::GET, "/console/campaigns/{id}/contacts/{contact}", LEADERS),
    rule(Method::GET, "/console/triggers", LEADERS),
    rule(Method::POST, "/console/triggers/trial", LEADERS),
    rule(Method::GET, "/console/do-not-call", LEADERS),
    rule(Method::POST, "/console/do-not-call", CALLERS),
    rule(Method::POST, "/console/do-not-call/search", LEADERS),
    rule(Method::POST, "/console/do-not-call/removal", CALLERS),
    rule(Method::GET, "/console/customers", CUSTOMERS),
    rule(Method::POST, "/console/customers", CUSTOMERS),
    rule(Method::GET, "/console/knowledge", EVERYBODY),
    rule(Method::POST, "/console/knowledge/unanswered", EDITORS),
    rule(Method::GET, "/console/knowledge/new", EDITORS),
    rule(Method::GET, "/console/knowledge/entry/{id}", EVERYBODY),
    rule(Method::POST, "/console/knowledge/entry", EDITORS),
    rule(Method::POST, "/console/knowledge/entry/{id}/removal", EDITORS),
    rule(Method::GET, "/console/flows", AUTHORS),
    rule(Method::GET, "/console/flows/{name}", AUTHORS),
    rule(Method::GET, "/console/flows/{name}/drawing", AUTHORS),
    rule(Method::GET, "/console/trial", AUTHORS),
    rule(Method::POST, "/console/trial", AUTHORS),
    rule(Method::GET, "/console/surveys", LEADERS),
    rule(Method::GET, "/console/people", ADMINS),
    rule(Method::POST, "/console/people", ADMINS),
    rule(Method::POST, "/console/people/{person}", ADMINS),
    rule(Method::GET, "/api/v1/openapi.json", ANYONE),
    rule(Method::GET, "/api/v1/me", EVERYBODY),
    rule(Method::GET, "/api/v1/work-orders", EVERYBODY),
    rule(Method::POST, "/api/v1/work-orders", CARE),
    rule(Method::GET, "/api/v1/work-orders/{number}", EVERYBODY),
    rule(Method::POST, "/api/v1/work-orders/{number}/steps", CARE),
    rule(Method::POST, "/api/v1/work-orders/{number}/comments", CARE),
    rule(Method::POST, "/api/v1/work-orders/{number}/verdict", CARE),
    rule(Method::PUT, "/api/v1/calls/{id}/recording", LISTENERS),
    rule(Method::GET, "/api/v1/campaigns", LEADERS),
    rule(Method::POST, "/api/v1/campaigns", CALLERS),
    rule(Method::GET, "/api/v1/campaigns/{id}", LEADERS),
    rule(Method::PUT, "/api/v1/campaigns/{id}", CALLERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/moves", CALLERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/copy", CALLERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/hours", LEADERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/contacts", LEADERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/contacts", CALLERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/contacts/{contact}", LEADERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/opening", LEADERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/opening/sound", LEADERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/test-calls", LEADERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/test-calls", CALLERS),
    rule(Method::POST, "/api/v1/campaigns/{id}/preview", CALLERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/results", LEADERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/imports", LEADERS),
    rule(Method::GET, "/api/v1/campaigns/{id}/imports/{import}/faults", LEADERS),
    rule(Method::POST, "/api/v1/events", CALLERS),
    rule(Method::GET, "/api/v1/do-not-call", LEADERS),
    rule(Method::POST, "/api/v1/do-not-call", CALLERS),
    rule(Method::POST, "/api/v1/do-not-call/removals", CALLERS),
    rule(Method::POST, "/api/v1/consents", CALLERS),
    rule(Method::POST, "/api/v1/consents/withdrawals", CALLERS),
    rule(Method::GET, "/api/v1/incidents", EVERYBODY),
    rule(Method::PUT, "/api/v1/incidents/{id}/end", LEAD),
    rule(Method::POST, "/api/v1/incidents/{id}/resolution", LEAD),
];

/// For whom a route is; `None` for one that is not in the table.
pub fn who(method: &Method, path: &str) -> Option<Who> {
    TABLE.iter().find(|rule| rule.method == *method && rule.path == path).map(|rule| rule.who)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_route_stands_in_the_table_once_and_changes_ask_who_it_is() {
        let unique: BTreeSet<(&str, &str)> = TABLE.iter().map(|rule| (rule.method.as_str(), rule.path)).collect();
        assert_eq!(unique.len(), TABLE.len());
        let open: Vec<&str> = TABLE.iter().filter(|rule| rule.who == Who::Anyone && !rule.method.is_safe()).map(|rule| rule.path).collect();
        assert_eq!(open, ["/console/sign-in"]);
    }
}
