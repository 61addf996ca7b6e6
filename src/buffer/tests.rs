use std::thread;

use super::{Access, BufferInUse, Conflict, Mapping, Memory, Part, PatientPark, Refused, SharedBuffer};

fn never_waits<'a>(_deadline: std::time::Instant) -> PatientPark<'a, ()> {
    Box::new(|_woken| Ok(false))
}

fn part(len: usize) -> Part {
    Part::whole(Memory::zeroed(len).unwrap())
}

#[test]
fn memory_is_zeroed_and_keeps_what_is_written() {
    let part = part(4);
    part.write(1..3, |bytes| bytes.fill(7)).unwrap();
    assert_eq!(part.read(0..4, <[u8]>::to_vec), Ok(vec![0, 7, 7, 0]));
}

#[test]
fn parts_lie_side_by_side_and_differ_in_length_by_one_at_most() {
    let parts = part(10).split(3);
    assert_eq!(parts.iter().map(Part::len).collect::<Vec<_>>(), [4, 3, 3]);
    assert_eq!(parts[0].address() + 4, parts[1].address());
    assert_eq!(part(1).split(3).iter().map(Part::len).sum::<usize>(), 1);
}

#[test]
fn a_view_that_writes_is_alone_and_views_that_read_are_many() {
    let part = part(8);
    let one = part.view(Access::Read, never_waits).unwrap();
    let two = part.view(Access::Read, never_waits).unwrap();
    assert!(matches!(
        part.view(Access::Write, never_waits),
        Err(Refused::InUse(Conflict::Own))
    ));
    drop(one);
    two.give_up();
    assert!(two.bytes().is_empty());
    let writer = part.view(Access::Write, never_waits).unwrap();
    assert!(part.view(Access::Write, never_waits).is_err());
    drop(writer);
    assert_eq!(part.best_view(never_waits).unwrap().access(), Access::Write);
}

#[test]
fn parts_are_written_at_once_and_the_whole_then_is_in_use() {
    let whole = part(1000);
    let views: Vec<_> = whole
        .split(4)
        .iter()
        .map(|part| part.view(Access::Write, never_waits).unwrap())
        .collect();
    assert!(whole.view(Access::Write, never_waits).is_err());
    thread::scope(|scope| {
        for (index, view) in views.iter().enumerate() {
            // SAFETY: each thread has the only slice of its part.
            scope.spawn(move || unsafe { view.bytes_mut() }.fill(index as u8));
        }
    });
    drop(views);
    let bytes = whole.read(0..1000, <[u8]>::to_vec).unwrap();
    assert!(
        bytes
            .chunks(250)
            .enumerate()
            .all(|(index, chunk)| chunk.iter().all(|byte| *byte == index as u8))
    );
}

#[test]
#[cfg(unix)]
fn windows_show_the_same_memory_at_addresses_of_their_own() {
    let mapping = Mapping::new(5000).unwrap();
    let (one, other) = (mapping.window().unwrap(), mapping.window().unwrap());
    assert_ne!(one.bytes().as_ptr(), other.bytes().as_ptr());
    // SAFETY: the only slice of that window.
    let written = unsafe { one.bytes_mut() };
    written[4999] = 9;
    assert_eq!(other.bytes()[4999], 9);
    drop((one, mapping));
    assert_eq!((other.bytes().len(), other.bytes()[4999]), (5000, 9));
}

#[test]
fn a_view_of_the_hosts_excludes_those_of_its_own_thread() {
    let buffer = SharedBuffer::new(8).unwrap();
    buffer.write(|bytes| bytes.fill(3)).unwrap();
    let nested = buffer.write(|_| buffer.read(|bytes| bytes[0]));
    assert_eq!(nested, Ok(Err(BufferInUse)));
    let nested = buffer.read(|outer| buffer.read(|inner| outer == inner));
    assert_eq!(nested, Ok(Ok(true)));
    let [left, right] = buffer.split(2).try_into().unwrap();
    left.write(|left| right.write(|right| left.swap_with_slice(right)))
        .unwrap()
        .unwrap();
}
