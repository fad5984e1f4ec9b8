//! A call in text: what the caller types in place of speaking, what the service would say. No sound, no clock.

use super::conversation::Conversation;
use super::log::CallLog;
use super::record::{CallRecord, FLOW, Happening, Waterfall};
use super::services::Request;
use super::turns::{Said, Turns};
use crate::dialog::{Action, Event, Outcome, Question, Utterance};
use crate::nlu::Understood;
use crate::text::Record;

/// What the caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    Words(&'a str),
    Keys(&'a str),
    Silence,
    HangUp,
}

impl Input<'_> {
    /// A line as somebody types it: words; nothing for silence; keys after a slash (`/1`, `/246810#`); `/hangup`.
    pub fn read(line: &str) -> Input<'_> {
        match line.strip_prefix('/') {
            Some("hangup") => Input::HangUp,
            Some(keys) if !keys.is_empty() && keys.chars().all(|key| key.is_ascii_digit() || matches!(key, '*' | '#')) => Input::Keys(keys),
            _ if line.is_empty() => Input::Silence,
            _ => Input::Words(line),
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// `None` for keys and silence.
    pub understood: Option<Understood>,
    pub said: Vec<Utterance>,
    /// `None` once the call is over.
    pub question: Option<Question>,
    pub outcome: Option<Outcome>,
    /// Names of the operations that other systems were asked for.
    pub requested: Vec<String>,
}

/// See the module's text.
pub struct TextCall {
    conversation: Conversation,
    turns: Turns,
}

impl TextCall {
    /// Begins the call; the reply is the greeting.
    pub async fn begin(mut conversation: Conversation) -> (TextCall, Reply) {
        let opening = conversation.opening();
        let record = CallRecord::new(opening, &conversation.services().edition);
        let log = CallLog::open(conversation.services(), opening);
        let actions = conversation.start();
        let mut call = TextCall { conversation, turns: Turns::new(record, log) };
        let reply = call.carry_out(actions, None).await;
        (call, reply)
    }

    /// The caller's next turn.
    pub async fn take(&mut self, input: Input<'_>) -> Reply {
        let mut understood = None;
        let event = match input {
            Input::Words(text) => {
                let meaning = self.conversation.understand(text);
                let said = self.conversation.presentable(&meaning.text, &meaning.slots, 1.0);
                self.turns.begin(said, Some(&meaning), Waterfall::default());
                understood = Some(meaning.clone());
                Event::Heard(meaning)
            }
            Input::Keys(keys) => {
                let said = Said { keys: true, ..self.conversation.presentable(keys, &Record::new(), 1.0) };
                self.turns.begin(said, None, Waterfall::default());
                Event::Keys(keys.to_owned())
            }
            Input::Silence => {
                self.turns.close_turn();
                self.turns.note(0, Happening::NoInput);
                Event::NoInput
            }
            Input::HangUp => Event::HungUp,
        };
        let actions = self.conversation.step(event);
        self.carry_out(actions, understood).await
    }

    /// The record, closed and kept.
    pub async fn finish(self) -> CallRecord {
        let outcome = self.conversation.outcome().cloned();
        self.turns.close(0, outcome).await
    }

    async fn carry_out(&mut self, actions: Vec<Action>, understood: Option<Understood>) -> Reply {
        let mut said = Vec::new();
        let mut requested = Vec::new();
        let mut left = std::collections::VecDeque::from(actions);
        while let Some(action) = left.pop_front() {
            match action {
                Action::Say(utterance) => {
                    self.turns.said(utterance.text.clone());
                    said.push(utterance);
                }
                Action::Perform { id, kind, operation, arguments, customer, idempotency_key, within_ms } => {
                    requested.push(operation.clone());
                    self.turns.note(0, Happening::Requested { kind, operation: operation.clone() });
                    let request = Request { kind, operation, arguments, customer, idempotency_key, within_ms };
                    let answer = self.conversation.services().clone().perform(request, self.conversation.opening()).await;
                    left.extend(self.conversation.step(Event::Answered { id, answer }));
                }
                Action::NoteUnanswered { question } => self.turns.note(0, Happening::unanswered(&question)),
                Action::PauseRecording => self.turns.note(0, Happening::RecordingPaused { by: FLOW.into() }),
                Action::ResumeRecording => self.turns.note(0, Happening::RecordingResumed { by: FLOW.into() }),
                Action::Listen(_)
                | Action::SetLang(_)
                | Action::SetDelivery(_)
                | Action::LeaveQueue
                | Action::ChooseCallBack
                | Action::HangUp(_) => {}
            }
        }
        let question = self.conversation.question().cloned();
        Reply { understood, said, question, outcome: self.conversation.outcome().cloned(), requested }
    }
}
