//! The results of a map, as iterators.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Wake},
};

use crossbeam_channel::{Receiver, Select, SelectedOperation, Sender, unbounded};
use serde::de::DeserializeOwned;

use super::feed::{Feeder, Flight, Landed};
use crate::{
    channel::{Interrupted, Wait},
    control::wait::Looked,
    error::{Error, Result},
    value::{Value, from_value_at},
};

/// The results of [`Pool::map`](crate::Pool::map), in the order of the items.
#[must_use = "a map does nothing until its results are asked for"]
pub struct Map<'a, T> {
    feeder: Feeder<'a>,
    flights: VecDeque<Flight>,
    landed: Landed,
    results: PhantomData<fn() -> T>,
}

/// The results of [`Pool::map_unordered`](crate::Pool::map_unordered), each with the number of its item from 0, in the
/// order in which they come.
#[must_use = "a map does nothing until its results are asked for"]
pub struct MapUnordered<'a, T> {
    feeder: Feeder<'a>,
    /// By the number of the first item.
    flights: BTreeMap<usize, Flight>,
    landed: Landed,
    /// Flights tell when they have ended; each does so about once, so this holds as many as are under way.
    ended: Receiver<usize>,
    ends: Sender<usize>,
    results: PhantomData<fn() -> T>,
}

impl<'a, T> Map<'a, T> {
    pub(super) fn new(feeder: Feeder<'a>) -> Self {
        Self {
            feeder,
            flights: VecDeque::new(),
            landed: Landed::default(),
            results: PhantomData,
        }
    }

    /// How many items travel together, at least 1. By default that is found out by measuring how long they take.
    pub fn chunk_size(mut self, items: usize) -> Self {
        self.feeder.chunk_size = Some(items.max(1));
        self
    }
}

impl<T: DeserializeOwned> Iterator for Map<'_, T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((_, result)) = self.landed.next() {
                return Some(typed(result));
            }
            while self.flights.len() < self.feeder.window()
                && let Some(flight) = self.feeder.next_flight(self.flights.len())
            {
                self.flights.push_back(flight);
            }
            self.landed = self.flights.pop_front()?.wait();
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let under_way = self.flights.iter().map(Flight::len).sum::<usize>() + self.landed.len();
        let (least, most) = self.feeder.left();
        (
            least.saturating_add(under_way),
            most.and_then(|most| most.checked_add(under_way)),
        )
    }
}

impl<T> Drop for Map<'_, T> {
    fn drop(&mut self) {
        // The last first: those that wait are cancelled before those that run make room for them.
        self.flights.iter().rev().for_each(Flight::cancel);
    }
}

impl<'a, T> MapUnordered<'a, T> {
    pub(super) fn new(feeder: Feeder<'a>) -> Self {
        let (ends, ended) = unbounded();
        Self {
            feeder,
            flights: BTreeMap::new(),
            landed: Landed::default(),
            ended,
            ends,
            results: PhantomData,
        }
    }

    /// How many items travel together, at least 1. By default that is found out by measuring how long they take.
    pub fn chunk_size(mut self, items: usize) -> Self {
        self.feeder.chunk_size = Some(items.max(1));
        self
    }

    /// Asks a flight for its results, and to tell when they are there if they are not.
    fn look_after(&mut self, mut flight: Flight) -> Option<Landed> {
        struct Ended {
            number: usize,
            tell: Sender<usize>,
        }
        impl Wake for Ended {
            fn wake(self: Arc<Self>) {
                let _ = self.tell.send(self.number);
            }
        }
        let job = match &mut flight.job {
            Ok(job) => job,
            Err(error) => {
                let error = error.clone();
                return Some(flight.land(Err(error)));
            }
        };
        let waker = Arc::new(Ended {
            number: flight.first,
            tell: self.ends.clone(),
        })
        .into();
        match Pin::new(job).poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(results) => Some(flight.land(results)),
            Poll::Pending => {
                self.flights.insert(flight.first, flight);
                None
            }
        }
    }

    /// Waits until a flight has ended, or this thread's script is interrupted, which ends one without its results.
    fn wait_for_one(&mut self) {
        let wait = Wait::new(None);
        match next_of(&wait, &self.ended) {
            Ok(number) => {
                let ended = number.and_then(|number| self.flights.remove(&number));
                if let Some(landed) = ended.and_then(|flight| self.look_after(flight)) {
                    self.landed = landed;
                }
            }
            Err(Interrupted) => {
                if let Some((_, flight)) = self.flights.pop_first() {
                    flight.cancel();
                    self.landed = flight.land(Err(Error::Cancelled));
                }
            }
        }
    }
}

impl<T: DeserializeOwned> Iterator for MapUnordered<'_, T> {
    type Item = (usize, Result<T>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((index, result)) = self.landed.next() {
                return Some((index, typed(result)));
            }
            while self.landed.len() == 0
                && self.flights.len() < self.feeder.window()
                && let Some(flight) = self.feeder.next_flight(self.flights.len())
            {
                self.landed = self.look_after(flight).unwrap_or_default();
            }
            if self.landed.len() == 0 {
                if self.flights.is_empty() {
                    return None;
                }
                self.wait_for_one();
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let under_way = self.flights.values().map(Flight::len).sum::<usize>() + self.landed.len();
        let (least, most) = self.feeder.left();
        (
            least.saturating_add(under_way),
            most.and_then(|most| most.checked_add(under_way)),
        )
    }
}

impl<T> Drop for MapUnordered<'_, T> {
    fn drop(&mut self) {
        self.flights.values().rev().for_each(Flight::cancel);
    }
}

fn next_of<'a>(wait: &'a Wait, numbers: &'a Receiver<usize>) -> Result<Option<usize>, Interrupted> {
    let mut number = None;
    let register = |select: &mut Select<'a>| {
        select.recv(numbers);
    };
    let mut take = |operation: SelectedOperation<'a>, _| number = operation.recv(numbers).ok();
    wait.select(Looked::NotYet, &register, &mut take)?;
    Ok(number)
}

fn typed<T: DeserializeOwned>(result: Result<Value>) -> Result<T> {
    Ok(from_value_at("result", result?)?)
}

impl<T> fmt::Debug for Map<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("chunks_under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for MapUnordered<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapUnordered")
            .field("chunks_under_way", &self.flights.len())
            .finish_non_exhaustive()
    }
}
