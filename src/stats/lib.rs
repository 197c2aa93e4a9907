//! Estimates, intervals, tests, families of tests and claims: from model outputs to the numbers of a study.
//!
//! Invariant: every number depends on the values alone, never on threads or on the order in which grid points are computed.
//! This crate knows nothing of files or reports.

mod analyse;
mod attribution_map;
mod claim;
mod claim_family;
mod cluster_robust;
mod combined_claim;
mod compare;
mod confidence_sequence;
mod contrast_evaluator;
pub mod curve_summary;
mod delta_method;
mod drivers;
mod each;
pub mod ensemble;
mod estimate;
pub mod evaluate;
mod formula_vm;
mod grid_point;
mod hall;
mod haplotypes;
mod influence_map;
mod measured_tracks;
mod moments;
mod multiple_testing;
mod mutation_map;
mod null_diagnosis;
mod number_format;
mod outputs;
mod paired;
pub mod pooled_nulls;
pub mod power;
pub mod ranks;
pub mod regression;
mod resampling_units;
mod rng;
mod rounding;
mod sample_summary;
mod sequential;
mod series;
mod shown_rows;
mod simultaneous;
mod simultaneous_method;
mod skew_warning;
mod stopping_record;
pub mod student;
pub mod summaries;
pub mod two_sample;
mod validity;
mod values;
mod weighted_means;

pub use analyse::{analyse, analyse_each};
pub use attribution_map::attribution_maps;
pub use claim::{ClaimAssertion, Judgement, ThresholdedEstimate, judge};
pub use claim_family::{claim_family, claim_family_of_plan, judge_family};
pub use cluster_robust::{ClusterDesign, ClusteredError, clustered_error};
pub use combined_claim::judge_combined_claims;
pub use compare::{
    EquivalenceMargin, changed_verdicts, compare_studies, compare_studies_by_background,
};
pub use confidence_sequence::ConfidenceSequence;
pub use delta_method::FormulaOfMeans;
pub use estimate::{Estimate, EstimateMethod};
pub use grid_point::grid_point_at;
pub use hall::Hall;
pub use influence_map::influence_maps;
pub use moments::Moments;
pub use multiple_testing::adjust_p_values;
pub use paired::{KeptValues, PairedEstimate, Unpaired};
pub use resampling_units::unit_totals;
pub use sample_summary::SampleSummary;
pub use sequential::{InterimAnalysis, interim_analysis};
pub use shown_rows::select_shown_rows;
pub use simultaneous::{SimultaneousCritical, simultaneous_critical};
pub use simultaneous_method::{SimultaneousMethod, fixed_sample_method};
pub use skew_warning::{DecidedByFew, decided_by_few, may_be_decided_by_few};
pub use values::visit_values;
pub use weighted_means::{WeightedMeans, WeightedSample, weighted_means};
