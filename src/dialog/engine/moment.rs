//! What nobody asked for: the greeting by name at the beginning, one offer when a wish was settled, the question for a score at the end.
//! Greeting and score are flows like any other, started by `greeting` and `goodbye`; a wish of the caller ends them.

use super::Turn;
use crate::dialog::action::Outcome;
use crate::dialog::state::{Asked, Asking, Frame};
use crate::nlu::Intent;
use crate::text::Record;

impl Turn<'_> {
    /// After the first words: who the line says it is may be greeted by name.
    pub(super) fn welcome(&mut self) {
        let known = self.state.customer.is_some();
        match self.flows.at_moment(Intent::Greeting).filter(|_| known) {
            Some(flow) => self.enter(flow, Some(Intent::Greeting), Record::new()),
            None => self.ask(Asked::new(Asking::Open)),
        }
    }

    /// Whether the caller is asked for a score now: once, in calls chosen for it, after something was settled.
    pub(super) fn ask_for_score(&mut self) -> bool {
        let wanted = std::mem::take(&mut self.state.survey) && self.state.settled > 0;
        let Some(flow) = self.flows.at_moment(Intent::Goodbye).filter(|_| wanted) else { return false };
        self.state.frames.clear();
        self.state.queued.clear();
        self.enter(flow, Some(Intent::Goodbye), Record::new());
        true
    }

    /// Whether the question for a score is being asked: nobody is pressed for an answer.
    pub(super) fn is_parting(&self) -> bool {
        self.state.frames.last().is_some_and(|frame| frame.intent == Some(Intent::Goodbye))
    }

    /// Puts a flow on top and runs it.
    pub(super) fn enter(&mut self, flow: usize, intent: Option<Intent>, variables: Record) {
        let (confirmed, denied, trail) = (Vec::new(), Vec::new(), Vec::new());
        self.state.frames.push(Frame { flow, at: 0, intent, variables, confirmed, denied, trail, consent: None });
        self.run();
    }

    /// The top flow came to its end.
    pub(super) fn finish(&mut self) {
        let Some(frame) = self.state.frames.pop() else { return self.go_on() };
        if frame.is_moment() {
            return self.end_moment(&frame);
        }
        self.state.settled += 1;
        if frame.intent.is_none() && self.state.frames.is_empty() && self.state.queued.is_empty() {
            return self.hang_up(Outcome::Completed);
        }
        let offer = self.offer_after(&frame);
        self.state.last = Some(frame);
        match offer {
            Some(offer) => {
                self.state.offered = true;
                self.ask(Asked::new(offer));
            }
            None => self.go_on(),
        }
    }

    /// The top flow cannot come to its end.
    pub(super) fn drop_frame(&mut self) {
        match self.state.frames.pop() {
            Some(frame) if frame.is_moment() => self.end_moment(&frame),
            frame => {
                self.state.last = frame;
                self.go_on();
            }
        }
    }

    fn end_moment(&mut self, frame: &Frame) {
        match frame.intent {
            Some(Intent::Goodbye) => self.part(),
            _ => self.ask(Asked::new(Asking::Open)),
        }
    }

    /// One offer a call, when nothing else waits and nothing had to be reported.
    fn offer_after(&self, frame: &Frame) -> Option<Asking> {
        let is_free = self.state.frames.is_empty() && self.state.queued.is_empty();
        if self.state.offered || !is_free || !self.state.opened.is_empty() {
            return None;
        }
        let flow = self.flows.flows.get(frame.flow)?;
        // A condition on what was never looked up does not hold.
        let holds = |condition: &str| self.flows.prompts.holds(condition, &frame.variables, self.manner()).unwrap_or(false);
        let offer = flow.offers.iter().find(|offer| holds(&offer.condition))?;
        Some(Asking::Offer { intent: offer.intent, prompt: offer.prompt.clone() })
    }

    /// Takes a flow of our own, with what it asks, out of the way of what the caller wants.
    pub(super) fn leave_moment(&mut self) {
        self.state.frames.retain(|frame| !frame.is_moment());
    }
}

