//! Tracks: numbers at many places of each sequence, such as a profile, and the folds that make one number of them.
//!
//! One node stands for an operation on all places, so a formula over a profile of a thousand bases is as small as one over a
//! single output.

use std::sync::Arc;

use crate::{Arithmetic, Formula, Function, Reduction};

/// Numbers at many places, computed in float64 for each sequence. All operands of a node have the same length.
#[derive(Debug, Clone, PartialEq)]
pub enum Track<Leaf> {
    /// Values of the sequence, such as neighbouring outputs of a model.
    Leaves(Arc<[Leaf]>),
    /// Constants of the script.
    Constants(Arc<[f64]>),
    /// A number of the sequence for each place.
    Numbers(Vec<Formula<Leaf>>),
    /// One number of the sequence at every place, and the number of places.
    Repeated(Box<Formula<Leaf>>, usize),
    /// The negated operand.
    Negate(Box<Track<Leaf>>),
    /// A unary function of each number.
    Call(Function, Box<Track<Leaf>>),
    /// A binary operation on the numbers at each place.
    Binary(Arithmetic, Box<Track<Leaf>>, Box<Track<Leaf>>),
    /// exp(x) of each number over the sum of all.
    Softmax(Box<Track<Leaf>>),
    /// The arithmetic mean of several tracks at each place.
    Mean(Vec<Track<Leaf>>),
    /// Neighbouring places of a track: the first, and their number.
    Part(Arc<Track<Leaf>>, usize, usize),
    /// The track of the same background under the arm without an edit.
    UnderControl(Arc<Track<Leaf>>),
}

/// One number of one or two tracks.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold<Leaf> {
    /// What is computed.
    pub kind: FoldKind,
    /// The operands, as many as the kind takes, of one length.
    pub tracks: Box<[Arc<Track<Leaf>>]>,
}

/// What a [`Fold`] computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoldKind {
    /// A reduction of one track.
    Reduce(Reduction),
    /// The index of the greatest number of one track; of equal ones, the first.
    Argmax,
    /// The number of one track at this index.
    At(usize),
    /// The mean of the first track, weighted by the second: the sum of products over the sum of weights.
    WeightedMean,
    /// The Jensen-Shannon distance of two tracks, each divided by its sum, or its softmax where it holds logits: the square root
    /// of the divergence in bits, between 0 and 1.
    JensenShannon {
        /// Whether each of the two tracks holds logits.
        logits: [bool; 2],
    },
}

impl FoldKind {
    /// Name in the language.
    pub fn word(self) -> &'static str {
        match self {
            FoldKind::Reduce(reduction) => reduction.word(),
            FoldKind::Argmax => "argmax",
            FoldKind::At(_) => "one place",
            FoldKind::WeightedMean => "weighted mean",
            FoldKind::JensenShannon { .. } => "jsd",
        }
    }

    /// The result for the numbers of its tracks; NaN if there are too few tracks, or none at all.
    pub fn apply(self, tracks: &[&[f64]]) -> f64 {
        let track = |i: usize| tracks.get(i).copied().unwrap_or_default();
        match self {
            FoldKind::Reduce(reduction) => reduction.apply(track(0).iter().copied()),
            FoldKind::Argmax => argmax(track(0)),
            FoldKind::At(index) => track(0).get(index).copied().unwrap_or(f64::NAN),
            FoldKind::WeightedMean => {
                let (values, weights) = (track(0), track(1));
                let products = values.iter().zip(weights).map(|(x, w)| x * w);
                products.sum::<f64>() / weights.iter().sum::<f64>()
            }
            FoldKind::JensenShannon { logits } => {
                jensen_shannon_distance([track(0), track(1)], logits)
            }
        }
    }
}

/// Index of the greatest number, of equal ones the first; NaN if there is none or if a number is NaN.
fn argmax(numbers: &[f64]) -> f64 {
    if numbers.is_empty() || numbers.iter().any(|x| x.is_nan()) {
        return f64::NAN;
    }
    let mut best = 0;
    for (i, x) in numbers.iter().enumerate() {
        if *x > numbers[best] {
            best = i;
        }
    }
    best as f64
}

