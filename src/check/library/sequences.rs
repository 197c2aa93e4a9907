//! Sets of real sequences.

use std::sync::Arc;

use super::Native;
use super::arguments::{alphabet, blame, length, text, word};
use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Diagnostic, Outcome};
use crate::domain::{Alphabet, FastaOptions, Order, Population, SequenceSet, Unknown};
use crate::file::DataFile;

pub(super) const NATIVES: &[(&str, Native)] = &[("fasta", fasta), ("genome", genome), ("vcf", vcf)];

/// What becomes of sequences with N.
const UNKNOWN_WORDS: &[(&str, Unknown)] = &[
    ("refuse", Unknown::Refuse),
    ("drop", Unknown::Drop),
    ("keep", Unknown::Keep),
];

fn fasta(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let path = text(&values[0]).unwrap_or_default();
    let unknown =
        blame(checker, 2, word(&values[2], "unknown", UNKNOWN_WORDS))?.unwrap_or(Unknown::Refuse);
    let alphabet = blame(checker, 3, alphabet(&values[3]))?;
    let options = FastaOptions {
        width: blame(checker, 1, length(&values[1], "width"))?,
        unknown,
    };
    let full = checker.resolve(path);
    let key = format!("{}\u{0}{alphabet:?}\u{0}{options:?}", full.display());
    once(checker, key, |checker| {
        let set = SequenceSet::shared_fasta(&full, alphabet, options);
        let set = blame(checker, 0, set)?;
        checker.note_file(path, &set.sha256);
        Ok(set)
    })
}

/// The set that is known by a key, read when it is first asked for.
fn once(
    checker: &mut Checker,
    key: String,
    read: impl FnOnce(&mut Checker) -> Outcome<Arc<SequenceSet>>,
) -> Outcome<Value> {
    let set = match checker.sequence_files.get(&key) {
        Some(set) => set.clone(),
        None => {
            let set = read(checker)?;
            checker.sequence_files.insert(key, set.clone());
            set
        }
    };
    let order = Order::File;
    Ok(Value::Population(Arc::new(Population::Sequences {
        set,
        order,
    })))
}

fn genome(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [genome, regions] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let alphabet = blame(checker, 4, alphabet(&values[4]))?;
    let options = FastaOptions {
        width: blame(checker, 2, length(&values[2], "width"))?,
        unknown: unknown.unwrap_or(Unknown::Refuse),
    };
    let (genome_path, regions_path) = (checker.resolve(genome), checker.resolve(regions));
    let key = format!(
        "{}\u{0}{}\u{0}{alphabet:?}\u{0}{options:?}",
        genome_path.display(),
        regions_path.display()
    );
    once(checker, key, |checker| {
        let windows = crate::domain::windows(&genome_path, &regions_path, alphabet, options);
        let of_genome = |diagnostic: &Diagnostic| {
            diagnostic
                .message
                .contains(&format!("`{}`", genome_path.display()))
        };
        let culprit = match &windows {
            Err(diagnostic) if !of_genome(diagnostic) => 1,
            _ => 0,
        };
        let windows = blame(checker, culprit, windows)?;
        checker.note_data(DataFile::stamped(
            genome,
            &genome_path,
            windows.genome_stamp,
        ));
        checker.note_file(regions, &windows.regions_sha256);
        Ok(Arc::new(windows.set))
    })
}

fn vcf(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [variants, genome] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let width = blame(checker, 2, length(&values[2], "width"))?.unwrap_or(1);
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let unknown = unknown.unwrap_or(Unknown::Refuse);
    let (variants_path, genome_path) = (checker.resolve(variants), checker.resolve(genome));
    let key = format!(
        "vcf\u{0}{}\u{0}{}\u{0}{width}\u{0}{unknown:?}",
        variants_path.display(),
        genome_path.display()
    );
    once(checker, key, |checker| {
        let windows =
            crate::domain::variants(&variants_path, &genome_path, width, Alphabet::Dna, unknown);
        let culprit = match &windows {
            Err(diagnostic) if names_first(diagnostic, &genome_path) => 1,
            _ => 0,
        };
        let windows = blame(checker, culprit, windows)?;
        checker.note_file(variants, &windows.regions_sha256);
        checker.note_data(DataFile::stamped(
            genome,
            &genome_path,
            windows.genome_stamp,
        ));
        Ok(Arc::new(windows.set))
    })
}

/// Whether the first file that a message names is this one: it is the file at fault.
fn names_first(diagnostic: &Diagnostic, path: &std::path::Path) -> bool {
    let first = diagnostic.message.split('`').nth(1);
    first == Some(&path.display().to_string())
}
