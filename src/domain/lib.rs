//! Sequences, motifs, constructs, edits and null models: a plain library of the field.
//!
//! Nothing here knows the language, a model or a tensor. Everything random is addressed by
//! (seed, what is drawn, index) and so never depends on the order in which it is asked for.

mod alphabet;
mod bed;
mod chance;
mod columns;
mod composition;
mod construct;
mod contigs;
mod edit;
mod exclusions;
mod fasta;
mod file;
mod genome;
mod intake;
pub mod jaspar;
mod lookup;
mod measured;
mod motif;
mod motif_file;
mod null;
mod population;
mod random;
mod sampler;
mod scan;
mod sequence;
mod shuffle;
mod sieve;
mod steps;
mod strand;
mod vcf;
mod windows;

pub use alphabet::{Alphabet, BaseSet, UNKNOWN, complement, reverse_complement};
pub use bed::{Center, RegionOptions, windows};
pub use chance::{Expected, expected_occurrences};
pub use composition::Composition;
pub use construct::{Construct, Part, Piece};
pub use edit::{Disruption, Draw, Edit, Editor, Keyed, Patch, Side};
pub use exclusions::{Excluded, Exclusions, Reason};
pub use fasta::{FastaOptions, Unknown};
pub use intake::Intake;
pub use measured::MeasuredColumn;
pub use motif::{Motif, SUM_TOLERANCE};
pub use motif_file::{MotifFile, find_motif, motif_names};
pub use null::{
    BaseProbabilities, Conditioned, Conditioning, Derived, IdentityHasher, Made, NULL_CONSTRUCTORS,
    Null, NullArguments, NullConstructor, NullModel, NullRefusal, Origin, ParameterType, without,
};
pub use population::{Order, Population};
pub use sampler::Sampler;
pub use scan::{Occurrence, P_VALUE, Scanner, Searched};
pub use sequence::{Sequence, SequenceSet, Variant, write_record};
pub use shuffle::{LONGEST_KMER, shuffle};
pub use sieve::Bad;
pub use steps::{Proposal, Steps};
pub use strand::Strand;
pub use vcf::{VariantOptions, variants};
pub use windows::Windows;
