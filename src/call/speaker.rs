//! The mouth of a call: what is to be said goes in, paced frames come out; it can pause, go on from the same place, and stop.
//! Synthesis runs elsewhere ([`Speech`]); a frame never waits for it on a live line.

use super::line::Frame;
use crate::audio::{FRAME_MS, FRAME_SAMPLES};
use crate::dialog::{Delivery, Utterance};
use crate::text::Lang;
use crate::tts::{Chunk, Manner, Speaking, Speech, TtsError};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

/// What the caller could notice in a frame, for the record.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Began {
        prompt: String,
        text: String,
    },
    /// A part was played to its end.
    Part(String),
    Ended {
        prompt: String,
    },
    /// A part could not be spoken.
    Failed(TtsError),
}

/// A frame at least this loud is audible (−50 dBFS).
const AUDIBLE: f32 = 0.003;
/// No sound for so long inside an utterance: it is given up. On a live line only.
const STARVED_MS: u32 = 3_000;

/// See the module's text.
pub struct Speaker {
    speech: Arc<Speech>,
    manner: Manner,
    prepared: Option<Prepared>,
    queue: VecDeque<Playing>,
    paused: bool,
}

/// Sound of an utterance, made before it is wanted.
pub struct Prepared {
    text: String,
    lang: Lang,
    parts: VecDeque<Result<Chunk, TtsError>>,
}

impl Prepared {
    /// `None` when not all of it can be spoken now: then it is spoken when it is wanted.
    pub async fn new(speech: &Speech, utterance: Utterance) -> Option<Prepared> {
        let mut speaking = speech.speak(&utterance.text, utterance.lang, Manner::default()).ok()?;
        let mut parts = VecDeque::new();
        while let Some(part) = speaking.next().await {
            parts.push_back(Ok(part.ok()?));
        }
        Some(Prepared { text: utterance.text, lang: utterance.lang, parts })
    }

    fn is_of(&self, utterance: &Utterance) -> bool {
        self.text == utterance.text && self.lang == utterance.lang
    }
}

struct Playing {
    utterance: Utterance,
    /// `None` when everything has arrived.
    coming: Option<Speaking>,
    /// Parts that have arrived; the first is being played from `position`.
    ready: VecDeque<Result<Chunk, TtsError>>,
    position: usize,
    played_ms: u32,
    starved_ms: u32,
    begun: bool,
}

impl Speaker {
    pub fn new(speech: Arc<Speech>) -> Speaker {
        Speaker { speech, manner: Manner::default(), prepared: None, queue: VecDeque::new(), paused: false }
    }

    /// What is there already, if it is wanted first.
    pub fn prepare(&mut self, prepared: Option<Prepared>) {
        self.prepared = prepared;
    }

    /// How everything that is queued from now on is said.
    pub fn deliver(&mut self, delivery: Delivery) {
        let part = |percent: u16| f32::from(percent) / 100.0;
        self.manner = Manner { speed: part(delivery.speed_percent), volume: part(delivery.volume_percent) };
    }

    /// Queues an utterance; its synthesis begins at once.
    pub fn say(&mut self, utterance: Utterance) {
        let is_usual = self.manner == Manner::default();
        let (coming, ready) = match self.prepared.take().filter(|prepared| is_usual && prepared.is_of(&utterance)) {
            Some(prepared) => (None, prepared.parts),
            None => match self.speech.speak(&utterance.text, utterance.lang, self.manner) {
                Ok(speaking) => (Some(speaking), VecDeque::new()),
                Err(error) => (None, VecDeque::from([Err(error)])),
            },
        };
        self.queue.push_back(Playing { utterance, coming, ready, position: 0, played_ms: 0, starved_ms: 0, begun: false });
    }

    /// Something is being played, or waits to be.
    pub fn busy(&self) -> bool {
        !self.queue.is_empty()
    }

    pub fn paused(&self) -> bool {
        self.paused
    }

    /// How long the present utterance has been heard.
    pub fn prompt_ms(&self) -> Option<u32> {
        self.queue.front().map(|playing| playing.played_ms)
    }

    /// How much of the present utterance is still to be heard; `None` until all of it has been made.
    pub fn rest_ms(&self) -> Option<u32> {
        let playing = self.queue.front().filter(|playing| playing.coming.is_none())?;
        Some((playing.samples_ready() / (FRAME_SAMPLES / FRAME_MS as usize)) as u32)
    }

