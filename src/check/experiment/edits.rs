//! Edits at a grid point, with every position evaluated.

use std::ops::Range;

use super::sites::{Place, Site, quoted, write};
use super::{Checker, Stop, Try};
use crate::names;
use crate::types::Type;
use crate::value::Value;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_domain::{Alphabet, Draw, Edit, Keyed, Motif, Scanner};
use gia_syntax::tree::{Disruption, EditKind, Expr, Side};

/// Of a construct that is inserted, the room for it is what is drawn last.
const ROOM: u64 = (1 << 20) - 1;

/// The default k of the k-mers that a shuffle keeps, the same as for `shuffled`.
const PRESERVED: usize = 2;

impl Checker<'_> {
    /// The changes that an edit makes, in their order.
    pub(super) fn edit_sites(&mut self, kind: &EditKind, of: Place) -> Try<Vec<Site>> {
        let draw = Draw(of.id);
        let edit = match kind {
            EditKind::Embed { construct, at } => return self.embedding(construct, at, of),
            EditKind::Insert {
                construct,
                at,
                shifting,
            } => return self.insertion(construct, at, *shifting, of),
            EditKind::Mutate { place, to } => return self.mutation(place, to, of),
            EditKind::Delete { region, shifting } => {
                let Range { start, end } = self.stretch(region, of)?;
                Edit::Delete {
                    start,
                    end,
                    shifting: side(*shifting),
                    draw,
                }
            }
            EditKind::Shuffle { region, .. } | EditKind::Randomize { region, .. }
                if self.is_empty_here(region, of)? =>
            {
                return Ok(Vec::new());
            }
            EditKind::Shuffle { region, preserving } => {
                let Range { start, end } = self.stretch(region, of)?;
                let preserving = self.preserved(preserving.as_ref(), of)?;
                self.refuse_small_shuffle(end - start, preserving, region.span)?;
                Edit::Shuffle {
                    start,
                    end,
                    preserving,
                    draw,
                }
            }
            EditKind::Randomize { region, like } => {
                let Range { start, end } = self.stretch(region, of)?;
                let like = match like {
                    Some(like) => Some(self.likeness(like, end - start, of)?),
                    None => None,
                };
                Edit::Randomize {
                    start,
                    end,
                    like,
                    draw,
                }
            }
            EditKind::Disrupt { motif, by } => {
                let Value::Motif(found) = self.eval_as(motif, &Type::Motif, of.scope)? else {
                    return Err(Stop);
                };
                self.refuse_other_alphabet(&found, motif.span, of)?;
                self.place(Scanner::new(&found), motif.span, "here")?;
                let by = match by {
                    Disruption::Randomize => gia_domain::Disruption::Randomize,
                    Disruption::Shuffle { preserving } => {
                        let preserving = match preserving {
                            Some(_) => self.preserved(preserving.as_ref(), of)?,
                            None => 1,
                        };
                        self.refuse_small_shuffle(found.width(), preserving, motif.span)?;
                        gia_domain::Disruption::Shuffle { preserving }
                    }
                };
                Edit::Disrupt {
                    motif: Keyed::motif(found),
                    by,
                    draw,
                }
            }
            EditKind::Invert { region } => {
                let Range { start, end } = self.stretch(region, of)?;
                Edit::Invert { start, end }
            }
            EditKind::ReverseComplement => Edit::Invert {
                start: 0,
                end: of.population.length(),
            },
            EditKind::ApplyVariant => self.allele(of)?,
            EditKind::Move { region, to } => return self.movement(region, to, of),
            EditKind::Swap { first, second } => {
                let (a, b) = (self.stretch(first, of), self.stretch(second, of));
                let (a, b) = (a?, b?);
                if a.start < b.end && b.start < a.end {
                    return self.fail(
                        Diagnostic::error(
                            Code::Overlap,
                            format!("the regions that change places overlap{}", of.at),
                        )
                        .at(first.span, format!("{}..{}", a.start, a.end))
                        .at(second.span, format!("{}..{}", b.start, b.end)),
                    );
                }
                Edit::Swap {
                    first: (a.start, a.end),
                    second: (b.start, b.end),
                }
            }
        };
        Ok(vec![site(edit, of.span)])
    }

    /// The other allele of backgrounds that carry one.
    fn allele(&mut self, of: Place) -> Try<Edit> {
        let carried = match of.population {
            gia_domain::Population::Sequences { set, .. } => {
                set.sequences.iter().all(|s| s.variant.is_some())
            }
            gia_domain::Population::Null(_) => false,
        };
        if carried {
            return Ok(Edit::Allele);
        }
        let background = of.context.parts.background.map(|(source, _)| source.span);
        let diagnostic = Diagnostic::error(
            Code::NoVariant,
            format!("the backgrounds carry no variant{}", of.at),
        )
        .at(of.span, "nothing to apply")
        .help("`vcf(\"variants.vcf\", genome: \"genome.2bit\", width: 1000bp)` reads backgrounds that do; one change for all is a `mutate`, `insert` or `delete`");
        self.fail(match background {
            Some(span) => diagnostic.at(span, "these backgrounds"),
            None => diagnostic,
        })
    }

    /// Room is made, and the construct written into it.
    fn insertion(
        &mut self,
        construct: &Expr,
        at: &Expr,
        shifting: Side,
        of: Place,
    ) -> Try<Vec<Site>> {
        let row = self.construct(construct, of.scope);
        let position = self.position(at, of.scope);
        let (row, position) = (row?, position?);
        let length = of.population.length() as i64;
        let place = position.start_of(0, length);
        let width = row.width() as i64;
        if width == 0 {
            return self.fail(
                Diagnostic::error(Code::Empty, format!("the construct is empty{}", of.at))
                    .at(construct.span, "here"),
            );
        }
        let start = match shifting {
            Side::Right => place,
            Side::Left => place - width,
        };
        if start < 0 || start + width > length {
            return self.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "what is inserted in {} does not fit{}: it lies at {start}..{}, and the sequence is {length} bp",
                        quoted(of.arm),
                        of.at,
                        start + width
                    ),
                )
                .at(construct.span, format!("{width} bp wide"))
                .at(at.span, format!("at {place}")),
            );
        }
        let open = Edit::Open {
            start: place as usize,
            width: width as usize,
            shifting: side(shifting),
            draw: Draw(of.id + ROOM),
        };
        let mut sites = vec![site(open, of.span)];
        sites.extend(self.written(&row, start as usize, construct.span, of)?);
        Ok(sites)
    }

    /// Letters written over what is there, which may have been embedded before.
    fn mutation(&mut self, place: &Expr, to: &Expr, of: Place) -> Try<Vec<Site>> {
        let range = self.position_or_stretch(place, of);
        let alphabet = of.population.alphabet();
        let value = self.eval(to, of.scope);
        let (range, value) = (range?, value?);
        // A plain text has the letters of the background's alphabet.
        let value = match value {
            Value::Text(text) => {
                let motif = Motif::from_iupac(&text, alphabet);
                Value::Motif(self.place(motif, to.span, "here")?.into())
            }
            other => {
                let fitted = self.coerce(other, &Type::Motif);
                self.place(fitted, to.span, "here")?
            }
        };
        let Value::Motif(motif) = value else {
            return Err(Stop);
        };
        self.refuse_other_alphabet(&motif, to.span, of)?;
        let width = motif.width();
        let range = match range {
            (start, None) => start..start + width,
            (start, Some(end)) => start..end,
        };
        if range.len() != width {
            return self.fail(
                Diagnostic::error(
                    Code::WidthMismatch,
                    format!(
                        "a region of {} bp cannot be mutated to {width} letters{}",
                        range.len(),
                        of.at
                    ),
                )
                .at(place.span, format!("{}..{}", range.start, range.end))
                .at(to.span, format!("{width} bp")),
            );
        }
        if range.end > of.population.length() {
            return self.fail(self.outside(&range_of(range), place.span, of));
        }
        Ok(vec![site(write(&motif, range.start, Draw(of.id)), of.span)])
    }

    fn movement(&mut self, region: &Expr, to: &Expr, of: Place) -> Try<Vec<Site>> {
        let range = self.stretch(region, of);
        let position = self.position(to, of.scope);
        let (range, position) = (range?, position?);
        let (width, length) = (range.len() as i64, of.population.length() as i64);
        let start = position.start_of(width, length);
        if start < 0 || start + width > length {
            return self.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "the region that is moved in {} does not fit{}: it would lie at {start}..{}, and the sequence is {length} bp",
                        quoted(of.arm),
                        of.at,
                        start + width
                    ),
                )
                .at(region.span, format!("{width} bp wide"))
                .at(to.span, format!("starts at {start}")),
            );
        }
        let Range { start: from, end } = range;
        let edit = Edit::Move {
            start: from,
            end,
            to: start as usize,
        };
        Ok(vec![site(edit, of.span)])
    }

    /// A region within the sequence, of at least one base.
    fn stretch(&mut self, region: &Expr, of: Place) -> Try<Range<usize>> {
        match self.position_or_stretch(region, of)? {
            (start, Some(end)) => Ok(start..end),
            (start, None) => {
                let text = self.text_of(region.span);
                self.fail(
                    Diagnostic::error(Code::TypeMismatch, "expected a Region, found a Position")
                        .at(region.span, format!("position {start}"))
                        .suggest_here(
                            format!("a region has two ends: `{text}..{text} + 10bp`"),
                            format!("{text}..{text} + 10bp"),
                        ),
                )
            }
        }
    }

    /// Whether a region that varies over the grid is empty at this point of it, as what is left of a tile at the
    /// start of the sequence is.
    fn is_empty_here(&mut self, region: &Expr, of: Place) -> Try<bool> {
        if !names::mentions(region, &of.context.varying) {
            return Ok(false);
        }
        let length = of.population.length() as i64;
        Ok(match self.eval(region, of.scope)? {
            Value::Region { start, end } => start.start_of(0, length) == end.start_of(0, length),
            _ => false,
        })
    }

    /// The start of a place in the sequence and, for a region, its end.
    fn position_or_stretch(&mut self, place: &Expr, of: Place) -> Try<(usize, Option<usize>)> {
        let length = of.population.length() as i64;
        let value = self.eval(place, of.scope)?;
        if let Value::Region { start, end } = value {
            let (start, end) = (start.start_of(0, length), end.start_of(0, length));
            if end <= start {
                return self.fail(
                    Diagnostic::error(
                        Code::Empty,
                        format!("the region {start}..{end} holds no base{}", of.at),
                    )
                    .at(place.span, "ends where it starts, or before"),
                );
            }
            if start < 0 || end > length {
                return self.fail(self.outside(&(start, end), place.span, of));
            }
            return Ok((start as usize, Some(end as usize)));
        }
        let slip = matches!(value, Value::List(_)).then(|| self.list_as_region(place));
        if let Some(slip) = slip.flatten() {
            return self.fail(slip);
        }
        let fitted = self.coerce(value, &Type::Position);
        let Value::Position(position) = self.place(fitted, place.span, "here")? else {
            return Err(Stop);
        };
        let start = position.start_of(0, length);
        if start < 0 || start >= length {
            return self.fail(self.outside(&(start, start + 1), place.span, of));
        }
        Ok((start as usize, None))
    }

    fn outside(&self, (start, end): &(i64, i64), span: Span, of: Place) -> Diagnostic {
        let length = of.population.length() as i64;
        let beyond = if *start < 0 {
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

    /// The k of the k-mers that a shuffle keeps.
    fn preserved(&mut self, preserving: Option<&Expr>, of: Place) -> Try<usize> {
        let Some(expr) = preserving else {
            return Ok(PRESERVED);
        };
        let k = self.count(expr, "`preserving`", of.scope)?;
        if k > gia_domain::LONGEST_KMER {
            return self.fail(
                Diagnostic::error(
                    Code::OutOfRange,
                    format!(
                        "a shuffle preserves k-mers of 1 to {} bases, not of {k}",
                        gia_domain::LONGEST_KMER
                    ),
                )
                .at(expr.span, "here"),
            );
        }
        Ok(k)
    }

    /// A shuffle that keeps all k-mers of so few bases has nothing to choose.
    fn refuse_small_shuffle(&mut self, width: usize, preserving: usize, span: Span) -> Try<()> {
        // With both ends of k - 1 bases fixed, two bases at least must be free.
        let least = 2 * (preserving - 1) + 2;
        if width >= least {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::ImpossibleSequence,
                format!("a shuffle of {width} bp that preserves {preserving}-mers changes nothing"),
            )
            .at(span, format!("{width} bp, where {least} bp are the fewest"))
            .help("shuffle a wider stretch, or preserve shorter k-mers"),
        )
    }

    /// The null model that a stretch is replaced from, which is as long as the stretch or as the sequence.
    fn likeness(
        &mut self,
        like: &Expr,
        width: usize,
        of: Place,
    ) -> Try<Keyed<gia_domain::Population>> {
        let Value::Population(population) = self.eval_as(like, &Type::Null, of.scope)? else {
            return Err(Stop);
        };
        let (length, given) = (of.population.length(), population.length());
        if given != width && given != length {
            return self.fail(
                Diagnostic::error(
                    Code::LengthMismatch,
                    format!(
                        "a region of {width} bp in a sequence of {length} bp cannot be like one of {given} bp"
                    ),
                )
                .at(like.span, format!("{given} bp"))
                .help(format!("give it a length of {width}bp or of {length}bp")),
            );
        }
        if population.alphabet() != of.population.alphabet() {
            return self.fail(
                Diagnostic::error(
                    Code::AlphabetMismatch,
                    format!(
                        "the sequences are {}, and this is {}",
                        of.population.alphabet().name(),
                        population.alphabet().name()
                    ),
                )
                .at(like.span, "here"),
            );
        }
        Ok(Keyed::population(population))
    }

    fn refuse_other_alphabet(&mut self, motif: &Motif, span: Span, of: Place) -> Try<()> {
        let alphabet: Alphabet = of.population.alphabet();
        if motif.alphabet == alphabet {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::AlphabetMismatch,
                format!(
                    "the motif `{}` is {}, the backgrounds are {}",
                    motif.name,
                    motif.alphabet.name(),
                    alphabet.name()
                ),
            )
            .at(span, motif.alphabet.name()),
        )
    }
}

fn site(edit: Edit, span: Span) -> Site {
    Site {
        edit,
        span,
        embeds: false,
        part: None,
    }
}

fn side(side: Side) -> gia_domain::Side {
    match side {
        Side::Left => gia_domain::Side::Left,
        Side::Right => gia_domain::Side::Right,
    }
}

fn range_of(range: Range<usize>) -> (i64, i64) {
    (range.start as i64, range.end as i64)
}
