//! Tracks that an experiment measures: curves of means along an output, with their bands.

use serde::{Deserialize, Serialize};

use super::{GridPoint, SharedStr, finite};

/// A track at one grid point: its mean at each place, under each arm and in each contrast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredTrack {
    /// The grid point.
    pub at: GridPoint,
    /// Name of the track, or its source text.
    pub outcome: SharedStr,
    /// Scale of its numbers as the model's declaration states it; none if it states none.
    pub unit: Option<SharedStr>,
    /// Where its numbers lie: the middles of bins in `place_unit`, or their numbers.
    pub places: Vec<i64>,
    /// `bp` for positions in the sequence; none for numbers of bins.
    pub place_unit: Option<String>,
    /// Number of backgrounds.
    pub n: usize,
    /// Number of independent sources of the backgrounds; none if the backgrounds are independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<usize>,
    /// Confidence level of the bands, for example 0.95.
    #[serde(serialize_with = "finite::number")]
    pub level: f64,
    /// The level of each arm.
    pub arms: Vec<TrackCurve>,
    /// Each contrast.
    pub contrasts: Vec<TrackCurve>,
}

/// The mean over backgrounds at each place of a track, with a simultaneous confidence band.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackCurve {
    /// Name of the arm or of the contrast.
    pub name: SharedStr,
    /// Mean at each place.
    #[serde(serialize_with = "finite::numbers")]
    pub mean: Vec<f64>,
    /// Sample standard deviation between backgrounds at each place (n - 1); none for n = 1.
    #[serde(serialize_with = "finite::optionals")]
    pub sd: Vec<Option<f64>>,
    /// Lower end of the band at each place; none where backgrounds do not differ, and without replication.
    #[serde(serialize_with = "finite::optionals")]
    pub low: Vec<Option<f64>>,
    /// Upper end of the band at each place.
    #[serde(serialize_with = "finite::optionals")]
    pub high: Vec<Option<f64>>,
    /// How the band was made, or why there is none.
    pub method: SharedStr,
    /// The mean at each place under each member of the ensemble that is measured; empty of one network.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberCurve>,
}

/// The mean over backgrounds at each place of a track, under one member of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberCurve {
    /// Name of the member.
    pub model: SharedStr,
    /// Mean at each place.
    #[serde(serialize_with = "finite::numbers")]
    pub mean: Vec<f64>,
}
