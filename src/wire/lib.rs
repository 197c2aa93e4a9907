//! Messages between the engine and a worker over a pipe. `docs/worker.md` describes them for workers in other languages, and
//! `tests/wire/frames.json` holds an example of each.
//!
//! A frame consists of four magic bytes, the length of the header, the length of the payload, the header (postcard) and
//! the payload (raw bytes: bases, patches or numbers). Both lengths are checked against a maximum before anything is
//! allocated, and buffers grow only as bytes arrive.

mod columns;

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Patch, UNKNOWN, reverse_complement};
use gia_model::{Flanks, Input, LastStep, Layout, UnknownBase};
pub use gia_study::{IncrementalStats, PythonNetwork};

/// Protocol version, which must be equal on both sides. Any change to a message changes it.
pub const VERSION: u32 = 9;

const MAGIC: [u8; 4] = *b"gia\x01";
const MAX_HEADER_BYTES: u64 = 64 << 20;
const MAX_PAYLOAD_BYTES: u64 = 16 << 30;

/// Requests from the engine to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// The first message: the engine's protocol version and the worker's settings.
    Hello {
        /// Protocol version of the engine, [`VERSION`].
        version: u32,
        /// Device to run on.
        device: Device,
        /// Number of CPU threads.
        threads: u32,
        /// Number format of the networks' arithmetic.
        precision: Precision,
        /// When to use incremental inference.
        incremental: IncrementalMode,
    },
    /// Load a network; the engine assigns its number.
    Open(Open),
    /// Time full passes at several batch sizes and use the fastest from then on.
    Measure {
        /// Number of the network to time.
        model: u32,
    },
    /// Warm up for requests of this many rows: compile kernels and allocate memory.
    Prepare {
        /// Number of the network to prepare.
        model: u32,
        /// Number of rows in later requests.
        rows: u64,
    },
    /// Predict the rows in the payload.
    Run(Run),
    /// Compute the gradient of a weighted sum of the columns with respect to the one-hot input of each row. There is one
    /// weight for each column, or for each row and column.
    Gradients(Run, Vec<f32>),
    /// Compute contributions of each base to the difference of a weighted sum of the columns between sequences and references, by DeepLIFT.
    Contributions(Contributions),
    /// Compute columns, and the gradient of a weighted sum of them, at points between sequences and references.
    Along(Along),
}

/// Device that a worker runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Device {
    /// A CUDA device if there is one, else the CPU.
    Auto,
    /// The CPU.
    Cpu,
    /// The CUDA device with this index.
    Cuda(u32),
}

/// Number format of the networks' arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Precision {
    /// IEEE single precision.
    Float32,
    /// TensorFloat-32 in matrix products and convolutions; on CUDA devices only.
    Tf32,
    /// bfloat16 operands in matrix products and convolutions, float32 in what must not be rounded.
    BFloat16,
    /// IEEE double precision, on the CPU only: for comparisons with other programs.
    Float64,
}

/// When to use incremental inference, which predicts an edited sequence from the cached activations of its background and
/// recomputes only what the edits affect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncrementalMode {
    /// Every sequence takes a full pass.
    Never,
    /// Only where it is estimated to be faster.
    #[default]
    WhenFaster,
    /// Use it wherever the network allows, even if it is slower; for tests.
    Always,
}

/// A network to load, and how to encode its inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Open {
    /// Number by which later requests name the network.
    pub model: u32,
    /// Path of the model file; of a network in Python, of its declaration, whose folder its modules may lie in.
    pub path: String,
    /// What to import, as `package.module:function`, or the name of a live object; none for a model file.
    pub entry: Option<String>,
    /// Base code of each input channel, in order.
    pub channels: [u8; 4],
    /// Length of the input sequence in bp.
    pub length: u64,
    /// Order of the axes of the input tensor.
    pub layout: Layout,
    /// How an unknown base is encoded.
    pub unknown: UnknownBase,
    /// The source of each network input, in the graph's order.
    pub inputs: Vec<Input>,
    /// The final function to omit from each output, in the graph's order; `None` keeps it.
    pub before: Vec<Option<LastStep>>,
    /// Batch size in sequences; `None` lets the worker choose.
    pub batch: Option<u32>,
}

/// A request to run a network on the rows in the payload, a serialised [`Rows`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Number of the network to run.
    pub model: u32,
    /// Columns of the flattened output to return.
    #[serde(with = "columns")]
    pub columns: Vec<u32>,
}

/// A request for contributions. Of the rows in the payload, the first are sequences, and the others their references: those of the first
/// sequence, then those of the second, and so on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contributions {
    /// The network, and the columns that are added.
    pub run: Run,
    /// The weight of each column, or for each reference in the order of the rows that of each column.
    pub weights: Vec<f32>,
    /// Number of references of each sequence.
    pub references: u32,
}

