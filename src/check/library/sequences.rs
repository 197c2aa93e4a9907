//! Sets of real sequences.

use std::path::Path;
use std::sync::Arc;

use super::Native;
use super::arguments::{alphabet, blame, length, text, word};
use crate::check::Checker;
use crate::check::value::Value;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{
    Alphabet, Bad, Center, FastaOptions, Order, Population, RegionOptions, SequenceSet, Unknown,
    VariantOptions, Windows,
};
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

/// What becomes of records that give no window.
const BAD_WORDS: &[(&str, Bad)] = &[("stop", Bad::Stop), ("skip", Bad::Skip)];

/// What windows stand around.
const CENTER_WORDS: &[(&str, Center)] = &[("middle", Center::Middle), ("summit", Center::Summit)];

fn genome(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [genome, regions] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let alphabet = blame(checker, 4, alphabet(&values[4]))?;
    let center = blame(checker, 5, word(&values[5], "center", CENTER_WORDS))?;
    let bad = blame(checker, 6, word(&values[6], "bad", BAD_WORDS))?;
    let options = RegionOptions {
        width: blame(checker, 2, length(&values[2], "width"))?,
        center: center.unwrap_or_default(),
        unknown: unknown.unwrap_or_default(),
        bad: bad.unwrap_or_default(),
    };
    if options.center == Center::Summit && options.width.is_none() {
        let message = "a window around a summit needs a `width`";
        let help = "for example `width: 100bp`";
        let diagnostic = Diagnostic::error(Code::MissingArgument, message).help(help);
        return blame(checker, 5, Err(diagnostic.into()));
    }
    let (genome_path, regions_path) = (checker.resolve(genome), checker.resolve(regions));
    let key = format!(
        "{}\u{0}{}\u{0}{alphabet:?}\u{0}{options:?}",
        genome_path.display(),
        regions_path.display()
    );
    once(checker, key, |checker| {
        let windows = crate::domain::windows(&genome_path, &regions_path, alphabet, options);
        let files = Listed {
            list: (regions, 1),
            genome: (genome, 0),
        };
        files.settle(checker, [&regions_path, &genome_path], windows)
    })
}

fn vcf(checker: &mut Checker, values: &[Value]) -> Outcome<Value> {
    let [variants, genome] = [0, 1].map(|i| text(&values[i]).unwrap_or_default());
    let unknown = blame(checker, 3, word(&values[3], "unknown", UNKNOWN_WORDS))?;
    let bad = blame(checker, 4, word(&values[4], "bad", BAD_WORDS))?;
    let options = VariantOptions {
        width: blame(checker, 2, length(&values[2], "width"))?.unwrap_or(1),
        unknown: unknown.unwrap_or_default(),
        bad: bad.unwrap_or_default(),
    };
    let (variants_path, genome_path) = (checker.resolve(variants), checker.resolve(genome));
    let key = format!(
        "vcf\u{0}{}\u{0}{}\u{0}{options:?}",
        variants_path.display(),
        genome_path.display()
    );
    once(checker, key, |checker| {
        let windows = crate::domain::variants(&variants_path, &genome_path, Alphabet::Dna, options);
        let files = Listed {
            list: (variants, 0),
            genome: (genome, 1),
        };
        files.settle(checker, [&variants_path, &genome_path], windows)
    })
}

/// Two files, as the script names them, each with the number of its argument.
struct Listed<'a> {
    /// What lists the windows.
    list: (&'a str, usize),
    genome: (&'a str, usize),
}

impl Listed<'_> {
    /// Notes both files and what is odd about them, or lays an error at the one at fault.
    fn settle(
        self,
        checker: &mut Checker,
        paths: [&Path; 2],
        windows: Outcome<Windows>,
    ) -> Outcome<Arc<SequenceSet>> {
        let [list, genome] = paths;
        let culprit = match &windows {
            Err(diagnostic) if is_about(diagnostic, genome, list) => self.genome.1,
            _ => self.list.1,
        };
        let windows = blame(checker, culprit, windows)?;
        checker.note_file(self.list.0, &windows.regions_sha256);
        checker.note_data(DataFile::stamped(
            self.genome.0,
            genome,
            windows.genome_stamp,
        ));
        for notice in windows.notices {
            checker.notices.push((self.list.1, notice));
        }
        Ok(Arc::new(windows.set))
    }
}

/// Whether a message is about one file and not about another that it may name further on.
fn is_about(diagnostic: &Diagnostic, file: &Path, other: &Path) -> bool {
    let named = |path: &Path| diagnostic.message.find(&format!("`{}", path.display()));
    match (named(file), named(other)) {
        (Some(file), Some(other)) => file < other,
        (Some(_), None) => true,
        (None, _) => false,
    }
}
