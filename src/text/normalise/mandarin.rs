//! Reading aloud in Mandarin.

use super::shape::{Shape, shape};
use super::{latin, units};
use crate::text::value::spoken_groups;
use crate::text::{Lang, Money, date, number_zh};

/// Measure words and nouns before which two is 两 and a number is a quantity.
const MEASURES: [&str; 65] = [
    "个",
    "天",
    "次",
    "位",
    "条",
    "张",
    "种",
    "项",
    "小时",
    "分钟",
    "秒",
    "周",
    "年",
    "倍",
    "件",
    "台",
    "部",
    "家",
    "元",
    "块",
    "毛",
    "角",
    "分",
    "人",
    "笔",
    "份",
    "点",
    "遍",
    "句",
    "页",
    "步",
    "层",
    "米",
    "公里",
    "斤",
    "公斤",
    "吨",
    "只",
    "枚",
    "户",
    "档",
    "类",
    "组",
    "套",
    "段",
    "首",
    "岁",
    "兆",
    "万",
    "千",
    "亿",
    "名",
    "根",
    "场",
    "积分",
    "字",
    "工作日",
    "自然日",
    "星期",
    "颗",
    "盒",
    "卡",
    "夜",
    "处",
    "成",
];

pub(super) fn spoken(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let text: String = text.chars().map(narrow).collect();
    let mut rest = text.as_str();
    let mut previous: Option<char> = None;
    while let Some(first) = rest.chars().next() {
        let tail = rest.get(first.len_utf8()..).unwrap_or("");
        let digit_follows = tail.starts_with(|c: char| c.is_ascii_digit());
        let before = out.chars().next_back();
        rest = match first {
            '¥' | '￥' if digit_follows => money(tail, &mut out),
            '¥' | '￥' if is_minus_before_digit(tail) => {
                out.push('负');
                money(tail.trim_start_matches(['-', '−']), &mut out)
            }
            '$' if digit_follows => {
                let Some((Shape::Number(written), rest)) = shape(tail) else { break };
                out.push_str(&format!("{}美元", if written == "2" { "两".to_owned() } else { plain(&written) }));
                rest
            }
            '+' if foreign(tail).is_some() => {
                out.push_str("加八六，");
                foreign(tail).unwrap_or_default()
            }
            '0'..='9' => number(rest, &mut out),
            '-' | '−' if tail.starts_with(['¥', '￥']) => {
                out.push('负');
                tail
            }
            '-' | '−' if digit_follows && before.is_some_and(|c| "月日号点分年半".contains(c)) => {
                out.push('到');
                tail
            }
            '-' | '−' if digit_follows && !previous.is_some_and(|c| c.is_ascii_alphanumeric() || number_zh::is_numeral(c)) => {
                out.push('负');
                number(tail, &mut out)
            }
            'R' | 'C' if currency(rest).is_some() => {
                out.push_str("人民币");
                money(currency(rest).unwrap_or_default(), &mut out)
            }
            'N' | 'n' if numbered(rest).is_some() => {
                out.push('第');
                numbered(rest).unwrap_or_default()
            }
            'a'..='z' | 'A'..='Z' => {
                let (word, after) = latin::word(rest);
                out.push_str(&word);
                after
            }
            _ => {
                out.push_str(symbol(first, before, tail));
                if is_said_as_written(first, before, tail) {
                    out.push(first);
                }
                tail
            }
        };
        let read = text.len() - rest.len();
        previous = text.get(..read).and_then(|read| read.chars().next_back());
    }
    out.trim().to_owned()
}

fn is_minus_before_digit(text: &str) -> bool {
    text.strip_prefix(['-', '−']).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// What follows 86 when a mobile number does.
fn foreign(text: &str) -> Option<&str> {
    let number = text.strip_prefix("86")?.trim_start_matches([' ', '-']);
    matches!(shape(number), Some((Shape::Phone(_), _))).then_some(number)
}

/// The amount behind `RMB` or `CNY`.
fn currency(text: &str) -> Option<&str> {
    let amount = text.strip_prefix("RMB").or_else(|| text.strip_prefix("CNY"))?.trim_start();
    amount.starts_with(|c: char| c.is_ascii_digit()).then_some(amount)
}

/// The number behind `No.`
fn numbered(text: &str) -> Option<&str> {
    let number = text.strip_prefix("No.").or_else(|| text.strip_prefix("NO."))?.trim_start();
    number.starts_with(|c: char| c.is_ascii_digit()).then_some(number)
}

/// Half-width digits and letters for full-width ones.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// What a symbol is called, or nothing.
fn symbol(c: char, before: Option<char>, after: &str) -> &'static str {
    let counts = after.starts_with(|c: char| c.is_ascii_digit());
    let between_words = before.is_some_and(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric);
    match c {
        '+' | '＋' => "加",
        '&' | '＆' => "和",
        '@' => "艾特",
        '#' | '＃' if after.starts_with('号') => "井",
        '#' | '＃' => "井号",
        '*' | '＊' if after.starts_with('号') => "星",
        '*' | '＊' => "星号",
        '%' | '％' => "百分号",
        '×' if between_words => "乘",
        '=' => "等于",
        '℃' => "摄氏度",
        '~' | '～' if between_words => "到",
        '/' | '／' if is_rate(before, after) => "每",
        '/' | '／' if before == Some('吉') && after.starts_with(|c: char| c.is_ascii_digit()) => "，",
        '/' | '／' if between_words => "或",
        '>' | '＞' if counts => "大于",
        '<' | '＜' if counts => "小于",
        '≥' if counts => "大于等于",
        '≤' if counts => "小于等于",
        '±' if counts => "正负",
        '㎡' => "平方米",
        '（' | '(' if before.is_some_and(char::is_alphanumeric) => "，",
        '）' | ')' if after.starts_with(char::is_alphanumeric) => "，",
        '—' | '–' if before.is_some_and(char::is_alphanumeric) => "，",
        _ => "",
    }
}

