//! Arithmetic over numbers that are known for each background only: a model's outputs, or the outcome under arms.

/// Arithmetic over leaves, worked out once per background.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula<Leaf> {
    Leaf(Leaf),
    Constant(f64),
    Negate(Box<Formula<Leaf>>),
    Binary(Arithmetic, Box<Formula<Leaf>>, Box<Formula<Leaf>>),
    Call(Function, Box<Formula<Leaf>>),
    /// Of several at least, from left to right.
    Reduce(Reduction, Vec<Formula<Leaf>>),
    /// The mean over all backgrounds, one number for all of them. Where a formula holds one, every leaf is in one.
    Overall(Box<Formula<Leaf>>),
}

/// From several numbers to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    Sum,
    Mean,
    Max,
    Min,
}

impl Reduction {
    /// The word that names it in the language.
    pub fn word(self) -> &'static str {
        match self {
            Reduction::Sum => "sum",
            Reduction::Mean => "mean",
            Reduction::Max => "max",
            Reduction::Min => "min",
        }
    }

    /// How the next number is taken in.
    pub fn step(self) -> Arithmetic {
        match self {
            Reduction::Sum | Reduction::Mean => Arithmetic::Add,
            Reduction::Max => Arithmetic::Max,
            Reduction::Min => Arithmetic::Min,
        }
    }

    /// The one number of several; not a number for none.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Max,
    Min,
}

/// Functions of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Exp,
    Log,
    Log2,
    Log10,
    Log1p,
    Sqrt,
    Abs,
    Logit,
    Sigmoid,
    Softplus,
}

impl Function {
    /// The word that names it in the language.
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
        }
    }

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
        }
    }
}

impl Function {
    /// The derivative.
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
        }
    }
}

impl Arithmetic {
    /// A value with its derivative, from two such.
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
    /// The value, given one for each leaf; for a single background, over which each [`Formula::Overall`] is what it holds.
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
        }
    }

    /// The value of a formula without leaves.
    pub fn constant(&self) -> Option<f64> {
        let mut leaves = 0;
        self.leaves(&mut |_| leaves += 1);
        (leaves == 0).then(|| self.evaluate(&mut |_| 0.0))
    }

    /// Leaves, constants and operators.
    pub fn size(&self) -> usize {
        match self {
            Formula::Leaf(_) | Formula::Constant(_) => 1,
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => 1 + a.size(),
            Formula::Binary(_, a, b) => 1 + a.size() + b.size(),
            Formula::Reduce(_, of) => 1 + of.iter().map(Formula::size).sum::<usize>(),
        }
    }

    /// How many parts lie inside each other.
    pub fn depth(&self) -> usize {
        1 + match self {
            Formula::Leaf(_) | Formula::Constant(_) => 0,
            Formula::Negate(a) | Formula::Call(_, a) | Formula::Overall(a) => a.depth(),
            Formula::Binary(_, a, b) => a.depth().max(b.depth()),
            Formula::Reduce(_, of) => of.iter().map(Formula::depth).max().unwrap_or(0),
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
        }
    }

    /// The means over all backgrounds that it is made of, left to right; none where it is worked out for each background.
    pub fn overall(&self) -> Vec<&Formula<Leaf>> {
        let mut found = Vec::new();
        self.find_overall(&mut found);
        found
    }

    fn find_overall<'f>(&'f self, found: &mut Vec<&'f Formula<Leaf>>) {
        match self {
            Formula::Leaf(_) | Formula::Constant(_) => {}
            Formula::Overall(a) => found.push(a),
            Formula::Negate(a) | Formula::Call(_, a) => a.find_overall(found),
            Formula::Binary(_, a, b) => {
                a.find_overall(found);
                b.find_overall(found);
            }
            Formula::Reduce(_, of) => of.iter().for_each(|part| part.find_overall(found)),
        }
    }

    /// Whether some leaf is in an [`Formula::Overall`] and some is not: a number of one background beside one of all.
    pub fn is_mixed(&self) -> bool {
        let within: usize = self.overall().iter().map(|part| part.count_leaves()).sum();
        within > 0 && within < self.count_leaves()
    }

    fn count_leaves(&self) -> usize {
        let mut count = 0;
        self.leaves(&mut |_| count += 1);
        count
    }

    /// The value, given those of its means over all backgrounds, left to right, and how fast it changes as one of them does.
    pub fn tangent(&self, means: &[f64], along: usize) -> (f64, f64) {
        self.tangent_from(means, along, &mut 0)
    }

    fn tangent_from(&self, means: &[f64], along: usize, seen: &mut usize) -> (f64, f64) {
        match self {
            Formula::Leaf(_) => (f64::NAN, f64::NAN),
            Formula::Constant(c) => (*c, 0.0),
            Formula::Overall(_) => {
                let place = *seen;
                *seen += 1;
                (means[place], if place == along { 1.0 } else { 0.0 })
            }
            Formula::Negate(a) => {
                let (a, slope) = a.tangent_from(means, along, seen);
                (-a, -slope)
            }
            Formula::Call(function, a) => {
                let (a, slope) = a.tangent_from(means, along, seen);
                (function.apply(a), function.slope(a) * slope)
            }
            Formula::Binary(op, a, b) => {
                let a = a.tangent_from(means, along, seen);
                let b = b.tangent_from(means, along, seen);
                op.tangent(a, b)
            }
            Formula::Reduce(reduction, of) => {
                let mut all: Option<(f64, f64)> = None;
                for part in of {
                    let part = part.tangent_from(means, along, seen);
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
