//! Python's `datetime` kinds as plain structs, with its ranges.

use std::{fmt, sync::Arc, time::Duration};

use crate::error::ConversionError;

pub(super) const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
pub(super) const SECONDS_PER_DAY: i64 = 86_400;
const MOST_DAYS: i64 = 999_999_999;

/// A day in the calendar, as `datetime.date`.
///
/// `Display` and `FromStr` are ISO 8601; reading also takes the form without hyphens.
///
/// ```
/// use ungil::value::Date;
///
/// let leap_day = Date::new(2024, 2, 29)?;
/// assert_eq!(leap_day.to_string(), "2024-02-29");
/// assert_eq!("2024-02-29".parse(), Ok(leap_day));
/// assert!(Date::new(2023, 2, 29).is_err());
/// # Ok::<(), ungil::ConversionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The year 1 to 9999, the month 1 to 12, the day from 1 to the month's last.
    ///
    /// # Errors
    /// One of them is out of its range.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, ConversionError> {
        in_range("year", year.into(), 1, 9999)?;
        in_range("month", month.into(), 1, 12)?;
        in_range("day", day.into(), 1, days_in_month(year, month).into())?;
        Ok(Self { year, month, day })
    }

    /// 1 to 9999.
    pub fn year(self) -> u16 {
        self.year
    }

    /// 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }
}

fn days_in_month(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn in_range(what: &str, given: i64, least: i64, most: i64) -> Result<(), ConversionError> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(ConversionError::new(format!(
        "{what} must be in {least}..{most}, not {given}"
    )))
}

/// A time of day, as `datetime.time`: without a day, to the microsecond, with or without a time zone.
///
/// `Display` and `FromStr` are ISO 8601 without the leading `T`. The text has no place for `fold` and for a time zone's
/// name, so they get lost in it; digits beyond the microsecond are cut off when it is read.
///
/// ```
/// use ungil::value::{Time, TimeZone};
///
/// let tea = Time::new(17, 30, 0)?.with_microsecond(250_000)?;
/// assert_eq!(tea.to_string(), "17:30:00.250000");
/// let tea = tea.with_time_zone(TimeZone::from_seconds(3600)?);
/// assert_eq!("17:30:00.25+01:00".parse(), Ok(tea));
/// # Ok::<(), ungil::ConversionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Time {
    hour: u8,
    minute: u8,
    second: u8,
    fold: bool,
    microsecond: u32,
    time_zone: Option<Arc<TimeZone>>,
}

impl Time {
    /// The hour 0 to 23, the minute and the second 0 to 59.
    ///
    /// # Errors
    /// One of them is out of its range; there is no leap second.
    pub fn new(hour: u8, minute: u8, second: u8) -> Result<Self, ConversionError> {
        in_range("hour", hour.into(), 0, 23)?;
        in_range("minute", minute.into(), 0, 59)?;
        in_range("second", second.into(), 0, 59)?;
        Ok(Self {
            hour,
            minute,
            second,
            fold: false,
            microsecond: 0,
            time_zone: None,
        })
    }

    /// The same with the microsecond, 0 to 999,999.
    ///
    /// # Errors
    /// It is out of its range.
    pub fn with_microsecond(self, microsecond: u32) -> Result<Self, ConversionError> {
        in_range("microsecond", microsecond.into(), 0, MICROSECONDS_PER_SECOND - 1)?;
        Ok(Self { microsecond, ..self })
    }

    /// The same with Python's `fold`: true for the second of two equal times when a clock is set back.
    pub fn with_fold(self, fold: bool) -> Self {
        Self { fold, ..self }
    }

    /// The same in a time zone. Many times may share one: pass an `Arc` to them all.
    pub fn with_time_zone(self, time_zone: impl Into<Arc<TimeZone>>) -> Self {
        Self {
            time_zone: Some(time_zone.into()),
            ..self
        }
    }

    /// 0 to 23.
    pub fn hour(&self) -> u8 {
        self.hour
    }

    /// 0 to 59.
    pub fn minute(&self) -> u8 {
        self.minute
    }

    /// 0 to 59.
    pub fn second(&self) -> u8 {
        self.second
    }

    /// 0 to 999,999.
    pub fn microsecond(&self) -> u32 {
        self.microsecond
    }

    /// True for the second of two equal times when a clock is set back.
    pub fn fold(&self) -> bool {
        self.fold
    }

    /// The time zone; `None` for a naive time.
    pub fn time_zone(&self) -> Option<&TimeZone> {
        self.time_zone.as_deref()
    }
}

/// A day and a time of day, as `datetime.datetime`.
///
/// `Display` and `FromStr` are ISO 8601 with a `T` between the two; reading also takes a space. See [`Time`] for what
/// gets lost in the text.
///
/// ```
/// use ungil::value::{Date, DateTime, Time, TimeZone};
///
/// let start = DateTime::new(Date::new(2024, 5, 17)?, Time::new(9, 0, 0)?.with_time_zone(TimeZone::utc()));
/// assert_eq!(start.to_string(), "2024-05-17T09:00:00+00:00");
/// assert_eq!("2024-05-17 09:00:00Z".parse(), Ok(start));
/// # Ok::<(), ungil::ConversionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    date: Date,
    time: Time,
}

impl DateTime {
    /// Puts the two together; the time zone is the time's.
    pub fn new(date: Date, time: Time) -> Self {
        Self { date, time }
    }

    /// The day.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The time of day, with the time zone.
    pub fn time(&self) -> &Time {
        &self.time
    }
}

