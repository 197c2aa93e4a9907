//! Idle workers between two runs, so that the next run need not load its networks again.
//!
//! Invariant: an idle worker has answered all its requests; workers whose run failed or was stopped end with it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Worker;
use gia_model::Declaration;

/// A slot for the workers of one run until the next. Disabled by default: workers then end with their run.
#[derive(Debug, Clone, Default)]
pub struct IdleWorkers {
    slot: Option<Arc<Mutex<Option<IdlePool>>>>,
}

/// Workers without open requests.
pub(super) struct IdlePool {
    /// One for each device, all with the same networks.
    pub workers: Vec<Worker>,
    pub networks: Vec<LoadedNetwork>,
}

/// A network that is loaded in workers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LoadedNetwork {
    pub path: PathBuf,
    /// SHA-256 of the file when it was loaded.
    pub sha256: String,
    pub declaration: Arc<Declaration>,
}

impl IdleWorkers {
    /// Keeps workers from one run to the next.
    pub fn enabled() -> IdleWorkers {
        IdleWorkers {
            slot: Some(Arc::default()),
        }
    }

    /// Takes the idle workers; none if the slot is empty or if a process has ended.
    pub(super) fn take(&self) -> Option<IdlePool> {
        let slot = self.slot.as_ref()?;
        let mut pool = slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let all = pool.workers.iter_mut().all(Worker::is_running);
        all.then_some(pool)
    }

    pub(super) fn put(&self, pool: IdlePool) {
        if let Some(slot) = &self.slot {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(pool);
        }
    }
}

/// Equality ignores the idle workers.
impl PartialEq for IdleWorkers {
    fn eq(&self, _: &IdleWorkers) -> bool {
        true
    }
}

impl Eq for IdleWorkers {}

impl std::fmt::Debug for IdlePool {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{} workers with {:?}", self.workers.len(), self.networks)
    }
}
