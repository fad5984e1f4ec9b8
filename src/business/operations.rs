//! The table of operations: the contract between flows and the operator's systems, whichever serve them.
//!
//! Texts that callers hear come in both languages: `name` is Chinese, `name_en` English. Codes (`level`, `signal`, `fault`, `kind`,
//! `state`) are for conditions in flows and never spoken. Any operation answers `NotFound` for a number that is no customer's.

use super::Operation;

const fn read(
    name: &'static str,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    gives: &'static [&'static str],
    refuses: &'static [&'static str],
) -> Operation {
    Operation { name, needs, takes, gives, refuses, changes: false }
}

const fn change(
    name: &'static str,
    needs: &'static [&'static str],
    gives: &'static [&'static str],
    refuses: &'static [&'static str],
) -> Operation {
    Operation { name, needs, takes: &[], gives, refuses, changes: true }
}

/// See the module's text; the comment at an entry says what its fields mean where their names do not.
pub const OPERATIONS: &[Operation] = &[
    // level: normal, silver, gold, platinum. tags: a list of texts. lang: zh or en. lost: the SIM is blocked.
    read(
        "customer",
        &[],
        &[],
        &["surname", "surname_en", "title", "title_en", "level", "level_name", "level_name_en", "tags", "area", "area_en", "lang", "lost"],
        &[],
    ),
    // Below zero is owed; owed is that amount, else zero.
    read("balance", &[], &[], &["balance", "in_arrears", "owed", "at"], &[]),
    // The last closed month unless `month` says another; six closed months and the running one (closed is false) are kept.
    // items: a list of {name, name_en, amount}; extra: what was charged beyond the plan's fee.
    read("bill", &[], &["month"], &["month", "total", "plan_fee", "extra", "items", "closed", "paid"], &[]),
    read(
        "usage",
        &[],
        &[],
        &[
            "data_total",
            "data_used",
            "data_left",
            "minutes_total",
            "minutes_used",
            "minutes_left",
            "messages_total",
            "messages_used",
            "messages_left",
            "renews",
        ],
        &[],
    ),
    // services: a list of {name, name_en, fee}. next: the plan that begins next month, the same when none was chosen.
    read(
        "plan",
        &[],
        &[],
        &["plan", "name", "name_en", "fee", "data", "minutes", "messages", "services", "since", "next_name", "next_name_en"],
        &[],
    ),
    // plans: a list of {plan, name, name_en, fee, data, minutes, messages}, cheapest first.
    read("plans", &[], &[], &["plans"], &[]),
    read("points", &[], &[], &["points", "expiring", "expires"], &[]),
    read("own_number", &[], &[], &["number", "since"], &[]),
    // records: a list of {day, amount, channel, channel_en}, newest first; the last fields are those of the newest.
    read("recharge_record", &[], &[], &["records", "count", "last_day", "last_amount", "last_channel", "last_channel_en"], &[]),
    // Three wrong answers within half an hour lock it until the oldest of them is half an hour old.
    read("verify_pin", &["pin"], &[], &["verified", "attempts_left"], &["locked"]),
    // signal: good, weak, none. fault: none, outage, no_signal, weak_signal, session_stuck.
    read(
        "line_test",
        &[],
        &[],
        &["account", "online", "signal", "power_dbm", "fault", "fault_name", "fault_name_en", "restart_helps"],
        &["no_broadband"],
    ),
    // NotFound when nothing is known for the customer's area. kind: broadband or mobile; either unless given.
    read("outage", &[], &["kind"], &["kind", "kind_name", "kind_name_en", "area", "area_en", "cause", "cause_en", "since", "ends"], &[]),
    // orders: a list of {number, name, name_en, state, state_name, state_name_en, at}.
    read("orders", &[], &[], &["orders", "count"], &[]),
    change("report_loss", &[], &["since"], &["already_lost"]),
    change("release_loss", &[], &["since"], &["not_lost"]),
    // ready: when the line should be up again.
    change("restart_line", &[], &["account", "ready"], &["no_broadband", "outage"]),
    // amount: money, 1 to 500 yuan.
    change("recharge", &["amount"], &["amount", "balance"], &["amount_out_of_range"]),
    // plan: a code from `plans`; it begins on the first of next month.
    change("change_plan", &["plan"], &["name", "name_en", "fee", "begins"], &["same_plan", "unknown_plan", "in_arrears"]),
];
