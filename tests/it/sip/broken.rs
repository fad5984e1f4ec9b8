//! Connections that break in the middle of a call: the call goes on, and its end, its terms and its signs of life are told over another one.

use super::exchange::{Exchange, order};
use super::phone::{Echo, PATIENCE, Phone, serve, settings, until};
use super::secure::{Authority, listening};
use super::timers::{Patient, go_in_small_steps};
use super::wire::{Message, Wire};
use std::sync::Arc;
use std::time::Duration;
use tingshuo::call::line::Line;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::{Settings, Srtp};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// A telephone in a call over TCP, and where it listens.
async fn in_a_call() -> (Server<Echo>, Phone, TcpListener) {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::tcp(&server).await;
    let listener = listening_at(&mut phone, "TCP").await;
    phone.call().await;
    (server, phone, listener)
}

/// It is called back at a place of its own, as telephones are whose connections begin at any port.
async fn listening_at(phone: &mut Phone, transport: &str) -> TcpListener {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    phone.contact = format!("{};transport={transport}", listener.local_addr().unwrap());
    listener
}

fn nowhere() -> Wire {
    Wire::stream(tokio::io::empty())
}

async fn connected(listener: &TcpListener) -> TcpStream {
    tokio::time::timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap().0
}

async fn takes_goodbye(phone: &mut Phone) -> Message {
    let bye = phone.asked().await;
    assert_eq!(bye.method(), "BYE");
    phone.reply(&bye, 200).await;
    bye
}

