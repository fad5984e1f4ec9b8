//! Calls of ours: they begin with a flow of their own, which says who calls and why. When it has nothing more to say the call is over, unless the
//! customer wants something else meanwhile. Nobody is pressed for an answer.

use super::Turn;
use crate::dialog::action::{Outcome, RequestKind};
use crate::dialog::errand::{AT, Errand};
use crate::dialog::flow::SlotType;
use crate::dialog::state::{Purpose, Waiting};
use crate::text::{Record, Value};
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

/// A day without a time of day is meant from here on.
const MORNING: Time = Time::constant(9, 0, 0, 0);

impl Turn<'_> {
    pub(super) fn begin_errand(&mut self, errand: Errand) {
        match self.flows.flows.iter().position(|flow| flow.id == errand.flow && flow.form.is_some()) {
            Some(flow) => {
                self.state.leaves_message = errand.leaves_message;
                self.enter(flow, None, errand.variables);
            }
            None => self.hang_up(Outcome::Failed(format!("no call of ours begins with the flow `{}`", errand.flow))),
        }
    }

    /// Whether the flow runs that this call of ours began with.
    pub(super) fn is_on_errand(&self) -> bool {
        self.state.frames.last().is_some_and(|frame| frame.intent.is_none())
    }

    /// Nobody answers, or not so that we could understand it: another time perhaps.
    pub(super) fn leave_in_peace(&mut self) {
        self.say("farewell_ours", &Record::new());
        self.hang_up(Outcome::Abandoned);
    }

    /// At whatever question it is said: it is written down at once, and never asked about.
    pub(super) fn stop_calls(&mut self) {
        self.conclude("opted_out", None);
        self.say("calls_stopped", &Record::new());
        self.hang_up(Outcome::Completed);
    }

    /// The moment that the last utterance named, for the slot that it led to: `下午三点再打`.
    pub(super) fn take_carried_moment(&mut self, slot: &str) -> Option<Value> {
        if self.slot(slot)?.kind != SlotType::Moment {
            return None;
        }
        let moment = Value::Moment(moment_in(&std::mem::take(&mut self.state.carried), self.state.now)?);
        self.set(slot, moment.clone());
        Some(moment)
    }

    /// A machine hears a message after its beep, where one is to be left, and nothing else.
    pub(super) fn meet_machine(&mut self, can_listen: bool) {
        if !can_listen || !self.state.leaves_message {
            return self.hang_up(Outcome::Abandoned);
        }
        let flow = self.state.frames.first().and_then(|frame| self.flows.flows.get(frame.flow));
        let own = flow.and_then(|flow| flow.form.as_ref()?.machine.clone());
        self.state.waiting = Waiting::Beep(own.unwrap_or_else(|| "message_ours".to_owned()));
    }

    pub(super) fn leave_message(&mut self, message: &str) {
        self.say(message, &Record::new());
        self.hang_up(Outcome::Completed);
    }

    pub(super) fn conclude(&mut self, name: &str, at: Option<&str>) {
        let mut arguments = Record::new();
        if let Some(expression) = at {
            let variables = self.state.frames.last().map(|frame| frame.variables.clone()).unwrap_or_default();
            match self.flows.prompts.evaluate(expression, &variables, self.manner()) {
                Ok(value) => arguments.extend(moment(&value, self.state.now).map(|at| (AT.to_owned(), Value::Moment(at)))),
                Err(_) => return self.fail(),
            }
        }
        let key = self.new_key(name);
        self.send(Purpose::Aside, RequestKind::Conclude, name, arguments, Some(key));
    }
}

/// The moment that a value means: `15:00` is the next time that it is so late.
pub(super) fn moment(value: &Value, now: DateTime) -> Option<DateTime> {
    match value {
        Value::Moment(moment) => Some(*moment),
        Value::Day(day) => Some(day.to_datetime(MORNING)),
        Value::Text(time) => {
            let time: Time = time.parse().ok()?;
            Some(next(time, now))
        }
        _ => None,
    }
}

