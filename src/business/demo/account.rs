//! A customer as it stands now: the seed and everything that was changed since.

use super::customers::Seed;
use super::fields;
use super::plans::Plan;
use crate::store::Applied;
use crate::text::{Money, PhoneNumber, Record, Value};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime};

/// See the module's text.
pub struct Account {
    pub seed: &'static Seed,
    pub lost: bool,
    /// When the broadband line was last restarted from the back end.
    pub restarted: Option<DateTime>,
    /// Oldest first.
    pub recharges: Vec<(DateTime, Money)>,
    /// The plan chosen last, and the day it begins.
    pub next_plan: Option<(&'static Plan, Date)>,
}

impl Account {
    pub fn new(seed: &'static Seed, history: &[Applied]) -> Account {
        let mut account = Account { seed, lost: seed.lost, restarted: None, recharges: Vec::new(), next_plan: None };
        for applied in history {
            match (applied.operation.as_str(), applied.arguments.get("amount"), applied.arguments.get("plan")) {
                ("report_loss", ..) => account.lost = true,
                ("release_loss", ..) => account.lost = false,
                ("restart_line", ..) => account.restarted = Some(applied.at),
                ("recharge", Some(Value::Money(amount)), _) => account.recharges.push((applied.at, *amount)),
                ("change_plan", _, Some(Value::Text(code))) => {
                    account.next_plan = Plan::find(code).map(|plan| (plan, first_of_next_month(applied.at.date())));
                }
                _ => {}
            }
        }
        account
    }

    /// Prepaid money left; below zero is owed.
    pub fn balance(&self) -> Money {
        Money(self.seed.balance.0 + self.recharges.iter().map(|(_, amount)| amount.0).sum::<i64>())
    }

    /// The plan of `today`.
    pub fn plan(&self, today: Date) -> &'static Plan {
        match self.next_plan {
            Some((plan, begins)) if begins <= today => plan,
            _ => self.seed.plan(),
        }
    }

    pub fn customer(&self) -> Record {
        let (level, level_name, level_name_en) = self.seed.level.names();
        fields([
            ("surname", Value::Text(self.seed.surname.0.into())),
            ("surname_en", Value::Text(self.seed.surname.1.into())),
            ("title", Value::Text(self.seed.title.0.into())),
            ("title_en", Value::Text(self.seed.title.1.into())),
            ("level", Value::Text(level.into())),
            ("level_name", Value::Text(level_name.into())),
            ("level_name_en", Value::Text(level_name_en.into())),
            ("tags", Value::List(self.seed.tags.iter().map(|tag| Value::Text((*tag).to_owned())).collect())),
            ("area", Value::Text(self.seed.area.name.into())),
            ("area_en", Value::Text(self.seed.area.name_en.into())),
            ("lang", Value::Text(self.seed.lang.code().into())),
            ("lost", Value::Flag(self.lost)),
        ])
    }

    /// What of the month's plan is used and left.
    pub fn usage(&self, today: Date) -> Record {
        let plan = self.plan(today);
        let used = &self.seed.used_percent;
        let part = |total: u64, percent: u64| (total * percent / 100).min(total);
        let (data, minutes) = (part(plan.data_mb, used.data), part(plan.minutes, used.minutes));
        let messages = part(plan.messages.unsigned_abs(), used.messages) as i64;
        fields([
            ("data_total", Value::Volume(plan.data_mb)),
            ("data_used", Value::Volume(data)),
            ("data_left", Value::Volume(plan.data_mb - data)),
            ("minutes_total", Value::Minutes(plan.minutes)),
            ("minutes_used", Value::Minutes(minutes)),
            ("minutes_left", Value::Minutes(plan.minutes - minutes)),
            ("messages_total", Value::Number(plan.messages)),
            ("messages_used", Value::Number(messages)),
            ("messages_left", Value::Number(plan.messages - messages)),
            ("renews", Value::Day(first_of_next_month(today))),
        ])
    }

    pub fn plan_record(&self, today: Date) -> Record {
        let service = |name: &str, name_en: &str, yuan: i64| {
            Value::Record(fields([
                ("name", Value::Text(name.into())),
                ("name_en", Value::Text(name_en.into())),
                ("fee", Value::Money(Money(yuan * 100))),
            ]))
        };
        let mut services = vec![service("来电显示", "caller display", 0)];
        if self.seed.line.is_some() {
            services.push(service("300兆宽带", "300 megabit broadband", 0));
        }
        if self.seed.tags.contains(&"爱看视频") {
            services.push(service("视频会员", "video membership", 15));
        }
        let next = self.next_plan.map_or(self.plan(today), |(plan, _)| plan);
        let mut record = self.plan(today).record();
        record.extend(fields([
            ("services", Value::List(services)),
            ("since", Value::Day(self.since())),
            ("next_name", Value::Text(next.name.into())),
            ("next_name_en", Value::Text(next.name_en.into())),
        ]));
        record
    }

    pub fn own_number(&self) -> Record {
        let number = PhoneNumber::parse(self.seed.number).expect("a test parses every customer's number");
        fields([("number", Value::Phone(number)), ("since", Value::Day(self.since()))])
    }

    /// A broadband repair that is due today, for who has one.
    pub fn orders(&self, now: DateTime) -> Record {
        let visit = fields([
            ("number", Value::Code(format!("{}9001", now.date().saturating_sub(2.days()).strftime("%y%m%d")))),
            ("name", Value::Text("宽带维修上门".into())),
            ("name_en", Value::Text("broadband repair visit".into())),
            ("state", Value::Text("dispatched".into())),
            ("state_name", Value::Text("师傅今天下午上门".into())),
            ("state_name_en", Value::Text("the fitter comes this afternoon".into())),
            ("at", Value::Moment(now.date().at(15, 0, 0, 0))),
        ]);
        let orders: Vec<Value> = self.seed.visit_today.then_some(Value::Record(visit)).into_iter().collect();
        fields([("count", Value::Number(orders.len() as i64)), ("orders", Value::List(orders))])
    }

    /// The day the contract began, from the number's last digits.
    fn since(&self) -> Date {
        let digit = self.seed.number.chars().last().and_then(|digit| digit.to_digit(10)).unwrap_or(0) as i16;
        Date::new(2014 + digit, 1 + digit as i8, 12).expect("the 12th of one of the first ten months")
    }
}

pub fn first_of_next_month(today: Date) -> Date {
    today.last_of_month().saturating_add(1.day())
}
