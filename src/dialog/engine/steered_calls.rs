//! Calls in which the caller steers: our manner, several wishes at once, vague wishes, and how surely it has to be known who calls.

use crate::dialog::rehearsal::{Call, record, understood};
use crate::dialog::{Action, Event, Level, TransferFailure};
use crate::nlu::{Candidates, Control, Decision, Intent, RejectReason};
use crate::text::{Lang, Money, PhoneNumber, Record, Value};

fn steer(call: &mut Call, control: Control) -> &mut Call {
    let mut heard = understood(None, Decision::Accept, &[]);
    heard.control = Some(control);
    call.happen(Event::Heard(heard))
}

fn money(call: &mut Call) -> &mut Call {
    call.done(&[
        ("balance", Value::Money(Money(100))),
        ("in_arrears", Value::Flag(false)),
        ("owed", Value::Money(Money(0))),
        ("at", Value::Number(0)),
    ])
}

#[test]
fn slower_and_louder_are_said_again_in_the_new_manner() {
    let mut call = Call::new(Lang::Zh);
    steer(&mut call, Control::Slower).expect("~85/100 greeting_morning open ?open");
    steer(&mut call, Control::Louder).expect("~85/140 greeting_morning open ?open");
    steer(&mut call, Control::Slower).expect("~70/140 greeting_morning open ?open");
    steer(&mut call, Control::Slower).expect("manner_limit ?open");
    for expected in ["~85/140", "~100/140", "~115/140", "~130/140"] {
        steer(&mut call, Control::Faster);
        assert!(call.told().starts_with(expected), "{}", call.told());
    }
    steer(&mut call, Control::Faster).expect("manner_limit ?open");
    steer(&mut call, Control::Softer);
    assert!(call.told().starts_with("~130/100"), "{}", call.told());
}

#[test]
fn a_question_stays_as_it_was() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).expect("( report_loss.pin ?pin");
    steer(&mut call, Control::Slower).expect("~85/100 report_loss.pin ?pin");
    assert!(call.question().unwrap().secret);
}

#[test]
fn numbers_are_spelt_out() {
    let mut call = Call::from(Lang::Zh, None);
    call.wants(Intent::QueryBalance);
    let mut heard = understood(None, Decision::Reject, &[]);
    heard.text = "13800000001".into();
    call.happen(Event::Heard(heard)).expect("number_guess ?number.confirm");
    steer(&mut call, Control::Spell).expect("number_guess ?number.confirm");
    assert!(call.text().starts_with("幺，三，八，零，"), "{}", call.text());
}

#[test]
fn waiting_is_patient_and_any_word_goes_on() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill);
    steer(&mut call, Control::Wait).expect("hold ?query_bill.month");
    assert_eq!(call.question().unwrap().no_input_ms, 60_000);
    call.mumbles();
    call.expect("query_bill.which_month ?query_bill.month");
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss)
        .done(&[("lost", Value::Flag(false))])
        .keys("246810")
        .done(&[("verified", Value::Flag(true))])
        .expect("verified report_loss.sure ?report_loss.consent");
    steer(&mut call, Control::Wait);
    call.says(Some(Intent::Affirm), Decision::Accept, &[("answer", Value::Flag(true))]);
    call.expect("report_loss.sure ?report_loss.consent");
    call.says(Some(Intent::Affirm), Decision::Accept, &[("answer", Value::Flag(true))]).expect("!!report_loss");
}

#[test]
fn the_language_changes_in_the_middle_of_a_flow_and_back() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill);
    steer(&mut call, Control::SpeakEnglish).expect("@en lang_changed query_bill.which_month ?query_bill.month");
    assert!(call.text().starts_with("All right, in English"), "{}", call.text());
    steer(&mut call, Control::SpeakEnglish).expect("query_bill.which_month ?query_bill.month");
    steer(&mut call, Control::SpeakChinese).expect("@zh lang_changed query_bill.which_month ?query_bill.month");
}

#[test]
fn keys_only_is_a_wish() {
    let mut call = Call::new(Lang::Zh);
    steer(&mut call, Control::KeysOnly).expect("keys_chosen open_keys ?open");
    call.keys("4").expect("query_bill.which_month_keys ?query_bill.month");
}

