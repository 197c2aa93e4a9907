//! Workers that rest between runs, with the networks that were opened in them, so that the next run need not load them again.
//!
//! Invariant: what rests has answered all that it was asked; workers whose run failed or was stopped end with it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Worker;
use gia_model::Declaration;

/// A place for one crew of workers. By default there is none, and workers end with their run.
#[derive(Debug, Clone, Default)]
pub struct Resting {
    place: Option<Arc<Mutex<Option<Rested>>>>,
}

/// Workers that can be asked.
pub(super) struct Rested {
    /// One a device, each with the same networks.
    pub workers: Vec<Worker>,
    pub networks: Vec<Opened>,
}

/// A network that workers hold, by their number of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened {
    pub path: PathBuf,
    /// Of the file as it was when it was opened.
    pub sha256: String,
    pub declaration: Arc<Declaration>,
}

impl Resting {
    /// A place where workers rest from one run to the next.
    pub fn allowed() -> Resting {
        Resting {
            place: Some(Arc::default()),
        }
    }

    /// Workers that rest here, all of which are still there.
    pub(super) fn take(&self) -> Option<Rested> {
        let place = self.place.as_ref()?;
        let mut rested = place
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let all = rested.workers.iter_mut().all(Worker::is_there);
        all.then_some(rested)
    }

    pub(super) fn put(&self, rested: Rested) {
        if let Some(place) = &self.place {
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(rested);
        }
    }
}

/// Who rests says nothing of what is asked for.
impl PartialEq for Resting {
    fn eq(&self, _: &Resting) -> bool {
        true
    }
}

impl Eq for Resting {}

impl std::fmt::Debug for Rested {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} workers with {:?}", self.workers.len(), self.networks)
    }
}
