//! Turning the items of a map into jobs, a bounded number ahead of the results.

use std::{sync::Arc, vec};

use serde::Serialize;

use super::{
    Pool,
    crew::{Crew, PoolJob},
    meter::Meter,
};
use crate::{
    error::{ConversionError, Error, Result},
    interpreter::{Job, Task, prepare_each},
    value::{Value, to_value},
};

/// Chunks that are under way at once, for each interpreter: one that runs, and some to go on with.
const CHUNKS_PER_WORKER: usize = 4;

/// Where items come from, as data.
type Items<'a> = Box<dyn Iterator<Item = Result<Value, ConversionError>> + 'a>;

pub(super) struct Feeder<'a> {
    /// Kept until the map is over, so that it has someone to ask.
    pool: Pool,
    name: Arc<str>,
    /// Whether the elements of an item are the arguments.
    spread: bool,
    items: Items<'a>,
    taken: usize,
    pub(super) chunk_size: Option<usize>,
    last_size: usize,
    meter: Arc<Meter>,
    /// Taken from `items`, but the queue had no room.
    waiting: Option<Chunk>,
}

/// Items that travel together.
struct Chunk {
    first: usize,
    values: Vec<Value>,
    /// Items that do not cross, by their place in the chunk.
    unsent: Vec<(usize, ConversionError)>,
}

impl Chunk {
    fn len(&self) -> usize {
        self.values.len() + self.unsent.len()
    }
}

impl<'a> Feeder<'a> {
    pub(super) fn new<I>(pool: &Pool, name: &str, items: I, spread: bool) -> Self
    where
        I: IntoIterator<Item: Serialize, IntoIter: 'a>,
    {
        Self {
            pool: pool.clone(),
            name: name.into(),
            spread,
            items: Box::new(items.into_iter().fuse().map(|item| to_value(&item))),
            taken: 0,
            chunk_size: None,
            last_size: 1,
            meter: Arc::default(),
            waiting: None,
        }
    }

    /// How many flights to have under way.
    pub(super) fn window(&self) -> usize {
        self.crew().size() * CHUNKS_PER_WORKER
    }

    fn crew(&self) -> &Crew {
        self.pool.crew()
    }

    /// Sends the next chunk off. `None` if there is none, or if the queue is full and `others` are under way already
    /// that can be waited for instead.
    pub(super) fn next_flight(&mut self, others: usize) -> Option<Flight> {
        let chunk = self.waiting.take().or_else(|| self.next_chunk())?;
        let crew = self.pool.crew();
        let place = match crew.check_may_wait() {
            Ok(()) if others > 0 => crew.try_reserve(),
            Ok(()) => crew.reserve(),
            Err(error) => Err(error),
        };
        if others > 0 && matches!(place, Err(Error::QueueFull { .. })) {
            self.waiting = Some(chunk);
            return None;
        }
        let (first, len) = (chunk.first, chunk.len());
        let job = place.map(|place| {
            let make = if self.spread {
                Task::starcall_each
            } else {
                Task::call_each
            };
            let task = make(self.name.clone(), chunk.values);
            let key = task.code_key();
            let (job, results) = prepare_each(task);
            let meter = Some((self.meter.clone(), len));
            crew.submit(place, PoolJob { job, meter, key });
            results
        });
        Some(Flight {
            first,
            len,
            unsent: chunk.unsent,
            job,
        })
    }

    fn next_chunk(&mut self) -> Option<Chunk> {
        let size = self.chunk_size.unwrap_or_else(|| self.automatic_size());
        self.last_size = size;
        let mut chunk = Chunk {
            first: self.taken,
            values: Vec::new(),
            unsent: Vec::new(),
        };
        for item in self.items.by_ref().take(size) {
            match item {
                Ok(value) => chunk.values.push(value),
                Err(error) => {
                    let root = format!("items[{}]", self.taken);
                    chunk.unsent.push((chunk.len(), error.at_root(root)));
                }
            }
            self.taken += 1;
        }
        (chunk.len() > 0).then_some(chunk)
    }

    fn automatic_size(&self) -> usize {
        if self.crew().limits().is_timed() {
            // The limit is for each item.
            return 1;
        }
        let left = match self.items.size_hint() {
            (least, Some(most)) if least == most => Some(most),
            _ => None,
        };
        self.meter.chunk_size(self.last_size, left, self.crew().size())
    }

    /// How many items have not been sent off, if that is known.
    pub(super) fn left(&self) -> (usize, Option<usize>) {
        let waiting = self.waiting.as_ref().map_or(0, Chunk::len);
        let (least, most) = self.items.size_hint();
        (
            least.saturating_add(waiting),
            most.and_then(|most| most.checked_add(waiting)),
        )
    }
}

/// A chunk that is under way.
pub(super) struct Flight {
    pub(super) first: usize,
    len: usize,
    unsent: Vec<(usize, ConversionError)>,
    pub(super) job: Result<Job<Vec<Result<Value>>>>,
}

impl Flight {
    pub(super) fn wait(self) -> Landed {
        let Self {
            first,
            len,
            unsent,
            job,
        } = self;
        Landed::new(first, len, unsent, job.and_then(Job::wait))
    }

    /// With the results that its job gave.
    pub(super) fn land(self, results: Result<Vec<Result<Value>>>) -> Landed {
        Landed::new(self.first, self.len, self.unsent, results)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn cancel(&self) {
        if let Ok(job) = &self.job {
            job.cancel();
        }
    }
}

/// The results of a chunk, each with its item's number.
#[derive(Default)]
pub(super) struct Landed {
    next: usize,
    results: vec::IntoIter<Result<Value>>,
}

impl Landed {
    fn new(
        first: usize,
        len: usize,
        unsent: Vec<(usize, ConversionError)>,
        results: Result<Vec<Result<Value>>>,
    ) -> Self {
        let (results, error) = match results {
            Ok(results) => (results, Error::Cancelled),
            Err(error) => (Vec::new(), error),
        };
        let mut answered = results.into_iter();
        let mut unsent = unsent.into_iter().peekable();
        let merged: Vec<_> = (0..len)
            .map(|place| match unsent.next_if(|(unsent, _)| *unsent == place) {
                Some((_, conversion)) => Err(conversion.into()),
                None => answered.next().unwrap_or_else(|| Err(error.clone())),
            })
            .collect();
        Self {
            next: first,
            results: merged.into_iter(),
        }
    }

    /// How many are left.
    pub(super) fn len(&self) -> usize {
        self.results.len()
    }
}

impl Iterator for Landed {
    type Item = (usize, Result<Value>);

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.results.next()?;
        let index = self.next;
        self.next += 1;
        Some((index, result))
    }
}
