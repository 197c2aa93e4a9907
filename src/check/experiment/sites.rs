//! Positions of the embeddings of each arm at a grid point, and what they write.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::arms::{Arms, Content, identity};
use super::{Checker, Context, Stop, Try};
use crate::names;
use crate::scope::Scope;
use crate::value::Position;
use gia_base::diag::{Code, Diagnostic};
use gia_base::source::Span;
use gia_design::Point;
use gia_domain::{Construct, Draw, Edit, Keyed, Motif, Part, Piece, Population};
use gia_syntax::tree::Expr;

/// One change, and where it is written.
#[derive(Clone)]
pub(super) struct Site {
    pub edit: Edit,
    pub span: Span,
    /// Two embeddings do not write over each other; what other edits write does.
    pub embeds: bool,
    /// The part of a construct that it writes.
    pub part: Option<Part>,
}

/// The context in which an edit is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub context: &'p Context<'p>,
    pub scope: &'p Rc<Scope>,
    pub population: &'p Population,
    /// The grid point in words.
    pub at: &'p str,
    /// The arm's name.
    pub arm: &'p str,
    /// Identity of the edit, for its random choices.
    pub id: u64,
    pub span: Span,
}

/// Embeddings that do not depend on the grid, evaluated once.
pub struct ArmsAtPoint {
    sites: HashMap<u64, Vec<Site>>,
    factorial: Option<Vec<Site>>,
}

impl ArmsAtPoint {
    pub fn new(_: &Arms) -> Self {
        ArmsAtPoint {
            sites: HashMap::new(),
            factorial: None,
        }
    }
}

