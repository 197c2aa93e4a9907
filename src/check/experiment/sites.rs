//! Where the embeddings of each arm stand at a grid point, and what they write there.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::arms::{Arms, Content, identity};
use super::{Checker, Context, Stop, Try};
use crate::check::hir::Point;
use crate::check::names;
use crate::check::scope::Scope;
use crate::check::value::Position;
use crate::diag::{Code, Diagnostic};
use crate::domain::{BaseSet, Construct, Draw, Edit, Piece, Population};
use crate::source::Span;
use crate::syntax::tree::{EditKind, Expr};

/// A site that one embedding writes.
#[derive(Clone)]
struct Site {
    edit: Edit,
    span: Span,
}

/// Embeddings that do not depend on the grid, worked out once.
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
    /// The edits of every arm at a grid point.
    pub(super) fn arms_at(
        &mut self,
        context: &Context,
        arms: &Arms,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        known: &mut ArmsAtPoint,
    ) -> Try<Vec<Vec<Edit>>> {
        let factorial = self.factorial_sites(context, scope, population, at, known)?;
        let mut edits = Vec::with_capacity(arms.list.len());
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
                        let EditKind::Embed {
                            construct,
                            at: place,
                        } = &edit.kind;
                        let found = match (known.sites.get(id), here.get(id)) {
                            (Some(sites), _) | (None, Some(sites)) => Ok(sites.clone()),
                            (None, None) => self.sites(
                                context, *id, construct, place, edit.span, scope, population, at,
                                &arm.name,
                            ),
                        };
                        let Ok(found) = found else {
                            failed = true;
                            continue;
                        };
                        let varies = names::mentions(construct, &context.varying)
                            || names::mentions(place, &context.varying);
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
            edits.push(sites.into_iter().map(|site| site.edit).collect());
        }
        if failed { Err(Stop) } else { Ok(edits) }
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
        let span = row.span.to(place.span);
        let sites = self.sites(
            context,
            identity(ordinal, 0),
            row,
            place,
            span,
            scope,
            population,
            at,
            "the factorial",
        )?;
        let varies =
            names::mentions(row, &context.varying) || names::mentions(place, &context.varying);
        if !varies && !self.background_varies(context) {
            known.factorial = Some(sites.clone());
        }
        Ok(sites)
    }

    /// One site for each motif of the construct, at its place in the sequence.
    #[allow(
        clippy::too_many_arguments,
        reason = "an embedding, and where it stands in the experiment"
    )]
    fn sites(
        &mut self,
        context: &Context,
        id: u64,
        construct: &Expr,
        place: &Expr,
        span: Span,
        scope: &Rc<Scope>,
        population: &Population,
        at: &str,
        arm: &str,
    ) -> Try<Vec<Site>> {
        let row = self.construct(construct, scope);
        let position = self.position(place, scope);
        let (row, position): (Arc<Construct>, Position) = (row?, position?);
        let length = population.length() as i64;
        let width = row.width() as i64;
        if width == 0 {
            return self.fail(
                Diagnostic::error(Code::BadValue, format!("the construct is empty{at}"))
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
        let mut sites = Vec::new();
        let mut cursor = start as usize;
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
                            .at(construct.span, motif.alphabet.name())
                            .at(
                                context
                                    .parts
                                    .background
                                    .map_or(span, |(source, _)| source.span),
                                population.alphabet().name(),
                            ),
                        );
                    }
                    let letters = motif.consensus();
                    let wide = letters.len();
                    let mut edit = Edit::Write {
                        start: cursor,
                        letters,
                        draw: Draw(id + i as u64),
                    };
                    if edit.is_fixed() {
                        // Equal edits are equal, wherever they are written.
                        let Edit::Write { draw, .. } = &mut edit;
                        *draw = Draw(0);
                    }
                    sites.push(Site { edit, span });
                    cursor += wide;
                }
            }
        }
        Ok(sites)
    }

    /// Two sites may share positions only where they write the same bases.
    fn refuse_overlaps(&mut self, arm: &str, at: &str, sites: &[Site]) -> Try<()> {
        let mut order: Vec<&Site> = sites.iter().collect();
        order.sort_by_key(|site| write_of(site).0);
        for (i, a) in order.iter().enumerate() {
            let (a_start, a_letters) = write_of(a);
            for b in &order[i + 1..] {
                let (b_start, b_letters) = write_of(b);
                if b_start >= a_start + a_letters.len() {
                    break;
                }
                let clash = (b_start..(a_start + a_letters.len()).min(b_start + b_letters.len()))
                    .find(|&p| !agree(a_letters[p - a_start], b_letters[p - b_start]));
                if let Some(position) = clash {
                    let mut diagnostic = Diagnostic::error(
                        Code::Overlap,
                        format!(
                            "two embeddings of {} write different bases at position {position}{at}",
                            quoted(arm)
                        ),
                    )
                    .at(a.span, format!("{a_start}..{}", a_start + a_letters.len()));
                    if b.span != a.span {
                        diagnostic = diagnostic
                            .at(b.span, format!("{b_start}..{}", b_start + b_letters.len()));
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
                let same = points
                    .iter()
                    .all(|p| set_of(&p.arms[i]) == set_of(&p.arms[j]));
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

/// Edits that change something: where every letter stands for all bases, the background stays.
fn set_of(edits: &[Edit]) -> HashSet<&Edit> {
    let writes = |edit: &&Edit| {
        let Edit::Write { letters, .. } = edit;
        letters.iter().any(|set| !set.is_all())
    };
    edits.iter().filter(writes).collect()
}

fn quoted(arm: &str) -> String {
    if arm.contains(' ') {
        arm.to_string()
    } else {
        format!("`{arm}`")
    }
}

fn write_of(site: &Site) -> (usize, &[BaseSet]) {
    let Edit::Write { start, letters, .. } = &site.edit;
    (*start, letters)
}

/// Whether two letters at one position leave no choice between them.
fn agree(a: BaseSet, b: BaseSet) -> bool {
    a.is_all() || b.is_all() || (a == b && a.len() == 1)
}