/// Softmax: exp(x) over the sum of all. The greatest x is subtracted first, so that no exponential overflows.
pub fn softmax(numbers: &mut [f64]) {
    let greatest = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for x in numbers.iter_mut() {
        *x = (*x - greatest).exp();
        sum += *x;
    }
    for x in numbers {
        *x /= sum;
    }
}

/// Largest relative error that is expected of an output of a network in float32: 16 units of rounding.
const OUTPUT_ERROR: f64 = 16.0 / (1 << 24) as f64;

/// The Jensen-Shannon distance in base 2 of two profiles of one length; NaN where one has a negative number or sums to 0.
///
/// The distance of two profiles that differ by less than outputs are rounded is 0: being a square root, it would otherwise
/// be far from 0 for every pair, and in one direction.
/// Lin, IEEE Transactions on Information Theory 37:145 (1991); Endres and Schindelin, ibid. 49:1858 (2003).
fn jensen_shannon_distance(profiles: [&[f64]; 2], logits: [bool; 2]) -> f64 {
    let mut error: f64 = 0.0;
    let normalised = |(profile, logits): (&[f64], bool)| {
        let mut profile = profile.to_vec();
        match logits {
            // An error of a logit is a relative error of its probability.
            true => {
                let greatest = profile.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
                error = error.max(OUTPUT_ERROR * greatest.max(1.0));
                softmax(&mut profile);
            }
            false => {
                error = error.max(OUTPUT_ERROR);
                let sum: f64 = profile.iter().sum();
                let is_negative = profile.iter().any(|x| *x < 0.0);
                let divisor = if is_negative { f64::NAN } else { sum };
                profile.iter_mut().for_each(|x| *x /= divisor);
            }
        }
        profile
    };
    let [p, q] = [(profiles[0], logits[0]), (profiles[1], logits[1])].map(normalised);
    let relative = |x: f64, mean: f64| if x > 0.0 { x * (x / mean).log2() } else { x };
    let terms = p.iter().zip(&q).map(|(p, q)| {
        let mean = 0.5 * (p + q);
        0.5 * (relative(*p, mean) + relative(*q, mean))
    });
    let distance = terms.sum::<f64>().max(0.0).sqrt();
    let has_nan = p.iter().chain(&q).any(|x| x.is_nan());
    // Of two profiles with a relative difference d at every place, the divergence is about d^2 / (8 log 2).
    let rounding = error / (8.0 * std::f64::consts::LN_2).sqrt();
    match distance {
        _ if has_nan || p.is_empty() => f64::NAN,
        distance if distance <= rounding => 0.0,
        distance => distance,
    }
}

impl<Leaf> Fold<Leaf> {
    /// A fold of one track.
    pub fn of(kind: FoldKind, track: Arc<Track<Leaf>>) -> Fold<Leaf> {
        Fold {
            kind,
            tracks: Box::new([track]),
        }
    }
}

impl<Leaf: Copy> Fold<Leaf> {
    /// The value for one sequence, given the value of each leaf.
    pub fn evaluate(&self, leaf: &mut impl FnMut(Leaf) -> f64) -> f64 {
        let tracks: Vec<Vec<f64>> = self.tracks.iter().map(|t| t.evaluate(leaf)).collect();
        let tracks: Vec<&[f64]> = tracks.iter().map(Vec::as_slice).collect();
        self.kind.apply(&tracks)
    }

    /// Calls `visit` on every leaf, in the order of the tracks.
    pub fn leaves(&self, visit: &mut impl FnMut(Leaf)) {
        self.tracks.iter().for_each(|track| track.leaves(visit));
    }

    /// The same fold with each leaf replaced by the result of `replace`.
    pub fn map<New>(&self, replace: &mut impl FnMut(Leaf) -> New) -> Fold<New> {
        let tracks = self.tracks.iter();
        Fold {
            kind: self.kind,
            tracks: tracks.map(|track| Arc::new(track.map(replace))).collect(),
        }
    }

    /// Number of nodes; the places of a track are not counted.
    pub fn size(&self) -> usize {
        1 + self.tracks.iter().map(|track| track.size()).sum::<usize>()
    }

    /// Number of nodes on the longest path from the root.
    pub fn depth(&self) -> usize {
        1 + self
            .tracks
            .iter()
            .map(|track| track.depth())
            .max()
            .unwrap_or(0)
    }
}

