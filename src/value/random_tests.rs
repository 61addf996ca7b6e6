//! Round trips of values made at random.

use std::{collections::BTreeMap, fmt::Debug};

use proptest::{collection::vec, prelude::*};
use serde::{Deserialize, Serialize};

use super::{
    Complex, Date, DateTime, Time, TimeDelta, TimeZone, Value, from_value,
    tests::{Event, Loose, Open, Shape, Tree},
    to_value,
};

fn any_date() -> impl Strategy<Value = Date> {
    (1_u16..=9999, 1_u8..=12, 1_u8..=28).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn any_delta() -> impl Strategy<Value = TimeDelta> {
    (-999_999_999_i64..=999_999_998, any::<i32>(), any::<i32>())
        .prop_filter_map("in range", |(days, seconds, micros)| {
            TimeDelta::new(days, seconds.into(), micros.into()).ok()
        })
}

fn any_zone() -> impl Strategy<Value = TimeZone> {
    (-86_399_i64..86_399, 0_i64..1_000_000, any::<Option<String>>()).prop_map(|(seconds, micros, name)| {
        let zone = TimeZone::new(TimeDelta::new(0, seconds, micros).unwrap()).unwrap();
        match name {
            Some(name) => zone.with_name(name),
            None => zone,
        }
    })
}

fn any_time() -> impl Strategy<Value = Time> {
    let clock = (0_u8..24, 0_u8..60, 0_u8..60, prop_oneof![Just(0), 0_u32..1_000_000]);
    (clock, any::<bool>(), proptest::option::of(any_zone())).prop_map(|((h, m, s, micro), fold, zone)| {
        let time = Time::new(h, m, s)
            .unwrap()
            .with_microsecond(micro)
            .unwrap()
            .with_fold(fold);
        match zone {
            Some(zone) => time.with_time_zone(zone),
            None => time,
        }
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    let number = any::<f64>().prop_filter("NaN is not equal to itself", |float| !float.is_nan());
    let scalar = prop_oneof![
        Just(Value::None),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i128>().prop_map(Value::from),
        number.clone().prop_map(Value::from),
        (number.clone(), number).prop_map(|(re, im)| Complex { re, im }.into()),
        any::<String>().prop_map(Value::from),
        vec(any::<u8>(), 0..20).prop_map(Value::bytes),
        any_date().prop_map(Value::from),
        any_time().prop_map(Value::from),
        (any_date(), any_time()).prop_map(|(date, time)| DateTime::new(date, time).into()),
        any_delta().prop_map(Value::from),
        any_zone().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 60, 6, |inner| {
        let items = vec(inner.clone(), 0..6);
        prop_oneof![
            items.clone().prop_map(Value::List),
            items.clone().prop_map(Value::Tuple),
            items.clone().prop_map(Value::Set),
            items.prop_map(Value::FrozenSet),
            vec((inner.clone(), inner), 0..6).prop_map(Value::Dict),
        ]
    })
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Holder<T> {
    one: T,
    many: Vec<Option<T>>,
    pair: (T, T),
}

proptest! {
    #[test]
    fn any_value_comes_back_from_everywhere(value in any_value()) {
        prop_assert_eq!(&to_value(&value).unwrap(), &value);
        prop_assert_eq!(&from_value::<Value>(value.clone()).unwrap(), &value);
        let keyed = BTreeMap::from([("k".to_owned(), value.clone())]);
        prop_assert_eq!(&from_value::<BTreeMap<String, Value>>(to_value(&keyed).unwrap()).unwrap(), &keyed);
        if !value.is_none() {
            let holder = Holder {
                one: value.clone(),
                many: vec![None, Some(value.clone())],
                pair: (value.clone(), value),
            };
            prop_assert_eq!(from_value::<Holder<Value>>(to_value(&holder).unwrap()).unwrap(), holder);
        }
    }

    #[test]
    fn any_value_survives_being_read_as_anything(value in any_value()) {
        let _ = from_value::<Shape>(value.clone());
        let _ = from_value::<Event>(value.clone());
        let _ = from_value::<Tree>(value.clone());
        let _ = from_value::<Open>(value.clone());
        let _ = from_value::<serde_json::Value>(value.clone());
        prop_assert!(from_value::<Loose>(value.clone()).is_ok());
        prop_assert!(!value.to_string().is_empty());
    }

    #[test]
    fn iso_text_is_read_as_it_was_written(date in any_date(), time in any_time(), delta in any_delta()) {
        prop_assert_eq!(date.to_string().parse::<Date>().unwrap(), date);
        prop_assert_eq!(delta.to_string().parse::<TimeDelta>().unwrap(), delta);
        let unfolded = time.clone().with_fold(false);
        let bare = match time.time_zone() {
            Some(zone) => unfolded.with_time_zone(TimeZone::new(zone.offset()).unwrap()),
            None => unfolded,
        };
        let datetime = DateTime::new(date, time);
        prop_assert_eq!(datetime.to_string().parse::<DateTime>().unwrap(), DateTime::new(date, bare));
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in "[-+0-9PTWDHMSZ:., ]{0,24}") {
        let _ = text.parse::<Date>();
        let _ = text.parse::<Time>();
        let _ = text.parse::<DateTime>();
        let _ = text.parse::<TimeZone>();
        let _ = text.parse::<TimeDelta>();
    }

    #[test]
    fn numbers_of_every_width_come_back(wide in any::<i128>(), unsigned in any::<u128>(), float in any::<f32>()) {
        prop_assert_eq!(from_value::<i128>(to_value(&wide).unwrap()).unwrap(), wide);
        prop_assert_eq!(from_value::<u128>(to_value(&unsigned).unwrap()).unwrap(), unsigned);
        let back: f32 = from_value(to_value(&float).unwrap()).unwrap();
        prop_assert_eq!(back.to_bits(), float.to_bits());
    }
}
