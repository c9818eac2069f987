//! Addresses of the public internet, told from those inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use thiserror::Error;

/// An address that a webhook may be sent to. The only way to make one is the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicAddress(IpAddr);

/// Why a webhook is not sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{address} is {kind}; webhooks go to the public internet alone")]
pub struct RefusedAddress {
    /// The address.
    pub address: IpAddr,
    /// What it is.
    pub kind: &'static str,
}

/// A range of addresses, written `10.0.0.0/8`; a single address stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    first: IpAddr,
    bits: u8,
}

/// The text is no range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected an address, or a range such as 10.0.0.0/8 whose bits after the prefix are 0")]
pub struct InvalidRange;

/// Which requests are sent at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schemes {
    /// `https` alone.
    #[default]
    HttpsOnly,
    /// `http` too: for development.
    HttpToo,
}

/// Where webhooks may lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Which schemes.
    pub schemes: Schemes,
    /// Addresses that are allowed although they are not public.
    pub private: Vec<AddressRange>,
}

/// IPv4 addresses that are not of the public internet (IANA special-purpose registry, RFC 6890 and its updates).
const REFUSED_V4: [(Ipv4Addr, u8, &str); 18] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "of this host or network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "shared within a provider"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    // The metadata service of clouds, 169.254.169.254, is one of these.
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 31, 196, 0), 24, "reserved for AS112"),
    (
        Ipv4Addr::new(192, 52, 193, 0),
        24,
        "reserved for multicast relays",
    ),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(192, 175, 48, 0), 24, "reserved for AS112"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    // 255.255.255.255 with them.
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// Parts of the global unicast space 2000::/3 that are not of the public internet; all outside of it is refused too.
const REFUSED_V6: [(Ipv6Addr, u8, &str); 5] = [
    // Teredo (2001::/32), ORCHID and benchmarks are in it.
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "reserved for protocols",
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        "for documentation",
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        "an IPv4 address in disguise (6to4)",
    ),
    (
        Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0),
        48,
        "reserved for AS112",
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        "for documentation",
    ),
];

impl PublicAddress {
    /// Checks an address.
    ///
    /// # Errors
    ///
    /// [`RefusedAddress`] for every address that is not one of the public internet, nor in `reach.private`.
    pub fn check(address: IpAddr, reach: &Reach) -> Result<Self, RefusedAddress> {
        // `::ffff:127.0.0.1` reaches what 127.0.0.1 reaches.
        let address = address.to_canonical();
        let kind = match address {
            _ if reach.private.iter().any(|range| range.contains(address)) => None,
            IpAddr::V4(v4) => REFUSED_V4
                .iter()
                .find(|(first, bits, _)| starts_with(v4.to_bits(), first.to_bits(), *bits))
                .map(|(_, _, kind)| *kind),
            IpAddr::V6(v6) => kind_of_v6(v6),
        };
        match kind {
            None => Ok(Self(address)),
            Some(kind) => Err(RefusedAddress { address, kind }),
        }
    }

    /// The address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.0
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let first = address.segments()[0];
    match first {
        _ if address.is_unspecified() => Some("unspecified"),
        _ if address.is_loopback() => Some("loopback"),
        0xfe80..=0xfebf => Some("link-local"),
        // The metadata service of clouds, fd00:ec2::254, is one of these.
        0xfc00..=0xfdff => Some("private (unique local)"),
        0xff00..=0xffff => Some("multicast"),
        0x2000..=0x3fff => REFUSED_V6
            .iter()
            .find(|(first, length, _)| {
                (bits ^ first.to_bits()).leading_zeros() >= u32::from(*length)
            })
            .map(|(_, _, kind)| *kind),
        // NAT64 (64:ff9b::/96) among them, behind which any IPv4 address may stand.
        _ => Some("not of the global unicast space"),
    }
}

fn starts_with(bits: u32, first: u32, length: u8) -> bool {
    (bits ^ first).leading_zeros() >= u32::from(length)
}

impl Reach {
    /// Everywhere, with plain `http` too: for development.
    #[must_use]
    pub fn anywhere() -> Self {
        let all = |first| AddressRange { first, bits: 0 };
        Self {
            schemes: Schemes::HttpToo,
            private: vec![
                all(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                all(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
            ],
        }
    }
}

impl AddressRange {
    fn contains(&self, address: IpAddr) -> bool {
        let differing = match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(v4)) => (first.to_bits() ^ v4.to_bits()).leading_zeros(),
            (IpAddr::V6(first), IpAddr::V6(v6)) => (first.to_bits() ^ v6.to_bits()).leading_zeros(),
            _ => return false,
        };
        differing >= u32::from(self.bits)
    }
}

impl FromStr for AddressRange {
    type Err = InvalidRange;

    fn from_str(text: &str) -> Result<Self, InvalidRange> {
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) => (first, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = first.parse().map_err(|_| InvalidRange)?;
        let (width, value) = match first {
            IpAddr::V4(v4) => (32, u128::from(v4.to_bits()) << 96),
            IpAddr::V6(v6) => (128, v6.to_bits()),
        };
        let bits = match bits {
            None => width,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| InvalidRange)?
            }
            Some(_) => return Err(InvalidRange),
        };
        let rest = value.checked_shl(u32::from(bits)).unwrap_or_default();
        if bits > width || rest != 0 {
            return Err(InvalidRange);
        }
        Ok(Self { first, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, reach: &Reach) -> Result<PublicAddress, RefusedAddress> {
        PublicAddress::check(address.parse().unwrap(), reach)
    }

    #[test]
    fn every_range_that_is_not_public_is_refused_at_both_ends() {
        let inside = [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.0.0",
            "169.254.169.254",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.7",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.0",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2620:4f:8000::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff:ffff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ];
        for address in inside {
            assert!(check(address, &Reach::default()).is_err(), "{address}");
        }
    }

    #[test]
    fn public_addresses_pass() {
        let public = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "3ffe::1",
        ];
        for address in public {
            assert!(check(address, &Reach::default()).is_ok(), "{address}");
        }
        // What is checked is what is connected to.
        let mapped = check("::ffff:1.1.1.1", &Reach::default()).unwrap();
        assert_eq!(mapped.address(), "1.1.1.1".parse::<IpAddr>().unwrap());
    }

    #[test]
    fn a_private_range_opens_itself_and_nothing_else() {
        let reach = Reach {
            schemes: Schemes::HttpsOnly,
            private: vec!["10.1.0.0/16".parse().unwrap(), "fd00::7".parse().unwrap()],
        };
        for address in ["10.1.0.0", "10.1.255.255", "::ffff:10.1.2.3", "fd00::7"] {
            assert!(check(address, &reach).is_ok(), "{address}");
        }
        for address in ["10.0.255.255", "10.2.0.0", "fd00::8", "127.0.0.1", "::1"] {
            assert!(check(address, &reach).is_err(), "{address}");
        }
        for address in ["127.0.0.1", "::1", "fe80::1", "255.255.255.255"] {
            assert!(check(address, &Reach::anywhere()).is_ok(), "{address}");
        }
    }

    #[test]
    fn ranges_have_one_spelling() {
        for text in [
            "",
            "10",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "::/129",
            "fd00::1/64",
            "10.0.0.0/",
            "a/8",
        ] {
            assert_eq!(text.parse::<AddressRange>(), Err(InvalidRange), "{text}");
        }
        for text in [
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/8",
            "10.0.0.1",
            "10.0.0.1/32",
            "fd00::/8",
        ] {
            assert!(text.parse::<AddressRange>().is_ok(), "{text}");
        }
    }
}
