//! Network addresses as permissions name them.

use std::net::{IpAddr, SocketAddr};

use crate::error::{Error, Result};

/// `host:port`, with a part missing where any will do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct NetRule {
    host: Option<Host>,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Host {
    Address(IpAddr),
    Name(String),
}

impl Host {
    fn parse(text: &str) -> Self {
        let plain = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        match plain.unwrap_or(text).parse::<IpAddr>() {
            Ok(address) => Self::Address(address.to_canonical()),
            Err(_) => Self::Name(text.trim_end_matches('.').to_ascii_lowercase()),
        }
    }
}

impl NetRule {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::config(format!(
                "the address {text:?} of a permission {what}; write \"host:port\", \"host\", \"[::1]:80\" or \"*\""
            ))
        };
        if text == "*" {
            return Ok(Self { host: None, port: None });
        }
        // An IPv6 address without brackets has colons, but no port.
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port {
            None | Some("*") => None,
            Some(port) => Some(port.parse().map_err(|_| wrong("has a port that is none"))?),
        };
        if host.is_empty() || host.contains(['/', '@', ' ']) {
            return Err(wrong("names no host"));
        }
        let host = (host != "*").then(|| Host::parse(host));
        Ok(Self { host, port })
    }

    fn allows_port(&self, port: u16) -> bool {
        self.port.is_none_or(|granted| granted == port)
    }

    /// Whether the host, as a script wrote it, is granted with that port.
    pub(super) fn allows(&self, host: &str, port: u16) -> bool {
        self.allows_port(port) && self.host.as_ref().is_none_or(|granted| *granted == Host::parse(host))
    }

    /// Whether the address is granted as such, not by a name.
    pub(super) fn allows_address(&self, address: SocketAddr) -> bool {
        let ip = Host::Address(address.ip().to_canonical());
        self.allows_port(address.port()) && self.host.as_ref().is_none_or(|granted| *granted == ip)
    }

    /// Whether everything that the other grants is granted by this.
    #[cfg(any(feature = "plugins", test))]
    pub(super) fn covers(&self, other: &Self) -> bool {
        (self.port.is_none() || self.port == other.port) && (self.host.is_none() || self.host == other.host)
    }

    /// The ports with which a name may be resolved: `None` if it is not granted, `Some(None)` for every port.
    pub(super) fn ports_of(&self, host: &str) -> Option<Option<u16>> {
        let granted = self.host.as_ref().is_none_or(|granted| *granted == Host::parse(host));
        granted.then_some(self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(rule: &str, host: &str, port: u16) -> bool {
        NetRule::parse(rule).unwrap().allows(host, port)
    }

    #[test]
    fn hosts_and_ports_are_compared_as_what_they_mean() {
        assert!(allows("example.com:443", "EXAMPLE.com.", 443));
        assert!(!allows("example.com:443", "example.com", 80));
        assert!(!allows("example.com", "evil-example.com", 80));
        assert!(allows("example.com", "example.com", 1));
        assert!(allows("[::1]:80", "0:0:0:0:0:0:0:1", 80));
        assert!(allows("::1", "::1", 5));
        assert!(allows("127.0.0.1", "::ffff:127.0.0.1", 5));
        assert!(allows("*:80", "anything", 80));
        assert!(!allows("*:80", "anything", 81));
    }

    #[test]
    fn a_rule_covers_those_that_grant_no_more() {
        let covers = |rule, other| NetRule::parse(rule).unwrap().covers(&NetRule::parse(other).unwrap());
        assert!(covers("*", "example.com:443"));
        assert!(covers("example.com", "EXAMPLE.com:443"));
        assert!(!covers("example.com:443", "example.com"));
        assert!(!covers("example.com", "*"));
    }

    #[test]
    fn what_is_no_address_is_an_error() {
        for text in ["", ":80", "host:port", "http://host", "a b"] {
            assert!(NetRule::parse(text).is_err(), "{text}");
        }
    }
}