/// A fixed distance from UTC, as `datetime.timezone`, with a name if Python has one for it.
///
/// `Display` is the ISO 8601 offset, such as `+02:00`; `FromStr` reads that and `Z`. The name is not part of the text.
///
/// ```
/// use ungil::value::TimeZone;
///
/// let summer = TimeZone::from_seconds(7200)?.with_name("CEST");
/// assert_eq!(summer.to_string(), "+02:00");
/// assert_eq!(summer.name(), Some("CEST"));
/// assert_eq!("Z".parse(), Ok(TimeZone::utc()));
/// # Ok::<(), ungil::ConversionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TimeZone {
    /// One word, so that a `Value` stays at four.
    microseconds: i64,
    name: Option<Box<str>>,
}

impl TimeZone {
    /// UTC, without a name of its own.
    pub fn utc() -> Self {
        Self {
            microseconds: 0,
            name: None,
        }
    }

    /// So many seconds east of UTC; west is negative.
    ///
    /// # Errors
    /// It is a whole day or more.
    pub fn from_seconds(seconds: i32) -> Result<Self, ConversionError> {
        Self::new(TimeDelta::new(0, seconds.into(), 0)?)
    }

    /// This far east of UTC; west is negative.
    ///
    /// # Errors
    /// It is a whole day or more.
    pub fn new(offset: TimeDelta) -> Result<Self, ConversionError> {
        let day = SECONDS_PER_DAY * MICROSECONDS_PER_SECOND;
        match i64::try_from(offset.total_microseconds()) {
            Ok(microseconds) if microseconds.abs() < day => Ok(Self {
                microseconds,
                name: None,
            }),
            _ => Err(ConversionError::new(
                "a time zone must be less than 24 hours away from UTC",
            )),
        }
    }

    /// The same with a name.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into().into_boxed_str()),
            ..self
        }
    }

    /// How far east of UTC; negative in the west.
    pub fn offset(&self) -> TimeDelta {
        TimeDelta::new(0, 0, self.microseconds).expect("a time zone is within a day")
    }

    /// The name, such as `CEST`.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// A span of time to the microsecond, as `datetime.timedelta`; it may be negative.
///
/// `Display` and `FromStr` are ISO 8601 durations of days, hours, minutes and seconds.
///
/// ```
/// use std::time::Duration;
/// use ungil::value::TimeDelta;
///
/// let delta = TimeDelta::new(1, 7200, 500_000)?;
/// assert_eq!(delta.to_string(), "P1DT2H0.5S");
/// assert_eq!("P1DT2H0.5S".parse(), Ok(delta));
/// assert_eq!(Duration::try_from(delta)?, Duration::from_millis(93_600_500));
/// # Ok::<(), ungil::ConversionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeDelta {
    days: i32,
    seconds: u32,
    microseconds: u32,
}

impl TimeDelta {
    /// The sum of the three, each of which may be negative and of any size.
    ///
    /// # Errors
    /// The sum is beyond 999,999,999 days either way.
    pub fn new(days: i64, seconds: i64, microseconds: i64) -> Result<Self, ConversionError> {
        let seconds = i128::from(days) * i128::from(SECONDS_PER_DAY) + i128::from(seconds);
        Self::from_microseconds(seconds * i128::from(MICROSECONDS_PER_SECOND) + i128::from(microseconds))
    }

    /// So many microseconds.
    ///
    /// # Errors
    /// They are more than 999,999,999 days either way.
    pub fn from_microseconds(microseconds: i128) -> Result<Self, ConversionError> {
        let per_second = i128::from(MICROSECONDS_PER_SECOND);
        let per_day = per_second * i128::from(SECONDS_PER_DAY);
        let (days, rest) = (microseconds.div_euclid(per_day), microseconds.rem_euclid(per_day));
        let days = i32::try_from(days)
            .ok()
            .filter(|days| i64::from(*days).abs() <= MOST_DAYS);
        let days = days.ok_or_else(|| ConversionError::new("a timedelta must be within 999999999 days"))?;
        Ok(Self {
            days,
            seconds: (rest / per_second) as u32,
            microseconds: (rest % per_second) as u32,
        })
    }

    /// Whole days, rounded down; -999,999,999 to 999,999,999.
    pub fn days(self) -> i32 {
        self.days
    }

    /// The seconds beyond the days, 0 to 86,399.
    pub fn seconds(self) -> u32 {
        self.seconds
    }

    /// The microseconds beyond the seconds, 0 to 999,999.
    pub fn microseconds(self) -> u32 {
        self.microseconds
    }

    /// The whole span in microseconds.
    pub fn total_microseconds(self) -> i128 {
        let seconds = i64::from(self.days) * SECONDS_PER_DAY + i64::from(self.seconds);
        i128::from(seconds) * i128::from(MICROSECONDS_PER_SECOND) + i128::from(self.microseconds)
    }

    /// The whole span in seconds, rounded to a float.
    pub fn total_seconds(self) -> f64 {
        self.total_microseconds() as f64 / MICROSECONDS_PER_SECOND as f64
    }
}

/// Cuts off what is below a microsecond.
impl TryFrom<Duration> for TimeDelta {
    type Error = ConversionError;

    fn try_from(duration: Duration) -> Result<Self, ConversionError> {
        // At most 2^64 seconds, which are fewer than 2^84 microseconds.
        Self::from_microseconds(duration.as_micros() as i128)
    }
}

impl TryFrom<TimeDelta> for Duration {
    type Error = ConversionError;

    fn try_from(delta: TimeDelta) -> Result<Self, ConversionError> {
        let microseconds = u128::try_from(delta.total_microseconds())
            .map_err(|_| ConversionError::new(format!("the timedelta {delta} is negative; a Duration cannot be")))?;
        let per_second = MICROSECONDS_PER_SECOND as u128;
        let (seconds, rest) = (microseconds / per_second, microseconds % per_second);
        Ok(Duration::new(seconds as u64, rest as u32 * 1000))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date, self.time)
    }
}
