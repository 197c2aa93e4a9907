//! A network that predicts rows: changed backgrounds by what the changes reach, where that saves work, and others in whole passes.

use gia_base::diag::{Code, Outcome};
use gia_wire::{Open, Passes, Precision, Recomputed, Rows};
use tch::Device;

use super::network::{Network, Place, Runner};
use super::partial::Partial;

/// A network, with what is known for predicting in part.
pub struct Predictor {
    pub network: Network,
    passes: Passes,
    /// What is known for predicting changes by what they reach; none until there is one, or where it is of no use.
    partial: Option<Option<Partial>>,
    partly: Recomputed,
}

impl Predictor {
    pub fn open(
        open: &Open,
        device: Device,
        precision: Precision,
        passes: Passes,
    ) -> Outcome<Predictor> {
        let passes = match precision {
            Precision::BFloat16 => Passes::Whole,
            _ => passes,
        };
        Ok(Predictor::new(
            Network::open(open, device, precision)?,
            passes,
        ))
    }

    fn new(network: Network, passes: Passes) -> Predictor {
        Predictor {
            network,
            passes,
            partial: None,
            partly: Recomputed::default(),
        }
    }

    /// The same for another thread; none where it is not known how to share the network's weights.
    pub fn another(&self) -> Option<Predictor> {
        Some(Predictor::new(self.network.another()?, self.passes))
    }

    /// What was predicted in part since this was last asked.
    pub fn take_partly(&mut self) -> Recomputed {
        std::mem::take(&mut self.partly)
    }

    /// The chosen columns of every row, row-major: of changed backgrounds by what the changes reach, where that saves work.
    pub fn predict(&mut self, rows: &Rows, columns: &[u32]) -> Outcome<Vec<f32>> {
        self.network.check(rows, columns)?;
        self.network.check_independence(rows)?;
        let changed = (0..rows.len()).any(|row| !rows.is_plain(row));
        if self.passes == Passes::Whole || !changed {
            return self.network.predict_plainly(rows, columns);
        }
        let Some(mut partial) = self.take_partial()? else {
            return self.network.predict_plainly(rows, columns);
        };
        let mut place = Place::new(&self.network, rows.len(), columns)?;
        let left = partial
            .predict(&self.network, rows, &mut place)
            .and_then(|left| {
                partial
                    .check(&mut self.network, rows, &left, &place)
                    .map(|()| left)
            });
        self.partly = self.partly.with(partial.take_found());
        self.partial = Some(Some(partial));
        match left {
            Ok(left) if left.is_empty() => Ok(place.into_values()),
            Ok(left) if left.len() == rows.len() => self.network.predict_plainly(rows, columns),
            Ok(left) => {
                let found = self.network.predict_plainly(&rows.only(&left), columns)?;
                place.fill(&left, &found);
                Ok(place.into_values())
            }
            // Whole sequences one after another need less memory than kept backgrounds.
            Err(diagnostic) if diagnostic.code == Code::OutOfMemory => {
                self.passes = Passes::Whole;
                self.network.predict_plainly(rows, columns)
            }
            Err(diagnostic) => Err(diagnostic),
        }
    }

    /// What is known for predicting in part, which is found out the first time.
    fn take_partial(&mut self) -> Outcome<Option<Partial>> {
        if let Some(known) = &mut self.partial {
            return Ok(known.take());
        }
        let found = match &self.network.runner {
            Runner::Graph(program) if !self.network.fixed => {
                let bases = vec![0u8; self.network.length()];
                let inputs = self.network.encode_bases(&bases, 1)?;
                let shapes = program.shapes(inputs)?;
                Partial::new(&self.network, shapes, self.passes)
            }
            _ => None,
        };
        self.partial = Some(None);
        Ok(found)
    }
}
