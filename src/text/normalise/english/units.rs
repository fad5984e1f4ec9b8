//! Units behind numbers, in English.

use super::{amount, plain};

/// A number with the unit at the head of `after`, and what follows; `glued` when nothing stands between them.
pub(super) fn unit<'a>(written: &str, after: &'a str, glued: bool) -> Option<(String, &'a str)> {
    for (sign, name) in [("℃", "degree"), ("°C", "degree"), ("m²", "square metre"), ("㎡", "square metre")] {
        if let Some(rest) = after.strip_prefix(sign) {
            return Some((many(written, name), rest));
        }
    }
    let end = after.find(|c: char| !c.is_ascii_alphabetic() && c != '/').unwrap_or(after.len());
    let (letters, rest) = after.split_at(end);
    if let Some(said) = said(written, letters, rest, glued) {
        return Some((said, rest));
    }
    let (letters, rest) = after.split_at(letters.find('/')?);
    Some((said(written, letters, rest, glued)?, rest))
}

fn many(written: &str, name: &str) -> String {
    format!("{} {name}{}", plain(written), if written == "1" { "" } else { "s" })
}

fn said(written: &str, letters: &str, rest: &str, glued: bool) -> Option<String> {
    let many = |name: &str| many(written, name);
    let line = |rest: &str| ["broadband", "fibre", "fiber", "line", "connection"].iter().any(|word| rest.trim_start().starts_with(word));
    let data = ["of data", "data", "left"].iter().any(|word| rest.trim_start().starts_with(word));
    let few = written.len() <= 3;
    Some(match letters {
        "yuan" | "RMB" | "CNY" | "kuai" => amount(written),
        "G" if glued && !data && matches!(written, "2" | "3" | "4" | "5" | "6") => format!("{} G", plain(written)),
        "G" | "GB" | "gb" | "Gb" => many("gigabyte"),
        "M" if line(rest) => plain(written) + " megabit",
        "M" | "MB" | "mb" => many("megabyte"),
        "KB" | "kb" => many("kilobyte"),
        "TB" => many("terabyte"),
        "Mbps" | "Mb/s" | "mbps" => many("megabit") + " per second",
        "Gbps" | "Gb/s" => many("gigabit") + " per second",
        "GHz" => plain(written) + " gigahertz",
        "MHz" => plain(written) + " megahertz",
        "dBm" => plain(written) + " dBm",
        "dB" => many("decibel"),
        "V" if glued => many("volt"),
        "W" if glued => many("watt"),
        "mAh" => many("milliamp hour"),
        "ms" => many("millisecond"),
        "km" => many("kilometre"),
        "m" => many("metre"),
        "kg" => many("kilogram"),
        "min" | "mins" => many("minute"),
        "hr" | "hrs" => many("hour"),
        "h" if glued && few => many("hour"),
        "sec" | "secs" => many("second"),
        "s" if glued && few => many("second"),
        "x" if glued && few && !rest.starts_with(|c: char| c.is_ascii_digit()) => plain(written) + " times",
        "am" | "AM" => format!("{} am", plain(written)),
        "pm" | "PM" => format!("{} pm", plain(written)),
        _ => return None,
    })
}
