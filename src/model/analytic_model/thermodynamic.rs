//! The thermodynamic model: proteins that bind in thermal equilibrium.
//!
//! A configuration is a set of non-overlapping sites, each bound by its protein. Its Boltzmann weight is the product of
//! exp(energy / kT) for each site and of exp(attraction / kT) for each pair of neighbours. The energy of a site is that
//! of the motif's best site minus the difference of their log odds (Berg and von Hippel, Journal of Molecular Biology
//! 193:723, 1987). Each bound protein multiplies the weight of transcription by exp(activation / kT). The output is the
//! log odds of transcription (Bintu et al., Current Opinion in Genetics & Development 15:116, 2005), computed by
//! recursion over the sites (He et al., PLoS Computational Biology 6:e1000935, 2010).

use std::fmt;
use std::sync::Arc;

use gia_domain::{Motif, UNKNOWN};

/// Weight of the uniform distribution that is mixed into a motif, so that no mismatch costs more than about 6 kT.
const PSEUDOCOUNT_WEIGHT: f64 = 0.01;

/// Minimum Boltzmann weight of a site; weaker sites are ignored.
const MIN_SITE_WEIGHT: f64 = 1e-6;

/// Minimum attraction in kT; weaker ones count as zero.
const MIN_ATTRACTION_KT: f64 = 1e-6;

/// Sums above this are rescaled by a common factor, to avoid overflow.
const RESCALE_THRESHOLD: f64 = 1e150;

/// Parameters of a thermodynamic model; energies are in kT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ThermodynamicParameters {
    /// Energy that two bound neighbours gain when they touch; negative for repulsion.
    pub attraction: f64,
    /// Gap in base pairs over which the attraction falls to 1/e.
    pub reach: f64,
    /// Energy that transcription gains from each bound protein.
    pub activation: f64,
    /// Log odds of transcription without a bound protein.
    pub base: f64,
}

impl ThermodynamicParameters {
    /// Approximate maximum gap in base pairs at which the attraction is not negligible: the length of its table.
    pub fn max_attraction_gap(&self) -> f64 {
        (self.reach * (self.attraction.abs() / MIN_ATTRACTION_KT).ln()).max(0.0)
    }
}

impl fmt::Display for ThermodynamicParameters {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "attraction {} kT over {} bp, activation {} kT, base {}",
            self.attraction, self.reach, self.activation, self.base
        )
    }
}

#[derive(Debug)]
pub struct Thermodynamic {
    parameters: ThermodynamicParameters,
    /// For each motif, the energy of each base at each position, on both strands.
    strands: Vec<[Vec<[f64; 4]>; 2]>,
    energies: Vec<f64>,
    /// exp(attraction) at a gap of 0, 1, 2, ... bp, as far as it differs from 1.
    attraction: Vec<f64>,
}

/// A binding site in a sequence.
#[derive(Debug, Clone, Copy)]
struct Site {
    start: usize,
    end: usize,
    motif: usize,
    weight: f64,
}

/// Logarithms of the sums over configurations: those whose last site is each given site, and all.
struct Sums {
    sites: Vec<f64>,
    all: f64,
}

impl Thermodynamic {
    pub fn new(motifs: &[(Arc<Motif>, f64)], parameters: ThermodynamicParameters) -> Thermodynamic {
        let strands = motifs
            .iter()
            .map(|(motif, _)| [costs(motif), costs(&motif.reverse_complement())])
            .collect();
        let at = |gap: usize| parameters.attraction * (-(gap as f64) / parameters.reach).exp();
        let attraction = (0..)
            .map(at)
            .take_while(|energy| energy.abs() > MIN_ATTRACTION_KT)
            .map(f64::exp)
            .collect();
        Thermodynamic {
            parameters,
            strands,
            energies: motifs.iter().map(|(_, energy)| *energy).collect(),
            attraction,
        }
    }

