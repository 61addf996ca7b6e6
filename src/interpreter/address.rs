//! Where jobs and messages for an interpreter go.

use std::sync::{Arc, Weak};

use crossbeam_channel::{Receiver, Sender};
use rustpython_vm::VirtualMachine;

use super::{
    job::Job,
    life::Message,
    queued::{QueuedJob, prepare_with},
    stats::Counters,
};
use crate::{
    control::Control,
    error::{Error, Result},
};

/// How an interpreter is reached; does not keep it alive.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) control: Arc<Control>,
    pub(super) mailbox: Sender<Message>,
    /// The other end of the mailbox, for as long as the interpreter's thread has it.
    pub(super) undelivered: Weak<Receiver<Message>>,
    pub(super) counters: Arc<Counters>,
}

/// Drops what is in the mailbox of a lost interpreter; jobs answer that it is closed.
pub(super) fn discard(mailbox: &Weak<Receiver<Message>>) {
    if let Some(mailbox) = mailbox.upgrade() {
        mailbox.try_iter().for_each(drop);
    }
}

impl Address {
    pub(super) fn id(&self) -> u64 {
        self.control.id()
    }

    pub(super) fn name(&self) -> &str {
        self.control.name()
    }

    pub(super) fn closed(&self) -> Error {
        Error::Closed {
            interpreter: self.name().to_owned(),
        }
    }

    /// Tells the interpreter that nobody holds that object any more.
    pub(super) fn release(&self, id: u64) {
        self.send(Message::Release(id));
    }

    pub(super) fn spawn<T, F>(&self, work: F) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce(&VirtualMachine) -> Result<T> + Send + 'static,
    {
        let (queued, job) = prepare_with(work);
        self.post(queued);
        job
    }

    pub(super) fn post(&self, queued: QueuedJob) {
        queued.destined_for(&self.control);
        self.counters.queued();
        // A job that cannot be delivered answers that the interpreter is closed when it is dropped here.
        if !self.send(Message::Job(queued)) {
            self.counters.taken();
        }
    }

    /// False if nobody is there to read it.
    pub(super) fn send(&self, message: Message) -> bool {
        let sent = self.mailbox.send(message).is_ok();
        // Who is given up either has its mailbox emptied after this message, or is seen to be lost here.
        if sent && self.control.is_lost() {
            discard(&self.undelivered);
        }
        sent
    }
}
