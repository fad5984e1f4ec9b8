//! Against a mail server of the test's own, which answers as it is told and keeps what it hears.

use super::*;
use crate::business::clock;
use crate::business::demo::DemoOperator;
use crate::care::{Courier, FileOutbox};
use crate::store::Database;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use std::collections::VecDeque;
use std::sync::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Wants mail, and has an address; so do who wants texts, and who wants nothing.
pub(super) const WANTS_MAIL: &str = "13800000008";
const WANTS_TEXT: &str = "13800000001";
const WANTS_NOTHING: &str = "13800000005";

pub(super) fn at(seconds: i64) -> DateTime {
    date(2026, 11, 22).at(9, 30, 0, 0).saturating_add(SignedDuration::from_secs(seconds))
}

pub(super) type Heard = Arc<Mutex<Vec<String>>>;

/// A server that gives these answers to recipients, one after the other, then takes everybody; and what it heard.
async fn server(answers: &[&'static str]) -> (u16, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Heard::default());
    let mut answers: VecDeque<&str> = answers.iter().copied().collect();
    let log = heard.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (read, mut write) = socket.split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 here\r\n").await.unwrap();
            let mut is_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = match line.as_str() {
                    "." if is_data => "250 taken",
                    _ if is_data => "",
                    "DATA" => "354 go on",
                    "QUIT" => "221 bye",
                    other if other.starts_with("RCPT TO") => answers.pop_front().unwrap_or("250 known"),
                    _ => "250 well",
                };
                is_data = (is_data && line != ".") || line == "DATA";
                log.lock().unwrap().push(line);
                if !answer.is_empty() && write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (port, heard)
}

async fn house(answers: &[&'static str]) -> (Database, Arc<SmtpOutbox>, Heard, FileOutbox) {
    let database = Database::temporary().await.unwrap();
    let (port, heard) = server(answers).await;
    let operator = Arc::new(DemoOperator::new(database.clone(), clock::fixed(at(0))));
    let files = FileOutbox::beside(&database);
    let outbox = SmtpOutbox::new(set(port), operator, Arc::new(files.clone())).unwrap();
    (database, Arc::new(outbox), heard, files)
}

pub(super) fn set(port: u16) -> Server {
    Server {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::None,
        authority: None,
        user: None,
        from: "听说电信 <notices@tingshuo.example>".into(),
        subject: "听说电信通知".into(),
    }
}

fn number(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).unwrap()
}

pub(super) fn notice(to: &str) -> Notice {
    Notice {
        key: "2611220001/done/1".into(),
        to: number(to),
        text: "您的宽带故障（编号2611220001）已经处理完。".into(),
        about: "2611220001".into(),
        channel: Channel::Text,
        at: at(0),
    }
}

/// Words of a header in base64 and UTF-8 (RFC 2047).
fn decoded(header: &str) -> String {
    let words = header.split_whitespace().filter_map(|word| word.strip_prefix("=?utf-8?b?")?.strip_suffix("?="));
    words.map(|word| String::from_utf8(BASE64_STANDARD.decode(word).unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn who_wants_mail_gets_the_notice_in_utf_8() {
    let (_, outbox, heard, files) = house(&[]).await;
    outbox.put(notice(WANTS_MAIL)).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    let has = |line: &str| heard.iter().any(|heard| heard == line);
    assert!(has("EHLO tingshuo.example") && has("MAIL FROM:<notices@tingshuo.example>"), "{heard:?}");
    assert!(has("RCPT TO:<johnson@mail.example>"), "{heard:?}");
    let subject = heard.iter().find_map(|line| line.strip_prefix("Subject: ")).unwrap();
    assert_eq!(decoded(subject), "听说电信通知");
    let body = heard.iter().skip_while(|line| !line.is_empty()).skip(1).take_while(|line| *line != ".");
    let body: String = body.map(String::as_str).collect();
    assert_eq!(String::from_utf8(BASE64_STANDARD.decode(body).unwrap()).unwrap(), notice(WANTS_MAIL).text);
    assert!(heard.iter().any(|line| line.starts_with("Message-ID: <") && line.ends_with("@tingshuo.example>")), "{heard:?}");
    assert!(!files.file_of(&number(WANTS_MAIL)).exists(), "by one way only");
}

#[tokio::test]
async fn each_is_written_to_as_he_chose_and_no_address_is_kept() {
    let (database, outbox, heard, files) = house(&[]).await;
    for to in [WANTS_TEXT, WANTS_NOTHING, WANTS_MAIL, "13800009999"] {
        database.notices().keep(to, &number(to), "2611220001", "您好", at(0)).await.unwrap();
    }
    let carried = Courier::new(database.clone(), outbox).carry(at(0)).await.unwrap();
    assert_eq!((carried.sent, carried.unwanted, carried.failed, carried.given_up), (3, 1, 0, 0));
    assert_eq!(heard.lock().unwrap().iter().filter(|line| line.starts_with("RCPT")).count(), 1);
    let written = [WANTS_TEXT, WANTS_NOTHING, WANTS_MAIL, "13800009999"].map(|to| files.file_of(&number(to)).exists());
    assert_eq!(written, [true, false, false, true]);
}

#[tokio::test]
async fn a_server_that_has_no_time_is_asked_again_and_a_no_is_final() {
    let (database, outbox, heard, _) = house(&["451 come again", "250 known", "550 5.1.1 <Johnson@mail.example>: no such box here"]).await;
    let courier = Courier::new(database.clone(), outbox.clone());
    database.notices().keep("a", &number(WANTS_MAIL), "2611220001", "您好", at(0)).await.unwrap();
    let mut carried = Vec::new();
    for second in [0, 1, 15, 60] {
        let round = courier.carry(at(second)).await.unwrap();
        carried.push((round.failed, round.sent));
    }
    assert_eq!(carried, [(1, 0), (0, 0), (0, 1), (0, 0)], "tried again after a while, and taken once");
    let refused = outbox.put(notice(WANTS_MAIL)).await.unwrap_err();
    assert!(
        matches!(&refused, NoticeError::Undeliverable(words) if words.contains("550") && words.contains("no such box here")),
        "{refused}"
    );
    assert!(!refused.to_string().to_lowercase().contains("johnson"), "{refused}");
    let (database, outbox, ..) = house(&["550 no such box here"]).await;
    let courier = Courier::new(database.clone(), outbox);
    database.notices().keep("b", &number(WANTS_MAIL), "2611220001", "您好", at(0)).await.unwrap();
    let rounds = [courier.carry(at(0)).await.unwrap(), courier.carry(at(90_000)).await.unwrap()];
    assert_eq!(rounds.map(|round| (round.given_up, round.failed, round.sent)), [(1, 0, 0), (0, 0, 0)]);
    assert!(!heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let database = Database::temporary().await.unwrap();
    let operator = Arc::new(DemoOperator::new(database.clone(), clock::fixed(at(0))));
    let outbox = SmtpOutbox::new(set(port), operator, Arc::new(FileOutbox::beside(&database))).unwrap();
    assert!(matches!(outbox.put(notice(WANTS_MAIL)).await, Err(NoticeError::Refused(_))));
}

#[tokio::test]
async fn what_is_set_wrongly_is_named() {
    let database = Database::temporary().await.unwrap();
    let operator: Arc<dyn Operator> = Arc::new(DemoOperator::new(database.clone(), clock::fixed(at(0))));
    let otherwise: Arc<dyn Outbox> = Arc::new(FileOutbox::beside(&database));
    let rejected = |server: Server| SmtpOutbox::new(server, operator.clone(), otherwise.clone()).err().unwrap_or_default();
    assert!(rejected(Server { host: "mail.example".into(), ..set(25) }).contains("use tls or starttls"));
    assert!(rejected(Server { from: "nobody".into(), ..set(25) }).starts_with("from \"nobody\""));
    assert_eq!(rejected(Server { host: "mail.example".into(), security: Security::StartTls, ..set(587) }), "");
    assert_eq!(rejected(Server { host: "mail.example".into(), security: Security::Tls, ..set(465) }), "");
    let no_authority = Server { security: Security::Tls, authority: Some(b"somebody".to_vec()), ..set(465) };
    assert!(rejected(no_authority).starts_with("ca_file: "));
}
