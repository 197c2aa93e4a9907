//! Verdicts of one script under several seeds.

use serde::{Deserialize, Serialize};

use super::{Study, Verdict, finite};

/// The verdicts of one script under several seeds: `--seeds`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedReplication {
    /// Number of seeds that were to be run.
    pub planned: usize,
    /// The seeds whose runs are complete, in order; the first is that of the script.
    pub seeds: Vec<u64>,
    /// One for each claim, in the order of the script.
    pub claims: Vec<SeedVerdicts>,
}

/// The verdicts on one claim, by seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedVerdicts {
    /// Name of the experiment.
    pub experiment: String,
    /// The claim as the author wrote it.
    pub claim: String,
    /// Number of seeds under which the claim is supported.
    pub supported: usize,
    /// Number of seeds under which the claim is refuted.
    pub refuted: usize,
    /// Number of seeds under which the claim is undecided.
    pub undecided: usize,
    /// Lowest mean at the deciding grid point over the seeds.
    #[serde(serialize_with = "finite::number")]
    pub lowest_mean: f64,
    /// Highest mean at the deciding grid point over the seeds.
    #[serde(serialize_with = "finite::number")]
    pub highest_mean: f64,
    /// The verdict under each seed, parallel to `seeds`.
    pub runs: Vec<SeedVerdict>,
}

/// The verdict on a claim under one seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SeedVerdict {
    /// The seed.
    pub seed: u64,
    /// The verdict.
    pub verdict: Verdict,
    /// Mean at the grid point that decides under this seed.
    #[serde(serialize_with = "finite::number")]
    pub mean: f64,
}

impl SeedReplication {
    /// No run yet, of this number of seeds.
    pub fn new(planned: usize) -> SeedReplication {
        SeedReplication {
            planned,
            seeds: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Adds the verdicts of the complete run under the next seed.
    pub fn add(&mut self, study: &Study) {
        let seed = study.provenance.seed;
        self.seeds.push(seed);
        for (number, (experiment, claim)) in study.all_claims().enumerate() {
            if self.claims.len() <= number {
                self.claims.push(SeedVerdicts {
                    experiment: experiment.unwrap_or_default().to_string(),
                    claim: claim.claim.clone(),
                    supported: 0,
                    refuted: 0,
                    undecided: 0,
                    lowest_mean: claim.deciding.mean,
                    highest_mean: claim.deciding.mean,
                    runs: Vec::new(),
                });
            }
            let of = &mut self.claims[number];
            let mean = claim.deciding.mean;
            *match claim.verdict {
                Verdict::Supported => &mut of.supported,
                Verdict::Refuted => &mut of.refuted,
                Verdict::Undecided => &mut of.undecided,
            } += 1;
            of.lowest_mean = of.lowest_mean.min(mean);
            of.highest_mean = of.highest_mean.max(mean);
            of.runs.push(SeedVerdict {
                seed,
                verdict: claim.verdict,
                mean,
            });
        }
    }

    /// The verdicts on a claim of an experiment.
    pub fn of(&self, experiment: &str, claim: &str) -> Option<&SeedVerdicts> {
        let mut claims = self.claims.iter();
        claims.find(|of| of.experiment == experiment && of.claim == claim)
    }

    /// Whether all planned seeds are complete.
    pub fn is_complete(&self) -> bool {
        self.seeds.len() == self.planned
    }

    /// The seeds in words: `5 seeds: 3 (the script's), 1029, 4711`, or how many of them are complete.
    pub fn summary(&self) -> String {
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let done = match self.is_complete() {
            true => format!("{} seeds", self.planned),
            false => format!("{} of {} seeds", self.seeds.len(), self.planned),
        };
        format!("{done}: {}", seeds.join(", "))
    }
}

impl SeedVerdicts {
    /// The counts in words: `4 supported, 1 undecided`.
    pub fn counts(&self) -> String {
        let counts = [
            (self.supported, "supported"),
            (self.refuted, "refuted"),
            (self.undecided, "undecided"),
        ];
        let counts = counts.iter().filter(|(n, _)| *n > 0);
        let counts: Vec<String> = counts.map(|(n, word)| format!("{n} {word}")).collect();
        counts.join(", ")
    }
}
