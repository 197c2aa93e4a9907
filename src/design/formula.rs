//! Formulas that are evaluated for each background: over model outputs (outcomes) or over arms (contrasts).

use std::sync::Arc;

use crate::track::Fold;

/// An arithmetic expression, evaluated in float64 once for each background.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula<Leaf> {
    /// A value of the background: an output of a model, or the outcome under an arm.
    Leaf(Leaf),
    /// A constant of the script.
    Constant(f64),
    /// The negated operand.
    Negate(Box<Formula<Leaf>>),
    /// A binary operation with its left and right operand.
    Binary(Arithmetic, Box<Formula<Leaf>>, Box<Formula<Leaf>>),
    /// A unary function with its argument.
    Call(Function, Box<Formula<Leaf>>),
    /// A reduction of several operands, from left to right.
    Reduce(Reduction, Vec<Formula<Leaf>>),
    /// One number of tracks. Lowering to a plan replaces it by a reading, so it is found only in formulas over model outputs.
    Fold(Arc<Fold<Leaf>>),
    /// The mean over all backgrounds. If a formula has such a node, every leaf must be inside one.
    Overall(Box<Formula<Leaf>>),
}

/// A reduction of several numbers to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    /// The sum.
    Sum,
    /// The arithmetic mean.
    Mean,
    /// The greatest number.
    Max,
    /// The smallest number.
    Min,
}

impl Reduction {
    /// Name in the language.
    pub fn word(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Max => "max",
            Reduction::Min => "min",
        }
    }

    /// The operation that accumulates the next number. A mean accumulates a sum, which is divided at the end.
    pub fn step(self) -> Arithmetic {
        match self {
            Reduction::Sum | Reduction::Mean => Arithmetic::Add,
            Reduction::Max => Arithmetic::Max,
            Reduction::Min => Arithmetic::Min,
        }
    }

    /// Reduces the numbers; NaN if there are none.
    pub fn apply(self, numbers: impl IntoIterator<Item = f64>) -> f64 {
        let mut numbers = numbers.into_iter();
        let Some(mut all) = numbers.next() else {
            return f64::NAN;
        };
        let mut count = 1.0;
        for number in numbers {
            all = self.step().apply(all, number);
            count += 1.0;
        }
        match self {
            Reduction::Mean => all / count,
            _ => all,
        }
    }
}

/// A binary operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `a + b`.
    Add,
    /// `a - b`.
    Subtract,
    /// `a * b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a ^ b`: `a` to the power of `b`.
    Power,
    /// The greater of the two.
    Max,
    /// The smaller of the two.
    Min,
}

/// A unary function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// e to the power of x.
    Exp,
    /// Natural logarithm.
    Log,
    /// Logarithm to base 2.
    Log2,
    /// Logarithm to base 10.
    Log10,
    /// Natural logarithm of 1 + x, accurate near 0.
    Log1p,
    /// Square root.
    Sqrt,
    /// Absolute value.
    Abs,
    /// Log odds of a probability: log(x / (1 - x)).
    Logit,
    /// Logistic function, the inverse of `Logit`: 1 / (1 + exp(-x)).
    Sigmoid,
    /// Softplus: log(1 + exp(x)).
    Softplus,
    /// x itself, which counts as a constant where the formula is attributed: what it is for the sequence that is asked.
    Frozen,
}

impl Function {
    /// Name in the language.
    pub fn word(self) -> &'static str {
        match self {
            Function::Exp => "exp",
            Function::Log => "log",
            Function::Log2 => "log2",
            Function::Log10 => "log10",
            Function::Log1p => "log1p",
            Function::Sqrt => "sqrt",
            Function::Abs => "abs",
            Function::Logit => "logit",
            Function::Sigmoid => "sigmoid",
            Function::Softplus => "softplus",
            Function::Frozen => "frozen",
        }
    }

    /// The value at `x`; NaN outside the domain, infinite at a pole.
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Function::Exp => x.exp(),
            Function::Log => x.ln(),
            Function::Log2 => x.log2(),
            Function::Log10 => x.log10(),
            Function::Log1p => x.ln_1p(),
            Function::Sqrt => x.sqrt(),
            Function::Abs => x.abs(),
            Function::Logit => (x / (1.0 - x)).ln(),
            Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            // log(1 + exp(x)) without a large exponential.
            Function::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
            Function::Frozen => x,
        }
    }
}

