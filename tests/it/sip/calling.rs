//! Calls that go out.

use super::exchange::{Exchange, order};
use super::phone::{Echo, Message, serve, settings, until};
use std::time::Duration;
use tingshuo::call::dial::{Callee, Cause, Order, Undialled};
use tingshuo::call::line::{Floor, Line};
use tingshuo::line::sip::dial::Progress;
use tingshuo::line::sip::server::Server;
use tingshuo::line::sip::settings::Settings;

async fn connected() -> (Server<Echo>, Exchange) {
    let exchange = Exchange::open().await;
    let (server, _) = serve(Echo::default(), Settings { trunks: vec![exchange.trunk(None)], ..settings() }).await;
    (server, exchange)
}

/// Every request but an INVITE is confirmed here.
async fn goodbye(exchange: &mut Exchange) {
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 200, "", "").await;
}

#[tokio::test]
async fn somebody_is_called_and_answers() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    let invite = exchange.take("8 101").await;
    assert!(invite.0.starts_with("INVITE sip:13800000001@pbx.example SIP/2.0\r\n"), "{}", invite.0);
    assert!(invite.header("From").unwrap().starts_with("<sip:10086@pbx.example>;tag="), "{}", invite.0);
    assert!(invite.body().contains("RTP/AVP 8 0 101\r\n"), "{}", invite.0);
    let mut line = dialling.answered().await.unwrap();
    assert_eq!(line.media().agreed().remote.port(), exchange.sound.local_addr().unwrap().port());
    line.tick(Floor::default()).await;
    line.send(&[0.0; _]).await;
    let mut packet = [0; 400];
    let (length, _) = exchange.sound.recv_from(&mut packet).await.unwrap();
    assert_eq!((length, packet[1] & 0x7f), (172, 8));
    line.end(None).await;
    drop(line);
    goodbye(&mut exchange).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn who_answered_may_hang_up() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    let invite = exchange.take("8 101").await;
    let mut line = dialling.answered().await.unwrap();
    exchange.ask(&invite, "BYE", 1, "", "").await;
    while !line.tick(Floor::default()).await.closed {}
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn a_line_that_is_dropped_says_goodbye() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    exchange.take("8 101").await;
    drop(dialling.answered().await.unwrap());
    goodbye(&mut exchange).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn who_we_are_is_proved() {
    for (code, name, challenge) in [
        (
            401,
            "Authorization",
            "WWW-Authenticate: Digest realm=\"pbx\", nonce=\"n1\", algorithm=MD5\r\nWWW-Authenticate: Digest realm=\"pbx\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth,auth-int\"\r\n",
        ),
        (407, "Proxy-Authorization", "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n3\"\r\n"),
    ] {
        let (server, mut exchange) = connected().await;
        let dialling = server.call_out(order());
        let first = exchange.asked("INVITE").await;
        assert_eq!(first.header(name), None);
        exchange.reply(&first, code, challenge, "").await;
        let second = exchange.asked("INVITE").await;
        let proof = second.header(name).unwrap().to_owned();
        assert!(proof.contains("username=\"tingshuo\"") && proof.contains("uri=\"sip:13800000001@pbx.example\""), "{proof}");
        assert_eq!(proof.contains("SHA-256") && proof.contains("nonce=\"n2\"") && proof.contains("qop=auth"), code == 401, "{proof}");
        assert!(!second.0.contains("sesame"));
        assert_eq!((second.header("CSeq"), second.header("Call-ID")), (Some("2 INVITE"), first.header("Call-ID")));
        // The nonce grew old on the way.
        exchange.reply(&second, code, &challenge.replace("nonce=\"n", "stale=true, nonce=\"m"), "").await;
        let third = exchange.asked("INVITE").await;
        assert!(third.header(name).unwrap().contains("nonce=\"m"), "{}", third.0);
        exchange.reply(&third, code, challenge, "").await;
        let Err(refused) = dialling.answered().await else { panic!("a wrong password was taken") };
        assert_eq!(refused, Undialled { cause: Cause::Forbidden, code: Some(code), elsewhere: None });
        until(|| server.calls() == 0).await;
    }
}

#[tokio::test]
async fn why_nobody_was_reached() {
    for (code, extra, cause) in [
        (486, "", Cause::Busy),
        (480, "Reason: Q.850;cause=17\r\n", Cause::Busy),
        (480, "", Cause::NoAnswer),
        (404, "", Cause::NoSuchNumber),
        (603, "", Cause::Declined),
        (488, "", Cause::NoCommonSound),
        (503, "", Cause::Congested),
    ] {
        let (server, mut exchange) = connected().await;
        let dialling = server.call_out(order());
        let invite = exchange.asked("INVITE").await;
        exchange.reply(&invite, code, extra, "").await;
        assert_eq!(dialling.answered().await.err(), Some(Undialled { cause, code: Some(code), elsewhere: None }));
        exchange.asked("ACK").await;
        until(|| server.calls() == 0).await;
    }
}

