//! Edits of regions: `delete`, `shuffle`, `randomize`, `invert`, `move` and `swap`.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::{change, edit, is_empty_here, preserved, refuse_small_shuffle, side};
use crate::experiment::{Site, StepContext, UnplacedEdit, quoted};
use crate::library::arguments::Argument;
use crate::library::native::Native;
use crate::library::parameter_types::Region;
use crate::library::parameters::parameters;
use crate::value::Position;
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Draw, Edit, Keyed, Population};

pub const NATIVES: &[Native] = &[
    edit!("delete", Delete),
    edit!("shuffle", Shuffle),
    edit!("randomize", Randomize),
    edit!("invert", Invert),
    edit!("move", Move),
    edit!("swap", Swap),
];

/// The default k of the k-mers that a shuffle preserves, the same as for `shuffled`.
const DEFAULT_PRESERVED: usize = 2;

parameters! {
    #[derive(Debug)]
    struct Delete { region: Region, shifting: Rc<str> }
}

parameters! {
    #[derive(Debug)]
    struct Shuffle { region: Region, preserving: f64 }
}

parameters! {
    #[derive(Debug)]
    struct Randomize { region: Region, like: Arc<Population> }
}

parameters! {
    #[derive(Debug)]
    struct Invert { region: Region }
}

parameters! {
    #[derive(Debug)]
    struct Move { region: Region, place: Position }
}

parameters! {
    #[derive(Debug)]
    struct Swap { first: Region, second: Region }
}

impl UnplacedEdit for Delete {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let Range { start, end } = super::region(checker, &self.region, of)?;
        let shifting = side(checker, &self.shifting)?;
        let draw = Draw(of.id);
        let delete = Edit::Delete {
            start,
            end,
            shifting,
            draw,
        };
        change(delete, of)
    }
}

impl UnplacedEdit for Shuffle {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        if is_empty_here(checker, &self.region, of)? {
            return Ok(Vec::new());
        }
        let Range { start, end } = super::region(checker, &self.region, of)?;
        let preserving = preserved(checker, &self.preserving)?.unwrap_or(DEFAULT_PRESERVED);
        refuse_small_shuffle(checker, end - start, preserving, &self.region)?;
        let draw = Draw(of.id);
        let shuffle = Edit::Shuffle {
            start,
            end,
            preserving,
            draw,
        };
        change(shuffle, of)
    }
}

impl UnplacedEdit for Randomize {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        if is_empty_here(checker, &self.region, of)? {
            return Ok(Vec::new());
        }
        let Range { start, end } = super::region(checker, &self.region, of)?;
        let like = match self.like.get() {
            Some(population) => Some(like(checker, population, &self.like, end - start, of)?),
            None => None,
        };
        let draw = Draw(of.id);
        let randomize = Edit::Randomize {
            start,
            end,
            like,
            draw,
        };
        change(randomize, of)
    }
}

impl UnplacedEdit for Invert {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let Range { start, end } = super::region(checker, &self.region, of)?;
        change(Edit::Invert { start, end }, of)
    }
}

impl UnplacedEdit for Move {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let Range { start, end } = super::region(checker, &self.region, of)?;
        let position = *checker.of_argument(self.place.required())?;
        let (width, length) = ((end - start) as i64, of.population.length() as i64);
        let to = position.start_of(width, length);
        if to < 0 || to + width > length {
            return checker.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "the region that is moved in {} does not fit{}: it would lie at {to}..{}, and the sequence is {length} bp",
                        quoted(of.arm),
                        of.at,
                        to + width
                    ),
                )
                .at(self.region.span(), format!("{width} bp wide"))
                .at(self.place.span(), format!("starts at {to}")),
            );
        }
        let to = to as usize;
        change(Edit::Move { start, end, to }, of)
    }
}

impl UnplacedEdit for Swap {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let a = super::region(checker, &self.first, of);
        let b = super::region(checker, &self.second, of);
        let (a, b) = (a?, b?);
        if a.start < b.end && b.start < a.end {
            return checker.fail(
                Diagnostic::error(
                    Code::Overlap,
                    format!("the regions that change places overlap{}", of.at),
                )
                .at(self.first.span(), format!("{}..{}", a.start, a.end))
                .at(self.second.span(), format!("{}..{}", b.start, b.end)),
            );
        }
        let swap = Edit::Swap {
            first: (a.start, a.end),
            second: (b.start, b.end),
        };
        change(swap, of)
    }
}

/// The population that a region is replaced from, whose sequences are as long as the region or as the sequences.
fn like(
    checker: &mut Checker,
    population: &Arc<Population>,
    argument: &Argument<Arc<Population>>,
    width: usize,
    of: StepContext,
) -> EvalResult<Keyed<Population>> {
    let (length, given) = (of.population.length(), population.length());
    if given != width && given != length {
        return checker.fail(
            Diagnostic::error(
                Code::LengthMismatch,
                format!(
                    "a region of {width} bp in a sequence of {length} bp cannot be like one of {given} bp"
                ),
            )
            .at(argument.span(), format!("{given} bp"))
            .help(format!("give it a length of {width}bp or of {length}bp")),
        );
    }
    if population.alphabet() != of.population.alphabet() {
        return checker.fail(
            Diagnostic::error(
                Code::AlphabetMismatch,
                format!(
                    "the sequences are {}, and this is {}",
                    of.population.alphabet().name(),
                    population.alphabet().name()
                ),
            )
            .at(argument.span(), "here"),
        );
    }
    Ok(Keyed::population(population.clone()))
}
