//! Addresses from which a client may come: single ones, or blocks in CIDR notation (RFC 4632, RFC 4291).

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// A block of IP addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

impl Network {
    /// The block in a text such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`.
    ///
    /// `None` when it is not one, or when bits behind the prefix are set: the writer then meant something else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Network> {
        let network = match text.split_once('/') {
            None => IpNet::from(text.parse::<IpAddr>().ok()?),
            Some((address, prefix)) => {
                let plain = prefix == "0" || !prefix.starts_with(['0', '+']);
                let bits = prefix.parse().ok().filter(|_| plain)?;
                IpNet::new(address.parse().ok()?, bits).ok()?
            }
        };
        (network == network.trunc()).then_some(Network(network))
    }

    /// Whether an address lies in the block. An IPv4 address that came mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// The first address of the block.
    #[must_use]
    pub fn first(&self) -> IpAddr {
        self.0.addr()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            write!(f, "{}", self.0.addr())
        } else {
            write!(f, "{}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, address: &str) -> bool {
        Network::parse(network)
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn blocks_end_where_their_prefix_says() {
        for (network, inside, outside) in [
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("::/0", "2001:db8::1", "192.0.2.1"),
            ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_not_a_block_is_refused_and_the_rest_reads_as_written() {
        for text in [
            "10.0.0.0/8",
            "192.0.2.7",
            "2001:db8::/32",
            "0.0.0.0/0",
            "::1",
        ] {
            assert_eq!(Network::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0",
            "::/129",
            "a",
            "10.0.0.0/-1",
            "10.0.0.0 ",
            "2001:db8::1/32",
        ] {
            assert_eq!(Network::parse(text), None, "{text:?}");
        }
    }
}