/// A request for columns and gradients between sequences and references, whose one-hot encodings are mixed. The rows in the payload are as for
/// [`Contributions`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Along {
    /// The network, and the columns to return.
    pub run: Run,
    /// The weights of the sum whose gradient is returned behind the columns, as of [`Contributions`]; empty for the columns alone.
    pub weights: Vec<f32>,
    /// Number of references of each sequence.
    pub references: u32,
    /// The share that the sequence has in the mixture: one number, or one for each reference in the order of the rows.
    pub shares: Vec<f32>,
}

/// Replies from a worker to the engine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The first message: the worker's protocol version and its environment.
    Hello {
        /// Protocol version of the worker, [`VERSION`].
        version: u32,
        /// Device for display: `cpu`, or `cuda:0 (NAME)`.
        device: String,
        /// Version of libtorch; none for a worker that does not use it.
        libtorch: Option<String>,
    },
    /// The network is loaded.
    Opened {
        /// Number of columns: elements of all outputs for one sequence.
        columns: u64,
        /// Batch size in sequences.
        batch: u32,
        /// Shape of each output for one sequence, without the batch axis.
        shapes: Vec<Vec<u64>>,
        /// What identifies the network; none if its file does.
        identity: Option<Identity>,
    },
    /// The request succeeded and returns nothing.
    Done,
    /// Timing finished and the batch size is set.
    Measured {
        /// The new batch size in sequences.
        batch: u32,
        /// The time of each batch size tried.
        tried: Vec<BatchTiming>,
    },
    /// Results as little-endian float32 in the payload: shape (rows, columns), or (rows, 4, length) for gradients. Between sequences and references,
    /// for each pair the columns and, with weights, 4 x length derivatives.
    Values(IncrementalStats),
    /// The request failed.
    Failed(Failure),
    /// Contributions for each pair of a sequence and a reference, as little-endian float32 in the payload: 4 x length numbers, then the difference of
    /// the outputs, and by how much the sum of the contributions of the bases that are there exceeds it.
    Contributions {
        /// The nodes without an exact rule, with what they compute.
        inexact: Vec<String>,
    },
}

/// What identifies a network that is not a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// SHA-256 of the network's weights and code, in lower-case hexadecimal.
    pub sha256: String,
    /// Its class and the libraries that it runs on.
    pub network: PythonNetwork,
}

/// Speed of full passes at one batch size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BatchTiming {
    /// Batch size in sequences.
    pub batch: u32,
    /// Seconds per sequence: the minimum over several repeats.
    pub seconds: f64,
}

/// A diagnostic in the form in which a worker sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable code of the diagnostic; an unknown code becomes [`Code::WorkerFailed`] in the engine.
    pub code: String,
    /// The error in one sentence.
    pub message: String,
    /// A suggested fix, if there is one.
    pub help: Option<String>,
}

impl From<&Diagnostic> for Failure {
    fn from(diagnostic: &Diagnostic) -> Self {
        Failure {
            code: diagnostic.code.number().to_string(),
            message: diagnostic.message.clone(),
            help: diagnostic.help.clone(),
        }
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let code = Code::ALL
            .iter()
            .copied()
            .find(|code| code.number() == failure.code);
        let mut diagnostic = Diagnostic::error(code.unwrap_or(Code::WorkerFailed), failure.message);
        diagnostic.help = failure.help;
        diagnostic
    }
}

/// Sequences of equal length, stored as backgrounds and rows. Each row is one background with patches applied to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Length of every sequence in bp.
    pub length: usize,
    /// Backgrounds concatenated, one code per base.
    pub backgrounds: Vec<u8>,
    /// Index of the background of each row.
    pub background_of: Vec<u32>,
    /// End of each row's patches in `patches`; they start where the previous row's patches end.
    pub patch_ends: Vec<u32>,
    /// Patches of all rows, concatenated.
    pub patches: Vec<Patch>,
}

