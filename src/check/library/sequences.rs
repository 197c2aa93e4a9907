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
use crate::value::{Position, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::DataFile;
use gia_domain::{
    Alphabet, BadRecords, Center, FastaOptions, LocusOptions, Order, PastContig, Population,
    RegionOptions, SequenceSet, Strand, UnknownBases, VariantOptions, WindowLayout, Windows,
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
        anchor: Position,
        center: Rc<str>,
        bad: Rc<str>,
        past: Rc<str>,
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
        past: Rc<str>,
    }
}

parameters! {
    struct Vcf {
        path: Rc<str>,
        genome: Rc<str>,
        width: Length,
        unknown: Rc<str>,
        bad: Rc<str>,
        anchor: Position,
        anchors: Rc<str>,
        strand: Rc<str>,
        past: Rc<str>,
    }
}

/// Keywords of the argument `unknown`: treatment of sequences with N.
const UNKNOWN_BASE_KEYWORDS: &[(&str, UnknownBases)] = &[
    ("refuse", UnknownBases::Refuse),
    ("drop", UnknownBases::Drop),
    ("keep", UnknownBases::Keep),
];

/// Keywords of the argument `past`: treatment of windows that reach past an end of their contig.
const PAST_KEYWORDS: &[(&str, PastContig)] =
    &[("refuse", PastContig::Refuse), ("N", PastContig::Fill)];

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
pub(super) fn cached_set(
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
pub(super) const BAD_RECORD_KEYWORDS: &[(&str, BadRecords)] =
    &[("stop", BadRecords::Refuse), ("skip", BadRecords::Skip)];

/// Keywords of the argument `center`: the base of a region that stands at the anchor of its window.
const CENTER_KEYWORDS: &[(&str, Center)] = &[
    ("middle", Center::Middle),
    ("summit", Center::Summit),
    ("start", Center::Start),
    ("end", Center::End),
];

impl Argument<Position> {
    /// The position in windows of `width` bases, from 0; None for `none`. It is one of theirs.
    fn in_window(&self, width: usize) -> NativeResult<Option<usize>> {
        let Some(position) = self.get() else {
            return Ok(None);
        };
        let at = position.start_of(0, width as i64);
        match usize::try_from(at) {
            Ok(at) if at < width => Ok(Some(at)),
            _ => self.refuse(
                Code::OutOfRange,
                format!("the anchor is position {at}, which windows of {width} bp do not have"),
            ),
        }
    }
}

fn genome(checker: &mut Checker, given: Genome) -> NativeResult<Value> {
    let unknown = given.unknown.keyword(UNKNOWN_BASE_KEYWORDS)?;
    let alphabet = given.alphabet.alphabet()?;
    let center = given.center.keyword(CENTER_KEYWORDS)?;
    let bad = given.bad.keyword(BAD_RECORD_KEYWORDS)?;
    let past = given.past.keyword(PAST_KEYWORDS)?;
    let width = given.width.length()?;
    let options = RegionOptions {
        width,
        center: center.unwrap_or_default(),
        anchor: match width {
            Some(width) => given.anchor.in_window(width)?,
            None => None,
        },
        past: past.unwrap_or_default(),
        unknown: unknown.unwrap_or_default(),
        bad: bad.unwrap_or_default(),
    };
    if width.is_none() {
        let needs_width = |what: &str| {
            let message = format!("{what} needs a `width`");
            Diagnostic::error(Code::MissingArgument, message).help("for example `width: 100bp`")
        };
        let what = match options.center {
            Center::Middle => None,
            Center::Summit => Some("a window around a summit"),
            Center::Start => Some("a window laid by the start of a region"),
            Center::End => Some("a window laid by the end of a region"),
        };
        if let Some(what) = what {
            return given.center.label_error(Err(needs_width(what).into()));
        }
        if given.anchor.location().argument.is_some() {
            let diagnostic = needs_width("a window with an anchor");
            return given.anchor.label_error(Err(diagnostic.into()));
        }
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
            list: (&given.regions, &regions_path),
            genome: (&given.path, &genome_path),
            layout: None,
        };
        files.record(checker, windows)
    })
}

