//! Sets of real sequences.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::arguments::Argument;
use super::native::{Native, native};
use super::parameter_types::Length;
use super::parameters::parameters;
use crate::Checker;
use crate::native_function::NativeResult;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::DataFile;
use gia_domain::{
    Alphabet, BadRecords, Center, FastaOptions, LocusOptions, Order, Population, RegionOptions,
    SequenceSet, Strand, UnknownBases, VariantOptions, Windows,
};

pub(super) const NATIVES: &[Native] = &[
    native!("fasta", Fasta, fasta),
    native!("genome", Genome, genome),
    native!("locus", Locus, locus),
    native!("vcf", Vcf, vcf),
];

parameters! {
    struct Fasta {
        path: Rc<str>,
        width: Length,
        unknown: Rc<str>,
        alphabet: Rc<str>,
    }
}

parameters! {
    struct Genome {
        path: Rc<str>,
        regions: Rc<str>,
        width: Length,
        unknown: Rc<str>,
        alphabet: Rc<str>,
        center: Rc<str>,
        bad: Rc<str>,
    }
}

parameters! {
    struct Locus {
        region: Rc<str>,
        genome: Rc<str>,
        width: Length,
        strand: Rc<str>,
        unknown: Rc<str>,
        alphabet: Rc<str>,
    }
}

parameters! {
    struct Vcf {
        path: Rc<str>,
        genome: Rc<str>,
        width: Length,
        unknown: Rc<str>,
        bad: Rc<str>,
    }
}

/// Keywords of the argument `unknown`: treatment of sequences with N.
const UNKNOWN_BASE_KEYWORDS: &[(&str, UnknownBases)] = &[
    ("refuse", UnknownBases::Refuse),
    ("drop", UnknownBases::Drop),
    ("keep", UnknownBases::Keep),
];

/// Those for a single sequence, which cannot be left out.
const UNKNOWN_BASE_KEYWORDS_OF_ONE: [(&str, UnknownBases); 2] = [
    ("refuse", UnknownBases::Refuse),
    ("keep", UnknownBases::Keep),
];

fn fasta(checker: &mut Checker, given: Fasta) -> NativeResult<Value> {
    let unknown = given.unknown.keyword(UNKNOWN_BASE_KEYWORDS)?;
    let alphabet = given.alphabet.alphabet()?;
    let options = FastaOptions {
        width: given.width.length()?,
        unknown: unknown.unwrap_or(UnknownBases::Refuse),
    };
    let full = checker.files.resolve(given.path.text());
    let key = format!("{}\u{0}{alphabet:?}\u{0}{options:?}", full.display());
    cached_set(checker, key, |checker| {
        let set = SequenceSet::shared_fasta(&full, alphabet, options);
        let set = given.path.label_error(set)?;
        checker.files.record_hash(given.path.text(), &set.sha256);
        Ok(set)
    })
}

/// The set that is known by a key, read when it is first asked for.
fn cached_set(
    checker: &mut Checker,
    key: String,
    read: impl FnOnce(&mut Checker) -> NativeResult<Arc<SequenceSet>>,
) -> NativeResult<Value> {
    let set = match checker.files.sequences.get(&key) {
        Some(set) => set.clone(),
        None => {
            let set = read(checker)?;
            checker.files.sequences.insert(key, set.clone());
            set
        }
    };
    let order = Order::File;
    Ok(Value::Population(Arc::new(Population::Sequences {
        set,
        order,
    })))
}

/// Keywords of the argument `bad`: treatment of records that give no window.
const BAD_RECORD_KEYWORDS: &[(&str, BadRecords)] =
    &[("stop", BadRecords::Refuse), ("skip", BadRecords::Skip)];

/// Keywords of the argument `center`: the position that windows are centred on.
const CENTER_KEYWORDS: &[(&str, Center)] =
    &[("middle", Center::Middle), ("summit", Center::Summit)];

