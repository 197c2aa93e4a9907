//! Null models fitted to sequences.

use super::Chain;
use crate::diag::{Code, Diagnostic, Outcome};
use crate::domain::{SequenceSet, UNKNOWN};

/// Added to the count of each next base, a quarter of a base in each context's four.
const PSEUDO: f64 = 0.25;

/// A chain of this order, from the counts of all windows without an unknown base.
pub(super) fn chain(like: &SequenceSet, order: usize) -> Outcome<Chain> {
    let contexts = 1usize << (2 * order);
    let mut start = vec![0.0; contexts];
    let mut next = vec![[PSEUDO; 4]; contexts];
    let mut windows = 0;
    for sequence in &like.sequences {
        for window in sequence.bases.windows(order + 1) {
            if window.contains(&UNKNOWN) {
                continue;
            }
            let (context, base) = (&window[..order], window[order]);
            let context = context
                .iter()
                .fold(0, |word, &base| word << 2 | usize::from(base));
            start[context] += 1.0;
            next[context][usize::from(base)] += 1.0;
            windows += 1;
        }
    }
    if windows == 0 {
        let message = format!(
            "no sequence of `{}` has {} known bases in a row, which order {order} needs",
            like.path.display(),
            order + 1
        );
        return Err(Diagnostic::error(Code::TooFewBases, message).into());
    }
    for probability in &mut start {
        *probability /= f64::from(windows);
    }
    for counts in &mut next {
        let sum: f64 = counts.iter().sum();
        *counts = counts.map(|count| count / sum);
    }
    Ok(Chain {
        alphabet: like.alphabet,
        order,
        start,
        next,
        like: like.intake(),
    })
}

/// Frequencies of the known bases at each position.
pub(super) fn profile(like: &SequenceSet) -> Outcome<Vec<[f64; 4]>> {
    let mut columns = vec![[0.0; 4]; like.length()];
    for sequence in &like.sequences {
        for (column, &base) in columns.iter_mut().zip(&sequence.bases) {
            if base < UNKNOWN {
                column[usize::from(base)] += 1.0;
            }
        }
    }
    for (position, column) in columns.iter_mut().enumerate() {
        let sum: f64 = column.iter().sum();
        if sum == 0.0 {
            let message = format!(
                "position {position} of `{}` holds no known base",
                like.path.display()
            );
            return Err(Diagnostic::error(Code::TooFewBases, message).into());
        }
        *column = column.map(|count| count / sum);
    }
    Ok(columns)
}