impl Rows {
    /// An empty set of rows for sequences of `length` bp.
    pub fn new(length: usize) -> Rows {
        Rows {
            length,
            ..Rows::default()
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.background_of.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.background_of.is_empty()
    }

    /// Appends a row, given the index of its background and its patches.
    pub fn push(&mut self, background: usize, patches: impl IntoIterator<Item = Patch>) {
        self.background_of.push(background as u32);
        self.patches.extend(patches);
        self.patch_ends.push(self.patches.len() as u32);
    }

    /// The same sequences, each as a background of its own.
    pub fn without_edits(&self) -> Rows {
        let mut rows = Rows::new(self.length);
        rows.backgrounds = vec![0; self.len() * self.length];
        let backgrounds = rows.backgrounds.chunks_exact_mut(self.length.max(1));
        for (row, background) in backgrounds.enumerate() {
            self.write_row(row, background);
        }
        (0..self.len()).for_each(|row| rows.push(row, []));
        rows
    }

    /// Whether a row has no patches and so equals its background.
    pub fn is_unedited(&self, row: usize) -> bool {
        self.patches_of(row).is_empty()
    }

    /// The reverse complement of every row.
    pub fn reverse_complemented(mut self) -> Rows {
        self.backgrounds
            .chunks_exact_mut(self.length.max(1))
            .for_each(reverse_complement);
        for patch in &mut self.patches {
            patch.start = self.length - patch.range().end;
            reverse_complement(&mut patch.bases);
        }
        self
    }

    /// Patches of a row, in the order in which they are applied.
    pub fn patches_of(&self, row: usize) -> &[Patch] {
        let first = row
            .checked_sub(1)
            .map_or(0, |before| self.patch_ends[before]);
        &self.patches[first as usize..self.patch_ends[row] as usize]
    }

    /// Base codes of the background with this index.
    pub fn background(&self, index: usize) -> &[u8] {
        &self.backgrounds[index * self.length..(index + 1) * self.length]
    }

    /// The rows with these indices, in the given order. All backgrounds are kept.
    pub fn select(&self, rows: &[usize]) -> Rows {
        let mut selected = Rows {
            length: self.length,
            backgrounds: self.backgrounds.clone(),
            ..Rows::default()
        };
        for &row in rows {
            let background = self.background_of[row] as usize;
            selected.push(background, self.patches_of(row).iter().cloned());
        }
        selected
    }

    /// `count` rows of a valid but arbitrary sequence, for warm-up and timing.
    pub fn dummy(length: usize, count: usize) -> Rows {
        let mut rows = Rows {
            backgrounds: vec![0; length],
            ..Rows::new(length)
        };
        (0..count).for_each(|_| rows.push(0, []));
        rows
    }

    /// A contiguous range of rows. Only the backgrounds that they use are kept, and renumbered.
    pub fn range(&self, range: Range<usize>) -> Rows {
        let mut selected = Rows::new(self.length);
        let mut new_index = HashMap::new();
        for row in range {
            let background = self.background_of[row] as usize;
            let index = *new_index.entry(background).or_insert_with(|| {
                selected
                    .backgrounds
                    .extend_from_slice(self.background(background));
                selected.backgrounds.len() / self.length - 1
            });
            selected.push(index, self.patches_of(row).iter().cloned());
        }
        selected
    }

    /// The same rows with constant flanks added on both sides of every sequence.
    pub fn with_flanks(&self, flanks: &Flanks) -> Rows {
        let flanked = |sequence: &[u8]| [&flanks.left, sequence, &flanks.right].concat();
        let backgrounds = self.backgrounds.chunks_exact(self.length.max(1));
        let shifted = |patch: &Patch| Patch {
            start: patch.start + flanks.left.len(),
            bases: patch.bases.clone(),
        };
        Rows {
            length: self.length + flanks.len(),
            backgrounds: backgrounds.flat_map(flanked).collect(),
            background_of: self.background_of.clone(),
            patch_ends: self.patch_ends.clone(),
            patches: self.patches.iter().map(shifted).collect(),
        }
    }

    /// Writes the sequence of a row into `out`, which must have `length` elements.
    pub fn write_row(&self, row: usize, out: &mut [u8]) {
        out.copy_from_slice(self.background(self.background_of[row] as usize));
        for patch in self.patches_of(row) {
            patch.apply(out);
        }
    }

    /// Serialises the rows as a payload; [`Rows::from_bytes`] deserialises it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bases: usize = self.patches.iter().map(|patch| patch.bases.len() + 8).sum();
        let mut bytes = Vec::with_capacity(32 + self.backgrounds.len() + 8 * self.len() + bases);
        for n in [
            self.length,
            self.backgrounds.len(),
            self.len(),
            self.patches.len(),
        ] {
            bytes.extend_from_slice(&(n as u64).to_le_bytes());
        }
        bytes.extend_from_slice(&self.backgrounds);
        for n in self.background_of.iter().chain(&self.patch_ends) {
            bytes.extend_from_slice(&n.to_le_bytes());
        }
        for patch in &self.patches {
            bytes.extend_from_slice(&(patch.start as u32).to_le_bytes());
            bytes.extend_from_slice(&(patch.bases.len() as u32).to_le_bytes());
            bytes.extend_from_slice(&patch.bases);
        }
        bytes
    }

