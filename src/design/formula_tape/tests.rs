use super::*;
use crate::{Fold, FoldKind, Track};
use std::sync::Arc;

type Leaves = Formula<usize>;

fn leaf(index: usize) -> Box<Leaves> {
    Box::new(Formula::Leaf(index))
}

fn all(count: usize) -> Arc<Track<usize>> {
    Arc::new(Track::Leaves((0..count).collect()))
}

/// Formulas of four leaves that use every rule.
fn formulas() -> Vec<Leaves> {
    let binary = |op, a, b| Formula::Binary(op, a, b);
    let ratio = binary(Arithmetic::Divide, leaf(0), leaf(1));
    let softmax = Arc::new(Track::Softmax(Box::new((*all(4)).clone())));
    let fold = |kind, tracks: Vec<Arc<Track<usize>>>| {
        let tracks = tracks.into_boxed_slice();
        Formula::Fold(Arc::new(Fold { kind, tracks }))
    };
    let scores = Track::Binary(
        Arithmetic::Subtract,
        Box::new(Track::Call(Function::Exp, Box::new((*all(4)).clone()))),
        Box::new(Track::Repeated(leaf(2), 4)),
    );
    let numbers = Track::Numbers(vec![*leaf(1), ratio.clone(), Formula::Constant(0.7)]);
    vec![
        Formula::Call(Function::Log2, Box::new(ratio.clone())),
        binary(Arithmetic::Multiply, Box::new(ratio.clone()), leaf(2)),
        binary(Arithmetic::Power, leaf(0), leaf(3)),
        binary(Arithmetic::Power, leaf(0), Box::new(Formula::Constant(2.5))),
        Formula::Negate(Box::new(binary(Arithmetic::Max, leaf(0), leaf(1)))),
        binary(Arithmetic::Min, leaf(2), leaf(1)),
        Formula::Reduce(Reduction::Max, (0..4).map(Formula::Leaf).collect()),
        Formula::Reduce(Reduction::Mean, vec![*leaf(0), ratio, *leaf(0)]),
        fold(FoldKind::At(2), vec![softmax.clone()]),
        fold(FoldKind::WeightedMean, vec![all(4), softmax.clone()]),
        fold(
            FoldKind::Reduce(Reduction::Min),
            vec![Arc::new(scores.clone())],
        ),
        fold(
            FoldKind::Reduce(Reduction::Sum),
            vec![Arc::new(Track::Part(Arc::new(scores), 1, 2))],
        ),
        fold(FoldKind::Reduce(Reduction::Max), vec![Arc::new(numbers)]),
        fold(
            FoldKind::At(1),
            vec![Arc::new(Track::Mean(vec![
                (*all(4)).clone(),
                (*softmax).clone(),
            ]))],
        ),
        Formula::Call(Function::Sigmoid, leaf(3)),
        Formula::Call(Function::Softplus, leaf(3)),
        Formula::Call(Function::Sqrt, leaf(3)),
    ]
}

/// The value of a leaf of a formula of leaves.
fn values(tape: &FormulaTape<usize>, of: &[f64]) -> Vec<f64> {
    tape.leaves().iter().map(|&leaf| of[leaf]).collect()
}

#[test]
fn multipliers_times_differences_add_up() {
    let cases = [
        ([0.9, 1.7, 0.4, 2.2], [1.4, 0.6, 0.8, 0.5]),
        ([0.9, 1.7, 0.4, 2.2], [0.9, 1.7, 0.4, 2.1]),
        ([5.0, 1.7, 30.0, 2.2], [1e-3, 1.7, 0.4, 9.0]),
    ];
    for formula in formulas() {
        let tape = FormulaTape::new(&formula).expect("a rule for each");
        for (input, reference) in &cases {
            let (x, r) = (values(&tape, input), values(&tape, reference));
            let expected = formula.evaluate(&mut |leaf| input[leaf])
                - formula.evaluate(&mut |leaf| reference[leaf]);
            let multipliers = tape.multipliers(&x, &r, &tape.frozen(&x));
            let sum: f64 = multipliers
                .iter()
                .zip(x.iter().zip(&r))
                .map(|(m, (x, r))| m * (x - r))
                .sum();
            assert!(
                (sum - expected).abs() <= 1e-10 * expected.abs().max(1.0),
                "{formula:?}: {sum} and {expected}"
            );
            assert_eq!(
                tape.value(&x, &tape.frozen(&x)),
                formula.evaluate(&mut |leaf| input[leaf])
            );
        }
    }
}

