//! The models that a query reads.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::Strand;
use gia_model::AnalyticModel;

/// Outputs of a model for sequences on one strand, which the query reads.
pub struct Source<'p> {
    pub model: SourceModel<'p>,
    pub strand: Strand,
    /// The columns that the query reads, with the index of each among the query's leaves.
    pub columns: Vec<usize>,
    pub leaves: Vec<usize>,
}

/// A model that the query reads.
pub enum SourceModel<'p> {
    /// By its index in every worker.
    Network(usize),
    Analytic(&'p AnalyticModel),
}

impl Source<'_> {
    /// The index of its network in every worker.
    ///
    /// # Errors
    /// For an analytic model, which has no gradients: the check refuses to ask for them.
    pub fn network(&self) -> Outcome<usize> {
        match self.model {
            SourceModel::Network(network) => Ok(network),
            SourceModel::Analytic(_) => {
                let message = "an analytic model has no gradients";
                Err(Box::new(Diagnostic::error(
                    Code::NotDifferentiable,
                    message,
                )))
            }
        }
    }

    /// Writes its columns, row by row, to the values of the query's leaves.
    pub fn fill_leaves(&self, found: &[f32], values: &mut [Vec<f64>]) {
        let found = found.chunks_exact(self.columns.len().max(1));
        for (values, found) in values.iter_mut().zip(found) {
            for (leaf, value) in self.leaves.iter().zip(found) {
                values[*leaf] = f64::from(*value);
            }
        }
    }

    /// The weights of its columns, for each list of multipliers of the query's leaves.
    pub fn weights(&self, multipliers: &[Vec<f64>]) -> Vec<f32> {
        let own = |of: &Vec<f64>| self.leaves.iter().map(|&leaf| of[leaf] as f32).collect();
        multipliers.iter().flat_map::<Vec<f32>, _>(own).collect()
    }
}
