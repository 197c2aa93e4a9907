//! Edits that write given bases: `embed`, `insert` and `mutate`.

use std::rc::Rc;

use super::{edit, outside, refuse_other_alphabet, side};
use crate::experiment::{Site, StepContext, UnplacedEdit, quoted, write};
use crate::library::native::Native;
use crate::library::parameter_types::{Construct, MotifOrLetters, PositionOrRegion, Region};
use crate::library::parameters::{Parameters, parameters};
use crate::value::{Placement, Position, Value};
use crate::{Checker, EvalResult};
use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Draw, Edit, Motif, Side};

pub const NATIVES: &[Native] = &[
    edit!("embed", Embed),
    edit!("insert", Insert),
    edit!("mutate", Mutate),
    ANYWHERE,
];

const ANYWHERE: Native = Native {
    name: "anywhere",
    parameters: <Anywhere as Parameters>::declared,
    call: |_, arguments| {
        let within = Anywhere::read(arguments)?.within;
        let within = within.get().map(|region| (region.start, region.end));
        Ok(Value::Anywhere(within))
    },
};

/// Of a construct that is inserted, the room for it is what is drawn last.
const ROOM: u64 = (1 << 20) - 1;

parameters! {
    #[derive(Debug)]
    struct Embed { construct: Construct, place: Placement }
}

parameters! {
    struct Anywhere { within: Region }
}

parameters! {
    #[derive(Debug)]
    struct Insert { construct: Construct, place: Position, shifting: Rc<str> }
}

parameters! {
    #[derive(Debug)]
    struct Mutate { place: PositionOrRegion, with: MotifOrLetters }
}

impl UnplacedEdit for Embed {
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let Construct(row) = checker.of_argument(self.construct.required())?;
        let place = *checker.of_argument(self.place.required())?;
        let spans = (self.construct.span(), self.place.span());
        checker.embedding(row, place, spans, of)
    }
}

impl UnplacedEdit for Insert {
    /// Room is made, and the construct written into it.
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let Construct(row) = checker.of_argument(self.construct.required())?;
        let position = *checker.of_argument(self.place.required())?;
        let shifting = side(checker, &self.shifting)?;
        let length = of.population.length() as i64;
        let place = position.start_of(0, length);
        let width = row.width() as i64;
        checker.refuse_empty(row, self.construct.span(), of.at)?;
        let start = match shifting {
            Side::Right => place,
            Side::Left => place - width,
        };
        if start < 0 || start + width > length {
            return checker.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "what is inserted in {} does not fit{}: it lies at {start}..{}, and the sequence is {length} bp",
                        quoted(of.arm),
                        of.at,
                        start + width
                    ),
                )
                .at(self.construct.span(), format!("{width} bp wide"))
                .at(self.place.span(), format!("at {place}")),
            );
        }
        let mut sites = vec![Site {
            edit: Edit::Open {
                start: place as usize,
                width: width as usize,
                shifting,
                draw: Draw(of.id + ROOM),
            },
            span: of.span,
            embedded: None,
        }];
        sites.extend(checker.written(row, start as usize, self.construct.span(), of)?);
        Ok(sites)
    }
}

impl UnplacedEdit for Mutate {
    /// Letters written over what is there, which may have been embedded before.
    fn place(&self, checker: &mut Checker, of: StepContext) -> EvalResult<Vec<Site>> {
        let motif = match checker.of_argument(self.with.required())? {
            MotifOrLetters::Motif(motif) => motif.clone(),
            MotifOrLetters::Text(text) => {
                let motif = Motif::from_iupac(text, of.population.alphabet());
                checker.place(motif, self.with.span(), "here")?.into()
            }
        };
        refuse_other_alphabet(checker, &motif, &self.with, of)?;
        let length = of.population.length() as i64;
        let width = motif.width();
        let range = match checker.of_argument(self.place.required())? {
            PositionOrRegion::Position(position) => {
                let start = position.start_of(0, length);
                if start < 0 || start >= length {
                    let reached = (start, start + 1);
                    return checker.fail(outside(reached, self.place.span(), of));
                }
                start as usize..start as usize + width
            }
            PositionOrRegion::Region(Region { start, end }) => {
                let (start, end) = (start.start_of(0, length), end.start_of(0, length));
                super::within(checker, (start, end), self.place.span(), of)?
            }
        };
        if range.len() != width {
            return checker.fail(
                Diagnostic::error(
                    Code::WidthMismatch,
                    format!(
                        "a region of {} bp cannot be mutated to {width} letters{}",
                        range.len(),
                        of.at
                    ),
                )
                .at(self.place.span(), format!("{}..{}", range.start, range.end))
                .at(self.with.span(), format!("{width} bp")),
            );
        }
        if range.end > of.population.length() {
            let reached = (range.start as i64, range.end as i64);
            return checker.fail(outside(reached, self.place.span(), of));
        }
        super::change(write(&motif, range.start, Draw(of.id)), of)
    }
}
