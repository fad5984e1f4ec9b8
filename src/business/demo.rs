//! The embedded demo operator: invented customers with bills, lines and plans, so that every flow works at once.
//!
//! What customers have follows from seeds (`demo/customers.rs`) and the clock; what was changed comes from the store, so that a change is
//! done once even when the process dies between doing and answering. README's PIN: 138 0000 0001 has 246810.

mod account;
mod billing;
mod customers;
mod lines;
mod plans;

use super::{Clock, Failure, OPERATIONS, Operation, Operator, Reply, Request};
use crate::store::{Applied, Attempt, Change, Changed, Database, StoreError};
use crate::text::{Money, PhoneNumber, Record, Value};
use account::{Account, first_of_next_month};
use customers::{CUSTOMERS, Seed};
use jiff::civil::DateTime;
use plans::{PLANS, Plan};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Wrong PINs within half an hour that lock the verification.
pub const MOST_WRONG_PINS: u32 = 3;
/// How long a wrong PIN counts.
const LOCKED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);
/// What may be paid in at once.
const RECHARGE: std::ops::RangeInclusive<Money> = Money(100)..=Money(50_000);

/// See the module's text.
pub struct DemoOperator {
    database: Database,
    clock: Clock,
    /// Salted digests, by telephone number.
    pins: HashMap<&'static str, [u8; 32]>,
}

impl DemoOperator {
    /// `clock` gives the day that bills and usage are relative to; changes are kept in `database`.
    pub fn new(database: Database, clock: Clock) -> DemoOperator {
        let pins = CUSTOMERS.iter().map(|seed| (seed.number, pin_digest(seed.number, seed.pin))).collect();
        DemoOperator { database, clock, pins }
    }

    /// The numbers of all its customers, for demonstrations and tests.
    pub fn numbers() -> impl Iterator<Item = PhoneNumber> {
        CUSTOMERS.iter().filter_map(|seed| PhoneNumber::parse(seed.number))
    }

    async fn answer(&self, request: Request) -> Result<Record, Failure> {
        let operation = self.checked(&request)?;
        let seed = CUSTOMERS.iter().find(|seed| seed.number == request.customer.reveal()).ok_or(Failure::NotFound)?;
        let now = (self.clock)();
        if operation.changes {
            self.change(seed, &request, now).await
        } else if operation.name == "verify_pin" {
            self.verify_pin(seed, &request, now).await
        } else {
            let history = self.database.changes().of(&self.database.stored_phone(&request.customer)).await.map_err(failure)?;
            look_up(&Account::new(seed, &history), &request, now)
        }
    }

    /// The operation, when the request is one that it can answer.
    fn checked(&self, request: &Request) -> Result<&'static Operation, Failure> {
        let operation = self
            .operations()
            .iter()
            .find(|operation| operation.name == request.operation)
            .ok_or_else(|| Failure::Bad(format!("no operation {}", request.operation)))?;
        if let Some(missing) = operation.needs.iter().find(|name| !request.arguments.contains_key(**name)) {
            return Err(Failure::Bad(format!("{} needs {missing}", operation.name)));
        }
        let known = |name: &str| operation.needs.contains(&name) || operation.takes.contains(&name);
        if let Some(unknown) = request.arguments.keys().find(|name| !known(name)) {
            return Err(Failure::Bad(format!("{} takes no {unknown}", operation.name)));
        }
        if operation.changes && request.idempotency_key.is_none() {
            return Err(Failure::Bad(format!("{} changes something and needs an idempotency key", operation.name)));
        }
        Ok(operation)
    }

    async fn change(&self, seed: &'static Seed, request: &Request, now: DateTime) -> Result<Record, Failure> {
        let customer = self.database.stored_phone(&request.customer);
        let change = Change {
            key: request.idempotency_key.as_deref().unwrap_or_default(),
            customer: &customer,
            operation: &request.operation,
            arguments: &request.arguments,
            at: now,
        };
        let decide = |history: &[Applied]| decide_change(&Account::new(seed, history), request, now);
        match self.database.changes().apply(change, decide).await.map_err(failure)? {
            Changed::Now(reply) | Changed::Before(reply) => Ok(reply),
            Changed::Refused(refusal) => Err(refusal),
            Changed::KeyTaken => Err(Failure::Bad("the idempotency key belongs to another change".into())),
        }
    }

    async fn verify_pin(&self, seed: &'static Seed, request: &Request, now: DateTime) -> Result<Record, Failure> {
        let Some(Value::Digits(pin)) = request.arguments.get("pin") else {
            return Err(Failure::Bad("pin must be digits".into()));
        };
        let given = pin_digest(seed.number, pin.reveal());
        let passed = self.pins.get(seed.number).is_some_and(|digest| same(digest, &given));
        let customer = self.database.stored_phone(&request.customer);
        let since = now.saturating_sub(LOCKED_FOR);
        match self.database.attempts().count(&customer, passed, MOST_WRONG_PINS, since, now).await.map_err(failure)? {
            Attempt::Passed => Ok(verified(true, MOST_WRONG_PINS)),
            Attempt::Failed { left } => Ok(verified(false, left)),
            Attempt::Locked => Err(Failure::Refused("locked".into())),
        }
    }
}

