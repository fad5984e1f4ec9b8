//! The sound of calls, sample by sample.

use super::phone::{Echo, Phone, serve, settings, until};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tingshuo::audio::codec::{alaw_decode, alaw_encode};
use tingshuo::audio::dtmf;
use tokio::net::UdpSocket;

/// Samples a packet.
const PACKET: usize = 160;

fn tone(frequency_hz: f32, n: usize) -> f32 {
    0.4 * (std::f32::consts::TAU * frequency_hz * n as f32 / 8_000.0).sin()
}

fn packet(payload_type: u8, number: usize, timestamp: usize, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend_from_slice(&(number as u16).to_be_bytes());
    bytes.extend_from_slice(&(timestamp as u32).to_be_bytes());
    bytes.extend_from_slice(&7u32.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn sound_packet(frequency_hz: f32, number: usize) -> Vec<u8> {
    let payload: Vec<u8> = (number * PACKET..(number + 1) * PACKET).map(|n| alaw_encode(tone(frequency_hz, n))).collect();
    packet(8, number, number * PACKET, &payload)
}

/// The share of the energy of `sound` that is at `frequency_hz`.
fn share_at(frequency_hz: f32, sound: &[f32]) -> f32 {
    let turn = |n: usize| std::f32::consts::TAU * frequency_hz * n as f32 / 8_000.0;
    let real: f32 = sound.iter().enumerate().map(|(n, sample)| sample * turn(n).cos()).sum();
    let imaginary: f32 = sound.iter().enumerate().map(|(n, sample)| sample * turn(n).sin()).sum();
    let energy: f32 = sound.iter().map(|sample| sample * sample).sum();
    2.0 * (real * real + imaginary * imaginary) / (sound.len() as f32 * energy.max(1e-9))
}

/// Speaks `count` packets at their pace and gives what comes back.
async fn echoed(phone: &Phone, port: u16, count: usize, make: impl Fn(usize) -> Vec<u8>) -> Vec<f32> {
    let to = format!("127.0.0.1:{port}");
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let mut heard = Vec::new();
    let mut buffer = [0; 2048];
    for number in 0..count {
        pace.tick().await;
        phone.sound.send_to(&make(number), &to).await.unwrap();
        while let Ok((length, from)) = phone.sound.try_recv_from(&mut buffer) {
            assert_eq!((from.port(), length, buffer[1] & 0x7f), (port, 12 + PACKET, 8));
            heard.extend(buffer[12..length].iter().copied().map(alaw_decode));
        }
    }
    heard
}

#[tokio::test]
async fn what_is_said_comes_back_from_the_echo() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let port = phone.call().await.media_port();
    let heard = echoed(&phone, port, 100, |number| sound_packet(400.0, number)).await;
    let steady = &heard[heard.len() / 2..];
    assert!(steady.len() > 5_000, "{} samples came back", heard.len());
    let level = (steady.iter().map(|sample| sample * sample).sum::<f32>() / steady.len() as f32).sqrt();
    assert!((level - 0.4 / 2f32.sqrt()).abs() < 0.02, "level {level}");
    assert!(share_at(400.0, steady) > 0.99, "{}", share_at(400.0, steady));
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
}

#[tokio::test]
async fn keys_as_packets_count_once() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let port = phone.call().await.media_port();
    // 7, 7 and #, every packet twice, the middle of the first one lost.
    let keys = [(7u8, 1_000usize), (7, 3_000), (11, 5_000)];
    let mut packets = Vec::new();
    for (event, timestamp) in keys {
        for (duration, end) in [(160u16, 0u8), (320, 0), (480, 0x80), (480, 0x80), (480, 0x80)] {
            if event == 7 && timestamp == 1_000 && duration == 320 {
                continue;
            }
            let [high, low] = duration.to_be_bytes();
            let packet = packet(101, packets.len(), timestamp, &[event, end | 10, high, low]);
            packets.extend([packet.clone(), packet]);
        }
    }
    echoed(&phone, port, packets.len(), |number| packets[number].clone()).await;
    until(|| echo.keys.lock().unwrap().as_str() == "77#").await;
    // The same key as a message was heard already.
    assert_eq!(phone.ask("INFO", "Content-Type: application/dtmf\r\n", "7").await.code(), 200);
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    until(|| echo.ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(echo.keys.lock().unwrap().as_str(), "77#");
}

#[tokio::test]
async fn keys_are_tones_where_they_cannot_be_packets() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("").replace(" 8 101\r\na=rtpmap:101 telephone-event/8000\r\n", " 8\r\n");
    let answer = phone.ask("INVITE", "", &offer).await;
    assert!(answer.code() == 200 && !answer.body().contains("telephone-event"), "{}", answer.0);
    phone.confirm("").await;
    let mut sound: Vec<f32> = "15#".chars().flat_map(|key| [dtmf::tone(key, 100, 0.2, 8_000), vec![0.0; 800]].concat()).collect();
    sound.resize(sound.len() + 30 * PACKET, 0.0);
    let packets: Vec<Vec<u8>> = sound.chunks_exact(PACKET).map(|samples| samples.iter().copied().map(alaw_encode).collect()).collect();
    echoed(&phone, answer.media_port(), packets.len(), |number| packet(8, number, number * PACKET, &packets[number])).await;
    until(|| echo.keys.lock().unwrap().as_str() == "15#").await;
}

#[tokio::test]
async fn a_stranger_cannot_speak_into_a_call() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let port = phone.call().await.media_port();
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let heard = echoed(&phone, port, 100, |number| {
        if number > 0 {
            let _ = stranger.try_send_to(&sound_packet(900.0, number), format!("127.0.0.1:{port}").parse().unwrap());
        }
        sound_packet(400.0, number)
    })
    .await;
    let steady = &heard[heard.len() / 2..];
    assert!(share_at(400.0, steady) > 0.99, "{}", share_at(400.0, steady));
    assert!(stranger.try_recv_from(&mut [0; 2048]).is_err(), "the stranger is not spoken to");
}

#[tokio::test]
async fn a_telephone_behind_a_translator_is_answered_where_it_is() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let elsewhere = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let offer = phone.offer("");
    let claimed = format!("m=audio {} ", phone.sound.local_addr().unwrap().port());
    let answer = phone.ask("INVITE", "", &offer.replace(&claimed, "m=audio 9 ")).await;
    assert_eq!(answer.code(), 200);
    let port = answer.media_port();
    phone.confirm("").await;
    phone.sound = elsewhere;
    let heard = echoed(&phone, port, 60, |number| sound_packet(400.0, number)).await;
    assert!(heard.len() > 3_000 && share_at(400.0, &heard[heard.len() / 2..]) > 0.99);
}

#[tokio::test]
async fn nothing_is_sent_into_a_hold() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let port = phone.call().await.media_port();
    echoed(&phone, port, 10, |number| sound_packet(400.0, number)).await;
    let offer = phone.offer("a=sendonly\r\n");
    assert_eq!(phone.ask("INVITE", "", &offer).await.code(), 200);
    phone.confirm("").await;
    // What was on its way may still come.
    echoed(&phone, port, 5, |number| sound_packet(400.0, 10 + number)).await;
    assert!(echoed(&phone, port, 15, |number| sound_packet(400.0, 15 + number)).await.is_empty());
    let offer = phone.offer("");
    assert_eq!(phone.ask("INVITE", "", &offer).await.code(), 200);
    phone.confirm("").await;
    assert!(!echoed(&phone, port, 20, |number| sound_packet(400.0, 30 + number)).await.is_empty());
}
