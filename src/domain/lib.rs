//! Sequences, motifs, constructs, edits and null models, and the file formats of genomics.
//!
//! This crate does not depend on the language or on models. Every random draw is addressed by seed, identity of its source and index, so
//! it does not depend on the order of draws.

mod alphabet;
mod bed;
mod clusters;
mod columns;
mod composition;
mod construct;
mod contigs;
mod edit;
mod exclusions;
mod expected_occurrences;
mod fasta;
mod file;
mod fingerprint;
mod genome;
mod haplotype;
pub mod jaspar;
mod locus;
mod matched;
mod measured;
mod metropolis;
mod motif;
mod motif_file;
mod motif_lookup;
mod motif_names;
mod motif_similarity;
mod null;
mod population;
mod random;
mod record_counts;
mod record_filter;
mod sampler;
mod scan;
mod sequence;
mod shuffle;
mod single_window;
mod strand;
mod vcf;
mod windows;

pub use alphabet::{Alphabet, BaseSet, UNKNOWN, complement, reverse_complement};
pub use bed::{Center, RegionOptions, windows};
pub use clusters::Clusters;
pub use composition::Composition;
pub use construct::{Construct, Part, PartKind};
pub use edit::{Disruption, Draw, Edit, Editor, Keyed, Patch, Side, flanks, make_same_sequences};
pub use exclusions::{Excluded, Exclusions, Reason};
pub use expected_occurrences::{ExpectedCount, expected_occurrences};
pub use fasta::{FastaOptions, RecordLength, UnknownBases};
pub use fingerprint::fingerprint;
pub use haplotype::{Haplotype, HaplotypeQuery, PhasedWindows, hash_of_windows, sample_names};
pub use locus::{Locus, PastEnd, RecordKey};
pub use matched::{MatchOptions, matched_windows};
pub use measured::MeasuredColumn;
pub use metropolis::{MetropolisProposals, Proposal};
pub use motif::{Discovery, Motif, SUM_TOLERANCE};
pub use motif_file::{MotifFile, find_motif, motif_names};
pub use motif_names::make_distinct;
pub use motif_similarity::redundancy_clusters;
pub use null::{
    BaseProbabilities, Conditioned, ConditionedBackgrounds, Conditioning, Derived, IdentityHasher,
    NULL_CONSTRUCTORS, Null, NullArguments, NullConstructor, NullModel, NullRefusal, Origin,
    ParameterType, with_own_stream, without,
};
pub use population::{Order, Population};
pub use record_counts::RecordCounts;
pub use record_filter::BadRecords;
pub use sampler::Sampler;
pub use scan::{OCCURRENCE_P_VALUE, Occurrence, ScannedSequence, Scanner};
pub use sequence::{Sequence, SequenceSet, Variant, WrittenVariant, write_record};
pub use shuffle::{MAX_SHUFFLE_K, shuffle};
pub use single_window::{LocusOptions, locus_window};
pub use strand::Strand;
pub use vcf::{VariantOptions, WindowLayout, variants};
pub use windows::{PastContig, Windows};
