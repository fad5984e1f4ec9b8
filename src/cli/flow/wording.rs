//! What steps and ways are called, in both languages.

use super::lettering::wrap;
use crate::dialog::flow::Level;
use crate::dialog::graph::Way;
use crate::text::Lang;
use std::fmt::Write;

/// Labels that are longer than this, at this size, are shortened: operations with many reasons would push everything apart.
const WIDEST_LABEL: f64 = 150.0;
const LABEL_SIZE: f64 = 11.0;

/// A prompt for the eye: `{{ order.number | digits }}` is [order.number], and what is only computed is left out.
pub fn readable(template: &str) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (inside, behind) = match after.chars().next() {
            Some('{') => after.split_once("}}").unwrap_or((after, "")),
            Some('%') => after.split_once("%}").unwrap_or((after, "")),
            _ => ("", after),
        };
        if let Some(expression) = inside.strip_prefix('{') {
            let _ = write!(out, "[{}]", expression.split('|').next().unwrap_or_default().trim());
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// How it is proved who calls.
pub fn level_name(level: Level, lang: Lang) -> &'static str {
    match (level, lang) {
        (Level::CallerId, Lang::Zh) => "来电号码",
        (Level::CallerId, Lang::En) => "caller id",
        (Level::IdDigits, Lang::Zh) => "证件末四位",
        (Level::IdDigits, Lang::En) => "ID digits",
        (Level::Pin, Lang::Zh) => "服务密码",
        (Level::Pin, Lang::En) => "PIN",
    }
}

/// What stands beside an arrow; nothing at the ordinary way on.
pub fn label(way: &Way, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    let word = match way {
        Way::Next => "",
        Way::Yes => {
            if zh {
                "是"
            } else {
                "yes"
            }
        }
        Way::No => {
            if zh {
                "否"
            } else {
                "no"
            }
        }
        Way::Then => {
            if zh {
                "成立"
            } else {
                "true"
            }
        }
        Way::Otherwise => {
            if zh {
                "不成立"
            } else {
                "else"
            }
        }
        Way::NotFound => {
            if zh {
                "没查到"
            } else {
                "not found"
            }
        }
        Way::Refused(_) => {
            if zh {
                "拒绝"
            } else {
                "refused"
            }
        }
        Way::Unavailable => {
            if zh {
                "系统不通"
            } else {
                "unavailable"
            }
        }
        Way::Cancelled => {
            if zh {
                "不同意"
            } else {
                "no consent"
            }
        }
    };
    match way {
        Way::Refused(reasons) if !reasons.is_empty() => shortened(&format!("{word}: {}", reasons.join(", "))),
        _ => word.to_owned(),
    }
}

fn shortened(label: &str) -> String {
    wrap(label, LABEL_SIZE, WIDEST_LABEL, 1).into_iter().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_made_readable() {
        for (template, expected) in [
            ("编号{{ order.number | digits }}，谢谢", "编号[order.number]，谢谢"),
            ("其中{% for item in items %}{{ item.name }}{% endfor %}。", "其中[item.name]。"),
            ("a { b {{ c", "a  b [c]"),
            ("plain", "plain"),
        ] {
            assert_eq!(readable(template), expected);
        }
    }
}
