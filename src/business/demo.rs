//! The embedded demo operator: invented customers with bills, lines and plans, so that every flow works at once.
//!
//! What customers have follows from seeds (`demo/customers.rs`) and the clock; what was changed comes from the store, so that a change is
//! done once even when the process dies between doing and answering. README's PIN: 138 0000 0001 has 246810.

mod account;
mod appointments;
mod billing;
mod changes;
mod customers;
mod lines;
mod offers;
mod plans;
mod services;

use super::{Clock, Failure, OPERATIONS, Operation, Operator, Reply, Request};
use crate::store::{Applied, Attempt, Change, Changed, Database, StoreError};
use crate::text::{PhoneNumber, Record, Value};
use account::{Account, first_of_next_month};
use customers::{CUSTOMERS, Seed};
use jiff::civil::DateTime;
use plans::PLANS;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Wrong PINs within half an hour that lock the verification.
pub const MOST_WRONG_PINS: u32 = 3;
/// How long a wrong PIN counts.
const LOCKED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_mins(30);

/// See the module's text.
pub struct DemoOperator {
    database: Database,
    clock: Clock,
    /// Salted digests of PIN and of the identity document's last digits, by telephone number.
    secrets: HashMap<&'static str, [[u8; 32]; 2]>,
}

impl DemoOperator {
    /// `clock` gives the day that bills and usage are relative to; changes are kept in `database`.
    pub fn new(database: Database, clock: Clock) -> DemoOperator {
        let digests = |seed: &Seed| [seed.pin, seed.id_tail].map(|secret| digest(seed.number, secret));
        let secrets = CUSTOMERS.iter().map(|seed| (seed.number, digests(seed))).collect();
        DemoOperator { database, clock, secrets }
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
        } else {
            let history = self.database.changes().of(&self.database.stored_phone(&request.customer)).await.map_err(failure)?;
            let account = Account::new(seed, &history);
            match operation.name {
                "verify_pin" => self.verify(&account, &request, "pin", 0, now).await,
                "verify_id" => self.verify(&account, &request, "id_digits", 1, now).await,
                _ => look_up(&account, &request, now),
            }
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
        let decide = |history: &[Applied]| changes::decide(&Account::new(seed, history), request, now);
        match self.database.changes().apply(change, decide).await.map_err(failure)? {
            Changed::Now(reply) | Changed::Before(reply) => Ok(reply),
            Changed::Refused(refusal) => Err(refusal),
            Changed::KeyTaken => Err(Failure::Bad("the idempotency key belongs to another change".into())),
        }
    }

    /// Compares what was said with the customer's secret number `which`. A PIN that is set back is the initial one again, as the seeds
    /// have it: the demo has no text messages to send another by.
    async fn verify(&self, account: &Account, request: &Request, name: &str, which: usize, now: DateTime) -> Result<Record, Failure> {
        let Some(Value::Digits(said)) = request.arguments.get(name) else {
            return Err(Failure::Bad(format!("{name} must be digits")));
        };
        let number = account.seed.number;
        let given = digest(number, said.reveal());
        let passed = self.secrets.get(number).and_then(|secrets| secrets.get(which)).is_some_and(|digest| same(digest, &given));
        let customer = self.database.stored_phone(&request.customer);
        let locked_since = now.saturating_sub(LOCKED_FOR);
        let since = account.pin_reset.map_or(locked_since, |reset| reset.max(locked_since));
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
        "contact" => Ok(account.contact()),
        "balance" => Ok(billing::balance(account, now)),
        "bill" => billing::bill(account, given(request, "month", changes::month)?, today).ok_or(Failure::NotFound),
        "usage" => Ok(account.usage(today)),
        "plan" => Ok(account.plan_record(today)),
        "plans" => Ok(fields([("plans", Value::List(PLANS.iter().map(|plan| Value::Record(plan.record())).collect()))])),
        "points" => Ok(billing::points(account, today)),
        "own_number" => Ok(account.own_number()),
        "recharge_record" => Ok(billing::recharge_record(account, today)),
        "line_test" => lines::line_test(account, now),
        "outage" => {
            let kind = given(request, "kind", changes::text)?;
            let area = lines::area(account, given(request, "place", changes::text)?);
            area.and_then(|area| lines::outage(area, kind, now)).ok_or(Failure::NotFound)
        }
        "network_test" => {
            let area = lines::area(account, given(request, "place", changes::text)?);
            area.map(|area| lines::network_test(area, now)).ok_or(Failure::NotFound)
        }
        "orders" => Ok(account.orders(now)),
        "plan_offer" => offers::plan_offer(account, changes::text(request, "plan")?, today),
        "recommendation" => offers::recommendation(account, today),
        "data_packs" => Ok(services::packs(today)),
        "pack_offer" => services::pack_offer(account, given(request, "volume", changes::volume)?, today),
        "services" => Ok(services::all(account)),
        "service" => services::ending(account, changes::text(request, "service")?, today),
        "roaming" => services::roaming(account, given(request, "region", changes::text)?),
        "invoice" => billing::invoice(account, given(request, "month", changes::month)?, today),
        "sim_slots" => appointments::sim_slots(account, given(request, "day", changes::day)?, now),
        "visit_slots" => appointments::visit_slots(account, given(request, "day", changes::day)?, now),
        "closing_check" => offers::closing_check(account, today),
        "retention_offer" => offers::retention(account, changes::text(request, "reason")?),
        other => Err(Failure::Bad(format!("{other} is no look-up"))),
    }
}

/// An argument that may be left out.
fn given<'a, T>(request: &'a Request, name: &str, read: fn(&'a Request, &str) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
    request.arguments.contains_key(name).then(|| read(request, name)).transpose()
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

fn digest(number: &str, secret: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"tingshuo demo pin/").chain_update(number).chain_update(b"/").chain_update(secret).finalize().into()
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
