//! Months, days and times in Mandarin.

use super::{Month, coming_weekday, day_of_month, days_ahead, latest_month, nearest_day, weekday_of_week};
use crate::text::number_zh;
use jiff::civil::{Date, Time};

pub(super) fn month(text: &str, today: Date) -> Option<Month> {
    let text = text.trim();
    let this = Month::of(today);
    match text {
        "本月" | "本月份" | "当前月" | "当前月份" | "现在这个月" | "这个月" | "这月" | "当月" | "当月份" | "这个月份" =>
        {
            return Some(this);
        }
        "上个月" | "上月" | "上个月份" | "上月份" | "上一个月" | "上一月" | "前一个月" => {
            return Some(this.earlier(1));
        }
        "上上个月" | "上上月" | "前个月" => return Some(this.earlier(2)),
        _ => {}
    }
    let (year, rest) = year(text, today);
    let number = rest.strip_suffix('份').unwrap_or(rest).strip_suffix('月')?;
    let month = match number.strip_suffix('个').unwrap_or(number) {
        "正" | "元" => 1,
        "腊" => 12,
        _ if number.ends_with('个') => return None,
        number => number_zh::parse_cardinal(number)?,
    };
    let month = match year {
        Some(year) => {
            let month = Month { year, month: i8::try_from(month).ok().filter(|month| (1..=12).contains(month))? };
            return (month <= this).then_some(month);
        }
        None => latest_month(month, today)?,
    };
    Some(month)
}

/// Whether the month is the head of a day: `十月` in `十月三号`.
pub(super) fn goes_on_as_day(candidate: &str, after: &str) -> bool {
    let number: String = after.chars().take_while(|c| number_zh::is_numeral(*c)).collect();
    let rest = after.strip_prefix(number.as_str()).unwrap_or(after);
    let day_follows = !number.is_empty() && rest.starts_with(['号', '日', '號']);
    day_follows && candidate.ends_with('月')
}

/// A year at the head of `text`, and what follows it.
fn year(text: &str, today: Date) -> (Option<i16>, &str) {
    for (name, back) in [("今年", 0), ("本年", 0), ("去年", 1), ("前年", 2), ("上年", 1), ("明年", -1)] {
        if let Some(rest) = text.strip_prefix(name) {
            return (Some(today.year() - back), rest.strip_prefix('的').unwrap_or(rest));
        }
    }
    let Some((digits, rest)) = text.split_once('年') else { return (None, text) };
    let written = number_zh::parse_digits(digits).filter(|written| matches!(written.len(), 2 | 4)).and_then(|digits| digits.parse().ok());
    match written {
        Some(year @ 0..100) => (Some(2_000 + year), rest),
        Some(year) => (Some(year), rest),
        None => (None, text),
    }
}

pub(super) fn day(text: &str, today: Date) -> Option<Date> {
    let text = text.trim();
    let ahead = match text {
        "今天" | "今日" | "今儿" => Some(0),
        "明天" | "明日" | "明儿" => Some(1),
        "后天" | "后日" => Some(2),
        "大后天" => Some(3),
        "昨天" | "昨日" => Some(-1),
        "前天" => Some(-2),
        "大前天" => Some(-3),
        _ => None,
    };
    if let Some(ahead) = ahead {
        return days_ahead(ahead, today);
    }
    if let Some(count) = text.strip_suffix("天后").or_else(|| text.strip_suffix("天以后")).or_else(|| text.strip_suffix("天之后")) {
        return days_ahead(number_zh::parse_cardinal(count)?, today);
    }
    weekday(text, today).or_else(|| calendar_day(text, today))
}

/// `这周五`, `下周二`, `下下周一`, `礼拜天`, `周末` (its Saturday). A bare weekday is the next one.
fn weekday(text: &str, today: Date) -> Option<Date> {
    let heads = [("下下个", 2), ("下下", 2), ("下个", 1), ("下", 1), ("这个", 0), ("这", 0), ("本", 0), ("上个", -1), ("上", -1)];
    let head = heads.into_iter().find_map(|(head, weeks)| text.strip_prefix(head).map(|rest| (Some(weeks), rest)));
    let (weeks, rest) = head.unwrap_or((None, text));
    let name = ["周", "星期", "礼拜"].iter().find_map(|week| rest.strip_prefix(week))?;
    let weekday = match name {
        "一" | "1" => 0,
        "二" | "2" => 1,
        "三" | "3" => 2,
        "四" | "4" => 3,
        "五" | "5" => 4,
        "六" | "6" | "末" => 5,
        "日" | "天" | "7" => 6,
        _ => return None,
    };
    match weeks {
        Some(weeks) => weekday_of_week(weekday, weeks, today),
        None => coming_weekday(weekday, today),
    }
}

