//! The kinds of the `datetime` module, which are Python classes here.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, TryFromObject, VirtualMachine,
    builtins::PyStr,
    function::{FuncArgs, KwArgs},
};

use crate::{
    error::ConversionError,
    value::{Date, DateTime, Time, TimeDelta, TimeZone, Value},
};

/// Makes an object of the `datetime` module.
pub(super) fn to_python(vm: &VirtualMachine, value: Value) -> PyResult<PyObjectRef> {
    match value {
        Value::Date(date) => make(vm, "date", date_args(vm, date), None),
        Value::Time(time) => {
            let zone = zone(vm, &time)?;
            let mut args = time_args(vm, &time);
            args.push(zone);
            make(vm, "time", args, Some(time.fold()))
        }
        Value::DateTime(moment) => {
            let time = moment.time();
            let mut args = date_args(vm, moment.date());
            args.append(&mut time_args(vm, time));
            args.push(zone(vm, time)?);
            make(vm, "datetime", args, Some(time.fold()))
        }
        Value::TimeDelta(delta) => make_delta(vm, delta),
        Value::TimeZone(zone) => make_zone(vm, &zone),
        other => unreachable!("{} is not of the datetime module", other.type_name()),
    }
}

/// Reads an object of the `datetime` module; `None` if it is something else.
pub(super) fn from_python(vm: &VirtualMachine, object: &PyObject) -> PyResult<Option<Value>> {
    // Whoever holds such an object has imported the module.
    let Some(module) = imported_datetime(vm)? else {
        return Ok(None);
    };
    let is = |class: &'static str| -> PyResult<bool> { object.is_instance(&*module.get_attr(class, vm)?, vm) };
    if is("datetime")? {
        let value = DateTime::new(read_date(vm, object)?, read_time(vm, object)?);
        return Ok(Some(Value::DateTime(value)));
    }
    if is("date")? {
        return Ok(Some(Value::Date(read_date(vm, object)?)));
    }
    if is("time")? {
        return Ok(Some(Value::Time(read_time(vm, object)?)));
    }
    if is("timedelta")? {
        return Ok(Some(Value::TimeDelta(read_delta(vm, object)?)));
    }
    if is("timezone")? {
        return Ok(Some(Value::TimeZone(read_zone(vm, object, &vm.ctx.none())?)));
    }
    Ok(None)
}

/// Reads an object whose class is exactly one of the `datetime` module's; `None` if it is something else, or if more
/// belongs to it than data can say.
pub(crate) fn exact(vm: &VirtualMachine, object: &PyObject) -> PyResult<Option<Value>> {
    let name = match &*object.class().name() {
        "datetime" => "datetime",
        "date" => "date",
        "time" => "time",
        "timedelta" => "timedelta",
        "timezone" => "timezone",
        _ => return Ok(None),
    };
    let Some(module) = imported_datetime(vm)? else {
        return Ok(None);
    };
    if !module.get_attr(name, vm)?.is(object.class()) {
        return Ok(None);
    }
    if matches!(name, "datetime" | "time") {
        let zone = object.get_attr("tzinfo", vm)?;
        if !vm.is_none(&zone) && !module.get_attr("timezone", vm)?.is(zone.class()) {
            return Ok(None);
        }
    }
    from_python(vm, object)
}

fn imported_datetime(vm: &VirtualMachine) -> PyResult<Option<PyObjectRef>> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    match modules.get_item("datetime", vm) {
        Ok(module) => Ok(Some(module)),
        Err(missing) if missing.fast_isinstance(vm.ctx.exceptions.key_error) => Ok(None),
        Err(other) => Err(other),
    }
}

fn make(vm: &VirtualMachine, class: &'static str, args: Vec<PyObjectRef>, fold: Option<bool>) -> PyResult<PyObjectRef> {
    let class = vm.import("datetime", 0)?.get_attr(class, vm)?;
    let keywords = fold.map(|fold| ("fold".into(), vm.ctx.new_int(u8::from(fold)).into()));
    class.call(FuncArgs::new(args, KwArgs::new(keywords.into_iter().collect())), vm)
}

fn date_args(vm: &VirtualMachine, date: Date) -> Vec<PyObjectRef> {
    vec![
        vm.ctx.new_int(date.year()).into(),
        vm.ctx.new_int(date.month()).into(),
        vm.ctx.new_int(date.day()).into(),
    ]
}

