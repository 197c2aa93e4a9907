//! Gradients between sequences and references: integrated along lines, at random points, and near sequences.

use gia_base::diag::Outcome;
use gia_design::FrozenValues;
use sha2::{Digest, Sha256};

use super::{Attributor, Compared, Contributions, HypotheticalMeans, Source};
use crate::Worker;

/// The share of a sequence in a random point between it and a reference, from 0 to 1: addressed by the seed, the bases of the sequence and the number of
/// the reference.
pub fn random_share(seed: u64, bases: &[u8], number: usize) -> f64 {
    let hash = Sha256::new_with_prefix("gia v1 expected gradients")
        .chain_update(seed.to_le_bytes())
        .chain_update((number as u64).to_le_bytes())
        .chain_update(bases)
        .finalize();
    let mut drawn = [0; 8];
    drawn.copy_from_slice(&hash[..8]);
    // The 53 bits of a fraction of float64.
    (u64::from_le_bytes(drawn) >> 11) as f64 / (1u64 << 53) as f64
}

impl Attributor<'_> {
    /// The mean of the gradients at points on the line from each reference, with these weights, times the difference. The shares of a point are one for
    /// all pairs, or one for each.
    pub(super) fn path(
        &self,
        worker: &mut Worker,
        of: &Compared,
        points: &[(Vec<f64>, f64)],
    ) -> Outcome<Vec<Contributions>> {
        let each = of.each();
        let pairs = of.rows.len() * each;
        let mut sums = vec![vec![0.0; 4 * self.length]; pairs];
        for (shares, weight) in points {
            for (sum, found) in sums
                .iter_mut()
                .zip(self.gradients_along(worker, of, shares)?)
            {
                let numbers = sum.iter_mut().zip(found);
                numbers.for_each(|(sum, more)| *sum += weight * more);
            }
        }
        let mut own = Vec::with_capacity(pairs);
        let mut means = HypotheticalMeans::new(of);
        for (pair, gradient) in sums.iter().enumerate() {
            let reference = &of.references[pair / each][pair % each];
            let here = self.observed(of.rows.background(pair / each), gradient);
            let there = self.observed(reference, gradient);
            if of.asks_hypothetical {
                let numbers = gradient.iter().enumerate();
                let hypothetical = numbers.map(|(at, here)| here - there[at % self.length]);
                means.add(pair, &hypothetical.collect::<Vec<_>>());
            }
            own.push(
                here.iter()
                    .zip(&there)
                    .map(|(here, there)| here - there)
                    .collect(),
            );
        }
        self.record_completeness(worker, of, &own)?;
        Ok(means.beside(Contributions::of_pairs(&own, each)))
    }

    /// The gradient at the base that is there, near each sequence.
    pub(super) fn smoothed(
        &self,
        worker: &mut Worker,
        of: &Compared,
        share: f64,
    ) -> Outcome<Vec<Contributions>> {
        let each = of.each();
        let found = self.gradients_along(worker, of, &[share])?;
        let mut means = HypotheticalMeans::new(of);
        for (pair, gradient) in found.iter().enumerate() {
            means.add(pair, gradient);
        }
        let own = found.iter().enumerate();
        let own: Vec<Vec<f64>> = own
            .map(|(pair, gradient)| self.observed(of.rows.background(pair / each), gradient))
            .collect();
        Ok(means.beside(Contributions::of_pairs(&own, each)))
    }

    /// What sums of contributions miss. It is told, and no error: a line is not exact between its points.
    fn record_completeness(
        &self,
        worker: &mut Worker,
        of: &Compared,
        own: &[Vec<f64>],
    ) -> Outcome<()> {
        let rows = self.values(worker, &of.rows)?;
        let references = self.values(worker, &of.references_as_rows())?;
        let mut completeness = self.lock_completeness();
        for (pair, (reference, own)) in references.iter().zip(own).enumerate() {
            let asked = &rows[pair / of.each()];
            let frozen = self.query.frozen(asked);
            let value = self.query.value(asked, &frozen);
            let difference = value - self.query.value(reference, &frozen);
            let excess = own.iter().sum::<f64>() - difference;
            if (difference + excess).is_finite() {
                completeness.add(value, difference, excess);
            }
        }
        Ok(())
    }

    /// The gradient of the query at a point of each pair, (4, length) with bases in the order of their codes.
    fn gradients_along(
        &self,
        worker: &mut Worker,
        of: &Compared,
        shares: &[f64],
    ) -> Outcome<Vec<Vec<f64>>> {
        let pairs = of.rows.len() * of.each();
        let multipliers = match self.query.is_frozen_in_part() {
            false => self.derivatives(|| self.values_along(worker, of, shares))?,
            true => {
                let asked = self.values(worker, &of.rows)?;
                let frozen: Vec<FrozenValues> =
                    asked.iter().map(|of| self.query.frozen(of)).collect();
                let points = self.values_along(worker, of, shares)?;
                let points = points.iter().enumerate();
                points
                    .map(|(pair, values)| self.slopes(values, &frozen[pair / of.each()]))
                    .collect()
            }
        };
        let mut sums = vec![vec![0.0; 4 * self.length]; pairs];
        for source in &self.sources {
            let weights = source.weights(&multipliers);
            let found = self.along(worker, of, source, &weights, shares)?;
            let each = source.columns.len() + 4 * self.length;
            for (sum, found) in sums.iter_mut().zip(found.chunks_exact(each)) {
                self.add_all(sum, &found[source.columns.len()..], source.strand);
            }
        }
        Ok(sums)
    }

    /// The values of the query's leaves at a point of each pair.
    fn values_along(
        &self,
        worker: &mut Worker,
        of: &Compared,
        shares: &[f64],
    ) -> Outcome<Vec<Vec<f64>>> {
        let pairs = of.rows.len() * of.each();
        let mut values = vec![vec![0.0; self.query.leaves().len()]; pairs];
        for source in &self.sources {
            let found = self.along(worker, of, source, &[], shares)?;
            source.fill_leaves(&found, &mut values);
        }
        Ok(values)
    }

    fn along(
        &self,
        worker: &mut Worker,
        of: &Compared,
        source: &Source<'_>,
        weights: &[f32],
        shares: &[f64],
    ) -> Outcome<Vec<f32>> {
        let (rows, references) = of.on_strand(source.strand);
        let shares: Vec<f32> = shares.iter().map(|share| *share as f32).collect();
        let asked = (&source.columns[..], weights);
        worker.along(source.network()?, &rows, &references, asked, &shares)
    }
}
