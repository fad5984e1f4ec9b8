//! What a change of the demo operator comes to. Pure: the store calls it inside its transaction, with the account as it stands then.

use super::account::{Account, first_of_next_month};
use super::services::Pack;
use super::{appointments, billing, fields, lines, offers, services};
use crate::business::{Failure, Request};
use crate::text::date::Month;
use crate::text::{Money, Record, Value};
use jiff::civil::{Date, DateTime};

/// What may be paid in at once.
const RECHARGE: std::ops::RangeInclusive<Money> = Money(100)..=Money(50_000);
/// How long an initial PIN may be used.
const INITIAL_PIN_HOURS: i64 = 24;

pub fn decide(account: &Account, request: &Request, now: DateTime) -> Result<Record, Failure> {
    let today = now.date();
    match request.operation.as_str() {
        "report_loss" if account.lost => refused("already_lost"),
        "release_loss" if !account.lost => refused("not_lost"),
        "report_loss" | "release_loss" => Ok(since(now)),
        "restart_line" => lines::restart_line(account, now),
        "recharge" => recharge(account, money(request, "amount")?),
        "change_plan" => change_plan(account, text(request, "plan")?, today),
        "buy_data" => buy_data(account, text(request, "pack")?, today),
        "cancel_service" => services::ending(account, text(request, "service")?, today).map(|mut service| {
            service.remove("service");
            service
        }),
        "roaming_on" if account.lost => refused("lost"),
        "roaming_on" if account.roaming => refused("already_on"),
        "roaming_on" if account.balance().0 < 0 => refused("in_arrears"),
        "roaming_off" if !account.roaming => refused("already_off"),
        "roaming_on" | "roaming_off" => Ok(since(now)),
        "reset_password" if account.lost => refused("lost"),
        "reset_password" => {
            let until = now.saturating_add(jiff::SignedDuration::from_hours(INITIAL_PIN_HOURS));
            Ok(fields([("until", Value::Moment(until))]))
        }
        "request_invoice" => billing::invoice(account, Some(month(request, "month")?), today),
        "book_sim" => appointments::book_sim(account, moment(request, "at")?, now),
        "book_visit" => appointments::book_visit(account, moment(request, "at")?, now),
        "accept_offer" => offers::accept(account, text(request, "offer")?, today),
        "close_account" => text(request, "reason").and_then(|_| offers::close(account, now)),
        other => Err(Failure::Bad(format!("{other} is no change"))),
    }
}

fn refused(reason: &str) -> Result<Record, Failure> {
    Err(Failure::Refused(reason.to_owned()))
}

fn since(now: DateTime) -> Record {
    fields([("since", Value::Moment(now))])
}

fn recharge(account: &Account, amount: Money) -> Result<Record, Failure> {
    if !RECHARGE.contains(&amount) {
        return refused("amount_out_of_range");
    }
    let balance = Money(account.balance().0 + amount.0);
    Ok(fields([("amount", Value::Money(amount)), ("balance", Value::Money(balance))]))
}

fn change_plan(account: &Account, code: &str, today: Date) -> Result<Record, Failure> {
    let plan = offers::choosable(account, code, today)?;
    Ok(fields([
        ("name", Value::Text(plan.name.into())),
        ("name_en", Value::Text(plan.name_en.into())),
        ("fee", Value::Money(plan.fee)),
        ("begins", Value::Day(first_of_next_month(today))),
    ]))
}

fn buy_data(account: &Account, code: &str, today: Date) -> Result<Record, Failure> {
    let Some(pack) = Pack::find(code) else { return refused("unknown_pack") };
    let balance = account.balance().0;
    if balance < 0 {
        return refused("in_arrears");
    }
    if balance < pack.price.0 {
        return refused("balance_too_low");
    }
    let mut record = pack.record();
    record.remove("pack");
    record.extend(fields([("ends", Value::Day(today.last_of_month())), ("balance", Value::Money(Money(balance - pack.price.0)))]));
    Ok(record)
}

/// Arguments of the wrong type are a fault of whoever asks.
fn wrong<T>(request: &Request, name: &str, kind: &str) -> Result<T, Failure> {
    Err(Failure::Bad(format!("{name} of {} must be {kind}", request.operation)))
}

pub fn text<'a>(request: &'a Request, name: &str) -> Result<&'a str, Failure> {
    match request.arguments.get(name) {
        Some(Value::Text(text)) => Ok(text),
        _ => wrong(request, name, "a text"),
    }
}

fn money(request: &Request, name: &str) -> Result<Money, Failure> {
    match request.arguments.get(name) {
        Some(Value::Money(money)) => Ok(*money),
        _ => wrong(request, name, "an amount of money"),
    }
}

pub fn month(request: &Request, name: &str) -> Result<Month, Failure> {
    match request.arguments.get(name) {
        Some(Value::Month(month)) => Ok(*month),
        _ => wrong(request, name, "a month"),
    }
}

pub fn day(request: &Request, name: &str) -> Result<Date, Failure> {
    match request.arguments.get(name) {
        Some(Value::Day(day)) => Ok(*day),
        _ => wrong(request, name, "a day"),
    }
}

pub fn volume(request: &Request, name: &str) -> Result<u64, Failure> {
    match request.arguments.get(name) {
        Some(Value::Volume(megabytes)) => Ok(*megabytes),
        _ => wrong(request, name, "a volume of data"),
    }
}

fn moment(request: &Request, name: &str) -> Result<DateTime, Failure> {
    match request.arguments.get(name) {
        Some(Value::Moment(moment)) => Ok(*moment),
        _ => wrong(request, name, "a moment"),
    }
}