    /// The name of the present prompt.
    pub fn prompt(&self) -> Option<&str> {
        self.queue.front().map(|playing| playing.utterance.prompt.as_str())
    }

    /// The text of the present prompt.
    pub fn saying(&self) -> Option<&str> {
        self.queue.front().map(|playing| playing.utterance.text.as_str())
    }

    /// Whether the caller may speak into what is being said.
    pub fn barge_in(&self) -> bool {
        self.queue.front().is_none_or(|playing| playing.utterance.barge_in)
    }

    pub fn pause(&mut self) {
        self.paused = true;
    }

    pub fn resume(&mut self) {
        self.paused = false;
    }

    /// Drops what may be interrupted; must-hear utterances further back in the queue are still said. Gives the words of the part
    /// that was cut, when some of it was heard.
    pub fn stop(&mut self) -> Option<String> {
        self.paused = false;
        let cut = self
            .queue
            .front()
            .filter(|playing| playing.utterance.barge_in && playing.position > 0)
            .and_then(|playing| playing.ready.front().and_then(|part| part.as_ref().ok()).map(|part| part.text.clone()));
        self.queue.retain(|playing| !playing.utterance.barge_in);
        cut
    }

    /// Waits until the next frame's sound is there and it is known whether more follows, so that a stepped clock always gives the same.
    pub async fn fill(&mut self) {
        if self.paused {
            return;
        }
        if let Some(playing) = self.queue.front_mut() {
            while playing.samples_ready() <= FRAME_SAMPLES
                && let Some(coming) = &mut playing.coming
            {
                match coming.next().await {
                    Some(part) => playing.ready.push_back(part),
                    None => playing.coming = None,
                }
            }
        }
    }

    /// The next frame for the line, and what it lets the caller notice.
    pub fn next_frame(&mut self) -> (Frame, Vec<Heard>) {
        let mut frame = [0.0; FRAME_SAMPLES];
        let mut heard = Vec::new();
        if self.paused {
            return (frame, heard);
        }
        let Some(playing) = self.queue.front_mut() else { return (frame, heard) };
        playing.play(&mut frame, &mut heard);
        if playing.coming.is_none() && playing.ready.is_empty() {
            heard.push(Heard::Ended { prompt: playing.utterance.prompt.clone() });
            self.queue.pop_front();
        }
        (frame, heard)
    }
}

impl Playing {
    fn samples_ready(&self) -> usize {
        let all: usize = self.ready.iter().flatten().map(|part| part.samples.len()).sum();
        all.saturating_sub(self.position)
    }

    fn play(&mut self, frame: &mut Frame, heard: &mut Vec<Heard>) {
        while let Some(coming) = &mut self.coming {
            match coming.try_next() {
                Poll::Ready(Some(part)) => self.ready.push_back(part),
                Poll::Ready(None) => self.coming = None,
                Poll::Pending => break,
            }
        }
        let mut filled = 0;
        while filled < FRAME_SAMPLES {
            let Some(part) = self.ready.front() else { break };
            let samples = part.as_ref().map_or(&[][..], |part| &part.samples);
            let rest = samples.get(self.position..).unwrap_or_default();
            let taken = rest.len().min(FRAME_SAMPLES - filled);
            for (to, from) in frame.iter_mut().skip(filled).zip(rest.iter().take(taken)) {
                *to = *from;
            }
            filled += taken;
            self.position += taken;
            if self.position >= samples.len() {
                heard.extend(self.part_over());
            }
        }
        self.keep_time(filled, heard);
        if !self.begun && frame.iter().any(|sample| sample.abs() > AUDIBLE) {
            self.begun = true;
            heard.insert(0, Heard::Began { prompt: self.utterance.prompt.clone(), text: self.utterance.text.clone() });
        }
    }

    fn part_over(&mut self) -> Option<Heard> {
        self.position = 0;
        Some(match self.ready.pop_front()? {
            Ok(part) => Heard::Part(part.text),
            Err(error) => Heard::Failed(error),
        })
    }

    fn keep_time(&mut self, filled: usize, heard: &mut Vec<Heard>) {
        if filled > 0 {
            self.played_ms += FRAME_MS;
            self.starved_ms = 0;
        } else if self.coming.is_some() {
            self.starved_ms += FRAME_MS;
            if self.starved_ms >= STARVED_MS {
                self.coming = None;
                heard.push(Heard::Failed(TtsError::Engine(format!("no sound for {STARVED_MS} ms"))));
            }
        }
    }
}
