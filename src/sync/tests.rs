use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;

use super::{Arrival, Barrier, Condition, Event, Holder, Misuse, Permits, RLock};

/// Longer than anything here takes unless it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits; to be out of patience is a failure.
fn patiently(woken: &Receiver<()>) -> Result<bool, &'static str> {
    woken
        .recv_timeout(PATIENCE)
        .map(|()| true)
        .map_err(|_| "nobody woke it")
}

fn at_once(woken: &Receiver<()>) -> Result<bool, ()> {
    Ok(woken.try_recv().is_ok())
}

fn lock() -> Arc<Permits> {
    Permits::new(1, Some(1))
}

fn until(condition: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < end, "it never came to that");
        thread::yield_now();
    }
}

#[test]
fn a_lock_counts_for_its_holder_until_anyone_releases_it() {
    let (lock, one, other) = (lock(), Holder::new(1), Holder::new(2));
    assert!(lock.try_acquire(&one) && !lock.try_acquire(&other));
    assert_eq!((one.held(), lock.owner()), (1, Some(1)));
    lock.release(&other, 1).unwrap();
    assert_eq!((one.held(), lock.owner()), (0, None));
    assert_eq!(lock.release(&other, 1), Err(Misuse::TooMany));
}

#[test]
fn a_lock_that_is_thrown_away_counts_no_more() {
    let (lock, one) = (lock(), Holder::new(1));
    assert!(lock.try_acquire(&one));
    drop(lock);
    assert_eq!(one.held(), 0);
}

#[test]
fn every_increment_under_a_lock_is_seen() {
    const ROUNDS: usize = 2000;
    let (lock, number) = (lock(), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..4)
        .map(|id| {
            let (lock, number) = (lock.clone(), number.clone());
            thread::spawn(move || {
                let holder = Holder::new(id);
                for _ in 0..ROUNDS {
                    assert_eq!(lock.acquire(&holder, &mut patiently), Ok(true));
                    let seen = number.load(Ordering::Relaxed);
                    thread::yield_now();
                    number.store(seen + 1, Ordering::Relaxed);
                    lock.release(&holder, 1).unwrap();
                }
                holder.held()
            })
        })
        .collect();
    let held: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!((number.load(Ordering::Relaxed), held), (4 * ROUNDS, 0));
}

#[test]
fn one_that_waited_long_gets_the_lock_although_its_holder_wants_it_again() {
    let (lock, one) = (lock(), Holder::new(1));
    assert!(lock.try_acquire(&one));
    let waiter = {
        let lock = lock.clone();
        thread::spawn(move || lock.acquire(&Holder::new(2), &mut patiently))
    };
    // The holder is greedy: it leaves the lock free for no longer than it must.
    until(|| {
        lock.release(&one, 1).unwrap();
        !lock.try_acquire(&one)
    });
    assert_eq!(waiter.join().unwrap(), Ok(true));
    assert_eq!(lock.owner(), Some(2));
}

#[test]
fn a_wait_that_gives_up_passes_on_what_it_was_told() {
    let (lock, one, other) = (lock(), Holder::new(1), Holder::new(2));
    assert!(lock.try_acquire(&one));
    let waiter = {
        let (lock, third) = (lock.clone(), Holder::new(3));
        move || thread::spawn(move || lock.acquire(&third, &mut patiently))
    };
    let mut handle = None;
    // The first in the queue is told of the free lock while it is being interrupted; a second one waits behind it.
    let interrupted = lock.acquire(&other, &mut |_woken| {
        handle = Some(waiter.clone()());
        until(|| lock.queue_len() == 2);
        lock.release(&one, 1).unwrap();
        Err("interrupted")
    });
    assert_eq!(interrupted, Err("interrupted"));
    assert_eq!(handle.unwrap().join().unwrap(), Ok(true));
    assert_eq!(lock.owner(), Some(3));
}

#[test]
fn what_a_holder_that_is_gone_held_goes_to_those_who_wait() {
    let (lock, lost) = (lock(), Holder::new(1));
    lock.touched_by(&lost);
    assert!(lock.try_acquire(&lost));
    let waiter = {
        let lock = lock.clone();
        thread::spawn(move || lock.acquire(&Holder::new(2), &mut patiently))
    };
    until(|| lock.queue_len() == 1);
    lost.leave();
    assert_eq!(waiter.join().unwrap(), Ok(true));
    assert_eq!(lost.held(), 0);
    assert_eq!(lock.release(&lost, 1), Err(Misuse::Gone));
    assert!(!lock.try_acquire(&lost));
}

