//! The sound of one call on its sockets, paced by one clock of 20 ms.
//!
//! Whoever holds the [`Media`] drives it: packets are read while the next tick is waited for. Packets count only from the address that was
//! agreed on, or, behind a translator of addresses, from the first address of an allowed network that sends proper ones; the answers go
//! where they come from. All others are dropped and counted.

use super::ports::PortPair;
use super::relay::Passing;
use super::report::Quality;
use super::srtp::{Channel, Unopened};
use super::stream::{Received, Start, Stream, is_report, samples_in};
use super::{TELEPHONE_RATE_HZ, TICK_SAMPLES};
use crate::audio::resample::Resampler;
use crate::audio::{CALL_RATE_HZ, FRAME_MS};
use crate::call::line::{Frame, Packets};
use crate::line::networks::Networks;
use crate::line::sdp::Agreed;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::UdpSocket;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

/// Larger packets than this are no telephone sound.
const LONGEST_PACKET: usize = 2_048;
/// Packets read at once after a tick; the rest waits, and what does not fit into the socket's memory is lost.
const MOST_AT_ONCE: usize = 64;
/// Another address is followed when the known one has said nothing for so long: a translator forgot it.
const FORGOTTEN_MS: u32 = 2_000;
const REPORT_EVERY_MS: u32 = 5_000;
/// Seconds between 1900 and 1970.
const NTP_EPOCH: u64 = 2_208_988_800;

/// One tick of the peer.
#[derive(Debug)]
pub struct Tick {
    /// At the call's rate.
    pub frame: Frame,
    pub keys: String,
    /// How long nothing has come from the peer, neither sound nor reports.
    pub silent_ms: u32,
}

/// What happens first while packets are handed on.
#[derive(Debug)]
pub enum Beat {
    /// For the other call.
    Packet(Passing),
    Tick {
        /// How long nothing has come from the peer.
        silent_ms: u32,
        /// What the peer said, for who listens; at the call's rate.
        frame: Box<Frame>,
    },
}

/// Packets that were not the peer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// From addresses that may not talk to this call.
    pub foreign: u64,
    pub malformed: u64,
    /// Of a kind that was not agreed on, comfort noise among them.
    pub unknown: u64,
    /// Of a key that was not agreed on.
    pub forged: u64,
    /// Encrypted ones that were there before.
    pub repeated: u64,
}

/// See the module's text.
pub struct Media {
    sockets: PortPair,
    stream: Stream,
    /// When the sound is encrypted.
    channel: Option<Channel>,
    /// Our name in reports.
    name: String,
    allowed: Arc<Networks>,
    /// Where the peer's packets really come from.
    source: Option<SocketAddr>,
    to_call: Resampler,
    to_wire: Resampler,
    ticks: Interval,
    began: Instant,
    packet: Vec<u8>,
    report: Vec<u8>,
    keys: String,
    /// Without a packet from [`Media::source`].
    silent_ms: u32,
    /// Without anything.
    lost_ms: u32,
    until_report_ms: u32,
    dropped: Dropped,
}

