//! A caller who lets the service begin a long prompt and then makes a sound into it.

use crate::audio::{FRAME_MS, FRAME_SAMPLES, treatment};
use crate::call::line::{Clock, Floor, Frame, Inbound, Line};
use crate::dialog::Action;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// The key that makes the service read out its longest menu, and how that is called.
const KEY: char = '6';
const PROMPT: &str = "menu_plan";
/// So far into it the sound begins.
const INTO_MS: u32 = 1_500;
/// After the prompt the caller stays for so long, and at most so long after the sound.
const LINGER_MS: u32 = 300;
const LONGEST_MS: u64 = 40_000;

/// What the caller does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Made into the prompt, at the call's rate.
    pub sound: Vec<f32>,
    /// Around the caller all the time; repeated.
    pub around: Vec<f32>,
}

/// What went over the line, by ticks of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// When the sound began.
    pub began: Option<u64>,
    /// Which frames of the service could be heard.
    pub audible: Vec<bool>,
}

/// See the module's text.
pub struct Interrupter {
    part: Part,
    seen: Arc<Mutex<Seen>>,
    now: u64,
    position: usize,
    pressed: bool,
    /// The prompt has been queued.
    told: bool,
    lingered_ms: u32,
    pacer: Option<Interval>,
}

impl Interrupter {
    /// With `realtime` its clock is a live one and needs a tokio runtime.
    pub fn new(part: Part, realtime: bool) -> Interrupter {
        let pacer = realtime.then(|| {
            let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            ticks
        });
        let seen = Arc::default();
        Interrupter { part, seen, now: 0, position: 0, pressed: false, told: false, lingered_ms: 0, pacer }
    }

    /// To be read when the call is over.
    pub fn seen(&self) -> Arc<Mutex<Seen>> {
        self.seen.clone()
    }

    fn note(&self, what: impl FnOnce(&mut Seen)) {
        what(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn frame(&mut self, begun: bool) -> Frame {
        let mut sound = [0.0; FRAME_SAMPLES];
        if begun {
            sound.iter_mut().zip(self.part.sound.iter().skip(self.position)).for_each(|(to, from)| *to = *from);
            self.position += FRAME_SAMPLES;
        }
        let from = self.now as usize * FRAME_SAMPLES % self.part.around.len().max(1);
        let around: Vec<f32> = self.part.around.iter().copied().cycle().skip(from).take(FRAME_SAMPLES).collect();
        let mut frame = [0.0; FRAME_SAMPLES];
        frame.iter_mut().zip(treatment::mix(&[&sound, &around])).for_each(|(to, from)| *to = from);
        frame
    }

    fn inbound(&mut self, floor: Floor) -> Inbound {
        let mut inbound = Inbound::silence();
        if !self.pressed && floor.prompt_ms.is_some() {
            self.pressed = true;
            inbound.keys.push(KEY);
        }
        let begun = self.position > 0;
        let begins = !begun && self.told && floor.prompt_ms.is_some_and(|ms| ms >= INTO_MS);
        if begins {
            let now = self.now;
            self.note(|seen| seen.began = Some(now));
        }
        inbound.frame = self.frame(begun || begins);
        let over = begun && self.position >= self.part.sound.len() && floor.prompt_ms.is_none() && floor.listening;
        self.lingered_ms = if over { self.lingered_ms + FRAME_MS } else { 0 };
        inbound.closed = self.lingered_ms > LINGER_MS || self.now * u64::from(FRAME_MS) > LONGEST_MS;
        self.now += 1;
        inbound
    }
}

impl Line for Interrupter {
    fn clock(&self) -> Clock {
        if self.pacer.is_some() { Clock::Live } else { Clock::Stepped }
    }

    async fn tick(&mut self, floor: Floor) -> Inbound {
        if let Some(pacer) = &mut self.pacer {
            pacer.tick().await;
        }
        self.inbound(floor)
    }

    async fn send(&mut self, frame: &Frame) {
        let audible = frame.iter().any(|sample| *sample != 0.0);
        self.note(|seen| seen.audible.push(audible));
    }

    fn told(&mut self, action: &Action) {
        if let Action::Say(utterance) = action {
            self.told |= self.pressed && utterance.prompt == PROMPT;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialog::Utterance;
    use crate::text::Lang;

    #[test]
    fn the_sound_comes_into_the_long_prompt_and_the_caller_leaves_after_it() {
        let part = Part { sound: vec![0.5; FRAME_SAMPLES * 3], around: vec![0.1; 100] };
        let mut caller = Interrupter::new(part, false);
        let playing = |ms: u32| Floor { prompt_ms: Some(ms), listening: false };
        assert_eq!(caller.inbound(Floor::default()).keys, "");
        assert_eq!(caller.inbound(playing(0)).keys, "6");
        assert_eq!(caller.inbound(playing(INTO_MS)).frame[0], 0.1, "another prompt is still playing");
        let utterance = Utterance { prompt: PROMPT.to_owned(), text: String::new(), lang: Lang::Zh, barge_in: true };
        caller.told(&Action::Say(utterance));
        let levels = [0, INTO_MS, INTO_MS + 20, INTO_MS + 40, INTO_MS + 60].map(|ms| caller.inbound(playing(ms)).frame[0]);
        assert_eq!(levels, [0.1, 0.6, 0.6, 0.6, 0.1]);
        assert_eq!(caller.seen().lock().unwrap().began, Some(4));
        let waits = Floor { prompt_ms: None, listening: true };
        let stays = (0..100).position(|_| caller.inbound(waits).closed).unwrap();
        assert_eq!(stays as u32, LINGER_MS / FRAME_MS);
    }
}