/// The moment that an utterance names: a day, a time of day, both, or a while from now.
pub(super) fn moment_in(slots: &Record, now: DateTime) -> Option<DateTime> {
    let part = slots.get("part_of_day").and_then(|part| match part {
        Value::Text(part) => part_time(part),
        _ => None,
    });
    match (slots.get("moment"), slots.get("minutes"), slots.get("date")) {
        (Some(value), ..) => moment(value, now),
        (_, Some(Value::Number(minutes)), _) => now.checked_add(SignedDuration::from_mins(*minutes)).ok(),
        (.., Some(Value::Day(day))) => Some(day.to_datetime(part.unwrap_or(MORNING))),
        _ => match (slots.get("time"), part) {
            (Some(time), _) => moment(time, now),
            (None, Some(part)) => Some(next(part, now)),
            (None, None) => None,
        },
    }
}

/// A part of the day is meant from here on.
fn part_time(part: &str) -> Option<Time> {
    Some(match part {
        "morning" => Time::constant(10, 0, 0, 0),
        "noon" => Time::constant(12, 30, 0, 0),
        "afternoon" => Time::constant(15, 0, 0, 0),
        "evening" => Time::constant(19, 0, 0, 0),
        _ => return None,
    })
}

fn next(time: Time, now: DateTime) -> DateTime {
    let today = now.date().to_datetime(time);
    if today > now { today } else { now.date().tomorrow().map_or(today, |day| day.to_datetime(time)) }
}

#[cfg(test)]
mod tests {
    use super::{moment, moment_in};
    use crate::dialog::errand::Errand;
    use crate::dialog::rehearsal::{Call, record, understood};
    use crate::dialog::{Action, Conclusion, Event};
    use crate::nlu::{Control, Decision, Intent};
    use crate::text::{Money, Value};
    use jiff::civil::date;

    /// A reminder of a bill with one of each thing that such a flow can do.
    const FLOW: &str = "\
flow: test_reminder
outbound:
  needs: { name: text, amount: money }
  takes: { due: date }
  machine: message
help: help
slots:
  when:
    type: moment
    ask: when
    again: [when]
steps:
  - choose: is_it_you
    no:
      - outcome: wrong_person
      - say: sorry
      - end: true
  - say: told
  - choose: is_it_convenient
    no:
      - ask: when
      - outcome: later
        with: { at: when }
      - say: later
      - end: true
  - outcome: confirmed
  - say: thanks
prompts:
  help: { zh: [我们来电提醒账单。], en: [We call about a bill.] }
  is_it_you: { zh: ['请问是{{ name }}吗？', '您是{{ name }}吗？'], en: ['Is this {{ name }}?', 'Am I speaking with {{ name }}?'] }
  sorry: { zh: [抱歉打扰。], en: [Sorry.] }
  told: { zh: ['账单{{ amount | money }}。'], en: ['Your bill is {{ amount | money }}.'] }
  is_it_convenient: { zh: [现在方便吗？, 方便说话吗？], en: [Is it a good time?, Can you talk?] }
  when: { zh: [什么时候打？, 几点打合适？], en: [When may we call?, What time suits you?] }
  later: { zh: ['{{ when | date }}再打。'], en: ['We call {{ when | date }}.'] }
  message: { zh: [有您的账单，请回电。], en: [There is a bill; please call us.] }
  thanks: { zh: [好的，再见。], en: [Goodbye.] }
";

    fn called() -> Call {
        let row = [("name", Value::Text("王先生".into())), ("amount", Value::Money(Money(12_850))), ("due", Value::Text(String::new()))];
        Call::of_ours("test_reminder.yaml", FLOW, errand(&row))
    }

