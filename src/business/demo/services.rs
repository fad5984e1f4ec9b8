//! The demo operator's extra services, data packs and roaming prices.

use super::account::Account;
use super::customers::{Level, Seed};
use super::fields;
use crate::business::Failure;
use crate::text::{Money, Record, Value};
use jiff::civil::Date;

/// What a customer can have beside the plan.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// As requests and flows name it.
    pub code: &'static str,
    name: &'static str,
    name_en: &'static str,
    fee: Money,
    /// What is part of the plan cannot be ended alone.
    can_cancel: bool,
}

const fn service(code: &'static str, name: &'static str, name_en: &'static str, yuan: i64, can_cancel: bool) -> Service {
    Service { code, name, name_en, fee: Money(yuan * 100), can_cancel }
}

const SERVICES: &[Service] = &[
    service("caller_display", "来电显示", "caller display", 0, true),
    service("broadband", "300兆宽带", "300 megabit broadband", 0, false),
    service("video", "视频会员", "video membership", 15, true),
    service("ringtone", "彩铃", "ring-back tones", 5, true),
    service("music_membership", "音乐会员", "music membership", 10, true),
];

impl Service {
    /// Whether a customer has it from the beginning.
    fn is_seeded(&self, seed: &Seed) -> bool {
        match self.code {
            "caller_display" => true,
            "broadband" => seed.line.is_some(),
            "video" => seed.tags.contains(&"爱看视频"),
            "ringtone" => matches!(seed.level, Level::Silver | Level::Gold),
            _ => seed.tags.iter().any(|tag| matches!(*tag, "余额常低" | "学生")),
        }
    }

    fn record(&self) -> Record {
        fields([
            ("service", Value::Text(self.code.into())),
            ("name", Value::Text(self.name.into())),
            ("name_en", Value::Text(self.name_en.into())),
            ("fee", Value::Money(self.fee)),
        ])
    }
}

/// What the customer has now.
pub fn of(account: &Account) -> impl Iterator<Item = &'static Service> {
    SERVICES.iter().filter(|service| service.is_seeded(account.seed) && !account.cancelled.iter().any(|code| code == service.code))
}

/// The same as a list for callers.
pub fn list(account: &Account) -> Vec<Value> {
    let record = |service: &Service| {
        let mut record = service.record();
        record.insert("can_cancel".into(), Value::Flag(service.can_cancel));
        Value::Record(record)
    };
    of(account).map(record).collect()
}

pub fn all(account: &Account) -> Record {
    let list = list(account);
    let chargeable = of(account).filter(|service| service.fee.0 > 0).count();
    fields([("count", Value::Number(list.len() as i64)), ("chargeable", Value::Number(chargeable as i64)), ("services", Value::List(list))])
}

/// A service that could be ended, and from when it is no longer charged.
pub fn ending(account: &Account, code: &str, today: Date) -> Result<Record, Failure> {
    let service = of(account).find(|service| service.code == code).ok_or(Failure::Refused("not_subscribed".into()))?;
    if !service.can_cancel {
        let reason = if account.in_contract(today) { "in_contract" } else { "cannot_cancel" };
        return Err(Failure::Refused(reason.into()));
    }
    let mut record = service.record();
    record.insert("ends".into(), Value::Day(super::first_of_next_month(today)));
    Ok(record)
}

/// Data beyond the plan, until the month ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Pack {
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    pub price: Money,
    pub data_mb: u64,
}

const fn pack(code: &'static str, name: &'static str, name_en: &'static str, yuan: i64, data_gb: u64) -> Pack {
    Pack { code, name, name_en, price: Money(yuan * 100), data_mb: data_gb * 1024 }
}

/// Smallest first.
pub const PACKS: &[Pack] = &[
    pack("pack_1", "1G流量包", "one gigabyte pack", 5, 1),
    pack("pack_5", "5G流量包", "five gigabyte pack", 15, 5),
    pack("pack_10", "10G流量包", "ten gigabyte pack", 25, 10),
    pack("pack_20", "20G流量包", "twenty gigabyte pack", 40, 20),
];

impl Pack {
    pub fn find(code: &str) -> Option<&'static Pack> {
        PACKS.iter().find(|pack| pack.code == code)
    }

    pub fn record(&self) -> Record {
        fields([
            ("pack", Value::Text(self.code.into())),
            ("name", Value::Text(self.name.into())),
            ("name_en", Value::Text(self.name_en.into())),
            ("price", Value::Money(self.price)),
            ("data", Value::Volume(self.data_mb)),
        ])
    }
}

pub fn packs(today: Date) -> Record {
    let packs = PACKS.iter().map(|pack| Value::Record(pack.record())).collect();
    fields([("packs", Value::List(packs)), ("ends", Value::Day(today.last_of_month()))])
}

/// The smallest pack that holds `wanted` megabytes; without a wish a fifth of the plan's data when little is left, else the smallest.
pub fn pack_offer(account: &Account, wanted: Option<u64>, today: Date) -> Result<Record, Failure> {
    if account.balance().0 < 0 {
        return Err(Failure::Refused("in_arrears".into()));
    }
    let (total, left) = account.data(today);
    let wanted = wanted.unwrap_or(if left * 5 < total { total / 5 } else { 0 });
    let pack = PACKS.iter().find(|pack| pack.data_mb >= wanted).or(PACKS.last()).expect("there are packs");
    let mut record = pack.record();
    record.extend(fields([("ends", Value::Day(today.last_of_month())), ("data_left", Value::Volume(left))]));
    Ok(record)
}

struct Region {
    code: &'static str,
    name: &'static str,
    name_en: &'static str,
    day_yuan: i64,
    minute_fen: i64,
}

const fn region(code: &'static str, name: &'static str, name_en: &'static str, day_yuan: i64, minute_fen: i64) -> Region {
    Region { code, name, name_en, day_yuan, minute_fen }
}

const REGIONS: &[Region] = &[
    region("hmt", "港澳台", "Hong Kong, Macau and Taiwan", 15, 39),
    region("asia", "亚洲其他国家和地区", "the rest of Asia", 25, 99),
    region("europe", "欧洲", "Europe", 30, 99),
    region("america", "美洲", "the Americas", 30, 99),
    region("world", "其他国家和地区", "all other countries", 60, 299),
];
/// Data on a day of roaming, in megabytes.
const ROAMING_DAY_MB: u64 = 1024;

pub fn roaming(account: &Account, code: Option<&str>) -> Result<Record, Failure> {
    let code = code.unwrap_or("world");
    let region = REGIONS.iter().find(|region| region.code == code).ok_or(Failure::Refused("unknown_region".into()))?;
    Ok(fields([
        ("active", Value::Flag(account.roaming)),
        ("region", Value::Text(region.code.into())),
        ("region_name", Value::Text(region.name.into())),
        ("region_name_en", Value::Text(region.name_en.into())),
        ("day_price", Value::Money(Money(region.day_yuan * 100))),
        ("day_data", Value::Volume(ROAMING_DAY_MB)),
        ("minute_price", Value::Money(Money(region.minute_fen))),
    ]))
}
