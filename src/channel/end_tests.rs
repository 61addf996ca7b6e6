//! What the two ends promise, in plain Rust.

use std::{
    fmt::Debug,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use super::*;

fn forever<'a>(register: Register<'_, 'a>, take: Take<'_, 'a>) -> Result<bool, &'static str> {
    let mut select = Select::new();
    register(&mut select);
    let operation = select.select();
    let index = operation.index();
    take(operation, index);
    Ok(true)
}

fn a_moment<'a>(register: Register<'_, 'a>, _: Take<'_, 'a>) -> Result<bool, &'static str> {
    let mut select = Select::new();
    register(&mut select);
    assert!(select.ready_timeout(Duration::from_millis(1)).is_err());
    Ok(false)
}

fn interrupted<'a>(_: Register<'_, 'a>, _: Take<'_, 'a>) -> Result<bool, &'static str> {
    Err("interrupted")
}

/// Without waiting, whatever the error type of waits.
fn try_send<M: Debug>(sender: &SendEnd<M>, message: M) -> Result<(), Unsent<M, &'static str>> {
    sender.try_send(message)
}

fn try_recv<M: Debug>(receiver: &RecvEnd<M>) -> Result<M, Obstacle<&'static str>> {
    receiver.try_recv()
}

fn unsent<M>(message: M, obstacle: Obstacle<&'static str>) -> Result<(), Unsent<M, &'static str>> {
    Err(Unsent { message, obstacle })
}

#[test]
fn what_is_sent_is_received_in_order() {
    let (sender, receiver) = ends(3);
    for number in 1..=3 {
        sender.send(number, forever).unwrap();
    }
    assert_eq!((receiver.len(), receiver.capacity()), (3, 3));
    let received: Vec<i32> = std::iter::from_fn(|| try_recv(&receiver).ok()).collect();
    assert_eq!(received, [1, 2, 3]);
    assert_eq!(try_recv(&receiver), Err(Obstacle::NotNow));
}

#[test]
fn a_refused_message_comes_back() {
    let (sender, receiver) = ends(1);
    try_send(&sender, "a").unwrap();
    assert_eq!(try_send(&sender, "b"), unsent("b", Obstacle::NotNow));
    assert_eq!(sender.send("c", a_moment), unsent("c", Obstacle::Timeout));
    receiver.close();
    assert_eq!(sender.send("d", forever), unsent("d", Obstacle::Closed));
    assert_eq!(try_send(&sender, "e"), unsent("e", Obstacle::Closed));
}

#[test]
fn what_was_sent_before_a_close_is_still_received() {
    for close_by_receiver in [false, true] {
        let (sender, receiver) = ends(2);
        try_send(&sender, 1).unwrap();
        try_send(&sender, 2).unwrap();
        assert!(if close_by_receiver {
            receiver.close()
        } else {
            sender.close()
        });
        assert!(sender.is_closed() && receiver.is_closed());
        assert_eq!(receiver.recv(forever), Ok(1));
        assert_eq!(try_recv(&receiver), Ok(2));
        assert_eq!(receiver.recv(forever), Err(Obstacle::Closed));
        assert_eq!(try_recv(&receiver), Err(Obstacle::Closed));
    }
}

#[test]
fn dropping_an_end_closes_the_channel() {
    let (sender, receiver) = ends(2);
    try_send(&sender, 1).unwrap();
    drop(sender);
    assert_eq!(receiver.recv(forever), Ok(1));
    assert_eq!(receiver.recv(forever), Err(Obstacle::Closed));

    let (sender, receiver) = ends(2);
    drop(receiver);
    assert!(sender.is_closed());
    assert_eq!(try_send(&sender, 1), unsent(1, Obstacle::Closed));
}

#[test]
fn dropping_the_receiver_drops_what_was_not_received() {
    let (sender, receiver) = ends(2);
    let message = Arc::new(());
    try_send(&sender, message.clone()).unwrap();
    drop(receiver);
    assert_eq!(Arc::strong_count(&message), 1);
}

#[test]
fn a_close_wakes_everyone_who_waits() {
    for capacity in [0, 1] {
        let (sender, receiver) = ends(capacity);
        let start = Barrier::new(5);
        thread::scope(|scope| {
            let senders = [(); 2].map(|()| {
                scope.spawn(|| {
                    start.wait();
                    // More than fits, so that each is blocked in the end.
                    (0..)
                        .map(|number| sender.send(number, forever))
                        .find(Result::is_err)
                        .unwrap()
                })
            });
            start_receivers_later(&start, &receiver);
            for sender in senders {
                assert_eq!(sender.join().unwrap().unwrap_err().obstacle, Obstacle::Closed);
            }
        });
        let (sender, receiver) = ends::<i32>(capacity);
        thread::scope(|scope| {
            let receivers = [(); 4].map(|()| scope.spawn(|| receiver.recv(forever)));
            sender.close();
            for receiver in receivers {
                assert_eq!(receiver.join().unwrap(), Err(Obstacle::Closed));
            }
        });
    }
}

fn start_receivers_later(start: &Barrier, receiver: &RecvEnd<i32>) {
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                start.wait();
                receiver.close();
            });
        }
    });
}

#[test]
fn two_blocked_ends_of_a_rendezvous_meet() {
    let (sender, receiver) = ends(0);
    assert_eq!(try_send(&sender, 1), unsent(1, Obstacle::NotNow));
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..1000 {
                sender.send(number, forever).unwrap();
            }
        });
        for number in 0..1000 {
            assert_eq!(receiver.recv(forever), Ok(number));
        }
    });
}

/// Each message for which a sender got `Ok` is received before any receiver sees the end, however the close falls.
#[test]
fn no_accepted_message_is_lost_to_a_close() {
    for round in 0..120 {
        let (sender, receiver) = ends(round % 4);
        let (accepted, received) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let start = Barrier::new(6);
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    start.wait();
                    while sender.send(1, forever).is_ok() {
                        accepted.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    start.wait();
                    while receiver.recv(forever).is_ok() {
                        received.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            scope.spawn(|| {
                start.wait();
                while received.load(Ordering::Relaxed) < round {
                    thread::yield_now();
                }
                sender.close();
            });
        });
        assert_eq!(accepted.into_inner(), received.into_inner());
    }
}

#[test]
fn a_wait_that_fails_leaves_the_channel_as_it_was() {
    let (sender, receiver) = ends(1);
    assert_eq!(receiver.recv(a_moment), Err(Obstacle::Timeout));
    assert_eq!(receiver.recv(interrupted), Err(Obstacle::Interrupted("interrupted")));
    try_send(&sender, 1).unwrap();
    assert_eq!(
        sender.send(2, interrupted),
        unsent(2, Obstacle::Interrupted("interrupted"))
    );
    assert_eq!(try_recv(&receiver), Ok(1));
    sender.close();
    assert_eq!(receiver.recv(forever), Err(Obstacle::Closed));
}
