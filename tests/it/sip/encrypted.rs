//! Encrypted sound, with a peer that has the cipher too.

use super::exchange::{Exchange, order};
use super::phone::{Echo, Phone, serve, settings};
use super::secure::{Authority, listening};
use super::wire::{Message, PATIENCE};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::net::SocketAddr;
use tingshuo::audio::codec::{alaw_decode, alaw_encode};
use tingshuo::call::line::{Floor, Line};
use tingshuo::line::rtp::srtp::{MasterKey, Opener, Sealer, Suite};
use tingshuo::line::sip::settings::{Settings, Srtp};
use tingshuo::line::sip::trunk::Trunk;
use tokio::net::UdpSocket;

const KEY: MasterKey = MasterKey(*b"thirty letters of a secret key");

/// The same description with encrypted sound.
fn encrypted(body: &str, number: u32, suite: Suite) -> String {
    format!("{}a=crypto:{number} {} inline:{}\r\n", body.replace("RTP/AVP", "RTP/SAVP"), suite.name(), STANDARD.encode(KEY.0))
}

/// What the service wrote: number, suite and key of its first line.
fn written(message: &Message) -> (u32, Suite, MasterKey) {
    assert!(message.body().contains("RTP/SAVP "), "{}", message.0);
    let line = message.body().lines().find_map(|line| line.strip_prefix("a=crypto:")).expect("a key");
    let words: Vec<&str> = line.split(' ').collect();
    let suite = Suite::ALL.into_iter().find(|suite| suite.name() == words[1]).unwrap();
    let key = STANDARD.decode(words[2].strip_prefix("inline:").unwrap()).unwrap();
    (words[0].parse().unwrap(), suite, MasterKey(key.try_into().unwrap()))
}

/// A tick of sound that nobody takes for silence.
fn packet(sequence: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 160).to_be_bytes());
    packet.extend(7u32.to_be_bytes());
    packet.extend((0..160).map(|n| alaw_encode(if n % 16 < 8 { 0.4 } else { -0.4 })));
    packet
}

fn loudest(payload: &[u8]) -> f32 {
    payload.iter().map(|byte| alaw_decode(*byte).abs()).fold(0.0, f32::max)
}

/// The service's next packet, which only its key shows.
async fn heard(sound: &UdpSocket, opener: &mut Opener) -> Vec<u8> {
    let mut room = [0; 400];
    let (length, _) = tokio::time::timeout(PATIENCE, sound.recv_from(&mut room)).await.expect("a packet").unwrap();
    let opened = opener.open(&mut room[..length]).expect("a packet of the key that was agreed on");
    room[..opened].to_vec()
}

#[tokio::test]
async fn a_caller_is_heard_and_answered_in_the_cipher_that_it_offered() {
    let authority = Authority::new();
    let (server, _) = serve(Echo { places: 2, ..Echo::default() }, listening(&authority)).await;
    for (number, suite) in [(1, Suite::AesCm128Sha1_80), (5, Suite::AesCm128Sha1_32)] {
        let mut phone = Phone::tls(&server, &authority.connector()).await;
        let offer = encrypted(&phone.offer(""), number, suite);
        let answer = phone.ask("INVITE", "", &offer).await;
        let (answered, with, key) = written(&answer);
        assert_eq!((answered, with), (number, suite));
        phone.confirm("").await;
        let to: SocketAddr = ([127, 0, 0, 1], answer.media_port()).into();
        let (mut sealer, mut opener) = (Sealer::new(suite, &KEY), Opener::new(suite, &key));
        for sequence in 0.. {
            phone.sound.send_to(&sealer.seal(&packet(sequence)).unwrap(), to).await.unwrap();
            let echo = heard(&phone.sound, &mut opener).await;
            if loudest(&echo[12..]) > 0.2 {
                break;
            }
        }
        // Keys in a re-INVITE that changes nothing are the same.
        let again = phone.ask("INVITE", "", &offer).await;
        assert_eq!(written(&again), (number, suite, key));
        phone.confirm("").await;
        assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    }
}

#[tokio::test]
async fn a_trunk_is_offered_a_cipher_and_what_is_not_of_its_key_is_dropped() {
    let authority = Authority::new();
    let pbx = authority.pbx("pbx.example").await;
    let trunk = Trunk { srtp: None, ..pbx.trunk(&authority.trust(), None) };
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![trunk], ..settings() }).await;
    let dialling = server.call_out(order());
    let mut exchange = pbx.connected().await;
    let invite = exchange.asked("INVITE").await;
    let (number, suite, key) = written(&invite);
    let answer = encrypted(&exchange.answer("8 101"), number, suite) + "a=rtcp-mux\r\n";
    exchange.reply(&invite, 200, "", &answer).await;
    exchange.asked("ACK").await;
    let mut line = dialling.answered().await.unwrap();
    line.tick(Floor::default()).await;
    line.send(&[0.0; _]).await;
    assert_eq!(heard(&exchange.sound, &mut Opener::new(suite, &key)).await.len(), 172);

    let to: SocketAddr = ([127, 0, 0, 1], invite.media_port()).into();
    let mut sealer = Sealer::new(suite, &KEY);
    let sealed = sealer.seal(&packet(2)).unwrap();
    for bytes in [&packet(1), &sealed, &sealed] {
        exchange.sound.send_to(bytes, to).await.unwrap();
    }
    let came = async {
        while line.media().dropped().repeated == 0 {
            line.tick(Floor::default()).await;
        }
    };
    tokio::time::timeout(PATIENCE, came).await.expect("packets");
    let (dropped, received) = (line.media().dropped(), line.media().quality().received);
    assert_eq!((dropped.forged, dropped.repeated, dropped.foreign, received), (1, 1, 0, 1));
    // Reports travel in the same cipher.
    let mut report = [0; 400];
    let reported = async {
        let ticking = async {
            loop {
                line.tick(Floor::default()).await;
            }
        };
        let received = async {
            loop {
                let (length, _) = exchange.sound.recv_from(&mut report).await.unwrap();
                if (192..=223).contains(&report[1]) {
                    return length;
                }
            }
        };
        tokio::select! {
            () = ticking => unreachable!("it ends never"),
            length = received => length,
        }
    };
    let length = tokio::time::timeout(PATIENCE, reported).await.expect("a report");
    assert!(Opener::new(suite, &key).open_report(&mut report[..length]).is_ok());
}

#[tokio::test]
async fn a_key_is_no_secret_where_everybody_can_read_it() {
    let check = async |srtp: Srtp, codes: [u16; 2]| {
        let (server, _) = serve(Echo { places: 4, ..Echo::default() }, Settings { srtp, ..settings() }).await;
        let mut seen = Vec::new();
        for hidden in [false, true] {
            let mut phone = Phone::udp(&server).await;
            let plain = phone.offer("");
            let offer = if hidden { encrypted(&plain, 1, Suite::AesCm128Sha1_80) } else { plain };
            seen.push(phone.ask("INVITE", "", &offer).await.code());
            phone.confirm("").await;
        }
        assert_eq!(seen, codes, "{srtp:?}");
    };
    check(Srtp::Never, [200, 488]).await;
    check(Srtp::Tls, [200, 488]).await;
    check(Srtp::Everywhere, [200, 200]).await;
    check(Srtp::Required, [488, 200]).await;
    // A trunk may differ.
    let mut exchange = Exchange::open().await;
    let trunk = Trunk { srtp: Some(Srtp::Required), ..exchange.trunk(None) };
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![trunk], ..settings() }).await;
    let _dialling = server.call_out(order());
    written(&exchange.asked("INVITE").await);
}
