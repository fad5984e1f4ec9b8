use super::*;
use proptest::prelude::*;

const GOOD: &str = "OPTIONS sip:10086@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK1;rport\r\nMax-Forwards: 70\r\n\
    From: \"A \\\"b\\\" c\" <sip:a@192.0.2.5>;tag=1\r\nTo: <sip:10086@192.0.2.1>\r\nCall-ID: 1@x\r\nCSeq: 7 OPTIONS\r\n\
    Contact: <sip:a@192.0.2.5:5070>\r\nContent-Length: 0\r\n\r\n";

fn from() -> SocketAddr {
    "198.51.100.9:6000".parse().unwrap()
}

/// The code of the answer; 0 for a message that passes, 1 for one that is dropped.
fn judged(message: &str) -> u16 {
    match examine(message.as_bytes(), from(), Carrier::Udp) {
        Verdict::Pass(_) => 0,
        Verdict::Drop(_) => 1,
        Verdict::Answer(answer) => {
            let text = String::from_utf8(answer).unwrap();
            let answer = rsipstack::sip::Response::try_from(text.as_str()).unwrap();
            answer.status_code.code()
        }
    }
}

#[track_caller]
fn check(what: &str, with: &str, expected: u16) {
    assert!(GOOD.contains(what), "{what}");
    let message = GOOD.replace(what, with);
    assert_eq!(judged(&message), expected, "{message}");
}

const PASSES: u16 = 0;
const DROPPED: u16 = 1;

#[test]
fn what_is_strange_and_right_passes() {
    check("", "", PASSES);
    check("OPTIONS sip:10086@192.0.2.1 SIP", "\r\n\r\nOPTIONS sip:10086@192.0.2.1 SIP", PASSES);
    check("SIP/2.0\r\nVia", "sip/2.0\r\nVia", PASSES);
    check("CSeq: 7 OPTIONS", "cseq :  0007\t OPTIONS", PASSES);
    check("Max-Forwards: 70", "Max-Forwards: 0", PASSES);
    check("Max-Forwards: 70\r\n", "", PASSES);
    check("From: \"A", "f:\r\n \"A", PASSES);
    check("To: ", "t: ", PASSES);
    check("Via: SIP/2.0/UDP 192", "v: SIP  /  2.0\r\n  /UDP\r\n\t192", PASSES);
    check("Via: SIP/2.0/UDP 192", "Via: SIP/2.0/UNKNOWN 192", 400);
    check("Content-Length: 0", "l: 0", PASSES);
    check("Content-Length: 0\r\n", "", PASSES);
    check("Content-Length: 0\r\n", "Content-Length: 0\r\nNewFangled: a;b=\"c\" , d\r\nX-Unknown: \u{4f60}\u{597d}\r\n", PASSES);
    check("sip:10086@192.0.2.1 SIP", "sip:%31%30@192.0.2.1;unknown=x;lr SIP", PASSES);
    check("sip:10086@192.0.2.1 SIP", "sip:user;par=u%40example.net?a=b@192.0.2.1 SIP", PASSES);
    check("<sip:a@192.0.2.5>;tag=1", "<sip:a@192.0.2.5;x=\"y\">;tag=1;other", PASSES);
    check("To: <sip:10086@192.0.2.1>", "To: isbn:2983792873", PASSES);
    check("To: <sip:10086@192.0.2.1>", "To: A B <sip:10086@192.0.2.1>", PASSES);
    check("Content-Length: 0\r\n", "Content-Length: 0\r\nRequire: 100rel, Timer\r\n", PASSES);
    check("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\nmore of it", PASSES);
}

#[test]
fn parameters_are_judged() {
    check("rport\r\n", "rport;x=\"a;,b\"\r\n", PASSES);
    check("rport\r\n", "rport;;\r\n", 400);
    check("rport\r\n", "rport;=x\r\n", 400);
    check("rport\r\n", "rport;\r\n", 400);
    check("rport\r\n", "rport;x=a b\r\n", 400);
    check("<sip:a@192.0.2.5:5070>", "<sip:a@192.0.2.5:5070>;;q=1", 400);
    check("<sip:a@192.0.2.5:5070>", "<sip:a@192.0.2.5:5070> q=1", 400);
    check("<sip:a@192.0.2.5:5070>", "<sip:a@192.0.2.5:5070>;q=1, \"b\" <sip:b@192.0.2.5>;q=0.5", PASSES);
    check("<sip:a@192.0.2.5:5070>", "<sip:a@192.0.2.5:5070>;q=1, <sip:b@192.0.2.5>;", 400);
    check("To: <sip:10086@192.0.2.1>", "To: sip:10086@192.0.2.1 ; x ; y = z", PASSES);
}

