//! Round trips of whole values, and the rules that no single file holds.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::Debug,
    sync::Arc,
    time::Duration,
};

use malachite_bigint::BigInt;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Complex, Date, DateTime, Handle, MAX_DEPTH, Time, TimeDelta, TimeZone, Value, from_value, from_value_at, to_value,
    to_value_at, to_value_or_err,
};

fn repr<T: Serialize + ?Sized>(value: &T) -> String {
    to_value(value).unwrap().to_string()
}

fn back_and_forth<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let crossed = to_value(&value).unwrap();
    assert_eq!(from_value::<T>(crossed.clone()).unwrap(), value, "through {crossed}");
}

fn error_of<T: DeserializeOwned>(value: impl Into<Value>) -> String {
    from_value::<T>(value.into()).map(|_| ()).unwrap_err().to_string()
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::None, |inner, _| Value::list([inner]))
}

fn moment() -> DateTime {
    let zone = TimeZone::from_seconds(-1800).unwrap().with_name("here");
    let time = Time::new(23, 5, 9).unwrap().with_microsecond(70).unwrap();
    DateTime::new(
        Date::new(1999, 12, 31).unwrap(),
        time.with_time_zone(zone).with_fold(true),
    )
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Shape {
    Dot,
    Circle(f64),
    Line(i64, Option<i64>),
    Named { name: String, inner: Option<Box<Shape>> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub(super) enum Event {
    Start { at: i64 },
    Stop(Reason),
    Idle,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Reason {
    code: u8,
    extra: Value,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Loose {
    Flag(bool),
    Number(i64),
    Text(String),
    Pair(i64, i64),
    Record { x: i64 },
    Anything(Value),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Open {
    id: u32,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Id(u64);

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Unit;

#[test]
fn rust_types_take_their_python_form() {
    assert_eq!(repr(&()), "None");
    assert_eq!(repr(&Unit), "None");
    assert_eq!(repr(&Id(7)), "7");
    assert_eq!(repr(&Some('x')), "'x'");
    assert_eq!(repr(&(1, "a", [1.5])), "(1, 'a', (1.5,))");
    assert_eq!(repr(&i128::MIN), "-170141183460469231731687303715884105728");
    assert_eq!(repr(&u128::MAX), "340282366920938463463374607431768211455");
    assert_eq!(to_value(&(1_u64 << 63)).unwrap().type_name(), "int");
    assert!(matches!(to_value(&(u64::MAX >> 1)).unwrap(), Value::Int(i64::MAX)));
    assert_eq!(repr(&Shape::Dot), "'Dot'");
    assert_eq!(repr(&Shape::Circle(2.0)), "{'Circle': 2.0}");
    assert_eq!(repr(&Shape::Line(1, None)), "{'Line': (1, None)}");
    let named = Shape::Named {
        name: "n".into(),
        inner: None,
    };
    assert_eq!(repr(&named), "{'Named': {'name': 'n', 'inner': None}}");
    assert_eq!(repr(&Buffer(b"\x00a".to_vec())), r"b'\x00a'");
    assert_eq!(repr(&BTreeMap::from([((1, 2), Id(3))])), "{(1, 2): 3}");
}

#[test]
fn types_come_back_as_they_went() {
    back_and_forth(Unit);
    back_and_forth((u64::MAX, i128::MIN, u128::MAX, i64::MIN, 'ß', "text".to_owned()));
    back_and_forth(vec![Some(1_u8), None]);
    back_and_forth([1.5_f32, -0.0]);
    back_and_forth(HashMap::from([(Id(1), vec![Shape::Dot])]));
    back_and_forth(HashMap::from([((-1, true), HashSet::from(["a".to_owned()]))]));
    back_and_forth(HashMap::from([(Some(3), ())]));
    back_and_forth(Buffer(vec![1, 2]));
    back_and_forth(Duration::new(3, 7));
    back_and_forth(Ok::<Option<i64>, String>(None));
    let line = Shape::Line(1, Some(2));
    back_and_forth(vec![
        Shape::Circle(1.0),
        line.clone(),
        Shape::Named {
            name: "x".into(),
            inner: Some(line.into()),
        },
    ]);
    back_and_forth(moment());
    back_and_forth((Complex { re: 1.0, im: 2.0 }, TimeDelta::new(0, -1, 1).unwrap()));
}

#[test]
fn enums_that_serde_buffers_come_back_too() {
    back_and_forth(Event::Start { at: -4 });
    back_and_forth(Event::Idle);
    let extra = Value::dict([(1, Value::list(["a"]))]);
    back_and_forth(Event::Stop(Reason { code: 3, extra }));
    for loose in [
        Loose::Flag(true),
        Loose::Number(-1),
        Loose::Text("t".into()),
        Loose::Pair(1, 2),
        Loose::Record { x: 5 },
        Loose::Anything(Value::from(2.5)),
    ] {
        back_and_forth(loose);
    }
    let rest = HashMap::from([
        ("big".to_owned(), Value::from(u128::MAX)),
        (
            "bigger".to_owned(),
            Value::from(BigInt::from(u128::MAX) * BigInt::from(2)),
        ),
        ("list".to_owned(), Value::list([1, 2])),
    ]);
    back_and_forth(Open { id: 1, rest });
}

#[test]
fn lenient_where_nothing_is_lost() {
    assert_eq!(from_value::<f64>(Value::from(3)).unwrap(), 3.0);
    assert_eq!(from_value::<Vec<u8>>(Value::bytes([1, 255])).unwrap(), [1, 255]);
    assert_eq!(from_value::<[u8; 2]>(Value::bytes([1, 255])).unwrap(), [1, 255]);
    assert_eq!(from_value::<Buffer>(Value::list([7])).unwrap(), Buffer(vec![7]));
    assert_eq!(from_value::<HashSet<i64>>(Value::set([1, 2])).unwrap().len(), 2);
    assert_eq!(
        from_value::<(i64, String)>(Value::from((1, "x"))).unwrap(),
        (1, "x".to_owned())
    );
    assert_eq!(from_value::<u8>(Value::BigInt(5.into())).unwrap(), 5);
    let reason: Reason = from_value(Value::from((9, Value::set([1])))).unwrap();
    assert_eq!(reason.extra, Value::set([1]));
    let delta = TimeDelta::new(0, 1, 500).unwrap();
    assert_eq!(from_value::<Duration>(delta.into()).unwrap(), Duration::new(1, 500_000));
    assert_eq!(
        from_value::<String>(moment().into()).unwrap(),
        "1999-12-31T23:05:09.000070-00:30"
    );
    assert_eq!(from_value::<Date>(Value::from("2024-02-29")).unwrap().day(), 29);
    assert_eq!(
        from_value::<Complex>(Value::from(2)).unwrap(),
        Complex { re: 2.0, im: 0.0 }
    );
    assert_eq!(
        from_value::<Shape>(Value::dict([("Dot", Value::None)])).unwrap(),
        Shape::Dot
    );
}

#[test]
fn refusals_name_the_path_and_the_way_out() {
    assert_eq!(
        error_of::<Vec<(String, i64)>>(Value::list([("a", 1.5)])),
        "value[0][1]: expected int (i64), found float 1.5; convert it with int() or round() first"
    );
    assert!(error_of::<i64>(true).contains("expected int (i64), found bool True"));
    assert!(error_of::<bool>(1).contains("expected bool, found int 1"));
    assert!(error_of::<u8>(300).contains("expected int (u8), found int 300; it is out of range"));
    assert!(error_of::<u64>(-1).contains("found int -1; it is out of range"));
    assert!(error_of::<i64>(u128::MAX).contains("an int of 128 bits; it is out of range"));
    assert!(error_of::<String>(Value::bytes([104])).contains("expected str, found bytes; decode it first"));
    assert!(error_of::<String>(Value::None).contains("found None; where None is meant"));
    assert!(error_of::<i64>(moment()).contains("expected int (i64), found datetime"));
    assert!(error_of::<(i64, i64)>(Value::set([1, 2])).contains("a set has no order"));
    assert!(error_of::<(i64,)>(Value::list([1, 2])).contains("expected 1, found 2 elements"));
    assert!(error_of::<(i64, i64)>(Value::list([1])).contains("1 element"));
    assert!(error_of::<Reason>(Value::dict([(0, 1)])).starts_with("value.keys(): expected a str"));
    assert!(error_of::<Reason>(Value::dict([("code", 1)])).contains("the key \"extra\" is missing"));
    assert!(error_of::<Reason>(Value::list([1, 2])).contains("give names to its parts"));
    assert!(error_of::<Shape>("Box").contains("unknown variant \"Box\"; use one of \"Dot\", \"Circle\""));
    assert!(error_of::<Shape>("Circle").contains("needs a value; write it as {\"Circle\": …}"));
    assert!(error_of::<Shape>(Value::dict([("Line", (1, "x"))])).starts_with("value[\"Line\"][1]: "));
    assert!(error_of::<HashSet<i64>>(Value::set(["x"])).starts_with("value{…}: "));
    assert!(error_of::<HashMap<i64, i64>>(Value::dict([(7, "x")])).starts_with("value[7]: "));
    assert!(error_of::<HashMap<(i64, i64), i64>>(Value::dict([((7, 8), "x")])).starts_with("value[(7, 8)]: "));
    let negative = TimeDelta::new(0, -1, 0).unwrap();
    assert!(error_of::<Duration>(negative).contains("-PT1S is negative"));
    let error = from_value_at::<i64>("result", Value::None).unwrap_err();
    assert_eq!(error.path(), "result");
}

#[derive(Serialize)]
struct Fails {
    #[serde(serialize_with = "fail")]
    inner: (),
}

fn fail<S: serde::Serializer>((): &(), _: S) -> Result<S::Ok, S::Error> {
    Err(serde::ser::Error::custom("cannot"))
}

#[test]
fn serializing_names_the_path_as_well() {
    let error = to_value_at("args[0]", &HashMap::from([("k", vec![Fails { inner: () }])])).unwrap_err();
    assert_eq!(error.to_string(), r#"args[0]["k"][0]["inner"]: cannot"#);
}

#[test]
fn results_are_taken_apart_at_the_top_only() {
    let fine: Result<i64, String> = Ok(1);
    assert_eq!(to_value_or_err(&fine).unwrap(), Ok(1.into()));
    let failed: Result<i64, String> = Err("no".into());
    assert_eq!(to_value_or_err(&failed).unwrap(), Err("no".to_owned()));
    let code: Result<(), (i64, bool)> = Err((4, true));
    assert_eq!(to_value_or_err(&code).unwrap(), Err("(4, True)".to_owned()));
    assert_eq!(
        to_value_or_err(&[failed]).unwrap().unwrap().to_string(),
        "({'Err': 'no'},)"
    );
    assert_eq!(to_value_or_err(&5).unwrap(), Ok(5.into()));
    assert_eq!(to_value_or_err(&Value::None).unwrap(), Ok(Value::None));
}

struct Probe;

impl super::Shared for Probe {
    fn kind(&self) -> &'static str {
        "Probe"
    }

    fn materialize(
        self: Arc<Self>,
        _: &rustpython_vm::VirtualMachine,
    ) -> rustpython_vm::PyResult<rustpython_vm::PyObjectRef> {
        unreachable!("no test here has an interpreter")
    }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Message {
    Subscribe { to: Handle, also: Vec<Handle> },
}

#[test]
fn handles_cross_as_they_are() {
    let handle = Handle::new(Arc::new(Probe));
    back_and_forth(handle.clone());
    back_and_forth(vec![Some(handle.clone())]);
    back_and_forth(HashMap::from([("h".to_owned(), Value::from(handle.clone()))]));
    back_and_forth(Message::Subscribe {
        to: handle.clone(),
        also: vec![handle.clone(), handle.clone()],
    });
    let rest = HashMap::from([("h".to_owned(), Value::list([handle.clone()]))]);
    back_and_forth(Open { id: 1, rest });
    let other = Handle::new(Arc::new(Probe));
    assert_ne!(to_value(&handle).unwrap(), to_value(&other).unwrap());
    assert!(handle.downcast::<Probe>().is_some());
}

#[test]
fn handles_do_not_outlive_a_conversion() {
    let probe = Arc::new(Probe);
    let value = Value::dict([
        ("type", Value::from("Subscribe")),
        ("to", Handle::new(probe.clone()).into()),
        ("also", Value::None),
    ]);
    assert!(from_value::<Message>(value).is_err());
    assert_eq!(Arc::strong_count(&probe), 1);
}

#[test]
fn handles_stay_out_of_other_formats() {
    let handle = Handle::new(Arc::new(Probe));
    let error = serde_json::to_string(&vec![handle.clone()]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a Probe refers to something in this process")
    );
    let error = serde_json::from_str::<Handle>("\"x\"").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected a handle to something shared, found str")
    );
    assert!(error_of::<Handle>(5).contains("found int"));
    assert!(error_of::<serde_json::Value>(handle.clone()).contains("found Probe"));
    assert!(error_of::<String>(handle).contains("expected str, found Probe"));
    assert_eq!(from_value::<Vec<Value>>(Value::list([1])).unwrap(), [Value::Int(1)]);
}

#[test]
fn other_formats_get_the_natural_form() {
    let value = Value::dict([
        ("tuple", Value::from((1, 2.5))),
        ("set", Value::set([true])),
        ("when", moment().into()),
        ("delta", TimeDelta::new(1, 0, 0).unwrap().into()),
        ("big", u64::MAX.into()),
        ("complex", Complex { re: 1.0, im: 2.0 }.into()),
        ("none", Value::None),
    ]);
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(
        json,
        r#"{"tuple":[1,2.5],"set":[true],"when":"1999-12-31T23:05:09.000070-00:30","delta":"P1D","big":18446744073709551615,"complex":[1.0,2.0],"none":null}"#
    );
    let back: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        back.get("tuple"),
        Some(&Value::list([Value::from(1), Value::from(2.5)]))
    );
    assert_eq!(
        serde_json::from_str::<Date>("\"2024-01-02\"").unwrap().to_string(),
        "2024-01-02"
    );
    assert_eq!(
        from_value::<serde_json::Value>(value).unwrap().to_string().len(),
        json.len()
    );
}

#[test]
fn a_forged_token_is_a_dict_like_others() {
    let forged = Value::dict([(super::exchange::TOKEN, 0)]);
    back_and_forth(forged.clone());
    let json = serde_json::to_string(&forged).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), forged);
}

#[test]
fn depth_is_limited_both_ways() {
    assert!(to_value(&nested(MAX_DEPTH)).is_ok());
    let error = to_value(&vec![nested(MAX_DEPTH)]).unwrap_err();
    assert!(error.message().contains("nested deeper than 200 levels"));
    assert!(error.path().starts_with("value[0][0]") && error.path().contains(" … "));
    assert!(error.path().chars().count() < 250);
    assert!(from_value::<Value>(nested(MAX_DEPTH)).is_ok());
    assert!(from_value::<Value>(nested(MAX_DEPTH + 1)).is_err());
    assert!(error_of::<i64>(nested(1_000_000)).contains("nested deeper"));
    let too_deep = nested(MAX_DEPTH + 2);
    assert!(too_deep.to_string().contains("..."));
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Endless(Option<Box<Endless>>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    next: Option<Box<Node>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Tree {
    Leaf(i64),
    Branch(Vec<Tree>),
}

#[test]
fn recursive_types_end_in_an_error_and_not_on_the_end_of_the_stack() {
    assert!(error_of::<Endless>(1).contains("nested deeper"));
    let chain = |length| {
        (1..length).fold(Node { next: None }, |node, _| Node {
            next: Some(node.into()),
        })
    };
    back_and_forth(chain(MAX_DEPTH));
    assert!(to_value(&chain(MAX_DEPTH + 1)).is_err());
    let tree = |levels| (0..levels).fold(Tree::Leaf(1), |inner, _| Tree::Branch(vec![inner]));
    back_and_forth(tree(20));
    assert!(to_value(&tree(MAX_DEPTH + 1)).is_err());
}

/// As the types of date libraries and `serde_bytes` do it.
struct FromText(String);

impl<'de> Deserialize<'de> for FromText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = FromText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an RFC 3339 formatted date and time string")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FromText, E> {
                Ok(FromText(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[test]
fn types_of_other_crates_read_the_datetime_kinds() {
    let text = from_value::<FromText>(moment().into()).unwrap().0;
    assert_eq!(text, "1999-12-31T23:05:09.000070-00:30");
    assert_eq!(
        from_value::<DateTime>(to_value(&text).unwrap()).unwrap().date(),
        moment().date()
    );
    assert_eq!(from_value::<FromText>(moment().date().into()).unwrap().0, "1999-12-31");
}

#[derive(Debug, PartialEq)]
struct Buffer(Vec<u8>);

impl Serialize for Buffer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Buffer {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Buffer;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("byte array")
            }

            fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Buffer, E> {
                Ok(Buffer(bytes))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut access: A) -> Result<Buffer, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = access.next_element()? {
                    bytes.push(byte);
                }
                Ok(Buffer(bytes))
            }
        }

        deserializer.deserialize_byte_buf(Visitor)
    }
}

#[test]
fn a_value_is_small_and_crosses_threads() {
    fn crosses<T: Send + Sync + Clone + 'static>() {}
    crosses::<Value>();
    crosses::<crate::error::ConversionError>();
    assert!(size_of::<Value>() <= 32, "{}", size_of::<Value>());
    assert_eq!(size_of::<crate::error::ConversionError>(), size_of::<usize>());
}
