//! Stored distributions of effects over random backgrounds, to simulate from: `populations.py` says what they are.

use rand::RngExt;
use serde_json::Value;

use super::{close, float};

/// A distribution of effects: a histogram of single values.
pub struct Population {
    pub name: String,
    pub mean: f64,
    pub sd: f64,
    values: Vec<f32>,
    /// Number of effects up to and including each value.
    cumulative: Vec<u32>,
}

impl Population {
    /// `n` independent draws.
    pub fn sample(&self, n: usize, rng: &mut impl rand::Rng) -> Vec<f64> {
        let size = *self.cumulative.last().expect("a population has values");
        (0..n).map(|_| self.at(rng.random_range(0..size))).collect()
    }

    /// The value below which a share of the population lies, from 0 to 1.
    pub fn quantile(&self, share: f64) -> f64 {
        let size = *self.cumulative.last().expect("a population has values");
        self.at(((share * f64::from(size)) as u32).min(size - 1))
    }

    /// The value at an index into the sorted population.
    fn at(&self, index: u32) -> f64 {
        let pair = self.cumulative.partition_point(|&upto| upto <= index);
        f64::from(self.values[pair])
    }
}

/// Effects of several placements on the same backgrounds.
pub struct Sweep {
    pub placements: usize,
    /// Row-major: background, placement.
    values: Vec<f32>,
}

impl Sweep {
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.values.chunks_exact(self.placements)
    }

    pub fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.placements];
        for row in self.rows() {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += f64::from(*value);
            }
        }
        let n = self.rows().len() as f64;
        sums.iter().map(|sum| sum / n).collect()
    }
}

/// Every stored population, and the sweep.
pub fn populations() -> (Vec<Population>, Sweep) {
    let (listed, words) = stored();
    let mut words = words.into_iter();
    let mut take = |n: usize| -> Vec<u32> { words.by_ref().take(n).collect() };
    let populations = listed["populations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| {
            let pairs = count(entry, "pairs");
            let values = take(pairs).into_iter().map(f32::from_bits).collect();
            let mut total = 0;
            let cumulative = take(pairs)
                .into_iter()
                .map(|count| {
                    total += count;
                    total
                })
                .collect();
            Population {
                name: entry["name"].as_str().expect("a name").into(),
                mean: float(&entry["mean"]),
                sd: float(&entry["sd"]),
                values,
                cumulative,
            }
        })
        .collect();
    let (rows, placements) = (
        count(&listed["sweep"], "rows"),
        count(&listed["sweep"], "placements"),
    );
    let values = take(rows * placements)
        .into_iter()
        .map(f32::from_bits)
        .collect();
    (populations, Sweep { placements, values })
}

fn count(entry: &Value, key: &str) -> usize {
    entry[key].as_u64().expect("a count") as usize
}

/// populations.json, and populations.bin in words of four bytes.
fn stored() -> (Value, Vec<u32>) {
    let listed = serde_json::from_str(include_str!("populations.json")).expect("JSON");
    let (words, rest) = include_bytes!("populations.bin").as_chunks::<4>();
    assert!(rest.is_empty(), "whole words");
    (
        listed,
        words
            .iter()
            .map(|bytes| u32::from_le_bytes(*bytes))
            .collect(),
    )
}

#[test]
fn moments_are_those_that_numpy_found() {
    let (listed, words) = stored();
    let (populations, sweep) = populations();
    let mut used = sweep.values.len();
    for (population, entry) in populations
        .iter()
        .zip(listed["populations"].as_array().expect("a list"))
    {
        let name = &population.name;
        used += 2 * population.values.len();
        assert!(
            population.values.is_sorted_by(|a, b| a < b),
            "{name} ascends"
        );
        let mut before = 0;
        let weighted: Vec<(f64, f64)> = population
            .values
            .iter()
            .zip(&population.cumulative)
            .map(|(value, &upto)| {
                let weight = f64::from(upto - std::mem::replace(&mut before, upto));
                (f64::from(*value), weight)
            })
            .collect();
        let n = f64::from(before);
        assert_eq!(n, float(&entry["size"]), "{name}");
        let central = |about: f64, power: i32| -> f64 {
            weighted
                .iter()
                .map(|(value, weight)| (value - about).powi(power) * weight)
                .sum::<f64>()
                / n
        };
        let mean = central(0.0, 1);
        let sd = central(mean, 2).sqrt();
        close(mean, population.mean, sd, name);
        close(sd, population.sd, 0.0, name);
        close(
            central(mean, 3) / sd.powi(3),
            float(&entry["skewness"]),
            float(&entry["kurtosis"]),
            name,
        );
        close(
            central(mean, 4) / sd.powi(4),
            float(&entry["kurtosis"]),
            0.0,
            name,
        );
        let zeros: f64 = weighted
            .iter()
            .filter(|(value, _)| *value == 0.0)
            .map(|(_, weight)| weight)
            .sum();
        assert_eq!(zeros, float(&entry["zeros"]), "{name}");
    }
    assert_eq!(used, words.len(), "every word is used");
    assert!(sweep.means().iter().all(|mean| mean.is_finite()));
}

#[test]
fn draws_have_the_mean_of_the_population() {
    let mut rng: rand_chacha::ChaCha12Rng = rand::SeedableRng::seed_from_u64(5);
    for population in populations().0 {
        let n = 20_000;
        let drawn = population.sample(n, &mut rng);
        let mean = drawn.iter().sum::<f64>() / n as f64;
        let z = (mean - population.mean) / (population.sd / (n as f64).sqrt());
        assert!(z.abs() < 5.0, "{}: z = {z}", population.name);
    }
}