impl Function {
    /// The derivative at `x`.
    pub fn slope(self, x: f64) -> f64 {
        match self {
            Function::Exp => x.exp(),
            Function::Log => 1.0 / x,
            Function::Log2 => 1.0 / (x * std::f64::consts::LN_2),
            Function::Log10 => 1.0 / (x * std::f64::consts::LN_10),
            Function::Log1p => 1.0 / (1.0 + x),
            Function::Sqrt => 0.5 / x.sqrt(),
            Function::Abs => x.signum(),
            Function::Logit => 1.0 / (x * (1.0 - x)),
            Function::Sigmoid => {
                let y = Function::Sigmoid.apply(x);
                y * (1.0 - y)
            }
            Function::Softplus => Function::Sigmoid.apply(x),
            // Attributions alone take it as a constant.
            Function::Frozen => 1.0,
        }
    }
}

impl Arithmetic {
    /// Value and derivative of the result, given (value, derivative) of both operands.
    fn tangent(self, (a, da): (f64, f64), (b, db): (f64, f64)) -> (f64, f64) {
        let slope = match self {
            Arithmetic::Add => da + db,
            Arithmetic::Subtract => da - db,
            Arithmetic::Multiply => da * b + a * db,
            Arithmetic::Divide => (da - a / b * db) / b,
            Arithmetic::Power if db == 0.0 => b * a.powf(b - 1.0) * da,
            Arithmetic::Power => a.powf(b) * (db * a.ln() + b * da / a),
            Arithmetic::Max if a >= b => da,
            Arithmetic::Min if a <= b => da,
            Arithmetic::Max | Arithmetic::Min => db,
        };
        (self.apply(a, b), slope)
    }

    /// The result for the operands `a` and `b` by IEEE 754: division by zero gives infinity or NaN.
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Arithmetic::Add => a + b,
            Arithmetic::Subtract => a - b,
            Arithmetic::Multiply => a * b,
            Arithmetic::Divide => a / b,
            Arithmetic::Power => a.powf(b),
            Arithmetic::Max => a.max(b),
            Arithmetic::Min => a.min(b),
        }
    }
}

impl<Leaf: Copy> Formula<Leaf> {
    /// The value for one background, given the value of each leaf. A [`Formula::Overall`] evaluates to its operand.
    pub fn evaluate(&self, leaf: &mut impl FnMut(Leaf) -> f64) -> f64 {
        match self {
            Formula::Leaf(l) => leaf(*l),
            Formula::Constant(c) => *c,
            Formula::Negate(a) => -a.evaluate(leaf),
            Formula::Overall(a) => a.evaluate(leaf),
            Formula::Binary(op, a, b) => {
                let a = a.evaluate(leaf);
                op.apply(a, b.evaluate(leaf))
            }
            Formula::Call(f, a) => f.apply(a.evaluate(leaf)),
            Formula::Reduce(reduction, of) => {
                reduction.apply(of.iter().map(|part| part.evaluate(leaf)))
            }
            Formula::Fold(fold) => fold.evaluate(leaf),
        }
    }

    /// The value of a constant formula; none if there is a leaf.
    pub fn constant(&self) -> Option<f64> {
        let mut leaves = 0;
        self.leaves(&mut |_| leaves += 1);
        (leaves == 0).then(|| self.evaluate(&mut |_| 0.0))
    }

    /// Number of nodes: leaves, constants, operators, functions and reductions.
    pub fn size(&self) -> usize {
        match self {
            Formula::Leaf(_) | Formula::Constant(_) => 1,
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => 1 + a.size(),
            Formula::Binary(_, a, b) => 1 + a.size() + b.size(),
            Formula::Reduce(_, of) => 1 + of.iter().map(Formula::size).sum::<usize>(),
            Formula::Fold(fold) => fold.size(),
        }
    }

    /// Number of nodes on the longest path from the root to a leaf or constant.
    pub fn depth(&self) -> usize {
        1 + match self {
            Formula::Leaf(_) | Formula::Constant(_) => 0,
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => a.depth(),
            Formula::Binary(_, a, b) => a.depth().max(b.depth()),
            Formula::Reduce(_, of) => of.iter().map(Formula::depth).max().unwrap_or(0),
            Formula::Fold(fold) => fold.depth(),
        }
    }

    /// Whether the formula compares the sequence with that of the control.
    pub fn reads_control(&self) -> bool {
        match self {
            Formula::Leaf(_) | Formula::Constant(_) => false,
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => a.reads_control(),
            Formula::Binary(_, a, b) => a.reads_control() || b.reads_control(),
            Formula::Reduce(_, of) => of.iter().any(Formula::reads_control),
            Formula::Fold(fold) => fold.tracks.iter().any(|track| track.reads_control()),
        }
    }

