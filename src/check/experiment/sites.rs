//! Changes of sequences: what constructs write, and which changes may stand together.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::arms::{Arms, identity};
use super::axes::GridPosition;
use super::steps::{ArmsAtPoint, StepContext};
use super::{Checker, Context, EvalResult};
use crate::free_vars;
use crate::scope::Scope;
use crate::value::{Placement, Position};
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::Point;
use gia_domain::{
    Construct, Draw, Edit, Keyed, Motif, Part, PartKind, Population, make_same_sequences,
};

/// One change, and the step that makes it.
#[derive(Clone)]
pub struct Site {
    pub edit: Edit,
    pub span: Span,
    /// For a change that embeds a part of a construct. Two embeddings do not write over each other; other edits do.
    pub embedded: Option<Embedded>,
}

/// The part of a construct that a change writes.
#[derive(Clone)]
pub struct Embedded {
    pub part: Part,
    /// Where the construct is written.
    pub construct: Span,
}

/// Of a construct that is embedded anywhere, the place is drawn by this number behind the edit's own. It is above those of the parts.
const PLACE: u64 = (1 << 20) - 2;

/// What messages call the arms of a factorial together.
const FACTORIAL: &str = "the factorial";

impl Checker<'_> {
    pub(super) fn factorial_sites(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        population: &Population,
        at: GridPosition,
        known: &mut ArmsAtPoint,
    ) -> EvalResult<Vec<Rc<Site>>> {
        let Some((ordinal, row, place)) = context.parts.factorial else {
            return Ok(Vec::new());
        };
        if let Some(sites) = &known.factorial {
            return Ok(sites.clone());
        }
        let varies = free_vars::mentions_any(row, &context.varying)
            || free_vars::mentions_any(place, &context.varying);
        let of = StepContext {
            population,
            background: context.parts.background.map(|source| source.span),
            at,
            arm: FACTORIAL,
            id: identity(ordinal, 0),
            span: row.span.to(place.span),
            varies,
        };
        let construct = self.construct(row, scope);
        let placement = self.placement(place, scope);
        let (construct, placement) = (construct?, placement?);
        let sites = self.embedding(&construct, placement, (row.span, place.span), of)?;
        let sites: Vec<Rc<Site>> = sites.into_iter().map(Rc::new).collect();
        if !varies && !context.background_varies {
            known.factorial = Some(sites.clone());
        }
        Ok(sites)
    }

    /// One site for each motif of the construct, at its place in the sequence. `spans` are those of construct and place.
    pub(crate) fn embedding(
        &mut self,
        row: &Construct,
        placement: Placement,
        (construct, place): (Span, Span),
        of: StepContext,
    ) -> EvalResult<Vec<Site>> {
        let StepContext {
            population,
            at,
            arm,
            ..
        } = of;
        let length = population.length() as i64;
        let width = row.width() as i64;
        self.refuse_empty(row, construct, at)?;
        let position = match placement {
            Placement::At(position) => position,
            Placement::Anywhere(within) => {
                return self.embedding_anywhere(row, within, (construct, place), of);
            }
        };
        let start = position.start_of(width, length);
        if start < 0 || start + width > length {
            let end = start + width;
            let beyond = if start < 0 {
                format!("{} bp before its start", -start)
            } else {
                format!("{} bp past its end", end - length)
            };
            return self.fail(
                Diagnostic::error(
                    Code::DoesNotFit,
                    format!(
                        "{} does not fit{at}: {start}..{end} reaches {beyond}",
                        quoted(arm)
                    ),
                )
                .at(construct, format!("{width} bp wide"))
                .at(
                    place,
                    format!("starts at {start} of a sequence of {length} bp"),
                ),
            );
        }
        self.written(row, start as usize, construct, of)
    }

    /// The sites of a construct whose place is drawn for each background, among all within a region or the sequence.
    fn embedding_anywhere(
        &mut self,
        row: &Construct,
        within: Option<(Position, Position)>,
        (construct, place): (Span, Span),
        of: StepContext,
    ) -> EvalResult<Vec<Site>> {
        let StepContext {
            population,
            at,
            arm,
            ..
        } = of;
        let length = population.length() as i64;
        let width = row.width() as i64;
        let (start, end) = within.map_or((0, length), |(start, end)| {
            (start.start_of(0, length), end.start_of(0, length))
        });
        let wrong = if start < 0 || end > length {
            Some(format!(
                "{start}..{end} reaches out of the sequence of {length} bp"
            ))
        } else if end - start < width {
            Some(format!("{start}..{end} has {} bp", (end - start).max(0)))
        } else {
            None
        };
        if let Some(wrong) = wrong {
            let message = format!("{} fits nowhere{at}: {wrong}", quoted(arm));
            return self.fail(
                Diagnostic::error(Code::DoesNotFit, message)
                    .at(construct, format!("{width} bp wide"))
                    .at(place, "the places that it is drawn from"),
            );
        }
        let mut sites = self.written(row, start as usize, construct, of)?;
        let places = (end - start - width + 1) as usize;
        if places > 1 {
            for site in &mut sites {
                let write = Box::new(site.edit.clone());
                let draw = Draw(of.id + PLACE);
                site.edit = Edit::Anywhere {
                    write,
                    places,
                    draw,
                };
            }
        }
        Ok(sites)
    }

    pub(crate) fn refuse_empty(
        &mut self,
        row: &Construct,
        construct: Span,
        at: GridPosition,
    ) -> EvalResult<()> {
        match row.width() {
            0 => self.fail(
                Diagnostic::error(Code::Empty, format!("the construct is empty{at}"))
                    .at(construct, "here"),
            ),
            _ => Ok(()),
        }
    }

    /// One site for each motif of a construct that starts at a position.
    pub(crate) fn written(
        &mut self,
        row: &Construct,
        start: usize,
        construct: Span,
        of: StepContext,
    ) -> EvalResult<Vec<Site>> {
        let StepContext {
            population,
            span,
            id,
            ..
        } = of;
        let mut sites = Vec::new();
        let mut cursor = start;
        for (i, part) in row.parts.iter().enumerate() {
            match &part.kind {
                PartKind::Gap(gap) => cursor += gap,
                PartKind::Motif(motif) => {
                    if let Some(diagnostic) = other_alphabet(motif, population, construct) {
                        let background = of.background.unwrap_or(span);
                        let alphabet = population.alphabet().name();
                        return self.fail(diagnostic.at(background, alphabet));
                    }
                    let edit = write(motif, cursor, Draw(id + i as u64));
                    sites.push(Site {
                        edit,
                        span,
                        embedded: Some(Embedded {
                            part: part.clone(),
                            construct,
                        }),
                    });
                    cursor += motif.width();
                }
            }
        }
        Ok(sites)
    }

    /// Two embeddings may share positions only where they write the same bases, unless bases were moved in between.
    pub(super) fn refuse_overlaps(
        &mut self,
        arm: &str,
        at: GridPosition,
        sites: &[Rc<Site>],
    ) -> EvalResult<()> {
        if sites.len() < 2 {
            return Ok(());
        }
        self.refuse_second_alleles(arm, at, sites)?;
        self.refuse_alleles_of_moved_bases(arm, at, sites)?;
        for stretch in sites.split(|site| site.edit.written().is_none()) {
            let embedded = stretch.iter().filter(|site| site.embedded.is_some());
            let mut order: Vec<(Range<usize>, &Site)> = embedded
                .filter_map(|site| Some((site.edit.written()?, &**site)))
                .collect();
            order.sort_by_key(|(range, _)| range.start);
            for (i, (a_range, a)) in order.iter().enumerate() {
                let after = order[i + 1..]
                    .iter()
                    .take_while(|(b_range, _)| b_range.start < a_range.end);
                for (b_range, b) in after {
                    if a.edit.commutes_with(&b.edit) {
                        continue;
                    }
                    let position = a.edit.clash(&b.edit).unwrap_or(b_range.start);
                    let is_drawn = |site: &Site| matches!(site.edit, Edit::Anywhere { .. });
                    let message = match is_drawn(a) || is_drawn(b) {
                        true => format!(
                            "two embeddings of {} may write over each other, since a place is drawn{at}",
                            quoted(arm)
                        ),
                        false => format!(
                            "two embeddings of {} write different bases at position {position}{at}",
                            quoted(arm)
                        ),
                    };
                    let mut diagnostic = Diagnostic::error(Code::Overlap, message);
                    if is_drawn(a) || is_drawn(b) {
                        diagnostic = diagnostic.help("give each a region of its own, as in `anywhere(10bp..60bp)`; a construct with gaps moves as one: `[A, 10bp, B]`");
                    }
                    diagnostic =
                        diagnostic.at(a.span, format!("{}..{}", a_range.start, a_range.end));
                    if b.span != a.span {
                        diagnostic =
                            diagnostic.at(b.span, format!("{}..{}", b_range.start, b_range.end));
                    }
                    return self.fail(diagnostic);
                }
            }
        }
        Ok(())
    }

    /// Refuses an arm that applies the variant of a background and a haplotype, or two haplotypes: positions in the window are those of the
    /// genome only before the first.
    fn refuse_second_alleles(
        &mut self,
        arm: &str,
        at: GridPosition,
        sites: &[Rc<Site>],
    ) -> EvalResult<()> {
        let is_haplotype = |site: &&Rc<Site>| matches!(site.edit, Edit::Haplotype { .. });
        let mut applied = sites
            .iter()
            .filter(|site| site.edit.belongs_to_background());
        let (Some(first), Some(second)) = (applied.next(), applied.next()) else {
            return Ok(());
        };
        if !sites.iter().any(|site| is_haplotype(&site)) {
            return Ok(());
        }
        self.fail(
            Diagnostic::error(
                Code::Repeated,
                format!(
                    "{} applies a haplotype beside other alleles{at}: where those differ in length, it would be written at wrong places",
                    quoted(arm)
                ),
            )
            .at(second.span, "applied to what is changed already")
            .at_if(first.span != second.span, first.span, "changes the window first")
            .help("make an arm of each"),
        )
    }

    /// Refuses an arm that applies a variant or a haplotype to a window in which an earlier edit moved or turned bases: its alleles belong to places
    /// in the genome's window.
    fn refuse_alleles_of_moved_bases(
        &mut self,
        arm: &str,
        at: GridPosition,
        sites: &[Rc<Site>],
    ) -> EvalResult<()> {
        let moves_bases =
            |site: &Rc<Site>| site.edit.displaces_bases() && !site.edit.belongs_to_background();
        let Some(moved) = sites.iter().position(moves_bases) else {
            return Ok(());
        };
        let mut after = sites[moved..].iter();
        let Some(applied) = after.find(|site| site.edit.belongs_to_background()) else {
            return Ok(());
        };
        let moved = &sites[moved];
        self.fail(
            Diagnostic::error(
                Code::Overlap,
                format!(
                    "{} applies alleles after bases were moved or turned{at}: they would be written at wrong places",
                    quoted(arm)
                ),
            )
            .at(applied.span, "belongs to the window as it is in the genome")
            .at_if(moved.span != applied.span, moved.span, "moves or turns bases first")
            .help("apply the alleles first, and then edit"),
        )
    }

    pub(super) fn refuse_identical_arms(
        &mut self,
        _: &Context,
        arms: &Arms,
        points: &[Point],
    ) -> EvalResult<()> {
        for (j, b) in arms.list.iter().enumerate() {
            for (i, a) in arms.list[..j].iter().enumerate() {
                // Whether two haplotypes are equal is a finding, and the report tells it.
                let of_haplotype = |edit: &Edit| matches!(edit, Edit::Haplotype { .. });
                let same = points.iter().all(|p| {
                    !p.arms[j].iter().any(of_haplotype)
                        && make_same_sequences(&p.arms[i], &p.arms[j])
                });
                if same {
                    return self.fail(
                        Diagnostic::error(
                            Code::IdenticalArms,
                            format!(
                                "the arms `{}` and `{}` make the same sequences",
                                a.name, b.name
                            ),
                        )
                        .at(
                            b.span,
                            if i == 0 {
                                "writes nothing"
                            } else {
                                "the same edits"
                            },
                        )
                        .at_if(
                            i > 0 && a.span != b.span,
                            a.span,
                            "as these",
                        ),
                    );
                }
            }
        }
        Ok(())
    }
}

