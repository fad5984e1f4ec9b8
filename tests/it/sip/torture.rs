//! Messages that are strange and right, or plain and wrong, of the kinds that RFC 4475 collects; the whole line behind them.

use crate::program::{Folder, tingshuo};
use tingshuo::line::sip::judge::{Judge, Ruling};

const OFFER: &str = "v=0\r\no=a 1 1 IN IP4 192.0.2.40\r\ns=-\r\nc=IN IP4 192.0.2.40\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 101\r\n";
/// Code for a message that is taken without an answer, and for one that is dropped.
const TAKEN: u16 = 1;
const DROPPED: u16 = 2;

fn request(method: &str) -> String {
    format!(
        "{method} sip:10086@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.40:5070;branch=z9hG4bKa1\r\nMax-Forwards: 70\r\n\
         From: \"A\" <sip:a@192.0.2.40>;tag=1\r\nTo: <sip:10086@192.0.2.1>\r\nCall-ID: 1@192.0.2.40\r\nCSeq: 4 {method}\r\n\
         Contact: <sip:a@192.0.2.40:5070>\r\nContent-Length: 0\r\n\r\n"
    )
}

fn call() -> String {
    let typed = format!("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{OFFER}", OFFER.len());
    request("INVITE").replace("Content-Length: 0\r\n\r\n", &typed)
}

async fn check(what: &str, message: &str, expected: u16) {
    let code = match Judge::new().await.unwrap().rule(message.as_bytes()).await {
        Ruling::Answered { code, .. } => code,
        Ruling::Taken => TAKEN,
        Ruling::Dropped(_) => DROPPED,
        Ruling::Silence => 0,
    };
    assert_eq!(code, expected, "{what}\n{message}");
}

#[tokio::test]
async fn strange_and_right() {
    check("a call", &call(), 200).await;
    let spread = call()
        .replace(
            "Via: SIP/2.0/UDP 192.0.2.40:5070;branch=z9hG4bKa1",
            "v :\r\n SIP /\t2.0\r\n / UDP\r\n\t192.0.2.40 : 5070 ;\r\n branch = z9hG4bKa1",
        )
        .replace("From: \"A\" <sip:a@192.0.2.40>;tag=1", "FROM :\r\n \"A \\\" \\\\\"\r\n  <sip:a@192.0.2.40>\r\n ;tag =\r\n 1")
        .replace("CSeq: 4 INVITE", "cSEQ: 0004\r\n  INVITE")
        .replace("Content-Length: ", "l :  000")
        .replace("Max-Forwards: 70\r\n", "Max-Forwards: 0070\r\ns:\r\nStranger: ;;,=,\"\r\n");
    check("spread over lines, with white space wherever it may be", &spread, 200).await;
    check("of a call that nobody knows", &spread.replace("<sip:10086@192.0.2.1>\r", "sip:10086@192.0.2.1 ;\r\n tag = 7\r"), 481).await;
    let several =
        "Via: SIP/2.0/UDP 192.0.2.40:5070;branch=z9hG4bKa1\r\nVia: SIP/2.0/SCTP a.example;branch=z9hG4bKa2, SIP/2.0/UNKNOWN b.example";
    let one = "Via: SIP/2.0/UDP 192.0.2.40:5070;branch=z9hG4bKa1";
    check("over ways that we know nothing of", &request("OPTIONS").replace(one, several), 200).await;
    check("escapes in addresses", &call().replace("sip:a@192.0.2.40>", "sip:sips%3Aa%40b%00@192.0.2.40>"), 200).await;
    check("semicolons before the at sign", &request("OPTIONS").replace("sip:10086@192.0.2.1 SIP", "sip:a;b=c%40d@192.0.2.1 SIP"), 200)
        .await;
    check("a name that touches its address", &request("OPTIONS").replace("\"A\" <sip:a", "caller<sip:a"), 200).await;
    check("the last hop", &request("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: 0"), 200).await;
    check("two messages in one datagram", &format!("{}{}", request("OPTIONS"), request("BYE")), 200).await;
    check("long values", &request("OPTIONS").replace("tag=1", &format!("tag=1{};p=\"x\"{}", "9".repeat(3000), ";p=\"x\"".repeat(40))), 200)
        .await;
    check("a response without a reason", &request("OPTIONS").replace("OPTIONS sip:10086@192.0.2.1 SIP/2.0", "SIP/2.0 100 "), TAKEN).await;
    check("an unknown scheme of who is called", &request("REGISTER").replace("To: <sip:10086@192.0.2.1>", "To: isbn:9780000000002"), 405)
        .await;
    check("a parameter of a contact", &request("REGISTER").replace("5070>", "5070>;q=0.1;x=\"y, z\""), 405).await;
    check(
        "an unknown way to prove who one is",
        &request("REGISTER").replace("Contact:", "Authorization: Trust me=\"yes\"\r\nContact:"),
        405,
    )
    .await;
}