    fn errand(row: &[(&'static str, Value)]) -> Errand {
        Errand { flow: "test_reminder".into(), variables: record(row), leaves_message: true, is_test: false }
    }

    fn conclusion(call: &Call) -> Option<Conclusion> {
        call.actions.iter().find_map(|action| match action {
            Action::Perform { operation, arguments, .. } => Conclusion::read(operation, arguments),
            _ => None,
        })
    }

    #[test]
    fn a_call_of_ours_begins_with_its_flow_and_ends_with_it() {
        let mut call = called();
        call.expect("test_reminder.is_it_you ?test_reminder.is_it_you");
        assert_eq!(call.text(), "请问是王先生吗？");
        call.says(Some(Intent::Affirm), Decision::Accept, &[]);
        call.expect("test_reminder.told test_reminder.is_it_convenient ?test_reminder.is_it_convenient");
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).expect("!outcome:confirmed");
        call.done(&[]).expect("test_reminder.thanks #Completed");
        called().says(Some(Intent::Deny), Decision::Accept, &[]).expect("!outcome:wrong_person");
    }

    #[test]
    fn later_is_the_moment_that_was_named() {
        let mut call = called();
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).says(Some(Intent::Deny), Decision::Accept, &[]);
        call.expect("test_reminder.when ?test_reminder.when");
        call.says(None, Decision::Accept, &[("time", Value::Text("15:00".into()))]).expect("!outcome:later");
        assert_eq!(conclusion(&call), Some(Conclusion::Later(Some(date(2026, 11, 22).at(15, 0, 0, 0)))));
        let mut call = called();
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).says(Some(Intent::Deny), Decision::Accept, &[]);
        call.keys("0800").expect("!outcome:later");
        assert_eq!(conclusion(&call), Some(Conclusion::Later(Some(date(2026, 11, 23).at(8, 0, 0, 0)))));
    }

    #[test]
    fn times_alone_are_still_to_come() {
        let now = date(2026, 11, 22).at(9, 30, 0, 0);
        let check = |value: Value, expected: Option<&str>| {
            assert_eq!(moment(&value, now).map(|moment| moment.to_string()).as_deref(), expected, "{value:?}");
        };
        check(Value::Text("15:00".into()), Some("2026-11-22T15:00:00"));
        check(Value::Text("09:30".into()), Some("2026-11-23T09:30:00"));
        check(Value::Text("soon".into()), None);
        check(Value::Day(date(2026, 11, 25)), Some("2026-11-25T09:00:00"));
        check(Value::Flag(true), None);
    }

    #[test]
    fn a_time_is_what_is_said_of_it_together() {
        let now = date(2026, 11, 22).at(9, 30, 0, 0);
        let check = |slots: &[(&str, Value)], expected: Option<&str>| {
            assert_eq!(moment_in(&record(slots), now).map(|moment| moment.to_string()).as_deref(), expected, "{slots:?}");
        };
        let text = |text: &str| Value::Text(text.to_owned());
        let tomorrow = ("date", Value::Day(date(2026, 11, 23)));
        check(std::slice::from_ref(&tomorrow), Some("2026-11-23T09:00:00"));
        check(&[tomorrow, ("part_of_day", text("afternoon"))], Some("2026-11-23T15:00:00"));
        check(&[("part_of_day", text("afternoon"))], Some("2026-11-22T15:00:00"));
        check(&[("part_of_day", text("afternoon")), ("time", text("16:30"))], Some("2026-11-22T16:30:00"));
        check(&[("moment", Value::Moment(date(2026, 11, 24).at(8, 0, 0, 0)))], Some("2026-11-24T08:00:00"));
        check(&[("minutes", Value::Number(90))], Some("2026-11-22T11:00:00"));
        check(&[("month", text("x"))], None);
    }

    #[test]
    fn a_wish_in_between_is_fulfilled_and_the_reminder_goes_on() {
        let mut call = called();
        call.wants(Intent::QueryBalance).expect("!balance");
        let reply = [("balance", Value::Money(Money(5_000))), ("in_arrears", Value::Flag(false)), ("owed", Value::Money(Money(0)))];
        call.done(&reply).expect("query_balance.left test_reminder.is_it_you ?test_reminder.is_it_you");
        call.wants(Intent::Back).expect("test_reminder.is_it_you ?test_reminder.is_it_you");
    }

    #[test]
    fn nobody_is_pressed_nor_handed_over_for_saying_nothing() {
        let mut call = called();
        call.happen(Event::NoInput).happen(Event::NoInput).happen(Event::NoInput).expect("farewell_ours #Abandoned");
        let mut call = called();
        call.mumbles().mumbles().mumbles().mumbles().expect("farewell_ours #Abandoned");
        called().wants(Intent::Goodbye).expect("farewell_ours #Completed");
    }

    fn reminded() -> Call {
        let due = Value::Day(date(2026, 11, 30));
        let row = [
            ("name", Value::Text("王先生".into())),
            ("amount", Value::Money(Money(12_850))),
            ("due", due),
            ("month", Value::Text(String::new())),
        ];
        Call::with_errand(Errand { flow: "bill_due".into(), ..errand(&row) })
    }

    fn replied(slot: &'static str, tag: &str) -> [(&'static str, Value); 1] {
        [(slot, Value::Text(tag.to_owned()))]
    }

    #[test]
    fn what_is_no_answer_is_dealt_with_and_the_question_put_again() {
        let mut call = reminded();
        call.expect("identify.opening identify.is_it_you ?bill_due.person");
        call.says(None, Decision::Accept, &replied("person", "who")).expect("callee.who identify.is_it_you_short ?bill_due.person");
        call.says(None, Decision::Accept, &replied("person", "hello")).expect("callee.hello identify.is_it_you ?bill_due.person");
        call.says(None, Decision::Accept, &replied("person", "yes")).expect("bill_due.told !outcome:told");
        call.done(&[]).expect("bill_due.can_you_pay ?bill_due.reply");
        call.says(None, Decision::Accept, &replied("reply", "what")).expect("bill_due.what bill_due.can_you_pay_short ?bill_due.reply");
        call.says(None, Decision::Accept, &replied("reply", "stop")).expect("!outcome:opted_out");
        call.done(&[]).expect("calls_stopped #Completed");
    }

    #[test]
    fn no_more_calls_is_understood_at_every_question_of_a_call_of_ours_and_means_nothing_in_others() {
        let mut stop = understood(Some(Intent::Complaint), Decision::Accept, &[]);
        stop.control = Some(Control::StopCalls);
        let mut call = reminded();
        call.says(None, Decision::Accept, &replied("person", "busy")).done(&[]).expect("callee.when_to_call ?bill_due.call_at");
        call.happen(Event::Heard(stop.clone())).expect("!outcome:opted_out calls_stopped #Completed");
        assert_eq!(conclusion(&call), Some(Conclusion::OptedOut));
        let mut call = Call::new(crate::text::Lang::Zh);
        call.happen(Event::Heard(stop));
        assert!(!call.told().contains("calls_stopped"), "{}", call.told());
    }

    #[test]
    fn an_unsure_reply_is_asked_about_in_words() {
        let mut call = reminded();
        call.says(None, Decision::Confirm, &replied("person", "wrong")).expect("value_guess ?bill_due.person.confirm");
        assert_eq!(call.text(), "是打错了，对吗？");
        call.yes().expect("!outcome:wrong_person");
    }

    #[test]
    fn a_time_in_the_answer_before_answers_when_and_one_in_passing_does_not() {
        let mut call = reminded();
        let three = ("time", Value::Text("15:00".into()));
        call.says(None, Decision::Accept, &[("person", Value::Text("busy".into())), three.clone()]).expect("!outcome:later");
        call.done(&[]).expect("!outcome:later");
        assert_eq!(conclusion(&call), Some(Conclusion::Later(Some(date(2026, 11, 22).at(15, 0, 0, 0)))));
        let mut call = reminded();
        call.says(None, Decision::Accept, &replied("person", "yes")).done(&[]);
        call.says(None, Decision::Accept, &[("reply", Value::Text("promise".into())), three]).expect("!outcome:confirmed");
        let mut call = reminded();
        call.says(None, Decision::Accept, &[("person", Value::Text("yes".into())), ("time", Value::Text("15:00".into()))]).done(&[]);
        call.says(None, Decision::Accept, &replied("reply", "busy")).done(&[]).expect("callee.when_to_call ?bill_due.call_at");
    }

    #[test]
    fn a_machine_hears_the_message_after_its_beep_and_nothing_else() {
        let mut call = called();
        call.happen(Event::Machine { can_listen: true }).expect("");
        call.happen(Event::NoInput).expect("");
        call.happen(Event::Beep).expect("test_reminder.message #Completed");
        assert_eq!(call.text(), "有您的账单，请回电。");
        called().happen(Event::Machine { can_listen: true }).happen(Event::HungUp).expect("#Abandoned");
        called().happen(Event::Machine { can_listen: false }).expect("#Abandoned");
        let silent = Errand { leaves_message: false, ..errand(&[("name", Value::Text("王先生".into()))]) };
        Call::of_ours("test_reminder.yaml", FLOW, silent).happen(Event::Machine { can_listen: true }).expect("#Abandoned");
        let mut call = Call::new(crate::text::Lang::Zh);
        call.happen(Event::Beep).expect("");
    }

    #[test]
    fn a_flow_that_is_gone_fails_the_call() {
        let errand = Errand { flow: "query_bill".into(), ..errand(&[]) };
        let call = Call::of_ours("test_reminder.yaml", FLOW, errand);
        assert!(call.told().starts_with("#Failed"), "{}", call.told());
    }
}
