//! Questions of the knowledge base: the answer is said, what was interrupted goes on; what nobody can answer is noted, and a person offered.

use super::Turn;
use crate::dialog::action::Action;
use crate::dialog::state::{Asked, Asking};
use crate::nlu::{Decision, Intent, Understood};
use crate::text::{Record, Value};

/// Slots of a question that an entry answers.
const ENTRY: &str = "entry";
const QUESTION: &str = "question";
const ANSWER: &str = "answer";
/// It tells what to do against a trouble.
const ADVICE: &str = "advice";

impl Turn<'_> {
    /// Remembers a question in the caller's words; never what may be a secret.
    pub(super) fn wonder(&mut self, asked: &Asked, understood: &Understood) {
        self.state.informed = None;
        let is_secret = self.question(&asked.asking).secret;
        if understood.intent == Some(Intent::Faq) && understood.decision != Decision::Reject {
            self.state.wondered = (!is_secret).then(|| understood.text.clone());
        }
    }

    /// A question for which there is no entry.
    pub(super) fn is_unknown(&self, understood: &Understood) -> bool {
        text(&understood.slots, ANSWER).is_none()
            && understood.alternatives.iter().all(|(intent, _)| self.flows.for_intent(*intent).is_none())
    }

    /// The last thing said was an answer, and it was the wrong one: the caller says so, or asks for the same again.
    pub(super) fn is_still_unanswered(&self, understood: &Understood) -> bool {
        let Some(informed) = &self.state.informed else { return false };
        let asks_again = understood.intent == Some(Intent::Faq) && text(&understood.slots, ENTRY) == Some(informed);
        let wants_other = understood.decision == Decision::Accept
            && understood.intent.is_some_and(|intent| self.flows.for_intent(intent).is_some() || intent == Intent::TransferAgent);
        asks_again || (!wants_other && self.flows.not_answered.stand_in(&understood.text, self.state.lang))
    }

    pub(super) fn offer_to_explain(&mut self, asked: Asked) {
        self.state.informed = None;
        self.note_unanswered();
        self.interrupt(asked, Asking::OfferAgent { intent: Intent::Faq, prompt: "knowledge_not_helpful".into() });
    }

    /// Answers a question, or says that there is no answer.
    pub(super) fn inform(&mut self, asked: Asked, slots: &Record) {
        let Some(answer) = text(slots, ANSWER) else {
            self.note_unanswered();
            return self.interrupt(asked, Asking::OfferAgent { intent: Intent::Faq, prompt: "knowledge_unanswered".into() });
        };
        self.say("knowledge_answer", &Record::from([(ANSWER.to_owned(), Value::Text(answer.to_owned()))]));
        self.state.informed = text(slots, ENTRY).map(str::to_owned);
        self.state.settled += 1;
        self.leave_moment();
        if self.state.frames.is_empty() && slots.get(ADVICE) == Some(&Value::Flag(true)) {
            return self.ask(Asked::new(Asking::Helped));
        }
        self.go_on_from_question(asked);
    }

    /// An editor should see the question.
    pub(super) fn note_unanswered(&mut self) {
        if let Some(question) = self.state.wondered.take() {
            self.actions.push(Action::NoteUnanswered { question });
        }
    }

    /// The caller wants no person after all.
    pub(super) fn go_back_from_question(&mut self, asked: Asked) {
        let before = asked.before.map_or_else(|| Asked::new(Asking::More), |before| *before);
        self.go_on_from_question(before);
    }

    /// Back to what the question interrupted, else on to the next thing.
    fn go_on_from_question(&mut self, asked: Asked) {
        match self.state.frames.last().map(|frame| frame.intent) {
            Some(intent) if !matches!(asked.asking, Asking::Open | Asking::More) => {
                if let Some(intent) = intent {
                    let title = self.title(intent);
                    self.say("resume", &Record::from([("title".to_owned(), title)]));
                }
                self.ask(asked);
            }
            _ => self.ask(Asked::new(Asking::More)),
        }
    }
}

/// The question as an entry puts it, when that is what a guess is about.
pub(super) fn guessed_question<'a>(intent: &Intent, slots: &'a Record) -> Option<&'a str> {
    if *intent == Intent::Faq { text(slots, QUESTION) } else { None }
}

fn text<'a>(slots: &'a Record, name: &str) -> Option<&'a str> {
    match slots.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::dialog::rehearsal::Call;
    use crate::nlu::{Decision, Intent};
    use crate::text::{Lang, Value};

    fn entry(id: &str) -> Vec<(&str, Value)> {
        let text = |text: &str| Value::Text(text.to_owned());
        vec![("entry", text(id)), ("question", text("账单哪天出")), ("answer", text("每个月三号出账单。"))]
    }

    fn asks(call: &mut Call, decision: Decision) {
        call.says(Some(Intent::Faq), decision, &entry("bill_day"));
    }

    #[test]
    fn an_answer_is_said_and_nothing_else_asked_but_what_more() {
        let mut call = Call::new(Lang::Zh);
        asks(&mut call, Decision::Accept);
        call.expect("knowledge_answer anything_else ?anything_else");
        assert!(call.text().starts_with("每个月三号出账单。"), "{}", call.text());
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("farewell #Completed");
    }

    #[test]
    fn in_the_middle_of_a_form_the_form_goes_on() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::QueryBill).expect("query_bill.which_month ?query_bill.month");
        asks(&mut call, Decision::Accept);
        call.expect("knowledge_answer resume query_bill.which_month ?query_bill.month");
        call.says(Some(Intent::Faq), Decision::Accept, &[]).expect("?! knowledge_unanswered ?offer_agent");
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("resume query_bill.which_month ?query_bill.month");
    }

    #[test]
    fn a_likely_question_is_asked_about_first() {
        let mut call = Call::new(Lang::Zh);
        asks(&mut call, Decision::Confirm);
        call.expect("knowledge_guess ?guess");
        assert_eq!(call.text(), "您是问账单哪天出，对吗？");
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).expect("knowledge_answer anything_else ?anything_else");
        let mut call = Call::new(Lang::Zh);
        asks(&mut call, Decision::Confirm);
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("?! guess_denied ?open");
    }

    #[test]
    fn what_nobody_can_answer_is_noted_and_a_person_offered() {
        let mut call = Call::new(Lang::Zh);
        call.says(Some(Intent::Faq), Decision::Accept, &[]).expect("?! knowledge_unanswered ?offer_agent");
        call.says(Some(Intent::Affirm), Decision::Accept, &[]).expect("transfer_flow #FlowRule");
        let mut call = Call::new(Lang::En);
        call.says(Some(Intent::Faq), Decision::Confirm, &[]).expect("?! knowledge_unanswered ?offer_agent");
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("anything_else ?anything_else");
    }

    #[test]
    fn the_same_question_again_was_not_answered() {
        let mut call = Call::new(Lang::Zh);
        asks(&mut call, Decision::Accept);
        asks(&mut call, Decision::Accept);
        call.expect("?! knowledge_not_helpful ?offer_agent");
        call.says(Some(Intent::Deny), Decision::Accept, &[]).expect("anything_else ?anything_else");
    }

    #[test]
    fn nothing_said_in_answer_to_a_secret_question_is_noted() {
        let mut call = Call::new(Lang::Zh);
        call.wants(Intent::ReportLoss).done(&[("lost", Value::Flag(false))]);
        assert!(call.told().contains("?pin"), "{}", call.told());
        call.says(Some(Intent::Faq), Decision::Accept, &[]);
        assert!(!call.told().contains("?!"), "{}", call.told());
    }
}
