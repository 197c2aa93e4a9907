//! Limits on what evaluation may build and how long it may take, all in one place.
//!
//! A script of a few lines can ask for more than any machine holds, by doubling a construct forty times. What would
//! grow past its limit is refused before it is built, and the message names it and the limit.

use super::value::Value;
use super::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic, Outcome, count};
use gia_base::source::Span;
use gia_design::Formula;
use gia_domain::{Origin, Part, PartKind, Population};

/// A quantity that can grow, with its maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Items of one list or map, those of the lists in it included.
    Items,
    /// Motifs and gaps of one construct.
    Parts,
    /// Outputs, arms, numbers and operators of one formula.
    Formula,
    /// Depth of one formula, which evaluation recurses over.
    FormulaDepth,
    /// Null models and sets that one null model is made of.
    Populations,
    /// Depth of lists inside lists and of null models inside null models.
    Depth,
    /// Numbers in the table of a built-in model.
    Table,
    /// Grid points of one experiment.
    Points,
    /// Grid points of all experiments of a script.
    AllPoints,
    /// Depth of calls inside calls.
    Calls,
    /// Depth of expressions inside expressions, through calls too.
    Nesting,
    /// Steps of evaluation over the whole script; [`VALUES_PER_STEP`] new values count as one more.
    Steps,
}

impl Limit {
    pub const fn maximum(self) -> u64 {
        match self {
            Limit::Items | Limit::Parts | Limit::Table | Limit::Points => 1_000_000,
            Limit::AllPoints => 2_000_000,
            Limit::Formula => 20_000,
            Limit::FormulaDepth => 2000,
            Limit::Populations => 10_000,
            Limit::Depth => 100,
            Limit::Calls => 4000,
            Limit::Nesting => 20_000,
            Limit::Steps => 2_000_000,
        }
    }

    /// The parts of the message before and behind the amount.
    fn message_parts(self) -> (&'static str, &'static str) {
        match self {
            Limit::Items => ("the list would hold", "values"),
            Limit::Parts => ("the construct would have", "parts"),
            Limit::Formula => ("the formula would have", "parts"),
            Limit::FormulaDepth => ("the formula would have", "parts inside each other"),
            Limit::Populations => ("the null model would be made of", "others"),
            Limit::Depth => ("the value would have", "others inside each other"),
            Limit::Table => ("the model would hold a table of", "numbers"),
            Limit::Points => ("the grid has", "points"),
            Limit::AllPoints => ("the grids of the script have", "points"),
            Limit::Calls => ("there would be", "calls inside each other"),
            Limit::Nesting => ("there would be", "expressions inside each other"),
            Limit::Steps => ("working this out takes", "steps"),
        }
    }

    /// Refuses an amount above the limit.
    ///
    /// # Errors
    /// [`Code::BudgetExceeded`] without a span; the caller adds it.
    #[inline]
    pub fn check_within(self, amount: f64) -> Outcome<()> {
        if amount <= self.maximum() as f64 {
            return Ok(());
        }
        self.limit_error(amount)
    }

    #[cold]
    fn limit_error(self, amount: f64) -> Outcome<()> {
        let (what, of) = self.message_parts();
        let message = if amount < 1e15 {
            format!(
                "{what} {} {of}, more than {}",
                count(amount),
                count(self.maximum())
            )
        } else {
            format!("{what} more than {} {of}", count(self.maximum()))
        };
        Err(Box::new(Diagnostic::error(Code::BudgetExceeded, message)))
    }
}

/// Additional steps for each grid point, where statements are evaluated anew.
const STEPS_PER_POINT: u64 = 1000;
/// Maximum number of steps, however many grid points there are.
const MAX_STEPS: u64 = 200_000_000;

/// Resource limits of a check: counts evaluation steps and values, and refuses a script that exceeds them.
#[derive(Debug)]
pub struct Budget {
    steps: u64,
    allowed: u64,
    points: u64,
    /// Whether too many steps have been reported; from then on everything is refused without a diagnostic.
    is_spent: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Budget {
            steps: 0,
            allowed: Limit::Steps.maximum(),
            points: 0,
            is_spent: false,
        }
    }
}

impl Budget {
    /// Counts the grid of an experiment and allows steps for its points.
    pub fn add_points(&mut self, points: usize) -> Outcome<()> {
        Limit::Points.check_within(points as f64)?;
        self.points += points as u64;
        Limit::AllPoints.check_within(self.points as f64)?;
        self.allowed = (Limit::Steps.maximum() + STEPS_PER_POINT * self.points).min(MAX_STEPS);
        Ok(())
    }
}

impl Checker<'_> {
    /// Counts steps of evaluation.
    #[inline]
    pub(super) fn spend(&mut self, steps: u64, span: Span) -> EvalResult<()> {
        self.budget.steps = self.budget.steps.saturating_add(steps);
        if self.budget.steps <= self.budget.allowed {
            return Ok(());
        }
        self.step_limit_error(span)
    }

    #[cold]
    fn step_limit_error(&mut self, span: Span) -> EvalResult<()> {
        if std::mem::replace(&mut self.budget.is_spent, true) {
            return Err(super::ErrorReported);
        }
        let allowed = count(self.budget.allowed);
        self.fail(
            Diagnostic::error(
                Code::BudgetExceeded,
                format!("the script takes more than {allowed} steps to work out"),
            )
            .at(span, "still at work here"),
        )
    }

    /// Counts a new value and returns it, unless it exceeds a limit.
    pub(super) fn count_value(&mut self, value: Value, span: Span) -> EvalResult<Value> {
        let size = self.place(size(&value), span, "here")?;
        self.spend_on_values(size.values, span)?;
        Ok(value)
    }

    /// Counts values that a step makes at once.
    pub(super) fn spend_on_values(&mut self, values: u64, span: Span) -> EvalResult<()> {
        self.spend(values / VALUES_PER_STEP, span)
    }
}

