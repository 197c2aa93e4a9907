//! Files with the outputs of a part of a run, and merging them.
//!
//! Every part has a range of the backgrounds of every variant, so the merged outputs are identical to those of the whole run.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Completeness, JobOutcomes, Outcomes, Timing};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_plan::Plan;
use gia_study::{IncrementalStats, PrecisionCheck, PythonNetwork};

/// First bytes of a file.
const MAGIC: &[u8; 8] = b"gia-part";
/// Version of the format.
const VERSION: u32 = 4;
/// Size of the header: magic number, version, and SHA-256 of the rest.
const HEADER_BYTES: usize = 8 + 4 + 32;

/// The outputs of one part of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Part {
    /// Hash of the script, its data and this program; equal for all parts of a run.
    pub run_hash: String,
    /// Index of the part, counted from 0.
    pub number: usize,
    /// Number of parts of the run.
    pub count: usize,
    jobs: Vec<JobOutcomes>,
    device: String,
    libtorch: Option<String>,
    precision: Option<PrecisionCheck>,
    recomputed: Option<IncrementalStats>,
    model_sha256: Vec<String>,
    python: Vec<Option<PythonNetwork>>,
    completeness: Vec<Completeness>,
    timing: Timing,
}

impl Part {
    /// Part `number` (counted from 0) of `count` parts of the run with this hash.
    pub fn new(run_hash: String, number: usize, count: usize, outcomes: Outcomes) -> Part {
        Part {
            run_hash,
            number,
            count,
            jobs: outcomes.jobs,
            device: outcomes.device,
            libtorch: outcomes.libtorch,
            precision: outcomes.precision,
            recomputed: outcomes.recomputed,
            model_sha256: outcomes.model_sha256,
            python: outcomes.python,
            completeness: outcomes.completeness,
            timing: outcomes.timing,
        }
    }

    /// The precision of the networks.
    fn precision(&self) -> &str {
        let check = self.precision.as_ref();
        check.map_or("float32", |check| &check.precision)
    }

    /// Serialises the part to the bytes of a file.
    ///
    /// # Errors
    /// If serialisation fails, which no valid part causes.
    pub fn to_bytes(&self) -> Outcome<Vec<u8>> {
        let body = postcard::to_stdvec(self)
            .map_err(|error| wrong(format!("the part cannot be written: {error}")))?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(&body));
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// Parses the bytes of a file, which error messages call `name`.
    ///
    /// # Errors
    /// `WrongParts` for a file of another kind or version, and for a truncated or damaged file.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Outcome<Part> {
        let head = bytes
            .get(..HEADER_BYTES)
            .filter(|head| head.starts_with(MAGIC));
        let Some(head) = head else {
            return Err(wrong(format!("`{name}` is not a part of a run")));
        };
        if head[8..12] != VERSION.to_le_bytes() {
            return Err(wrong(format!(
                "`{name}` was written by another version of gia"
            )));
        }
        let body = &bytes[HEADER_BYTES..];
        if head[12..] != Sha256::digest(body)[..] {
            return Err(wrong(format!(
                "`{name}` is damaged: its contents do not match its hash"
            )));
        }
        postcard::from_bytes(body)
            .map_err(|error| wrong(format!("`{name}` cannot be read: {error}")))
    }
}

/// Merges all parts of a run, in any order, into the outputs of the whole run. Each part comes with its file name.
///
/// `plan` is the plan of the whole run, and `run_hash` the hash that every part must have.
///
/// # Errors
/// `WrongParts` for a part of another run or with different models, for a duplicate, and for a missing part.
pub fn merge(plan: &Plan, run_hash: &str, parts: Vec<(String, Part)>) -> Outcome<Outcomes> {
    let mut parts = parts;
    parts.sort_by_key(|(_, part)| part.number);
    let Some((first_name, first)) = parts.first() else {
        return Err(wrong("no parts were given".to_string()));
    };
    for (name, part) in &parts {
        if part.run_hash != run_hash {
            return Err(Box::new(
                Diagnostic::error(Code::WrongParts, format!("`{name}` is a part of another run"))
                    .help("merge with the same script, modules, data files and version of gia that the part was made with"),
            ));
        }
        if part.model_sha256 != first.model_sha256 {
            return Err(wrong(format!(
                "`{name}` and `{first_name}` were made with different models"
            )));
        }
        if part.precision() != first.precision() {
            return Err(wrong(format!(
                "`{name}` was computed in {}, and `{first_name}` in {}",
                part.precision(),
                first.precision()
            )));
        }
        if part.count != first.count {
            return Err(wrong(format!(
                "`{first_name}` is one of {} parts, and `{name}` one of {}",
                first.count, part.count
            )));
        }
    }
    if let Some(pair) = parts
        .windows(2)
        .find(|pair| pair[0].1.number == pair[1].1.number)
    {
        return Err(wrong(format!(
            "`{}` and `{}` are the same part, {} of {}",
            pair[0].0,
            pair[1].0,
            pair[0].1.number + 1,
            pair[0].1.count
        )));
    }
    let count = first.count;
    let missing: Vec<String> = (0..count)
        .filter(|number| parts.iter().all(|(_, part)| part.number != *number))
        .map(|number| format!("{}/{count}", number + 1))
        .collect();
    if !missing.is_empty() {
        return Err(Box::new(
            Diagnostic::error(
                Code::WrongParts,
                format!("parts are missing: {}", missing.join(", ")),
            )
            .help(format!("run the script with `--part {}`", missing[0])),
        ));
    }
    let mut whole = Outcomes::default();
    let mut devices: Vec<String> = Vec::new();
    for (name, part) in parts {
        if !devices.contains(&part.device) {
            devices.push(part.device);
        }
        whole.libtorch = whole.libtorch.or(part.libtorch);
        whole.precision = match (whole.precision, part.precision) {
            (Some(known), Some(found)) => Some(known.combine(found)),
            (known, found) => known.or(found),
        };
        whole.recomputed = match (whole.recomputed, part.recomputed) {
            (Some(known), Some(found)) => Some(known.combine(found)),
            (known, found) => known.or(found),
        };
        whole.model_sha256 = part.model_sha256;
        whole.python = part.python;
        whole
            .completeness
            .resize_with(part.completeness.len(), Completeness::default);
        for (known, found) in whole.completeness.iter_mut().zip(part.completeness) {
            known.extend(found);
        }
        whole.timing.start += part.timing.start;
        whole.timing.load += part.timing.load;
        whole.timing.passes += part.timing.passes;
        if part.jobs.len() != plan.jobs.len() {
            return Err(wrong(format!("`{name}` is a part of another run")));
        }
        for (number, job) in part.jobs.into_iter().enumerate() {
            match whole.jobs.get_mut(number) {
                Some(known) => known.extend(job),
                None => whole.jobs.push(job),
            }
        }
    }
    let is_whole = plan.jobs.iter().zip(&whole.jobs).all(|(job, found)| {
        let mut tasks = job.tasks.iter();
        found.readings == job.readings
            && tasks.all(|task| found.num_backgrounds(task.variant) == task.count)
    });
    if !is_whole {
        return Err(wrong("the parts do not cover this run".to_string()));
    }
    whole.device = devices.join(", ");
    Ok(whole)
}

fn wrong(message: String) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::WrongParts, message))
}