#[tokio::test]
async fn who_moved_is_named() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    let invite = exchange.asked("INVITE").await;
    exchange.reply(&invite, 302, "Contact: \"Home\" <sip:home@192.0.2.77>;q=1\r\n", "").await;
    let refused = dialling.answered().await.err().unwrap();
    assert_eq!((refused.cause, refused.elsewhere.as_deref()), (Cause::Moved, Some("sip:home@192.0.2.77")));
}

#[tokio::test]
async fn what_rings_too_long_is_given_up() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(Order { ring: Duration::from_millis(300), ..order() });
    let invite = exchange.asked("INVITE").await;
    exchange.reply(&invite, 180, "", "").await;
    assert_eq!(dialling.answered().await.err().unwrap().cause, Cause::NoAnswer);
    let cancel = exchange.asked("CANCEL").await;
    assert_eq!((cancel.header("Via"), cancel.header("CSeq")), (invite.header("Via"), Some("1 CANCEL")));
    exchange.reply(&cancel, 200, "", "").await;
    exchange.reply(&invite, 487, "", "").await;
    exchange.asked("ACK").await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn whoever_answers_while_we_give_up_is_not_left_alone() {
    let (server, mut exchange) = connected().await;
    let mut dialling = server.call_out(order());
    let invite = exchange.asked("INVITE").await;
    exchange.reply(&invite, 180, "", "").await;
    assert!(matches!(dialling.next().await, Some(Progress::Ringing)));
    drop(dialling);
    exchange.asked("CANCEL").await;
    exchange.reply(&invite, 200, "", &exchange.answer("8")).await;
    exchange.asked("ACK").await;
    goodbye(&mut exchange).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn sound_before_the_answer() {
    let (server, mut exchange) = connected().await;
    let mut dialling = server.call_out(order());
    let invite = exchange.asked("INVITE").await;
    exchange.reply(&invite, 183, "", &exchange.answer("0 101")).await;
    assert!(matches!(dialling.next().await, Some(Progress::Ringing)));
    let Some(Progress::Sound(mut line)) = dialling.next().await else { panic!("no sound") };
    assert_eq!(line.media().agreed().payload_type, 0);
    line.tick(Floor::default()).await;
    // The same terms need not be repeated.
    exchange.reply(&invite, 200, "", "").await;
    assert!(matches!(dialling.next().await, Some(Progress::Answered(None))));
    exchange.asked("ACK").await;
    line.end(None).await;
    goodbye(&mut exchange).await;
}

#[tokio::test]
async fn an_answer_that_does_not_fit_ends_the_call() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    exchange.take("18").await;
    assert_eq!(dialling.answered().await.err().unwrap().cause, Cause::NoCommonSound);
    goodbye(&mut exchange).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn longer_sessions_are_agreed_to() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    let first = exchange.asked("INVITE").await;
    assert_eq!(first.header("Session-Expires"), Some("1800"));
    exchange.reply(&first, 422, "Min-SE: 3600\r\n", "").await;
    let second = exchange.asked("INVITE").await;
    assert_eq!((second.header("Session-Expires"), second.header("Min-SE")), (Some("3600"), Some("3600")));
    exchange.reply(&second, 486, "", "").await;
    assert_eq!(dialling.answered().await.err().unwrap().cause, Cause::Busy);
}

#[tokio::test]
async fn where_nobody_can_be_called() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let why = async |order: Order| server.call_out(order).answered().await.err().map(|why| why.cause);
    let address = |text: &str| Order { to: Callee::Address(text.to_owned()), ..order() };
    assert_eq!(why(order()).await, Some(Cause::NoTrunk));
    assert_eq!(why(address("the office")).await, Some(Cause::NotAnAddress));
    assert_eq!(why(address("sip:a@203.0.113.1")).await, Some(Cause::Unreachable), "no packet leaves the allowed networks");
    assert_eq!(why(Order { trunk: Some("other".to_owned()), ..address("sip:a@127.0.0.1") }).await, Some(Cause::NoTrunk));
}

#[tokio::test]
async fn requests_inside_a_call_are_proved_too() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    exchange.take("8").await;
    dialling.answered().await.unwrap().end(None).await;
    let bye = exchange.asked("BYE").await;
    exchange.reply(&bye, 407, "Proxy-Authenticate: Digest realm=\"pbx\", nonce=\"n\"\r\n", "").await;
    let again: Message = exchange.asked("BYE").await;
    assert!(again.header("Proxy-Authorization").unwrap().contains("nonce=\"n\""), "{}", again.0);
    exchange.reply(&again, 200, "", "").await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn what_rings_ends_with_the_service() {
    let (server, mut exchange) = connected().await;
    let dialling = server.call_out(order());
    let invite = exchange.asked("INVITE").await;
    exchange.reply(&invite, 180, "", "").await;
    let (why, (), ()) = tokio::join!(dialling.answered(), server.hang_up(), async {
        let cancel = exchange.asked("CANCEL").await;
        exchange.reply(&cancel, 200, "", "").await;
        exchange.reply(&invite, 487, "", "").await;
    });
    assert_eq!(why.err().unwrap().cause, Cause::NoRoom);
    assert_eq!(server.calls(), 0);
}
