//! What both ends tell each other about how well the packets arrive (RTCP, RFC 3550, section 6).

use rtcp_types::{
    Compound, Packet, ReceiverReport, ReportBlock, ReportBlockBuilder, RtcpPacketWriter, RtcpPacketWriterExt, RtcpWriteError, Sdes,
    SdesChunk, SdesItem, SenderReport,
};

/// Of the first packet of a source no gap can be told from wrapping, so what is lost never counts below zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    first: Option<i64>,
    highest: i64,
    received: u64,
    expected_before: u64,
    received_before: u64,
    /// Sixteenths of a timestamp unit (appendix A.8).
    jitter_16: i64,
    transit: Option<i64>,
    last_sender_report: Option<(u32, u64)>,
}

/// How a call's packets fared, for its record and the figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    pub received: u64,
    pub lost: u64,
    pub jitter_ms: u32,
    /// What the other end says it lost of ours, in 1/256.
    pub peer_fraction_lost: u8,
    pub peer_lost: u32,
    pub round_trip_ms: Option<u32>,
}

impl Arrivals {
    /// Counts a packet; `arrival` is in timestamp units of our own clock.
    pub fn count(&mut self, sequence: i64, timestamp: i64, arrival: i64) {
        self.first = Some(self.first.map_or(sequence, |first| first.min(sequence)));
        self.highest = self.highest.max(sequence);
        self.received += 1;
        let transit = arrival - timestamp;
        if let Some(before) = self.transit.replace(transit) {
            let change = (transit - before).abs().min(1 << 20);
            self.jitter_16 += change - ((self.jitter_16 + 8) >> 4);
        }
    }

    fn expected(&self) -> u64 {
        self.first.map_or(0, |first| (self.highest - first + 1).max(0) as u64)
    }

    pub fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }

    pub fn received(&self) -> u64 {
        self.received
    }

    pub fn jitter_ms(&self) -> u32 {
        (self.jitter_16 / 16 / 8) as u32
    }

    /// Of the packets due since the last call, the share that never came, in 1/256.
    fn fraction_lost(&mut self) -> u8 {
        let (expected, received) = (self.expected(), self.received);
        let due = expected - self.expected_before.min(expected);
        let came = received - self.received_before.min(received);
        (self.expected_before, self.received_before) = (expected, received);
        (due.saturating_sub(came) * 256).checked_div(due).unwrap_or(0).min(255) as u8
    }

    fn block(&mut self, source: u32, now_ntp: u64) -> ReportBlockBuilder {
        let fraction_lost = self.fraction_lost();
        let block = ReportBlock::builder(source)
            .fraction_lost(fraction_lost)
            .cumulative_lost(self.lost().min(0x7f_ffff) as u32)
            .extended_sequence_number(self.highest as u32)
            .interarrival_jitter((self.jitter_16 / 16) as u32);
        match self.last_sender_report {
            Some((middle, arrived_ntp)) => block
                .last_sender_report_timestamp(middle)
                .delay_since_last_sender_report_timestamp(now_ntp.saturating_sub(arrived_ntp).checked_shr(16).unwrap_or(0) as u32),
            None => block,
        }
    }
}

/// What we sent, for our reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Departures {
    pub packets: u32,
    pub octets: u32,
}

/// Our report: a sender's if we sent anything, with a block about `source` if we heard it.
pub fn write(
    own_source: u32,
    name: &str,
    now_ntp: u64,
    timestamp: u32,
    sent: Departures,
    heard: Option<(u32, &mut Arrivals)>,
) -> Result<Vec<u8>, RtcpWriteError> {
    let block = heard.map(|(source, arrivals)| arrivals.block(source, now_ntp));
    let compound = if sent.packets > 0 {
        let report = SenderReport::builder(own_source)
            .ntp_timestamp(now_ntp)
            .rtp_timestamp(timestamp)
            .packet_count(sent.packets)
            .octet_count(sent.octets);
        Compound::builder().add_packet(match block {
            Some(block) => report.add_report_block(block),
            None => report,
        })
    } else {
        let report = ReceiverReport::builder(own_source);
        Compound::builder().add_packet(match block {
            Some(block) => report.add_report_block(block),
            None => report,
        })
    };
    let who = SdesChunk::builder(own_source).add_item(SdesItem::builder(SdesItem::CNAME, name));
    let compound = compound.add_packet(Sdes::builder().add_chunk(who));
    let mut bytes = vec![0; compound.calculate_size()?];
    let written = compound.write_into(&mut bytes)?;
    bytes.truncate(written);
    Ok(bytes)
}

