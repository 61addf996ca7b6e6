//! Why a value could not cross, and where in it.

use std::{
    borrow::Cow,
    fmt::{self, Display, Write},
};

use serde::{
    de::{self, Expected, Unexpected},
    ser,
};

const DEFAULT_ROOT: &str = "value";
/// A path longer than this many characters loses its middle.
const LONGEST_PATH: usize = 200;
const LONGEST_KEY: usize = 40;

/// A value could not cross between Rust and Python, and the path to the part that could not.
///
/// The path is written as Python would: `args[0]["orders"][3]` is an element of a list that is in a dict that is the
/// first argument. An element of a set, which has no index, is `{…}`, and a dict's key is `.keys()`.
///
/// ```
/// use ungil::value::{from_value, Value};
///
/// let value = Value::dict([("prices", Value::list([1.5, 2.5]))]);
/// let error = from_value::<std::collections::HashMap<String, Vec<i64>>>(value).unwrap_err();
/// assert_eq!(error.path(), r#"value["prices"][0]"#);
/// assert_eq!(
///     error.to_string(),
///     r#"value["prices"][0]: expected int (i64), found float 1.5; convert it with int() or round() first"#,
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConversionError(Box<Detail>);

#[derive(Clone, PartialEq, Eq)]
struct Detail {
    root: Option<Cow<'static, str>>,
    /// The innermost first, because it is pushed while the error travels outwards.
    segments: Vec<Segment>,
    message: String,
}

#[derive(Clone, PartialEq, Eq)]
enum Segment {
    Index(usize),
    Key(String),
    Member,
    Keys,
}

impl ConversionError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Detail {
            root: None,
            segments: Vec::new(),
            message: message.into(),
        }))
    }

    /// Both in words for people: `expected` may be what a serde visitor says of itself.
    pub(crate) fn mismatch(expected: &dyn Display, found: &dyn Display) -> Self {
        let expected = expected.to_string();
        Self::new(format!("expected {}, found {found}", python_words(&expected)))
    }

    pub(crate) fn hint(mut self, what_to_do: &str) -> Self {
        self.0.message.push_str("; ");
        self.0.message.push_str(what_to_do);
        self
    }

    pub(crate) fn at_index(self, index: usize) -> Self {
        self.inside(Segment::Index(index))
    }

    /// A dict's value or a struct's field under a key that is a str.
    pub(crate) fn at_name(self, key: &str) -> Self {
        self.inside(Segment::Key(format!("{:?}", abbreviated(key))))
    }

    /// A dict's value under another kind of key, given as Python's repr of it.
    pub(crate) fn at_key(self, repr: &str) -> Self {
        self.inside(Segment::Key(abbreviated(repr).into_owned()))
    }

    /// An element of a set.
    pub(crate) fn at_member(self) -> Self {
        self.inside(Segment::Member)
    }

    /// A key of a dict, as opposed to what stands under it.
    pub(crate) fn at_keys(self) -> Self {
        self.inside(Segment::Keys)
    }

    /// What the path starts with, such as `args[0]` or `result`.
    pub(crate) fn at_root(mut self, root: impl Into<Cow<'static, str>>) -> Self {
        self.0.root = Some(root.into());
        self
    }

    fn inside(mut self, segment: Segment) -> Self {
        self.0.segments.push(segment);
        self
    }

    /// Where in the value it is, such as `args[0]["x"]`; the middle of a very long path is left out.
    pub fn path(&self) -> String {
        let mut path = self.0.root.as_deref().unwrap_or(DEFAULT_ROOT).to_owned();
        let segments: Vec<String> = self.0.segments.iter().rev().map(Segment::to_string).collect();
        let lengths: Vec<usize> = segments.iter().map(|segment| segment.chars().count()).collect();
        if lengths.iter().sum::<usize>() <= LONGEST_PATH {
            path.extend(segments);
            return path;
        }
        let head = fitting(lengths.iter());
        let tail = fitting(lengths[head..].iter().rev());
        path.extend(segments[..head].iter().map(String::as_str));
        path.push_str(" … ");
        path.extend(segments[segments.len() - tail..].iter().map(String::as_str));
        path
    }

    /// What was expected, what was found, and what to do about it, without the path.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// How many of the segments fit into half of the longest path.
fn fitting<'a>(lengths: impl Iterator<Item = &'a usize>) -> usize {
    let mut used = 0;
    lengths
        .take_while(|length| {
            used += **length;
            used <= LONGEST_PATH / 2
        })
        .count()
}

fn abbreviated(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_KEY) {
        None => text.into(),
        Some((end, _)) => format!("{}…", &text[..end]).into(),
    }
}

