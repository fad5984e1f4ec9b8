//! Callers who wait for a person.

use crate::dialog::rehearsal::{Call, understood};
use crate::dialog::{Event, Queue, TransferFailure};
use crate::nlu::{Decision, Intent};
use crate::text::{Lang, Value};
use jiff::civil::date;

const THIRD: Queue = Queue::Place { place: 3, expected_s: 250, can_be_called: true };

fn waiting(what: Queue) -> Call {
    let mut call = Call::new(Lang::Zh);
    call.wants(Intent::TransferAgent).expect("transfer_asked #CallerAsked");
    call.happen(Event::Queue(what));
    call
}

fn says(call: &mut Call, tag: &str) {
    call.happen(Event::Heard(understood(None, Decision::Accept, &[("queue", Value::Text(tag.into()))])));
}

#[test]
fn the_place_is_told_each_time_and_the_offer_once() {
    let mut call = waiting(Queue::Asking);
    call.expect("?queue");
    call.happen(Event::Queue(THIRD)).expect("queue_place queue_offer ?queue");
    assert!(call.text().contains("第3位") && call.text().contains("五分钟"), "{}", call.text());
    call.happen(Event::Queue(THIRD)).expect("queue_place ?queue");
    call.happen(Event::Queue(Queue::Joined)).expect("");
    call.happen(Event::Queue(Queue::Interrupted)).expect("queue_interrupted ?queue");
    call.happen(Event::Queue(Queue::Lost)).expect("queue_lost ?queue");
    call.happen(Event::Queue(Queue::Joined)).expect("");
    call.happen(Event::Queue(Queue::PassedOn)).expect("queue_passed_on ?queue");
    call.happen(Event::Queue(THIRD)).expect("queue_place ?queue");
    call.happen(Event::Queue(Queue::Joined)).expect("");
    call.happen(Event::Queue(Queue::Served)).expect("farewell #Completed");
}

#[test]
fn a_call_back_is_chosen_by_words_or_a_key_where_the_number_is_known() {
    let mut call = waiting(THIRD);
    says(&mut call, "call_back");
    call.expect("+call_back ?queue");
    call.happen(Event::Queue(Queue::CallBackFailed)).expect("queue_call_back_failed ?queue");
    call.keys("1").expect("queue_call_back_failed ?queue");
    let mut call = waiting(THIRD);
    call.keys("1").expect("+call_back ?queue");
    call.happen(Event::Queue(Queue::CallBackKept)).expect("queue_call_back_kept anything_else ?anything_else");
    let mut call = waiting(Queue::Place { place: 1, expected_s: 0, can_be_called: false });
    call.expect("queue_place ?queue");
    says(&mut call, "call_back");
    call.expect("queue_call_back_failed ?queue");
}

#[test]
fn waiting_ends_when_the_caller_says_so_and_not_by_chance() {
    let mut call = waiting(THIRD);
    call.mumbles().expect("?queue");
    call.wants(Intent::QueryBalance).expect("queue_help ?queue");
    call.wants(Intent::TransferAgent).expect("?queue");
    call.happen(Event::HearingLost).expect("?queue");
    call.happen(Event::NoInput).expect("?queue");
    says(&mut call, "leave");
    call.expect("-queue queue_left anything_else ?anything_else");
    let mut call = waiting(THIRD);
    call.keys("*").expect("-queue queue_left anything_else ?anything_else");
    let mut call = waiting(THIRD);
    call.wants(Intent::Goodbye).expect("-queue farewell #Completed");
    let mut call = waiting(THIRD);
    call.happen(Event::HungUp).expect("#Abandoned");
}

#[test]
fn each_reason_for_coming_back_has_its_sentence() {
    let opens = Some(date(2026, 11, 23).at(8, 0, 0, 0));
    for (why, prompt, words) in [
        (TransferFailure::Closed { opens }, "transfer_closed", "八点"),
        (TransferFailure::Closed { opens: None }, "transfer_closed", "下班"),
        (TransferFailure::Nobody, "transfer_nobody", "没有同事"),
        (TransferFailure::AgentLost, "transfer_lost", "断了"),
    ] {
        let mut call = waiting(Queue::Asking);
        call.happen(Event::TransferFailed(why)).expect(&format!("{prompt} anything_else ?anything_else"));
        assert!(call.text().contains(words), "{}", call.text());
    }
}
