//! ISO 8601 text of the datetime kinds, both ways.

use std::{
    fmt::{self, Display, Formatter, Write},
    str::FromStr,
};

use super::{
    Date, DateTime, Time, TimeDelta, TimeZone,
    temporal::{MICROSECONDS_PER_SECOND, SECONDS_PER_DAY},
};
use crate::error::ConversionError;

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}:{:02}", self.hour(), self.minute(), self.second())?;
        if self.microsecond() != 0 {
            write!(f, ".{:06}", self.microsecond())?;
        }
        match self.time_zone() {
            Some(zone) => zone.fmt(f),
            None => Ok(()),
        }
    }
}

impl Display for TimeZone {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let total = self.offset().total_microseconds();
        let micros = total.unsigned_abs();
        let seconds = micros / 1_000_000;
        f.write_char(if total < 0 { '-' } else { '+' })?;
        write!(f, "{:02}:{:02}", seconds / 3600, seconds / 60 % 60)?;
        if !micros.is_multiple_of(60_000_000) {
            write!(f, ":{:02}", seconds % 60)?;
        }
        if !micros.is_multiple_of(1_000_000) {
            write!(f, ".{:06}", micros % 1_000_000)?;
        }
        Ok(())
    }
}

impl Display for TimeDelta {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let total = self.total_microseconds();
        let micros = total.unsigned_abs();
        if total == 0 {
            return f.write_str("PT0S");
        }
        f.write_str(if total < 0 { "-P" } else { "P" })?;
        let seconds = micros / 1_000_000;
        write_part(f, seconds / 86_400, "D")?;
        if !micros.is_multiple_of(86_400_000_000) {
            f.write_char('T')?;
        }
        write_part(f, seconds / 3600 % 24, "H")?;
        write_part(f, seconds / 60 % 60, "M")?;
        match micros % 1_000_000 {
            0 => write_part(f, seconds % 60, "S"),
            fraction => {
                let digits = format!("{fraction:06}");
                write!(f, "{}.{}S", seconds % 60, digits.trim_end_matches('0'))
            }
        }
    }
}

fn write_part(f: &mut Formatter<'_>, number: u128, unit: &str) -> fmt::Result {
    if number == 0 {
        return Ok(());
    }
    write!(f, "{number}{unit}")
}

impl FromStr for Date {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, ConversionError> {
        parse_whole(text, "a date such as 2024-05-17", |reader| reader.date())
    }
}

impl FromStr for Time {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, ConversionError> {
        parse_whole(text, "a time such as 09:30:00 or 09:30:00.25+02:00", |reader| {
            reader.time()
        })
    }
}

impl FromStr for DateTime {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, ConversionError> {
        parse_whole(text, "a date and time such as 2024-05-17T09:30:00+02:00", |reader| {
            let date = reader.date()?;
            if !reader.skip(b'T') && !reader.skip(b't') {
                reader.require(b' ')?;
            }
            Ok(DateTime::new(date, reader.time()?))
        })
    }
}

impl FromStr for TimeZone {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, ConversionError> {
        parse_whole(text, "a UTC offset such as +02:00 or Z", |reader| {
            reader.zone()?.ok_or(Wrong::Form)
        })
    }
}

impl FromStr for TimeDelta {
    type Err = ConversionError;

    fn from_str(text: &str) -> Result<Self, ConversionError> {
        parse_whole(text, "a duration such as P1DT2H30M0.5S, in days or less", |reader| {
            reader.delta()
        })
    }
}

/// What may stop the reading: text of another form, or a number out of its range.
enum Wrong {
    Form,
    Range(ConversionError),
}

impl From<ConversionError> for Wrong {
    fn from(error: ConversionError) -> Self {
        Self::Range(error)
    }
}