impl Checker<'_> {
    /// The changes of every arm at a grid point, in the order in which they apply.
    pub(super) fn arms_at(
        &mut self,
        context: &Context,
        arms: &Arms,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        known: &mut ArmsAtPoint,
    ) -> Try<Vec<Vec<Site>>> {
        let factorial = self.factorial_sites(context, scope, population, at, known)?;
        let mut of_arms = Vec::with_capacity(arms.list.len());
        let mut here: HashMap<u64, Vec<Site>> = HashMap::new();
        let mut failed = false;
        for arm in &arms.list {
            let mut sites: Vec<Site> = Vec::new();
            match &arm.content {
                Content::Nothing => {}
                Content::Factors(bits) => {
                    sites.extend(
                        (0..factorial.len())
                            .filter(|i| bits >> i & 1 == 1)
                            .map(|i| factorial[i].clone()),
                    );
                }
                Content::Edits(list) => {
                    for (id, edit) in list {
                        let place = Place {
                            context,
                            scope,
                            population,
                            at,
                            arm: &arm.name,
                            id: *id,
                            span: edit.span,
                        };
                        let found = match (known.sites.get(id), here.get(id)) {
                            (Some(sites), _) | (None, Some(sites)) => Ok(sites.clone()),
                            (None, None) => self.edit_sites(&edit.kind, place),
                        };
                        let Ok(found) = found else {
                            failed = true;
                            continue;
                        };
                        let varies = edit
                            .kind
                            .expressions()
                            .iter()
                            .any(|expr| names::mentions(expr, &context.varying));
                        // Where the background varies, so may the length that a place is measured in.
                        if !varies && !self.background_varies(context) {
                            known.sites.insert(*id, found.clone());
                        } else {
                            here.insert(*id, found.clone());
                        }
                        sites.extend(found);
                    }
                }
            }
            failed |= self.refuse_overlaps(&arm.name, at, &sites).is_err();
            of_arms.push(sites);
        }
        if failed { Err(Stop) } else { Ok(of_arms) }
    }

    fn background_varies(&self, context: &Context) -> bool {
        context
            .parts
            .background
            .is_some_and(|(source, _)| names::mentions(source, &context.varying))
    }

    fn factorial_sites(
        &mut self,
        context: &Context,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        known: &mut ArmsAtPoint,
    ) -> Try<Vec<Site>> {
        let Some((ordinal, row, place)) = context.parts.factorial else {
            return Ok(Vec::new());
        };
        if let Some(sites) = &known.factorial {
            return Ok(sites.clone());
        }
        let place_of = Place {
            context,
            scope,
            population,
            at,
            arm: "the factorial",
            id: identity(ordinal, 0),
            span: row.span.to(place.span),
        };
        let sites = self.embedding(row, place, place_of)?;
        let varies =
            names::mentions(row, &context.varying) || names::mentions(place, &context.varying);
        if !varies && !self.background_varies(context) {
            known.factorial = Some(sites.clone());
        }
        Ok(sites)
    }

    /// One site for each motif of the construct, at its place in the sequence.
    pub(super) fn embedding(
        &mut self,
        construct: &Expr,
        place: &Expr,
        of: Place,
    ) -> Try<Vec<Site>> {
        let Place {
            scope,
            population,
            at,
            arm,
            ..
        } = of;
        let row = self.construct(construct, scope);
        let position = self.position(place, scope);
        let (row, position): (Arc<Construct>, Position) = (row?, position?);
        let length = population.length() as i64;
        let width = row.width() as i64;
        if width == 0 {
            return self.fail(
                Diagnostic::error(Code::Empty, format!("the construct is empty{at}"))
                    .at(construct.span, "here"),
            );
        }
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
                .at(construct.span, format!("{width} bp wide"))
                .at(
                    place.span,
                    format!("starts at {start} of a sequence of {length} bp"),
                ),
            );
        }
        self.written(&row, start as usize, construct.span, of)
    }

    /// One site for each motif of a construct that starts at a position.
    pub(super) fn written(
        &mut self,
        row: &Construct,
        start: usize,
        construct: Span,
        of: Place,
    ) -> Try<Vec<Site>> {
        let Place {
            context,
            population,
            span,
            id,
            ..
        } = of;
        let mut sites = Vec::new();
        let mut cursor = start;
        for (i, part) in row.parts.iter().enumerate() {
            match &part.piece {
                Piece::Gap(gap) => cursor += gap,
                Piece::Motif(motif) => {
                    if motif.alphabet != population.alphabet() {
                        return self.fail(
                            Diagnostic::error(
                                Code::AlphabetMismatch,
                                format!(
                                    "the motif `{}` is {}, the backgrounds are {}",
                                    motif.name,
                                    motif.alphabet.name(),
                                    population.alphabet().name()
                                ),
                            )
                            .at(construct, motif.alphabet.name())
                            .at(
                                context
                                    .parts
                                    .background
                                    .map_or(span, |(source, _)| source.span),
                                population.alphabet().name(),
                            ),
                        );
                    }
                    let edit = write(motif, cursor, Draw(id + i as u64));
                    sites.push(Site {
                        edit,
                        span,
                        embeds: true,
                        part: Some(part.clone()),
                    });
                    cursor += motif.width();
                }
            }
        }
        Ok(sites)
    }

    /// Two embeddings may share positions only where they write the same bases, unless bases were moved in between.
    fn refuse_overlaps(&mut self, arm: &str, at: &str, sites: &[Site]) -> Try<()> {
        for stretch in sites.split(|site| site.edit.written().is_none()) {
            let embedded = stretch.iter().filter(|site| site.embeds);
            let mut order: Vec<(Range<usize>, &Site)> = embedded
                .filter_map(|site| Some((site.edit.written()?, site)))
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
                    let mut diagnostic = Diagnostic::error(
                        Code::Overlap,
                        format!(
                            "two embeddings of {} write different bases at position {position}{at}",
                            quoted(arm)
                        ),
                    )
                    .at(a.span, format!("{}..{}", a_range.start, a_range.end));
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

    pub(super) fn refuse_identical_arms(
        &mut self,
        _: &Context,
        arms: &Arms,
        points: &[Point],
    ) -> Try<()> {
        for (j, b) in arms.list.iter().enumerate() {
            for (i, a) in arms.list[..j].iter().enumerate() {
                let same = points.iter().all(|p| same_edits(&p.arms[i], &p.arms[j]));
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

/// Whether two lists make the same sequences: the same edits, in the same order where any of them rearranges. Edits
/// that change nothing do not count.
fn same_edits(a: &[Edit], b: &[Edit]) -> bool {
    let changing = |edits| -> Vec<&Edit> {
        let edits: std::slice::Iter<Edit> = edits;
        edits.filter(|edit| !edit.is_idle()).collect()
    };
    let (a, b) = (changing(a.iter()), changing(b.iter()));
    if a.iter().chain(&b).all(|edit| edit.written().is_some()) {
        let set = |edits: Vec<&Edit>| -> HashSet<Edit> { edits.into_iter().cloned().collect() };
        return set(a) == set(b);
    }
    a == b
}

/// What embedding a motif writes: an instance of one that is to be drawn, else its most probable bases.
pub(super) fn write(motif: &Arc<Motif>, start: usize, draw: Draw) -> Edit {
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

pub(super) fn quoted(arm: &str) -> String {
    if arm.contains(' ') {
        arm.to_string()
    } else {
        format!("`{arm}`")
    }
}
