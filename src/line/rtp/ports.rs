//! Ports for calls, in pairs: sound on an even one, reports on the next.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU16, Ordering};
use tokio::net::UdpSocket;

/// Gives out pairs of a range in turn, so that late packets of one call do not reach the next.
#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    first: u16,
    pairs: u16,
    next: AtomicU16,
}

/// Both sockets of a call.
#[derive(Debug)]
pub struct PortPair {
    pub rtp: UdpSocket,
    pub rtcp: UdpSocket,
}

impl Ports {
    /// `range` must hold at least one pair that begins at an even port.
    pub fn new(address: IpAddr, range: RangeInclusive<u16>) -> Option<Ports> {
        let first = range.start().checked_next_multiple_of(2)?;
        let pairs = range.end().checked_sub(first)?.checked_add(1)? / 2;
        (pairs > 0 && first > 0).then(|| Ports { address, first, pairs, next: AtomicU16::new(0) })
    }

    /// # Errors
    /// When no pair of the range is free.
    pub async fn bind(&self) -> io::Result<PortPair> {
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..self.pairs {
            let turn = self.next.fetch_add(1, Ordering::Relaxed) % self.pairs;
            let port = self.first + turn * 2;
            match self.bind_pair(port).await {
                Ok(pair) => return Ok(pair),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn bind_pair(&self, port: u16) -> io::Result<PortPair> {
        Ok(PortPair {
            rtp: UdpSocket::bind(SocketAddr::new(self.address, port)).await?,
            rtcp: UdpSocket::bind(SocketAddr::new(self.address, port + 1)).await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_pairs_from_an_even_port_on() {
        let pairs = |range| Ports::new("127.0.0.1".parse().unwrap(), range).map(|ports| (ports.first, ports.pairs));
        assert_eq!(pairs(20_000..=20_099), Some((20_000, 50)));
        assert_eq!(pairs(20_001..=20_003), Some((20_002, 1)));
        assert_eq!(pairs(20_001..=20_002), None);
        assert_eq!(pairs(65_535..=65_535), None);
        assert_eq!(pairs(1..=2), None);
    }

    fn four_free_ports() -> u16 {
        let bind = |port: u16| std::net::UdpSocket::bind(("127.0.0.1", port));
        let mut firsts = std::iter::repeat_with(|| bind(0).unwrap().local_addr().unwrap().port() & !1);
        firsts.find(|first| *first < u16::MAX - 4 && (*first..first + 4).all(|port| bind(port).is_ok())).unwrap()
    }

    #[tokio::test]
    async fn pairs_are_given_in_turn_until_none_is_free() {
        let first = four_free_ports();
        let ports = Ports::new("127.0.0.1".parse().unwrap(), first..=first + 3).unwrap();
        let one = ports.bind().await.unwrap();
        let two = ports.bind().await.unwrap();
        let port = |pair: &PortPair| pair.rtp.local_addr().unwrap().port();
        assert_eq!((port(&one), port(&two)), (first, first + 2));
        assert_eq!(one.rtcp.local_addr().unwrap().port(), first + 1);
        assert!(ports.bind().await.is_err());
        drop(one);
        assert_eq!(port(&ports.bind().await.unwrap()), first);
    }
}
