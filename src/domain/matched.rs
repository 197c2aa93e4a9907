//! Windows of a genome that are matched to given sequences in length and GC content.
//!
//! Invariant: which windows are drawn depends on the seed, the given sequences and the genome alone. Candidates are read in rounds, so memory
//! holds the windows that are kept and one round.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;

use super::contigs::Contig;
use super::fasta::{FastaOptions, FastaReader};
use super::genome::{ContigRange, Genome};
use super::random::{Purpose, below, stream};
use super::windows::{PlacedRange, Windows};
use super::{Exclusions, Order, Population, Reason, Sequence, SequenceSet, UNKNOWN, UnknownBases};
use gia_base::diag::{Code, Diagnostic, Outcome, count};

/// Candidates that are read at once: so many for each window that is missing still, within these bounds.
const CANDIDATES_PER_MISSING: usize = 4;
const CANDIDATES_PER_ROUND: Range<usize> = 256..8192;
/// Maximum number of candidates: so many for each window that is wanted, and at least as many as the second.
const MAX_CANDIDATES_PER_WINDOW: usize = 200;
const MIN_CANDIDATES: usize = 200_000;

/// What makes a window match a sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatchOptions {
    /// Largest difference in GC content, a fraction.
    pub gc: f64,
    /// Least distance in bp from every given window; 0 allows windows beside each other.
    pub away: u64,
    /// Number of windows for each sequence.
    pub per: usize,
    /// Addresses the draw.
    pub seed: u64,
}

/// Draws windows without unknown bases from a genome: for each sequence of a set as many as asked for, as long as it and of like GC content,
/// none of which overlaps another or lies near a window of the set. They are in the order of the sequences that they are matched to, on the
/// forward strand. Sequences for which none was found are among the excluded records.
///
/// # Errors
/// A genome that cannot be read or that is gzipped, sequences longer than every contig, and a set for which no window was found.
pub fn matched_windows(
    genome: &Path,
    like: &Arc<SequenceSet>,
    options: MatchOptions,
) -> Outcome<Windows> {
    let source = Genome::open(genome)?;
    if source.is_stream() {
        let message = format!(
            "`{}` is gzipped, so that windows at any place cannot be drawn from it",
            genome.display()
        );
        return Err(Diagnostic::error(Code::BadFasta, message)
            .help("unpack it, or make a 2bit file of it with `faToTwoBit`")
            .into());
    }
    let contigs = source.contigs(Vec::new)?;
    let length = like.length() as u64;
    let mut candidates = Candidates::new(contigs.all(), like, options);
    if candidates.total == 0 {
        let message = format!(
            "`{}` has no contig of {} bp",
            genome.display(),
            count(like.length())
        );
        return Err(Diagnostic::error(Code::DoesNotFit, message).into());
    }
    let reading = FastaReader {
        path: genome,
        alphabet: like.alphabet,
        options: FastaOptions {
            width: None,
            unknown: UnknownBases::Keep,
        },
    };
    let mut missing = Missing::new(like, options);
    let mut taken = Taken::new(like, options.away);
    let wanted = like.sequences.len() * options.per;
    let mut found: BTreeMap<usize, Sequence> = BTreeMap::new();
    let mut left = MIN_CANDIDATES.max(MAX_CANDIDATES_PER_WINDOW.saturating_mul(wanted));
    while !missing.is_empty() && left > 0 {
        let round = (CANDIDATES_PER_MISSING * missing.len())
            .clamp(CANDIDATES_PER_ROUND.start, CANDIDATES_PER_ROUND.end)
            .min(left);
        left -= round;
        let drawn = (0..round).map(|_| candidates.draw());
        let stretches: Vec<ContigRange> = drawn.filter(|drawn| taken.is_free(drawn)).collect();
        let letters = source.letters(&stretches)?;
        for (stretch, letters) in stretches.iter().zip(letters) {
            let ContigRange { contig, range } = stretch;
            let name = format!("{contig}:{}-{}", range.start, range.end);
            let placed = PlacedRange::inside(stretch.clone());
            let record = source.record(&reading, name, &placed, &letters)?;
            let gc = gc_content(&record.sequence.bases);
            // An earlier candidate of the round may have taken the place.
            if record.sequence.bases.contains(&UNKNOWN) || !taken.is_free(stretch) {
                continue;
            }
            if let Some(number) = missing.take(gc) {
                taken.add(contig, range.start, length);
                found.insert(number, record.sequence);
            }
        }
    }
    let excluded = missing.excluded(like, options.per);
    if found.is_empty() {
        let message = format!(
            "no window of `{}` matches the sequences of {} within {} of their GC content",
            genome.display(),
            like.title(),
            percent(options.gc)
        );
        return Err(Diagnostic::error(Code::NothingLeft, message)
            .help("a larger `gc` or a smaller `away` leaves more windows")
            .into());
    }
    let sequences: Vec<Sequence> = found.into_values().collect();
    let label = format!(
        "windows of {} matched to {} (mean GC {}, theirs {})",
        genome.display(),
        like.title(),
        percent(mean_gc(&sequences)),
        percent(mean_gc(&like.sequences))
    );
    Ok(Windows {
        set: SequenceSet {
            alphabet: like.alphabet,
            path: like.path.clone(),
            sha256: like.sha256.clone(),
            label: Some(label),
            sequences,
            excluded,
        },
        genome_stamp: source.stamp(),
        regions_sha256: like.sha256.clone(),
        layout_sha256: None,
        notices: Vec::new(),
    })
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The share of G and C among the known bases; 0 without any.
fn gc_content(bases: &[u8]) -> f64 {
    let known = bases.iter().filter(|&&base| base != UNKNOWN).count();
    let gc = bases.iter().filter(|base| matches!(base, 1 | 2)).count();
    gc as f64 / known.max(1) as f64
}

fn mean_gc(sequences: &[Sequence]) -> f64 {
    let all = sequences.iter().map(|one| gc_content(&one.bases));
    all.sum::<f64>() / sequences.len().max(1) as f64
}

/// Windows at uniformly random places.
struct Candidates<'a> {
    contigs: &'a [Contig],
    /// By contig: number of places on it and those before it.
    ends: Vec<u64>,
    total: u64,
    length: u64,
    generator: ChaCha8Rng,
}

