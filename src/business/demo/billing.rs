//! The demo operator's bills, payments and points: the same for the same customer and month, whenever they are asked.

use super::account::Account;
use super::fields;
use crate::business::Failure;
use crate::text::date::Month;
use crate::text::{Money, Record, Value};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// How many closed months are kept.
pub const MONTHS_KEPT: i32 = 6;

pub fn balance(account: &Account, now: DateTime) -> Record {
    let balance = account.balance();
    fields([
        ("balance", Value::Money(balance)),
        ("in_arrears", Value::Flag(balance.0 < 0)),
        ("owed", Value::Money(Money((-balance.0).max(0)))),
        ("at", Value::Moment(now)),
    ])
}

/// The bill of `month`, or of the last closed month; `None` for a month of which nothing is kept.
pub fn bill(account: &Account, month: Option<Month>, today: Date) -> Option<Record> {
    let month = month.unwrap_or_else(|| month_of(today.saturating_sub(1.month())));
    let months_ago = (i32::from(today.year()) - i32::from(month.year)) * 12 + i32::from(today.month()) - i32::from(month.month);
    if !(0..=MONTHS_KEPT).contains(&months_ago) {
        return None;
    }
    let closed = months_ago > 0;
    let fee = account.plan(Date::new(month.year, month.month, 1).ok()?).fee;
    let extras = extras(account.seed.number, month, closed);
    let extra: i64 = extras.iter().map(|(.., amount)| amount.0).sum();
    let items = std::iter::once(("套餐月费", "monthly plan fee", fee)).chain(extras).map(|(name, name_en, amount)| {
        Value::Record(fields([
            ("name", Value::Text(name.into())),
            ("name_en", Value::Text(name_en.into())),
            ("amount", Value::Money(amount)),
        ]))
    });
    Some(fields([
        ("items", Value::List(items.collect())),
        ("month", Value::Month(month)),
        ("total", Value::Money(Money(fee.0 + extra))),
        ("plan_fee", Value::Money(fee)),
        ("extra", Value::Money(Money(extra))),
        ("closed", Value::Flag(closed)),
        // Who owes has not paid the last month.
        ("paid", Value::Flag(closed && !(months_ago == 1 && account.balance().0 < 0))),
    ]))
}

/// How long an invoice takes.
const INVOICE_DAYS: i64 = 3;

/// An invoice for a month that is closed, paid and has none yet.
pub fn invoice(account: &Account, month: Option<Month>, today: Date) -> Result<Record, Failure> {
    let mut bill = bill(account, month, today).ok_or(Failure::NotFound)?;
    let month = match bill.get("month") {
        Some(Value::Month(month)) => *month,
        _ => return Err(Failure::NotFound),
    };
    let refused = |reason: &str| Err(Failure::Refused(reason.to_owned()));
    match (bill.get("closed"), bill.get("paid")) {
        (Some(Value::Flag(true)), Some(Value::Flag(true))) if account.invoiced.contains(&month) => refused("already_invoiced"),
        (Some(Value::Flag(true)), Some(Value::Flag(true))) => Ok(fields([
            ("month", Value::Month(month)),
            ("amount", bill.remove("total").ok_or(Failure::NotFound)?),
            ("by", Value::Day(today.saturating_add(INVOICE_DAYS.days()))),
        ])),
        (Some(Value::Flag(true)), _) => refused("unpaid"),
        _ => refused("not_closed"),
    }
}

/// What came on top of the plan. In the running month only what is charged on its first day.
fn extras(number: &str, month: Month, closed: bool) -> Vec<(&'static str, &'static str, Money)> {
    let mut dice = Dice::new(number, month);
    let beyond = [
        ("套餐外流量费", "data beyond the plan", 500 * dice.roll(4)),
        ("套餐外语音费", "calls beyond the plan", 15 * dice.roll(40)),
        ("短信费", "messages", 10 * dice.roll(9)),
    ];
    let services = [("增值业务费", "extra services", 600 * dice.roll(2)), ("视频会员", "video membership", 1_500 * dice.roll(2))];
    beyond
        .into_iter()
        .filter(|_| closed)
        .chain(services)
        .filter(|(.., fen)| *fen > 0)
        .map(|(name, name_en, fen)| (name, name_en, Money(fen)))
        .collect()
}

/// Payments of the last months, newest first; those made in calls come from the store.
pub fn recharge_record(account: &Account, today: Date) -> Record {
    let mut payments: Vec<(Date, Money, &str, &str)> =
        account.recharges.iter().rev().map(|(at, amount)| (at.date(), *amount, "电话充值", "by telephone")).collect();
    for months_ago in 1..=3 {
        let month = month_of(today.saturating_sub(months_ago.months()));
        let mut dice = Dice::new(account.seed.number, month);
        let amount = [5_000, 10_000, 20_000][dice.roll(3) as usize];
        let day = Date::new(month.year, month.month, 1 + dice.roll(28) as i8).expect("every month has 28 days");
        let (channel, channel_en) = if dice.roll(2) == 0 { ("手机客户端", "in the app") } else { ("营业厅", "in a shop") };
        payments.push((day, Money(amount), channel, channel_en));
    }
    let records: Vec<Record> = payments
        .into_iter()
        .map(|(day, amount, channel, channel_en)| {
            fields([
                ("day", Value::Day(day)),
                ("amount", Value::Money(amount)),
                ("channel", Value::Text(channel.into())),
                ("channel_en", Value::Text(channel_en.into())),
            ])
        })
        .collect();
    let newest = records.first().cloned().expect("three months are always there");
    let mut reply: Record = newest.into_iter().map(|(name, value)| (format!("last_{name}"), value)).collect();
    reply.insert("count".into(), Value::Number(records.len() as i64));
    reply.insert("records".into(), Value::List(records.into_iter().map(Value::Record).collect()));
    reply
}

/// Points; a tenth of them ends with the year.
pub fn points(account: &Account, today: Date) -> Record {
    fields([
        ("points", Value::Number(account.seed.points)),
        ("expiring", Value::Number(account.seed.points / 10)),
        ("expires", Value::Day(Date::new(today.year(), 12, 31).expect("every year ends on 31 December"))),
    ])
}

fn month_of(day: Date) -> Month {
    Month { year: day.year(), month: day.month() }
}

/// Numbers that look drawn but follow from customer and month (FNV-1a, then splitmix64).
struct Dice(u64);

impl Dice {
    fn new(number: &str, month: Month) -> Dice {
        let text = format!("{number}/{}/{}", month.year, month.month);
        Dice(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// 0 to `sides` − 1.
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides) as i64
    }
}
