//! Events and rules as tables.

use super::*;
use jiff::civil::date;

fn fields(date: &str, amount: &str, percent: u16, subject: &str) -> Fields {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Fields { date: text(date), amount: text(amount), percent: (percent > 0).then_some(percent), subject: text(subject) }
}

/// What comes of an event by the built-in rule of its kind, on 22 November 2026.
fn decided(kind: Kind, fields: &Fields) -> Decision {
    let event = Event::read(kind, fields).unwrap();
    let rule = built_in().into_iter().find(|rule| rule.event == kind).unwrap();
    rule.decide(&event, date(2026, 11, 22))
}

#[track_caller]
fn check(kind: Kind, fields: Fields, occasion: &str, not_before: Option<Date>) {
    assert_eq!(decided(kind, &fields), Decision::Call { occasion: occasion.to_owned(), not_before });
}

#[test]
fn every_kind_of_event_has_its_occasion_and_its_day() {
    check(Kind::BillDue, fields("2026-11-25", "128.50", 0, ""), "2026-11-25", None);
    check(Kind::BillDue, fields("2026-11-30", "", 0, ""), "2026-11-30", Some(date(2026, 11, 27)));
    check(Kind::BalanceLow, fields("", "19.99", 0, ""), "2026-11-22", None);
    check(Kind::BalanceLow, fields("", "-3.5", 0, ""), "2026-11-22", None);
    check(Kind::PlanEnds, fields("2026-11-28", "", 0, "畅享套餐"), "畅享套餐 2026-11-28", Some(date(2026, 11, 23)));
    check(Kind::DataUsed, fields("", "", 85, ""), "2026-11 80", None);
    check(Kind::DataUsed, fields("", "", 120, ""), "2026-11 100", None);
    check(Kind::Appointment, fields("2026-11-23T15:00", "", 0, ""), "2026-11-23T15:00:00", None);
    check(Kind::WorkOrderDone, fields("", "", 0, "2611220001"), "2611220001", None);
    check(Kind::Birthday, fields("2026-11-22", "", 0, ""), "2026", None);
    check(Kind::Festival, fields("2027-02-06", "", 0, "春节"), "春节 2027", Some(date(2027, 2, 6)));
}

#[test]
fn what_no_rule_asks_for_leads_to_no_call() {
    assert_eq!(decided(Kind::BalanceLow, &fields("", "20.00", 0, "")), Decision::NotMeant);
    assert_eq!(decided(Kind::DataUsed, &fields("", "", 79, "")), Decision::NotMeant);
    assert_eq!(decided(Kind::Festival, &fields("2026-12-25", "", 0, "圣诞节")), Decision::NotMeant);
    assert_eq!(decided(Kind::BillDue, &fields("2026-11-21", "", 0, "")), Decision::Over);
    let bill = Event::read(Kind::BillDue, &fields("2026-11-25", "", 0, "")).unwrap();
    let others = built_in().into_iter().filter(|rule| rule.event != Kind::BillDue);
    assert!(others.map(|rule| rule.decide(&bill, date(2026, 11, 22))).all(|decision| decision == Decision::NotMeant));
}

#[test]
fn an_event_that_says_too_little_is_told_what_it_lacks() {
    for (kind, given, expected) in [
        (Kind::BillDue, Fields::default(), "bill_due needs `date`"),
        (Kind::BillDue, fields("soon", "", 0, ""), "date: \"soon\" is no day; write 2026-11-25"),
        (Kind::BalanceLow, fields("", "1,5", 0, ""), "amount: \"1,5\" is no amount; write 19.50"),
        (Kind::DataUsed, Fields::default(), "data_used needs `percent`, of at most 1000"),
        (Kind::WorkOrderDone, fields("", "", 0, " "), "work_order_done needs `subject`, of at most 100 characters"),
    ] {
        assert_eq!(Event::read(kind, &given).unwrap_err(), expected);
    }
}

#[test]
fn faults_of_the_file_have_their_places() {
    let told = |text: &str| parse("t.yaml", text).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        told("- { event: moon, campaign: a }\n- { event: bill_due, campaign: a }\n- { event: birthday, campaign: b, below: 3.0 }\n"),
        [
            "t.yaml:1:12: there is no event `moon`; there are bill_due, balance_low, plan_ends, data_used, appointment, work_order_done, birthday, festival",
            "t.yaml:2:12: `bill_due` needs `days_before`",
            "t.yaml:3:42: `birthday` has no `below`",
        ]
    );
    assert_eq!(
        told("- { event: birthday, campaign: b }\n- { event: birthday, campaign: b }\n- { event: data_used, campaign: c, percent: [] }\n"),
        ["t.yaml:2:12: `birthday` leads to this campaign already", "t.yaml:3:45: write steps such as [80, 100]"]
    );
    assert!(told("- { event: birthday }\n")[0].starts_with("t.yaml:1:"));
    assert_eq!(parse("t.yaml", "[]").unwrap(), []);
}