#[test]
fn several_wishes_come_one_after_the_other() {
    let mut call = Call::new(Lang::Zh);
    let mut heard = understood(Some(Intent::QueryBalance), Decision::Accept, &[]);
    heard.also = vec![(Intent::QueryBill, record(&[])), (Intent::QueryBalance, Record::new())];
    call.happen(Event::Heard(heard)).expect("queued !balance");
    assert_eq!(call.text(), "好的，先查话费，再查账单。");
    money(&mut call).expect("query_balance.left next_request query_bill.which_month ?query_bill.month");
    call.says(Some(Intent::Back), Decision::Accept, &[]).expect("open ?open");
}

#[test]
fn a_vague_wish_is_answered_with_candidates() {
    let mut call = Call::new(Lang::Zh);
    let mut heard = understood(None, Decision::Reject, &[]);
    heard.reason = Some(RejectReason::Vague);
    heard.alternatives = vec![(Intent::QueryBalance, 0.5), (Intent::QueryBill, 0.5)];
    call.happen(Event::Heard(heard.clone())).expect("tie ?tie");
    assert_eq!(call.text(), "您是想查话费，还是查账单？");
    call.happen(Event::Heard(heard)).expect("tie ?tie");
    call.wants(Intent::QueryBalance).expect("!balance");
}

#[test]
fn repair_changes_its_strategy() {
    let unsure = |intent| {
        let mut heard = understood(Some(intent), Decision::Reject, &[]);
        (heard.confidence, heard.alternatives) = (0.28, vec![(Intent::Complaint, 0.1)]);
        Event::Heard(heard)
    };
    let mut call = Call::new(Lang::Zh);
    call.happen(unsure(Intent::QueryBill)).expect("open_again ?open");
    call.happen(unsure(Intent::QueryBill)).expect("guess ?guess");
    call.says(Some(Intent::Deny), Decision::Accept, &[("answer", Value::Flag(false))]);
    call.expect("open_keys ?open");
    call.happen(unsure(Intent::QueryBill)).expect("transfer_not_understood #NotUnderstood");
}

#[test]
fn what_cannot_be_done_leaves_what_was_going_on() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::QueryBill).wants(Intent::Goodbye).expect("farewell #Completed");
}

