//! Whole calls in words: what happens, and what the caller is told.

use crate::dialog::rehearsal::{Call, record};
use crate::dialog::{Action, Answer, Event, Outcome};
use crate::nlu::{Decision, Intent};
use crate::text::date::Month;
use crate::text::{Digits, Lang, Money, PhoneNumber, Record, Value};
use jiff::civil::date;

fn balance(fen: i64) -> [(&'static str, Value); 3] {
    let owed = Money((-fen).max(0));
    [("balance", Value::Money(Money(fen))), ("in_arrears", Value::Flag(fen < 0)), ("owed", Value::Money(owed))]
}

fn month(month: i8) -> Value {
    Value::Month(Month { year: 2026, month })
}

fn bill(of: i8, fen: i64, extra: i64) -> Vec<(&'static str, Value)> {
    let item = |name: &str, name_en: &str, fen: i64| {
        Value::Record(record(&[
            ("name", Value::Text(name.into())),
            ("name_en", Value::Text(name_en.into())),
            ("amount", Value::Money(Money(fen))),
        ]))
    };
    let items = Value::List(vec![item("套餐费", "plan fee", fen - extra), item("流量", "data", extra)]);
    vec![
        ("month", month(of)),
        ("total", Value::Money(Money(fen))),
        ("extra", Value::Money(Money(extra))),
        ("items", items),
        ("closed", Value::Flag(true)),
    ]
}

fn order() -> [(&'static str, Value); 2] {
    [("number", Value::Code("2611220035".into())), ("due", Value::Moment(date(2026, 11, 23).at(9, 0, 0, 0)))]
}

fn pin() -> [(&'static str, Value); 1] {
    [("pin", Value::Digits(Digits::parse("246810").unwrap()))]
}

fn verified(yes: bool) -> [(&'static str, Value); 1] {
    [("verified", Value::Flag(yes))]
}

const YES: Option<Intent> = Some(Intent::Affirm);
const NO: Option<Intent> = Some(Intent::Deny);

impl Call {
    pub(in crate::dialog) fn yes(&mut self) -> &mut Call {
        self.says(YES, Decision::Accept, &[("answer", Value::Flag(true))])
    }

    pub(in crate::dialog) fn no(&mut self) -> &mut Call {
        self.says(NO, Decision::Accept, &[("answer", Value::Flag(false))])
    }

    fn request(&self) -> (String, Record, Option<String>) {
        let request = self.actions.iter().find_map(|action| match action {
            Action::Perform { operation, arguments, idempotency_key, .. } => {
                Some((operation.clone(), arguments.clone(), idempotency_key.clone()))
            }
            _ => None,
        });
        request.expect("a request")
    }
}

#[test]
fn a_balance_is_asked_told_and_goodbye_said() {
    for lang in [Lang::Zh, Lang::En] {
        Call::new(lang)
            .expect("open ?open")
            .wants(Intent::QueryBalance)
            .expect("!balance")
            .done(&balance(12_850))
            .expect("query_balance.left anything_else ?anything_else")
            .wants(Intent::Goodbye)
            .expect("farewell #Completed");
    }
}

#[test]
fn arrears_are_told_as_such() {
    Call::new(Lang::Zh).wants(Intent::QueryBalance).done(&balance(-300)).expect("query_balance.owed anything_else ?anything_else");
}

#[test]
fn the_answer_names_what_was_understood() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill).says(None, Decision::Accept, &[("month", month(9))]).done(&bill(9, 12_850, 0));
    assert!(call.text().starts_with("您九月份的账单一共一百二十八块五。"), "{}", call.text());
}

#[test]
fn a_month_in_the_request_is_not_asked_again() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill).expect("query_bill.which_month ?query_bill.month");
    let mut call = Call::new(Lang::Zh);
    call.says(Some(Intent::QueryBill), Decision::Accept, &[("month", month(9))]).expect("!bill");
    assert_eq!(call.request().1, record(&[("month", month(9))]));
    call.done(&bill(9, 9_800, 1_000)).expect("query_bill.total query_bill.items anything_else ?anything_else");
}

#[test]
fn a_correction_changes_the_month_even_after_the_answer() {
    for (intent, decision) in [(NO, Decision::Accept), (None, Decision::Reject), (Some(Intent::QueryBill), Decision::Confirm)] {
        let mut call = Call::new(Lang::Zh);
        call.says(Some(Intent::QueryBill), Decision::Accept, &[("month", month(10))])
            .done(&bill(10, 5_000, 0))
            .says(intent, decision, &[("month", month(9))])
            .expect("corrected !bill");
        assert_eq!(call.request().1, record(&[("month", month(9))]));
        call.done(&bill(9, 6_000, 0)).expect("query_bill.total anything_else ?anything_else");
    }
}