/// Takes in what the other end reports; bytes that are no report are left alone. True for a goodbye.
pub fn read(bytes: &[u8], own_source: u32, now_ntp: u64, arrivals: &mut Arrivals, quality: &mut Quality) -> bool {
    let Ok(compound) = Compound::parse(bytes) else { return false };
    let mut goodbye = false;
    for packet in compound.filter_map(Result::ok) {
        match packet {
            Packet::Sr(report) => {
                arrivals.last_sender_report = Some(((report.ntp_timestamp() >> 16) as u32, now_ntp));
                report.report_blocks().filter(|block| block.ssrc() == own_source).for_each(|block| take(&block, now_ntp, quality));
            }
            Packet::Rr(report) => {
                report.report_blocks().filter(|block| block.ssrc() == own_source).for_each(|block| take(&block, now_ntp, quality));
            }
            Packet::Bye(_) => goodbye = true,
            _ => {}
        }
    }
    goodbye
}

fn take(block: &ReportBlock<'_>, now_ntp: u64, quality: &mut Quality) {
    quality.peer_fraction_lost = block.fraction_lost();
    quality.peer_lost = block.cumulative_lost();
    let sent = block.last_sender_report_timestamp();
    if sent != 0 {
        // 1/65536 s, modulo 2^32 as all three are.
        let trip = ((now_ntp >> 16) as u32).wrapping_sub(sent).wrapping_sub(block.delay_since_last_sender_report_timestamp());
        quality.round_trip_ms = (trip < 60 << 16).then_some(((u64::from(trip) * 1000) >> 16) as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1 << 32;

    #[test]
    fn two_ends_learn_loss_and_round_trip_from_each_other() {
        let (mut at_one, mut at_two) = (Arrivals::default(), Arrivals::default());
        let (mut one_knows, mut two_knows) = (Quality::default(), Quality::default());
        for n in (0..100).filter(|n| n % 10 != 3) {
            at_two.count(70_000 + n, n * 160, n * 160);
        }
        let sent = Departures { packets: 100, octets: 16_000 };
        let now = 1_000_000 * SECOND;
        let report = write(1, "one", now, 16_000, sent, None).unwrap();
        read(&report, 2, now + SECOND / 10, &mut at_two, &mut two_knows);
        let answer = write(2, "two", now + SECOND / 2, 0, Departures::default(), Some((1, &mut at_two))).unwrap();
        read(&answer, 1, now + SECOND * 6 / 10, &mut at_one, &mut one_knows);
        assert_eq!((at_two.lost(), at_two.received()), (10, 90));
        assert_eq!((one_knows.peer_lost, one_knows.peer_fraction_lost), (10, 25));
        assert!(one_knows.round_trip_ms.is_some_and(|ms| (199..=200).contains(&ms)), "{one_knows:?}");
    }

    #[test]
    fn jitter_is_what_the_rfc_computes() {
        let mut steady = Arrivals::default();
        let mut shaky = Arrivals::default();
        for n in 0..1000 {
            steady.count(n, n * 160, n * 160 + 5_000);
            shaky.count(n, n * 160, n * 160 + (n % 2) * 80);
        }
        assert_eq!((steady.jitter_ms(), shaky.jitter_ms()), (0, 9));
    }

    #[test]
    fn a_goodbye_is_heard() {
        let mut bytes = vec![0; 64];
        let bye = rtcp_types::Bye::builder().add_source(9);
        let written = bye.write_into(&mut bytes).unwrap();
        assert!(read(&bytes[..written], 1, 0, &mut Arrivals::default(), &mut Quality::default()));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), now in any::<u64>()) {
            let (mut arrivals, mut quality) = (Arrivals::default(), Quality::default());
            read(&bytes, 1, now, &mut arrivals, &mut quality);
            arrivals.count(5, 0, 0);
            prop_assert!(write(1, "name", now.wrapping_add(7), 0, Departures::default(), Some((3, &mut arrivals))).is_ok());
        }
    }
}
