//! When a shop or a fitter of the demo operator has time.

use super::account::Account;
use super::customers::{Area, EAST, SOUTH, WEST};
use super::fields;
use crate::business::Failure;
use crate::text::{Record, Value};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Weekday};

/// How far ahead an appointment can be.
const DAYS_AHEAD: i64 = 14;
const SHOP_HOURS: [i8; 3] = [10, 14, 16];
/// From, until.
const VISIT_HOURS: [(i8, i8); 2] = [(9, 12), (14, 18)];
/// A fitter needs so long to be sent today.
const VISIT_NOTICE_HOURS: i64 = 3;

fn shop(area: &Area) -> (&'static str, &'static str) {
    [
        (&EAST, ("城东营业厅", "the East Town shop")),
        (&WEST, ("城西营业厅", "the West Town shop")),
        (&SOUTH, ("城南营业厅", "the South Town shop")),
    ]
    .into_iter()
    .find(|(known, _)| *known == area)
    .map_or(("城北营业厅", "the North Town shop"), |(_, shop)| shop)
}

/// The days on which something can be had: `day` alone when it is given.
fn days(day: Option<Date>, today: Date) -> impl Iterator<Item = Date> {
    let days = (0..=DAYS_AHEAD).map(move |ahead| today.saturating_add(ahead.days()));
    days.filter(move |candidate| day.is_none_or(|day| day == *candidate))
}

/// Shops are closed on Sundays, and nothing is booked for the same day.
fn shop_times(day: Option<Date>, now: DateTime) -> impl Iterator<Item = DateTime> {
    let open = days(day, now.date()).filter(move |day| *day > now.date() && day.weekday() != Weekday::Sunday);
    open.flat_map(|day| SHOP_HOURS.map(|hour| day.at(hour, 0, 0, 0)))
}

fn visit_times(day: Option<Date>, now: DateTime) -> impl Iterator<Item = (DateTime, DateTime)> {
    let all = days(day, now.date()).flat_map(|day| VISIT_HOURS.map(|(from, until)| (day.at(from, 0, 0, 0), day.at(until, 0, 0, 0))));
    all.filter(move |(from, _)| *from >= now.saturating_add(VISIT_NOTICE_HOURS.hours()))
}

/// How many are told at once.
const MOST_TOLD: usize = 3;

pub fn sim_slots(account: &Account, day: Option<Date>, now: DateTime) -> Result<Record, Failure> {
    if account.sim_booking.as_ref().is_some_and(|booking| booking.at > now) {
        return Err(Failure::Refused("already_booked".into()));
    }
    let (name, name_en) = shop(account.seed.area);
    let slot =
        |at: DateTime| fields([("at", Value::Moment(at)), ("shop", Value::Text(name.into())), ("shop_en", Value::Text(name_en.into()))]);
    let slots: Vec<Record> = shop_times(day, now).take(MOST_TOLD).map(slot).collect();
    with_first(slots)
}

pub fn visit_slots(account: &Account, day: Option<Date>, now: DateTime) -> Result<Record, Failure> {
    account.seed.line.ok_or(Failure::Refused("no_broadband".into()))?;
    if account.visit_booking.as_ref().is_some_and(|booking| booking.at > now) {
        return Err(Failure::Refused("already_booked".into()));
    }
    let slot = |(at, until): (DateTime, DateTime)| fields([("at", Value::Moment(at)), ("until", Value::Moment(until))]);
    with_first(visit_times(day, now).take(MOST_TOLD).map(slot).collect())
}

/// The fields of the first slot beside the list of all.
fn with_first(slots: Vec<Record>) -> Result<Record, Failure> {
    let mut record = slots.first().cloned().ok_or(Failure::NotFound)?;
    record.insert("slots".into(), Value::List(slots.into_iter().map(Value::Record).collect()));
    Ok(record)
}

pub fn book_sim(account: &Account, at: DateTime, now: DateTime) -> Result<Record, Failure> {
    sim_slots(account, None, now)?;
    if !shop_times(Some(at.date()), now).any(|free| free == at) {
        return Err(Failure::Refused("no_slot".into()));
    }
    let (name, name_en) = shop(account.seed.area);
    Ok(fields([
        ("number", Value::Code(account.next_order_number(now))),
        ("at", Value::Moment(at)),
        ("shop", Value::Text(name.into())),
        ("shop_en", Value::Text(name_en.into())),
    ]))
}

pub fn book_visit(account: &Account, at: DateTime, now: DateTime) -> Result<Record, Failure> {
    visit_slots(account, None, now)?;
    let (at, until) = visit_times(Some(at.date()), now).find(|(from, _)| *from == at).ok_or(Failure::Refused("no_slot".into()))?;
    Ok(fields([("number", Value::Code(account.next_order_number(now))), ("at", Value::Moment(at)), ("until", Value::Moment(until))]))
}