#[test]
fn an_unsure_month_is_read_back() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill)
        .says(None, Decision::Confirm, &[("month", month(7))])
        .expect("value_guess ?query_bill.month.confirm")
        .says(NO, Decision::Accept, &[("answer", Value::Flag(false)), ("month", month(10))])
        .expect("!bill");
    assert_eq!(call.request().1, record(&[("month", month(10))]));
}

#[test]
fn keys_answer_every_question() {
    Call::new(Lang::Zh).keys("1").expect("!balance");
    Call::new(Lang::Zh).keys("0").expect("transfer_asked #CallerAsked");
    let mut call = Call::new(Lang::Zh);
    call.keys("4").expect("query_bill.which_month ?query_bill.month").keys("09#").expect("!bill");
    assert_eq!(call.request().1, record(&[("month", month(9))]));
    // December has not come yet: it is last year's.
    let mut call = Call::new(Lang::Zh);
    call.keys("4").keys("12");
    assert_eq!(call.request().1, record(&[("month", Value::Month(Month { year: 2025, month: 12 }))]));
    Call::new(Lang::Zh).keys("4").keys("13").expect("query_bill.which_month_short ?query_bill.month");
    Call::new(Lang::Zh).keys("99").expect("open_again ?open");
}

#[test]
fn misunderstanding_is_met_with_other_words_and_in_the_end_a_person() {
    Call::new(Lang::Zh)
        .mumbles()
        .expect("open_again ?open")
        .mumbles()
        .expect("open_example ?open")
        .mumbles()
        .expect("open_keys ?open")
        .mumbles()
        .expect("transfer_not_understood #NotUnderstood");
    Call::new(Lang::Zh)
        .wants(Intent::QueryBill)
        .mumbles()
        .expect("query_bill.which_month_short ?query_bill.month")
        .mumbles()
        .expect("query_bill.which_month_example ?query_bill.month")
        .mumbles()
        .expect("query_bill.which_month_keys ?query_bill.month")
        .mumbles()
        .expect("transfer_not_understood #NotUnderstood");
}

#[test]
fn silence_is_met_with_patience_then_keys() {
    let mut silent = Call::new(Lang::Zh);
    silent.happen(Event::NoInput).expect("no_input ?open").happen(Event::NoInput).expect("open_keys ?open");
    silent.happen(Event::NoInput).expect("silent_end #Abandoned");
    let mut shy = Call::new(Lang::Zh);
    shy.wants(Intent::QueryBill).happen(Event::NoInput).happen(Event::NoInput).expect("query_bill.which_month_keys ?query_bill.month");
    shy.happen(Event::NoInput).expect("transfer_no_input #NoInput");
    let mut content = Call::new(Lang::Zh);
    content.wants(Intent::QueryBalance).done(&balance(10_000)).happen(Event::NoInput).expect("no_input ?anything_else");
    content.happen(Event::NoInput).expect("farewell #Completed");
}

#[test]
fn a_guess_is_asked_never_acted_on() {
    let guess = |call: &mut Call| {
        call.says(Some(Intent::QueryBalance), Decision::Confirm, &[]).expect("guess ?guess");
    };
    let mut call = Call::new(Lang::Zh);
    guess(&mut call);
    assert_eq!(call.text(), "您是想查话费，对吗？");
    call.yes().expect("!balance");
    let mut call = Call::new(Lang::Zh);
    guess(&mut call);
    call.no().expect("guess_denied ?open");
    let mut call = Call::new(Lang::Zh);
    guess(&mut call);
    call.says(Some(Intent::QueryBill), Decision::Accept, &[("answer", Value::Flag(false)), ("month", month(9))]).expect("!bill");
}

#[test]
fn near_ties_become_a_question() {
    let mut understood = crate::dialog::rehearsal::understood(Some(Intent::QueryBalance), Decision::Confirm, &[]);
    understood.alternatives = vec![(Intent::QueryBill, 0.47)];
    let mut call = Call::new(Lang::Zh);
    call.happen(Event::Heard(understood)).expect("tie ?tie");
    assert_eq!(call.text(), "您是想查话费，还是查账单？");
    call.says(Some(Intent::QueryBill), Decision::Confirm, &[]).expect("query_bill.which_month ?query_bill.month");
}

