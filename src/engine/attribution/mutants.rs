//! Contributions by what changes of a sequence do to the query: saturation mutagenesis and occlusion.

use std::ops::Range;

use gia_base::diag::Outcome;
use gia_design::FrozenValues;
use gia_domain::{Patch, UNKNOWN};
use gia_wire::Rows;

use super::{Attributor, Compared, Contributions};
use crate::{Worker, chunks};

impl Attributor<'_> {
    /// The query less its mean over the four bases at each position, of each row; 0 at an unknown base.
    pub(super) fn saturation_mutagenesis(
        &self,
        mut worker: Option<&mut Worker>,
        of: &Compared,
    ) -> Outcome<Vec<Contributions>> {
        let rows = &of.rows;
        let mut found = Vec::with_capacity(rows.len());
        for row in 0..rows.len() {
            let bases = rows.background(row);
            let known = (0..bases.len()).filter(|&position| bases[position] != UNKNOWN);
            let others = |position: usize| (0..4).filter(move |base| *base != bases[position]);
            let mutants = known.clone().flat_map(|position| {
                others(position).map(move |base| Patch {
                    start: position,
                    bases: vec![base],
                })
            });
            let (value, of_mutants) =
                self.values_of_mutants(worker.as_deref_mut(), bases, mutants)?;
            let mut own = vec![0.0; bases.len()];
            let mut hypothetical = vec![0.0; 4 * bases.len()];
            for (position, values) in known.zip(of_mutants.chunks_exact(3)) {
                let changes = values.iter().map(|other| value - other);
                own[position] = changes.sum::<f64>() / 4.0;
                let mean = value - own[position];
                let of_base = |base: u8| usize::from(base) * bases.len() + position;
                hypothetical[of_base(bases[position])] = own[position];
                for (base, other) in others(position).zip(values) {
                    hypothetical[of_base(base)] = other - mean;
                }
            }
            let contributions = Contributions::of_one(own);
            found.push(match of.asks_hypothetical {
                true => contributions.with_hypothetical(hypothetical),
                false => contributions,
            });
        }
        Ok(found)
    }

    /// The query less its value where the window around each position is that of a reference, of each row and reference.
    pub(super) fn occluded(
        &self,
        mut worker: Option<&mut Worker>,
        of: &Compared,
        width: usize,
    ) -> Outcome<Vec<Contributions>> {
        let mut own = Vec::with_capacity(of.rows.len() * of.each());
        for (row, references) in of.references.iter().enumerate() {
            let bases = of.rows.background(row);
            let mutants = references.iter().flat_map(|reference| {
                (0..bases.len()).map(|position| {
                    let window = window_around(position, width, bases.len());
                    Patch {
                        start: window.start,
                        bases: reference[window].to_vec(),
                    }
                })
            });
            let (value, of_mutants) =
                self.values_of_mutants(worker.as_deref_mut(), bases, mutants)?;
            let of_references = of_mutants.chunks_exact(bases.len().max(1));
            own.extend(of_references.map(|values| {
                let changes = values.iter().map(|other| value - other);
                changes.collect::<Vec<f64>>()
            }));
        }
        Ok(Contributions::of_pairs(&own, of.each()))
    }

    /// The query of a sequence, and of the sequence with each of these patches.
    fn values_of_mutants(
        &self,
        mut worker: Option<&mut Worker>,
        bases: &[u8],
        patches: impl Iterator<Item = Patch>,
    ) -> Outcome<(f64, Vec<f64>)> {
        let most = chunks::max_rows(self.query.leaves().len()).max(2);
        let unedited = || {
            let mut rows = Rows::new(self.length);
            rows.backgrounds.extend_from_slice(bases);
            rows.push(0, []);
            rows
        };
        let mut frozen: Option<FrozenValues> = None;
        let mut value = f64::NAN;
        let mut of_mutants = Vec::new();
        // The sequence itself leads each request, so that its mutants are computed from it.
        let mut rows = unedited();
        let mut patches = patches.peekable();
        loop {
            let next = patches.by_ref().take(most - rows.len());
            next.for_each(|patch| rows.push(0, [patch]));
            let found = self.predicted(worker.as_deref_mut(), &rows)?;
            let first = found.first().map_or(&[][..], |values| &values[..]);
            let frozen = frozen.get_or_insert_with(|| self.query.frozen(first));
            let mut found = found.iter().map(|values| self.query.value(values, frozen));
            value = found.next().unwrap_or(value);
            of_mutants.extend(found);
            if patches.peek().is_none() {
                return Ok((value, of_mutants));
            }
            rows = unedited();
        }
    }
}

/// The positions of a window around a position, cut off by the ends of the sequence.
fn window_around(position: usize, width: usize, length: usize) -> Range<usize> {
    let start = position.saturating_sub((width - 1) / 2);
    start..length.min(position + width / 2 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_cut_off_by_the_ends() {
        assert_eq!(window_around(5, 7, 20), 2..9);
        assert_eq!(window_around(5, 4, 20), 4..8);
        assert_eq!(window_around(0, 7, 20), 0..4);
        assert_eq!(window_around(19, 7, 20), 16..20);
        assert_eq!(window_around(3, 1, 20), 3..4);
    }
}
