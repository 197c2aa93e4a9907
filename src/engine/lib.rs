//! Runs a plan: samples backgrounds, keeps a worker busy, gathers numbers.
//!
//! Knows plans and the wire, and nothing of tensors: `gia-worker` holds the network.

mod batches;
mod crew;
mod filling;
mod finite;
mod job;
mod memory;
mod model_hash;
mod options;
mod outcomes;
mod overseer;
mod part;
mod pieces;
mod predict;
mod progress;
mod reference;
mod resting;
mod run;
mod selections;
mod sequences;
mod survey;
mod watch;
mod worker;

pub use batches::{Measured, measure};
pub use finite::{Fault, Faults};
pub use gia_wire::{Passes, Timed};
pub use memory::{Available, Limit, Memory, OfChanges, OfNetwork, refuse_too_large};
pub use options::{DeviceChoice, Options, Precision};
pub use outcomes::{JobOutcomes, Outcomes, Timing};
pub use overseer::Overseer;
pub use part::{Part, merge};
pub use predict::{Asked, Gradients, Predictions, gradients, predict};
pub use progress::{Progress, Quiet};
pub use resting::Resting;
pub use run::{run, run_until};
pub use selections::{ResolvedSelections, resolve_selections};
pub use sequences::{make_folder, sequence_paths, write_sequences};
pub use survey::{Survey, Surveyed, survey};
pub use worker::{Worker, kill_workers};
