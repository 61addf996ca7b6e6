//! Shared memory: seen by several interpreters without a copy, written by one at a time or in parts.

use std::time::Duration;

use ungil::{Error, Interpreter, Task, Value};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

type TestResult = Result<(), Box<dyn std::error::Error>>;

fn python() -> Result<Interpreter, Error> {
    let py = Interpreter::new()?;
    py.exec(
        "
from _ungil import SharedBuffer, SharedMapping

def raised(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return str(error)
    raise AssertionError(f'{kind.__name__} was not raised')
",
    )?;
    Ok(py)
}

fn sharing(expression: &str) -> Result<(Interpreter, Interpreter), Error> {
    let (one, other) = (python()?, python()?);
    one.exec(&format!("shared = {expression}"))?;
    other.set("shared", one.get::<Value>("shared")?)?;
    Ok((one, other))
}

fn passes(script: &str) -> TestResult {
    python()?.exec(script)?;
    Ok(())
}

#[test]
fn a_buffer_is_made_of_a_size_or_of_bytes() -> TestResult {
    passes(
        "
import array
assert bytes(SharedBuffer(3)) == bytes(3) and len(SharedBuffer(0)) == 0
assert SharedBuffer(b'abc').tobytes() == b'abc' and SharedBuffer(array.array('H', [1, 2])).nbytes == 4
raised(ValueError, SharedBuffer, -1)
raised(TypeError, SharedBuffer, 'text')
raised(MemoryError, SharedBuffer, 10 ** 18)
assert raised(TypeError, __import__('pickle').dumps, SharedBuffer(1)) == \"cannot pickle 'ungil.SharedBuffer' object\"
",
    )
}

#[test]
fn bytes_and_slices_are_read_and_assigned() -> TestResult {
    passes(
        "
buffer = SharedBuffer(b'0123456789')
assert buffer[0] == 48 and buffer[-1] == 57 and buffer[2:4] == b'23' and buffer[::-3] == b'9630' and buffer[5:2] == b''
buffer[0] = 65
buffer[1:4] = b'BCD'
buffer[9:3:-2] = b'xyz'
buffer[5:5] = b''
assert bytes(buffer) == b'ABCD4z6y8x'
buffer[:5] = buffer[5:]
assert bytes(buffer) == b'z6y8xz6y8x'
raised(IndexError, lambda: buffer[10])
raised(IndexError, buffer.__setitem__, -11, 0)
raised(ValueError, buffer.__setitem__, 0, 256)
raised(ValueError, buffer.__setitem__, slice(0, 2), b'longer')
raised(TypeError, buffer.__setitem__, 0, 'a')
raised(TypeError, buffer.__delitem__, 0)
",
    )
}

#[test]
fn what_takes_buffers_takes_these() -> TestResult {
    passes(
        "
import array, ctypes, io, struct
buffer = SharedBuffer(16)
struct.pack_into('<IH', buffer, 2, 0xCAFE, 7)
assert struct.unpack_from('<IH', buffer, 2) == (0xCAFE, 7)
assert io.BytesIO(b'hello').readinto(buffer) == 5 and bytes(buffer)[:5] == b'hello'
numbers = (ctypes.c_int32 * 4).from_buffer(buffer)
numbers[3] = 99
assert buffer[12:] == b'c\\0\\0\\0'
del numbers
assert array.array('i', bytes(buffer))[3] == 99
view = memoryview(buffer)
assert not view.readonly and view.nbytes == 16 and view.format == 'B'
with view.cast('i') as ints: ints[0] = -1
assert buffer[:4] == b'\\xff' * 4
view.release()
out = io.BytesIO()
assert out.write(buffer) == 16 and out.getvalue() == bytes(buffer)
",
    )
}

#[test]
fn a_view_that_writes_excludes_others_and_views_that_read_do_not() -> TestResult {
    passes(
        "
buffer = SharedBuffer(4)
with buffer.view() as view:
    view[0] = 1
    raised(BufferError, buffer.view)
    assert 'split()' in raised(BufferError, buffer.view)
    assert memoryview(buffer).readonly, 'only the first view of all writes'
readers = [buffer.view(readonly=True) for _ in range(3)]
raised(TypeError, readers[0].__setitem__, 0, 1)
raised(BufferError, buffer.view)
for reader in readers: reader.release()
buffer.view().release()
view = buffer.view()
del view
buffer.view()[3] = 9
assert bytes(buffer) == b'\\1\\0\\0\\x09'
",
    )
}

#[test]
fn a_buffer_that_was_released_is_gone_but_its_views_stay() -> TestResult {
    passes(
        "
with SharedBuffer(b'abc') as buffer:
    view = buffer.view()
assert bytes(view) == b'abc' and repr(buffer) == '<ungil.SharedBuffer released>'
assert raised(ValueError, buffer.view) == 'operation on a SharedBuffer that was released'
raised(ValueError, bytes, buffer)
",
    )
}

#[test]
fn what_crosses_is_the_same_memory() -> TestResult {
    let (one, other) = sharing("SharedBuffer(1 << 20)")?;
    one.exec("shared[500_000:500_004] = b'here'")?;
    assert!(other.eval::<bool>("shared[500_000:500_004] == b'here' and len(shared) == 1 << 20")?);
    one.set("back", other.get::<Value>("shared")?)?;
    assert!(one.eval::<bool>("back == shared and hash(back) == hash(shared) and back != SharedBuffer(1)")?);
    Ok(())
}

#[test]
fn another_interpreters_view_is_in_the_way_until_it_is_released() -> TestResult {
    let (one, other) = sharing("SharedBuffer(8)")?;
    one.exec("view = shared.view()")?;
    for use_it in [
        "shared.view",
        "shared.tobytes",
        "lambda: shared[0]",
        "lambda: bytes(shared)",
        "lambda: memoryview(shared)",
    ] {
        let error: String = other.eval(&format!("raised(BufferError, {use_it})"))?;
        assert!(
            error.starts_with("another interpreter has a view of this memory"),
            "{use_it}: {error}"
        );
    }
    one.exec("view.release(); reader = shared.view(readonly=True)")?;
    assert!(other.eval::<bool>("bytes(shared) == bytes(8) and shared.view(readonly=True).readonly")?);
    other.eval::<String>("raised(BufferError, shared.__setitem__, 0, 1)")?;
    one.exec("reader.release()")?;
    other.exec("shared[0] = 1")?;
    Ok(())
}

#[test]
fn parts_are_written_by_several_at_once() -> TestResult {
    let (one, other) = sharing("SharedBuffer(100_001)")?;
    one.exec("left, right = shared.split(2)")?;
    other.set("right", one.get::<Value>("right")?)?;
    let fill = |part: &str, byte: u8| {
        let script = format!("with {part}.view() as view:\n    for i in range(len(view)): view[i] = {byte}");
        Task::exec(script)
    };
    let jobs = [one.spawn::<()>(fill("left", 1)), other.spawn::<()>(fill("right", 2))];
    for job in jobs {
        job.wait_timeout(PATIENCE).unwrap_or_else(|_| panic!("it hangs"))?;
    }
    assert!(one.eval::<bool>("bytes(shared) == b'\\1' * 50_001 + b'\\2' * 50_000")?);
    one.exec("mine = left.view()")?;
    other.exec("his = right.view()")?;
    other.eval::<String>("raised(BufferError, shared.view)")?;
    one.eval::<String>("raised(ValueError, shared.split, 0)")?;
    Ok(())
}

#[test]
fn views_of_an_interpreter_that_ends_are_released() -> TestResult {
    let (one, other) = sharing("SharedBuffer(8)")?;
    other.exec(
        "import builtins\nbuiltins.kept = view = shared.view()\nview[0] = 5\ncycle = [view]; cycle.append(cycle)",
    )?;
    one.eval::<String>("raised(BufferError, shared.view)")?;
    other.close();
    assert_eq!(one.eval::<i64>("shared.view()[0]")?, 5);
    Ok(())
}

#[test]
fn readers_at_the_same_moment_do_not_refuse_one_another() -> TestResult {
    let (one, other) = sharing("SharedBuffer(1 << 16)")?;
    let read =
        "for _ in range(3000): assert len(bytes(shared)) == 1 << 16 and shared[7] == 0 and memoryview(shared)[9] == 0";
    let jobs = [one.spawn::<()>(Task::exec(read)), other.spawn::<()>(Task::exec(read))];
    for job in jobs {
        job.wait_timeout(PATIENCE).unwrap_or_else(|_| panic!("it hangs"))?;
    }
    Ok(())
}

#[cfg(unix)]
mod mappings {
    use super::*;

    #[test]
    fn everyone_writes_at_any_time() -> TestResult {
        let (one, other) = sharing("SharedMapping(4096)")?;
        one.exec("view, again = shared.view(), shared.view()\nview[:3] = b'abc'\nassert bytes(again[:3]) == b'abc'")?;
        other.exec("view = shared.view().cast('q')\nview[1] = -5\nassert bytes(shared.view()[:3]) == b'abc'")?;
        assert_eq!(one.eval::<i64>("shared.view().cast('q')[1]")?, -5);
        one.set("back", other.get::<Value>("shared")?)?;
        assert!(one.eval::<bool>("back == shared and hash(back) == hash(shared) and len(back) == 4096")?);
        Ok(())
    }

    #[test]
    fn it_lasts_as_long_as_anyone_has_it() -> TestResult {
        let (one, other) = sharing("SharedMapping(1)")?;
        one.exec("view = shared.view(); view[0] = 3; del shared")?;
        assert_eq!(other.eval::<i64>("shared.view()[0]")?, 3);
        other.close();
        assert_eq!(one.eval::<i64>("view[0]")?, 3);
        Ok(())
    }
}
