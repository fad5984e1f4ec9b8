//! The demo operator's customers, all invented: 138 0000 0001 to 138 0000 0012.

use super::plans::Plan;
use crate::text::{Lang, Money};
use jiff::civil::{Date, date};

/// A part of the town that shares its masts and its fibre.
#[derive(Debug, PartialEq, Eq)]
pub struct Area {
    pub name: &'static str,
    pub name_en: &'static str,
}

pub const EAST: Area = Area { name: "城东", name_en: "East Town" };
pub const WEST: Area = Area { name: "城西", name_en: "West Town" };
pub const SOUTH: Area = Area { name: "城南", name_en: "South Town" };
pub const NORTH: Area = Area { name: "城北", name_en: "North Town" };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Normal,
    Silver,
    Gold,
    Platinum,
}

impl Level {
    /// The code, the Chinese and the English name.
    pub fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Level::Normal => ("normal", "普通客户", "standard"),
            Level::Silver => ("silver", "银卡客户", "silver"),
            Level::Gold => ("gold", "金卡客户", "gold"),
            Level::Platinum => ("platinum", "白金客户", "platinum"),
        }
    }
}

/// What is wrong with a broadband line in itself; an outage of the area comes on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    Good,
    /// The optical signal is weak: a bent fibre or a dirty plug.
    Weak,
    /// No light at all (LOS on the modem): the fibre is broken or unplugged.
    Dark,
    /// The session hangs; a restart from the back end clears it.
    Stuck,
}

/// An invented customer as the systems hold it at the beginning; changes come from the store.
#[derive(Debug)]
pub struct Seed {
    pub number: &'static str,
    /// Six digits, in clear because they are invented and published; the running operator keeps only salted digests.
    pub pin: &'static str,
    /// The last four digits of the identity document.
    pub id_tail: &'static str,
    pub surname: (&'static str, &'static str),
    pub title: (&'static str, &'static str),
    pub level: Level,
    pub tags: &'static [&'static str],
    pub area: &'static Area,
    pub lang: Lang,
    pub plan: &'static str,
    pub balance: Money,
    /// Parts of the plan used, in percent; more than 100 is used up.
    pub used_percent: Used,
    pub points: i64,
    pub line: Option<LineState>,
    pub lost: bool,
    /// A visit of the fitter that is due today.
    pub visit_today: bool,
    pub roaming: bool,
    /// The last day of a contract that cannot be left before.
    pub contract_until: Option<Date>,
}

/// Percent of the month's data, minutes and messages that are used.
#[derive(Debug)]
pub struct Used {
    pub data: u64,
    pub minutes: u64,
    pub messages: u64,
}

impl Seed {
    pub fn plan(&self) -> &'static Plan {
        Plan::find(self.plan).expect("a test looks up the plan of every customer")
    }
}

const MR: (&str, &str) = ("先生", "Mr");
const MS: (&str, &str) = ("女士", "Ms");

const fn used(data: u64, minutes: u64, messages: u64) -> Used {
    Used { data, minutes, messages }
}

#[allow(clippy::too_many_arguments)] // A row of a table, not an interface.
const fn seed(
    number: &'static str,
    pin: &'static str,
    id_tail: &'static str,
    surname: (&'static str, &'static str),
    title: (&'static str, &'static str),
    level: Level,
    tags: &'static [&'static str],
    area: &'static Area,
    lang: Lang,
    plan: &'static str,
    balance_fen: i64,
    used_percent: Used,
    points: i64,
    line: Option<LineState>,
) -> Seed {
    let balance = Money(balance_fen);
    Seed {
        number,
        pin,
        id_tail,
        surname,
        title,
        level,
        tags,
        area,
        lang,
        plan,
        balance,
        used_percent,
        points,
        line,
        lost: false,
        visit_today: false,
        roaming: false,
        contract_until: None,
    }
}

use Lang::{En, Zh};
use Level::{Gold, Normal, Platinum, Silver};
use LineState::{Dark, Good, Stuck, Weak};

#[rustfmt::skip]
pub const CUSTOMERS: &[Seed] = &[
    seed("13800000001", "246810", "3096", ("王", "Wang"), MR, Gold, &["老客户", "爱看视频"], &EAST, Zh, "enjoy_129", 12_850, used(62, 40, 5), 3_260, Some(Good)),
    Seed { visit_today: true, ..seed("13800000002", "135792", "5821", ("李", "Li"), MS, Silver, &["宽带用户"], &WEST, Zh, "enjoy_99", 5_620, used(35, 71, 12), 1_180, Some(Dark)) },
    seed("13800000003", "802513", "0417", ("张", "Zhang"), MR, Normal, &["余额常低"], &SOUTH, Zh, "enjoy_59", 320, used(90, 55, 0), 420, None),
    Seed { contract_until: Some(date(2027, 5, 31)), ..seed("13800000004", "417036", "9063", ("刘", "Liu"), MS, Normal, &["宽带用户"], &NORTH, Zh, "family_169", 23_000, used(48, 22, 3), 2_045, Some(Good)) },
    Seed { roaming: true, ..seed("13800000005", "950274", "2714", ("陈", "Chen"), MR, Platinum, &["政企联系人", "常出国"], &EAST, Zh, "enjoy_199", 86_610, used(25, 88, 40), 12_900, Some(Good)) },
    seed("13800000006", "638401", "8350", ("杨", "Yang"), MS, Normal, &["欠费"], &SOUTH, Zh, "enjoy_59", -3_560, used(74, 63, 8), 150, None),
    seed("13800000007", "271845", "6192", ("史密斯", "Smith"), MR, Silver, &["外籍客户"], &EAST, En, "enjoy_129", 7_305, used(51, 12, 0), 980, Some(Weak)),
    seed("13800000008", "589120", "4738", ("约翰逊", "Johnson"), MS, Gold, &["外籍客户"], &WEST, En, "enjoy_99", 15_000, used(18, 30, 2), 2_210, Some(Good)),
    Seed { lost: true, ..seed("13800000009", "360952", "1506", ("赵", "Zhao"), MR, Normal, &[], &SOUTH, Zh, "light_29", 1_240, used(0, 0, 0), 66, None) },
    seed("13800000010", "714683", "7283", ("黄", "Huang"), MS, Normal, &["宽带用户"], &EAST, Zh, "enjoy_99", 4_475, used(66, 49, 1), 733, Some(Stuck)),
    seed("13800000011", "092537", "3649", ("周", "Zhou"), MR, Silver, &["学生"], &WEST, Zh, "enjoy_59", 1_890, used(130, 20, 0), 505, None),
    seed("13800000012", "845296", "0925", ("吴", "Wu"), MR, Normal, &["老年客户"], &NORTH, Zh, "light_29", 3_000, used(10, 104, 0), 1_020, None),
];
