//! Words that only machines say.

use super::Answerer;

/// What only menus say.
const MENUS: [&str; 7] = ["请按", "按一", "按1", "press 1", "press one", "press 2", "press two"];
/// What only mailboxes and networks say.
const MACHINES: [&str; 38] = [
    "请留言",
    "后留言",
    "留下您的",
    "滴声",
    "嘀声",
    "提示音",
    "开始录音",
    "语音信箱",
    "您拨打",
    "您所拨打",
    "您呼叫",
    "您拨叫",
    "您的呼叫",
    "您的来电",
    "来电助理",
    "来电提醒",
    "已关机",
    "无法接通",
    "无法接听",
    "暂时无人",
    "无人接听",
    "不在服务区",
    "正在通话中",
    "请稍后再拨",
    "是空号",
    "已停机",
    "leave a message",
    "leave your",
    "leave me a message",
    "after the tone",
    "after the beep",
    "voicemail",
    "voice mail",
    "not available",
    "unavailable",
    "not in service",
    "have dialed",
    "have reached",
];

/// Who alone says such a thing; `None` when anybody may.
pub fn who_says(text: &str) -> Option<Answerer> {
    let lower = text.to_lowercase();
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    if says(&MACHINES) {
        Some(Answerer::Machine)
    } else if says(&MENUS) {
        Some(Answerer::Menu)
    } else {
        None
    }
}