    /// The same formula with each leaf replaced by the result of `replace`.
    pub fn map<New>(&self, replace: &mut impl FnMut(Leaf) -> New) -> Formula<New> {
        let mut boxed = |formula: &Formula<Leaf>| Box::new(formula.map(replace));
        match self {
            Formula::Leaf(leaf) => Formula::Leaf(replace(*leaf)),
            Formula::Constant(number) => Formula::Constant(*number),
            Formula::Negate(inner) => Formula::Negate(boxed(inner)),
            Formula::Binary(operation, left, right) => {
                Formula::Binary(*operation, boxed(left), boxed(right))
            }
            Formula::Call(function, inner) => Formula::Call(*function, boxed(inner)),
            Formula::Reduce(reduction, operands) => Formula::Reduce(
                *reduction,
                operands
                    .iter()
                    .map(|operand| operand.map(replace))
                    .collect(),
            ),
            Formula::Fold(fold) => Formula::Fold(Arc::new(fold.map(replace))),
            Formula::Overall(inner) => Formula::Overall(boxed(inner)),
        }
    }

    /// Calls `visit` on every leaf, left to right.
    pub fn leaves(&self, visit: &mut impl FnMut(Leaf)) {
        match self {
            Formula::Leaf(l) => visit(*l),
            Formula::Constant(_) => {}
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => a.leaves(visit),
            Formula::Binary(_, a, b) => {
                a.leaves(visit);
                b.leaves(visit);
            }
            Formula::Reduce(_, of) => of.iter().for_each(|part| part.leaves(visit)),
            Formula::Fold(fold) => fold.leaves(visit),
        }
    }

    /// The operands of all [`Formula::Overall`] nodes, left to right; empty if the formula has a value for each background.
    pub fn overall(&self) -> Vec<&Formula<Leaf>> {
        let mut found = Vec::new();
        self.find_overall(&mut found);
        found
    }

    fn find_overall<'f>(&'f self, found: &mut Vec<&'f Formula<Leaf>>) {
        match self {
            // A fold is of one background.
            Formula::Leaf(_) | Formula::Constant(_) | Formula::Fold(_) => {}
            Formula::Overall(a) => found.push(a),
            Formula::Negate(a) | Formula::Call(_, a) => a.find_overall(found),
            Formula::Binary(_, a, b) => {
                a.find_overall(found);
                b.find_overall(found);
            }
            Formula::Reduce(_, of) => of.iter().for_each(|part| part.find_overall(found)),
        }
    }

    /// Whether some leaves are inside a [`Formula::Overall`] and others are not. The checker rejects such formulas.
    pub fn is_mixed(&self) -> bool {
        let within: usize = self.overall().iter().map(|part| part.count_leaves()).sum();
        within > 0 && within < self.count_leaves()
    }

    fn count_leaves(&self) -> usize {
        let mut count = 0;
        self.leaves(&mut |_| count += 1);
        count
    }

    /// The value of a formula of means, and its partial derivative with respect to one of them (forward-mode differentiation).
    ///
    /// `means` are the values of the operands of [`Formula::overall`], in the same order, and `along` is an index into them. A leaf outside of
    /// every [`Formula::Overall`] makes both results NaN.
    pub fn tangent(&self, means: &[f64], along: usize) -> (f64, f64) {
        self.tangent_from(means, along, &mut 0)
    }

    fn tangent_from(&self, means: &[f64], along: usize, next: &mut usize) -> (f64, f64) {
        match self {
            Formula::Leaf(_) | Formula::Fold(_) => (f64::NAN, f64::NAN),
            Formula::Constant(c) => (*c, 0.0),
            Formula::Overall(_) => {
                let index = *next;
                *next += 1;
                (means[index], if index == along { 1.0 } else { 0.0 })
            }
            Formula::Negate(a) => {
                let (a, slope) = a.tangent_from(means, along, next);
                (-a, -slope)
            }
            Formula::Call(function, a) => {
                let (a, slope) = a.tangent_from(means, along, next);
                (function.apply(a), function.slope(a) * slope)
            }
            Formula::Binary(op, a, b) => {
                let a = a.tangent_from(means, along, next);
                let b = b.tangent_from(means, along, next);
                op.tangent(a, b)
            }
            Formula::Reduce(reduction, of) => {
                let mut all: Option<(f64, f64)> = None;
                for part in of {
                    let part = part.tangent_from(means, along, next);
                    all = Some(match all {
                        Some(all) => reduction.step().tangent(all, part),
                        None => part,
                    });
                }
                let (value, slope) = all.unwrap_or((f64::NAN, f64::NAN));
                match reduction {
                    Reduction::Mean => (value / of.len() as f64, slope / of.len() as f64),
                    _ => (value, slope),
                }
            }
        }
    }
}
