//! Values as Python's `repr` prints them.

use std::fmt::{self, Display, Formatter, Write};

use super::{Complex, Date, MAX_DEPTH, Time, TimeDelta, TimeZone, Value};

/// As Python's `repr`. Containers nested deeper than [`MAX_DEPTH`] are shown as `...`.
impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_value(f, self, 0)
    }
}

impl Display for Complex {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let imaginary = without_point_zero(self.im);
        if self.re == 0.0 && self.re.is_sign_positive() {
            return write!(f, "{imaginary}j");
        }
        let sign = if imaginary.starts_with('-') { "" } else { "+" };
        write!(f, "({}{sign}{imaginary}j)", without_point_zero(self.re))
    }
}

fn write_value(f: &mut Formatter<'_>, value: &Value, depth: usize) -> fmt::Result {
    match value {
        Value::None => f.write_str("None"),
        Value::Bool(true) => f.write_str("True"),
        Value::Bool(false) => f.write_str("False"),
        Value::Int(int) => write!(f, "{int}"),
        Value::BigInt(int) => write!(f, "{int}"),
        Value::Float(float) => f.write_str(&float_repr(*float)),
        Value::Complex(complex) => write!(f, "{complex}"),
        Value::Str(text) => write_str(f, text),
        Value::Bytes(bytes) => write_bytes(f, bytes),
        Value::List(items) => write_items(f, "[", items, "]", depth),
        Value::Tuple(items) => write_items(f, "(", items, if items.len() == 1 { ",)" } else { ")" }, depth),
        Value::Set(items) if items.is_empty() => f.write_str("set()"),
        Value::Set(items) => write_items(f, "{", items, "}", depth),
        Value::FrozenSet(items) if items.is_empty() => f.write_str("frozenset()"),
        Value::FrozenSet(items) => write_items(f, "frozenset({", items, "})", depth),
        Value::Dict(entries) => write_dict(f, entries, depth),
        Value::Date(date) => {
            write!(f, "datetime.date(")?;
            write_date(f, *date)?;
            f.write_char(')')
        }
        Value::Time(time) => {
            f.write_str("datetime.time(")?;
            write_time(f, time, false)?;
            f.write_char(')')
        }
        Value::DateTime(datetime) => {
            f.write_str("datetime.datetime(")?;
            write_date(f, datetime.date())?;
            f.write_str(", ")?;
            write_time(f, datetime.time(), true)?;
            f.write_char(')')
        }
        Value::TimeDelta(delta) => write_delta(f, *delta),
        Value::TimeZone(zone) => write_zone(f, zone),
        Value::Handle(handle) => write!(f, "<{}>", handle.kind()),
    }
}

fn write_items(f: &mut Formatter<'_>, open: &str, items: &[Value], close: &str, depth: usize) -> fmt::Result {
    f.write_str(open)?;
    if depth >= MAX_DEPTH {
        f.write_str("...")?;
    } else {
        for (index, item) in items.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            write_value(f, item, depth + 1)?;
        }
    }
    f.write_str(close)
}

fn write_dict(f: &mut Formatter<'_>, entries: &[(Value, Value)], depth: usize) -> fmt::Result {
    if depth >= MAX_DEPTH {
        return f.write_str("{...}");
    }
    f.write_char('{')?;
    for (index, (key, value)) in entries.iter().enumerate() {
        f.write_str(if index > 0 { ", " } else { "" })?;
        write_value(f, key, depth + 1)?;
        f.write_str(": ")?;
        write_value(f, value, depth + 1)?;
    }
    f.write_char('}')
}

/// The shortest digits that give the same float again; an exponent where Python uses one.
fn float_repr(float: f64) -> String {
    let mut text = without_point_zero(float);
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        text.push_str(".0");
    }
    text
}

fn without_point_zero(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (mantissa, exponent) = scientific.split_once('e').expect("{:e} writes an exponent");
    let exponent: i32 = exponent.parse().expect("{:e} writes a number behind the e");
    if (-4..16).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn quote_for(has_single: bool, has_double: bool) -> char {
    if has_single && !has_double { '"' } else { '\'' }
}

fn write_str(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    f.write_char(quote)?;
    for char in text.chars() {
        match char {
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\\' => f.write_str("\\\\")?,
            _ if char == quote => write!(f, "\\{quote}")?,
            _ if is_printable(char) => f.write_char(char)?,
            _ => match char as u32 {
                code @ ..0x100 => write!(f, "\\x{code:02x}")?,
                code @ 0x100..0x1_0000 => write!(f, "\\u{code:04x}")?,
                code => write!(f, "\\U{code:08x}")?,
            },
        }
    }
    f.write_char(quote)
}

fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return !char.is_ascii_control();
    }
    // Rust escapes by the same Unicode categories as Python, but a combining character only where it comes first.
    let mut buffer = [b'a'; 5];
    let length = char.encode_utf8(&mut buffer[1..]).len();
    std::str::from_utf8(&buffer[..=length]).is_ok_and(|text| text.escape_debug().count() == 2)
}

fn write_bytes(f: &mut Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    write!(f, "b{quote}")?;
    for &byte in bytes {
        match byte {
            b'\n' => f.write_str("\\n")?,
            b'\r' => f.write_str("\\r")?,
            b'\t' => f.write_str("\\t")?,
            b'\\' => f.write_str("\\\\")?,
            _ if char::from(byte) == quote => write!(f, "\\{quote}")?,
            b' '..=b'~' => f.write_char(byte.into())?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_char(quote)
}

fn write_date(f: &mut Formatter<'_>, date: Date) -> fmt::Result {
    write!(f, "{}, {}, {}", date.year(), date.month(), date.day())
}

fn write_time(f: &mut Formatter<'_>, time: &Time, fold_first: bool) -> fmt::Result {
    write!(f, "{}, {}", time.hour(), time.minute())?;
    if time.second() != 0 || time.microsecond() != 0 {
        write!(f, ", {}", time.second())?;
    }
    if time.microsecond() != 0 {
        write!(f, ", {}", time.microsecond())?;
    }
    // Python's own two classes differ in which comes first.
    let fold = if time.fold() { ", fold=1" } else { "" };
    f.write_str(if fold_first { fold } else { "" })?;
    if let Some(zone) = time.time_zone() {
        f.write_str(", tzinfo=")?;
        write_zone(f, zone)?;
    }
    f.write_str(if fold_first { "" } else { fold })
}

fn write_delta(f: &mut Formatter<'_>, delta: TimeDelta) -> fmt::Result {
    let parts = [
        ("days", i64::from(delta.days())),
        ("seconds", i64::from(delta.seconds())),
        ("microseconds", i64::from(delta.microseconds())),
    ];
    let mut separator = "";
    f.write_str("datetime.timedelta(")?;
    for (name, number) in parts.into_iter().filter(|(_, number)| *number != 0) {
        write!(f, "{separator}{name}={number}")?;
        separator = ", ";
    }
    f.write_str(if separator.is_empty() { "0)" } else { ")" })
}

fn write_zone(f: &mut Formatter<'_>, zone: &TimeZone) -> fmt::Result {
    if *zone == TimeZone::utc() {
        return f.write_str("datetime.timezone.utc");
    }
    f.write_str("datetime.timezone(")?;
    write_delta(f, zone.offset())?;
    if let Some(name) = zone.name() {
        f.write_str(", ")?;
        write_str(f, name)?;
    }
    f.write_char(')')
}