const ORDERS: &str = "\
flow: network_fault
triggers: [network_fault]
steps:
  - work_order: network_fault
    with: { text: \"'no signal'\" }
  - say: told
prompts:
  told:
    zh: [\"编号{{ order.number | digits }}。\"]
    en: [\"It is {{ order.number | digits }}.\"]
";

#[test]
fn a_fault_told_twice_is_registered_once() {
    let mut call = Call::with_flow("network_fault.yaml", ORDERS);
    call.wants(Intent::NetworkFault).expect("!order:network_fault");
    call.done(&[("number", Value::Code("26112201".into())), ("due", Value::Number(0))])
        .expect("network_fault.told anything_else ?anything_else");
    let first = call.text();
    call.wants(Intent::NetworkFault).expect("network_fault.told anything_else ?anything_else");
    assert!(
        first.starts_with("编号二六幺幺，二二零幺。") && call.text().starts_with("编号二六幺幺，二二零幺。"),
        "{first} {}",
        call.text()
    );
}

fn demands(verify: &str) -> String {
    format!(
        "\
flow: password
triggers: [password]
steps:
  - verify: {verify}
  - say: told
prompts:
  ask_id:
    zh: [请说身份证后四位。, 请输入身份证后四位。]
    en: [\"Please say the last four digits of your ID.\", \"Please key in the last four digits of your ID.\"]
  told:
    zh: [可以了。]
    en: [All right.]
"
    )
}

#[test]
fn each_level_is_met_by_what_is_at_least_as_sure() {
    let mut call = Call::with_flow("password.yaml", &demands("{ level: caller_id }"));
    call.wants(Intent::Password).expect("password.told anything_else ?anything_else");
    let mut call = Call::with_flow("password.yaml", &demands("{ level: id_digits, prompt: ask_id }"));
    call.wants(Intent::Password).expect("( password.ask_id ?id_digits");
    let question = call.question().unwrap();
    assert!(question.secret && question.key_length == 4);
    call.keys("3096").expect(") !verify_id").done(&[("verified", Value::Flag(true))]);
    call.expect("verified password.told anything_else ?anything_else");
    assert!(call.state.proves(Level::IdDigits) && !call.state.proves(Level::Pin));
    call.wants(Intent::Password).expect("password.told anything_else ?anything_else");
    // The document's digits are not enough for what wants the password.
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).expect("( report_loss.pin ?pin");
    assert!(matches!(call.actions.first(), Some(Action::PauseRecording)));
    let mut call = Call::with_flow("password.yaml", &demands("{ level: pin, prompt: ask_id }"));
    call.wants(Intent::Password).expect("( password.ask_id ?pin");
}

#[test]
fn wrong_digits_of_the_document_end_with_a_person() {
    let mut call = Call::with_flow("password.yaml", &demands("{ level: id_digits, prompt: ask_id }"));
    let no = [("verified", Value::Flag(false))];
    call.wants(Intent::Password).keys("1111").done(&no).expect("( id_wrong ?id_digits").keys("2222").done(&no).keys("3333").done(&no);
    call.expect("transfer_not_verified #NotVerified");
    let secrets = format!("{:?}", call.state);
    assert!(!secrets.contains("1111") && !secrets.contains("3333"));
}

#[test]
fn a_farewell_among_other_words_ends_the_call_only_when_more_was_offered() {
    let mut call = Call::new(Lang::Zh);
    call.says(Some(Intent::Goodbye), Decision::Confirm, &[]).expect("guess ?guess");
    call.says(Some(Intent::Deny), Decision::Accept, &[]).wants(Intent::QueryOwnNumber);
    let number = Value::Phone(PhoneNumber::parse("13800000001").expect("a number"));
    call.done(&[("number", number)]).expect("query_own_number.number anything_else ?anything_else");
    call.says(Some(Intent::Goodbye), Decision::Confirm, &[]).expect("farewell #Completed");
}

/// Speech of which only this is known: it may have been a yes, or a no.
fn perhaps(call: &mut Call, yes: f32, chance: f32) -> &mut Call {
    let mut heard = understood(None, Decision::Reject, &[]);
    heard.candidates = Candidates::of_words([("yes".to_owned(), yes), ("no".to_owned(), 1.0 - yes)], chance);
    call.happen(Event::Heard(heard))
}

#[test]
fn a_yes_that_is_likely_twice_is_a_yes_and_one_that_is_contradicted_is_none() {
    let guess = || {
        let mut call = Call::new(Lang::Zh);
        call.says(Some(Intent::QueryBalance), Decision::Confirm, &[]).expect("guess ?guess");
        call
    };
    let mut call = guess();
    perhaps(&mut call, 0.97, 0.8).expect("guess ?guess");
    perhaps(&mut call, 0.97, 0.8).expect("!balance");
    let mut call = guess();
    perhaps(&mut call, 0.97, 0.8);
    perhaps(&mut call, 0.1, 0.8).expect("yes_no_example ?guess");
    let mut call = guess();
    for _ in 0..2 {
        perhaps(&mut call, 0.97, 0.55);
    }
    call.expect("yes_no_example ?guess");
}

#[test]
fn a_change_wants_a_yes_that_was_heard_surely_once() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).keys("246810").done(&[("verified", Value::Flag(true))]);
    call.expect("verified report_loss.sure ?report_loss.consent");
    assert!(call.actions.iter().any(|action| matches!(action, Action::Listen(question) if question.consent)));
    perhaps(&mut call, 0.97, 0.9).expect("report_loss.sure ?report_loss.consent");
    perhaps(&mut call, 0.97, 0.9).expect("consent_example ?report_loss.consent");
    perhaps(&mut call, 0.97, 0.9).expect("consent_keys ?report_loss.consent");
    call.keys("1").expect("!!report_loss");
}

#[test]
fn a_no_to_a_change_needs_no_more_than_another_answer() {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]).keys("246810").done(&[("verified", Value::Flag(true))]);
    perhaps(&mut call, 0.03, 0.8).expect("report_loss.sure ?report_loss.consent");
    perhaps(&mut call, 0.03, 0.8);
    assert!(!call.actions.iter().any(|action| matches!(action, Action::Listen(question) if question.consent)), "{:?}", call.actions);
}

#[test]
fn whoever_could_not_be_handed_over_comes_back() {
    for (why, prompt) in [
        (TransferFailure::Busy, "transfer_busy"),
        (TransferFailure::NoAnswer, "transfer_busy"),
        (TransferFailure::Declined, "transfer_failed"),
        (TransferFailure::Unreachable, "transfer_failed"),
        (TransferFailure::Test, "transfer_test"),
    ] {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::TransferAgent).expect("transfer_asked #CallerAsked");
        call.happen(Event::TransferFailed(why)).expect(&format!("{prompt} anything_else ?anything_else"));
        call.wants(Intent::TransferAgent).expect("transfer_asked #CallerAsked");
    }
}