impl Media {
    /// Needs a tokio runtime. `start` is random.
    pub fn new(sockets: PortPair, agreed: Agreed, allowed: Arc<Networks>, start: Start) -> Media {
        let mut ticks = interval(Duration::from_millis(u64::from(FRAME_MS)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        Media {
            sockets,
            channel: agreed.secured.as_ref().map(Channel::new),
            stream: Stream::new(agreed, start),
            name: format!("{:08x}@tingshuo", start.source),
            allowed,
            source: None,
            to_call: Resampler::new(TELEPHONE_RATE_HZ, CALL_RATE_HZ),
            to_wire: Resampler::new(CALL_RATE_HZ, TELEPHONE_RATE_HZ),
            ticks,
            began: Instant::now(),
            packet: vec![0; LONGEST_PACKET],
            report: vec![0; LONGEST_PACKET],
            keys: String::new(),
            silent_ms: 0,
            lost_ms: 0,
            // The first one soon, and not with those of all other calls.
            until_report_ms: 1_000 + start.source % 2_000,
            dropped: Dropped::default(),
        }
    }

    pub fn agreed(&self) -> &Agreed {
        self.stream.agreed()
    }

    pub fn agree(&mut self, agreed: Agreed) {
        if agreed.remote != self.stream.agreed().remote {
            self.source = None;
        }
        self.silent_ms = 0;
        self.lost_ms = 0;
        match (&mut self.channel, &agreed.secured) {
            (Some(channel), Some(secured)) => channel.agree(secured),
            (channel, secured) => *channel = secured.as_ref().map(Channel::new),
        }
        self.stream.agree(agreed);
    }

    /// Waits for the next tick and gives what the peer sent.
    pub async fn tick(&mut self) -> Tick {
        loop {
            tokio::select! {
                biased;
                _ = self.ticks.tick() => break,
                read = self.sockets.rtp.recv_from(&mut self.packet) => self.take_packet(read),
                read = self.sockets.rtcp.recv_from(&mut self.report) => self.take_report(read),
            }
        }
        for _ in 0..MOST_AT_ONCE {
            match self.sockets.rtp.try_recv_from(&mut self.packet) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                read => self.take_packet(read),
            }
        }
        self.pass_time();
        Tick { frame: self.pull(), keys: std::mem::take(&mut self.keys), silent_ms: self.lost_ms }
    }

    fn pull(&mut self) -> Frame {
        let mut samples = Vec::with_capacity(TICK_SAMPLES * 2);
        let sound = self.stream.pull();
        self.to_call.push(&sound, &mut samples);
        let mut frame: Frame = [0.0; _];
        for (to, from) in frame.iter_mut().zip(samples) {
            *to = from;
        }
        frame
    }

    /// Sends one tick of our sound.
    pub fn send(&mut self, frame: &Frame) {
        let mut samples = Vec::with_capacity(TICK_SAMPLES);
        self.to_wire.push(frame, &mut samples);
        let mut sound = [0.0; TICK_SAMPLES];
        for (to, from) in sound.iter_mut().zip(samples) {
            *to = from;
        }
        if let Some(packet) = self.stream.packet(&sound) {
            self.send_packet(&packet);
        }
    }

    /// Waits for what happens first, while packets are handed on to another call.
    pub async fn beat(&mut self) -> Beat {
        loop {
            tokio::select! {
                biased;
                _ = self.ticks.tick() => {
                    self.pass_time();
                    if let Some(packet) = self.stream.pressed() {
                        self.send_packet(&packet);
                    }
                    return Beat::Tick { silent_ms: self.lost_ms, frame: Box::new(self.pull()) };
                }
                read = self.sockets.rtp.recv_from(&mut self.packet) => {
                    if let Some(passing) = self.take_passing(read) {
                        return Beat::Packet(passing);
                    }
                }
                read = self.sockets.rtcp.recv_from(&mut self.report) => self.take_report(read),
            }
        }
    }

    /// Hands on a packet of another call.
    pub fn forward(&mut self, passing: &Passing) {
        if let Some(packet) = self.stream.forward(passing) {
            self.send_packet(&packet);
        }
    }

    fn send_packet(&mut self, packet: &[u8]) {
        let to = self.source.unwrap_or(self.stream.agreed().remote);
        match &mut self.channel {
            None => send(&self.sockets.rtp, packet, to),
            // What cannot be encrypted is not sent.
            Some(channel) => drop(channel.sealer.seal(packet).map(|sealed| send(&self.sockets.rtp, &sealed, to))),
        }
    }

    fn pass_time(&mut self) {
        self.silent_ms = self.silent_ms.saturating_add(FRAME_MS);
        self.lost_ms = self.lost_ms.saturating_add(FRAME_MS);
        self.tell();
    }

    /// Presses keys into the call, as packets.
    pub fn press(&mut self, keys: &str) {
        self.stream.press(keys);
    }

    pub fn quality(&self) -> Quality {
        self.stream.quality()
    }

    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// How the peer's packets fared.
    pub fn packets(&self) -> Packets {
        let (quality, late) = (self.stream.quality(), self.stream.jitter_counts().late_packets);
        let Dropped { foreign, malformed, unknown, forged, repeated } = self.dropped;
        Packets { received: quality.received, lost: quality.lost, late, foreign, malformed, unknown, forged, repeated }
    }

    fn take_packet(&mut self, read: io::Result<(usize, SocketAddr)>) {
        let key = self.take(read, |stream, bytes, arrival| match stream.receive(bytes, arrival) {
            Received::Sound => Ok(None),
            Received::Key(key) => Ok(key),
            other => Err(other),
        });
        self.keys.extend(key.flatten());
    }

    fn take_passing(&mut self, read: io::Result<(usize, SocketAddr)>) -> Option<Passing> {
        self.take(read, |stream, bytes, arrival| stream.take_passing(bytes, arrival))
    }

    /// Gives a packet to the stream if it is the peer's.
    fn take<T>(
        &mut self,
        read: io::Result<(usize, SocketAddr)>,
        receive: impl FnOnce(&mut Stream, &[u8], i64) -> Result<T, Received>,
    ) -> Option<T> {
        let (length, from) = read.ok()?;
        if !self.may_be_the_peer(from) {
            self.dropped.foreign += 1;
            return None;
        }
        let bytes = self.packet.get_mut(..length)?;
        let reports = self.stream.agreed().rtcp_mux && is_report(bytes);
        let length = opened(self.channel.as_mut(), &mut self.dropped, bytes, reports)?;
        let bytes = self.packet.get(..length)?;
        if reports {
            self.lost_ms = 0;
            self.stream.take_report(bytes, now_ntp());
            return None;
        }
        let arrival = samples_in(self.began.elapsed().as_micros() as u64);
        match receive(&mut self.stream, bytes, arrival) {
            Ok(taken) => {
                self.source = Some(from);
                self.silent_ms = 0;
                self.lost_ms = 0;
                Some(taken)
            }
            Err(Received::Malformed) => {
                self.dropped.malformed += 1;
                None
            }
            Err(_) => {
                self.dropped.unknown += 1;
                None
            }
        }
    }

    fn take_report(&mut self, read: io::Result<(usize, SocketAddr)>) {
        let Ok((length, from)) = read else { return };
        let known = self.source.is_some_and(|source| source.ip() == from.ip()) || from.ip() == self.stream.agreed().remote_rtcp.ip();
        let Some(bytes) = self.report.get_mut(..length).filter(|_| known) else {
            self.dropped.foreign += 1;
            return;
        };
        let length = opened(self.channel.as_mut(), &mut self.dropped, bytes, true);
        if let Some(bytes) = length.and_then(|length| self.report.get(..length)) {
            self.lost_ms = 0;
            self.stream.take_report(bytes, now_ntp());
        }
    }

    fn may_be_the_peer(&self, from: SocketAddr) -> bool {
        let agreed = self.stream.agreed().remote;
        let known = self.source == Some(from) || from == agreed;
        let free = self.source.is_none() || self.silent_ms >= FORGOTTEN_MS;
        known || (free && self.allowed.contains(from.ip()))
    }

    /// Sends our report when it is due.
    fn tell(&mut self) {
        self.until_report_ms = self.until_report_ms.saturating_sub(FRAME_MS);
        if self.until_report_ms > 0 {
            return;
        }
        self.until_report_ms = REPORT_EVERY_MS;
        let Some(mut report) = self.stream.report(&self.name, now_ntp()) else { return };
        if let Some(channel) = &mut self.channel {
            let Some(sealed) = channel.sealer.seal_report(&report) else { return };
            report = sealed;
        }
        let agreed = self.stream.agreed();
        let (socket, to) = match self.source {
            _ if agreed.remote_rtcp.ip().is_unspecified() => return,
            source if agreed.rtcp_mux => (&self.sockets.rtp, source.unwrap_or(agreed.remote)),
            Some(source) if source.ip() != agreed.remote.ip() => {
                (&self.sockets.rtcp, SocketAddr::new(source.ip(), source.port().saturating_add(1)))
            }
            _ => (&self.sockets.rtcp, agreed.remote_rtcp),
        };
        send(socket, &report, to);
    }
}

/// Shows what is encrypted where it lies; gives its length, or counts why it is dropped.
fn opened(channel: Option<&mut Channel>, dropped: &mut Dropped, bytes: &mut [u8], reports: bool) -> Option<usize> {
    let Some(channel) = channel else { return Some(bytes.len()) };
    let opened = if reports { channel.opener.open_report(bytes) } else { channel.opener.open(bytes) };
    match opened {
        Ok(length) => return Some(length),
        Err(Unopened::Malformed) => dropped.malformed += 1,
        Err(Unopened::Repeated) => dropped.repeated += 1,
        Err(Unopened::Forged) => {
            dropped.forged += 1;
            if dropped.forged == 1 {
                tracing::warn!("packets come whose key was not agreed on; they are dropped");
            }
        }
    }
    None
}

/// A packet that the machine cannot take now is lost, as it would be on the way.
fn send(socket: &UdpSocket, packet: &[u8], to: SocketAddr) {
    if let Err(error) = socket.try_send_to(packet, to) {
        tracing::trace!(%error, "a packet was not sent");
    }
}

/// Seconds since 1900 with 32 bits of fraction; the same in both directions, whatever the clock's truth.
fn now_ntp() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    ((since.as_secs() + NTP_EPOCH) << 32) | ((u64::from(since.subsec_nanos()) << 32) / 1_000_000_000)
}
