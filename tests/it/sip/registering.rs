//! Telling a registrar where we are.

use super::exchange::Exchange;
use super::phone::{Echo, Message, serve, settings, until};
use std::time::Duration;
use tingshuo::line::sip::registration::Standing;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::Settings;

const CHALLENGE: &str = "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n";

async fn registering() -> (Server<Echo>, Exchange) {
    let exchange = Exchange::open().await;
    let trunks = vec![exchange.trunk(Some(Duration::from_secs(600)))];
    let (server, _) = serve(Echo::default(), Settings { trunks, ..settings() }).await;
    (server, exchange)
}

fn standing(server: &Server<Echo>) -> Standing {
    server.trunks()[0].1
}

async fn grant(exchange: &Exchange, request: &Message, seconds: u32) {
    let contact = request.header("Contact").unwrap();
    exchange.reply(request, 200, &format!("Contact: {contact};expires={seconds}\r\n"), "").await;
}

#[tokio::test]
async fn it_is_proved_granted_renewed_and_ended() {
    let (server, mut exchange) = registering().await;
    let first = exchange.asked("REGISTER").await;
    assert!(first.0.starts_with("REGISTER sip:pbx.example SIP/2.0\r\n"), "{}", first.0);
    assert!(first.header("To") == Some("<sip:tingshuo@pbx.example>") && first.header("Expires") == Some("600"), "{}", first.0);
    exchange.reply(&first, 401, CHALLENGE, "").await;
    let second = exchange.asked("REGISTER").await;
    assert!(second.header("Authorization").unwrap().contains("nc=00000001"), "{}", second.0);
    assert_eq!(standing(&server), Standing::Trying);
    grant(&exchange, &second, 1).await;
    until(|| standing(&server) == Standing::Registered { expires: Duration::from_secs(1) }).await;
    // Before the second is over, with the nonce that is known.
    let third = exchange.asked("REGISTER").await;
    assert!(third.header("Authorization").unwrap().contains("nc=00000002"), "{}", third.0);
    assert_eq!((third.header("Call-ID"), third.header("CSeq")), (first.header("Call-ID"), Some("3 REGISTER")));
    grant(&exchange, &third, 600).await;
    until(|| standing(&server) == Standing::Registered { expires: Duration::from_secs(600) }).await;
    let ((), last) = tokio::join!(server.hang_up(), async {
        let last = exchange.asked("REGISTER").await;
        grant(&exchange, &last, 0).await;
        last
    });
    assert_eq!(last.header("Expires"), Some("0"));
    assert_eq!(standing(&server), Standing::Unasked);
}

#[tokio::test]
async fn a_refusal_is_shown_and_tried_again() {
    let (server, mut exchange) = registering().await;
    for _ in 0..2 {
        let request = exchange.asked("REGISTER").await;
        exchange.reply(&request, 401, CHALLENGE, "").await;
    }
    until(|| matches!(standing(&server), Standing::Failed { code: Some(401), .. })).await;
    let again = exchange.asked("REGISTER").await;
    grant(&exchange, &again, 600).await;
    until(|| matches!(standing(&server), Standing::Registered { .. })).await;
}

#[tokio::test]
async fn a_registrar_may_want_longer_periods() {
    let (server, mut exchange) = registering().await;
    let first = exchange.asked("REGISTER").await;
    exchange.reply(&first, 423, "Min-Expires: 1800\r\n", "").await;
    let second = exchange.asked("REGISTER").await;
    assert_eq!(second.header("Expires"), Some("1800"));
    exchange.reply(&second, 200, "Expires: 1800\r\n", "").await;
    until(|| standing(&server) == Standing::Registered { expires: Duration::from_secs(1800) }).await;
}
