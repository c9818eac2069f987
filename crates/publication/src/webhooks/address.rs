//! Addresses of the public internet, as opposed to those inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
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
    pub private: Vec<IpNet>,
}

/// IPv4 addresses that are not of the public internet (IANA special-purpose registry, RFC 6890 and its updates).
const REFUSED_V4: [(Ipv4Net, &str); 18] = [
    (v4([0, 0, 0, 0], 8), "of this host or network"),
    (v4([10, 0, 0, 0], 8), "private"),
    (v4([100, 64, 0, 0], 10), "shared within a provider"),
    (v4([127, 0, 0, 0], 8), "loopback"),
    // The metadata service of clouds, 169.254.169.254, is one of these.
    (v4([169, 254, 0, 0], 16), "link-local"),
    (v4([172, 16, 0, 0], 12), "private"),
    (v4([192, 0, 0, 0], 24), "reserved for protocols"),
    (v4([192, 0, 2, 0], 24), "for documentation"),
    (v4([192, 31, 196, 0], 24), "reserved for AS112"),
    (v4([192, 52, 193, 0], 24), "reserved for multicast relays"),
    (v4([192, 88, 99, 0], 24), "a 6to4 relay"),
    (v4([192, 168, 0, 0], 16), "private"),
    (v4([192, 175, 48, 0], 24), "reserved for AS112"),
    (v4([198, 18, 0, 0], 15), "for benchmarks"),
    (v4([198, 51, 100, 0], 24), "for documentation"),
    (v4([203, 0, 113, 0], 24), "for documentation"),
    (v4([224, 0, 0, 0], 4), "multicast"),
    // 255.255.255.255 with them.
    (v4([240, 0, 0, 0], 4), "reserved"),
];

/// Parts of the global unicast space 2000::/3 that are not of the public internet. Everything outside it is refused
/// too.
const REFUSED_V6: [(Ipv6Net, &str); 5] = [
    // Teredo (2001::/32), ORCHID and benchmarks are in it.
    (v6([0x2001, 0, 0], 23), "reserved for protocols"),
    (v6([0x2001, 0xdb8, 0], 32), "for documentation"),
    (v6([0x2002, 0, 0], 16), "an IPv4 address in disguise (6to4)"),
    (v6([0x2620, 0x4f, 0x8000], 48), "reserved for AS112"),
    (v6([0x3fff, 0, 0], 20), "for documentation"),
];

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6([a, b, c]: [u16; 3], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

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
            _ if reach.private.iter().any(|net| net.contains(&address)) => None,
            IpAddr::V4(v4) => {
                let mut refused = REFUSED_V4.iter().filter(|(net, _)| net.contains(&v4));
                refused.next().map(|(_, kind)| *kind)
            }
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
    let first = address.segments()[0];
    match first {
        _ if address.is_unspecified() => Some("unspecified"),
        _ if address.is_loopback() => Some("loopback"),
        0xfe80..=0xfebf => Some("link-local"),
        // The metadata service of clouds, fd00:ec2::254, is one of these.
        0xfc00..=0xfdff => Some("private (unique local)"),
        0xff00..=0xffff => Some("multicast"),
        0x2000..=0x3fff => {
            let mut refused = REFUSED_V6.iter().filter(|(net, _)| net.contains(&address));
            refused.next().map(|(_, kind)| *kind)
        }
        // Among them NAT64 (64:ff9b::/96), which can lead to any IPv4 address.
        _ => Some("not of the global unicast space"),
    }
}

impl Reach {
    /// Everywhere, with plain `http` too: for development.
    #[must_use]
    pub fn anywhere() -> Self {
        Self {
            schemes: Schemes::HttpToo,
            private: vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())],
        }
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
            private: vec![
                "10.1.0.0/16".parse().unwrap(),
                "fd00::7/128".parse().unwrap(),
            ],
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
}
