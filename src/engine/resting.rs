//! Idle workers between runs, with their networks, so that the next run need not load these again.
//!
//! Invariant: an idle worker has answered all its requests; workers whose run failed or was stopped end with it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Worker;
use gia_model::Declaration;

/// Keeps the workers of one run for the next. By default it keeps none, and workers end with their run.
#[derive(Debug, Clone, Default)]
pub struct Resting {
    place: Option<Arc<Mutex<Option<Rested>>>>,
}

/// Workers that are ready for requests.
pub(super) struct Rested {
    /// One a device, each with the same networks.
    pub workers: Vec<Worker>,
    pub networks: Vec<Opened>,
}

/// A network that workers hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opened {
    pub path: PathBuf,
    /// Hash of the file when it was opened.
    pub sha256: String,
    pub declaration: Arc<Declaration>,
}

impl Resting {
    /// Keeps workers from one run to the next.
    pub fn allowed() -> Resting {
        Resting {
            place: Some(Arc::default()),
        }
    }

    /// Takes the idle workers; none if there are none, or if any of them has ended.
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

/// Equality ignores the idle workers.
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
