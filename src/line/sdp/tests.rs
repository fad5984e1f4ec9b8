use super::*;
use proptest::prelude::*;

/// An offer with the given lines after `c=`; `{}` lines end as on the wire.
fn offer(lines: &[&str]) -> String {
    let mut text = "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n".to_owned();
    for line in lines {
        text.push_str(line);
        text.push_str("\r\n");
    }
    text
}

fn networks() -> Networks {
    Networks::parse(["192.0.2.0/24", "2001:db8::/32"]).unwrap()
}

fn negotiation() -> Negotiation {
    Negotiation::new("192.0.2.1:20000".parse().unwrap(), &Codec::ALL, 7)
}

#[track_caller]
fn answered(lines: &[&str]) -> (Agreed, String) {
    let (agreed, body) = negotiation().answer(offer(lines).as_bytes(), &networks()).unwrap();
    (agreed, String::from_utf8(body).unwrap())
}

#[track_caller]
fn check(lines: &[&str], codec: Codec, payload_type: u8, digits: Option<u8>) {
    let (agreed, body) = answered(lines);
    assert_eq!((agreed.codec, agreed.payload_type, agreed.digits), (codec, payload_type, digits), "{lines:?}");
    assert!(body.contains(&format!("a=rtpmap:{payload_type} {}/8000\r\n", codec.name())), "{body}");
}

#[track_caller]
fn fails(lines: &[&str], error: SdpError) {
    assert_eq!(negotiation().answer(offer(lines).as_bytes(), &networks()).map(|_| ()), Err(error), "{lines:?}");
}

#[test]
fn codecs() {
    check(&["m=audio 4000 RTP/AVP 0"], Codec::Pcmu, 0, None);
    check(&["m=audio 4000 RTP/AVP 8"], Codec::Pcma, 8, None);
    check(&["m=audio 4000 RTP/AVP 0 8"], Codec::Pcmu, 0, None);
    check(&["m=audio 4000 RTP/AVP 9 18 8 0", "a=rtpmap:18 G729/8000"], Codec::Pcma, 8, None);
    check(&["m=audio 4000 RTP/AVP 96 0", "a=rtpmap:96 opus/48000/2"], Codec::Pcmu, 0, None);
    check(&["m=audio 4000 RTP/AVP 97", "a=rtpmap:97 pcma/8000/1"], Codec::Pcma, 97, None);
    check(&["m=audio 4000 RTP/AVP 97 8", "a=rtpmap:97 PCMA/16000"], Codec::Pcma, 8, None);
    // A static number that is mapped to something else is that something else.
    check(&["m=audio 4000 RTP/AVP 0 8", "a=rtpmap:0 L16/8000"], Codec::Pcma, 8, None);
}

#[test]
fn digits_have_the_number_that_the_peer_gives_them() {
    check(&["m=audio 4000 RTP/AVP 8 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"], Codec::Pcma, 8, Some(101));
    check(&["m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 TELEPHONE-EVENT/8000"], Codec::Pcma, 8, Some(96));
    // Mapped, but not among the formats; and at a rate of another codec.
    check(&["m=audio 4000 RTP/AVP 8", "a=rtpmap:101 telephone-event/8000"], Codec::Pcma, 8, None);
    check(&["m=audio 4000 RTP/AVP 8 110", "a=rtpmap:110 telephone-event/48000"], Codec::Pcma, 8, None);
    let (_, body) = answered(&["m=audio 4000 RTP/AVP 8 96", "a=rtpmap:96 telephone-event/8000"]);
    assert!(body.contains("m=audio 20000 RTP/AVP 8 96\r\n") && body.contains("a=fmtp:96 0-15\r\n"), "{body}");
}

#[test]
fn only_configured_codecs_are_spoken() {
    let mut only_alaw = Negotiation::new("192.0.2.1:20000".parse().unwrap(), &[Codec::Pcma], 7);
    let (agreed, _) = only_alaw.answer(offer(&["m=audio 4000 RTP/AVP 0 8"]).as_bytes(), &networks()).unwrap();
    assert_eq!(agreed.codec, Codec::Pcma);
    let refused = only_alaw.answer(offer(&["m=audio 4000 RTP/AVP 0"]).as_bytes(), &networks());
    assert_eq!(refused.map(|_| ()), Err(SdpError::NoCommonCodec));
}