#[tokio::test]
async fn the_end_is_told_over_another_connection() {
    let (server, mut phone, listener) = in_a_call().await;
    phone.rewire(nowhere());
    let peer = async {
        phone.rewire(Wire::stream(connected(&listener).await));
        let bye = takes_goodbye(&mut phone).await;
        assert!(bye.header("Via").unwrap().starts_with("SIP/2.0/TCP "), "{}", bye.0);
    };
    tokio::join!(server.hang_up(), peer);
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn what_was_not_answered_when_the_connection_broke_is_asked_again() {
    let (server, mut phone, listener) = in_a_call().await;
    let peer = async {
        let first = phone.asked().await;
        assert_eq!((first.method(), first.header("CSeq")), ("BYE", Some("1 BYE")));
        phone.rewire(nowhere());
        phone.rewire(Wire::stream(connected(&listener).await));
        assert_eq!(takes_goodbye(&mut phone).await.header("CSeq"), Some("2 BYE"));
    };
    tokio::join!(server.hang_up(), peer);
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn a_connection_that_the_peer_opens_is_as_good() {
    let (server, mut phone, listener) = in_a_call().await;
    phone.rewire(nowhere());
    phone.rewire(Wire::stream(TcpStream::connect(server.addresses()[1].1).await.unwrap()));
    // That the one of before has ended is seen before the last of these.
    for _ in 0..3 {
        assert_eq!(phone.ask("OPTIONS", "", "").await.code(), 200);
    }
    tokio::join!(server.hang_up(), takes_goodbye(&mut phone));
    until(|| server.calls() == 0).await;
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody was called back");
}

#[tokio::test]
async fn a_peer_that_is_gone_for_good_does_not_keep_the_call() {
    let (server, mut phone, listener) = in_a_call().await;
    drop(listener);
    phone.rewire(nowhere());
    server.hang_up().await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn a_trunk_over_tls_is_greeted_again() {
    let authority = Authority::new();
    let pbx = authority.pbx("pbx.example").await;
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![pbx.trunk(&authority.trust(), None)], ..settings() }).await;
    let dialling = server.call_out(order());
    let mut exchange = pbx.connected().await;
    exchange.take("8 101").await;
    let mut line = dialling.answered().await.unwrap();
    drop(exchange);
    let said = async {
        let mut exchange: Exchange = pbx.connected().await;
        let bye = exchange.asked("BYE").await;
        assert!(bye.header("Via").unwrap().starts_with("SIP/2.0/TLS "), "{}", bye.0);
        exchange.reply(&bye, 200, "", "").await;
    };
    tokio::join!(line.end(None), said);
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn what_went_over_tls_is_not_said_in_the_open() {
    let authority = Authority::new();
    let settings = Settings { trust: Some(authority.trust()), srtp: Srtp::Never, ..listening(&authority) };
    let (server, _) = serve(Echo::default(), settings).await;
    let mut phone = Phone::tls(&server, &authority.connector()).await;
    let listener = listening_at(&mut phone, "TCP").await;
    phone.call().await;
    phone.rewire(nowhere());
    server.hang_up().await;
    until(|| server.calls() == 0).await;
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody was called back");
}

/// What comes over a network by the world's time, while the driven clock stands still: it goes on once that is there, or was waited for too long.
async fn by_the_worlds_time<T>(coming: impl Future<Output = T>) -> T {
    let (over, stands) = std::sync::mpsc::channel::<()>();
    // A driven clock does not jump while such a task is at work.
    let held = tokio::task::spawn_blocking(move || stands.recv_timeout(PATIENCE));
    let came = coming.await;
    drop(over);
    held.await.unwrap().unwrap_err();
    came
}

/// A telephone in a call over TCP that wants a sign of life of ours every 45 s, and where it listens.
async fn in_a_refreshed_call(allow: &str) -> (Server<Patient>, Phone, TcpListener) {
    go_in_small_steps();
    by_the_worlds_time(async {
        let server = Server::start(settings(), Arc::new(Patient)).await.unwrap();
        let mut phone = Phone::tcp(&server).await;
        let listener = listening_at(&mut phone, "TCP").await;
        let offer = phone.offer("");
        let answer = phone.ask("INVITE", &format!("{allow}Supported: timer\r\nSession-Expires: 90;refresher=uas\r\n"), &offer).await;
        assert_eq!(answer.header("Session-Expires"), Some("90;refresher=uas"));
        phone.confirm("").await;
        (server, phone, listener)
    })
    .await
}

/// Until the next sign of life is due, and has been sent as far as nothing is waited for.
async fn half_a_session() {
    sleep(Duration::from_secs(46)).await;
}

/// The next sign of life of this method, which is answered.
async fn is_refreshed(phone: &mut Phone, method: &str, sequence: u32) {
    let refresh = phone.asked().await;
    assert_eq!((refresh.method(), refresh.header("CSeq").unwrap()), (method, format!("{sequence} {method}").as_str()), "{}", refresh.0);
    assert!(refresh.header("Via").unwrap().starts_with("SIP/2.0/TCP "), "{}", refresh.0);
    let contact = format!("Contact: <sip:13800000001@{}>\r\n", phone.contact);
    if method == "INVITE" {
        let sound = phone.offer("");
        phone.reply_with(&refresh, 200, &format!("{contact}Content-Type: application/sdp\r\n"), &sound).await;
        assert_eq!(phone.asked().await.header("CSeq").unwrap(), format!("{sequence} ACK"));
    } else {
        phone.reply_with(&refresh, 200, &contact, "").await;
    }
}

/// What the peer says it understands, and how it is asked then.
const REFRESHES: [(&str, &str); 2] = [("Allow: INVITE, ACK, BYE, UPDATE\r\n", "UPDATE"), ("", "INVITE")];

#[tokio::test(start_paused = true)]
async fn a_session_is_refreshed_over_another_connection() {
    for (allow, method) in REFRESHES {
        let (server, mut phone, listener) = in_a_refreshed_call(allow).await;
        phone.rewire(nowhere());
        half_a_session().await;
        by_the_worlds_time(async {
            phone.rewire(Wire::stream(connected(&listener).await));
            is_refreshed(&mut phone, method, 1).await;
        })
        .await;
        // The next one comes there, too, and the peer's own requests are taken there.
        half_a_session().await;
        by_the_worlds_time(async {
            is_refreshed(&mut phone, method, 2).await;
            assert_eq!(phone.ask("OPTIONS", "", "").await.code(), 200);
            assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
        })
        .await;
        until(|| server.calls() == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_refresh_that_was_not_answered_when_the_connection_broke_is_sent_again() {
    for (allow, method) in REFRESHES {
        let (server, mut phone, listener) = in_a_refreshed_call(allow).await;
        half_a_session().await;
        by_the_worlds_time(async {
            assert_eq!(phone.asked().await.header("CSeq").unwrap(), format!("1 {method}"));
            phone.rewire(nowhere());
        })
        .await;
        // What came just before the end is waited for.
        phone.rewire(Wire::stream(connected(&listener).await));
        by_the_worlds_time(is_refreshed(&mut phone, method, 2)).await;
        half_a_session().await;
        by_the_worlds_time(async {
            is_refreshed(&mut phone, method, 3).await;
            assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
        })
        .await;
        until(|| server.calls() == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_away_for_a_while_is_asked_again() {
    for (allow, method) in REFRESHES {
        let (server, mut phone, listener) = in_a_refreshed_call(allow).await;
        let address = listener.local_addr().unwrap();
        drop(listener);
        phone.rewire(nowhere());
        half_a_session().await;
        let listener = by_the_worlds_time(TcpListener::bind(address)).await.unwrap();
        sleep(Duration::from_secs(6)).await;
        by_the_worlds_time(async {
            phone.rewire(Wire::stream(connected(&listener).await));
            let refresh = phone.asked().await;
            assert_eq!(refresh.method(), method);
            phone.reply(&refresh, 481).await;
            let mut bye = phone.asked().await;
            while bye.method() != "BYE" {
                bye = phone.asked().await;
            }
            phone.reply(&bye, 200).await;
        })
        .await;
        until(|| server.calls() == 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_whose_peer_is_gone_for_good() {
    for (allow, _) in REFRESHES {
        let (server, mut phone, listener) = in_a_refreshed_call(allow).await;
        drop(listener);
        phone.rewire(nowhere());
        half_a_session().await;
        assert_eq!(server.calls(), 1, "it may come back");
        half_a_session().await;
        let over = async {
            while server.calls() > 0 {
                sleep(Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), over).await.expect("the end of the call");
    }
}

#[tokio::test]
async fn the_peers_hold_comes_over_another_connection() {
    let (server, mut phone, listener) = in_a_call().await;
    phone.rewire(nowhere());
    phone.rewire(Wire::stream(TcpStream::connect(server.addresses()[1].1).await.unwrap()));
    for (method, lines, expected) in [("INVITE", "a=sendonly\r\n", "a=recvonly\r\n"), ("UPDATE", "", "RTP/AVP 8 101\r\n")] {
        let offer = phone.offer(lines);
        let answer = phone.ask(method, "", &offer).await;
        assert!(answer.code() == 200 && answer.body().contains(expected), "{}", answer.0);
        assert_eq!(answer.body().contains("a=recvonly"), !lines.is_empty(), "{}", answer.0);
        if method == "INVITE" {
            phone.confirm("").await;
        }
    }
    tokio::join!(server.hang_up(), takes_goodbye(&mut phone));
    until(|| server.calls() == 0).await;
    assert!(tokio::time::timeout(Duration::ZERO, listener.accept()).await.is_err(), "nobody was called back");
}

#[tokio::test(start_paused = true)]
async fn a_session_over_a_trunk_with_tls_is_refreshed_over_another_connection() {
    let authority = Authority::new();
    let kept = "Session-Expires: 90;refresher=uac\r\n";
    go_in_small_steps();
    let (server, pbx, line) = by_the_worlds_time(async {
        let pbx = authority.pbx("pbx.example").await;
        let (server, _) = serve(Echo::default(), Settings { trunks: vec![pbx.trunk(&authority.trust(), None)], ..settings() }).await;
        let dialling = server.call_out(order());
        let mut exchange = pbx.connected().await;
        let invite = exchange.asked("INVITE").await;
        let terms = format!("Require: timer\r\n{kept}Allow: INVITE, ACK, BYE, UPDATE\r\n");
        exchange.reply(&invite, 200, &terms, &exchange.answer("8 101")).await;
        exchange.asked("ACK").await;
        (server, pbx, dialling.answered().await.unwrap())
    })
    .await;
    half_a_session().await;
    let mut exchange: Exchange = by_the_worlds_time(async {
        let mut exchange = pbx.connected().await;
        let refresh = exchange.asked("UPDATE").await;
        assert!(refresh.header("Via").unwrap().starts_with("SIP/2.0/TLS "), "{}", refresh.0);
        exchange.reply(&refresh, 200, kept, "").await;
        exchange
    })
    .await;
    half_a_session().await;
    by_the_worlds_time(async {
        let refresh = exchange.asked("UPDATE").await;
        exchange.reply(&refresh, 200, kept, "").await;
        drop(line);
        let bye = exchange.asked("BYE").await;
        exchange.reply(&bye, 200, "", "").await;
    })
    .await;
    until(|| server.calls() == 0).await;
}