/// What embedding a motif writes: an instance of one that is to be drawn, else its most probable bases.
pub fn write(motif: &Arc<Motif>, start: usize, draw: Draw) -> Edit {
    if motif.drawn {
        return Edit::Instance {
            start,
            motif: Keyed::motif(motif.clone()),
            draw,
        };
    }
    let mut edit = Edit::Write {
        start,
        letters: motif.consensus(),
        draw,
    };
    if edit.is_fixed()
        && let Edit::Write { draw, .. } = &mut edit
    {
        // Equal edits are equal, wherever they are written.
        *draw = Draw(0);
    }
    edit
}

/// The error on a motif that is not of the backgrounds' alphabet.
pub fn other_alphabet(motif: &Motif, population: &Population, place: Span) -> Option<Diagnostic> {
    let alphabet = population.alphabet();
    (motif.alphabet != alphabet).then(|| {
        Diagnostic::error(
            Code::AlphabetMismatch,
            format!(
                "the motif `{}` is {}, the backgrounds are {}",
                motif.name,
                motif.alphabet.name(),
                alphabet.name()
            ),
        )
        .at(place, motif.alphabet.name())
    })
}

pub fn quoted(arm: &str) -> String {
    if arm == FACTORIAL {
        arm.to_string()
    } else {
        format!("`{arm}`")
    }
}
