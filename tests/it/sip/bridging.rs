//! Callers who are connected with a person.

use super::exchange::Exchange;
use super::phone::{Echo, PATIENCE, Phone, serve, settings, until};
use std::sync::Arc;
use std::time::Duration;
use tingshuo::audio::codec::{alaw_decode, alaw_encode};
use tingshuo::call::dial::Callee;
use tingshuo::call::line::{Frame, HandedOver, Packets};
use tingshuo::dialog::TransferFailure;
use tingshuo::line::sip::handover::Person;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::{Handover, Settings};
use tokio::net::UdpSocket;

struct Scene {
    server: Server<Echo>,
    echo: Arc<Echo>,
    phone: Phone,
    person: Exchange,
    /// Where the caller's sound goes.
    port: u16,
}

/// A caller whom the service hands over after a moment.
async fn handing_over() -> Scene {
    let person = Exchange::open().await;
    let to = Person { to: Callee::Address(format!("sip:agents@{}", person.address)), trunk: None, ring: Duration::from_secs(30) };
    let echo = Echo { leaves_after: Some(3), transfers: true, ..Echo::default() };
    let (server, echo) = serve(echo, Settings { transfer: Handover::Bridge(to), ..settings() }).await;
    let mut phone = Phone::udp(&server).await;
    let port = phone.call().await.media_port();
    Scene { server, echo, phone, person, port }
}

fn packet(payload_type: u8, number: u16, payload: &[u8]) -> Vec<u8> {
    let timestamp = u32::from(number) * 160;
    [&[0x80, payload_type][..], &number.to_be_bytes(), &timestamp.to_be_bytes(), &7u32.to_be_bytes(), payload].concat()
}

/// Sends until the payload arrives at the other end unchanged: the first packets may come before both are connected.
async fn passes(from: &UdpSocket, to_port: u16, at: &UdpSocket, payload: &[u8]) {
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let mut buffer = [0; 2048];
    for number in 0..1_000 {
        pace.tick().await;
        from.send_to(&packet(8, number, payload), ("127.0.0.1", to_port)).await.unwrap();
        while let Ok((length, _)) = at.try_recv_from(&mut buffer) {
            if buffer[12..length] == *payload {
                return;
            }
        }
    }
    panic!("the sound did not arrive");
}

fn pattern(seed: u8) -> Vec<u8> {
    (0..160u32).map(|n| (n * 37 + u32::from(seed)) as u8).collect()
}

#[tokio::test]
async fn both_hear_each_other_untouched_until_the_person_leaves() {
    let mut scene = handing_over().await;
    let invite = scene.person.take("8 101").await;
    let to_person = invite.media_port();
    passes(&scene.phone.sound, scene.port, &scene.person.sound, &pattern(1)).await;
    passes(&scene.person.sound, to_person, &scene.phone.sound, &pattern(2)).await;
    scene.person.ask(&invite, "BYE", 1, "", "").await;
    let bye = scene.phone.asked().await;
    assert_eq!(bye.method(), "BYE");
    scene.phone.reply(&bye, 200).await;
    until(|| scene.server.calls() == 0).await;
    assert_eq!(*scene.echo.handed.lock().unwrap(), [HandedOver::Done]);
}