/// `二零二六年十月三号`, `十月三日`, `下个月五号`, `三号`, `2026-10-03`.
fn calendar_day(text: &str, today: Date) -> Option<Date> {
    if let Ok(date) = text.parse::<Date>() {
        return Some(date);
    }
    let number = text.strip_suffix(['号', '日', '號'])?;
    let (year, rest) = year(number, today);
    let Some((month, day)) = rest.split_once('月') else {
        return if year.is_none() { day_of_month(number_zh::parse_cardinal(number)?, today) } else { None };
    };
    let day = number_zh::parse_cardinal(day)?;
    let this = Month::of(today);
    let relative = match month {
        "这个" | "本" | "这" => Some(this),
        "下个" | "下" => Some(this.earlier(-1)),
        "上个" | "上" => Some(this.earlier(1)),
        _ => None,
    };
    if let Some(month) = relative {
        return Date::new(month.year, month.month, i8::try_from(day).ok()?).ok();
    }
    let month = number_zh::parse_cardinal(month)?;
    match year {
        Some(year) => Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok(),
        None => nearest_day(month, day, today),
    }
}

/// `三号` in `三号线`, `一号` after `第`, `周日` in `上周日报`: not days.
pub(super) fn is_no_day(candidate: &str, before: &str, after: &str) -> bool {
    let number = candidate.ends_with(['号', '號']) && !candidate.contains('月');
    number
        && (after.starts_with(['码', '线', '楼', '机', '店', '门', '卡', '键', '称'])
            || before.ends_with(['第', '按', '尾', '机', '手', '这', '那', '个', '换']))
}

pub(super) fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let parts = [
        ("今天晚上", 18),
        ("今晚", 18),
        ("明晚", 18),
        ("晚上", 18),
        ("夜里", 18),
        ("傍晚", 16),
        ("下午", 12),
        ("中午", 11),
        ("上午", 0),
        ("早上", 0),
        ("早晨", 0),
        ("清晨", 0),
        ("凌晨", 0),
        ("半夜", 0),
    ];
    let part = parts.into_iter().find_map(|(name, from)| text.strip_prefix(name).map(|rest| (Some(from), rest)));
    let (from, clock) = part.unwrap_or((None, text));
    let (hour, minute) = if let Some((hour, minute)) = clock.split_once([':', '：']) {
        (hour.parse().ok()?, minute.parse().ok().filter(|_| minute.len() == 2)?)
    } else {
        let (hour, rest) = clock.split_once(['点', '點', '时'])?;
        let rest = rest.strip_prefix('钟').filter(|rest| rest.is_empty()).unwrap_or(rest);
        let minute = match rest {
            "" | "整" | "钟" => 0,
            "半" => 30,
            "一刻" => 15,
            "三刻" => 45,
            minutes => {
                let minutes = minutes.strip_suffix('分').unwrap_or(minutes);
                let minutes = minutes.strip_prefix(['零', '〇', '过']).unwrap_or(minutes);
                number_zh::parse_cardinal(minutes)?
            }
        };
        (number_zh::parse_cardinal(hour)?, minute)
    };
    let hour: i64 = match from {
        Some(from @ 12..) if hour < 12 && (from == 12 || hour >= 4) => hour + 12,
        Some(18) if hour == 12 => 0,
        Some(11) if (1..=2).contains(&hour) => hour + 12,
        _ => hour,
    };
    Time::new(i8::try_from(hour).ok().map(|hour| if hour == 24 { 0 } else { hour })?, i8::try_from(minute).ok()?, 0, 0).ok()
}

/// `一点` in `快一点`, `三点五` in `三点五个G`: not times.
pub(super) fn is_no_time(candidate: &str, before: &str, after: &str) -> bool {
    let part_of_day = candidate.contains(['午', '晚', '早', '夜', '晨', ':', '：']);
    let a_bit = candidate == "一点" && !after.starts_with(['钟', '半', '整']);
    let decimal = after.starts_with(['个', 'G', 'g', 'M', '兆', '块', '元', '万', '折', '倍']);
    let clock =
        candidate.ends_with(['钟', '半', '整', '分', '刻']) || after.is_empty() || before.ends_with(['天', '日', '号', '到', '在', '是']);
    !part_of_day && (a_bit || decimal || !(clock || after.starts_with(['之', '以', '来', '上', '前', '后', '到', '，', '。', '有', '左'])))
}