impl<Leaf> Track<Leaf> {
    /// Number of places.
    pub fn len(&self) -> usize {
        match self {
            Track::Leaves(leaves) => leaves.len(),
            Track::Constants(numbers) => numbers.len(),
            Track::Numbers(numbers) => numbers.len(),
            Track::Repeated(_, count) | Track::Part(_, _, count) => *count,
            Track::Negate(of) | Track::Call(_, of) | Track::Softmax(of) => of.len(),
            Track::Binary(_, left, _) => left.len(),
            Track::Mean(of) => of.first().map_or(0, Track::len),
            Track::UnderControl(of) => of.len(),
        }
    }

    /// Whether it has no place.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<Leaf: Copy> Track<Leaf> {
    /// The numbers for one sequence, given the value of each leaf. A [`Track::UnderControl`] evaluates to its operand.
    pub fn evaluate(&self, leaf: &mut impl FnMut(Leaf) -> f64) -> Vec<f64> {
        match self {
            Track::Leaves(leaves) => leaves.iter().map(|&l| leaf(l)).collect(),
            Track::Constants(numbers) => numbers.to_vec(),
            Track::Numbers(numbers) => numbers.iter().map(|of| of.evaluate(leaf)).collect(),
            Track::Repeated(number, count) => vec![number.evaluate(leaf); *count],
            Track::Negate(of) => each(of.evaluate(leaf), |x| -x),
            Track::Call(function, of) => each(of.evaluate(leaf), |x| function.apply(x)),
            Track::Binary(op, left, right) => {
                let mut numbers = left.evaluate(leaf);
                combine(&mut numbers, *op, &right.evaluate(leaf));
                numbers
            }
            Track::Softmax(of) => {
                let mut numbers = of.evaluate(leaf);
                softmax(&mut numbers);
                numbers
            }
            Track::Mean(of) => {
                let mut sums = vec![0.0; self.len()];
                for track in of {
                    combine(&mut sums, Arithmetic::Add, &track.evaluate(leaf));
                }
                let count = of.len() as f64;
                each(sums, |x| x / count)
            }
            Track::Part(of, start, count) => {
                let numbers = of.evaluate(leaf);
                numbers.get(*start..start + count).unwrap_or(&[]).to_vec()
            }
            Track::UnderControl(of) => of.evaluate(leaf),
        }
    }

    /// Calls `visit` on every leaf, left to right.
    pub fn leaves(&self, visit: &mut impl FnMut(Leaf)) {
        match self {
            Track::Leaves(leaves) => leaves.iter().for_each(|&leaf| visit(leaf)),
            Track::Constants(_) => {}
            Track::Numbers(numbers) => numbers.iter().for_each(|of| of.leaves(visit)),
            Track::Repeated(number, _) => number.leaves(visit),
            Track::Negate(of) | Track::Call(_, of) | Track::Softmax(of) => of.leaves(visit),
            Track::Binary(_, left, right) => {
                left.leaves(visit);
                right.leaves(visit);
            }
            Track::Mean(of) => of.iter().for_each(|track| track.leaves(visit)),
            Track::Part(of, ..) | Track::UnderControl(of) => of.leaves(visit),
        }
    }

    /// The same track with each leaf replaced by the result of `replace`.
    pub fn map<New>(&self, replace: &mut impl FnMut(Leaf) -> New) -> Track<New> {
        match self {
            Track::Leaves(leaves) => Track::Leaves(leaves.iter().map(|&l| replace(l)).collect()),
            Track::Constants(numbers) => Track::Constants(numbers.clone()),
            Track::Numbers(numbers) => {
                Track::Numbers(numbers.iter().map(|of| of.map(replace)).collect())
            }
            Track::Repeated(number, count) => {
                Track::Repeated(Box::new(number.map(replace)), *count)
            }
            Track::Negate(of) => Track::Negate(Box::new(of.map(replace))),
            Track::Call(function, of) => Track::Call(*function, Box::new(of.map(replace))),
            Track::Binary(op, left, right) => {
                let left = Box::new(left.map(replace));
                Track::Binary(*op, left, Box::new(right.map(replace)))
            }
            Track::Softmax(of) => Track::Softmax(Box::new(of.map(replace))),
            Track::Mean(of) => Track::Mean(of.iter().map(|track| track.map(replace)).collect()),
            Track::Part(of, start, count) => Track::Part(Arc::new(of.map(replace)), *start, *count),
            Track::UnderControl(of) => Track::UnderControl(Arc::new(of.map(replace))),
        }
    }

