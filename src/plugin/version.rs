//! Versions of what a host offers: two numbers, of which the first changes when something breaks.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A version of the host's API, or of something that it offers: `major.minor`.
///
/// A wish for `1.2` is met by 1.2, 1.3 and so on, but neither by 1.1 nor by 2.0; `1` means `1.0`.
///
/// ```
/// use ungil::plugin::ApiVersion;
///
/// let wish: ApiVersion = "1.2".parse().unwrap();
/// assert!(ApiVersion::new(1, 4).meets(wish));
/// assert!(!ApiVersion::new(2, 4).meets(wish));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

impl ApiVersion {
    /// The version of these numbers.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Whether who asks for `wish` can be given this.
    pub fn meets(self, wish: Self) -> bool {
        self.major == wish.major && self.minor >= wish.minor
    }
}

impl FromStr for ApiVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |part: &str| part.parse::<u32>().ok();
        let parsed = match text.split_once('.') {
            None => number(text).map(|major| Self::new(major, 0)),
            Some((major, minor)) => number(major)
                .zip(number(minor))
                .map(|(major, minor)| Self::new(major, minor)),
        };
        parsed.ok_or_else(|| format!("{text:?} is no version; write it as \"1\" or \"1.2\""))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for ApiVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_version_is_an_error() {
        for text in ["", "a", "1.", ".1", "1.2.3", "-1", "1.x"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
        assert_eq!("2".parse(), Ok(ApiVersion::new(2, 0)));
    }
}