fn time_args(vm: &VirtualMachine, time: &Time) -> Vec<PyObjectRef> {
    vec![
        vm.ctx.new_int(time.hour()).into(),
        vm.ctx.new_int(time.minute()).into(),
        vm.ctx.new_int(time.second()).into(),
        vm.ctx.new_int(time.microsecond()).into(),
    ]
}

fn zone(vm: &VirtualMachine, time: &Time) -> PyResult<PyObjectRef> {
    time.time_zone()
        .map_or_else(|| Ok(vm.ctx.none()), |zone| make_zone(vm, zone))
}

fn make_zone(vm: &VirtualMachine, zone: &TimeZone) -> PyResult<PyObjectRef> {
    let mut args = vec![make_delta(vm, zone.offset())?];
    args.extend(zone.name().map(|name| vm.ctx.new_str(name).into()));
    make(vm, "timezone", args, None)
}

fn make_delta(vm: &VirtualMachine, delta: TimeDelta) -> PyResult<PyObjectRef> {
    let args = vec![
        vm.ctx.new_int(delta.days()).into(),
        vm.ctx.new_int(delta.seconds()).into(),
        vm.ctx.new_int(delta.microseconds()).into(),
    ];
    make(vm, "timedelta", args, None)
}

fn field<T: TryFromObject>(vm: &VirtualMachine, object: &PyObject, name: &'static str) -> PyResult<T> {
    T::try_from_object(vm, object.get_attr(name, vm)?)
}

fn invalid(vm: &VirtualMachine) -> impl Fn(ConversionError) -> rustpython_vm::builtins::PyBaseExceptionRef {
    |error| vm.new_value_error(error.message().to_owned())
}

fn read_date(vm: &VirtualMachine, object: &PyObject) -> PyResult<Date> {
    Date::new(
        field(vm, object, "year")?,
        field(vm, object, "month")?,
        field(vm, object, "day")?,
    )
    .map_err(invalid(vm))
}

fn read_time(vm: &VirtualMachine, object: &PyObject) -> PyResult<Time> {
    let fold: u8 = field(vm, object, "fold")?;
    let time = Time::new(
        field(vm, object, "hour")?,
        field(vm, object, "minute")?,
        field(vm, object, "second")?,
    )
    .map(|time| time.with_fold(fold == 1))
    .map_err(invalid(vm))?
    .with_microsecond(field(vm, object, "microsecond")?)
    .map_err(invalid(vm))?;
    let zone: PyObjectRef = object.get_attr("tzinfo", vm)?;
    if vm.is_none(&zone) {
        return Ok(time);
    }
    Ok(time.with_time_zone(read_zone(vm, &zone, object)?))
}

/// The offset that a time zone has at `moment`, with its name: rules of a zone do not cross, what they give does.
fn read_zone(vm: &VirtualMachine, zone: &PyObject, moment: &PyObject) -> PyResult<TimeZone> {
    let moment = moment.to_owned();
    let (offset, name) = if vm.is_none(&moment) || moment.class().name().to_string() != "time" {
        (
            vm.call_method(zone, "utcoffset", (moment.clone(),))?,
            vm.call_method(zone, "tzname", (moment,))?,
        )
    } else {
        // A time of day has no date that a zone's rules could be asked for.
        (
            vm.call_method(&moment, "utcoffset", ())?,
            vm.call_method(&moment, "tzname", ())?,
        )
    };
    if vm.is_none(&offset) {
        return Err(vm.new_value_error("a time zone whose offset depends on a date that is not there"));
    }
    let value = TimeZone::new(read_delta(vm, &offset)?).map_err(invalid(vm))?;
    Ok(
        match name
            .downcast_ref::<PyStr>()
            .and_then(|name| name.to_str().map(str::to_owned))
        {
            // Python makes this name from the offset, so it says nothing more.
            Some(name) if name.starts_with("UTC") => value,
            Some(name) => value.with_name(name),
            None => value,
        },
    )
}

fn read_delta(vm: &VirtualMachine, object: &PyObject) -> PyResult<TimeDelta> {
    TimeDelta::new(
        field(vm, object, "days")?,
        field(vm, object, "seconds")?,
        field(vm, object, "microseconds")?,
    )
    .map_err(invalid(vm))
}