/// The stroke of `3元/天`: after an amount, before what it is paid for.
fn is_rate(before: Option<char>, after: &str) -> bool {
    let paid = before.is_some_and(|c| "元块毛分".contains(c) || number_zh::is_numeral(c));
    paid && ["天", "日", "月", "年", "分钟", "小时", "条", "次", "人", "户", "GB", "MB", "G", "M"]
        .iter()
        .any(|unit| after.starts_with(unit))
}

/// Chinese and its punctuation; quotes, brackets and spaces next to Chinese have no sound.
fn is_said_as_written(c: char, before: Option<char>, after: &str) -> bool {
    match c {
        ' ' | '\t' | '\u{3000}' => before.is_some_and(|c| c.is_ascii()) && after.starts_with(|c: char| c.is_ascii_punctuation()),
        '\n' | '\r' => false,
        '，' | '。' | '？' | '！' | '；' | '：' | '、' | '…' | ',' | '.' | '?' | '!' | ';' | ':' => true,
        _ => c.is_alphanumeric() && !c.is_ascii(),
    }
}

/// After a yuan sign.
fn money<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some((Shape::Number(written), rest)) = shape(text) else { return number(text, out) };
    out.push_str(&amount(&written));
    rest.strip_prefix('元').unwrap_or(rest)
}

fn amount(written: &str) -> String {
    match Money::parse(written, Lang::Zh) {
        Some(money) => money.spoken(Lang::Zh),
        None => format!("{}元", number_zh::decimal(written).unwrap_or_else(|| number_zh::digits(written))),
    }
}

/// What begins with an ASCII digit; gives what follows it.
fn number<'a>(text: &'a str, out: &mut String) -> &'a str {
    let Some((shape, rest)) = shape(text) else { return "" };
    match shape {
        Shape::Date { year, month, day } => {
            let month_and_day = jiff::civil::Date::new(year, month, day).map(|day| date::spoken_day(day, Lang::Zh)).unwrap_or_default();
            out.push_str(&format!("{}年{month_and_day}", number_zh::digits_plain(&year.to_string())));
            rest
        }
        Shape::Time { hour, minute } => {
            out.push_str(&clock(hour.into(), minute.into()));
            ranged(rest, out)
        }
        Shape::Phone(groups) => {
            let groups: Vec<String> = groups.iter().map(|group| number_zh::digits(group)).collect();
            out.push_str(&groups.join("，"));
            rest
        }
        Shape::Masked(head, tail) => {
            out.push_str(&format!("{}，{}", number_zh::digits(&head), number_zh::digits(&tail)));
            rest
        }
        Shape::Version(written) => {
            let parts: Vec<String> = written.split('.').map(number_zh::digits_plain).collect();
            out.push_str(&parts.join("点"));
            rest
        }
        Shape::Number(written) => quantity(&written, rest, out),
    }
}

/// `09:30` → `九点半`, `21:00` → `二十一点`.
fn clock(hour: i64, minute: i64) -> String {
    let hour = number_zh::counted(hour);
    match minute {
        0 => format!("{hour}点"),
        30 => format!("{hour}点半"),
        1..10 => format!("{hour}点零{}分", number_zh::cardinal(minute)),
        _ => format!("{hour}点{}分", number_zh::cardinal(minute)),
    }
}

/// Says 到 when a dash and another number follow.
fn ranged<'a>(rest: &'a str, out: &mut String) -> &'a str {
    let after = rest.trim_start().strip_prefix(['-', '~', '～', '–', '—', '至']).map(str::trim_start);
    match after.filter(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
        Some(after) => {
            out.push('到');
            after
        }
        None => rest,
    }
}

