//! Asterisk's AudioSocket: a TCP connection a call, sound and keys in small frames.
//!
//! It cannot say who calls and has no secret but the call's UUID, so only peers in configured networks are let in.

use super::encoding::{Decoder, Encoder, Form};
use super::live::{FromPeer, LiveLine, Peer, ToPeer};
use super::networks::Networks;
use crate::call::reception::{Incoming, Reception};
use crate::text::Lang;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

const HANG_UP: u8 = 0x00;
const ID: u8 = 0x01;
const KEY: u8 = 0x03;
/// Linear sound at 8 kHz; the kinds after it are other rates.
const SOUND: u8 = 0x10;
const RATES_HZ: [u32; 9] = [8_000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000];
const FAILED: u8 = 0xff;

/// The first frame must come by then.
const START_TIME: Duration = Duration::from_secs(10);
/// Asterisk sends sound all the time.
const SILENT_PEER: Duration = Duration::from_secs(20);
const SEND_TIME: Duration = Duration::from_secs(5);

/// What is served.
pub struct AudioSocket {
    pub reception: Arc<Reception>,
    pub allowed: Networks,
    pub lang: Lang,
}

/// Takes connections until `end`; calls under way go on.
pub async fn serve(listener: TcpListener, server: AudioSocket, end: impl Future<Output = ()>) {
    let server = Arc::new(server);
    tokio::pin!(end);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = &mut end => return,
        };
        match taken {
            Ok((stream, from)) if server.allowed.contains(from.ip()) => {
                let server = server.clone();
                tokio::spawn(async move { server.take(stream).await });
            }
            Ok((_, from)) => tracing::warn!(%from, "an AudioSocket connection from outside the allowed networks was closed"),
            Err(error) => {
                // Out of file descriptors, most likely: they come back when calls end.
                tracing::error!(%error, "an AudioSocket connection could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One frame.
#[derive(Debug, PartialEq)]
struct Packet {
    kind: u8,
    body: Vec<u8>,
}

async fn read(stream: &mut BufReader<OwnedReadHalf>) -> std::io::Result<Packet> {
    let kind = stream.read_u8().await?;
    let length = stream.read_u16().await?;
    let mut body = vec![0; length.into()];
    stream.read_exact(&mut body).await?;
    Ok(Packet { kind, body })
}

async fn write(stream: &mut OwnedWriteHalf, kind: u8, body: &[u8]) -> std::io::Result<()> {
    let length = u16::try_from(body.len()).map_err(|_| std::io::Error::other("a frame is too long"))?;
    let mut packet = Vec::with_capacity(body.len() + 3);
    packet.push(kind);
    packet.extend_from_slice(&length.to_be_bytes());
    packet.extend_from_slice(body);
    timeout(SEND_TIME, stream.write_all(&packet)).await.map_err(|_| std::io::ErrorKind::TimedOut)?
}

impl AudioSocket {
    async fn take(&self, stream: TcpStream) {
        // Without it frames wait for one another.
        let _ = stream.set_nodelay(true);
        let (reader, mut writer) = stream.into_split();
        let mut reader = BufReader::new(reader);
        let first = timeout(START_TIME, read(&mut reader)).await;
        if !matches!(&first, Ok(Ok(Packet { kind: ID, body })) if body.len() == 16) {
            tracing::warn!("an AudioSocket peer did not begin with the call's UUID");
            return;
        }
        let place = match self.reception.admit() {
            Ok(place) => place,
            Err(refusal) => {
                tracing::warn!(%refusal, "an AudioSocket call was refused");
                // The peer may be gone already.
                let _ = write(&mut writer, HANG_UP, &[]).await;
                return;
            }
        };
        let (line, peer) = LiveLine::new();
        let (reception, incoming) = (self.reception.clone(), Incoming { line: "audiosocket", caller: None, lang: self.lang });
        let call = tokio::spawn(async move { reception.hold(place, line, incoming).await });
        carry(reader, writer, peer).await;
        if let Err(error) = call.await {
            tracing::error!(%error, "an AudioSocket call ended by a fault of ours");
        }
    }
}

/// Carries frames between the connection and the call until one of them ends. The peer's end of the line is dropped with it.
async fn carry(mut reader: BufReader<OwnedReadHalf>, mut writer: OwnedWriteHalf, peer: Peer) {
    let Peer { to_call, mut from_call } = peer;
    let incoming = async {
        // Made anew when the peer changes its rate.
        let mut decoder: Option<(u32, Decoder)> = None;
        while let Ok(Ok(packet)) = timeout(SILENT_PEER, read(&mut reader)).await {
            let heard = match packet.kind {
                HANG_UP | FAILED => FromPeer::HungUp,
                KEY => match packet.body.as_slice() {
                    [key] if key.is_ascii_digit() || matches!(key, b'*' | b'#') => FromPeer::Key(char::from(*key)),
                    _ => continue,
                },
                kind => {
                    let rate = kind.checked_sub(SOUND).and_then(|place| RATES_HZ.get(usize::from(place)));
                    let Some(rate_hz) = rate.copied() else { continue };
                    if decoder.as_ref().is_none_or(|(of, _)| *of != rate_hz) {
                        decoder = Some((rate_hz, Decoder::new(Form::Linear { rate_hz })));
                    }
                    FromPeer::Sound(decoder.as_mut().map(|(_, decoder)| decoder.decode(&packet.body)).unwrap_or_default())
                }
            };
            let last = heard == FromPeer::HungUp;
            // A call that lags loses sound, not its connection.
            let _ = to_call.try_send(heard);
            if last {
                return;
            }
        }
    };
    let outgoing = async {
        let mut encoder = Encoder::new(Form::Linear { rate_hz: 8_000 });
        while let Some(message) = from_call.recv().await {
            let sent = match message {
                ToPeer::Sound(frame) => write(&mut writer, SOUND, &encoder.encode(&*frame)).await,
                ToPeer::End(_) => return drop(write(&mut writer, HANG_UP, &[]).await),
                // Sound is paced here; Asterisk holds none of it back. It has no place for captions.
                ToPeer::Clear | ToPeer::Caption(_) => Ok(()),
            };
            if sent.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = incoming => {}
        () = outgoing => {}
    }
}