/// Number of values reachable from a value, counted with repetition, and their depth.
#[derive(Debug, Clone, Copy)]
struct Size {
    values: u64,
    depth: u64,
}

/// New values that cost as much as one step.
const VALUES_PER_STEP: u64 = 4;

/// Bytes of names and columns of motifs that count as one value.
const LETTERS_PER_VALUE: usize = 16;

/// The size of a value whose parts are within bounds themselves.
fn size(value: &Value) -> Outcome<Size> {
    let (limit, size) = match value {
        Value::None
        | Value::Error
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Share(_)
        | Value::Quantile(_)
        | Value::Length(_)
        | Value::Position(_)
        | Value::Region { .. }
        | Value::Anywhere(_)
        | Value::Model(_)
        | Value::Head(_)
        | Value::Evaluation(_)
        | Value::Function(_)
        | Value::Experiment(_)
        | Value::Edit(_)
        | Value::Variant
        | Value::Haplotype(_)
        | Value::Module(_) => {
            return Ok(Size {
                values: 1,
                depth: 1,
            });
        }
        Value::Arm(edits) => {
            return Ok(Size {
                values: edits.len() as u64,
                depth: 1,
            });
        }
        Value::Text(text) => {
            return Ok(Size {
                values: letters(text.len()),
                depth: 1,
            });
        }
        Value::Motif(motif) => {
            let values = letters(motif.name.len() + motif.width());
            return Ok(Size { values, depth: 1 });
        }
        Value::Construct(construct) => {
            let values = construct.parts.iter().map(part).sum();
            (Limit::Parts, Size { values, depth: 1 })
        }
        Value::List(items) | Value::Cluster(items) => (Limit::Items, row(items.iter())?),
        Value::Map(entries) => (
            Limit::Items,
            row(entries.iter().flat_map(|(key, value)| [key, value]))?,
        ),
        Value::Population(population) => (Limit::Populations, of_population(population)),
        Value::First { of, .. } => (Limit::Populations, of_population(of)),
        Value::Track(track) => {
            let size = Size {
                values: (track.track.size() + track.len()) as u64,
                depth: track.track.depth() as u64,
            };
            Limit::Items.check_within(size.values as f64)?;
            Limit::FormulaDepth.check_within(size.depth as f64)?;
            return Ok(size);
        }
        Value::Query(query) => return formula(&query.formula),
        Value::Band(band) => return formula(&band.formula),
        Value::Contrast(contrast) => return formula(&contrast.formula),
    };
    limit.check_within(size.values as f64)?;
    Limit::Depth.check_within(size.depth as f64)?;
    Ok(size)
}

fn letters(bytes: usize) -> u64 {
    1 + (bytes / LETTERS_PER_VALUE) as u64
}

fn row<'v>(items: impl Iterator<Item = &'v Value>) -> Outcome<Size> {
    let mut whole = Size {
        values: 0,
        depth: 1,
    };
    for item in items {
        let item = size(item)?;
        whole.values += item.values;
        whole.depth = whole.depth.max(1 + item.depth);
    }
    Ok(whole)
}

/// A part of a construct, which shares its motif with others.
fn part(part: &Part) -> u64 {
    match &part.kind {
        PartKind::Motif(_) | PartKind::Gap(_) => {
            1 + part
                .label
                .as_ref()
                .map_or(0, |l| l.len() / LETTERS_PER_VALUE) as u64
        }
    }
}

fn of_population(population: &Population) -> Size {
    let Population::Null(null) = population else {
        return Size {
            values: 1,
            depth: 1,
        };
    };
    let mut inner = Size {
        values: 0,
        depth: 0,
    };
    let mut add = |source: &Population| {
        let source = of_population(source);
        inner.values += source.values;
        inner.depth = inner.depth.max(source.depth);
    };
    match null.origin() {
        Origin::Parameters | Origin::Fitted(_) => {}
        Origin::Derived(derived) => derived.sources().into_iter().for_each(|of| add(of)),
        Origin::Conditioned(conditioned) => add(&conditioned.source),
    }
    Size {
        values: 1 + inner.values,
        depth: 1 + inner.depth,
    }
}

fn formula<Leaf: Copy>(formula: &Formula<Leaf>) -> Outcome<Size> {
    let size = Size {
        values: formula.size() as u64,
        depth: formula.depth() as u64,
    };
    Limit::Formula.check_within(size.values as f64)?;
    Limit::FormulaDepth.check_within(size.depth as f64)?;
    Ok(size)
}

/// The formula, unless it is too large or too deep.
pub fn within_formula_limits<Leaf: Copy>(made: Formula<Leaf>) -> Outcome<Formula<Leaf>> {
    formula(&made)?;
    Ok(made)
}