impl<'a> Candidates<'a> {
    fn new(contigs: &'a [Contig], like: &Arc<SequenceSet>, options: MatchOptions) -> Self {
        let length = like.length() as u64;
        let mut total = 0;
        let ends = contigs.iter().map(|contig| {
            total += (contig.length + 1).saturating_sub(length);
            total
        });
        let ends: Vec<u64> = ends.collect();
        let population = Population::Sequences {
            set: Arc::clone(like),
            order: Order::File,
        };
        let identity = population.identity();
        Candidates {
            contigs,
            ends,
            total,
            length,
            generator: stream(Purpose::Match, options.seed, &[&identity], 0),
        }
    }

    fn draw(&mut self) -> ContigRange {
        let number = below(&mut self.generator, self.total);
        let index = self.ends.partition_point(|&end| end <= number);
        let before = match index {
            0 => 0,
            _ => self.ends[index - 1],
        };
        let start = number - before;
        ContigRange {
            contig: self.contigs[index].name.clone(),
            range: start..start + self.length,
        }
    }
}

/// Sequences that lack windows still.
struct Missing {
    /// The GC content as the bits of a number that is not negative, whose order is that of the numbers, and the number of the window: those
    /// of the first sequence come first.
    by_gc: BTreeSet<(u64, usize)>,
    tolerance: f64,
}

impl Missing {
    fn new(like: &SequenceSet, options: MatchOptions) -> Missing {
        let mut by_gc = BTreeSet::new();
        for (i, sequence) in like.sequences.iter().enumerate() {
            let gc = gc_content(&sequence.bases).to_bits();
            by_gc.extend((0..options.per).map(|copy| (gc, i * options.per + copy)));
        }
        Missing {
            by_gc,
            // Sums of fractions are not exact.
            tolerance: options.gc + 1e-9,
        }
    }

    fn is_empty(&self) -> bool {
        self.by_gc.is_empty()
    }

    fn len(&self) -> usize {
        self.by_gc.len()
    }

    /// Gives a window to the sequence that is nearest in GC content; None if none is near enough.
    fn take(&mut self, gc: f64) -> Option<usize> {
        let at = (gc.to_bits(), 0);
        let below = self.by_gc.range(..at).next_back();
        let above = self.by_gc.range(at..).next();
        let distance = |one: &(u64, usize)| (f64::from_bits(one.0) - gc).abs();
        let nearest = [below, above].into_iter().flatten();
        let nearest = *nearest.min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        if distance(&nearest) > self.tolerance {
            return None;
        }
        self.by_gc.remove(&nearest);
        Some(nearest.1)
    }

    fn excluded(self, like: &SequenceSet, per: usize) -> Exclusions {
        let mut numbers: Vec<usize> = self.by_gc.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let mut excluded = Exclusions::default();
        for number in numbers {
            excluded.add(Reason::NoMatch, || {
                let sequence = like.sequences.get(number / per);
                sequence.map_or(String::new(), |one| one.name.clone())
            });
        }
        excluded
    }
}

/// Places where no more windows may lie.
struct Taken {
    /// By contig: start and end of each range. Ranges of one contig may overlap.
    ranges: BTreeMap<String, BTreeMap<u64, u64>>,
    /// Length of the longest range.
    longest: u64,
}

impl Taken {
    fn new(like: &SequenceSet, away: u64) -> Taken {
        let mut taken = Taken {
            ranges: BTreeMap::new(),
            longest: 0,
        };
        for locus in like.sequences.iter().filter_map(|one| one.locus.as_deref()) {
            let start = locus.range.start.saturating_sub(away);
            taken.add(&locus.contig, start, locus.range.end + away - start);
        }
        taken
    }

    fn add(&mut self, contig: &str, start: u64, length: u64) {
        let ranges = self.ranges.entry(contig.to_string()).or_default();
        let end = ranges.entry(start).or_insert(0);
        *end = (*end).max(start + length);
        self.longest = self.longest.max(*end - start);
    }

    fn is_free(&self, window: &ContigRange) -> bool {
        let Some(ranges) = self.ranges.get(&window.contig) else {
            return true;
        };
        let near = window.range.start.saturating_sub(self.longest)..window.range.end;
        ranges
            .range(near)
            .all(|(_, &end)| end <= window.range.start)
    }
}
