//! Populations selected by the predictions of a model: rejection sampling and Metropolis sampling.

use std::sync::Arc;

use gia_domain::Population;

use crate::{Arithmetic, Fold, FoldKind, Formula, Function, OutputRef, Reduction, Track};

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
    let query = written_out(query);
    let query = format!("{query:?}").replace("OutputRef {", "Read {");
    format!("{query} {method}")
}

/// Number of nodes up to which a softmax of outputs was once a formula of single outputs.
const MAX_WRITTEN_OUT: usize = 20_000;

/// The query with softmaxes of outputs written out as formulas of single outputs, as long as they are small: so they were
/// before there were tracks, and a condition keeps its text.
fn written_out(query: &Formula<OutputRef>) -> Formula<OutputRef> {
    let part = |part: &Formula<OutputRef>| Box::new(written_out(part));
    match query {
        Formula::Leaf(_) | Formula::Constant(_) => query.clone(),
        Formula::Negate(a) => Formula::Negate(part(a)),
        Formula::Overall(a) => Formula::Overall(part(a)),
        Formula::Call(function, a) => Formula::Call(*function, part(a)),
        Formula::Binary(op, a, b) => Formula::Binary(*op, part(a), part(b)),
        Formula::Reduce(reduction, of) => {
            Formula::Reduce(*reduction, of.iter().map(written_out).collect())
        }
        Formula::Fold(fold) => fold_written_out(fold).unwrap_or_else(|| query.clone()),
    }
}

/// A fold of a softmax of outputs as a formula of these; none for any other fold, and for one that is too large.
fn fold_written_out(fold: &Fold<OutputRef>) -> Option<Formula<OutputRef>> {
    let [track] = &*fold.tracks else {
        return None;
    };
    let Track::Softmax(of) = &**track else {
        return None;
    };
    let Track::Leaves(leaves) = &**of else {
        return None;
    };
    // A share has all outputs three times for each output, and a reduction has all shares.
    let share = 3 * leaves.len() * leaves.len();
    let size = match fold.kind {
        FoldKind::At(_) => share,
        FoldKind::Reduce(_) => share * leaves.len(),
        FoldKind::Argmax | FoldKind::WeightedMean | FoldKind::JensenShannon { .. } => return None,
    };
    if size > 2 * MAX_WRITTEN_OUT {
        return None;
    }
    let shares = softmax_written_out(leaves);
    let written = match fold.kind {
        FoldKind::At(index) => shares.into_iter().nth(index)?,
        FoldKind::Reduce(reduction) => match shares.len() {
            1 => shares.into_iter().next()?,
            _ => Formula::Reduce(reduction, shares),
        },
        FoldKind::Argmax | FoldKind::WeightedMean | FoldKind::JensenShannon { .. } => return None,
    };
    (written.size() <= MAX_WRITTEN_OUT).then_some(written)
}

fn softmax_written_out(leaves: &[OutputRef]) -> Vec<Formula<OutputRef>> {
    let reduce = |reduction: Reduction, mut of: Vec<Formula<OutputRef>>| match of.len() {
        1 => of.remove(0),
        _ => Formula::Reduce(reduction, of),
    };
    let items: Vec<Formula<OutputRef>> = leaves.iter().copied().map(Formula::Leaf).collect();
    let largest = reduce(Reduction::Max, items.clone());
    let power = |item: Formula<OutputRef>| {
        let below = Formula::Binary(
            Arithmetic::Subtract,
            Box::new(item),
            Box::new(largest.clone()),
        );
        Formula::Call(Function::Exp, Box::new(below))
    };
    let powers: Vec<Formula<OutputRef>> = items.into_iter().map(power).collect();
    let sum = reduce(Reduction::Sum, powers.clone());
    let shares = powers
        .into_iter()
        .map(|power| Formula::Binary(Arithmetic::Divide, Box::new(power), Box::new(sum.clone())));
    shares.collect()
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

    #[test]
    fn identity_of_a_softmax_of_outputs_is_that_of_single_outputs() {
        let output = |column| OutputRef { model: 0, column };
        let shares = Track::Softmax(Box::new(Track::Leaves(vec![output(4), output(5)].into())));
        let fold = Fold::of(FoldKind::At(1), Arc::new(shares));
        let method = SelectionMethod::Metropolis { steps: 1 };
        let [a, b] = [
            "Leaf(Read { model: 0, column: 4 })",
            "Leaf(Read { model: 0, column: 5 })",
        ];
        let power =
            |of: &str| format!("Call(Exp, Binary(Subtract, {of}, Reduce(Max, [{a}, {b}])))");
        let [x, y] = [power(a), power(b)];
        assert_eq!(
            condition_identity(&Formula::Fold(Arc::new(fold)), method),
            format!("Binary(Divide, {y}, Reduce(Sum, [{x}, {y}])) Walk {{ steps: 1 }}")
        );
    }
}