#[test]
fn what_cannot_be_carried() {
    fails(&["m=audio 4000 RTP/AVP 18 9"], SdpError::NoCommonCodec);
    fails(&["m=audio 0 RTP/AVP 0"], SdpError::NoSound);
    fails(&["m=audio 4000 RTP/SAVP 0"], SdpError::Encrypted);
    fails(&["m=audio 4000 UDP/TLS/RTP/SAVPF 0"], SdpError::NoSound);
    fails(&["m=video 4000 RTP/AVP 31"], SdpError::NoSound);
    fails(&[], SdpError::NoSound);
    fails(&["m=audio 4000 RTP/AVP 8", "a=maxptime:10"], SdpError::ShortPackets);
    fails(&["m=video 4000 RTP/AVP 31", "m=audio 4000 RTP/AVP 18"], SdpError::NoCommonCodec);
}

const KEY: &str = "a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
const OTHER_KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";

#[test]
fn encrypted_sound_is_answered_as_the_call_may_have_it() {
    let check = |protection: Protection, lines: &[&str], expected: Result<&str, SdpError>| {
        let answered = negotiation().protected(protection).answer(offer(lines).as_bytes(), &networks());
        let answered = answered.map(|(agreed, body)| {
            let text = String::from_utf8(body).unwrap();
            assert_eq!(agreed.secured.is_some(), text.contains("a=crypto:"), "{text}");
            text.lines()
                .filter(|line| line.starts_with("m=") || line.starts_with("a=crypto"))
                .map(|line| line.chars().take(20).collect::<String>())
                .collect::<Vec<_>>()
                .join(", ")
        });
        assert_eq!(answered.as_deref(), expected.as_ref().map(|text| *text), "{protection:?} {lines:?}");
    };
    let (plain, secured) = ("m=audio 4000 RTP/AVP 8", "m=audio 4002 RTP/SAVP 8");
    let taken = "m=audio 20000 RTP/SA, a=crypto:4 AES_CM_12";
    check(Protection::Plain, &[secured, KEY], Err(SdpError::Encrypted));
    check(Protection::Plain, &[plain], Ok("m=audio 20000 RTP/AV"));
    check(Protection::Plain, &[plain, KEY], Ok("m=audio 20000 RTP/AV"));
    check(Protection::Either, &[secured, KEY], Ok(taken));
    check(Protection::Either, &[plain], Ok("m=audio 20000 RTP/AV"));
    // Encrypted sound goes before plain sound, wherever it stands.
    check(Protection::Either, &[plain, secured, KEY], Ok("m=audio 0 RTP/AVP 8, m=audio 20000 RTP/SA, a=crypto:4 AES_CM_12"));
    check(Protection::Encrypted, &[secured, KEY], Ok(taken));
    check(Protection::Encrypted, &[plain], Err(SdpError::Unencrypted));
    // The first that can be used; none that can.
    check(Protection::Either, &[secured, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA", KEY, OTHER_KEY], Ok(taken));
    check(Protection::Either, &[secured], Err(SdpError::NoCommonCipher));
    check(Protection::Either, &[secured, "a=crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA"], Err(SdpError::NoCommonCipher));
}

#[test]
fn an_encrypted_offer_of_ours_is_accepted_by_another_of_us_and_by_nobody_else() {
    let mut caller = Negotiation::new("192.0.2.2:30000".parse().unwrap(), &Codec::ALL, 8).protected(Protection::Either);
    let mut callee = negotiation().protected(Protection::Either);
    let ours = caller.offer();
    let text = String::from_utf8(ours.clone()).unwrap();
    assert!(text.contains("RTP/SAVP 8 0 101\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"), "{text}");
    let (callee_says, answer) = callee.answer(&ours, &networks()).unwrap();
    let (callee_says, caller_says) = (callee_says.secured.unwrap(), caller.accept(&answer, &networks()).unwrap().secured.unwrap());
    assert_eq!((callee_says.ours, callee_says.theirs), (caller_says.theirs, caller_says.ours));
    assert_ne!(callee_says.ours, callee_says.theirs);
    // A sign of life, and another offer in the same call, have the same keys.
    for again in [caller.again(), caller.offer()] {
        let (callee_again, answer) = callee.answer(&again, &networks()).unwrap();
        assert_eq!(
            callee_again.secured.as_ref().map(|secured| (secured.ours, secured.theirs)),
            Some((callee_says.ours, callee_says.theirs))
        );
        assert!(caller.accept(&answer, &networks()).is_ok());
    }
    // Plain, of a line that was never offered, without a line.
    let mut refused = |lines: &[&str], error: SdpError| assert_eq!(caller.accept(offer(lines).as_bytes(), &networks()), Err(error));
    refused(&["m=audio 4000 RTP/AVP 8"], SdpError::Unencrypted);
    refused(&["m=audio 4000 RTP/SAVP 8", KEY], SdpError::NoCommonCipher);
    refused(&["m=audio 4000 RTP/SAVP 8"], SdpError::NoCommonCipher);
}

#[test]
fn another_telephone_is_told_another_key() {
    let mut ours = negotiation().protected(Protection::Either);
    let mut keys = |line: &str| {
        let (agreed, _) = ours.answer(offer(&["m=audio 4000 RTP/SAVP 8", line]).as_bytes(), &networks()).unwrap();
        agreed.secured.unwrap().ours
    };
    let (first, again, other) = (keys(KEY), keys(KEY), keys(OTHER_KEY));
    assert!(first == again && first != other);
    assert!(!format!("{ours:?}").contains(&format!("{:?}", first.0)), "keys have no Debug");
    // Once the sound is plain it is not offered otherwise.
    let mut ours = negotiation().protected(Protection::Either);
    ours.answer(offer(&["m=audio 4000 RTP/AVP 8"]).as_bytes(), &networks()).unwrap();
    assert!(!String::from_utf8(ours.offer()).unwrap().contains("crypto"));
}

#[test]
fn sound_goes_to_allowed_networks_only() {
    fails(&["m=audio 4000 RTP/AVP 8", "c=IN IP4 203.0.113.9"], SdpError::ForeignAddress("203.0.113.9".to_owned()));
    fails(&["m=audio 4000 RTP/AVP 8", "c=IN IP4 phone.example.com"], SdpError::ForeignAddress("phone.example.com".to_owned()));
    fails(&["m=audio 4000 RTP/AVP 8", "c=IN IP4 224.2.1.1/127"], SdpError::ForeignAddress("224.2.1.1/127".to_owned()));
    fails(&["m=audio 4000 RTP/AVP 8", "a=rtcp:53 IN IP4 203.0.113.9"], SdpError::ForeignAddress("203.0.113.9".to_owned()));
    let (agreed, _) = answered(&["m=audio 4000 RTP/AVP 8", "c=IN IP6 2001:db8::9"]);
    assert_eq!(agreed.remote, "[2001:db8::9]:4000".parse().unwrap());
}

#[test]
fn reports_go_beside_the_sound_or_where_they_are_asked_to() {
    let rtcp = |lines: &[&str]| answered(lines).0.remote_rtcp.to_string();
    assert_eq!(rtcp(&["m=audio 4000 RTP/AVP 8"]), "192.0.2.5:4001");
    assert_eq!(rtcp(&["m=audio 4000 RTP/AVP 8", "a=rtcp:5000"]), "192.0.2.5:5000");
    assert_eq!(rtcp(&["m=audio 4000 RTP/AVP 8", "a=rtcp:5000 IN IP4 192.0.2.6"]), "192.0.2.6:5000");
    assert_eq!(rtcp(&["m=audio 4000 RTP/AVP 8", "a=rtcp-mux", "a=rtcp:5000"]), "192.0.2.5:4000");
    assert_eq!(rtcp(&["m=audio 65535 RTP/AVP 8"]), "192.0.2.5:65535");
    assert!(answered(&["m=audio 4000 RTP/AVP 8", "a=rtcp-mux"]).1.contains("a=rtcp-mux\r\n"));
    assert!(!answered(&["m=audio 4000 RTP/AVP 8"]).1.contains("rtcp-mux"));
}

#[test]
fn hold_is_answered_with_its_mirror() {
    let check = |lines: &[&str], direction: Direction, sends: bool| {
        let (agreed, body) = answered(lines);
        assert_eq!((agreed.direction, agreed.direction.sends()), (direction, sends), "{lines:?}");
        assert!(body.contains(&format!("a={}\r\n", direction.name())), "{body}");
    };
    check(&["m=audio 4000 RTP/AVP 8"], Direction::Both, true);
    check(&["m=audio 4000 RTP/AVP 8", "a=sendrecv"], Direction::Both, true);
    check(&["m=audio 4000 RTP/AVP 8", "a=sendonly"], Direction::ReceiveOnly, false);
    check(&["m=audio 4000 RTP/AVP 8", "a=recvonly"], Direction::SendOnly, true);
    check(&["m=audio 4000 RTP/AVP 8", "a=inactive"], Direction::Inactive, false);
    check(&["a=sendonly", "m=audio 4000 RTP/AVP 8"], Direction::ReceiveOnly, false);
    check(&["a=sendonly", "m=audio 4000 RTP/AVP 8", "a=sendrecv"], Direction::Both, true);
    check(&["m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.0"], Direction::ReceiveOnly, false);
    check(&["m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.0", "a=inactive"], Direction::Inactive, false);
}

#[test]
fn streams_that_are_not_ours_are_refused_in_their_place() {
    let (agreed, body) =
        answered(&["m=video 5000 RTP/AVP 31", "m=audio 4000 RTP/AVP 8", "m=audio 6000 RTP/AVP 0", "m=image 7000 udptl t38"]);
    assert_eq!(agreed.remote.port(), 4000);
    let streams: Vec<&str> = body.lines().filter(|line| line.starts_with("m=")).collect();
    assert_eq!(streams, ["m=video 0 RTP/AVP 31", "m=audio 20000 RTP/AVP 8", "m=audio 0 RTP/AVP 0", "m=image 0 udptl t38"]);
}

#[test]
fn an_offer_of_ours_is_accepted_by_another_of_us() {
    let mut caller = Negotiation::new("192.0.2.2:30000".parse().unwrap(), &Codec::ALL, 8);
    let ours = caller.offer();
    let (callee_says, answer) = negotiation().answer(&ours, &networks()).unwrap();
    let caller_says = caller.accept(&answer, &networks()).unwrap();
    assert_eq!((callee_says.codec, callee_says.digits), (caller_says.codec, caller_says.digits));
    assert_eq!((callee_says.remote.port(), caller_says.remote.port()), (30_000, 20_000));
    assert!(caller_says.rtcp_mux && callee_says.rtcp_mux);
}

#[test]
fn an_answer_without_a_stream_is_no_answer() {
    let mut caller = negotiation();
    caller.offer();
    assert_eq!(caller.accept(offer(&["m=audio 0 RTP/AVP 8"]).as_bytes(), &networks()), Err(SdpError::NoSound));
    assert_eq!(caller.accept(offer(&["m=audio 4000 RTP/AVP 18"]).as_bytes(), &networks()), Err(SdpError::NoCommonCodec));
}

#[test]
fn the_version_rises_only_with_a_change() {
    let mut ours = negotiation();
    let mut version = |lines: &[&str]| {
        let (_, body) = ours.answer(offer(lines).as_bytes(), &networks()).unwrap();
        let text = String::from_utf8(body).unwrap();
        text.lines().find_map(|line| line.strip_prefix("o=- 7 ")?.split(' ').next()?.parse::<u32>().ok()).unwrap()
    };
    let plain = ["m=audio 4000 RTP/AVP 8"];
    let held = ["m=audio 4000 RTP/AVP 8", "a=sendonly"];
    assert_eq!([version(&plain), version(&plain), version(&held), version(&held), version(&plain)], [1, 1, 2, 2, 3]);
}

#[test]
fn what_is_no_description_is_called_so() {
    for body in [&b""[..], b"hello", b"v=0\r\n", &[0xff, 0xfe, 0x00], b"v=0\r\no=- x IN\r\n"] {
        assert!(matches!(negotiation().answer(body, &networks()), Err(SdpError::Malformed(_) | SdpError::NoSound)), "{body:?}");
    }
    let endless = offer(&["m=audio 4000 RTP/AVP 8"; 1000]);
    assert!(matches!(negotiation().answer(endless.as_bytes(), &networks()), Err(SdpError::Malformed(_))));
    let many = offer(&["m=video 4000 RTP/AVP 31"; 17]);
    assert!(matches!(negotiation().answer(many.as_bytes(), &networks()), Err(SdpError::Malformed(_))));
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = negotiation().answer(&bytes, &networks());
    }

    #[test]
    fn no_damaged_offer_panics_or_leaves_the_networks(at in 0usize..400, byte in any::<u8>(), cut in 0usize..400) {
        let whole = offer(&["m=audio 4000 RTP/AVP 0 8 101", "a=rtpmap:101 telephone-event/8000", "a=rtcp:4001", "a=ptime:20", "a=sendrecv"]);
        let mut bytes = whole.into_bytes();
        bytes.truncate(cut.max(1));
        let place = at % bytes.len();
        bytes[place] = byte;
        if let Ok((agreed, _)) = negotiation().answer(&bytes, &networks()) {
            prop_assert!(networks().contains(agreed.remote.ip()) || !agreed.direction.sends());
        }
    }
}