#[test]
fn callers_of_an_older_standard_are_heard() {
    let old = GOOD.replace(";branch=z9hG4bK1;rport", "").replace(";tag=1", "").replace("Max-Forwards: 70\r\n", "");
    assert_eq!(judged(&old), PASSES);
    assert!(matches!(examine(old.as_bytes(), from(), Carrier::Tcp), Verdict::Answer(_)));
    assert_eq!(judged(&old.replace("192.0.2.5:5070\r\n", "192.0.2.5:5070;branch=1\r\n")), PASSES);
    assert_eq!(judged(&old.replace("192.0.2.5:5070\r\n", "192.0.2.5:5070;branch=z9hG4bK\r\n")), 400);
}

#[test]
fn what_is_wrong_is_answered() {
    check("OPTIONS sip", "OPTIONS  sip", 400);
    check("sip:10086@192.0.2.1 SIP", "sip:10086@192.0.2.1; lr SIP", 400);
    check("sip:10086@192.0.2.1 SIP", "sip:10086@192.0.2.1?a=b SIP", 400);
    check("\r\n\r\n", "\r\n", 400);
    check("sip:10086@192.0.2.1 SIP", "<sip:10086@192.0.2.1> SIP", 400);
    check("sip:10086@192.0.2.1 SIP/2.0", "sip:10086@192.0.2.1 SIP/2.0 ", 400);
    check("SIP/2.0\r\nVia", "SIP/7.0\r\nVia", 505);
    check("SIP/2.0\r\nVia", "HTTP/1.1\r\nVia", 400);
    check("sip:10086@192.0.2.1 SIP", "soap.beep://192.0.2.1 SIP", 416);
    check("sip:10086@192.0.2.1 SIP", "nobody:10086 SIP", 416);
    check("CSeq: 7 OPTIONS", "CSeq: 7 INVITE", 400);
    check("CSeq: 7 OPTIONS", "CSeq: 36893488147419103232 OPTIONS", 400);
    check("CSeq: 7 OPTIONS", "CSeq: 2147483648 OPTIONS", 400);
    check("CSeq: 7 OPTIONS", "CSeq: +7 OPTIONS", 400);
    check("CSeq: 7 OPTIONS", "CSeq: 7", 400);
    check("CSeq: 7 OPTIONS\r\n", "", 400);
    check("CSeq: 7 OPTIONS\r\n", "CSeq: 7 OPTIONS\r\nCSeq: 8 OPTIONS\r\n", 400);
    check("Call-ID: 1@x\r\n", "", 400);
    check("c\" <sip", "c <sip", 400);
    check(";tag=1", "", 400);
    check("\"A \\\"b\\\" c\" <sip", "Bell, A <sip", 400);
    check("To: <sip:10086@192.0.2.1>", "To: \"unclosed <sip:10086@192.0.2.1>", 400);
    check("To: <sip:10086@192.0.2.1>", "To: < sip:10086@192.0.2.1 >", 400);
    check("To: <sip:10086@192.0.2.1>", "To: <sip:10086@192.0.2.1", 400);
    check("<sip:a@192.0.2.5:5070>", "sip:a@192.0.2.5:5070?x=y", 400);
    check("Max-Forwards: 70", "Max-Forwards: 300", 400);
    check("Max-Forwards: 70", "Max-Forwards: many", 400);
    check("Content-Length: 0", "Content-Length: 9", 400);
    check("Content-Length: 0", "Content-Length: -9", 400);
    check("Content-Length: 0", "Content-Length: 0\r\nContent-Length: 5", 400);
    check("Content-Length: 0\r\n", "Content-Length: 0\r\nRequire: nothing, 100rel\r\n", 420);
    assert_eq!(judged(&GOOD.replace("OPTIONS", "NEWMETHOD")), 501);
    assert_eq!(judged(&GOOD.replace("OPTIONS", "options")), 501);
}

