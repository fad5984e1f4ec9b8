//! Whole calls in words: what happens, and what the caller is told.

use crate::dialog::Event;
use crate::dialog::rehearsal::Call;
use crate::nlu::Intent;
use crate::text::{Lang, Money, Value};

fn balance(fen: i64) -> [(&'static str, Value); 3] {
    let owed = Money((-fen).max(0));
    [("balance", Value::Money(Money(fen))), ("in_arrears", Value::Flag(fen < 0)), ("owed", Value::Money(owed))]
}

#[test]
fn a_balance_is_asked_told_and_goodbye_said() {
    for lang in [Lang::Zh, Lang::En] {
        Call::new(lang)
            .expect("greeting_morning open ?open")
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
fn after_the_end_nothing_happens() {
    Call::new(Lang::Zh)
        .wants(Intent::Goodbye)
        .expect("farewell #Completed")
        .happen(Event::NoInput)
        .expect("")
        .happen(Event::HungUp)
        .expect("");
}
