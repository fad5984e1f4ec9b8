//! The port that every line fills: the browser, a trunk, a microphone, a recording.

use crate::audio::FRAME_SAMPLES;
use crate::dialog::{Action, Outcome, TransferFailure};
use std::ops::AddAssign;

/// One frame of the call's clock, 16 kHz mono.
pub type Frame = [f32; FRAME_SAMPLES];

/// What the line brought within one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// The caller's sound; silence when nothing came.
    pub frame: Frame,
    /// Keys pressed since the last tick.
    pub keys: String,
    /// The caller hung up; nothing follows.
    pub closed: bool,
}

impl Inbound {
    pub fn silence() -> Inbound {
        Inbound { frame: [0.0; FRAME_SAMPLES], keys: String::new(), closed: false }
    }

    pub fn hang_up() -> Inbound {
        Inbound { closed: true, ..Inbound::silence() }
    }
}

/// What a simulated caller needs to know in order to take turns; real lines ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Floor {
    /// How long the present prompt has been audible; `None` while nothing is played.
    pub prompt_ms: Option<u32>,
    /// The service asked something and waits.
    pub listening: bool,
}

/// Whose clock a call runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Ticks come every 20 ms of real time, whatever we are busy with.
    Live,
    /// The next tick comes when all work of the last one is done: a recorded call, as fast as the machine allows, twice the same.
    Stepped,
}

/// What one side said, to be read along.
#[derive(Clone, Debug, PartialEq)]
pub struct Caption {
    pub who: Side,
    /// Masked where a secret was asked for.
    pub text: String,
    /// More of it may follow, or other words in its place.
    pub partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Caller,
    Service,
}

/// How handing a caller over to a person went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandedOver {
    /// Both talked, and the person left; the caller is still to be hung up.
    Done,
    /// The caller left, before or after somebody answered.
    CallerLeft,
    /// Nobody took the call; the caller is still here.
    Failed(TransferFailure),
    /// The line connects nobody itself: the outcome given to [`Line::end`] says what becomes of the caller.
    NotHere,
}

/// How the packets of a call fared that brought the caller's sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    pub received: u64,
    /// Never came, or too late to be counted.
    pub lost: u64,
    /// Came when their turn was over.
    pub late: u64,
    /// Came from addresses that may not talk to this call; dropped.
    pub foreign: u64,
    /// Were none; dropped.
    pub malformed: u64,
    /// Of a kind that was not agreed on; dropped.
    pub unknown: u64,
    /// Of a key that was not agreed on; dropped.
    pub forged: u64,
    /// Encrypted ones that were there before; dropped.
    pub repeated: u64,
}

impl Packets {
    /// Each kind by its stable name.
    pub fn named(self) -> [(&'static str, u64); 8] {
        let Packets { received, lost, late, foreign, malformed, unknown, forged, repeated } = self;
        [
            ("received", received),
            ("lost", lost),
            ("late", late),
            ("foreign", foreign),
            ("malformed", malformed),
            ("unknown", unknown),
            ("forged", forged),
            ("repeated", repeated),
        ]
    }
}

impl AddAssign for Packets {
    fn add_assign(&mut self, other: Packets) {
        self.received += other.received;
        self.lost += other.lost;
        self.late += other.late;
        self.foreign += other.foreign;
        self.malformed += other.malformed;
        self.unknown += other.unknown;
        self.forged += other.forged;
        self.repeated += other.repeated;
    }
}

/// Takes what the caller says in a tick, and what he hears.
pub type Heard<'a> = &'a mut (dyn FnMut(&Frame, &Frame) + Send);

/// One end of a call that can be heard and spoken to.
pub trait Line: Send {
    fn clock(&self) -> Clock;
    /// Waits for the next tick and gives what the caller sent within it.
    fn tick(&mut self, floor: Floor) -> impl Future<Output = Inbound> + Send;
    /// One tick, or `None` for one in which the other side has us on hold: for who does not stand still with it, as [`Line::tick`] does.
    fn tick_or_hold(&mut self, floor: Floor) -> impl Future<Output = Option<Inbound>> + Send {
        async move { Some(self.tick(floor).await) }
    }
    /// What the caller hears in this tick.
    fn send(&mut self, frame: &Frame) -> impl Future<Output = ()> + Send;
    /// What the service does next, for a simulated caller that listens; real lines have no use for it.
    fn told(&mut self, _action: &Action) {}
    /// The caller speaks: what was sent and still waits in a buffer on the way is not to be heard any more.
    fn clear(&mut self) {}
    /// For lines that can show what is said.
    fn show(&mut self, _caption: Caption) {}
    /// For lines whose sound comes in packets: how they fared so far.
    fn packets(&self) -> Option<Packets> {
        None
    }
    /// The same of the persons whom [`Line::hand_over`] has called for the caller.
    fn packets_of_others(&self) -> Packets {
        Packets::default()
    }
    /// Whether this line connects callers with persons itself: then the house's own desk is not asked.
    fn hands_over(&self) -> bool {
        false
    }
    /// Connects the caller with a person and returns when that is over, or could not be done; every tick of both until then goes to `heard`.
    fn hand_over(&mut self, _heard: Heard<'_>) -> impl Future<Output = HandedOver> + Send {
        std::future::ready(HandedOver::NotHere)
    }
    /// The service has nothing more to say and leaves; not called when the caller left first.
    fn end(&mut self, _outcome: Option<&Outcome>) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}
