//! Populations selected by the predictions of a model: rejection sampling and Metropolis sampling.

use std::sync::Arc;

use gia_domain::Population;

use crate::{Formula, OutputRef};

/// A set of backgrounds that depends on the predictions of a model, so that only a run can resolve it.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Key of the [`gia_domain::Conditioned`] population that is resolved.
    pub key: [u8; 32],
    /// The population that is filtered, or from whose backgrounds the Markov chains start.
    pub source: Arc<Population>,
    /// The query: one number for each sequence, computed from model outputs.
    pub query: Arc<Formula<OutputRef>>,
    /// How the values of the query decide which backgrounds result.
    pub method: SelectionMethod,
    /// The condition as the author wrote it: `net["CTCF"] between 0 and 1`.
    pub condition: String,
    /// The condition as a phrase that follows the source population: `with net["CTCF"] between 0 and 1`.
    pub description: String,
}

/// Method by which backgrounds are selected from the values of a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SelectionMethod {
    /// `filtered(NULL, QUERY between LOW and HIGH)`: rejection sampling. Backgrounds with a value in the interval are accepted.
    Rejection {
        /// Lower end of the interval, included.
        low: Bound,
        /// Upper end of the interval, included.
        high: Bound,
    },
    /// `maxent(QUERY, from: NULL, steps: N)`: the last states of Markov chains whose Metropolis steps favour high values.
    Metropolis {
        /// Number of proposals in each chain, at least one.
        steps: usize,
    },
}

/// An end of the interval of [`SelectionMethod::Rejection`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A value of the query, in its own unit.
    Value(f64),
    /// `quantile(10%)`: a quantile of the query over the source population, as a fraction.
    Quantile(f64),
}

/// Text that identifies a condition. Keys of conditioned populations are hashed from it.
///
/// Invariant: the text of a condition never changes, not even when a type is renamed, because random draws depend on it.
pub fn condition_identity(query: &Formula<OutputRef>, method: SelectionMethod) -> String {
    let end = |bound: Bound| match bound {
        Bound::Value(value) => format!("Value({value:?})"),
        Bound::Quantile(fraction) => format!("Share({fraction:?})"),
    };
    let method = match method {
        SelectionMethod::Rejection { low, high } => {
            format!("Between {{ low: {}, high: {} }}", end(low), end(high))
        }
        SelectionMethod::Metropolis { steps } => format!("Walk {{ steps: {steps} }}"),
    };
    let query = format!("{query:?}").replace("OutputRef {", "Read {");
    format!("{query} {method}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Function;

    #[test]
    fn identity_of_a_condition_is_stable() {
        let output = Formula::Leaf(OutputRef {
            model: 1,
            column: 2,
        });
        let query = Formula::Call(Function::Log, Box::new(output));
        let method = SelectionMethod::Rejection {
            low: Bound::Value(0.0),
            high: Bound::Quantile(0.5),
        };
        assert_eq!(
            condition_identity(&query, method),
            "Call(Log, Leaf(Read { model: 1, column: 2 })) Between { low: Value(0.0), high: Share(0.5) }"
        );
        let method = SelectionMethod::Metropolis { steps: 3 };
        assert!(condition_identity(&query, method).ends_with(" Walk { steps: 3 }"));
    }
}