#[tokio::test]
async fn who_is_put_on_hold_by_the_person_hears_music() {
    let mut scene = handing_over().await;
    let invite = scene.person.take("8 101").await;
    let to_person = invite.media_port();
    passes(&scene.person.sound, to_person, &scene.phone.sound, &pattern(2)).await;
    let offer = format!("{}a=sendonly\r\n", scene.person.answer("8 101"));
    scene.person.offer_again(&invite, 1, &offer).await;
    // Softly, and longer than anything that was on its way.
    let (mut buffer, mut music) = ([0; 2048], 0);
    let heard = async {
        while music < 50 {
            let (length, _) = scene.phone.sound.recv_from(&mut buffer).await.unwrap();
            let levels = buffer[12..length].iter().map(|byte| alaw_decode(*byte).abs());
            music = if levels.fold(0.0, f32::max) < 0.4 { music + usize::from(is_heard(&buffer[12..length])) } else { 0 };
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.expect("music");
    let offer = scene.person.answer("8 101");
    scene.person.offer_again(&invite, 2, &offer).await;
    passes(&scene.person.sound, to_person, &scene.phone.sound, &pattern(4)).await;
    passes(&scene.phone.sound, scene.port, &scene.person.sound, &pattern(5)).await;
    assert_eq!(scene.phone.ask("BYE", "", "").await.code(), 200);
}

/// Silence is 0xd5 and 0x55 in A-law.
fn is_heard(payload: &[u8]) -> bool {
    payload.iter().any(|byte| byte & 0x7f != 0x55)
}

#[tokio::test]
async fn what_became_of_the_persons_packets_is_counted() {
    let mut scene = handing_over().await;
    let invite = scene.person.take("8 101").await;
    let to_person = ("127.0.0.1", invite.media_port());
    let send = async |from: &UdpSocket, number: u16, seed| {
        from.send_to(&packet(8, number, &pattern(seed)), to_person).await.unwrap();
    };
    let arrives = async |seed: u8| {
        let mut buffer = [0; 2048];
        let mut length = 12;
        while buffer[12..length] != pattern(seed) {
            length = scene.phone.sound.recv_from(&mut buffer).await.unwrap().0;
        }
    };
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for number in 0..10 {
        send(&scene.person.sound, number, 1).await;
    }
    arrives(1).await;
    send(&stranger, 10, 2).await;
    send(&stranger, 11, 2).await;
    // Three are lost on the way.
    send(&scene.person.sound, 13, 3).await;
    arrives(3).await;
    scene.person.ask(&invite, "BYE", 1, "", "").await;
    let bye = scene.phone.asked().await;
    scene.phone.reply(&bye, 200).await;
    until(|| scene.server.calls() == 0).await;
    let others = *scene.echo.others.lock().unwrap();
    assert_eq!(others, Packets { received: 11, lost: 3, foreign: 2, ..others });
}

/// Somebody listens to both, each on his own side: the caller's tone, the ringing and then the person's.
#[tokio::test]
async fn what_both_say_is_overheard() {
    let mut scene = handing_over().await;
    let ringing = |echo: &Echo| echo.overheard.lock().unwrap().iter().any(|(_, heard)| level(heard) > 0.02);
    until(|| ringing(&scene.echo)).await;
    let invite = scene.person.take("8 101").await;
    let to_person = invite.media_port();
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    let both = |echo: &Echo| {
        echo.overheard.lock().unwrap().iter().any(|(caller, person)| level(caller) > 0.2 && level(person) > 0.03 && level(person) < 0.06)
    };
    for number in 0..1_000 {
        pace.tick().await;
        scene.phone.sound.send_to(&packet(8, number, &tone(0.4)), ("127.0.0.1", scene.port)).await.unwrap();
        scene.person.sound.send_to(&packet(8, number, &tone(0.06)), ("127.0.0.1", to_person)).await.unwrap();
        if both(&scene.echo) {
            return;
        }
    }
    panic!("not both were heard");
}

fn tone(amplitude: f32) -> Vec<u8> {
    (0..160).map(|n| alaw_encode(amplitude * (std::f32::consts::TAU * n as f32 / 20.0).sin())).collect()
}

fn level(frame: &Frame) -> f32 {
    (frame.iter().map(|sample| sample * sample).sum::<f32>() / frame.len() as f32).sqrt()
}

#[tokio::test]
async fn the_person_is_left_with_the_caller() {
    let mut scene = handing_over().await;
    scene.person.take("8 101").await;
    passes(&scene.phone.sound, scene.port, &scene.person.sound, &pattern(3)).await;
    assert_eq!(scene.phone.ask("BYE", "", "").await.code(), 200);
    let bye = scene.person.asked("BYE").await;
    scene.person.reply(&bye, 200, "", "").await;
    until(|| scene.server.calls() == 0).await;
    assert_eq!(*scene.echo.handed.lock().unwrap(), [HandedOver::CallerLeft]);
}

#[tokio::test]
async fn nobody_takes_the_call_and_the_caller_comes_back() {
    for (code, why) in [
        (486, TransferFailure::Busy),
        (480, TransferFailure::NoAnswer),
        (603, TransferFailure::Declined),
        (404, TransferFailure::Unreachable),
    ] {
        let mut scene = handing_over().await;
        let invite = scene.person.asked("INVITE").await;
        scene.person.reply(&invite, code, "", "").await;
        // The echo is there again.
        passes(&scene.phone.sound, scene.port, &scene.phone.sound, &[0xd5; 160]).await;
        assert_eq!(*scene.echo.handed.lock().unwrap(), [HandedOver::Failed(why)]);
        assert_eq!(scene.phone.ask("BYE", "", "").await.code(), 200);
    }
}

#[tokio::test]
async fn a_caller_who_does_not_wait_stops_the_ringing() {
    let mut scene = handing_over().await;
    let invite = scene.person.asked("INVITE").await;
    scene.person.reply(&invite, 180, "", "").await;
    assert_eq!(scene.phone.ask("BYE", "", "").await.code(), 200);
    let cancel = scene.person.asked("CANCEL").await;
    scene.person.reply(&cancel, 200, "", "").await;
    scene.person.reply(&invite, 487, "", "").await;
    until(|| scene.server.calls() == 0).await;
}

#[tokio::test]
async fn the_caller_hears_it_ring_and_keys_reach_the_person() {
    let mut scene = handing_over().await;
    let invite = scene.person.asked("INVITE").await;
    scene.person.reply(&invite, 180, "", "").await;
    let mut buffer = [0; 2048];
    loop {
        let (length, _) = scene.phone.sound.recv_from(&mut buffer).await.unwrap();
        if is_heard(&buffer[12..length]) {
            break;
        }
    }
    scene.person.reply(&invite, 200, "", &scene.person.answer("8 101")).await;
    scene.person.asked("ACK").await;
    assert_eq!(scene.phone.ask("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n").await.code(), 200);
    loop {
        let (_, _) = scene.person.sound.recv_from(&mut buffer).await.unwrap();
        if buffer[1] & 0x7f == 101 {
            assert_eq!(buffer[12], 5);
            break;
        }
    }
}
