//! Calls over SIP, with a telephone that says what a test wants and an echo in the service's place.

mod bridging;
mod broken;
mod calling;
mod encrypted;
pub mod exchange;
mod lossy;
pub mod phone;
mod registering;
mod secure;
mod sound;
mod timers;
mod torture;
pub mod wire;

use phone::{Echo, Phone, serve, settings, until};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tingshuo::line::networks::Networks;
use tingshuo::line::sip::settings::Settings;

fn ringing() -> Settings {
    Settings { ring: Duration::from_secs(60), ..settings() }
}

#[tokio::test]
async fn a_call_is_answered_and_ends_with_the_callers_goodbye() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let answer = phone.call().await;
    assert!(answer.body().contains("m=audio ") && answer.body().contains("RTP/AVP 8 101\r\n"), "{}", answer.0);
    until(|| echo.held.load(Ordering::SeqCst) == 1).await;
    assert_eq!(*echo.callers.lock().unwrap(), [Some("13800000001".to_owned())]);
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    until(|| echo.ended.load(Ordering::SeqCst) == 1 && server.calls() == 0).await;
    assert_eq!(phone.ask("BYE", "", "").await.code(), 481, "the call is forgotten");
}

#[tokio::test]
async fn a_call_over_tcp() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::tcp(&server).await;
    let answer = phone.call().await;
    assert!(answer.header("Contact").unwrap().contains("transport=tcp"), "{}", answer.0);
    assert_eq!(phone.ask("OPTIONS", "", "").await.code(), 200);
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
    until(|| echo.ended.load(Ordering::SeqCst) == 1).await;
    // The gate stands on connections too.
    let request = phone.request("OPTIONS", "Require: teleport\r\n", "");
    phone.say(&request).await;
    assert_eq!(phone.answer().await.code(), 420);
}

