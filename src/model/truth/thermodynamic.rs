//! Binding in thermal equilibrium.
//!
//! A configuration is a set of sites that do not overlap, each holding its protein. Its weight is the product of the
//! sites' weights, exp(energy / kT), and of exp(attraction / kT) for each two neighbours. The energy of a site is what
//! the motif's best site gains, less the difference of their log odds (Berg and von Hippel, Journal of Molecular Biology
//! 193:723, 1987). Each bound protein multiplies the weight of transcription by exp(activation / kT); the answer is the log
//! odds of transcription (Bintu et al., Current Opinion in Genetics & Development 15:116, 2005; with many sites by recursion
//! over them, as in He et al., PLoS Computational Biology 6:e1000935, 2010).

use std::fmt;
use std::sync::Arc;

use gia_domain::{Motif, UNKNOWN};

/// Share of uniform frequencies mixed into a matrix, so that no mismatch costs more than about 6 kT.
const PSEUDO: f64 = 0.01;

/// Sites of a smaller weight hold their protein so rarely that they are left out.
const LEAST_WEIGHT: f64 = 1e-6;

/// Attractions below this, in kT, are none.
const LEAST_ATTRACTION: f64 = 1e-6;

/// Sums are kept below this by a common factor.
const LARGE: f64 = 1e150;

/// Parameters of a thermodynamic model; energies are in kT.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Energy that two bound neighbours gain when they touch; negative for repulsion.
    pub attraction: f64,
    /// Gap in base pairs over which the attraction falls to 1/e.
    pub reach: f64,
    /// Energy that transcription gains from each bound protein.
    pub activation: f64,
    /// Log odds of transcription without a bound protein.
    pub base: f64,
}

impl Parameters {
    /// Approximate number of gaps, in base pairs, at which the attraction is not negligible: the length of its table.
    pub fn reached(&self) -> f64 {
        (self.reach * (self.attraction.abs() / LEAST_ATTRACTION).ln()).max(0.0)
    }
}

impl fmt::Display for Parameters {
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
    parameters: Parameters,
    /// For each motif its energy at each position and base, both strands.
    strands: Vec<[Vec<[f64; 4]>; 2]>,
    energies: Vec<f64>,
    /// exp(attraction) at a gap of 0, 1, 2, ... bp, as far as it differs from 1.
    attraction: Vec<f64>,
}

/// A place where a protein may bind.
#[derive(Debug, Clone, Copy)]
struct Site {
    start: usize,
    end: usize,
    motif: usize,
    weight: f64,
}

/// Sums over configurations that end with each site, and over all, as logarithms.
struct Sums {
    sites: Vec<f64>,
    all: f64,
}

impl Thermodynamic {
    pub fn new(motifs: &[(Arc<Motif>, f64)], parameters: Parameters) -> Thermodynamic {
        let strands = motifs
            .iter()
            .map(|(motif, _)| [costs(motif), costs(&motif.reverse_complement())])
            .collect();
        let at = |gap: usize| parameters.attraction * (-(gap as f64) / parameters.reach).exp();
        let attraction = (0..)
            .map(at)
            .take_while(|energy| energy.abs() > LEAST_ATTRACTION)
            .map(f64::exp)
            .collect();
        Thermodynamic {
            parameters,
            strands,
            energies: motifs.iter().map(|(_, energy)| *energy).collect(),
            attraction,
        }
    }

    /// The log odds of transcription, then the expected number of bound proteins of each motif.
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
        // From the other end, with the sites in the order of that end.
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
                    if weight >= LEAST_WEIGHT {
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

    /// The recursion: a site's sum is its weight times all sums that end before it, those near by with the attraction.
    fn sums(&self, sites: &[Site]) -> Sums {
        let length = sites.iter().map(|site| site.end).max().unwrap_or(0);
        let reach = self.attraction.len();
        // Sums that end at each position, and those that end at or before it, no site at all among them.
        let mut ending = vec![0.0; length + 1];
        let mut until = vec![0.0; length + 1];
        // Real sums are these times exp(shift).
        let mut shift = 0.0;
        until[0] = 1.0;
        let mut position = 0;
        let mut of_sites: Vec<f64> = Vec::with_capacity(sites.len());
        for site in sites {
            while position < site.start {
                position += 1;
                until[position] = until[position - 1] + ending[position];
                if until[position] > LARGE {
                    let scale = 1.0 / until[position];
                    shift -= scale.ln();
                    for sum in until[..=position].iter_mut().chain(&mut ending) {
                        *sum *= scale;
                    }
                }
            }
            let near = site.start.saturating_sub(reach.saturating_sub(1));
            // Positions too far away for an attraction, and the empty configuration, whatever its distance.
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

/// What each base costs at each position, in kT, against the best one.
fn costs(motif: &Motif) -> Vec<[f64; 4]> {
    motif
        .columns
        .iter()
        .map(|column| {
            let mixed = column.map(|p| (1.0 - PSEUDO) * p + PSEUDO / 4.0);
            let best = mixed.iter().copied().fold(0.0, f64::max);
            mixed.map(|p| (best / p).ln())
        })
        .collect()
}