#[test]
fn a_bounded_semaphore_gets_back_what_one_that_is_gone_held() {
    let (semaphore, one, other) = (Permits::new(3, Some(3)), Holder::new(1), Holder::new(2));
    semaphore.touched_by(&one);
    assert!(semaphore.try_acquire(&one) && semaphore.try_acquire(&one) && semaphore.try_acquire(&other));
    one.leave();
    assert_eq!((semaphore.free(), semaphore.held_by(&other)), (2, 1));
}

#[test]
fn what_an_unbounded_semaphore_counts_is_nobodys() {
    let (semaphore, one) = (Permits::new(1, None), Holder::new(1));
    semaphore.touched_by(&one);
    assert!(semaphore.try_acquire(&one));
    assert_eq!(one.held(), 0);
    one.leave();
    assert_eq!(semaphore.free(), 0);
}

#[test]
fn a_reentrant_lock_is_free_after_as_many_releases() {
    let (lock, one, other) = (RLock::new(), Holder::new(1), Holder::new(2));
    assert!(lock.try_acquire(&one) && lock.try_acquire(&one) && !lock.try_acquire(&other));
    assert_eq!((lock.depth(&one), lock.depth(&other), one.held()), (2, 0, 1));
    assert_eq!(lock.release(&other), Err(Misuse::TooMany));
    lock.release(&one).unwrap();
    assert!(!lock.try_acquire(&other));
    lock.release(&one).unwrap();
    assert!(lock.try_acquire(&other));
}

#[test]
fn setting_an_event_wakes_all_even_if_it_is_cleared_at_once() {
    let event = Event::new();
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let event = event.clone();
            thread::spawn(move || event.wait(&mut patiently))
        })
        .collect();
    until(|| event.waiting() == 3);
    event.set();
    event.clear();
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), Ok(true));
    }
    assert_eq!(event.wait(&mut at_once), Ok(false));
}

#[test]
fn a_watch_is_ready_when_the_event_was_set_and_leaves_nothing_behind() {
    let event = Event::new();
    let watch = event.watch();
    assert!(!watch.is_ready());
    event.set();
    assert!(watch.is_ready() && event.watch().is_ready());
    drop(watch);
    assert_eq!(event.waiting(), 0);
}

#[test]
fn a_notification_for_a_wait_that_is_interrupted_goes_to_the_next() {
    let condition = Condition::new();
    let first = condition.enqueue();
    let second = condition.enqueue();
    let interrupted = first.wait(&mut |_woken| {
        condition.notify(1);
        Err("interrupted")
    });
    assert_eq!(interrupted, Err("interrupted"));
    assert_eq!(second.wait(&mut at_once), Ok(true));
    assert_eq!(condition.waiting(), 0);
}

#[test]
fn a_notification_wakes_the_first_and_a_wait_without_one_times_out() {
    let condition = Condition::new();
    let (first, second) = (condition.enqueue(), condition.enqueue());
    condition.notify(1);
    assert_eq!(second.wait(&mut at_once), Ok(false));
    assert_eq!(first.wait(&mut at_once), Ok(true));
}

#[test]
fn a_barrier_lets_all_pass_together_again_and_again() {
    let barrier = Barrier::new(3, None);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let barrier = barrier.clone();
            thread::spawn(move || {
                let mut sum = 0;
                for _ in 0..200 {
                    match barrier.wait(&mut patiently, || Ok(())) {
                        Ok(Arrival::Passed(index)) => sum += index,
                        other => panic!("{other:?}"),
                    }
                }
                sum
            })
        })
        .collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 200 * 3);
    assert_eq!(barrier.waiting(), 0);
}

#[test]
fn a_barrier_breaks_when_one_gives_up_and_is_as_new_after_a_reset() {
    let barrier = Barrier::new(2, None);
    assert_eq!(barrier.wait(&mut at_once, || Ok(())), Ok(Arrival::Broken));
    assert!(barrier.is_broken());
    barrier.reset();
    assert!(!barrier.is_broken());
    let alone = Barrier::new(1, None);
    assert_eq!(
        alone.wait(&mut patiently, || Err("the action failed")),
        Err("the action failed")
    );
    assert!(alone.is_broken());
}