    /// Number of nodes; the places are not counted.
    pub fn size(&self) -> usize {
        1 + match self {
            Track::Leaves(_) | Track::Constants(_) => 0,
            Track::Numbers(numbers) => numbers.iter().map(Formula::size).sum(),
            Track::Repeated(number, _) => number.size(),
            Track::Negate(of) | Track::Call(_, of) | Track::Softmax(of) => of.size(),
            Track::Binary(_, left, right) => left.size() + right.size(),
            Track::Mean(of) => of.iter().map(Track::size).sum(),
            Track::Part(of, ..) | Track::UnderControl(of) => of.size(),
        }
    }

    /// Number of nodes on the longest path from the root.
    pub fn depth(&self) -> usize {
        1 + match self {
            Track::Leaves(_) | Track::Constants(_) => 0,
            Track::Numbers(numbers) => numbers.iter().map(Formula::depth).max().unwrap_or(0),
            Track::Repeated(number, _) => number.depth(),
            Track::Negate(of) | Track::Call(_, of) | Track::Softmax(of) => of.depth(),
            Track::Binary(_, left, right) => left.depth().max(right.depth()),
            Track::Mean(of) => of.iter().map(Track::depth).max().unwrap_or(0),
            Track::Part(of, ..) | Track::UnderControl(of) => of.depth(),
        }
    }

    /// Whether the track is compared with the control: whether it holds a [`Track::UnderControl`].
    pub fn reads_control(&self) -> bool {
        match self {
            Track::Leaves(_) | Track::Constants(_) => false,
            Track::Numbers(numbers) => numbers.iter().any(Formula::reads_control),
            Track::Repeated(number, _) => number.reads_control(),
            Track::Negate(of) | Track::Call(_, of) | Track::Softmax(of) => of.reads_control(),
            Track::Binary(_, left, right) => left.reads_control() || right.reads_control(),
            Track::Mean(of) => of.iter().any(Track::reads_control),
            Track::Part(of, ..) => of.reads_control(),
            Track::UnderControl(_) => true,
        }
    }
}

fn each(mut numbers: Vec<f64>, f: impl Fn(f64) -> f64) -> Vec<f64> {
    numbers.iter_mut().for_each(|x| *x = f(*x));
    numbers
}

fn combine(left: &mut [f64], op: Arithmetic, right: &[f64]) {
    for (a, b) in left.iter_mut().zip(right) {
        *a = op.apply(*a, *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equal_numbers_is_the_summit() {
        assert_eq!(FoldKind::Argmax.apply(&[&[1.0, 3.0, 3.0, 2.0]]), 1.0);
        assert!(FoldKind::Argmax.apply(&[&[1.0, f64::NAN]]).is_nan());
        assert!(FoldKind::Argmax.apply(&[&[]]).is_nan());
    }

    #[test]
    fn jensen_shannon_lies_between_equal_and_disjoint_profiles() {
        let counts = FoldKind::JensenShannon {
            logits: [false, false],
        };
        assert_eq!(counts.apply(&[&[1.0, 2.0], &[10.0, 20.0]]), 0.0);
        assert_eq!(counts.apply(&[&[1.0, 0.0], &[0.0, 5.0]]), 1.0);
        assert!(counts.apply(&[&[1.0, -1.0], &[1.0, 1.0]]).is_nan());
        assert!(counts.apply(&[&[0.0, 0.0], &[1.0, 1.0]]).is_nan());
        let logits = FoldKind::JensenShannon {
            logits: [true, true],
        };
        // The same profile but for a constant, and but for rounding of float32.
        assert_eq!(logits.apply(&[&[3.0, -2.0], &[1003.0, 998.0]]), 0.0);
        assert_eq!(logits.apply(&[&[9.0, -2.0], &[9.000001, -2.0]]), 0.0);
        assert!(logits.apply(&[&[9.0, -2.0], &[9.1, -2.0]]) > 1e-5);
    }
}