#[test]
fn a_digression_returns() {
    Call::new(Lang::Zh)
        .wants(Intent::QueryBill)
        .wants(Intent::QueryBalance)
        .expect("!balance")
        .done(&balance(100))
        .expect("query_balance.left resume query_bill.which_month ?query_bill.month");
}

#[test]
fn universals_work_inside_a_flow() {
    let asked = || {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBill);
        call
    };
    asked().wants(Intent::Help).expect("query_bill.help query_bill.which_month ?query_bill.month");
    asked().wants(Intent::Repeat).expect("query_bill.which_month ?query_bill.month");
    asked().wants(Intent::Back).expect("open ?open");
    asked().wants(Intent::Menu).expect("open_keys ?open");
    asked().wants(Intent::TransferAgent).expect("transfer_asked #CallerAsked");
    asked().wants(Intent::Goodbye).expect("farewell #Completed");
    asked().keys("*").expect("open ?open");
}

#[test]
fn a_person_gets_everything_that_was_learned() {
    let mut call = Call::new(Lang::Zh);
    call.says(Some(Intent::QueryBill), Decision::Accept, &[("month", month(9))])
        .answer(Answer::Unavailable)
        .expect("unavailable ?offer_order");
    call.wants(Intent::TransferAgent);
    match call.actions.last() {
        Some(Action::HangUp(Outcome::Transferred { intent, slots, .. })) => {
            assert_eq!((*intent, slots), (Some(Intent::QueryBill), &record(&[("month", month(9))])));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn when_the_system_is_down_it_is_registered() {
    let down = || {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBalance).answer(Answer::Unavailable);
        call
    };
    down().yes().expect("!order:callback").done(&order()).expect("order_opened anything_else ?anything_else");
    down().no().expect("anything_else ?anything_else");
    down().yes().answer(Answer::Unavailable).expect("transfer_system_down #SystemDown");
}

#[test]
fn what_cannot_be_done_here_is_said_and_a_person_offered() {
    let wish = || {
        let mut call = Call::without_flow("suggestion.yaml");
        call.wants(Intent::Suggestion).expect("no_flow ?offer_agent");
        call
    };
    assert!(wish().text().contains("提建议"));
    wish().yes().expect("transfer_flow #FlowRule");
    wish().no().expect("anything_else ?anything_else");
}

#[test]
fn a_loss_is_reported_once_after_verification_and_a_yes() {
    for lang in [Lang::Zh, Lang::En] {
        let mut call = Call::new(lang);
        call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).expect("( report_loss.pin ?pin");
        assert!(call.question().unwrap().secret);
        call.says(None, Decision::Accept, &pin()).expect(") !verify_pin").done(&verified(true));
        call.expect("verified report_loss.sure ?report_loss.consent").yes().expect("!!report_loss");
        let key = call.request().2;
        assert_eq!(key.as_deref(), Some("c1-report_loss-4"));
        let Some(Action::Perform { id, .. }) = call.actions.last().cloned() else { panic!("a request") };
        call.yes().expect("");
        let done = Answer::Done(record(&[("since", Value::Moment(date(2026, 11, 22).at(9, 31, 0, 0)))]));
        call.happen(Event::Answered { id, answer: done.clone() }).expect("report_loss.done anything_else ?anything_else");
        call.happen(Event::Answered { id, answer: done }).expect("");
        call.no().expect("report_loss.recap farewell #Completed");
    }
}

#[test]
fn a_weak_yes_changes_nothing() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).keys("246810").done(&verified(true)).says(
        YES,
        Decision::Confirm,
        &[],
    );
    call.expect("report_loss.sure ?report_loss.consent").no().expect("report_loss.kept anything_else ?anything_else");
}

#[test]
fn a_change_of_unknown_outcome_keeps_its_key() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss)
        .done(&[("lost", Value::Flag(false))])
        .keys("246810")
        .done(&verified(true))
        .keys("1")
        .expect("!!report_loss");
    let first = call.request();
    call.answer(Answer::Unavailable).expect("change_unknown ?offer_agent").no();
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).expect("report_loss.sure ?report_loss.consent").yes();
    assert_eq!(call.request(), first);
}

#[test]
fn three_wrong_passwords_end_with_a_person() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss)
        .done(&[("lost", Value::Flag(false))])
        .keys("111111")
        .done(&verified(false))
        .expect("( pin_wrong ?pin")
        .keys("222222")
        .done(&verified(false));
    call.keys("333333").expect(") !verify_pin").answer(Answer::Refused("locked".into())).expect("transfer_locked #NotVerified");
    let secrets = format!("{:?}", call.state);
    assert!(!secrets.contains("111111") && !secrets.contains("333333"));
}

