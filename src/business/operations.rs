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
    Operation { name, needs, takes, gives, refuses, changes: false, repeatable: true }
}

/// Only reads, but every request counts: nobody repeats it by himself.
const fn counted(
    name: &'static str,
    needs: &'static [&'static str],
    gives: &'static [&'static str],
    refuses: &'static [&'static str],
) -> Operation {
    Operation { repeatable: false, ..read(name, needs, &[], gives, refuses) }
}

const fn change(
    name: &'static str,
    needs: &'static [&'static str],
    gives: &'static [&'static str],
    refuses: &'static [&'static str],
) -> Operation {
    Operation { name, needs, takes: &[], gives, refuses, changes: true, repeatable: false }
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
    // How the customer wants to be written to. channel: text, mail, none. mail: the address, empty where none is known.
    read("contact", &[], &[], &["channel", "mail"], &[]),
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
    counted("verify_pin", &["pin"], &["verified", "attempts_left"], &["locked"]),
    // The last four digits of the identity document, for whoever forgot the PIN; wrong answers count together with wrong PINs.
    counted("verify_id", &["id_digits"], &["verified", "attempts_left"], &["locked"]),
    // What another plan would mean. difference: what it costs more or less a month, never below zero; dearer and cheaper say which.
    read("plan_offer", &["plan"], &[], PLAN_OFFER, &["same_plan", "unknown_plan", "in_arrears"]),
    // The plan that fits what is used; better is false when it is the present one. why: fits, more_data, cheaper.
    read("recommendation", &[], &[], RECOMMENDATION, &["in_arrears"]),
    // packs: a list of {pack, name, name_en, price, data}, smallest first; all end with the month.
    read("data_packs", &[], &[], &["packs", "ends"], &[]),
    // The smallest pack that holds `volume`, the largest when none does; without `volume` one that fits what is used.
    read("pack_offer", &[], &["volume"], &["pack", "name", "name_en", "price", "data", "ends", "data_left"], &["in_arrears"]),
    // services: a list of {service, name, name_en, fee, can_cancel}; chargeable: how many of them cost something.
    read("services", &[], &[], &["services", "count", "chargeable"], &[]),
    // ends: the day from which it is no longer charged.
    read("service", &["service"], &[], &["service", "name", "name_en", "fee", "ends"], CANNOT_CANCEL),
    // region: hmt (Hong Kong, Macau, Taiwan), asia, europe, america or world; world unless given. Prices are those of a day of use.
    read(
        "roaming",
        &[],
        &["region"],
        &["active", "region", "region_name", "region_name_en", "day_price", "day_data", "minute_price"],
        &["unknown_region"],
    ),
    // The last closed month unless given; NotFound for a month that is not kept.
    read("invoice", &[], &["month"], &["month", "amount", "by"], NO_INVOICE),
    // slots: a list of {at, shop, shop_en}, the earliest first; at, shop and shop_en are those of the first. NotFound for a day without any.
    read("sim_slots", &[], &["day"], &["slots", "at", "shop", "shop_en"], &["already_booked"]),
    // slots: a list of {at, until}: the fitter comes between the two. NotFound for a day without any.
    read("visit_slots", &[], &["day"], &["slots", "at", "until"], &["no_broadband", "already_booked"]),
    // The mast at `place`, words as the caller said them; of the customer's area unless given. NotFound for a place that is not known.
    // signal: good, weak, none. fault: none, outage, congestion, weak_coverage.
    read("network_test", &[], &["place"], &["area", "area_en", "signal", "fault", "fault_name", "fault_name_en"], &[]),
    // What stands against closing the account; contract_until is today when there is no contract.
    read("closing_check", &[], &[], &["balance", "owed", "in_arrears", "in_contract", "contract_until"], &["already_requested"]),
    // reason: price, service, signal, moving, other. NotFound when nothing can be offered.
    read("retention_offer", &["reason"], &[], &["offer", "name", "name_en", "terms", "terms_en", "months"], &["in_arrears"]),
    // signal: good, weak, none. fault: none, outage, no_signal, weak_signal, session_stuck.
    read(
        "line_test",
        &[],
        &[],
        &["account", "online", "signal", "power_dbm", "fault", "fault_name", "fault_name_en", "restart_helps"],
        &["no_broadband"],
    ),
    // NotFound when nothing is known for the customer's area, or for `place`. kind: broadband or mobile; either unless given.
    read(
        "outage",
        &[],
        &["kind", "place"],
        &["kind", "kind_name", "kind_name_en", "area", "area_en", "cause", "cause_en", "since", "ends"],
        &[],
    ),
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
    // pack: a code from `data_packs`; paid from the balance.
    change(
        "buy_data",
        &["pack"],
        &["name", "name_en", "price", "data", "ends", "balance"],
        &["unknown_pack", "in_arrears", "balance_too_low"],
    ),
    // service: a code from `services`.
    change("cancel_service", &["service"], &["name", "name_en", "fee", "ends"], CANNOT_CANCEL),
    change("roaming_on", &[], &["since"], &["already_on", "in_arrears", "lost"]),
    change("roaming_off", &[], &["since"], &["already_off"]),
    // A new initial PIN goes to the customer's own SIM by text message, and a lock is lifted; until: when it has to be used.
    change("reset_password", &[], &["until"], &["lost"]),
    // It goes to the e-mail address of the contract; by: the day by which it is there.
    change("request_invoice", &["month"], &["month", "amount", "by"], NO_INVOICE),
    // at: a moment from `sim_slots`.
    change("book_sim", &["at"], &["number", "at", "shop", "shop_en"], &["no_slot", "already_booked"]),
    // at: a moment from `visit_slots`.
    change("book_visit", &["at"], &["number", "at", "until"], &["no_slot", "already_booked", "no_broadband"]),
    // offer: a code from `retention_offer`.
    change("accept_offer", &["offer"], &["name", "name_en", "months", "begins"], &["unknown_offer", "already_accepted", "in_arrears"]),
    // A request: somebody calls back before the number is given up.
    change("close_account", &["reason"], &["number", "due"], &["owes", "in_contract", "already_requested"]),
];

const PLAN_OFFER: &[&str] = &[
    "plan",
    "name",
    "name_en",
    "fee",
    "data",
    "minutes",
    "messages",
    "present_name",
    "present_name_en",
    "present_fee",
    "present_data",
    "present_minutes",
    "dearer",
    "cheaper",
    "difference",
    "begins",
];
const RECOMMENDATION: &[&str] =
    &["plan", "name", "name_en", "fee", "data", "minutes", "dearer", "cheaper", "difference", "begins", "better", "why"];
const CANNOT_CANCEL: &[&str] = &["not_subscribed", "in_contract", "cannot_cancel"];
const NO_INVOICE: &[&str] = &["not_closed", "unpaid", "already_invoiced"];
