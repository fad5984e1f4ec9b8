//! What the caller says, from the ear to the dialog: barge-in, the end of an utterance, what it meant.

use super::Session;
use crate::asr::{AsrError, SpokenAnswer, Transcript, Verdict};
use crate::audio::FRAME_MS;
use crate::call::echo;
use crate::call::interruption::Interruption;
use crate::call::line::{Caption, Inbound, Line, Side};
use crate::call::listener::Noticed;
use crate::call::manners::Readiness;
use crate::call::record::{Happening, Waterfall};
use crate::call::timing;
use crate::dialog::Event;
use crate::nlu::Understood;
use crate::text::Record;
use std::sync::Arc;

impl<L: Line> Session<L> {
    /// Whether what the caller says now is meant for us.
    fn attentive(&self) -> bool {
        self.conversation.question().is_some() && self.speaker.barge_in() && !self.closing
    }

    pub(super) fn hear(&mut self, inbound: &Inbound) {
        if self.with_person() {
            return self.hear_beside_person(inbound);
        }
        if !inbound.keys.is_empty() && !self.closing {
            if !self.keys.pending() {
                self.is_private = self.recording.is_turned_off();
            }
            self.keys.press(&inbound.keys);
            self.interrupt();
            self.listener.reset();
            self.caller_speaking = false;
        }
        self.listener.set_timing(self.readiness().of(timing::endpoint(self.conversation.question())));
        let noticed = self.listener.push(&inbound.frame);
        if !self.attentive() {
            if noticed.is_some() {
                self.listener.reset();
            }
            return;
        }
        match noticed {
            Some(Noticed::Began) => self.caller_began(),
            Some(Noticed::Ended) => self.caller_ended(),
            None => {}
        }
    }

    fn readiness(&self) -> Readiness {
        if self.speaker.busy() && !self.speaker.paused() {
            self.manners.while_speaking.warier(self.interruption.false_stops())
        } else if self.listener.awaits_text() {
            self.manners.while_thinking
        } else {
            self.manners.while_listening
        }
    }

    fn caller_began(&mut self) {
        // Who goes on before the text is there says one thing with what was said before.
        if !self.listener.awaits_text() && !self.keys.pending() {
            self.is_private = self.recording.is_turned_off();
        }
        self.caller_speaking = true;
        self.note(Happening::SpeechBegan);
        self.interruption.begins();
        self.pause();
    }

    /// The prompt waits for what the caller says into it.
    fn pause(&mut self) {
        if self.speaker.busy() && !self.speaker.paused() {
            self.speaker.pause();
            self.line.clear();
            let prompt = self.speaker.prompt().unwrap_or_default().to_owned();
            self.note(Happening::Paused { prompt });
        }
    }

    /// One tick of a sound in a prompt, and of the prompt that it stopped.
    pub(super) fn watch_interruption(&mut self) {
        if !self.speaker.busy() {
            return;
        }
        if self.caller_speaking && self.interruption.sounds() {
            self.listener.look();
        }
        if self.speaker.paused() && self.interruption.waits(self.caller_speaking, self.manners.resume_ms) {
            self.go_on();
        }
    }

    /// What a look at a sound that lasts has seen: a prompt goes on where there are no words, and waits where there are. Words that were heard too badly to
    /// be believed may be a caller's: the next look, or the end, will tell.
    pub(super) fn take_glance(&mut self) {
        let Some(seen) = self.listener.glanced().filter(|_| self.speaker.busy()) else { return };
        self.notice_words(&seen.text);
        if self.says_something(&seen.text) {
            self.pause();
            self.interruption.found_words();
        } else if !seen.spoke() {
            self.go_on();
        }
    }

    /// Whether these are words, and not the prompt's own.
    fn says_something(&self, text: &str) -> bool {
        !text.is_empty() && !self.speaker.saying().is_some_and(|prompt| echo::is_echo(text, prompt))
    }

    fn caller_ended(&mut self) {
        self.caller_speaking = false;
        self.note(Happening::SpeechEnded);
        self.take_utterance();
    }

    /// Handles an utterance if one has its text.
    pub(super) fn take_utterance(&mut self) {
        let Some(utterance) = self.listener.utterance() else { return };
        let waterfall = Waterfall {
            speech_end_ms: Some((utterance.speech_end_frame + 1) * u64::from(FRAME_MS)),
            endpoint_ms: Some(utterance.end_frame * u64::from(FRAME_MS)),
            text_ms: Some(self.now_ms()),
            ..Waterfall::default()
        };
        match utterance.result {
            Ok(transcript) => self.heard(transcript, utterance.trial, waterfall),
            Err(AsrError::Deadline) => {
                self.note(Happening::Fault("recognition passed its deadline".to_owned()));
                self.understood(self.conversation.not_understood(), 0.0, waterfall);
            }
            Err(error) => {
                self.note(Happening::Fault(error.to_string()));
                self.interrupt();
                self.happen(Event::HearingLost);
            }
        }
    }

