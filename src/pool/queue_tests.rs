//! What the scheduler promises, with plain threads for workers.

use std::{
    sync::atomic::{AtomicU32, AtomicU64},
    thread,
};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::*;

/// Workers that sleep in a mailbox, as interpreters do.
struct Crew {
    queue: Arc<Queue<usize>>,
    mailboxes: Vec<(Sender<bool>, Receiver<bool>)>,
}

impl Crew {
    fn new(workers: usize, capacity: usize) -> Self {
        // Room for a stale wake-up and the stop.
        let mailboxes: Vec<_> = (0..workers).map(|_| bounded(4)).collect();
        let senders: Vec<Sender<bool>> = mailboxes.iter().map(|(sender, _)| sender.clone()).collect();
        let wake = Box::new(move |index: usize| {
            let _ = senders[index].try_send(true);
        });
        Self {
            queue: Queue::new(workers, capacity, wake),
            mailboxes,
        }
    }

    /// Works until told to stop, or until `run` returns false.
    fn work(&self, index: usize, run: impl Fn(usize) -> bool) {
        let mut local = self.queue.worker(index).expect("one worker a seat");
        loop {
            if let Some(job) = local.next() {
                let go_on = run(job);
                local.finished();
                if !go_on {
                    return;
                }
                continue;
            }
            if local.going_idle() {
                continue;
            }
            let go_on = self.mailboxes[index].1.recv().unwrap();
            local.woke();
            if !go_on {
                return;
            }
        }
    }

    fn submit(&self, job: usize) {
        self.queue.reserve().expect("open").fill(job);
    }

    fn stop(&self) {
        self.queue.close();
        self.queue.wait_until_drained();
        for (sender, _) in &self.mailboxes {
            sender.send(false).unwrap();
        }
    }
}

fn counters(number: usize) -> Vec<AtomicU32> {
    (0..number).map(|_| AtomicU32::new(0)).collect()
}

#[test]
fn each_job_of_many_threads_runs_exactly_once() {
    const JOBS: usize = 40_000;
    let crew = Crew::new(4, 64);
    let runs = counters(JOBS);
    thread::scope(|scope| {
        for index in 0..4 {
            let (crew, runs) = (&crew, &runs);
            scope.spawn(move || crew.work(index, |job| runs[job].fetch_add(1, SeqCst) < u32::MAX));
        }
        thread::scope(|submitters| {
            for first in 0..4 {
                let crew = &crew;
                submitters.spawn(move || (first..JOBS).step_by(4).for_each(|job| crew.submit(job)));
            }
        });
        crew.stop();
    });
    assert!(runs.iter().all(|runs| runs.load(SeqCst) == 1));
    assert_eq!(crew.queue.queued(), 0);
}

/// Each job is submitted when all workers are about to sleep or asleep: a missed wake-up would stop this test for good.
#[test]
fn no_wake_up_is_missed() {
    const ROUNDS: usize = 20_000;
    let crew = Crew::new(3, 8);
    let (done, ended) = bounded(8);
    thread::scope(|scope| {
        for index in 0..3 {
            let (crew, done) = (&crew, done.clone());
            scope.spawn(move || crew.work(index, |job| done.send(job).is_ok()));
        }
        for round in 0..ROUNDS {
            let burst = 1 + round % 3;
            (0..burst).for_each(|_| crew.submit(round));
            (0..burst).for_each(|_| assert_eq!(ended.recv().unwrap(), round));
        }
        crew.stop();
    });
}

/// Two jobs that wait for each other only end if two workers run them, although one wake-up was enough for the first.
#[test]
fn a_second_job_wakes_a_second_worker() {
    let crew = Crew::new(4, 8);
    let meet = std::sync::Barrier::new(4);
    thread::scope(|scope| {
        for index in 0..4 {
            let (crew, meet) = (&crew, &meet);
            scope.spawn(move || {
                crew.work(index, |_| {
                    meet.wait();
                    true
                })
            });
        }
        for round in 0..500 {
            (0..4).for_each(|_| crew.submit(round));
        }
        crew.stop();
    });
}