#[cfg(test)]
mod tests {
    use crate::dialog::rehearsal::Call;
    use crate::dialog::{Answer, Event};
    use crate::nlu::{Decision, Intent};
    use crate::text::{Lang, Money, PhoneNumber, Value};

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn customer(level: &str) -> Vec<(&'static str, Value)> {
        vec![
            ("surname", text("王")),
            ("surname_en", text("Wang")),
            ("title", text("先生")),
            ("title_en", text("Mr")),
            ("level", text(level)),
            ("level_name", text("金卡客户")),
            ("level_name_en", text("gold")),
        ]
    }

    fn report() -> [(&'static str, Value); 7] {
        [
            ("name", text("宽带故障")),
            ("name_en", text("broadband fault")),
            ("state_name", text("已经派给专人")),
            ("state_name_en", text("given to a colleague")),
            ("pending", Value::Flag(true)),
            ("overdue", Value::Flag(false)),
            ("number", Value::Code("2611220035".into())),
        ]
    }

    #[test]
    fn a_known_caller_is_greeted_by_name_and_level() {
        let mut call = Call::ringing(Lang::Zh);
        call.expect("greeting_morning !customer");
        call.done(&customer("normal")).expect("welcome.hello !incident");
        assert_eq!(call.text(), "王先生，您好。");
        call.answer(Answer::NotFound).expect("!work_orders");
        call.answer(Answer::NotFound).expect("open ?open");
        let mut call = Call::ringing(Lang::En);
        call.done(&customer("gold")).expect("welcome.hello_level !incident");
        assert_eq!(call.text(), "Hello Mr Wang, our gold customer.");
    }

    #[test]
    fn without_an_answer_in_time_the_call_begins_all_the_same() {
        Call::ringing(Lang::Zh).answer(Answer::Unavailable).expect("open ?open");
        let mut call = Call::ringing(Lang::Zh);
        call.done(&customer("normal")).answer(Answer::Unavailable).answer(Answer::Unavailable).expect("open ?open");
        call.happen(Event::HungUp).expect("#Abandoned");
    }

    #[test]
    fn whoever_waits_for_something_is_asked_whether_it_is_about_that() {
        let asked = || {
            let mut call = Call::ringing(Lang::Zh);
            call.done(&customer("normal")).answer(Answer::NotFound);
            call.done(&report()).expect("welcome.under_way welcome.about_it ?welcome.about_it");
            call
        };
        asked().says(Some(Intent::Affirm), Decision::Accept, &[]).expect("!work_orders");
        asked().says(Some(Intent::Deny), Decision::Accept, &[]).expect("open ?open");
        // Another wish goes before, and nobody comes back to the greeting.
        let mut call = asked();
        let number = PhoneNumber::parse("13800000001").expect("a number");
        call.wants(Intent::QueryOwnNumber).expect("!own_number");
        call.done(&[("number", Value::Phone(number))]).expect("query_own_number.number anything_else ?anything_else");
        asked().wants(Intent::Goodbye).expect("farewell #Completed");
    }

    #[test]
    fn what_is_broken_where_the_caller_lives_is_told_before_anything_is_asked() {
        let incident = [
            ("class", text("broadband_fault")),
            ("name", text("宽带故障")),
            ("area", text("城东")),
            ("has_end", Value::Flag(false)),
            ("ends", text("")),
        ];
        let told = || {
            let mut call = Call::ringing(Lang::Zh);
            call.done(&customer("normal")).done(&incident).expect("welcome.incident !work_orders");
            call
        };
        told().done(&report()).expect("open ?open");
        let mut call = told();
        call.answer(Answer::NotFound).expect("welcome.tell_me ?welcome.tell_me");
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).expect("!order:broadband_fault");
        call.done(&[("number", text("1")), ("due", text("明天"))]).expect("welcome.told_then open ?open");
        told().answer(Answer::NotFound).says(Some(Intent::Deny), Decision::Accept, &[]).expect("open ?open");
        told().answer(Answer::Unavailable).expect("open ?open");
    }