fn parse_whole<T>(
    text: &str,
    form: &str,
    parse: impl FnOnce(&mut Reader<'_>) -> Result<T, Wrong>,
) -> Result<T, ConversionError> {
    let mut reader = Reader { rest: text.as_bytes() };
    match parse(&mut reader) {
        Ok(value) if reader.rest.is_empty() => Ok(value),
        Err(Wrong::Range(error)) => Err(error),
        _ => {
            let shown: String = text.chars().take(60).collect();
            Err(ConversionError::mismatch(&form, &format_args!("{shown:?}")))
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.rest.first() == Some(&byte);
        if is_next {
            self.rest = &self.rest[1..];
        }
        is_next
    }

    fn require(&mut self, byte: u8) -> Result<(), Wrong> {
        if self.skip(byte) { Ok(()) } else { Err(Wrong::Form) }
    }

    fn take_digits(&mut self) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        digits
    }

    fn fixed(&mut self, length: usize) -> Result<u16, Wrong> {
        let digits = self.rest.get(..length).ok_or(Wrong::Form)?;
        self.rest = &self.rest[length..];
        number(digits)
    }

    fn two(&mut self) -> Result<u8, Wrong> {
        self.fixed(2).map(|number| number as u8)
    }

    fn date(&mut self) -> Result<Date, Wrong> {
        let year = self.fixed(4)?;
        let extended = self.skip(b'-');
        let month = self.two()?;
        if extended {
            self.require(b'-')?;
        }
        Ok(Date::new(year, month, self.two()?)?)
    }

    fn time(&mut self) -> Result<Time, Wrong> {
        let [hour, minute, second] = self.clock()?;
        let microsecond = self.fraction()?;
        let time = Time::new(hour, minute, second)?.with_microsecond(microsecond)?;
        Ok(match self.zone()? {
            Some(zone) => time.with_time_zone(zone),
            None => time,
        })
    }

    /// `HH`, `HH:MM`, `HH:MM:SS`, or the last two without colons.
    fn clock(&mut self) -> Result<[u8; 3], Wrong> {
        let mut parts = [self.two()?, 0, 0];
        let extended = self.rest.first() == Some(&b':');
        for part in &mut parts[1..] {
            let goes_on = match extended {
                true => self.skip(b':'),
                false => self.rest.first().is_some_and(u8::is_ascii_digit),
            };
            if !goes_on {
                break;
            }
            *part = self.two()?;
        }
        Ok(parts)
    }

    /// Microseconds behind a point or comma; digits beyond them are cut off, as Python does.
    fn fraction(&mut self) -> Result<u32, Wrong> {
        if !self.skip(b'.') && !self.skip(b',') {
            return Ok(0);
        }
        let digits = self.take_digits();
        if digits.is_empty() {
            return Err(Wrong::Form);
        }
        let six = digits.iter().map(|digit| u32::from(digit - b'0')).chain([0; 6]).take(6);
        Ok(six.fold(0, |sum, digit| sum * 10 + digit))
    }

    fn zone(&mut self) -> Result<Option<TimeZone>, Wrong> {
        if self.skip(b'Z') || self.skip(b'z') {
            return Ok(Some(TimeZone::utc()));
        }
        let sign = match self.rest.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return Ok(None),
        };
        self.rest = &self.rest[1..];
        let [hours, minutes, seconds] = self.clock()?.map(i64::from);
        if minutes > 59 || seconds > 59 {
            return Err(Wrong::Form);
        }
        let seconds = sign * (hours * 3600 + minutes * 60 + seconds);
        let offset = TimeDelta::new(0, seconds, sign * i64::from(self.fraction()?))?;
        Ok(Some(TimeZone::new(offset)?))
    }

    fn delta(&mut self) -> Result<TimeDelta, Wrong> {
        let negative = self.skip(b'-');
        if !negative {
            self.skip(b'+');
        }
        self.require(b'P')?;
        let day = SECONDS_PER_DAY;
        let dates = self.units(&[(b'W', 7 * day), (b'D', day)])?;
        let times = match self.skip(b'T') {
            true => Some(self.units(&[(b'H', 3600), (b'M', 60), (b'S', 1)])?.ok_or(Wrong::Form)?),
            false => None,
        };
        if dates.is_none() && times.is_none() {
            return Err(Wrong::Form);
        }
        let total = dates.unwrap_or(0) + times.unwrap_or(0);
        Ok(TimeDelta::from_microseconds(if negative { -total } else { total })?)
    }

    /// Numbers with these units, each at most once and in this order, in microseconds; `None` if there is not one.
    fn units(&mut self, units: &[(u8, i64)]) -> Result<Option<i128>, Wrong> {
        let mut total = None;
        let mut remaining = units.iter();
        while self.rest.first().is_some_and(u8::is_ascii_digit) {
            // Fifteen digits of weeks are beyond every timedelta, and far from overflow.
            let whole = self.take_digits();
            let whole: i128 = match whole.len() {
                ..=15 => whole.iter().fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')),
                _ => return Err(Wrong::Form),
            };
            let has_fraction = matches!(self.rest.first(), Some(b'.' | b','));
            let fraction = self.fraction()?;
            let unit = *self.rest.first().ok_or(Wrong::Form)?;
            let (_, seconds) = remaining.find(|(name, _)| *name == unit).ok_or(Wrong::Form)?;
            self.rest = &self.rest[1..];
            if has_fraction && unit != b'S' {
                return Err(Wrong::Form);
            }
            let part = whole * i128::from(*seconds) * i128::from(MICROSECONDS_PER_SECOND) + i128::from(fraction);
            total = Some(total.unwrap_or(0) + part);
        }
        Ok(total)
    }
}

fn number(digits: &[u8]) -> Result<u16, Wrong> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Wrong::Form);
    }
    Ok(digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
}