    fn heard(&mut self, transcript: Transcript, trial: bool, waterfall: Waterfall) {
        self.note(Happening::Recognised { confidence: transcript.confidence, compute_ms: transcript.compute_ms, trial });
        if let Some(withheld) = &transcript.withheld {
            self.note(Happening::Withheld { reason: withheld.name().to_owned() });
        }
        let constraint = self.listener.constraint();
        let answer = constraint.and_then(|constraint| SpokenAnswer::of(constraint, &transcript));
        let number = constraint.is_some_and(|constraint| constraint.in_figures());
        let answered = answer.as_ref().is_some_and(|answer| answer.verdict != Verdict::Reject);
        if transcript.text.is_empty() && !answered {
            if transcript.spoke() && !self.speaker.busy() {
                let understood = self.conversation.understand_heard(&transcript, answer.as_ref(), number);
                self.understood(understood, transcript.confidence, waterfall);
            } else {
                self.go_on();
            }
            return;
        }
        if !transcript.text.is_empty() && self.is_machine_talk(&transcript.text) {
            self.go_on();
            return;
        }
        let over_a_prompt = self.speaker.busy();
        if over_a_prompt && !transcript.text.is_empty() && !self.says_something(&transcript.text) {
            self.note(Happening::Echo);
            self.go_on();
            return;
        }
        let understood = self.conversation.understand_heard(&transcript, answer.as_ref(), number);
        let nods = self.conversation.nods(&understood.text);
        if over_a_prompt && timing::is_backchannel(&understood, self.conversation.question(), nods, self.speaker.rest_ms()) {
            self.go_on();
            return;
        }
        let may_be_a_cough = !transcript.is_sure() && timing::may_be_a_cough(&understood, self.speaker.rest_ms());
        if over_a_prompt && may_be_a_cough && !self.interruption.is_meant(understood.intent) {
            self.go_on();
            return;
        }
        self.understood(understood, transcript.confidence, waterfall);
    }

    fn understood(&mut self, understood: Understood, confidence: f32, waterfall: Waterfall) {
        let said = self.presentable(&understood.text, &understood.slots, confidence);
        self.interrupt();
        self.line.show(Caption { who: Side::Caller, text: said.heard.clone(), partial: false });
        self.turns.begin(said, Some(&understood), waterfall);
        self.answers_private = self.is_private;
        self.happen(Event::Heard(understood));
    }

    /// What interrupted the prompt was nothing: it goes on from where it stopped.
    pub(super) fn go_on(&mut self) {
        if self.speaker.paused() {
            self.speaker.resume();
            self.interruption.went_on();
            let prompt = self.speaker.prompt().unwrap_or_default().to_owned();
            self.note(Happening::Resumed { prompt });
        }
    }

    /// The caller's answer replaces what may be left of the prompt.
    pub(super) fn interrupt(&mut self) {
        self.interruption = Interruption::default();
        if !self.speaker.busy() {
            return;
        }
        let prompt = self.speaker.prompt().unwrap_or_default().to_owned();
        if let Some(cut) = self.speaker.stop() {
            let cut = self.keepable(cut);
            self.turns.said(format!("{cut}…"));
        }
        self.note(Happening::Interrupted { prompt });
    }

    /// Shows the words of a trial while the caller may still go on.
    pub(super) fn show_trial(&mut self) {
        let Some(trial) = self.listener.trial().filter(|trial| !trial.text.is_empty()).cloned() else { return };
        self.notice_words(&trial.text);
        if self.says_something(&trial.text) {
            self.interruption.found_words();
        }
        let said = self.presentable(&trial.text, &Record::new(), trial.confidence);
        self.line.show(Caption { who: Side::Caller, text: said.heard, partial: true });
    }

    /// Who wants a person is not kept waiting by a second look at his words.
    pub(super) fn settle_for_person(&mut self) {
        let (services, lang) = (self.conversation.services(), self.conversation.lang());
        if self.listener.words().is_some_and(|words| services.wants_a_person(lang, words)) {
            self.listener.settle();
        }
    }

    /// Words that hold all that may be said here end the wait, while it is still looked what else they may have been.
    pub(super) fn end_early(&mut self) {
        let (Some(said), Some(question)) = (self.listener.said(), self.conversation.question()) else { return };
        let (services, lang, constraint) = (self.conversation.services(), self.conversation.lang(), self.listener.constraint());
        let is_all = services.is_all(lang, &question.expectation, constraint.map(Arc::as_ref), said);
        if is_all && self.listener.finish().is_some() {
            self.caller_speaking = false;
            self.note(Happening::SpeechEnded);
        }
    }
}
