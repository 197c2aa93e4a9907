//! Edits: functions that describe a change, and where it lies in sequences of a known length.
//!
//! A new edit of the language is a struct of parameters, its placement, and a line in `NATIVES` of the file that it belongs to.

pub mod regions;
pub mod whole;
pub mod writes;

use super::arguments::Argument;
use super::parameter_types::Region;
use super::parameters::Parameters;
use crate::experiment::{Site, StepContext, UnplacedEdit, other_alphabet, quoted};
use crate::native_function::{Arguments, NativeResult};
use crate::value::{EditValue, Value};
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_domain::{Edit, MAX_SHUFFLE_K, Motif, Side};
use std::ops::Range;
use std::rc::Rc;

/// An edit by its name and the struct of its parameters, which places it.
macro_rules! edit {
    ($name:literal, $parameters:ident) => {
        $crate::library::native::Native {
            name: $name,
            parameters: <$parameters as $crate::library::parameters::Parameters>::declared,
            call: |_, arguments| $crate::library::edits::unplaced::<$parameters>($name, arguments),
        }
    };
}
use edit;

fn unplaced<E: Parameters + UnplacedEdit + 'static>(
    function: &'static str,
    arguments: &Arguments,
) -> NativeResult<Value> {
    Ok(Value::Edit(Rc::new(EditValue {
        function,
        arguments: arguments.values(),
        edit: Box::new(E::read(arguments)?),
    })))
}

const SIDES: &[(&str, Side)] = &[("left", Side::Left), ("right", Side::Right)];

/// The side that moves: the right one unless the call says otherwise.
fn side(checker: &mut Checker, shifting: &Argument<Rc<str>>) -> EvalResult<Side> {
    let side = checker.of_argument(shifting.keyword(SIDES))?;
    Ok(side.unwrap_or(Side::Right))
}

/// A region within the sequences, of at least one base.
fn region(
    checker: &mut Checker,
    region: &Argument<Region>,
    of: StepContext,
) -> EvalResult<Range<usize>> {
    let Region { start, end } = *checker.of_argument(region.required())?;
    let length = of.population.length() as i64;
    let ends = (start.start_of(0, length), end.start_of(0, length));
    within(checker, ends, region.span(), of)
}

/// The positions from a start to an end, which lie within the sequences and hold at least one base.
fn within(
    checker: &mut Checker,
    (start, end): (i64, i64),
    span: Span,
    of: StepContext,
) -> EvalResult<Range<usize>> {
    if end <= start {
        return checker.fail(
            Diagnostic::error(
                Code::Empty,
                format!("the region {start}..{end} holds no base{}", of.at),
            )
            .at(span, "ends where it starts, or before"),
        );
    }
    if start < 0 || end > of.population.length() as i64 {
        return checker.fail(outside((start, end), span, of));
    }
    Ok(start as usize..end as usize)
}

/// Whether a region that varies over the grid is empty at this point of it, as what is left of a tile at the start of the
/// sequence is.
fn is_empty_here(
    checker: &mut Checker,
    region: &Argument<Region>,
    of: StepContext,
) -> EvalResult<bool> {
    let Region { start, end } = *checker.of_argument(region.required())?;
    let length = of.population.length() as i64;
    Ok(of.varies && start.start_of(0, length) == end.start_of(0, length))
}

/// The k of the k-mers that a shuffle preserves, if given.
fn preserved(checker: &mut Checker, k: &Argument<f64>) -> EvalResult<Option<usize>> {
    let Some(given) = k.get() else {
        return Ok(None);
    };
    if *given < 1.0 || given.fract() != 0.0 || *given > MAX_SHUFFLE_K as f64 {
        return checker.fail(
            Diagnostic::error(
                Code::OutOfRange,
                format!("a shuffle preserves k-mers of 1 to {MAX_SHUFFLE_K} bases, not of {given}"),
            )
            .at(k.span(), "here"),
        );
    }
    Ok(Some(*given as usize))
}

/// A shuffle that preserves all k-mers of so few bases has nothing to choose.
fn refuse_small_shuffle<T>(
    checker: &mut Checker,
    width: usize,
    preserving: usize,
    what: &Argument<T>,
) -> EvalResult<()> {
    // With both ends of k - 1 bases fixed, two bases at least must be free.
    let least = 2 * (preserving - 1) + 2;
    if width >= least {
        return Ok(());
    }
    checker.fail(
        Diagnostic::error(
            Code::ImpossibleSequence,
            format!("a shuffle of {width} bp that preserves {preserving}-mers changes nothing"),
        )
        .at(
            what.span(),
            format!("{width} bp, where {least} bp are the fewest"),
        )
        .help("shuffle a wider stretch, or preserve shorter k-mers"),
    )
}

fn refuse_other_alphabet<T>(
    checker: &mut Checker,
    motif: &Motif,
    what: &Argument<T>,
    of: StepContext,
) -> EvalResult<()> {
    match other_alphabet(motif, of.population, what.span()) {
        Some(diagnostic) => checker.fail(diagnostic),
        None => Ok(()),
    }
}

/// An edit that reaches out of the sequences.
fn outside((start, end): (i64, i64), span: Span, of: StepContext) -> Diagnostic {
    let length = of.population.length() as i64;
    let beyond = if start < 0 {
        format!("{} bp before its start", -start)
    } else {
        format!("{} bp past its end", end - length)
    };
    Diagnostic::error(
        Code::DoesNotFit,
        format!(
            "an edit of {} lies outside of the sequence{}: {start}..{end} reaches {beyond}",
            quoted(of.arm),
            of.at
        ),
    )
    .at(span, format!("in a sequence of {length} bp"))
}

/// A single change that embeds nothing.
fn change(edit: Edit, of: StepContext) -> EvalResult<Vec<Site>> {
    Ok(vec![Site {
        edit,
        span: of.span,
        embedded: None,
    }])
}