#[test]
fn a_worker_that_ends_leaves_its_jobs_to_others_and_its_seat_to_a_successor() {
    const JOBS: usize = 5_000;
    let crew = Crew::new(3, 256);
    let runs = counters(JOBS);
    let deaths = AtomicU64::new(0);
    thread::scope(|scope| {
        for index in 0..3 {
            let (crew, runs, deaths) = (&crew, &runs, &deaths);
            scope.spawn(move || {
                // Dies with every 50th job, and a successor takes the seat.
                while deaths.load(SeqCst) < u64::MAX {
                    let died = std::cell::Cell::new(false);
                    crew.work(index, |job| {
                        runs[job].fetch_add(1, SeqCst);
                        died.set(job % 50 == 0);
                        !died.get()
                    });
                    if !died.get() {
                        return;
                    }
                    deaths.fetch_add(1, SeqCst);
                }
            });
        }
        (0..JOBS).for_each(|job| crew.submit(job));
        crew.stop();
    });
    assert!(runs.iter().all(|runs| runs.load(SeqCst) == 1));
    assert_eq!(deaths.into_inner(), JOBS as u64 / 50);
}

#[test]
fn a_woken_worker_that_does_something_else_passes_the_wake_up_on() {
    let crew = Crew::new(2, 8);
    let mut first = crew.queue.worker(0).unwrap();
    let mut second = crew.queue.worker(1).unwrap();
    assert!(!first.going_idle() && !second.going_idle());
    crew.submit(7);
    let woken = |index: usize| crew.mailboxes[index].1.try_recv().is_ok();
    assert!(woken(1) && !woken(0));
    second.woke();
    second.pass_on();
    assert!(woken(0));
    first.woke();
    assert_eq!(first.next(), Some(7));
}

#[test]
fn a_worker_about_to_sleep_sees_a_job_that_came_meanwhile() {
    let crew = Crew::new(1, 8);
    let mut worker = crew.queue.worker(0).unwrap();
    assert_eq!(worker.next(), None);
    crew.submit(1);
    assert!(worker.going_idle());
    assert_eq!(worker.next(), Some(1));
}

#[test]
fn room_is_what_jobs_that_no_worker_has_taken_leave() {
    let crew = Crew::new(1, 2);
    let mut worker = crew.queue.worker(0).unwrap();
    crew.submit(1);
    let place = crew.queue.try_reserve().expect("room for two");
    assert_eq!(crew.queue.try_reserve().err(), Some(Refusal::Full));
    drop(place);
    crew.submit(2);
    assert_eq!(crew.queue.queued(), 2);
    assert_eq!(worker.next(), Some(1));
    assert!(crew.queue.try_reserve().is_ok());
}

#[test]
fn a_submitter_that_waits_for_room_gets_it_or_learns_of_the_end() {
    let crew = Crew::new(1, 1);
    let mut worker = crew.queue.worker(0).unwrap();
    crew.submit(1);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| crew.queue.reserve().map(|place| place.fill(2)));
        assert_eq!(worker.next(), Some(1));
        assert_eq!(waiting.join().unwrap(), Ok(()));
        let waiting = scope.spawn(|| crew.queue.reserve().map(|place| place.fill(3)));
        crew.queue.close();
        assert_eq!(waiting.join().unwrap(), Err(Refusal::Closed));
    });
    assert!(!worker.finished());
    assert_eq!(worker.next(), Some(2));
    assert!(worker.finished(), "the last job of a closed queue");
}

#[test]
fn an_abort_gives_back_what_no_worker_took() {
    const JOBS: usize = 200;
    for _ in 0..100 {
        let crew = Crew::new(2, JOBS);
        let runs = counters(JOBS);
        thread::scope(|scope| {
            for index in 0..2 {
                let (crew, runs) = (&crew, &runs);
                scope.spawn(move || crew.work(index, |job| runs[job].fetch_add(1, SeqCst) < u32::MAX));
            }
            (0..JOBS).for_each(|job| crew.submit(job));
            for job in crew.queue.abort() {
                runs[job].fetch_add(1, SeqCst);
                crew.queue.discarded();
            }
            crew.stop();
        });
        assert!(runs.iter().all(|runs| runs.load(SeqCst) == 1));
        assert!(crew.queue.is_aborted() && crew.queue.is_drained());
    }
}
