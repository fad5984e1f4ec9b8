//! Which addresses may talk to us.

use serde::{Deserialize, Deserializer};
use std::net::IpAddr;

/// A set of address ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Networks {
    /// This machine alone.
    pub fn loopback() -> Networks {
        Networks::parse(["127.0.0.0/8", "::1/128"]).expect("the ranges are well formed")
    }

    /// From ranges like `10.1.0.0/16` or single addresses.
    ///
    /// # Errors
    /// Names the range that is none.
    pub fn parse<T: AsRef<str>>(ranges: impl IntoIterator<Item = T>) -> Result<Networks, String> {
        ranges.into_iter().map(|range| Network::parse(range.as_ref())).collect::<Result<_, _>>().map(Networks)
    }

    /// An IPv4 address that came through an IPv6 socket counts as IPv4. Nobody is at an unspecified or a multicast address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !address.is_unspecified() && !address.is_multicast() && self.0.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(range: &str) -> Result<Network, String> {
        let fault = || format!("{range:?} is no address range; write it as 10.1.0.0/16 or 2001:db8::/32");
        let (address, prefix) = match range.trim().split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| fault())?)),
            None => (range.trim(), None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(fault()) } else { Ok(Network { address, prefix }) }
    }

    fn contains(self, address: IpAddr) -> bool {
        let (own, other, length) = match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(own.to_bits()), u128::from(other.to_bits()), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        // A prefix of 0 lets everything in: the shift is by the whole length.
        let differing = own ^ other;
        differing.checked_shr(length - u32::from(self.prefix)).unwrap_or(0) == 0
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Networks, D::Error> {
        let ranges: Vec<String> = Vec::deserialize(deserializer)?;
        Networks::parse(ranges).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(ranges: &[&str], address: &str, expected: bool) {
        assert_eq!(Networks::parse(ranges).unwrap().contains(address.parse().unwrap()), expected, "{address} in {ranges:?}");
    }

    #[test]
    fn ranges_end_where_their_prefix_says() {
        check(&["10.1.0.0/16"], "10.1.255.255", true);
        check(&["10.1.0.0/16"], "10.2.0.0", false);
        check(&["10.1.2.3"], "10.1.2.3", true);
        check(&["10.1.2.3"], "10.1.2.4", false);
        check(&["0.0.0.0/0"], "203.0.113.9", true);
        check(&["0.0.0.0/0"], "2001:db8::1", false);
        check(&["0.0.0.0/0"], "0.0.0.0", false);
        check(&["0.0.0.0/0"], "224.0.0.1", false);
        check(&["2001:db8::/32", "::1"], "2001:db8:1::1", true);
        check(&["::/0"], "2001:db8::1", true);
        check(&["127.0.0.0/8"], "::ffff:127.0.0.1", true);
        check(&[], "127.0.0.1", false);
    }

    #[test]
    fn what_is_no_range_is_named() {
        for range in ["10.0.0.0/33", "10.0.0", "example.com", "::/129", "10.0.0.0/-1", ""] {
            assert!(Networks::parse([range]).is_err_and(|fault| fault.contains(range)), "{range}");
        }
    }
}