#[tokio::test]
async fn who_gives_up_while_it_rings_is_told_so() {
    let (server, echo) = serve(Echo::default(), ringing()).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "", &offer);
    phone.say(&invite).await;
    while phone.hear().await.code() != 180 {}
    let cancel = phone.cancel();
    phone.say(&cancel).await;
    let mut codes = vec![phone.hear().await.code(), phone.hear().await.code()];
    codes.sort_unstable();
    assert_eq!(codes, [200, 487]);
    until(|| server.calls() == 0).await;
    assert_eq!(echo.held.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn who_still_rings_at_the_end_is_told_to_come_back() {
    let (server, echo) = serve(Echo::default(), ringing()).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "", &offer);
    phone.say(&invite).await;
    while phone.hear().await.code() != 180 {}
    let (refused, ()) = tokio::join!(phone.answer(), server.hang_up());
    assert_eq!((refused.code(), refused.header("Retry-After")), (503, Some("30")));
    assert_eq!((server.calls(), echo.held.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn who_cannot_be_taken_is_told_why() {
    let (server, _) = serve(Echo { places: 1, ..Echo::default() }, settings()).await;
    let (mut first, mut second) = (Phone::udp(&server).await, Phone::udp(&server).await);
    first.call().await;
    let offer = second.offer("");
    assert_eq!(second.ask("INVITE", "", &offer).await.code(), 486);
    let (server, _) = serve(Echo { draining: true, ..Echo::default() }, settings()).await;
    let mut phone = Phone::udp(&server).await;
    let refused = phone.ask("INVITE", "", &offer).await;
    assert_eq!((refused.code(), refused.header("Retry-After")), (503, Some("30")));
}

#[tokio::test]
async fn what_cannot_be_agreed_on_is_refused() {
    let (server, echo) = serve(Echo { places: 9, ..Echo::default() }, settings()).await;
    let check = async |offer: &str, extra: &str, code: u16| {
        let mut phone = Phone::udp(&server).await;
        let answer = phone.ask("INVITE", extra, offer).await;
        assert_eq!(answer.code(), code, "{}", answer.0);
        phone.confirm("").await;
    };
    let whole = Phone::udp(&server).await.offer("");
    check(&whole.replace("RTP/AVP 8 101", "RTP/AVP 18"), "", 488).await;
    check(&whole.replace("c=IN IP4 127.0.0.1", "c=IN IP4 203.0.113.7"), "", 488).await;
    check("v=1", "", 400).await;
    check(&whole, "Content-Type: application/isup\r\n", 415).await;
    check(&whole, "Content-Encoding: gzip\r\n", 415).await;
    check(&whole, "Require: 100rel, teleport\r\n", 420).await;
    check(&whole, "Supported: timer\r\nSession-Expires: 30\r\n", 422).await;
    until(|| server.calls() == 0).await;
    assert_eq!(echo.held.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn hold_resume_and_another_codec() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    phone.call().await;
    for (lines, payload, expected) in
        [("a=sendonly\r\n", "8 101", "a=recvonly\r\n"), ("a=inactive\r\n", "8 101", "a=inactive\r\n"), ("", "0", "RTP/AVP 0\r\n")]
    {
        let offer = phone.offer(lines).replace("8 101", payload);
        let answer = phone.ask("INVITE", "", &offer).await;
        assert_eq!(answer.code(), 200);
        assert!(answer.body().contains(expected), "{}", answer.0);
        phone.confirm("").await;
    }
    let offer = phone.offer("a=sendonly\r\n");
    let answer = phone.ask("UPDATE", "", &offer).await;
    assert!(answer.code() == 200 && answer.body().contains("a=recvonly\r\n"), "{}", answer.0);
    let worse = phone.offer("").replace("8 101", "18");
    assert_eq!(phone.ask("UPDATE", "", &worse).await.code(), 488);
    assert_eq!(phone.ask("BYE", "", "").await.code(), 200);
}

#[tokio::test]
async fn who_offers_nothing_is_offered_something() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let answer = phone.ask("INVITE", "", "").await;
    assert!(answer.body().contains("RTP/AVP 8 0 101\r\n"), "{}", answer.0);
    assert_eq!(echo.held.load(Ordering::SeqCst), 0, "nothing is said before anybody can hear it");
    let ours = phone.offer("");
    phone.confirm(&ours).await;
    until(|| echo.held.load(Ordering::SeqCst) == 1).await;
    // An answer that does not fit ends the call.
    let mut phone = Phone::udp(&server).await;
    assert_eq!(phone.ask("BYE", "", "").await.code(), 481);
}

#[tokio::test]
async fn keys_as_messages() {
    let (server, echo) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    phone.call().await;
    assert_eq!(phone.ask("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\nDuration=160\r\n").await.code(), 200);
    assert_eq!(phone.ask("INFO", "Content-Type: application/dtmf\r\n", "11").await.code(), 200);
    assert_eq!(phone.ask("INFO", "Content-Type: application/dtmf\r\n", "loud").await.code(), 400);
    assert_eq!(phone.ask("INFO", "Content-Type: text/plain\r\n", "5").await.code(), 415);
    assert_eq!(phone.ask("INFO", "", "").await.code(), 200);
    until(|| echo.keys.lock().unwrap().as_str() == "5#").await;
}

#[tokio::test]
async fn the_service_says_goodbye() {
    let (server, _) = serve(Echo { leaves_after: Some(5), ..Echo::default() }, settings()).await;
    let mut phone = Phone::udp(&server).await;
    phone.call().await;
    let bye = phone.asked().await;
    assert_eq!(bye.method(), "BYE");
    phone.reply(&bye, 200).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn the_service_hands_over() {
    let (server, _) = serve(Echo { leaves_after: Some(5), transfers: true, ..Echo::default() }, settings()).await;
    let mut phone = Phone::udp(&server).await;
    phone.call().await;
    let refer = phone.asked().await;
    assert_eq!((refer.method(), refer.header("Refer-To")), ("REFER", Some("<sip:person@127.0.0.1>")));
    phone.reply(&refer, 202).await;
    let event = "Event: refer\r\nSubscription-State: active\r\nContent-Type: message/sipfrag\r\n";
    assert_eq!(phone.ask("NOTIFY", event, "SIP/2.0 100 Trying").await.code(), 200);
    assert_eq!(phone.ask("NOTIFY", event, "SIP/2.0 200 OK").await.code(), 200);
    let bye = phone.asked().await;
    assert_eq!(bye.method(), "BYE");
    phone.reply(&bye, 200).await;
    until(|| server.calls() == 0).await;
}

#[tokio::test]
async fn what_is_sent_again_is_answered_again_and_done_once() {
    let (server, echo) = serve(Echo { places: 5, ..Echo::default() }, settings()).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "", &offer);
    phone.say(&invite).await;
    phone.say(&invite).await;
    let answer = phone.answer().await;
    // Nothing confirms it, so it is said again.
    let again = phone.answer().await;
    assert_eq!((answer.code(), &answer.0), (200, &again.0));
    phone.confirm("").await;
    let bye = phone.request("BYE", "", "");
    phone.say(&bye).await;
    while phone.hear().await.header("CSeq") != Some("2 BYE") {}
    phone.say(&bye).await;
    while phone.hear().await.header("CSeq") != Some("2 BYE") {}
    until(|| echo.ended.load(Ordering::SeqCst) == 1).await;
    assert_eq!(echo.held.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn ringing_that_must_arrive() {
    let (server, _) = serve(Echo::default(), Settings { ring: Duration::from_secs(2), ..settings() }).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "Require: 100rel\r\n", &offer);
    phone.say(&invite).await;
    let mut rings = Vec::new();
    while rings.len() < 2 {
        let message = phone.hear().await;
        if message.code() == 180 {
            rings.push(message.header("RSeq").unwrap().to_owned());
        }
    }
    assert_eq!(rings[0], rings[1], "it is said again until it is confirmed");
    assert_eq!(phone.ask("PRACK", &format!("RAck: {} 9 INVITE\r\n", 1 + rings[0].parse::<u64>().unwrap()), "").await.code(), 481);
    assert_eq!(phone.ask("PRACK", &format!("RAck: {} 1 INVITE\r\n", rings[0]), "").await.code(), 200);
    assert_eq!(phone.answer().await.header("CSeq"), Some("1 INVITE"));
}

#[tokio::test]
async fn a_datagram_needs_no_content_length() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let invite = phone.request("INVITE", "", &offer);
    let without: String = invite.split("\r\n").filter(|line| !line.starts_with("Content-Length")).collect::<Vec<_>>().join("\r\n");
    assert!(without.len() < invite.len());
    phone.say(&without).await;
    assert_eq!(phone.answer().await.code(), 200);
}

#[tokio::test]
async fn strangers_are_not_answered() {
    let settings = Settings { allowed: Networks::parse(["127.0.0.2"]).unwrap(), ..settings() };
    let (server, _) = serve(Echo::default(), settings).await;
    let mut phone = Phone::udp(&server).await;
    let request = phone.request("OPTIONS", "", "");
    phone.say(&request).await;
    until(|| server.turned_away()[0] == 1).await;
}

#[tokio::test]
async fn messages_that_are_no_calls() {
    let (server, _) = serve(Echo::default(), settings()).await;
    let mut phone = Phone::udp(&server).await;
    let options = phone.ask("OPTIONS", "", "").await;
    assert!(options.code() == 200 && options.header("Allow").unwrap().contains("INVITE"));
    for (method, code) in [("REGISTER", 405), ("SUBSCRIBE", 405), ("MESSAGE", 405), ("DANCE", 501), ("BYE", 481)] {
        let mut phone = Phone::udp(&server).await;
        assert_eq!(phone.ask(method, "", "").await.code(), code, "{method}");
    }
}
