//! Session timers (RFC 4028), with a clock that is driven: half an hour takes no time.

use super::phone::{Message, Phone, settings};
use std::sync::Arc;
use std::time::Duration;
use tingshuo::call::reception::{Incoming, Refusal};
use tingshuo::line::sip::Answerer;
use tingshuo::line::sip::line::SipLine;
use tingshuo::line::sip::server::Server;
use tokio::time::{Instant, sleep};

/// Holds calls for ever, and hears nothing.
pub struct Patient;

impl Answerer for Patient {
    type Place = ();

    fn admit(&self) -> Result<(), Refusal> {
        Ok(())
    }

    async fn hold(&self, (): (), _line: SipLine, _incoming: Incoming) {
        std::future::pending().await
    }
}

/// A driven clock jumps to what is next; so it never jumps far past a message that is on its way.
pub fn go_in_small_steps() {
    tokio::spawn(async {
        loop {
            sleep(Duration::from_millis(10)).await;
        }
    });
}

async fn answered(extra: &str) -> (Server<Patient>, Phone, Message) {
    let server = Server::start(settings(), Arc::new(Patient)).await.unwrap();
    go_in_small_steps();
    let mut phone = Phone::udp(&server).await;
    let offer = phone.offer("");
    let answer = phone.ask("INVITE", extra, &offer).await;
    phone.confirm("").await;
    (server, phone, answer)
}

/// The service's next request, and how many seconds after `since` it comes; it is waited for from `quiet_s` on.
async fn asked(phone: &mut Phone, since: Instant, quiet_s: u64) -> (Message, u64) {
    sleep(Duration::from_secs(quiet_s)).await;
    (phone.asked().await, since.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_peer_without_timers_is_asked_at_half_time_and_left_when_it_forgot_the_call() {
    let (server, mut phone, answer) = answered("").await;
    assert_eq!(answer.header("Session-Expires"), Some("1800;refresher=uas"));
    for _ in 0..2 {
        let (refresh, after) = asked(&mut phone, Instant::now(), 880).await;
        assert_eq!((refresh.method(), refresh.body()), ("INVITE", answer.body()), "the same once more");
        assert!((895..905).contains(&after), "after {after} s");
        let (sound, here) = (phone.offer(""), refresh.0.split(' ').nth(1).unwrap());
        phone.reply_with(&refresh, 200, &format!("Contact: <{here}>\r\nContent-Type: application/sdp\r\n"), &sound).await;
        assert_eq!(phone.asked().await.method(), "ACK");
    }
    let (refresh, _) = asked(&mut phone, Instant::now(), 880).await;
    phone.reply(&refresh, 481).await;
    let mut goodbye = phone.asked().await;
    while goodbye.method() != "BYE" {
        goodbye = phone.asked().await;
    }
    phone.reply(&goodbye, 200).await;
    let over = async {
        while server.calls() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), over).await.expect("the end of the call");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_knows_update_is_asked_by_one() {
    let (_server, mut phone, _) =
        answered("Allow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 600;refresher=uas\r\nSupported: timer\r\n").await;
    let (refresh, after) = asked(&mut phone, Instant::now(), 280).await;
    assert_eq!((refresh.method(), refresh.body(), refresh.header("Session-Expires")), ("UPDATE", "", Some("600;refresher=uac")));
    assert!((295..305).contains(&after), "after {after} s");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_promised_signs_of_life_is_left_without_them() {
    let (_server, mut phone, answer) = answered("Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n").await;
    assert_eq!((answer.header("Session-Expires"), answer.header("Require")), (Some("90;refresher=uac"), Some("timer")));
    for _ in 0..3 {
        sleep(Duration::from_secs(50)).await;
        let kept = phone.ask("UPDATE", "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n", "").await;
        assert_eq!(kept.code(), 200);
    }
    let (goodbye, after) = asked(&mut phone, Instant::now(), 50).await;
    assert_eq!(goodbye.method(), "BYE");
    assert!((58..64).contains(&after), "after {after} s");
}
