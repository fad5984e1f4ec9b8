//! Whatever happens in whatever order: no panic, no silence, no loop, and nothing changed behind the caller's back.

use crate::dialog::flow::{Level, Performance, Step, What};
use crate::dialog::rehearsal::{Call, flows, record, understood};
use crate::dialog::{Action, Answer, Engine, Event, RequestKind};
use crate::nlu::{Decision, Intent};
use crate::text::date::Month;
use crate::text::{Digits, Lang, Money, PhoneNumber, Value};
use proptest::prelude::*;

/// What may happen, before it is known which request is under way.
#[derive(Clone, Debug)]
enum Happening {
    Event(Event),
    Answer(Answer),
}

fn heard() -> impl Strategy<Value = Event> {
    let wish = prop_oneof![
        3 => proptest::sample::select(vec![
            Intent::ReportLoss,
            Intent::QueryBill,
            Intent::BroadbandFault,
            Intent::QueryBalance,
            Intent::Affirm,
            Intent::Deny,
            Intent::Back,
        ])
        .prop_map(Some),
        1 => proptest::sample::select(Intent::ALL.to_vec()).prop_map(Some),
        1 => Just(None),
    ];
    let decision = prop_oneof![4 => Just(Decision::Accept), 1 => Just(Decision::Confirm), 1 => Just(Decision::Reject)];
    (wish, decision, any::<bool>(), 1..=12_i8, any::<bool>()).prop_map(|(intent, decision, has_month, month, has_pin)| {
        let mut slots = Vec::new();
        if has_month {
            slots.push(("month", Value::Month(Month { year: 2026, month })));
        }
        if has_pin {
            slots.push(("pin", Value::Digits(Digits::parse("246810").expect("digits"))));
            slots.push(("phone_number", Value::Phone(PhoneNumber::parse("13800000002").expect("a number"))));
        }
        Event::Heard(understood(intent, decision, &slots))
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let done = any::<bool>().prop_map(|flag| {
        Answer::Done(record(&[
            ("verified", Value::Flag(flag)),
            ("balance", Value::Money(Money(100))),
            ("in_arrears", Value::Flag(false)),
            ("owed", Value::Money(Money(0))),
            ("month", Value::Month(Month { year: 2026, month: 9 })),
            ("total", Value::Money(Money(9_900))),
            ("extra", Value::Money(Money(0))),
            ("items", Value::List(Vec::new())),
            ("closed", Value::Flag(flag)),
            ("fault", Value::Text("none".into())),
        ]))
    });
    prop_oneof![
        6 => done,
        1 => Just(Answer::NotFound),
        1 => Just(Answer::Refused("locked".into())),
        1 => Just(Answer::Unavailable),
        // Not what was promised: a fault, not a panic.
        1 => Just(Answer::Done(record(&[]))),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    let keys = proptest::sample::select(vec!["0", "1", "2", "3", "5", "09", "246810", "#", "*", "99", ""]);
    prop_oneof![
        8 => heard().prop_map(Happening::Event),
        3 => keys.prop_map(|keys| Happening::Event(Event::Keys(keys.into()))),
        1 => Just(Happening::Event(Event::NoInput)),
        1 => Just(Happening::Event(Event::HearingLost)),
        6 => answer().prop_map(Happening::Answer),
    ]
}

/// What the flow that has this change demands to know about the caller.
fn level_of(operation: &str) -> Option<Level> {
    flows().flows.iter().flat_map(|flow| &flow.steps).find_map(|step| match step {
        Step::Perform(Performance { operation: name, what: What::Change { verify, .. }, .. }) if name == operation => Some(verify.level),
        _ => None,
    })
}

/// A plain yes, by word or key.
fn is_yes(event: &Event) -> bool {
    match event {
        Event::Heard(heard) => heard.intent == Some(Intent::Affirm) && heard.decision == Decision::Accept,
        Event::Keys(keys) => keys == "1",
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_step_ends_well(known in any::<bool>(), happenings in proptest::collection::vec(happening(), 1..60)) {
        let engine = Engine::new(flows());
        let mut call = Call::from(Lang::Zh, known.then(|| PhoneNumber::parse("13800000001").expect("a number")));
        let mut state = call.state.clone();
        let mut pending = None;
        for happening in happenings {
            let event = match (happening, pending) {
                (Happening::Answer(answer), Some(id)) => Event::Answered { id, answer },
                (Happening::Answer(_), None) => continue,
                (Happening::Event(event), _) => event,
            };
            let was_over = state.is_over();
            let was_busy = pending.is_some();
            let (next, actions) = engine.step(state.clone(), event.clone());
            prop_assert_eq!(&(next.clone(), actions.clone()), &engine.step(state.clone(), event.clone()), "not the same twice");
            let (last, before) = match actions.split_last() {
                None => {
                    prop_assert!(was_over || was_busy, "silence after {event:?}");
                    state = next;
                    continue;
                }
                Some(split) => split,
            };
            let ends = |action: &Action| matches!(action, Action::Listen(_) | Action::Perform { .. } | Action::HangUp(_));
            prop_assert!(ends(last), "{last:?}");
            prop_assert!(!before.iter().any(ends), "{before:?}");
            prop_assert_eq!(next.is_over(), matches!(last, Action::HangUp(_)));
            pending = None;
            if let Action::Perform { id, kind, operation, idempotency_key, .. } = last {
                pending = Some(*id);
                if *kind == RequestKind::Change {
                    let level = level_of(operation).expect("the change of a flow");
                    prop_assert!(next.proves(level) && state.proves(level), "{operation} by a caller who did not prove {level:?}");
                    prop_assert!(is_yes(&event), "a change without a yes: {event:?}");
                    prop_assert!(idempotency_key.is_some());
                }
            }
            state = next;
        }
        // Whoever hangs up is let go.
        if !state.is_over() {
            call.state = state;
            call.happen(Event::HungUp);
            prop_assert!(matches!(call.actions.last(), Some(Action::HangUp(_))));
        }
    }
}