impl Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Key(key) => write!(f, "[{key}]"),
            Self::Member => f.write_str("{…}"),
            Self::Keys => f.write_str(".keys()"),
        }
    }
}

impl Display for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path(), self.message())
    }
}

impl fmt::Debug for ConversionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConversionError")
            .field("path", &self.path())
            .field("message", &self.message())
            .finish()
    }
}

impl std::error::Error for ConversionError {}

impl ser::Error for ConversionError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl de::Error for ConversionError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let wanted = expected.to_string();
        let error = Self::mismatch(&wanted, &python_value(unexpected));
        match advice(unexpected, &python_words(&wanted)) {
            Some(advice) => error.hint(advice),
            None => error,
        }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let error = Self::mismatch(&expected.to_string(), &python_value(unexpected));
        match unexpected {
            Unexpected::Signed(_) | Unexpected::Unsigned(_) => error.hint("it is out of range"),
            _ => error,
        }
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        let plural = if length == 1 { "" } else { "s" };
        Self::mismatch(&expected.to_string(), &format_args!("{length} element{plural}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let variant = abbreviated(variant);
        Self::new(format!("unknown variant {variant:?}; use {}", one_of(expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let field = abbreviated(field);
        Self::new(format!("unknown key {field:?}; use {}", one_of(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(format!(
            "the key {field:?} is missing; add it, or make the field optional with #[serde(default)]"
        ))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(format!("the key {field:?} is there twice; leave one out"))
    }
}

fn one_of(names: &[&str]) -> String {
    match names {
        [] => "none, there are no others".to_owned(),
        [name] => format!("{name:?}"),
        _ => {
            let mut text = "one of ".to_owned();
            for (index, name) in names.iter().enumerate() {
                let separator = if index > 0 { ", " } else { "" };
                write!(text, "{separator}{name:?}").expect("a String takes all text");
            }
            text
        }
    }
}

/// What serde's own visitors expect, in words that the author of a script knows.
fn python_words(expected: &str) -> Cow<'_, str> {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            format!("int ({expected})").into()
        }
        "f32" | "f64" => format!("float ({expected})").into(),
        "a string" | "string" => "str".into(),
        "a character" => "str of one character".into(),
        "a boolean" => "bool".into(),
        "byte array" | "bytes" => "bytes".into(),
        "unit" => "None".into(),
        "a sequence" => "list".into(),
        "a map" => "dict".into(),
        _ if expected.starts_with("struct ") => format!("dict for {expected}").into(),
        _ => expected.into(),
    }
}

fn python_value(found: Unexpected<'_>) -> Cow<'static, str> {
    match found {
        Unexpected::Bool(true) => "bool True".into(),
        Unexpected::Bool(false) => "bool False".into(),
        Unexpected::Unsigned(int) => format!("int {int}").into(),
        Unexpected::Signed(int) => format!("int {int}").into(),
        Unexpected::Float(float) => format!("float {float:?}").into(),
        Unexpected::Char(char) => format!("str {:?}", char.to_string()).into(),
        Unexpected::Str(text) => format!("str {:?}", abbreviated(text)).into(),
        Unexpected::Bytes(_) => "bytes".into(),
        Unexpected::Unit | Unexpected::Option => "None".into(),
        Unexpected::Seq => "list".into(),
        Unexpected::Map => "dict".into(),
        Unexpected::UnitVariant => "the name of a variant".into(),
        Unexpected::NewtypeVariant | Unexpected::TupleVariant | Unexpected::StructVariant => {
            "a dict of one variant".into()
        }
        Unexpected::Other(text) => text.to_owned().into(),
        other => other.to_string().into(),
    }
}

fn advice(found: Unexpected<'_>, wanted: &str) -> Option<&'static str> {
    let kind = wanted.split(' ').next().unwrap_or_default();
    match (found, kind) {
        (Unexpected::Float(_), "int") => Some("convert it with int() or round() first"),
        (Unexpected::Bool(_), "int") => Some("a bool is not taken for an int, convert it with int() first"),
        (Unexpected::Signed(_) | Unexpected::Unsigned(_), "bool") => {
            Some("an int is not taken for a bool, convert it with bool() first")
        }
        (Unexpected::Str(_), "int") => Some("convert it with int() first"),
        (Unexpected::Str(_), "float") => Some("convert it with float() first"),
        (Unexpected::Bytes(_), "str") => Some("decode it first"),
        (Unexpected::Str(_), "bytes") => Some("encode it first"),
        (Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_), "str") => {
            Some("convert it with str() first")
        }
        (Unexpected::Unit | Unexpected::Option, _) => Some("where None is meant to be allowed, use Option in Rust"),
        (Unexpected::Seq, "dict") => Some("give names to its parts"),
        _ => None,
    }
}
