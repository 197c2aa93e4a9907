//! Patterns of TF-MoDISco in the HDF5 files of tfmodisco-lite (<https://github.com/jmschrei/tfmodisco-lite>): groups `pos_patterns` and
//! `neg_patterns` with groups `pattern_0`, `pattern_1`, ... of `sequence` (the PFM), `contrib_scores` (the CWM), both positions x 4, and
//! `seqlets/n_seqlets`. Subpatterns are skipped.
//!
//! Invariant: nothing of a file is followed outside of it, and a damaged file gives a diagnosis.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hdf5_reader::error::Error;
use hdf5_reader::group::Group;
use hdf5_reader::{Dataset, Hdf5File, OpenOptions};

use super::SourceFile;
use crate::motif::Discovery;
use crate::{Alphabet, Motif};
use gia_base::diag::{Code, Outcome};

/// The first bytes of an HDF5 file.
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1a\n";
/// The groups of patterns, in the order of the list.
const SIGNS: [&str; 2] = ["pos_patterns", "neg_patterns"];
/// Maximum size in bytes of one array that is read: a pattern of 500,000 positions.
const MAX_ARRAY_BYTES: usize = 16 << 20;

pub(super) fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// All patterns of a file with their whole width, named `pos_patterns.pattern_0`: positive ones first, each by its number.
pub(super) fn parse(bytes: Vec<u8>, origin: &SourceFile) -> Outcome<Vec<Motif>> {
    // The decoder promises to refuse what is damaged; should it panic on a file, the script still gets a diagnosis.
    let read = catch_unwind(AssertUnwindSafe(|| read(bytes)));
    match read {
        Ok(Ok(motifs)) => Ok(motifs),
        Ok(Err(Fault::Foreign)) => {
            let what =
                "is HDF5 without the groups `pos_patterns` and `neg_patterns` of tfmodisco-lite";
            let help = "`modisco motifs` writes them; `modisco convert` converts a file of the older tfmodisco";
            Err(origin.about(Code::BadMotifFile, what).help(help).into())
        }
        Ok(Err(Fault::Pattern(what))) => Err(origin.whole(&what)),
        Ok(Err(Fault::Damaged(error))) => Err(origin.whole(&format!("cannot be read: {error}"))),
        Err(_) => Err(origin.whole("is damaged")),
    }
}

enum Fault {
    /// Another kind of HDF5 file.
    Foreign,
    /// A pattern that lacks something.
    Pattern(String),
    Damaged(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Damaged(error)
    }
}

fn read(bytes: Vec<u8>) -> Result<Vec<Motif>, Fault> {
    let options = OpenOptions::default()
        .with_max_read_bytes(MAX_ARRAY_BYTES)
        .with_max_chunk_bytes(MAX_ARRAY_BYTES);
    let file = Hdf5File::from_vec_with_options(bytes, options)?;
    let root = file.root_group()?;
    let (groups, _) = root.member_names()?;
    let signs = SIGNS
        .into_iter()
        .filter(|sign| groups.iter().any(|group| group == sign));
    let mut motifs = Vec::new();
    let mut is_foreign = true;
    for sign in signs {
        is_foreign = false;
        let group = root.group(sign)?;
        let (names, _) = group.member_names()?;
        let number = |name: &String| name.strip_prefix("pattern_")?.parse::<u64>().ok();
        let mut numbers: Vec<u64> = names.iter().filter_map(number).collect();
        numbers.sort_unstable();
        for number in numbers {
            let pattern = group.group(&format!("pattern_{number}"))?;
            motifs.push(motif(format!("{sign}.pattern_{number}"), &pattern)?);
        }
    }
    match is_foreign {
        true => Err(Fault::Foreign),
        false => Ok(motifs),
    }
}

fn motif(name: String, pattern: &Group) -> Result<Motif, Fault> {
    let (groups, datasets) = pattern.member_names()?;
    let columns_of = |what: &str| -> Result<Vec<[f64; 4]>, Fault> {
        if !datasets.iter().any(|dataset| dataset == what) {
            return Err(Fault::Pattern(format!(
                "has no `{what}` of the pattern `{name}`"
            )));
        }
        columns(&pattern.dataset(what)?).map_err(|fault| match fault {
            Fault::Pattern(fault) => Fault::Pattern(format!(
                "has a bad `{what}` of the pattern `{name}`: {fault}"
            )),
            other => other,
        })
    };
    let mut sequence = columns_of("sequence")?;
    let contributions = columns_of("contrib_scores")?;
    if sequence.len() != contributions.len() {
        return Err(Fault::Pattern(format!(
            "has a pattern `{name}` with {} positions and contributions of {}",
            sequence.len(),
            contributions.len()
        )));
    }
    // Where no seqlet has a base, none is more probable than another.
    for column in &mut sequence {
        if column.iter().all(|share| *share == 0.0) {
            *column = [0.25; 4];
        }
    }
    let seqlets = match groups.iter().any(|group| group == "seqlets") {
        true => {
            let seqlets = pattern.group("seqlets")?;
            let count = seqlets.dataset("n_seqlets")?.read_array::<i64>()?;
            count.first().and_then(|count| u64::try_from(*count).ok())
        }
        false => None,
    };
    let motif = Motif::from_counts(name, None, Alphabet::Dna, sequence)
        .map_err(|fault| Fault::Pattern(format!("has a bad pattern: {}", fault.message)))?;
    Ok(Motif {
        discovery: Some(Arc::new(Discovery {
            contributions,
            seqlets,
        })),
        ..motif
    })
}

/// An array of positions x 4 of float64 or float32.
fn columns(dataset: &Dataset) -> Result<Vec<[f64; 4]>, Fault> {
    let (&[positions, 4], true) = (dataset.shape(), dataset.ndim() == 2) else {
        let shape = dataset.shape().iter().map(u64::to_string);
        let shape = shape.collect::<Vec<_>>().join(" x ");
        return Err(Fault::Pattern(format!(
            "its shape is {shape}, not positions x 4"
        )));
    };
    let values: Vec<f64> = match dataset.read_array::<f64>() {
        Ok(values) => values.iter().copied().collect(),
        Err(_) => {
            let values = dataset.read_array::<f32>()?;
            values.iter().map(|value| f64::from(*value)).collect()
        }
    };
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Fault::Pattern("a value is not finite".to_owned()));
    }
    let columns: Vec<[f64; 4]> = values
        .chunks_exact(4)
        .map(|column| [column[0], column[1], column[2], column[3]])
        .collect();
    match columns.len() as u64 == positions {
        true => Ok(columns),
        false => Err(Fault::Pattern("it is cut off".to_owned())),
    }
}
