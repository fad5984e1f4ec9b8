//! A customer as it stands now: the seed and everything that was changed since.

use super::customers::Seed;
use super::fields;
use super::plans::Plan;
use super::services::{self, Pack};
use crate::store::Applied;
use crate::text::date::Month;
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
    /// Data packs, with the day they were bought.
    packs: Vec<(Date, &'static Pack)>,
    /// Codes of services that were ended.
    pub cancelled: Vec<String>,
    pub roaming: bool,
    /// When the PIN was last set back; attempts before that count no more.
    pub pin_reset: Option<DateTime>,
    /// Months for which an invoice was asked.
    pub invoiced: Vec<Month>,
    pub sim_booking: Option<Booking>,
    pub visit_booking: Option<Booking>,
    pub offer_accepted: bool,
    /// The request to close it.
    pub closing: Option<Booking>,
    changes: usize,
}

/// Something with a number that happens at a time.
pub struct Booking {
    number: String,
    pub at: DateTime,
}

impl Booking {
    fn from_reply(reply: &Record, time: &str) -> Option<Booking> {
        match (reply.get("number"), reply.get(time)) {
            (Some(Value::Code(number)), Some(Value::Moment(at))) => Some(Booking { number: number.clone(), at: *at }),
            _ => None,
        }
    }
}

impl Account {
    pub fn new(seed: &'static Seed, history: &[Applied]) -> Account {
        let mut account = Account {
            seed,
            lost: seed.lost,
            restarted: None,
            recharges: Vec::new(),
            next_plan: None,
            packs: Vec::new(),
            cancelled: Vec::new(),
            roaming: seed.roaming,
            pin_reset: None,
            invoiced: Vec::new(),
            sim_booking: None,
            visit_booking: None,
            offer_accepted: false,
            closing: None,
            changes: history.len(),
        };
        history.iter().for_each(|applied| account.apply(applied));
        account
    }

    fn apply(&mut self, applied: &Applied) {
        let text = |name: &str| match applied.arguments.get(name) {
            Some(Value::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        match applied.operation.as_str() {
            "report_loss" => self.lost = true,
            "release_loss" => self.lost = false,
            "restart_line" => self.restarted = Some(applied.at),
            "recharge" => {
                if let Some(Value::Money(amount)) = applied.arguments.get("amount") {
                    self.recharges.push((applied.at, *amount));
                }
            }
            "change_plan" => {
                let plan = text("plan").and_then(Plan::find);
                self.next_plan = plan.map(|plan| (plan, first_of_next_month(applied.at.date())));
            }
            "buy_data" => self.packs.extend(text("pack").and_then(Pack::find).map(|pack| (applied.at.date(), pack))),
            "cancel_service" => self.cancelled.extend(text("service").map(str::to_owned)),
            "roaming_on" => self.roaming = true,
            "roaming_off" => self.roaming = false,
            "reset_password" => self.pin_reset = Some(applied.at),
            "request_invoice" => {
                if let Some(Value::Month(month)) = applied.arguments.get("month") {
                    self.invoiced.push(*month);
                }
            }
            "book_sim" => self.sim_booking = Booking::from_reply(&applied.reply, "at"),
            "book_visit" => self.visit_booking = Booking::from_reply(&applied.reply, "at"),
            "accept_offer" => self.offer_accepted = true,
            "close_account" => self.closing = Booking::from_reply(&applied.reply, "due"),
            _ => {}
        }
    }

    /// Prepaid money left; below zero is owed.
    pub fn balance(&self) -> Money {
        let paid_in: i64 = self.recharges.iter().map(|(_, amount)| amount.0).sum();
        let spent: i64 = self.packs.iter().map(|(_, pack)| pack.price.0).sum();
        Money(self.seed.balance.0 + paid_in - spent)
    }

    pub fn in_contract(&self, today: Date) -> bool {
        self.seed.contract_until.is_some_and(|until| until >= today)
    }

    /// The month's data and what is left of it, in megabytes, with the packs bought in it.
    pub fn data(&self, today: Date) -> (u64, u64) {
        let plan = self.plan(today);
        let used = (plan.data_mb * self.seed.used_percent.data / 100).min(plan.data_mb);
        let packs: u64 =
            self.packs.iter().filter(|(bought, _)| bought.first_of_month() == today.first_of_month()).map(|(_, pack)| pack.data_mb).sum();
        (plan.data_mb + packs, plan.data_mb + packs - used)
    }

    /// `2611229010`: the day, a nine, the customer, and how many changes there were.
    pub fn next_order_number(&self, now: DateTime) -> String {
        let customer: String = self.seed.number.chars().skip(9).collect();
        format!("{}9{customer}{}", now.date().strftime("%y%m%d"), self.changes % 10)
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

    /// How the customer wants to be written to; most have texts and no address.
    pub fn contact(&self) -> Record {
        let (channel, mail) = match self.seed.number {
            "13800000005" => ("none", "chen@mail.example"),
            "13800000007" => ("text", "smith@mail.example"),
            "13800000008" => ("mail", "johnson@mail.example"),
            _ => ("text", ""),
        };
        fields([("channel", Value::Text(channel.into())), ("mail", Value::Text(mail.into()))])
    }

    /// What of the month's plan is used and left.
    pub fn usage(&self, today: Date) -> Record {
        let plan = self.plan(today);
        let used = &self.seed.used_percent;
        let part = |total: u64, percent: u64| (total * percent / 100).min(total);
        let (data_total, data_left) = self.data(today);
        let minutes = part(plan.minutes, used.minutes);
        let messages = part(plan.messages.unsigned_abs(), used.messages) as i64;
        fields([
            ("data_total", Value::Volume(data_total)),
            ("data_used", Value::Volume(data_total - data_left)),
            ("data_left", Value::Volume(data_left)),
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
        let next = self.next_plan.map_or(self.plan(today), |(plan, _)| plan);
        let mut record = self.plan(today).record();
        record.extend(fields([
            ("services", Value::List(services::list(self))),
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

    /// What is under way for this customer: visits, appointments, a request to close.
    pub fn orders(&self, now: DateTime) -> Record {
        let visit_today = self.seed.visit_today.then(|| Booking {
            number: format!("{}9001", now.date().saturating_sub(2.days()).strftime("%y%m%d")),
            at: now.date().at(15, 0, 0, 0),
        });
        let visit = [("宽带维修上门", "broadband repair visit"), ("已经安排师傅", "a fitter is booked")];
        let appointment = [("补换卡预约", "SIM replacement appointment"), ("已经预约", "booked")];
        let closing = [("销户申请", "account closing request"), ("等待回访", "waiting for our call")];
        let all = [
            (visit_today.as_ref(), [visit[0], ("师傅今天下午上门", "the fitter comes this afternoon")], "dispatched"),
            (self.visit_booking.as_ref().filter(|booking| booking.at > now), visit, "dispatched"),
            (self.sim_booking.as_ref().filter(|booking| booking.at > now), appointment, "open"),
            (self.closing.as_ref(), closing, "open"),
        ];
        let order = |(booking, [name, state_name], state): (Option<&Booking>, [(&str, &str); 2], &str)| {
            let booking = booking?;
            Some(Value::Record(fields([
                ("number", Value::Code(booking.number.clone())),
                ("name", Value::Text(name.0.into())),
                ("name_en", Value::Text(name.1.into())),
                ("state", Value::Text(state.into())),
                ("state_name", Value::Text(state_name.0.into())),
                ("state_name_en", Value::Text(state_name.1.into())),
                ("at", Value::Moment(booking.at)),
            ])))
        };
        let orders: Vec<Value> = all.into_iter().filter_map(order).collect();
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