#[tokio::test]
async fn plain_and_wrong() {
    check("empty parameters", &call().replace("z9hG4bKa1", "z9hG4bKa1;;,;"), 400).await;
    check("empty parameters of a contact", &call().replace("5070>", "5070>;;;"), 400).await;
    check("a body shorter than announced", &call().replace("Content-Length: ", "Content-Length: 9"), 400).await;
    check("a negative length", &call().replace("Content-Length: ", "Content-Length: -"), 400).await;
    check("two lengths", &call().replace("Content-Length: ", "Content-Length: 2\r\nContent-Length: "), 400).await;
    check("numbers beyond their size", &request("OPTIONS").replace("CSeq: 4", "CSeq: 9999999999999999999999"), 400).await;
    check(
        "a response with such a number",
        &request("OPTIONS").replace("OPTIONS sip:10086@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK").replace("CSeq: 4", "CSeq: 99999999999"),
        DROPPED,
    )
    .await;
    check("an open quotation", &call().replace("\"A\"", "\"A"), 400).await;
    check("brackets around the request's address", &call().replace("sip:10086@192.0.2.1 SIP", "<sip:10086@192.0.2.1> SIP"), 400).await;
    check("white space inside it", &call().replace("sip:10086@192.0.2.1 SIP", "sip:10086@192.0.2.1; lr SIP"), 400).await;
    check("two spaces", &call().replace("INVITE sip", "INVITE  sip"), 400).await;
    check("a space at the end", &call().replace("1 SIP/2.0\r", "1 SIP/2.0 \r"), 400).await;
    check("header fields in it", &call().replace("sip:10086@192.0.2.1 SIP", "sip:10086@192.0.2.1?Route=%3Csip:x%3E SIP"), 400).await;
    check("header fields outside of brackets", &request("REGISTER").replace("<sip:a@192.0.2.40:5070>", "sip:a@192.0.2.40?x=y"), 400).await;
    check("a name without quotation marks", &call().replace("\"A\" <", "Li, Lei <"), 400).await;
    check("white space inside brackets", &call().replace("<sip:10086@192.0.2.1>", "< sip:10086@192.0.2.1 >"), 400).await;
    check("another version", &call().replace("1 SIP/2.0\r", "1 SIP/3.1\r"), 505).await;
    check("two methods", &call().replace("4 INVITE", "4 OPTIONS"), 400).await;
    check("a method of nobody", &request("WHISTLE"), 501).await;
    check("a scheme of nobody", &call().replace("sip:10086@192.0.2.1 SIP", "carrier.pigeon://10086 SIP"), 416).await;
    check("nothing but a way back", "OPTIONS sip:10086@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.40;branch=z9hG4bKa1\r\n\r\n", 400)
        .await;
    check("everything twice", &call().replace("Call-ID", "Call-ID: 2\r\nTo: <sip:b@192.0.2.1>\r\nCall-ID"), 400).await;
    check("what we cannot do", &call().replace("Contact", "Require: flying, diving\r\nContact"), 420).await;
    check("an unknown body", &call().replace("application/sdp", "application/riddle"), 415).await;
    check("an answer that is not taken", &call().replace("Contact", "Accept: text/riddle\r\nContact"), 406).await;
    check("an answer of any kind", &call().replace("Contact", "Accept: text/plain, application/*;q=0.4\r\nContact"), 200).await;
    check(
        "a response that is another's",
        &request("INVITE")
            .replace("INVITE sip:10086@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK")
            .replace("Max", "Via: SIP/2.0/UDP 255.255.255.255\r\nMax"),
        DROPPED,
    )
    .await;
    check(
        "a response beyond all codes",
        &request("INVITE").replace("INVITE sip:10086@192.0.2.1 SIP/2.0", "SIP/2.0 20000000200 OK"),
        DROPPED,
    )
    .await;
}

#[tokio::test]
async fn callers_of_an_older_standard() {
    let old = call()
        .replace(";branch=z9hG4bKa1", "")
        .replace(";tag=1", "")
        .replace("Max-Forwards: 70\r\n", "")
        .replace("Contact: <sip:a@192.0.2.40:5070>\r\n", "")
        .replace(&format!("Content-Length: {}\r\n", OFFER.len()), "");
    check("RFC 2543 has no tags, no branches, and needs no contact", &old, 200).await;
    check("a branch of today needs a tag", &call().replace(";tag=1", ""), 400).await;
}

#[test]
fn damaged_messages_are_survived() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.join("m")).unwrap();
    for (n, message) in [call(), request("OPTIONS"), request("BYE"), request("REGISTER")].iter().enumerate() {
        std::fs::write(folder.join("m").join(n.to_string()), message).unwrap();
    }
    let run = tingshuo(&["sip", "judge", folder.join("m").to_str().unwrap(), "--mutations", "400", "--seed", "7"], "");
    assert!(!run.err.contains("panicked"), "{}", run.err);
    assert!(run.out.contains("400 ") && run.out.contains("200 ") && run.out.contains("dropped "), "{}\n{}", run.out, run.err);
    run.succeeds();
}
