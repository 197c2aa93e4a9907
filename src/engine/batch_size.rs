//! Autotuning of the batch size, for runs that are long enough to gain from it, with a cache on disk.
//!
//! Invariant: a cached size changes no number beyond rounding, and is used only for the same network on the same device. A cache
//! that cannot be read or written is not an error.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::model_hash::model_hash;
use super::{Options, Runtime, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{AtomicFile, sha256_of_bytes, xdg_folder};
use gia_model::Declaration;
use gia_plan::{Model, ModelSource};
use gia_wire::BatchTiming;

/// Environment variable that replaces the user's cache folder.
const CACHE_VARIABLE: &str = "GIA_CACHE";
/// Approximate cost of autotuning, in passes of the current size.
const AUTOTUNING_PASSES: u64 = 38;
/// Minimum length of a run that is autotuned, as a multiple of [`AUTOTUNING_PASSES`].
const MIN_RUN_FACTOR: u64 = 100;

/// A network to load.
pub(super) struct Network<'n> {
    pub path: &'n Path,
    pub sha256: &'n str,
    pub declaration: &'n Declaration,
}

/// Key of the cache: what a batch size was measured for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct CacheKey {
    gia: String,
    libtorch: String,
    device: String,
    threads: usize,
    precision: String,
    model: String,
    length: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct CacheEntry {
    #[serde(rename = "subject")]
    key: CacheKey,
    batch: u32,
}

/// Loads a network that will predict `sequences` sequences, with its cached batch size; autotunes the size if none is
/// cached and the run is long enough. Returns the network's number.
pub(super) fn open(worker: &mut Worker, network: &Network, sequences: u64) -> Outcome<usize> {
    let key = CacheKey::new(worker, network);
    let known = cache_folder(network).and_then(|folder| read_cache(&folder, &key));
    let number = worker.open_in_batches(network.path, network.declaration, known)?;
    let batch = u64::from(worker.batch(number).unwrap_or(1));
    let is_long = sequences >= batch.saturating_mul(AUTOTUNING_PASSES * MIN_RUN_FACTOR);
    if known.is_none() && worker.options().batch.is_none() && is_long {
        autotune(worker, number, network, &key)?;
    }
    Ok(number)
}

/// Times of passes of several batch sizes on a device.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchTuning {
    /// Name of the device: `cpu`, or `cuda:N` with the model of the GPU.
    pub device: String,
    /// CPU threads of the worker.
    pub threads: usize,
    /// The fastest batch size, which is used from now on.
    pub batch: u32,
    /// The times, smallest batch first; empty if the network's graph has a fixed batch.
    pub tried: Vec<BatchTiming>,
    /// The cache file; none if the batch size was not cached.
    pub file: Option<PathBuf>,
}

/// Times passes of several batch sizes on each device, and caches the fastest size.
///
/// # Errors
/// If the file is not the one that its declaration describes, or if the worker or the device fails.
pub fn measure_batch_sizes(model: &Model, options: &Options) -> Outcome<Vec<BatchTuning>> {
    let ModelSource::File { path, .. } = &model.source else {
        let message = format!(
            "`{}` is not a network and has no forward passes",
            model.name
        );
        return Err(Box::new(Diagnostic::error(Code::TypeMismatch, message)));
    };
    let (mut workers, sha256) =
        Worker::start_all_during(options, Runtime::of(&model.declaration), || {
            model_hash(model)
        })?;
    let network = Network {
        path,
        sha256: &sha256,
        declaration: &model.declaration,
    };
    let measured = workers.iter_mut().map(|worker| {
        let key = CacheKey::new(worker, &network);
        let number = worker.open(path, &model.declaration)?;
        let (tried, file) = autotune(worker, number, &network, &key)?;
        Ok(BatchTuning {
            device: worker.device.clone(),
            threads: worker.options().threads(),
            batch: worker.batch(number).unwrap_or(1),
            tried,
            file,
        })
    });
    measured.collect()
}

/// Returns the times, and the path of the cache file if it was written.
fn autotune(
    worker: &mut Worker,
    number: usize,
    network: &Network,
    key: &CacheKey,
) -> Outcome<(Vec<BatchTiming>, Option<PathBuf>)> {
    let tried = worker.measure(number)?;
    let file = match (cache_folder(network), worker.batch(number)) {
        // Without a cache file, the next run measures again.
        (Some(folder), Some(batch)) if !tried.is_empty() => write_cache(&folder, key, batch).ok(),
        _ => None,
    };
    Ok((tried, file))
}

impl CacheKey {
    fn new(worker: &Worker, network: &Network) -> CacheKey {
        let options = worker.options();
        CacheKey {
            gia: env!("CARGO_PKG_VERSION").to_string(),
            libtorch: worker.libtorch.clone().unwrap_or_default(),
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

/// The cache folder of the XDG base directory specification; none without a home folder, and for networks in Python, whose file does not
/// identify them.
fn cache_folder(network: &Network) -> Option<PathBuf> {
    if network.declaration.entry.is_some() {
        return None;
    }
    let own = std::env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty());
    let of_user = || Some(xdg_folder("XDG_CACHE_HOME", ".cache")?.join("gia"));
    Some(own.map(PathBuf::from).or_else(of_user)?.join("batches"))
}

/// The cached batch size for this key.
fn read_cache(folder: &Path, key: &CacheKey) -> Option<u32> {
    let bytes = std::fs::read(key.file(folder)?).ok()?;
    let known: CacheEntry = serde_json::from_slice(&bytes).ok()?;
    (known.key == *key && known.batch > 0).then_some(known.batch)
}

/// Writes the cache file atomically, so that no other process reads a partial file.
fn write_cache(folder: &Path, key: &CacheKey, batch: u32) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let path = key.file(folder).ok_or(std::io::ErrorKind::InvalidData)?;
    let known = CacheEntry {
        key: key.clone(),
        batch,
    };
    let mut written = AtomicFile::in_folder(folder)?;
    written
        .file()
        .write_all(&serde_json::to_vec_pretty(&known)?)?;
    written.persist(&path)?;
    Ok(path)
}
