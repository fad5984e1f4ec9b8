//! The search field of the top bar: a number of an order or a call, and the beginning of a call's, leads to it, a customer's number to what they have, words to a list, and words beside
//! a customer's number to what they have with these words.
//!
//! What is typed comes in a form: a telephone number is never part of an address, its reference is, and other long numbers stand there masked, as they do
//! in what is looked through.

use super::Console;
use super::listing::address;
use super::pages::Answer;
use crate::api::routes::Routes;
use crate::care::CareError;
use crate::text::PhoneNumber;
use crate::text::mask::mask_text;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

pub(super) fn routes(routes: Routes<Arc<Console>>) -> Routes<Arc<Console>> {
    routes.post("/console/search", search)
}

/// Figures in a call's id: its day, its time, and what tells it from others of that second.
const DAY: usize = 8;
const TIME: usize = 6;

/// Fewer digits are a part of something else.
const SHORTEST_NUMBER: usize = 8;

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    q: String,
    /// The list that it is typed over: `calls` or `orders`.
    #[serde(default, rename = "where")]
    place: String,
}

/// What the address of the list asks for.
#[derive(Serialize)]
struct Sought {
    only: &'static str,
    customer: Option<String>,
    q: Option<String>,
}

async fn search(State(console): State<Arc<Console>>, Form(typed): Form<Typed>) -> Answer {
    let (sources, text) = (&console.sources, typed.q.trim());
    let list = if typed.place == "calls" { "/console/calls" } else { "/console/orders" };
    if may_begin_call(text) {
        let mut calls = sources.database.calls().beginning_with(text, 2).await?.into_iter();
        match (calls.next(), calls.next()) {
            (Some(only), None) => return Ok(Redirect::to(&format!("/console/calls/{only}")).into_response()),
            (Some(_), Some(_)) => {
                let sought = Sought { only: "all", customer: None, q: Some(text.to_owned()) };
                return Ok(Redirect::to(&address("/console/calls", &sought)).into_response());
            }
            // Whatever it is, it is no call.
            (None, _) => {}
        }
    }
    let (number, words) = apart(text);
    for named in [Some(text), number.as_ref().map(PhoneNumber::reveal)].into_iter().flatten() {
        match sources.orders.find(named).await {
            Ok(order) => return Ok(Redirect::to(&format!("/console/orders/{}", order.number)).into_response()),
            Err(CareError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    if sources.database.calls().find(text).await?.is_some() {
        return Ok(Redirect::to(&format!("/console/calls/{text}")).into_response());
    }
    let customer = number.map(|number| sources.database.stored_phone(&number).reference);
    let sought = Sought { only: "all", q: Some(words).filter(|words| customer.is_none() || !words.is_empty()), customer };
    Ok(Redirect::to(&address(list, &sought)).into_response())
}

/// Whether a text looks like the id of a call, from its day on and past the hyphen behind it: no telephone number is written like that.
fn may_begin_call(text: &str) -> bool {
    let Some((day, rest)) = text.split_once('-') else { return false };
    let is_day = day.len() == DAY && day.starts_with("20") && Date::strptime("%Y%m%d", day).is_ok();
    let parts: Vec<&str> = rest.split('-').collect();
    let are_figures = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    let is_time = parts.first().is_some_and(|time| time.len() == TIME || (parts.len() == 1 && time.len() < TIME));
    is_day && are_figures && is_time && parts.len() <= 3
}

/// The first telephone number in a text, and the words around it, fit for an address.
fn apart(text: &str) -> (Option<PhoneNumber>, String) {
    let (number, words) = match number_in(text) {
        None => (None, text.to_owned()),
        Some((place, number)) => {
            let around = [text.get(..place.start), text.get(place.end..)].map(Option::unwrap_or_default);
            (Some(number), around.join(" ").split_whitespace().collect::<Vec<_>>().join(" "))
        }
    };
    // A few digits alone may be a part of an order's number.
    let is_part = words.len() < SHORTEST_NUMBER && words.bytes().all(|byte| byte.is_ascii_digit());
    (number, if is_part { words } else { mask_text(&words) })
}

fn number_in(text: &str) -> Option<(Range<usize>, PhoneNumber)> {
    let is_within = |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | ' ');
    let mut at = 0;
    loop {
        let begin = at + text.get(at..)?.find(|letter: char| letter.is_ascii_digit() || letter == '+')?;
        let rest = text.get(begin..)?;
        let run = rest.get(..rest.find(|letter| !is_within(letter)).unwrap_or(rest.len()))?;
        // One of several numbers, else one that is written in groups.
        let mut from = begin;
        for word in run.split(' ') {
            if let Some(number) = telephone(word) {
                return Some((from..from + word.len(), number));
            }
            from += word.len() + 1;
        }
        if let Some(number) = telephone(run) {
            return Some((begin..begin + run.len(), number));
        }
        at = begin + run.len();
    }
}

fn telephone(text: &str) -> Option<PhoneNumber> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    PhoneNumber::parse(text).filter(|_| digits >= SHORTEST_NUMBER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(text: &str, number: Option<&str>, words: &str) {
        let (found, left) = apart(text);
        assert_eq!((found.as_ref().map(PhoneNumber::reveal), left.as_str()), (number, words), "{text}");
    }

    #[test]
    fn a_number_is_taken_out_of_the_words() {
        check("13800000001", Some("13800000001"), "");
        check("138-0000-0001 断网", Some("13800000001"), "断网");
        check("张先生 138 0000 0001 断网", Some("13800000001"), "张先生 断网");
        check("宽带13800000001断网", Some("13800000001"), "宽带 断网");
        check("+86 13800000001 bill", Some("13800000001"), "+86 bill");
        check("2026 13800000001", Some("13800000001"), "2026");
        check("宽带 断网", None, "宽带 断网");
        check("", None, "");
    }

    #[test]
    fn a_beginning_of_a_call_is_told_from_a_number() {
        for call in ["20261123-", "20261123-1956", "20261123-195624", "20261123-195624-", "20261123-195624-4711-12"] {
            assert!(may_begin_call(call), "{call}");
        }
        for other in [
            "20261123",
            "20261323-1956",
            "20263123",
            "13800000-001",
            "138-0000-0001",
            "010-62345678",
            "20261123-1956-1",
            "20261123-19562412",
            "20261123-195624-1-2-3",
            "20261123-19a",
            "20261123 195624",
            "+20261123-1",
            "",
        ] {
            assert!(!may_begin_call(other), "{other}");
        }
    }

    #[test]
    fn other_long_numbers_are_masked_and_short_ones_stay() {
        check("6222020200112345678", None, "622****5678");
        check("卡号 6222020200112345678", None, "卡号 622****5678");
        check("13800000001 13900000002", Some("13800000001"), "139****0002");
        check("2611220", None, "2611220");
        check("0001", None, "0001");
        check("五月 128.50", None, "五月 128.50");
    }

    proptest! {
        #[test]
        fn no_eleven_digits_are_left(before in "\\PC{0,8}", number in "1[0-9]{10}", after in "\\PC{0,8}") {
            let (_, words) = apart(&format!("{before}{number}{after}"));
            prop_assert!(!words.contains(&number), "{words}");
        }
    }
}