fn genome(checker: &mut Checker, given: Genome) -> NativeResult<Value> {
    let unknown = given.unknown.keyword(UNKNOWN_BASE_KEYWORDS)?;
    let alphabet = given.alphabet.alphabet()?;
    let center = given.center.keyword(CENTER_KEYWORDS)?;
    let bad = given.bad.keyword(BAD_RECORD_KEYWORDS)?;
    let options = RegionOptions {
        width: given.width.length()?,
        center: center.unwrap_or_default(),
        unknown: unknown.unwrap_or_default(),
        bad: bad.unwrap_or_default(),
    };
    if options.center == Center::Summit && options.width.is_none() {
        let message = "a window around a summit needs a `width`";
        let help = "for example `width: 100bp`";
        let diagnostic = Diagnostic::error(Code::MissingArgument, message).help(help);
        return given.center.label_error(Err(diagnostic.into()));
    }
    let genome_path = checker.files.resolve(given.path.text());
    let regions_path = checker.files.resolve(given.regions.text());
    let key = format!(
        "{}\u{0}{}\u{0}{alphabet:?}\u{0}{options:?}",
        genome_path.display(),
        regions_path.display()
    );
    cached_set(checker, key, |checker| {
        let windows = gia_domain::windows(&genome_path, &regions_path, alphabet, options);
        let files = WindowFiles {
            list: &given.regions,
            genome: &given.path,
        };
        files.record(checker, [&regions_path, &genome_path], windows)
    })
}

/// Keywords of the argument `strand`.
const STRAND_KEYWORDS: &[(&str, Strand)] = &[("+", Strand::Forward), ("-", Strand::Reverse)];

fn locus(checker: &mut Checker, given: Locus) -> NativeResult<Value> {
    let alphabet = given.alphabet.alphabet()?;
    let unknown = given.unknown.keyword(&UNKNOWN_BASE_KEYWORDS_OF_ONE)?;
    let strand = given.strand.keyword(STRAND_KEYWORDS)?;
    let options = LocusOptions {
        width: given.width.length()?,
        strand: strand.unwrap_or(Strand::Forward),
        unknown: unknown.unwrap_or_default(),
    };
    let genome_path = checker.files.resolve(given.genome.text());
    let region = given.region.text();
    let key = format!(
        "locus\u{0}{region}\u{0}{}\u{0}{alphabet:?}\u{0}{options:?}",
        genome_path.display(),
    );
    cached_set(checker, key, |checker| {
        let windows = gia_domain::locus_window(&genome_path, region, alphabet, options);
        let culprit = match &windows {
            Err(diagnostic) if diagnostic.code == Code::BadLocus => &given.region,
            _ => &given.genome,
        };
        let windows = culprit.label_error(windows)?;
        checker.files.record(DataFile::stamped(
            given.genome.text(),
            &genome_path,
            windows.genome_stamp,
        ));
        Ok(Arc::new(windows.set))
    })
}

fn vcf(checker: &mut Checker, given: Vcf) -> NativeResult<Value> {
    let unknown = given.unknown.keyword(UNKNOWN_BASE_KEYWORDS)?;
    let bad = given.bad.keyword(BAD_RECORD_KEYWORDS)?;
    let options = VariantOptions {
        width: given.width.length()?.unwrap_or(1),
        unknown: unknown.unwrap_or_default(),
        bad: bad.unwrap_or_default(),
    };
    let variants_path = checker.files.resolve(given.path.text());
    let genome_path = checker.files.resolve(given.genome.text());
    let key = format!(
        "vcf\u{0}{}\u{0}{}\u{0}{options:?}",
        variants_path.display(),
        genome_path.display()
    );
    cached_set(checker, key, |checker| {
        let windows = gia_domain::variants(&variants_path, &genome_path, Alphabet::Dna, options);
        let files = WindowFiles {
            list: &given.path,
            genome: &given.genome,
        };
        files.record(checker, [&variants_path, &genome_path], windows)
    })
}

/// The two files that windows are read from, as the script names them.
struct WindowFiles<'a> {
    /// The file that lists the windows.
    list: &'a Argument<Rc<str>>,
    genome: &'a Argument<Rc<str>>,
}

impl WindowFiles<'_> {
    /// Records both files and the warnings about them, or lays an error at the file at fault.
    fn record(
        self,
        checker: &mut Checker,
        paths: [&Path; 2],
        windows: Outcome<Windows>,
    ) -> NativeResult<Arc<SequenceSet>> {
        let [list, genome] = paths;
        let culprit = match &windows {
            Err(diagnostic) if is_about(diagnostic, genome, list) => self.genome,
            _ => self.list,
        };
        let windows = culprit.label_error(windows)?;
        checker
            .files
            .record_hash(self.list.text(), &windows.regions_sha256);
        checker.files.record(DataFile::stamped(
            self.genome.text(),
            genome,
            windows.genome_stamp,
        ));
        for notice in windows.notices {
            checker.sink.push(self.list.location().warn(notice));
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
