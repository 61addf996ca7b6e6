//! Sizes and times as they are written on a command line.

use std::time::Duration;

/// A number of bytes: `4096`, `64K`, `500M`, `2G`.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is no size; write it as 4096, 64K, 500M or 2G");
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let number: u64 = text[..text.len() - letters.len()].parse().map_err(|_| wrong())?;
    let unit = match letters.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" | "KIB" => 1 << 10,
        "M" | "MB" | "MIB" => 1 << 20,
        "G" | "GB" | "GIB" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(unit).ok_or_else(wrong)
}

/// A number of bytes that a program can run in.
pub(super) fn memory(text: &str) -> Result<u64, String> {
    // What an interpreter takes by itself, and a traceback.
    const LEAST: u64 = 8 << 20;
    match size(text)? {
        bytes if bytes < LEAST => Err(format!("{text} is less than an interpreter takes; give it 8M or more")),
        bytes => Ok(bytes),
    }
}

/// A number of seconds, with a fraction if it has one.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|time| !time.is_zero())
        .ok_or_else(|| format!("{text:?} is no time; write it in seconds, as 2 or 0.5"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("4096"), Ok(4096));
        assert_eq!(size("64k"), Ok(64 << 10));
        assert_eq!(size("500MB"), Ok(500 << 20));
        assert_eq!(size("2GiB"), Ok(2 << 30));
        for wrong in ["", "M", "-1", "1.5G", "2T", "99999999999G"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn memory_is_enough_for_an_interpreter() {
        assert_eq!(memory("8M"), Ok(8 << 20));
        for wrong in ["0", "1K", "4M", "M"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_in_seconds() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["", "0", "-1", "soon", "inf"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
