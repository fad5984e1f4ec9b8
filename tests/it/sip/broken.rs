//! Connections that break in the middle of a call: the call goes on, and its end is told over another one.

use super::exchange::{Exchange, order};
use super::phone::{Echo, PATIENCE, Phone, serve, settings, until};
use super::secure::{Authority, listening};
use super::wire::{Message, Wire};
use std::time::Duration;
use tingshuo::call::line::Line;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::{Settings, Srtp};
use tokio::net::{TcpListener, TcpStream};

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
