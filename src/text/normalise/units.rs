//! Latin units behind numbers, in Mandarin.

use super::mandarin::plain;

/// After these a `2G` is data, not a generation of networks.
const DATA_BEFORE: [&str; 14] = ["剩", "剩余", "用", "用了", "送", "含", "加", "包", "购", "订", "余", "共", "有", "超"];

/// A number with the unit at the head of `after`, and what follows; `before` is what was said last.
pub(super) fn unit<'a>(written: &str, after: &'a str, before: &str) -> Option<(String, &'a str)> {
    let end = after.find(|c: char| !c.is_ascii_alphabetic() && c != '/').unwrap_or(after.len());
    let (letters, rest) = after.split_at(end);
    if let Some(said) = said(written, letters, rest, before) {
        return Some((said, rest));
    }
    let slash = letters.find('/')?;
    let (letters, rest) = after.split_at(slash);
    Some((said(written, letters, rest, before)?, rest))
}

fn said(written: &str, letters: &str, rest: &str, before: &str) -> Option<String> {
    let number = plain(written);
    let two = if written == "2" { "两".to_owned() } else { number.clone() };
    // Case tells volts and watts from letters of plans.
    match letters {
        "V" => return Some(format!("{number}伏")),
        "W" => return Some(format!("{number}瓦")),
        _ => {}
    }
    Some(match letters.to_lowercase().as_str() {
        "g" => {
            let data = rest.starts_with("流量") || rest.starts_with("的流量") || DATA_BEFORE.iter().any(|head| before.ends_with(head));
            let generation = matches!(written, "2" | "3" | "4" | "5" | "6") && !data;
            if generation { format!("{number}吉") } else { format!("{two}个吉") }
        }
        "gb" => format!("{two}个吉"),
        "m" | "mb" | "mbps" | "mb/s" => format!("{two}兆"),
        "gbps" | "gb/s" => match written.parse::<u32>() {
            Ok(thousands) if thousands < 1_000 => format!("{}兆", plain(&(thousands * 1_000).to_string())),
            _ => format!("每秒{two}个吉"),
        },
        "kb" | "k" => format!("{two}开"),
        "kb/s" | "kbps" => format!("{two}开每秒"),
        "tb" | "t" => format!("{two}个踢"),
        "ghz" => format!("{number}吉赫"),
        "mhz" => format!("{number}兆赫"),
        "km" => format!("{two}公里"),
        "kg" => format!("{two}公斤"),
        "ms" => format!("{two}毫秒"),
        "dbm" => format!("{number}分贝毫瓦"),
        "db" => format!("{number}分贝"),
        "mah" => format!("{number}毫安时"),
        _ => return None,
    })
}