    fn usage(used: u64) -> Vec<(&'static str, Value)> {
        vec![
            ("data_total", Value::Volume(10_240)),
            ("data_used", Value::Volume(used)),
            ("data_left", Value::Volume(10_240 - used)),
            ("minutes_left", Value::Minutes(10)),
            ("messages_left", Value::Number(3)),
        ]
    }

    const USAGE: &str = "query_data_usage.data query_data_usage.rest";

    #[test]
    fn one_offer_when_it_suits_and_a_no_ends_it() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryDataUsage).done(&usage(5_000)).expect(&format!("{USAGE} anything_else ?anything_else"));
        call.wants(Intent::QueryDataUsage).done(&usage(9_900)).expect(&format!("{USAGE} query_data_usage.offer_pack ?offer"));
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("anything_else ?anything_else");
        call.wants(Intent::QueryDataUsage).done(&usage(9_900)).expect(&format!("{USAGE} anything_else ?anything_else"));
    }

    #[test]
    fn a_yes_takes_the_offer_and_mumbling_or_silence_does_not() {
        let offered = || {
            let mut call = Call::new(Lang::Zh);
            call.wants(Intent::QueryDataUsage).done(&usage(9_900));
            call
        };
        offered().says(Some(Intent::Affirm), Decision::Accept, &[]).expect("buy_data.how_big ?buy_data.volume");
        offered().keys("1").expect("buy_data.how_big ?buy_data.volume");
        offered().mumbles().expect("anything_else ?anything_else");
        offered().happen(Event::NoInput).expect("anything_else ?anything_else");
        offered().wants(Intent::Thanks).expect("anything_else ?anything_else");
    }

    #[test]
    fn nothing_is_sold_to_who_had_to_report_something() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBalance).answer(Answer::Unavailable).says(Some(Intent::Affirm), Decision::Accept, &[]);
        call.done(&[("number", text("1")), ("due", text("明天"))]).expect("order_opened anything_else ?anything_else");
        call.wants(Intent::QueryDataUsage).done(&usage(9_900)).expect(&format!("{USAGE} anything_else ?anything_else"));
    }

    fn balance() -> [(&'static str, Value); 3] {
        [("balance", Value::Money(Money(5_000))), ("in_arrears", Value::Flag(false)), ("owed", Value::Money(Money(0)))]
    }

    #[test]
    fn a_score_is_asked_for_once_in_calls_chosen_for_it() {
        let settled = || {
            let mut call = Call::with_survey(Lang::Zh);
            call.wants(Intent::QueryBalance).done(&balance());
            call.wants(Intent::Goodbye).expect("satisfaction.how_was_it ?satisfaction.score");
            call
        };
        let mut call = settled();
        call.keys("1").expect("!survey:call").done(&[]).expect("farewell #Completed");
        let mut call = settled();
        call.says(None, Decision::Accept, &[("score", text("dissatisfied"))]).expect("!survey:call");
        call.answer(Answer::Unavailable).expect("satisfaction.call_back ?satisfaction.call_back");
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("farewell #Completed");
        // Nobody is pressed.
        settled().mumbles().expect("satisfaction.how_was_it_short ?satisfaction.score").mumbles().expect("farewell #Completed");
        settled().happen(Event::NoInput).expect("no_input ?satisfaction.score").happen(Event::NoInput).expect("farewell #Completed");
        settled().wants(Intent::Goodbye).expect("farewell #Completed");
        settled().happen(Event::HungUp).expect("#Completed");
        // A wish after all, and then no second question.
        let mut call = settled();
        call.wants(Intent::QueryBalance).done(&balance()).expect("query_balance.left anything_else ?anything_else");
        call.wants(Intent::Goodbye).expect("farewell #Completed");
        // Nothing was settled: nothing to be judged.
        Call::with_survey(Lang::Zh).wants(Intent::Goodbye).expect("farewell #Completed");
    }
}
