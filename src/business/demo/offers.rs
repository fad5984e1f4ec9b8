//! What the demo operator offers: another plan, the plan that fits, a reason to stay.

use super::account::{Account, first_of_next_month};
use super::fields;
use super::plans::{PLANS, Plan};
use crate::business::Failure;
use crate::text::{Money, Record, Value};
use jiff::civil::{Date, DateTime};

fn refused<T>(reason: &str) -> Result<T, Failure> {
    Err(Failure::Refused(reason.to_owned()))
}

/// A plan that the customer could take from next month.
pub fn choosable(account: &Account, code: &str, today: Date) -> Result<&'static Plan, Failure> {
    let coming = account.next_plan.map_or(account.plan(today), |(next, _)| next);
    match Plan::find(code) {
        None => refused("unknown_plan"),
        Some(plan) if plan == coming => refused("same_plan"),
        Some(_) if account.balance().0 < 0 => refused("in_arrears"),
        Some(plan) => Ok(plan),
    }
}

pub fn plan_offer(account: &Account, code: &str, today: Date) -> Result<Record, Failure> {
    let (plan, present) = (choosable(account, code, today)?, account.plan(today));
    let mut record = compared(plan, present, today);
    record.extend(fields([
        ("messages", Value::Number(plan.messages)),
        ("present_name", Value::Text(present.name.into())),
        ("present_name_en", Value::Text(present.name_en.into())),
        ("present_fee", Value::Money(present.fee)),
        ("present_data", Value::Volume(present.data_mb)),
        ("present_minutes", Value::Minutes(present.minutes)),
    ]));
    Ok(record)
}

fn compared(plan: &Plan, present: &Plan, today: Date) -> Record {
    let mut record = plan.record();
    record.remove("messages");
    let difference = plan.fee.0 - present.fee.0;
    record.extend(fields([
        ("dearer", Value::Flag(difference > 0)),
        ("cheaper", Value::Flag(difference < 0)),
        ("difference", Value::Money(Money(difference.abs()))),
        ("begins", Value::Day(first_of_next_month(today))),
    ]));
    record
}

/// The cheapest plan that holds what a whole month would use at the present pace, with a tenth to spare. The month so far tells little
/// before its sixth day, so that many days count at least.
pub fn recommendation(account: &Account, today: Date) -> Result<Record, Failure> {
    if account.balance().0 < 0 {
        return refused("in_arrears");
    }
    let present = account.plan(today);
    let used = &account.seed.used_percent;
    let days = u64::from(today.days_in_month().unsigned_abs());
    let passed = u64::from(today.day().unsigned_abs()).max(6);
    let month_of = |total: u64, percent: u64| total * percent * days * 11 / (passed * 1_000);
    let (data, minutes) = (month_of(present.data_mb, used.data), month_of(present.minutes, used.minutes));
    let holds = |plan: &&Plan| plan.data_mb >= data && plan.minutes >= minutes;
    let plan = PLANS.iter().find(holds).or(PLANS.last()).expect("there are plans");
    let better = plan != present;
    let why = match plan.fee.cmp(&present.fee) {
        std::cmp::Ordering::Greater => "more_data",
        std::cmp::Ordering::Less => "cheaper",
        std::cmp::Ordering::Equal => "fits",
    };
    let mut record = compared(plan, present, today);
    record.extend(fields([("better", Value::Flag(better)), ("why", Value::Text(why.into()))]));
    Ok(record)
}

/// A reason to stay.
pub struct Retention {
    code: &'static str,
    name: (&'static str, &'static str),
    terms: (&'static str, &'static str),
    months: i64,
}

const RETENTIONS: &[Retention] = &[
    Retention {
        code: "fee_off_20",
        name: ("月费优惠", "a lower monthly fee"),
        terms: ("每月少二十元，六个月", "twenty yuan less a month for six months"),
        months: 6,
    },
    Retention {
        code: "data_gift_10",
        name: ("流量赠送", "extra data"),
        terms: ("每月多十个G流量，三个月", "ten gigabytes more a month for three months"),
        months: 3,
    },
    Retention {
        code: "keep_number",
        name: ("停机保号", "keeping the number asleep"),
        terms: ("每月五元，号码留着，六个月", "five yuan a month to keep the number for six months"),
        months: 6,
    },
];

/// What fits the reason for leaving; nobody who owes is offered anything.
pub fn retention(account: &Account, reason: &str) -> Result<Record, Failure> {
    if account.balance().0 < 0 {
        return refused("in_arrears");
    }
    let code = match reason {
        "price" => "fee_off_20",
        "signal" | "service" => "data_gift_10",
        "moving" => "keep_number",
        _ => return Err(Failure::NotFound),
    };
    let offer = find(code).ok_or(Failure::NotFound)?;
    Ok(fields([
        ("offer", Value::Text(offer.code.into())),
        ("name", Value::Text(offer.name.0.into())),
        ("name_en", Value::Text(offer.name.1.into())),
        ("terms", Value::Text(offer.terms.0.into())),
        ("terms_en", Value::Text(offer.terms.1.into())),
        ("months", Value::Number(offer.months)),
    ]))
}

fn find(code: &str) -> Option<&'static Retention> {
    RETENTIONS.iter().find(|offer| offer.code == code)
}

pub fn accept(account: &Account, code: &str, today: Date) -> Result<Record, Failure> {
    let Some(offer) = find(code) else { return refused("unknown_offer") };
    if account.offer_accepted {
        return refused("already_accepted");
    }
    if account.balance().0 < 0 {
        return refused("in_arrears");
    }
    Ok(fields([
        ("name", Value::Text(offer.name.0.into())),
        ("name_en", Value::Text(offer.name.1.into())),
        ("months", Value::Number(offer.months)),
        ("begins", Value::Day(first_of_next_month(today))),
    ]))
}

pub fn closing_check(account: &Account, today: Date) -> Result<Record, Failure> {
    if account.closing.is_some() {
        return refused("already_requested");
    }
    let balance = account.balance();
    Ok(fields([
        ("balance", Value::Money(balance)),
        ("owed", Value::Money(Money((-balance.0).max(0)))),
        ("in_arrears", Value::Flag(balance.0 < 0)),
        ("in_contract", Value::Flag(account.in_contract(today))),
        ("contract_until", Value::Day(account.seed.contract_until.filter(|until| *until >= today).unwrap_or(today))),
    ]))
}

/// How long a request to close waits for the call back.
const CLOSING_HOURS: i64 = 48;

pub fn close(account: &Account, now: DateTime) -> Result<Record, Failure> {
    if account.closing.is_some() {
        return refused("already_requested");
    }
    if account.balance().0 < 0 {
        return refused("owes");
    }
    if account.in_contract(now.date()) {
        return refused("in_contract");
    }
    Ok(fields([
        ("number", Value::Code(account.next_order_number(now))),
        ("due", Value::Moment(now.saturating_add(jiff::SignedDuration::from_hours(CLOSING_HOURS)))),
    ]))
}
