//! A telephone call as the service sees it.
//!
//! While the caller has us on hold the call's clock stands still: nothing is heard, nothing is asked again, and the dialog goes on where it was
//! when the caller comes back.

use super::Leave;
use super::handover::{CallOut, Person};
use crate::audio::FRAME_MS;
use crate::audio::dtmf::Detector;
use crate::call::line::{Clock, Floor, Frame, HandedOver, Heard, Inbound, Line, Packets};
use crate::dialog::Outcome;
use crate::line::rtp::media::Media;
use crate::line::sdp::Agreed;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};

/// Longer than this nobody is kept on hold.
const LONGEST_HOLD_MS: u64 = 15 * 60 * 1000;
/// A caller of whom nothing has come for so long is gone. Telephones that send nothing in silence still send reports.
const LONGEST_SILENCE_MS: u32 = 60_000;

/// What the signalling tells the line.
#[derive(Debug)]
pub enum ToLine {
    /// Hold, resume, another codec or another address.
    Agreed(Agreed),
    /// Keys that came as messages.
    Keys(String),
    HungUp,
}

/// Where callers go who are to be handed to a person.
#[derive(Clone)]
pub(super) enum Transfer {
    Nowhere,
    /// The peer is asked to call this address instead.
    Refer(String),
    /// We call somebody and connect both.
    Bridge(Person, CallOut),
}

/// See the module's text.
pub struct SipLine {
    media: Media,
    from_call: Receiver<ToLine>,
    to_call: Sender<super::ToCall>,
    transfer: Transfer,
    held_ms: u64,
    /// Keys come as packets; the same ones as messages or as tones are not counted again.
    packet_keys: bool,
    /// For telephones that cannot send keys beside their sound.
    tones: Detector,
    closed: bool,
    /// Of persons whom the caller was connected with.
    others: Packets,
}

impl SipLine {
    pub(super) fn new(media: Media, from_call: Receiver<ToLine>, to_call: Sender<super::ToCall>, transfer: Transfer) -> SipLine {
        SipLine {
            media,
            from_call,
            to_call,
            transfer,
            held_ms: 0,
            packet_keys: false,
            tones: Detector::default(),
            closed: false,
            others: Packets::default(),
        }
    }

    /// The sound of the call, for its figures.
    pub fn media(&self) -> &Media {
        &self.media
    }

    pub(super) fn media_mut(&mut self) -> &mut Media {
        &mut self.media
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn count_other(&mut self, packets: Packets) {
        self.others += packets;
    }

    /// Presses keys towards the peer.
    pub fn press(&mut self, keys: &str) {
        self.media.press(keys);
    }

    /// Takes what the signalling said.
    pub(super) fn collect(&mut self, keys: &mut String) {
        loop {
            match self.from_call.try_recv() {
                Ok(ToLine::Agreed(agreed)) => self.media.agree(agreed),
                Ok(ToLine::Keys(pressed)) if !self.packet_keys => keys.push_str(&pressed),
                Ok(ToLine::Keys(_)) => {}
                Ok(ToLine::HungUp) | Err(TryRecvError::Disconnected) => {
                    self.closed = true;
                    return;
                }
                Err(TryRecvError::Empty) => return,
            }
        }
    }

    /// The peer does not want to hear us.
    pub(super) fn on_hold(&self) -> bool {
        !self.media.agreed().direction.sends()
    }
}

impl Line for SipLine {
    fn clock(&self) -> Clock {
        Clock::Live
    }

    async fn tick(&mut self, floor: Floor) -> Inbound {
        loop {
            if let Some(inbound) = self.tick_or_hold(floor).await {
                return inbound;
            }
        }
    }

    async fn tick_or_hold(&mut self, _floor: Floor) -> Option<Inbound> {
        let tick = self.media.tick().await;
        self.packet_keys |= !tick.keys.is_empty();
        let mut keys = tick.keys;
        if self.media.agreed().digits.is_none() && !self.packet_keys {
            keys.push_str(&self.tones.push(&tick.frame));
        }
        self.collect(&mut keys);
        if self.on_hold() && !self.closed {
            self.held_ms += u64::from(FRAME_MS);
            self.closed = self.held_ms > LONGEST_HOLD_MS;
            if !self.closed {
                return None;
            }
        }
        self.held_ms = 0;
        self.closed |= tick.silent_ms > LONGEST_SILENCE_MS;
        Some(Inbound { frame: tick.frame, keys, closed: self.closed })
    }

    async fn send(&mut self, frame: &Frame) {
        self.media.send(frame);
    }

    fn packets(&self) -> Option<Packets> {
        Some(self.media.packets())
    }

    fn packets_of_others(&self) -> Packets {
        self.others
    }

    fn hands_over(&self) -> bool {
        !matches!(self.transfer, Transfer::Nowhere)
    }

    async fn hand_over(&mut self, heard: Heard<'_>) -> HandedOver {
        match self.transfer.clone() {
            Transfer::Bridge(person, call_out) => self.bridge(&person, &call_out, heard).await,
            Transfer::Nowhere | Transfer::Refer(_) => HandedOver::NotHere,
        }
    }

    async fn end(&mut self, outcome: Option<&Outcome>) {
        let leave = match (outcome, &self.transfer) {
            (Some(Outcome::Transferred { .. }), Transfer::Refer(target)) => Leave::Transfer(target.clone()),
            _ => Leave::HangUp,
        };
        // A call whose task is gone has ended already.
        let _ = self.to_call.send(super::ToCall::Leave(leave)).await;
    }
}
