use super::*;
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// The one of RFC 3711, appendix B.3.
fn key() -> MasterKey {
    MasterKey(bytes("E1F97A0D3E018BE0D64FA32C06DE4139 0EC675AD498AFEEBB6960B3AABE6").try_into().unwrap())
}

fn packet(sequence: u16, source: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(sequence.to_be_bytes());
    packet.extend([0, 0, 0, 160]);
    packet.extend(source.to_be_bytes());
    packet.extend([sequence as u8; 160]);
    packet
}

fn pair(suite: Suite) -> (Sealer, Opener) {
    (Sealer::new(suite, &key()), Opener::new(suite, &key()))
}

fn open(opener: &mut Opener, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
    let mut room = sealed.to_vec();
    let length = opener.open(&mut room)?;
    room.truncate(length);
    Ok(room)
}

#[test]
fn the_key_stream_of_appendix_b2() {
    let keys = Keys {
        cipher: bytes("2B7E151628AED2A6ABF7158809CF4F3C").try_into().unwrap(),
        salt: bytes("F0F1F2F3F4F5F6F7F8F9FAFBFCFD").try_into().unwrap(),
        tag: Tag::new_from_slice(&[]).unwrap(),
    };
    let mut stream = vec![0; 0xff02 * BLOCK_LENGTH];
    keys.apply(0, 0, &mut stream);
    let block = |at: usize| &stream[at * BLOCK_LENGTH..(at + 1) * BLOCK_LENGTH];
    for (at, expected) in [
        (0, "E03EAD0935C95E80E166B16DD92B4EB4"),
        (1, "D23513162B02D0F72A43A2FE4A5F97AB"),
        (2, "41E95B3BB0A2E8DD477901E4FCA894C0"),
        (0xfeff, "EC8CDF7398607CB0F2D21675EA9EA1E4"),
        (0xff00, "362B7C3C6773516318A077D7FC5073AE"),
        (0xff01, "6A2CC3787889374FBEB4C81B17BA6C44"),
    ] {
        assert_eq!(block(at), bytes(expected), "block {at:x}");
    }
}

#[test]
fn the_session_keys_of_appendix_b3() {
    let keys = Keys::derive(&key(), Keys::SOUND);
    assert_eq!(keys.cipher.to_vec(), bytes("C61E7A93744F39EE10734AFE3FF7A087"));
    assert_eq!(keys.salt.to_vec(), bytes("30CBBC08863D8C85D49DB34A9AE1"));
    let expected = Tag::new_from_slice(&bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")).unwrap();
    let tag = |tag: Tag| tag.chain_update(b"a packet").finalize().into_bytes();
    assert_eq!(tag(keys.tag), tag(expected));
}

/// The packets that libsrtp validates itself with.
#[test]
fn a_packet_and_a_report_as_others_write_them() {
    let (mut sealer, mut opener) = pair(Suite::AesCm128Sha1_80);
    let plain = bytes("800f1234decafbadcafebabe abababababababababababababababab");
    let sealed = bytes("800f1234decafbadcafebabe 4e55dc4ce79978d88ca4d215949d2402 b78d6acc99ea179b8dbb");
    assert_eq!(sealer.seal(&plain), Some(sealed.clone()));
    assert_eq!(open(&mut opener, &sealed), Ok(plain));
    let plain = bytes("81c8000bcafebabe abababababababababababababababab");
    let sealed = bytes("81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798");
    sealer.report_index = 1;
    assert_eq!(sealer.seal_report(&plain), Some(sealed.clone()));
    let mut room = sealed;
    let length = opener.open_report(&mut room).unwrap();
    assert_eq!(room[..length], plain);
    assert_eq!(
        opener.open_report(&mut bytes("81c8000bcafebabe 7128035be487b9bdbef89041f977a5a8 80000001 993e08cd54d6c1230798")),
        Err(Unopened::Repeated)
    );
}

#[test]
fn what_was_changed_is_not_believed_and_changes_nothing() {
    for suite in Suite::ALL {
        let (mut sealer, mut opener) = pair(suite);
        let sealed = sealer.seal(&packet(5, 1)).unwrap();
        assert_eq!(sealed.len(), 172 + suite.tag());
        assert!(sealed[12..172].iter().any(|byte| *byte != 5), "it is hidden");
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 0x04;
            assert!(matches!(open(&mut opener, &damaged), Err(Unopened::Forged | Unopened::Malformed)), "{suite:?}, byte {at}");
        }
        let mut other = Sealer::new(suite, &MasterKey([7; MASTER_LENGTH]));
        assert_eq!(open(&mut opener, &other.seal(&packet(6, 1)).unwrap()), Err(Unopened::Forged));
        assert_eq!(open(&mut opener, &sealed), Ok(packet(5, 1)));
        assert_eq!(open(&mut opener, &sealed), Err(Unopened::Repeated));
        assert_eq!(open(&mut opener, b"short"), Err(Unopened::Malformed));
        let report = sealer.seal_report(&[0x80, 201, 0, 1, 0, 0, 0, 1]).unwrap();
        for at in 0..report.len() {
            let mut damaged = report.clone();
            damaged[at] ^= 0x04;
            assert_eq!(opener.open_report(&mut damaged), Err(Unopened::Forged), "{suite:?}, byte {at}");
        }
        assert_eq!(opener.open_report(&mut report.clone()), Ok(8));
        assert_eq!(opener.open_report(&mut report[..9].to_vec()), Err(Unopened::Malformed));
    }
}

