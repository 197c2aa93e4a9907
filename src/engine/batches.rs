//! Autotuning of the batch size, for runs that are long enough to gain from it, and a cache of what was found.
//!
//! Invariant: a cached size changes no number beyond rounding, and applies only to the same network on the same device.
//! A cache that cannot be read or written is no error.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::model_hash::check_hash;
use super::{Options, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{Unfinished, sha256_of_bytes, xdg_folder};
use gia_model::Declaration;
use gia_plan::{Model, ModelSource};
use gia_wire::Timed;

/// Environment variable that replaces the user's cache folder.
const VARIABLE: &str = "GIA_CACHE";
/// Approximate cost of autotuning, in passes of the current size.
const MEASURING: u64 = 38;
/// Minimum length of a run that is autotuned, as a multiple of that cost.
const LONGER: u64 = 100;

/// A network to open.
pub(super) struct Network<'n> {
    pub path: &'n Path,
    pub sha256: &'n str,
    pub declaration: &'n Declaration,
}

/// What a batch size was measured for: the key of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Subject {
    gia: String,
    libtorch: String,
    device: String,
    threads: usize,
    precision: String,
    model: String,
    length: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Remembered {
    subject: Subject,
    batch: u32,
}

/// Loads a network that will predict `sequences` sequences, with its cached batch size; autotunes the size if none is
/// cached and the run is long enough. Returns the network's number.
pub(super) fn open(worker: &mut Worker, network: &Network, sequences: u64) -> Outcome<usize> {
    let subject = Subject::new(worker, network);
    let known = folder().and_then(|folder| recall(&folder, &subject));
    let number = worker.open_in_batches(network.path, network.declaration, known)?;
    let batch = u64::from(worker.batch(number).unwrap_or(1));
    let is_long = sequences >= batch.saturating_mul(MEASURING * LONGER);
    if known.is_none() && worker.options().batch.is_none() && is_long {
        measure_and_remember(worker, number, &subject)?;
    }
    Ok(number)
}

/// The times of passes of several sizes on a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Name of the device: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// CPU threads of the worker.
    pub threads: usize,
    /// Batch size that is used from now on.
    pub batch: u32,
    /// The times, smallest batch first; empty if the network's graph has a fixed batch.
    pub tried: Vec<Timed>,
    /// The cache file; none if the batch size was not cached.
    pub file: Option<PathBuf>,
}

/// Times passes of several sizes on each device, and caches the best size.
///
/// # Errors
/// If the file is not the one that its declaration describes, or if the worker or the device fails.
pub fn measure(model: &Model, options: &Options) -> Outcome<Vec<Measured>> {
    let ModelSource::File { path, .. } = &model.source else {
        let message = format!("`{}` is built in and has no passes", model.name);
        return Err(Box::new(Diagnostic::error(Code::TypeMismatch, message)));
    };
    let (mut workers, sha256) = Worker::start_all_during(options, || check_hash(model))?;
    let network = Network {
        path,
        sha256: &sha256,
        declaration: &model.declaration,
    };
    let measured = workers.iter_mut().map(|worker| {
        let subject = Subject::new(worker, &network);
        let number = worker.open(path, &model.declaration)?;
        let (tried, file) = measure_and_remember(worker, number, &subject)?;
        Ok(Measured {
            device: worker.device.clone(),
            threads: worker.options().threads(),
            batch: worker.batch(number).unwrap_or(1),
            tried,
            file,
        })
    });
    measured.collect()
}

/// The times, and the cache file.
fn measure_and_remember(
    worker: &mut Worker,
    number: usize,
    subject: &Subject,
) -> Outcome<(Vec<Timed>, Option<PathBuf>)> {
    let tried = worker.measure(number)?;
    let file = match (folder(), worker.batch(number)) {
        // What cannot be written is found out again.
        (Some(folder), Some(batch)) if !tried.is_empty() => remember(&folder, subject, batch).ok(),
        _ => None,
    };
    Ok((tried, file))
}

impl Subject {
    fn new(worker: &Worker, network: &Network) -> Subject {
        let options = worker.options();
        Subject {
            gia: env!("CARGO_PKG_VERSION").to_string(),
            libtorch: worker.libtorch.clone(),
            device: worker.device.clone(),
            threads: options.threads(),
            precision: options.precision.to_string(),
            model: network.sha256.to_string(),
            length: network.declaration.input_length(),
        }
    }

    fn file(&self, folder: &Path) -> Option<PathBuf> {
        let name = sha256_of_bytes(&serde_json::to_vec(self).ok()?);
        Some(folder.join(name).with_extension("json"))
    }
}

/// The cache folder of the XDG base directory specification; none without a home folder.
fn folder() -> Option<PathBuf> {
    let own = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let of_user = || Some(xdg_folder("XDG_CACHE_HOME", ".cache")?.join("gia"));
    Some(own.map(PathBuf::from).or_else(of_user)?.join("batches"))
}

/// The cached batch size of this subject.
fn recall(folder: &Path, subject: &Subject) -> Option<u32> {
    let bytes = std::fs::read(subject.file(folder)?).ok()?;
    let known: Remembered = serde_json::from_slice(&bytes).ok()?;
    (known.subject == *subject && known.batch > 0).then_some(known.batch)
}

/// Writes the cache file atomically, so that nobody reads a part of it.
fn remember(folder: &Path, subject: &Subject, batch: u32) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = subject
        .file(folder)
        .ok_or(std::io::ErrorKind::InvalidData)?;
    let known = Remembered {
        subject: subject.clone(),
        batch,
    };
    let mut written = Unfinished::in_folder(folder)?;
    written
        .file()
        .write_all(&serde_json::to_vec_pretty(&known)?)?;
    written.persist(&path)?;
    Ok(path)
}
