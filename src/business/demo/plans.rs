//! The demo operator's plans and what is in them.

use crate::text::{Money, Record, Value};

/// A plan that can be had.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// As requests and flows name it.
    pub code: &'static str,
    pub name: &'static str,
    pub name_en: &'static str,
    pub fee: Money,
    /// Data a month in megabytes.
    pub data_mb: u64,
    pub minutes: u64,
    pub messages: i64,
}

const fn plan(code: &'static str, name: &'static str, name_en: &'static str, yuan: i64, data_gb: u64, minutes: u64, messages: i64) -> Plan {
    Plan { code, name, name_en, fee: Money(yuan * 100), data_mb: data_gb * 1024, minutes, messages }
}

/// Cheapest first.
pub const PLANS: &[Plan] = &[
    plan("light_29", "轻享29", "Light 29", 29, 5, 50, 0),
    plan("enjoy_59", "畅享59", "Enjoy 59", 59, 15, 150, 50),
    plan("enjoy_99", "畅享99", "Enjoy 99", 99, 30, 300, 100),
    plan("enjoy_129", "畅享129", "Enjoy 129", 129, 50, 500, 100),
    plan("family_169", "家庭融合169", "Family 169", 169, 80, 800, 200),
    plan("enjoy_199", "畅享199", "Enjoy 199", 199, 100, 1000, 200),
];

impl Plan {
    pub fn find(code: &str) -> Option<&'static Plan> {
        PLANS.iter().find(|plan| plan.code == code)
    }

    /// As a reply carries it.
    pub fn record(&self) -> Record {
        super::fields([
            ("plan", Value::Text(self.code.to_owned())),
            ("name", Value::Text(self.name.to_owned())),
            ("name_en", Value::Text(self.name_en.to_owned())),
            ("fee", Value::Money(self.fee)),
            ("data", Value::Volume(self.data_mb)),
            ("minutes", Value::Minutes(self.minutes)),
            ("messages", Value::Number(self.messages)),
        ])
    }
}
