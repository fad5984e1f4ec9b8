//! What is kept of a call, and what is not: the dialog hides secrets, people and other systems have the recording paused, and all of it is in the record.
//! Why they pause it is not known here, and it is for card numbers and the like: so neither sound nor words nor keys of that time are kept anywhere.

use super::Session;
use crate::audio::FRAME_MS;
use crate::call::conversation::mask_all;
use crate::call::line::{Frame, HandedOver, Line};
use crate::call::record::{FLOW, Happening};
use crate::call::recording::{Kept, Turn};
use crate::call::transfer::FromCall;
use crate::call::turns::Said;
use crate::text::Record;

/// Who lets a recording go on when the person is gone who had it paused, as in records.
const SERVICE: &str = "service";

impl<L: Line> Session<L> {
    /// The flow asks for a secret, or has it.
    pub(super) fn hide(&mut self, secret: bool) {
        self.recording.hide(secret);
        self.note(happening(Turn { paused: secret, by: FLOW.to_owned() }));
    }

    /// One tick of who had the recording paused from outside.
    pub(super) fn note_recording(&mut self) {
        for turn in self.recording.turned() {
            self.note(happening(turn));
        }
        if self.recording.is_turned_off() && (self.caller_speaking || self.listener.awaits_text() || self.keys.pending()) {
            self.is_private = true;
        }
        let kept = self.recording.kept();
        let Some(transfer) = &mut self.transfer else { return };
        if transfer.kept != kept {
            transfer.kept = kept;
            transfer.tell(FromCall::Recorded(kept));
            // What was being said when it was paused is not read along either.
            transfer.captions.iter_mut().for_each(crate::call::captions::Captions::forget);
        }
    }

    /// Nothing is to be kept of what is said now.
    pub(super) fn is_unheard(&self) -> bool {
        self.recording.kept() == Kept::Paused
    }

    /// What may be written down of what the caller said.
    pub(super) fn presentable(&self, heard: &str, slots: &Record, confidence: f32) -> Said {
        let said = self.conversation.presentable(heard, slots, confidence);
        if self.is_private { said.hidden() } else { said }
    }

    /// What may be written down of what the service says: it may read back what nobody is to keep.
    pub(super) fn keepable(&self, said: String) -> String {
        if self.answers_private || self.recording.is_turned_off() { mask_all(&said) } else { said }
    }

    pub(super) fn pause_recording(&mut self, paused: bool, by: &str) {
        if let Some(switch) = self.recording.switch() {
            // One who turned it so often that it does not turn any more sees so.
            let _ = switch.turn(paused, by);
        }
    }

    /// Nobody is there any more who would let the recording go on.
    pub(super) fn let_recording_go_on(&mut self) {
        self.pause_recording(false, SERVICE);
    }

    /// The line connects the caller with a person; the call's clock and its recording go on.
    pub(super) async fn hand_over(&mut self) -> HandedOver {
        let Session { line, recording, turns, now, .. } = self;
        let mut heard = |caller: &Frame, person: &Frame| {
            recording.push(caller, person);
            for turn in recording.turned() {
                turns.note(*now * u64::from(FRAME_MS), happening(turn));
            }
            *now += 1;
        };
        let handed = line.hand_over(&mut heard).await;
        self.let_recording_go_on();
        self.note_recording();
        handed
    }
}

fn happening(Turn { paused, by }: Turn) -> Happening {
    if paused { Happening::RecordingPaused { by } } else { Happening::RecordingResumed { by } }
}
