//! How many sequences go through a network in a pass: measured where a run is long enough to gain by it, and remembered.
//!
//! Invariant: what is remembered changes no number beyond rounding, and is believed only of the same network on the same
//! device; a place that cannot be read or written is no reason to stop.

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

/// Where it is remembered, in place of the user's cache folder.
const VARIABLE: &str = "GIA_CACHE";
/// Passes of the size in use that measuring takes about as long as.
const MEASURING: u64 = 38;
/// How many times longer a run must be for its network to be measured.
const LONGER: u64 = 100;

/// A network that is to be opened.
pub(super) struct Network<'n> {
    pub path: &'n Path,
    pub sha256: &'n str,
    pub declaration: &'n Declaration,
}

/// What a number of sequences was measured for.
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

/// Loads a network that so many sequences will go through, with the size of a pass that is best for it as far as that is known
/// or worth finding out. Gives its number.
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

/// How fast passes of several sizes are on a device.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub device: String,
    pub threads: usize,
    /// Sequences in a pass from now on.
    pub batch: u32,
    /// Smallest first; none where the network's graph has a batch of its own.
    pub tried: Vec<Timed>,
    /// Where the batch is remembered.
    pub file: Option<PathBuf>,
}

/// Times passes of several sizes on each device, and remembers the best.
///
/// Fails where the file is not the one that its declaration describes, or the worker or the device fails.
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

/// What was tried, and where it is remembered.
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

/// The folder, by the XDG rule for what can be made again; none where there is no home.
fn folder() -> Option<PathBuf> {
    let own = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
    let of_user = || Some(xdg_folder("XDG_CACHE_HOME", ".cache")?.join("gia"));
    Some(own.map(PathBuf::from).or_else(of_user)?.join("batches"))
}

/// What is remembered of just this subject.
fn recall(folder: &Path, subject: &Subject) -> Option<u32> {
    let bytes = std::fs::read(subject.file(folder)?).ok()?;
    let known: Remembered = serde_json::from_slice(&bytes).ok()?;
    (known.subject == *subject && known.batch > 0).then_some(known.batch)
}

/// Puts a file in its place in one step, so that nobody reads a part of it.
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