impl Operator for DemoOperator {
    fn operations(&self) -> &'static [Operation] {
        OPERATIONS
    }

    fn execute(&self, request: Request) -> Reply<'_> {
        Box::pin(self.answer(request))
    }
}

fn look_up(account: &Account, request: &Request, now: DateTime) -> Result<Record, Failure> {
    let today = now.date();
    match request.operation.as_str() {
        "customer" => Ok(account.customer()),
        "balance" => Ok(billing::balance(account, now)),
        "bill" => {
            let month = match request.arguments.get("month") {
                None => None,
                Some(Value::Month(month)) => Some(*month),
                Some(_) => return Err(Failure::Bad("month must be a month".into())),
            };
            billing::bill(account, month, today).ok_or(Failure::NotFound)
        }
        "usage" => Ok(account.usage(today)),
        "plan" => Ok(account.plan_record(today)),
        "plans" => Ok(fields([("plans", Value::List(PLANS.iter().map(|plan| Value::Record(plan.record())).collect()))])),
        "points" => Ok(billing::points(account, today)),
        "own_number" => Ok(account.own_number()),
        "recharge_record" => Ok(billing::recharge_record(account, today)),
        "line_test" => lines::line_test(account, now),
        "outage" => {
            let kind = match request.arguments.get("kind") {
                None => None,
                Some(Value::Text(kind)) => Some(kind.as_str()),
                Some(_) => return Err(Failure::Bad("kind must be a text".into())),
            };
            lines::outage(account, kind, now).ok_or(Failure::NotFound)
        }
        "orders" => Ok(account.orders(now)),
        other => Err(Failure::Bad(format!("{other} is no look-up"))),
    }
}

/// Pure: the store calls it inside its transaction, with the account as it stands at that moment.
fn decide_change(account: &Account, request: &Request, now: DateTime) -> Result<Record, Failure> {
    let refused = |reason: &str| Err(Failure::Refused(reason.to_owned()));
    match (request.operation.as_str(), request.arguments.get("amount"), request.arguments.get("plan")) {
        ("report_loss", ..) if account.lost => refused("already_lost"),
        ("release_loss", ..) if !account.lost => refused("not_lost"),
        ("report_loss" | "release_loss", ..) => Ok(fields([("since", Value::Moment(now))])),
        ("restart_line", ..) => lines::restart_line(account, now),
        ("recharge", Some(Value::Money(amount)), _) => {
            if !RECHARGE.contains(amount) {
                return refused("amount_out_of_range");
            }
            let balance = Money(account.balance().0 + amount.0);
            Ok(fields([("amount", Value::Money(*amount)), ("balance", Value::Money(balance))]))
        }
        ("change_plan", _, Some(Value::Text(code))) => match Plan::find(code) {
            None => refused("unknown_plan"),
            Some(plan) if plan == account.next_plan.map_or(account.plan(now.date()), |(next, _)| next) => refused("same_plan"),
            Some(_) if account.balance().0 < 0 => refused("in_arrears"),
            Some(plan) => Ok(fields([
                ("name", Value::Text(plan.name.into())),
                ("name_en", Value::Text(plan.name_en.into())),
                ("fee", Value::Money(plan.fee)),
                ("begins", Value::Day(first_of_next_month(now.date()))),
            ])),
        },
        (other, ..) => Err(Failure::Bad(format!("arguments of {other} have the wrong type"))),
    }
}

fn verified(verified: bool, attempts_left: u32) -> Record {
    fields([("verified", Value::Flag(verified)), ("attempts_left", Value::Number(attempts_left.into()))])
}

/// A broken database is to the dialog a system that does not answer.
fn failure(error: StoreError) -> Failure {
    match error {
        StoreError::Misuse(reason) => Failure::Bad(reason),
        other => {
            tracing::error!(error = %other, "the demo operator cannot reach its records");
            Failure::Unavailable
        }
    }
}

fn pin_digest(number: &str, pin: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"tingshuo demo pin/").chain_update(number).chain_update(b"/").chain_update(pin).finalize().into()
}

/// Takes the same time wherever the two differ.
fn same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().zip(b).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Record {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[cfg(test)]
mod tests;