    /// Deserialises the output of [`Rows::to_bytes`]; `None` if the bytes are not valid rows.
    pub fn from_bytes(bytes: &[u8]) -> Option<Rows> {
        let mut rest = bytes;
        let length = usize::try_from(take_u64(&mut rest)?).ok()?;
        let bases = usize::try_from(take_u64(&mut rest)?).ok()?;
        let rows = usize::try_from(take_u64(&mut rest)?).ok()?;
        let patches = usize::try_from(take_u64(&mut rest)?).ok()?;
        let backgrounds = take(&mut rest, bases)?.to_vec();
        if length == 0 || !bases.is_multiple_of(length) || patches > rest.len() {
            return None;
        }
        let u32s = |bytes: &[u8]| -> Vec<u32> {
            bytes
                .chunks_exact(4)
                .map(|c| u32::from_le_bytes([c[0], c[1], c[2], c[3]]))
                .collect()
        };
        let background_of = u32s(take(&mut rest, rows.checked_mul(4)?)?);
        let patch_ends = u32s(take(&mut rest, rows.checked_mul(4)?)?);
        let mut read_patches = Vec::with_capacity(patches);
        for _ in 0..patches {
            let start = u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?) as usize;
            let width = u32::from_le_bytes(take(&mut rest, 4)?.try_into().ok()?) as usize;
            if start.checked_add(width)? > length {
                return None;
            }
            read_patches.push(Patch {
                start,
                bases: take(&mut rest, width)?.to_vec(),
            });
        }
        let count = backgrounds.len() / length;
        let in_range = background_of.iter().all(|&b| (b as usize) < count);
        let ascending = patch_ends.windows(2).all(|w| w[0] <= w[1]);
        let complete = patch_ends.last().copied().unwrap_or(0) as usize == patches;
        let mut codes = backgrounds
            .iter()
            .chain(read_patches.iter().flat_map(|patch| &patch.bases));
        let valid_codes = codes.all(|&code| code <= UNKNOWN);
        (rest.is_empty() && in_range && ascending && complete && valid_codes).then_some(Rows {
            length,
            backgrounds,
            background_of,
            patch_ends,
            patches: read_patches,
        })
    }
}

/// Splits off the first `n` bytes; `None` if there are fewer.
fn take<'b>(rest: &mut &'b [u8], n: usize) -> Option<&'b [u8]> {
    let (head, tail) = rest.split_at_checked(n)?;
    *rest = tail;
    Some(head)
}

fn take_u64(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(rest, 8)?.try_into().ok()?))
}

/// Numbers as the payload of a reply; [`values_of_bytes`] reads it.
pub fn bytes_of_values(values: &[f32]) -> Vec<u8> {
    let mut bytes = vec![0; size_of_val(values)];
    for (target, value) in bytes.as_chunks_mut().0.iter_mut().zip(values) {
        *target = value.to_le_bytes();
    }
    bytes
}

/// The numbers of [`bytes_of_values`].
pub fn values_of_bytes(bytes: &[u8]) -> Vec<f32> {
    let numbers = bytes.as_chunks().0.iter();
    numbers.map(|number| f32::from_le_bytes(*number)).collect()
}

/// Writes one frame and flushes it.
pub fn send(pipe: &mut impl Write, header: &impl Serialize, payload: &[u8]) -> io::Result<()> {
    let header = postcard::to_stdvec(header).map_err(io::Error::other)?;
    pipe.write_all(&MAGIC)?;
    pipe.write_all(&(header.len() as u64).to_le_bytes())?;
    pipe.write_all(&(payload.len() as u64).to_le_bytes())?;
    pipe.write_all(&header)?;
    pipe.write_all(payload)?;
    pipe.flush()
}

/// Reads one frame; `None` if the pipe is closed.
///
/// # Errors
/// `UnexpectedEof` if the pipe closes within a frame, `InvalidData` if the bytes are not a frame with a header of type `T`.
pub fn receive<T: DeserializeOwned>(pipe: &mut impl Read) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut start = [0; 20];
    let mut read = 0;
    while read < start.len() {
        match pipe.read(&mut start[read..]) {
            Ok(0) if read == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let u64_at = |from: usize| {
        start[from..from + 8]
            .iter()
            .rev()
            .fold(0u64, |n, b| n << 8 | u64::from(*b))
    };
    let (header, payload) = (u64_at(4), u64_at(12));
    if start[..4] != MAGIC || header > MAX_HEADER_BYTES || payload > MAX_PAYLOAD_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "not a frame of the gia protocol",
        ));
    }
    let header = read_exactly(pipe, header)?;
    let payload = read_exactly(pipe, payload)?;
    let header = postcard::from_bytes(&header)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(Some((header, payload)))
}

/// Reads exactly `length` bytes. Memory is allocated as they arrive, since `length` is not trusted.
fn read_exactly(pipe: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(1 << 20) as usize);
    pipe.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length {
        Ok(bytes)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}