    /// Computes the log odds of transcription, then the expected number of bound proteins of each motif.
    pub fn predict(&self, bases: &[u8]) -> Vec<f64> {
        let sites = self.sites(bases);
        let off = self.sums(&sites);
        let activated: Vec<Site> = sites
            .iter()
            .map(|site| Site {
                weight: site.weight * self.parameters.activation.exp(),
                ..*site
            })
            .collect();
        let on = self.sums(&activated);
        let mut answer = vec![0.0; 1 + self.energies.len()];
        answer[0] = self.parameters.base + on.all - off.all;
        // The backward recursion runs from the other end, with the sites in that order.
        let length = bases.len();
        let mut mirrored: Vec<(usize, Site)> = sites
            .iter()
            .enumerate()
            .map(|(i, site)| {
                let site = Site {
                    start: length - site.end,
                    end: length - site.start,
                    ..*site
                };
                (i, site)
            })
            .collect();
        mirrored.sort_by_key(|(i, site)| (site.start, *i));
        let back: Vec<Site> = mirrored.iter().map(|(_, site)| *site).collect();
        let back = self.sums(&back);
        for ((i, site), from_right) in mirrored.iter().zip(back.sites) {
            let share = off.sites[*i] + from_right - site.weight.ln() - off.all;
            answer[1 + site.motif] += share.exp();
        }
        answer
    }

    /// Sites in the order of their starts.
    fn sites(&self, bases: &[u8]) -> Vec<Site> {
        let mut sites = Vec::new();
        for (motif, (strands, energy)) in self.strands.iter().zip(&self.energies).enumerate() {
            for costs in strands {
                for (start, window) in bases.windows(costs.len()).enumerate() {
                    if window.contains(&UNKNOWN) {
                        continue;
                    }
                    let columns = costs.iter().zip(window);
                    let cost: f64 = columns.map(|(cost, &base)| cost[usize::from(base)]).sum();
                    let weight = (energy - cost).exp();
                    if weight >= MIN_SITE_WEIGHT {
                        sites.push(Site {
                            start,
                            end: start + costs.len(),
                            motif,
                            weight,
                        });
                    }
                }
            }
        }
        sites.sort_by_key(|site| site.start);
        sites
    }

    /// The forward recursion: the sum of a site is its weight times the sums of all sites that end before it, with the
    /// attraction for those nearby.
    fn sums(&self, sites: &[Site]) -> Sums {
        let length = sites.iter().map(|site| site.end).max().unwrap_or(0);
        let reach = self.attraction.len();
        // Sums of configurations that end at each position, and of those that end at or before it, including the empty
        // one.
        let mut ending = vec![0.0; length + 1];
        let mut until = vec![0.0; length + 1];
        // The true sums are these times exp(shift).
        let mut shift = 0.0;
        until[0] = 1.0;
        let mut position = 0;
        let mut of_sites: Vec<f64> = Vec::with_capacity(sites.len());
        for site in sites {
            while position < site.start {
                position += 1;
                until[position] = until[position - 1] + ending[position];
                if until[position] > RESCALE_THRESHOLD {
                    let scale = 1.0 / until[position];
                    shift -= scale.ln();
                    for sum in until[..=position].iter_mut().chain(&mut ending) {
                        *sum *= scale;
                    }
                }
            }
            let near = site.start.saturating_sub(reach.saturating_sub(1));
            // Without attraction: sites beyond its range, and the empty configuration at any distance.
            let empty = until[0];
            let far = match near {
                0 => empty,
                near => until[near - 1],
            };
            let close: f64 = if reach == 0 {
                until[site.start] - far
            } else {
                (near.max(1)..=site.start)
                    .map(|end| ending[end] * self.attraction[site.start - end])
                    .sum()
            };
            let sum = site.weight * (far + close);
            ending[site.end] += sum;
            of_sites.push(sum.ln() + shift);
        }
        while position < length {
            position += 1;
            until[position] = until[position - 1] + ending[position];
        }
        Sums {
            sites: of_sites,
            all: until[length].ln() + shift,
        }
    }
}

/// Energy that each base costs at each position relative to the best base, in kT.
fn costs(motif: &Motif) -> Vec<[f64; 4]> {
    motif
        .columns
        .iter()
        .map(|column| {
            let mixed = column.map(|p| (1.0 - PSEUDOCOUNT_WEIGHT) * p + PSEUDOCOUNT_WEIGHT / 4.0);
            let best = mixed.iter().copied().fold(0.0, f64::max);
            mixed.map(|p| (best / p).ln())
        })
        .collect()
}