/// Keywords of the argument `strand`.
const STRAND_KEYWORDS: &[(&str, Strand)] = &[("+", Strand::Forward), ("-", Strand::Reverse)];

fn locus(checker: &mut Checker, given: Locus) -> NativeResult<Value> {
    let alphabet = given.alphabet.alphabet()?;
    let unknown = given.unknown.keyword(&UNKNOWN_BASE_KEYWORDS_OF_ONE)?;
    let strand = given.strand.keyword(STRAND_KEYWORDS)?;
    let past = given.past.keyword(PAST_KEYWORDS)?;
    let options = LocusOptions {
        width: given.width.length()?,
        strand: strand.unwrap_or(Strand::Forward),
        past: past.unwrap_or_default(),
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
    let past = given.past.keyword(PAST_KEYWORDS)?;
    let width = given.width.required_length()?;
    if given.anchors.get().is_some() && given.strand.location().argument.is_some() {
        return given.strand.refuse(
            Code::UnknownArgument,
            "windows that are laid by regions are read on their strand, so `strand` has no use beside `anchors`",
        );
    }
    // The file that windows are laid by, or that tells their strand.
    let regions = match given.strand.text() {
        _ if given.anchors.get().is_some() => Some(&given.anchors),
        "+" | "-" | "" => None,
        _ => Some(&given.strand),
    };
    let regions = regions.map(|file| (file, checker.files.resolve(file.text())));
    let layout = match (&regions, given.strand.text()) {
        (Some((_, path)), _) if given.anchors.get().is_some() => WindowLayout::Regions(path),
        (Some((_, path)), _) => WindowLayout::VariantOnStrandOf(path),
        (None, "-") => WindowLayout::Variant(Strand::Reverse),
        (None, _) => WindowLayout::Variant(Strand::Forward),
    };
    let anchor = given.anchor.in_window(width)?;
    let options = VariantOptions {
        width,
        anchor: anchor.filter(|at| *at != width / 2),
        layout,
        past: past.unwrap_or_default(),
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
            list: (&given.path, &variants_path),
            genome: (&given.genome, &genome_path),
            layout: regions.as_ref().map(|(file, path)| (*file, path.as_path())),
        };
        files.record(checker, windows)
    })
}

/// A file as the script names it, and its path.
type NamedFile<'a> = (&'a Argument<Rc<str>>, &'a Path);

/// The files that windows are read from.
struct WindowFiles<'a> {
    /// The file that lists the windows.
    list: NamedFile<'a>,
    genome: NamedFile<'a>,
    /// The regions that windows around variants are laid by or take their strand from.
    layout: Option<NamedFile<'a>>,
}

impl WindowFiles<'_> {
    /// Records the files and the warnings about them, or lays an error at the file at fault.
    fn record(
        self,
        checker: &mut Checker,
        windows: Outcome<Windows>,
    ) -> NativeResult<Arc<SequenceSet>> {
        let culprit = match &windows {
            Err(diagnostic) => self.named_first(diagnostic),
            Ok(_) => self.list.0,
        };
        let windows = culprit.label_error(windows)?;
        let (list, _) = self.list;
        checker
            .files
            .record_hash(list.text(), &windows.regions_sha256);
        if let (Some((layout, _)), Some(sha256)) = (self.layout, &windows.layout_sha256) {
            checker.files.record_hash(layout.text(), sha256);
        }
        let (genome, path) = self.genome;
        checker
            .files
            .record(DataFile::stamped(genome.text(), path, windows.genome_stamp));
        for notice in windows.notices {
            checker.sink.push(list.location().warn(notice));
        }
        Ok(Arc::new(windows.set))
    }

    /// The file that a message is about: the first of those that it names, or the list if it names none.
    fn named_first(&self, diagnostic: &Diagnostic) -> &Argument<Rc<str>> {
        let files = [Some(self.list), Some(self.genome), self.layout];
        let named = files.into_iter().flatten().filter_map(|(file, path)| {
            let at = diagnostic.message.find(&format!("`{}", path.display()))?;
            Some((at, file))
        });
        let first = named.min_by_key(|(at, _)| *at);
        first.map_or(self.list.0, |(_, file)| file)
    }
}
