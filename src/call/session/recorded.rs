//! What is kept of a call as sound, and what is not: the dialog hides secrets, people and other systems have it paused, and all of it is in the record.

use super::Session;
use crate::audio::FRAME_MS;
use crate::call::line::{Frame, HandedOver, Line};
use crate::call::record::{FLOW, Happening};
use crate::call::recording::{Kept, Turn};
use crate::call::transfer::FromCall;

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