#[test]
fn a_withheld_number_is_asked_for_and_proved() {
    let mut call = Call::from(Lang::Zh, None);
    let number = PhoneNumber::parse("13800000002").unwrap();
    call.wants(Intent::QueryBalance).expect("number ?number");
    call.says(None, Decision::Accept, &[("phone_number", Value::Phone(number.clone()))]).expect("number_guess ?number.confirm");
    call.yes().expect("( pin_number ?pin").keys("246810").expect(") !verify_pin").done(&verified(true)).expect("verified !balance");
    let customer = call.actions.iter().find_map(|action| match action {
        Action::Perform { customer, .. } => customer.clone(),
        _ => None,
    });
    assert_eq!(customer, Some(number));
}

#[test]
fn broadband_steps_lead_to_a_visit_and_an_order() {
    let line = |fault: &str| {
        [("fault", Value::Text(fault.into())), ("fault_name", Value::Text("光路中断".into())), ("restart_helps", Value::Flag(false))]
    };
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::BroadbandFault).expect("!outage").answer(Answer::NotFound).expect("!line_test").done(&line("none"));
    call.expect("broadband_fault.line_fine broadband_fault.power ?broadband_fault.power").yes();
    call.expect("broadband_fault.restart ?broadband_fault.restart").wants(Intent::Back);
    call.expect("broadband_fault.power ?broadband_fault.power").yes().yes();
    call.expect("broadband_fault.light ?broadband_fault.light").yes();
    call.expect("broadband_fault.solved ?broadband_fault.solved").no();
    call.expect("!visit_slots").answer(Answer::Unavailable).expect("!order:broadband_fault").done(&order());
    call.expect("!notify:broadband_fault.notice").answer(Answer::Unavailable);
    call.expect("broadband_fault.ordered anything_else ?anything_else");
    assert!(call.text().contains("二六幺幺，二二零零，三五"), "{}", call.text());
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::BroadbandFault).answer(Answer::Unavailable).expect("!line_test").done(&line("no_signal"));
    let visit = Value::Moment(date(2026, 11, 23).at(9, 0, 0, 0));
    call.expect("broadband_fault.line_broken !visit_slots").done(&[("at", visit.clone())]);
    call.expect("broadband_fault.sure_visit ?broadband_fault.consent").yes();
    call.expect("!!book_visit").done(&[("at", visit)]).expect("!order:broadband_fault").done(&order());
    call.expect("!notify:broadband_fault.notice_visit").done(&[]);
    call.expect("broadband_fault.visit_booked anything_else ?anything_else").wants(Intent::Goodbye);
    call.expect("broadband_fault.recap farewell #Completed");
}

#[test]
fn hearing_lost_means_keys() {
    Call::new(Lang::Zh)
        .happen(Event::HearingLost)
        .expect("keys_only open_keys ?open")
        .keys("4")
        .expect("query_bill.which_month_keys ?query_bill.month");
}

#[test]
fn by_keys_too_a_question_is_said_before_its_keys() {
    Call::new(Lang::Zh)
        .happen(Event::HearingLost)
        .keys("1")
        .expect("!balance")
        .answer(Answer::Unavailable)
        .expect("unavailable yes_no_keys ?offer_order");
}

#[test]
fn the_same_words_never_three_times() {
    let mut call = Call::new(Lang::Zh);
    let mut texts = Vec::new();
    for _ in 0..6 {
        texts.push(call.wants(Intent::QueryBalance).done(&balance(100)).text());
    }
    assert!(texts.windows(3).all(|three| three.iter().any(|text| *text != three[0])), "{texts:?}");
}

#[test]
fn after_the_end_nothing_happens() {
    Call::new(Lang::Zh)
        .wants(Intent::Goodbye)
        .expect("farewell #Completed")
        .happen(Event::NoInput)
        .expect("")
        .happen(Event::HungUp)
        .expect("");
    Call::new(Lang::Zh).happen(Event::HungUp).expect("#Abandoned");
}

#[test]
fn what_the_main_menu_has_no_key_for_stands_in_a_menu_below() {
    let mut call = Call::new(Lang::Zh);
    call.keys("6").expect("menu_plan ?menu_6").keys("9").expect("menu_plan ?menu_6").keys("*").expect("open ?open");
    call.keys("6").expect("menu_plan ?menu_6").keys("1").expect("!plan");
    let mut spoken = Call::new(Lang::En);
    spoken.keys("7").expect("menu_payment ?menu_7").wants(Intent::QueryBalance).expect("!balance");
}