#[test]
fn multipliers_of_equal_sides_are_derivatives() {
    let at = [0.9, 1.7, 0.4, 2.2];
    for formula in formulas() {
        let tape = FormulaTape::new(&formula).expect("a rule for each");
        let x = values(&tape, &at);
        let multipliers = tape.multipliers(&x, &x, &tape.frozen(&x));
        for (number, multiplier) in multipliers.iter().enumerate() {
            let step = 1e-5;
            let moved = |by: f64| {
                let mut moved = x.clone();
                moved[number] += by;
                tape.value(&moved, &tape.frozen(&moved))
            };
            let derivative = (moved(step) - moved(-step)) / (2.0 * step);
            assert!(
                (derivative - multiplier).abs() < 1e-6 * derivative.abs().max(1.0),
                "{formula:?}: {multiplier} and {derivative}"
            );
        }
    }
}

#[test]
fn multipliers_are_constant_where_a_formula_is_linear() {
    let half = Box::new(Formula::Constant(2.0));
    let linear = Formula::Binary(
        Arithmetic::Subtract,
        Box::new(Formula::Binary(Arithmetic::Divide, leaf(7), half)),
        Box::new(Formula::Reduce(
            Reduction::Mean,
            vec![*leaf(3), *leaf(7), *leaf(3), *leaf(1)],
        )),
    );
    let tape = FormulaTape::new(&linear).expect("linear");
    assert_eq!(tape.leaves(), [7, 3, 1]);
    assert_eq!(tape.constant_multipliers(), Some(vec![0.25, -0.5, -0.25]));
    let is_constant = |formula: &Leaves| {
        let tape = FormulaTape::new(formula).expect("a rule for each");
        tape.constant_multipliers().is_some()
    };
    assert!(!formulas().iter().any(is_constant));
    let constant = Formula::Call(Function::Exp, Box::new(Formula::Constant(1.0)));
    let scaled = Formula::Binary(Arithmetic::Multiply, Box::new(constant), leaf(0));
    assert!(is_constant(&scaled));
}

#[test]
fn what_has_no_rule_is_named() {
    let summit = Formula::Fold(Arc::new(Fold::of(FoldKind::Argmax, all(3))));
    let tape = FormulaTape::new(&summit).expect("steps");
    assert_eq!(tape.without_rule(), Some(WithoutRule("argmax")));
    assert_eq!(tape.value(&[1.0, 3.0, 2.0], &tape.frozen(&[])), 1.0);
}

/// What is frozen is what it is for the input, on both sides.
#[test]
fn frozen_factors_are_those_of_the_input() {
    let formula = Formula::Binary(
        Arithmetic::Multiply,
        Box::new(Formula::Call(Function::Frozen, leaf(0))),
        leaf(1),
    );
    let tape = FormulaTape::new(&formula).expect("rules for all");
    assert!(tape.is_frozen_in_part());
    assert_eq!(tape.constant_multipliers(), None);
    let (x, r) = ([3.0, 5.0], [7.0, 1.0]);
    let frozen = tape.frozen(&x);
    assert_eq!(tape.multipliers(&x, &r, &frozen), [0.0, 3.0]);
    assert_eq!(tape.value(&x, &frozen) - tape.value(&r, &frozen), 12.0);
    assert_eq!(tape.value(&r, &FrozenValues::default()), 7.0);
}
