//! The demo operator's broadband lines and the outages of its areas.

use super::account::Account;
use super::customers::{Area, EAST, LineState, NORTH, SOUTH, WEST};
use super::fields;
use crate::business::Failure;
use crate::text::{Record, Value};
use jiff::ToSpan;
use jiff::civil::{DateTime, Time};

/// How long a line takes to come up again after a restart from the back end.
pub const RESTART_SECONDS: i64 = 120;

/// An outage that an area has every day, so that there is always one to ask about.
struct Outage {
    area: &'static Area,
    kind: &'static str,
    kind_name: (&'static str, &'static str),
    cause: (&'static str, &'static str),
}

const OUTAGES: &[Outage] = &[
    Outage {
        area: &NORTH,
        kind: "broadband",
        kind_name: ("宽带", "broadband"),
        cause: ("施工挖断光缆", "a fibre cable cut by building work"),
    },
    Outage { area: &SOUTH, kind: "mobile", kind_name: ("手机信号", "mobile"), cause: ("基站升级", "an upgrade of the mast") },
];

/// What callers call the parts of the town.
const PLACES: &[(&Area, &[&str])] = &[
    (&EAST, &["城东", "东城", "东区", "东站", "软件园", "east"]),
    (&WEST, &["城西", "西城", "西区", "西站", "大学城", "west"]),
    (&SOUTH, &["城南", "南城", "南区", "南站", "汽车站", "south"]),
    (&NORTH, &["城北", "北城", "北区", "北站", "开发区", "north"]),
];
/// Words for where the customer lives.
const AT_HOME: &[&str] = &["家", "小区", "home", "flat", "apartment", "house"];

/// The area that `place` lies in; the customer's own without a place.
pub fn area(account: &Account, place: Option<&str>) -> Option<&'static Area> {
    let Some(place) = place.map(str::to_lowercase) else { return Some(account.seed.area) };
    let named = PLACES.iter().find(|(_, words)| words.iter().any(|word| place.contains(word))).map(|(area, _)| *area);
    named.or_else(|| AT_HOME.iter().any(|word| place.contains(word)).then_some(account.seed.area))
}

/// What is wrong with the masts of an area at this time of day.
pub fn network_test(area: &Area, now: DateTime) -> Record {
    let has_outage = OUTAGES.iter().any(|outage| outage.area == area && outage.kind == "mobile");
    let (signal, fault, name, name_en) = match (has_outage, area == &NORTH, now.hour()) {
        (true, ..) => ("weak", "outage", "基站正在施工", "work on the mast"),
        (_, true, 17..22) => ("good", "congestion", "晚高峰拥塞", "congestion in the evening"),
        (_, true, _) => ("weak", "weak_coverage", "信号覆盖弱", "weak coverage"),
        _ => ("good", "none", "正常", "no fault"),
    };
    fields([
        ("area", Value::Text(area.name.into())),
        ("area_en", Value::Text(area.name_en.into())),
        ("signal", Value::Text(signal.into())),
        ("fault", Value::Text(fault.into())),
        ("fault_name", Value::Text(name.into())),
        ("fault_name_en", Value::Text(name_en.into())),
    ])
}

/// The outage of an area; of either kind when none is given.
pub fn outage(area: &Area, kind: Option<&str>, now: DateTime) -> Option<Record> {
    let outage = OUTAGES.iter().find(|outage| outage.area == area && kind.is_none_or(|kind| kind == outage.kind))?;
    let since = now.saturating_sub(3.hours()).with().minute(0).second(0).subsec_nanosecond(0).build().expect("a full hour is a time");
    let evening = now.date().to_datetime(Time::constant(20, 0, 0, 0));
    // Never nearer than an hour: nobody believes "in five minutes".
    let ends = if now.saturating_add(1.hour()) <= evening { evening } else { evening.saturating_add(10.hours()) };
    Some(fields([
        ("kind", Value::Text(outage.kind.into())),
        ("kind_name", Value::Text(outage.kind_name.0.into())),
        ("kind_name_en", Value::Text(outage.kind_name.1.into())),
        ("area", Value::Text(outage.area.name.into())),
        ("area_en", Value::Text(outage.area.name_en.into())),
        ("cause", Value::Text(outage.cause.0.into())),
        ("cause_en", Value::Text(outage.cause.1.into())),
        ("since", Value::Moment(since)),
        ("ends", Value::Moment(ends)),
    ]))
}

/// A test of the customer's line from the back end.
pub fn line_test(account: &Account, now: DateTime) -> Result<Record, Failure> {
    let state = account.seed.line.ok_or(Failure::Refused("no_broadband".into()))?;
    let in_outage = outage(account.seed.area, Some("broadband"), now).is_some();
    let up_again = account.restarted.is_some_and(|at| now.duration_since(at).as_secs() >= RESTART_SECONDS);
    let (online, signal, power_dbm, fault, name, name_en) = match state {
        _ if in_outage => (false, "none", -40, "outage", "所在区域故障", "an outage in the area"),
        LineState::Stuck if !up_again => (false, "good", -20, "session_stuck", "拨号会话异常", "a session that hangs"),
        LineState::Good | LineState::Stuck => (true, "good", -19, "none", "正常", "no fault"),
        LineState::Weak => (true, "weak", -28, "weak_signal", "光信号弱", "a weak optical signal"),
        LineState::Dark => (false, "none", -40, "no_signal", "光信号中断", "no optical signal"),
    };
    Ok(fields([
        ("account", Value::Code(account_of(account))),
        ("online", Value::Flag(online)),
        ("signal", Value::Text(signal.into())),
        ("power_dbm", Value::Number(power_dbm)),
        ("fault", Value::Text(fault.into())),
        ("fault_name", Value::Text(name.into())),
        ("fault_name_en", Value::Text(name_en.into())),
        ("restart_helps", Value::Flag(fault == "session_stuck")),
    ]))
}

/// Restarts the line's session from the back end.
pub fn restart_line(account: &Account, now: DateTime) -> Result<Record, Failure> {
    account.seed.line.ok_or(Failure::Refused("no_broadband".into()))?;
    if outage(account.seed.area, Some("broadband"), now).is_some() {
        return Err(Failure::Refused("outage".into()));
    }
    let ready = now.saturating_add(RESTART_SECONDS.seconds());
    Ok(fields([("account", Value::Code(account_of(account))), ("ready", Value::Moment(ready))]))
}

/// `05710001` for the customer whose number ends with 0001.
fn account_of(account: &Account) -> String {
    format!("0571{}", account.seed.number.chars().skip(7).collect::<String>())
}
