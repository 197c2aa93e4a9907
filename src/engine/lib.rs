//! Runs a plan: samples backgrounds, sends them to workers and collects the outputs.
//!
//! This crate does not link libtorch: networks run in worker processes (`gia-worker`, or Python), over the protocol of `gia_wire`.

mod attribution;
mod background_features;
mod batch_size;
mod chunks;
mod float32_reference;
mod idle_workers;
mod interval_monitor;
mod job;
mod joint;
mod memory;
mod model_hash;
mod non_finite;
mod options;
mod outcomes;
mod overseer;
mod part;
mod predict;
mod progress;
mod result_buffer;
mod row_extractor;
mod run;
mod selections;
mod sequences;
mod survey;
mod worker;
mod worker_pool;

pub use attribution::{Completeness, ReferenceSampler};
pub use background_features::BackgroundFeatures;
pub use batch_size::{BatchTuning, measure_batch_sizes};
pub use gia_wire::{BatchTiming, Identity, IncrementalMode};
pub use idle_workers::IdleWorkers;
pub use memory::{
    AvailableMemory, IncrementalMemory, MemoryEstimate, MemoryLimit, NetworkMemory,
    refuse_too_large,
};
pub use model_hash::model_hash;
pub use non_finite::{NonFiniteOutput, NonFiniteOutputs};
pub use options::{DeviceChoice, Options, Precision};
pub use outcomes::{JobOutcomes, Outcomes, Timing};
pub use overseer::Overseer;
pub use part::{Part, merge};
pub use predict::{
    Contributions, Gradients, Predictions, RunInfo, contributions, gradients, predict,
};
pub use progress::{NoProgress, Progress};
pub use run::{run, run_until};
pub use selections::{ResolvedSelections, resolve_selections};
pub use sequences::{make_folder, sequence_paths, write_sequences};
pub use survey::{SampleComposition, Survey, survey};
pub use worker::{LoadedNetwork, Runtime, Worker, kill_workers};
/// What there is on a machine to run networks with.
pub mod installed {
    pub use crate::worker::{InstalledWorker, Libtorch, Programs, WorkerProgram, fetched_folder};
}
