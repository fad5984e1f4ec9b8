//! Handing a caller over to a person whom we call: two legs, and the packets of each go to the other. The caller stays ours, and comes back to the
//! service if nobody takes the call.

use super::dial::{Dialling, Progress};
use super::line::SipLine;
use crate::audio::backlog::Backlog;
use crate::audio::{CALL_RATE_HZ, FRAME_SAMPLES};
use crate::call::dial::{Callee, Cause, Order};
use crate::call::line::{Frame, HandedOver, Heard};
use crate::call::music::Music;
use crate::dialog::TransferFailure;
use crate::line::rtp::media::Beat;
use std::f32::consts::TAU;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

/// Who is called for callers that are handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub to: Callee,
    pub trunk: Option<String>,
    pub ring: Duration,
}

/// Begins a call.
pub(super) type CallOut = Arc<dyn Fn(Order) -> Dialling + Send + Sync>;

/// The ringing tone in China: 450 Hz, one second on and four off.
const RING_HZ: f32 = 450.0;
const RING_LEVEL: f32 = 0.1;
const RING_SAMPLES: usize = CALL_RATE_HZ as usize;
const RING_PERIOD_SAMPLES: usize = 5 * CALL_RATE_HZ as usize;
/// An end of whom nothing has come for so long is gone.
const LONGEST_SILENCE_MS: u32 = 60_000;

#[derive(Default)]
struct Ringback {
    at: usize,
}

impl Ringback {
    fn next(&mut self) -> Frame {
        let frame = std::array::from_fn(|n| {
            let at = self.at + n;
            if at < RING_SAMPLES { RING_LEVEL * (TAU * RING_HZ * at as f32 / CALL_RATE_HZ as f32).sin() } else { 0.0 }
        });
        self.at = (self.at + FRAME_SAMPLES) % RING_PERIOD_SAMPLES;
        frame
    }
}

/// What happened first.
enum Happened {
    Caller(Beat),
    Person(Beat),
    Progress(Box<Option<Progress>>),
}

impl SipLine {
    /// Calls `person`, and lets both talk until one of them leaves.
    pub(super) async fn bridge(&mut self, person: &Person, call_out: &CallOut, heard: Heard<'_>) -> HandedOver {
        let mut other = None;
        let handed = self.connect(person, call_out, &mut other, heard).await;
        if let Some(other) = &other {
            self.count_other(other.media().packets());
        }
        handed
    }

    async fn connect(&mut self, person: &Person, call_out: &CallOut, other: &mut Option<SipLine>, heard: Heard<'_>) -> HandedOver {
        let order = Order { to: person.to.clone(), from: None, trunk: person.trunk.clone(), ring: person.ring };
        let mut dialling = Some(call_out(order));
        let (mut ringback, mut music) = (Ringback::default(), None::<Music>);
        // The two ends tick apart.
        let mut said_by_person = Backlog::default();
        loop {
            let happened = tokio::select! {
                biased;
                progress = next(dialling.as_mut()) => Happened::Progress(Box::new(progress)),
                beat = beat(other.as_mut()) => Happened::Person(beat),
                beat = self.media_mut().beat() => Happened::Caller(beat),
            };
            let answered = dialling.is_none();
            let holds = answered && other.as_ref().is_some_and(SipLine::on_hold);
            match (happened, &mut *other) {
                (Happened::Progress(progress), _) => match *progress {
                    Some(Progress::Ringing) => {}
                    Some(Progress::Sound(line)) => *other = Some(line),
                    Some(Progress::Answered(line)) => {
                        dialling = None;
                        if line.is_some() {
                            *other = line;
                        }
                    }
                    Some(Progress::Failed(why)) => {
                        tracing::info!(cause = why.cause.name(), code = why.code, "nobody takes a caller over");
                        return HandedOver::Failed(failure(why.cause));
                    }
                    None => return HandedOver::Failed(TransferFailure::Unreachable),
                },
                (Happened::Caller(Beat::Packet(packet)), Some(other)) if answered => other.media_mut().forward(&packet),
                (Happened::Caller(Beat::Packet(_)), _) => {}
                (Happened::Caller(Beat::Tick { silent_ms, frame }), other) => {
                    if self.left(silent_ms, other.as_mut()) {
                        // Dropping the other line, or the call that rings, is hanging up.
                        return HandedOver::CallerLeft;
                    }
                    let tone = match other {
                        None => Some(ringback.next()),
                        Some(_) if holds => Some(music.get_or_insert_default().next_frame()),
                        Some(_) => {
                            music.iter_mut().for_each(Music::rest);
                            None
                        }
                    };
                    if let Some(tone) = &tone {
                        self.media_mut().send(tone);
                    }
                    heard(&frame, &tone.unwrap_or_else(|| said_by_person.next_frame()));
                }
                // He hears our music, whatever the person's telephone would play to him.
                (Happened::Person(Beat::Packet(_)), _) if holds => {}
                (Happened::Person(Beat::Packet(packet)), _) => self.media_mut().forward(&packet),
                (Happened::Person(Beat::Tick { silent_ms, frame }), Some(person)) => {
                    said_by_person.push(&*frame);
                    if person.left(silent_ms, Some(self)) && answered {
                        return HandedOver::Done;
                    }
                }
                (Happened::Person(Beat::Tick { .. }), None) => {}
            }
        }
    }

    /// Takes what the signalling says; true when this end is gone. Keys that came as messages are pressed at the other end.
    fn left(&mut self, silent_ms: u32, other: Option<&mut SipLine>) -> bool {
        let mut keys = String::new();
        self.collect(&mut keys);
        if let Some(other) = other
            && !keys.is_empty()
        {
            other.press(&keys);
        }
        let speaks = self.media().agreed().direction.sends();
        self.is_closed() || (speaks && silent_ms > LONGEST_SILENCE_MS)
    }
}

async fn next(dialling: Option<&mut Dialling>) -> Option<Progress> {
    match dialling {
        Some(dialling) => dialling.next().await,
        None => pending().await,
    }
}

async fn beat(line: Option<&mut SipLine>) -> Beat {
    match line {
        Some(line) => line.media_mut().beat().await,
        None => pending().await,
    }
}

fn failure(cause: Cause) -> TransferFailure {
    match cause {
        Cause::Busy => TransferFailure::Busy,
        Cause::NoAnswer => TransferFailure::NoAnswer,
        Cause::Declined => TransferFailure::Declined,
        _ => TransferFailure::Unreachable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_rings_for_a_second_of_five() {
        let mut ringback = Ringback::default();
        let loud: Vec<bool> = (0..500).map(|_| ringback.next().iter().any(|sample| *sample != 0.0)).collect();
        assert_eq!(loud.iter().filter(|loud| **loud).count(), 100);
        assert!(loud[..50].iter().all(|loud| *loud) && loud[250..300].iter().all(|loud| *loud));
    }
}
