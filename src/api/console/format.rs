//! How pages write moments, spans and values.

use super::words::word;
use crate::text::{Lang, Record, Value};
use jiff::civil::DateTime;

/// `2026-11-22 09:30`.
pub(super) fn moment(moment: DateTime) -> String {
    moment.strftime("%Y-%m-%d %H:%M").to_string()
}

/// How long before or after now, in its largest unit: `5 分钟前`, `in 3 h`.
pub(super) fn distance(lang: Lang, moment: DateTime, now: DateTime) -> String {
    let seconds = now.duration_since(moment).as_secs();
    let (amount, past, future) = match seconds.unsigned_abs() {
        span if span < 60 => return word(lang, "time.now").to_owned(),
        span if span < 3_600 => (span / 60, "time.minutes_ago", "time.in_minutes"),
        span if span < 86_400 => (span / 3_600, "time.hours_ago", "time.in_hours"),
        span => (span / 86_400, "time.days_ago", "time.in_days"),
    };
    word(lang, if seconds > 0 { past } else { future }).replace("{}", &amount.to_string())
}

/// What a customer's level is called, `金卡客户`; nothing for those without one. A level that the pages do not know is shown as the operator calls it.
pub(super) fn level(lang: Lang, level: Option<&str>) -> String {
    let key = match level.unwrap_or("normal") {
        "normal" => return String::new(),
        "silver" => "desk.level_silver",
        "gold" => "desk.level_gold",
        "platinum" => "desk.level_platinum",
        other => return other.to_owned(),
    };
    word(lang, key).to_owned()
}

/// `3:05`, `1:02:09`.
pub(super) fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

/// A value as figures: `¥128.50`, `2026-11`, `是`.
pub(in crate::api) fn value(lang: Lang, value: &Value) -> String {
    match value {
        Value::Text(text) | Value::Code(text) => text.clone(),
        Value::Flag(flag) => word(lang, if *flag { "value.yes" } else { "value.no" }).to_owned(),
        Value::Moment(at) => moment(*at),
        Value::Volume(megabytes) if *megabytes >= 1024 => format!("{:.1} GB", *megabytes as f64 / 1024.0),
        Value::List(values) => values.iter().map(|each| self::value(lang, each)).collect::<Vec<_>>().join("、"),
        Value::Record(fields) => fields.values().map(|each| self::value(lang, each)).collect::<Vec<_>>().join(" "),
        other => other.masked(),
    }
}

/// A field in a language: texts come as `name` and `name_en`.
pub(in crate::api) fn named(record: &Record, field: &str, lang: Lang) -> String {
    let english = record.get(&format!("{field}_en")).filter(|_| lang == Lang::En);
    english.or_else(|| record.get(field)).map(|held| value(lang, held)).unwrap_or_default()
}

/// What a customer is called: 王先生, Mr Wang.
pub(in crate::api) fn called(person: &Record, lang: Lang) -> String {
    let [surname, title] = ["surname", "title"].map(|field| named(person, field, lang));
    let name = if lang == Lang::Zh { format!("{surname}{title}") } else { format!("{title} {surname}") };
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn levels_are_called_by_their_names() {
        let shown = [None, Some("normal"), Some("gold"), Some("diamond")].map(|code| level(Lang::Zh, code));
        assert_eq!(shown, ["", "", "金卡客户", "diamond"]);
        assert_eq!(level(Lang::En, Some("silver")), "Silver");
    }

    #[test]
    fn times_are_told_in_their_largest_unit() {
        let now = date(2026, 11, 22).at(9, 30, 0, 0);
        for (minute, zh, en) in [
            (0, "刚刚", "just now"),
            (-5, "5 分钟前", "5 min ago"),
            (-125, "2 小时前", "2 h ago"),
            (-4000, "2 天前", "2 d ago"),
            (59, "59 分钟后", "in 59 min"),
            (61, "1 小时后", "in 1 h"),
        ] {
            let moment = now.saturating_add(jiff::SignedDuration::from_mins(minute));
            assert_eq!((distance(Lang::Zh, moment, now).as_str(), distance(Lang::En, moment, now).as_str()), (zh, en));
        }
        assert_eq!(value(Lang::Zh, &Value::Volume(12_800)), "12.5 GB");
        assert_eq!((clock(185_999), clock(3_729_000), clock(-5)), ("3:05".into(), "1:02:09".into(), "0:00".into()));
    }
}