#[test]
fn what_cannot_be_answered_is_dropped() {
    check("Via: SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK1;rport\r\n", "", DROPPED);
    check("\r\n\r\n", "", DROPPED);
    assert_eq!(judged(&GOOD.replace("OPTIONS", "ACK").replace("7 ACK", "8 INVITE")), DROPPED);
    assert_eq!(examine(&[0xff; 300], from(), Carrier::Udp), Verdict::Drop("no message"));
    assert_eq!(examine(b"\r\n", from(), Carrier::Udp), Verdict::Drop("empty or too long"));
}

#[test]
fn responses() {
    let response = |line: &str| judged(&GOOD.replace("OPTIONS sip:10086@192.0.2.1 SIP/2.0", line));
    assert_eq!(response("SIP/2.0 200 OK"), PASSES);
    assert_eq!(response("SIP/2.0 200 "), PASSES);
    assert_eq!(
        judged(&GOOD.replace("OPTIONS sip:10086@192.0.2.1 SIP/2.0", "SIP/2.0 200 OK").replace("Max", "Via: SIP/2.0/UDP a\r\nMax")),
        DROPPED
    );
    assert_eq!(response("SIP/2.0 4294967301 better not break the receiver"), DROPPED);
    assert_eq!(response("SIP/2.0 099 no"), DROPPED);
    assert_eq!(response("SIP/2.0 700 no"), DROPPED);
    assert_eq!(response("SIP/7.0 200 OK"), DROPPED);
}

#[test]
fn an_answer_goes_back_where_the_request_came_from() {
    let Verdict::Answer(answer) = examine(GOOD.replace("SIP/2.0\r\n", "SIP/3.0\r\n").as_bytes(), from(), Carrier::Udp) else {
        panic!("no answer")
    };
    let text = String::from_utf8(answer).unwrap();
    assert!(text.starts_with("SIP/2.0 505 "), "{text}");
    assert!(text.contains("Via: SIP/2.0/UDP 192.0.2.5:5070;branch=z9hG4bK1;received=198.51.100.9;rport=6000\r\n"), "{text}");
    assert!(text.contains("To: <sip:10086@192.0.2.1>;tag="), "{text}");
    assert!(text.contains("CSeq: 7 OPTIONS\r\n") && text.contains("Call-ID: 1@x\r\n"), "{text}");
}

#[test]
fn a_missing_length_is_what_is_left() {
    let message = GOOD.replace("Content-Length: 0\r\n\r\n", "\r\nfive!");
    let Verdict::Pass(whole) = examine(message.as_bytes(), from(), Carrier::Udp) else { panic!("it did not pass") };
    let SipMessage::Request(request) = SipMessage::try_from(whole.as_slice()).unwrap() else { panic!("no request") };
    assert_eq!(request.body, b"five!");
}

#[test]
fn what_follows_the_announced_body_is_cut_off() {
    let message = GOOD.replace("Content-Length: 0\r\n\r\n", "Content-Length: 4\r\n\r\nfiveREGISTER");
    let Verdict::Pass(whole) = examine(message.as_bytes(), from(), Carrier::Udp) else { panic!("it did not pass") };
    assert!(whole.ends_with(b"content-length: 4\r\n\r\nfive"), "{}", String::from_utf8_lossy(&whole));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        examine(&bytes, from(), Carrier::Udp);
    }

    #[test]
    fn no_damage_panics(cuts in proptest::collection::vec((0usize..600, any::<u8>(), 0u8..3), 1..6)) {
        let mut bytes = GOOD.as_bytes().to_vec();
        for (at, byte, how) in cuts {
            let at = at % bytes.len().max(1);
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.drain(at..(at + usize::from(byte) / 8).min(bytes.len()))),
            }
            if bytes.is_empty() {
                break;
            }
        }
        if let Verdict::Answer(answer) = examine(&bytes, from(), Carrier::Udp) {
            let text = String::from_utf8(answer).unwrap();
            prop_assert!(text.starts_with("SIP/2.0 ") && text.ends_with("\r\n\r\n"));
        }
    }
}