#[test]
fn numbers_begin_anew_and_the_counter_goes_on() {
    let (mut sealer, mut opener) = pair(Suite::AesCm128Sha1_80);
    let sealed: Vec<_> = (65_530..65_550u32).map(|n| (n as u16, sealer.seal(&packet(n as u16, 1)).unwrap())).collect();
    // Two packets change places just there.
    for place in [0, 1, 2, 3, 4, 6, 5, 8, 7, 9, 10] {
        let (sequence, sealed) = &sealed[place];
        assert_eq!(open(&mut opener, sealed), Ok(packet(*sequence, 1)), "{sequence}");
        assert_eq!(open(&mut opener, sealed), Err(Unopened::Repeated), "{sequence}");
    }
    assert_eq!(sealer.rolled, 1);
    // Most of a round is lost, and what follows is found all the same.
    for n in 65_550..65_536 + 32_000u32 {
        sealer.seal(&packet(n as u16, 1)).unwrap();
    }
    assert_eq!(open(&mut opener, &sealer.seal(&packet(32_000, 1)).unwrap()), Ok(packet(32_000, 1)));
    assert_eq!(open(&mut opener, &sealed[15].1), Err(Unopened::Repeated), "too old to tell");
}

#[test]
fn each_source_has_numbers_of_its_own_and_few_are_remembered() {
    let mut opener = Opener::new(Suite::AesCm128Sha1_80, &key());
    for source in 1..100 {
        let mut sealer = Sealer::new(Suite::AesCm128Sha1_80, &key());
        for sequence in [9, 10] {
            assert_eq!(open(&mut opener, &sealer.seal(&packet(sequence, source)).unwrap()), Ok(packet(sequence, source)));
        }
    }
    assert_eq!(opener.heard.len(), MOST_SOURCES);
}

#[test]
fn what_stands_before_the_sound_stays_in_the_open() {
    let (mut sealer, mut opener) = pair(Suite::AesCm128Sha1_32);
    // Two contributing sources and an extension of one word.
    let mut packet = bytes("9208 0007 000000a0 00000001 00000002 00000003 bede 0001 10000000");
    packet.extend([0x55; 20]);
    let sealed = sealer.seal(&packet).unwrap();
    assert!(sealed[..28] == packet[..28] && sealed[28..48] != packet[28..48]);
    assert_eq!(open(&mut opener, &sealed), Ok(packet.clone()));
    packet[23] = 200;
    assert_eq!(sealer.seal(&packet), None, "an extension that is longer than the packet");
}

proptest! {
    #[test]
    fn no_bytes_panic_or_are_believed(mut packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20)) {
        let (mut sealer, mut opener) = pair(Suite::AesCm128Sha1_80);
        for packet in &mut packets {
            prop_assert!(opener.open(packet).is_err() && opener.open_report(packet).is_err());
            sealer.seal(packet);
            sealer.seal_report(packet);
        }
    }

    /// Whatever order packets come in, each is taken at most once, and every one that is not far behind is.
    #[test]
    fn each_packet_once(start in any::<u16>(), order in proptest::collection::vec(0u64..120, 1..200)) {
        let (mut sealer, mut opener) = pair(Suite::AesCm128Sha1_80);
        let start = u64::from(start);
        let sealed: Vec<_> = (0..120).map(|n| sealer.seal(&packet((start + n) as u16, 1)).unwrap()).collect();
        // The first one tells where the numbers are.
        prop_assert!(open(&mut opener, &sealed[0]).is_ok());
        let (mut taken, mut highest) = (std::collections::BTreeSet::from([0]), 0);
        for n in order {
            let opened = open(&mut opener, &sealed[n as usize]);
            let expected = !taken.contains(&n) && n + WINDOW > highest;
            prop_assert_eq!(opened.is_ok(), expected, "{} of {}", n, highest);
            if expected {
                taken.insert(n);
                highest = highest.max(n);
            }
        }
    }
}