fn quantity<'a>(written: &str, rest: &'a str, out: &mut String) -> &'a str {
    let before: String = out.chars().rev().take(8).collect::<Vec<_>>().into_iter().rev().collect();
    let after = rest.trim_start_matches([' ', '\u{a0}']);
    if let Some(after) = after.strip_prefix(['%', '％']) {
        out.push_str(&format!("百分之{}", if written == "100" { "百".to_owned() } else { plain(written) }));
        return ranged(after, out);
    }
    if let Some(ratio) = rest.strip_prefix([':', '：']).filter(|ratio| ratio.starts_with(|c: char| c.is_ascii_digit())) {
        out.push_str(&format!("{}比", plain(written)));
        return ratio;
    }
    if written.len() == 2 && after.starts_with('折') {
        out.push_str(&number_zh::digits_plain(written));
        return after;
    }
    let percents = ranged_percent(rest);
    if let Some(second) = percents {
        out.push_str(&format!("百分之{}到", plain(written)));
        return second;
    }
    if let Some((said, after)) = unit(written, after, &before) {
        out.push_str(&said);
        return after;
    }
    let extension = before.ends_with("分机") || after.starts_with("分机");
    let named_code = extension
        || ["后四位", "后六位", "码", "号", "码是", "号是", "码为", "号为", "码：", "号：", "编号", "代码"]
            .iter()
            .any(|head| before.ends_with(head));
    let measured = MEASURES.iter().any(|measure| after.starts_with(measure));
    let is_code = !written.contains('.')
        && (written.len() > 6 && !measured
            || written.len() > 1 && written.starts_with('0')
            || (named_code && written.len() >= 3)
            || (is_service_number(written) && !measured)
            || (written.len() >= 5 && !measured && !before.ends_with(['共', '约', '到', '达', '过'])));
    if is_code {
        out.push_str(&if is_service_number(written) { number_zh::digits(written) } else { spoken_groups(written, Lang::Zh) });
        return rest;
    }
    if let Some((denominator, after)) = fraction(written, rest) {
        out.push_str(&format!("{}分之{}", plain(denominator), plain(written)));
        return after;
    }
    if after.starts_with('年') && matches!(written.len(), 2 | 4) && (written.len() == 4 || after.contains('月')) {
        out.push_str(&number_zh::digits_plain(written));
        return after;
    }
    if after.starts_with('月') || after.starts_with(['号', '日', '楼', '路', '栋']) || before.ends_with(['第', '按']) {
        out.push_str(&plain(written));
        return if after.starts_with(['月', '号', '日', '楼', '路', '栋']) { after } else { rest };
    }
    let ranged_rest = ranged(rest, out);
    if ranged_rest.len() != rest.len() {
        // The 到 is already said; the number belongs before it.
        out.pop();
        out.push_str(&if written == "2" { "两".to_owned() } else { plain(written) });
        out.push('到');
        return ranged_rest;
    }
    if measured {
        out.push_str(&if written == "2" { "两".to_owned() } else { plain(written) });
        return after;
    }
    out.push_str(&plain(written));
    rest
}

/// What follows the dash of `5-10%`.
fn ranged_percent(rest: &str) -> Option<&str> {
    let second = rest.strip_prefix(['-', '~', '～'])?;
    let (_, after) = second.split_at(second.find(|c: char| !c.is_ascii_digit() && c != '.')?);
    (after.len() < second.len() && after.starts_with(['%', '％'])).then_some(second)
}

pub(super) fn plain(written: &str) -> String {
    number_zh::decimal(written).unwrap_or_else(|| number_zh::digits_plain(written))
}

/// 110, 10086, 95588, 12315 and their like.
fn is_service_number(written: &str) -> bool {
    let short = ["110", "112", "114", "119", "120", "122"].contains(&written);
    short || (written.len() == 5 && ["100", "101", "116", "118", "123", "125", "95", "96"].iter().any(|head| written.starts_with(head)))
}

fn fraction<'a>(written: &str, rest: &'a str) -> Option<(&'a str, &'a str)> {
    let (denominator, after) = super::shape::digits(rest.strip_prefix('/')?);
    let fits = written.len() <= 2 && (1..=2).contains(&denominator.len()) && !after.starts_with('/') && !written.contains('.');
    fits.then_some((denominator, after))
}

/// A number and its Latin or currency unit.
fn unit<'a>(written: &str, after: &'a str, before: &str) -> Option<(String, &'a str)> {
    if after.starts_with(['元', '块']) {
        let has_part =
            after.strip_prefix('块').is_some_and(|part| part.starts_with(|c: char| number_zh::parse_cardinal(&c.to_string()).is_some()));
        let rest = after.strip_prefix(['元', '块'])?;
        if has_part || (after.starts_with('块') && !written.contains('.')) {
            return None;
        }
        let rest = if written.contains('.') { rest.strip_prefix('钱').unwrap_or(rest) } else { rest };
        return Some((amount(written), rest));
    }
    units::unit(written, after, before)
}
