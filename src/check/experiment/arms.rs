//! Arms as lists of edits at worked-out positions.
//!
//! An embedding keeps the identity of its random choices (its [`Draw`]) wherever its arm is composed, so a site that
//! is partly ambiguous is the same sequence in `gata` and in `both`.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::{Checker, Context, Stop, Try};
use crate::check::experiment::grid::LaidAxis;
use crate::check::hir::Point;
use crate::check::names;
use crate::check::scope::Scope;
use crate::check::types::Type;
use crate::check::value::Position;
use crate::diag::{Code, Diagnostic};
use crate::domain::{BaseSet, Construct, Draw, Edit, Piece, Population};
use crate::source::Span;
use crate::syntax::tree::{self, EditKind, Expr, Name, Step};

/// Parts of a factorial: every subset is an arm.
const MOST_FACTORS: usize = 8;

/// The arms of an experiment, without their edits' places.
pub struct Arms {
    /// `control` is first.
    pub list: Vec<Arm>,
    /// Labels of the factorial's parts, in order.
    pub factors: Vec<String>,
}

pub struct Arm {
    pub name: String,
    pub span: Span,
    /// Embeddings in the order in which they apply, by index into the experiment's embeddings.
    content: Content,
}

enum Content {
    Nothing,
    /// Edits, each with the ordinal of its statement and of its step.
    Edits(Vec<(u64, tree::Edit)>),
    /// These parts of the factorial, as bits.
    Factors(u32),
}

impl Arms {
    pub fn names(&self) -> Vec<String> {
        self.list.iter().map(|arm| arm.name.clone()).collect()
    }

    /// Of every arm of the factorial: labels of the parts that it holds, and its index.
    pub fn of_factors(&self) -> Vec<(Vec<String>, usize)> {
        let labels = |bits: u32| {
            let held = self.factors.iter().enumerate();
            let held = held.filter(|(i, _)| bits >> i & 1 == 1);
            held.map(|(_, label)| label.clone()).collect()
        };
        let arms = self.list.iter().enumerate();
        arms.filter_map(|(i, arm)| match arm.content {
            Content::Factors(bits) => Some((labels(bits), i)),
            Content::Nothing | Content::Edits(_) => None,
        })
        .collect()
    }

    /// The arm that holds just these parts of the factorial.
    pub fn with_factors(&self, bits: u32) -> Option<usize> {
        self.list.iter().position(|arm| match arm.content {
            Content::Factors(held) => held == bits,
            Content::Nothing => bits == 0,
            Content::Edits(_) => false,
        })
    }
}

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
    /// The arms in the order of the report: `control`, direct edits, the factorial's, the named ones.
    pub(super) fn name_arms(&mut self, context: &Context, axes: &[LaidAxis]) -> Try<Arms> {
        let mut arms = Arms {
            list: vec![Arm {
                name: "control".into(),
                span: context.span,
                content: Content::Nothing,
            }],
            factors: Vec::new(),
        };
        if !context.parts.edits.is_empty() {
            let edits = context
                .parts
                .edits
                .iter()
                .map(|(ordinal, edit)| (identity(*ordinal, 0), (*edit).clone()));
            let span = context.parts.edits[0].1.span;
            arms.list.push(Arm {
                name: "treated".into(),
                span,
                content: Content::Edits(edits.collect()),
            });
        }
        if let Some((_, row, _)) = context.parts.factorial {
            arms.factors = self.factor_labels(context, axes, row)?;
            let k = arms.factors.len();
            let mut subsets: Vec<u32> = (1..1u32 << k).collect();
            subsets.sort_by_key(|bits| (bits.count_ones(), bits.reverse_bits().wrapping_neg()));
            for bits in subsets {
                let labels: Vec<&str> = (0..k)
                    .filter(|i| bits >> i & 1 == 1)
                    .map(|i| arms.factors[i].as_str())
                    .collect();
                arms.list.push(Arm {
                    name: labels.join("+"),
                    span: row.span,
                    content: Content::Factors(bits),
                });
            }
        }
        let mut declared: HashMap<&str, (usize, &Name, &[Step])> = HashMap::new();
        let mut failed = false;
        for (ordinal, name, steps) in &context.parts.arms {
            let known = arms
                .list
                .iter()
                .find(|arm| arm.name == name.text)
                .map(|arm| arm.span);
            if let Some(first) = declared
                .get(name.text.as_str())
                .map(|(_, first, _)| first.span)
                .or(known)
            {
                let mut diagnostic = Diagnostic::error(
                    Code::DuplicateName,
                    format!("two arms are called `{}`", name.text),
                )
                .at(name.span, "again here");
                diagnostic = match name.text.as_str() {
                    "control" => {
                        diagnostic.help("`control` is the arm without an edit, and always there")
                    }
                    "treated" => diagnostic
                        .at(first, "this edit")
                        .help("edits outside of arms make the arm `treated`"),
                    _ => diagnostic.at(first, "first here"),
                };
                self.sink.push(diagnostic);
                failed = true;
            }
            declared.insert(&name.text, (*ordinal, name, steps));
        }
        let mut in_cycles = HashSet::new();
        for (_, name, _) in &context.parts.arms {
            let mut edits = Vec::new();
            let mut path = Vec::new();
            if !in_cycles.contains(&name.text) {
                let collected =
                    self.collect_steps(&name.text, name.span, &declared, &mut path, &mut edits);
                failed |= collected.is_err();
                if collected.is_err() {
                    // What leads into a circle is told once for all arms on the way.
                    in_cycles.extend(path);
                }
            }
            arms.list.push(Arm {
                name: name.text.clone(),
                span: name.span,
                content: Content::Edits(edits),
            });
        }
        if failed { Err(Stop) } else { Ok(arms) }
    }

    /// All edits of an arm, those of the arms it is composed of included, each once.
    fn collect_steps(
        &mut self,
        arm: &str,
        place: Span,
        declared: &HashMap<&str, (usize, &Name, &[Step])>,
        path: &mut Vec<String>,
        edits: &mut Vec<(u64, tree::Edit)>,
    ) -> Try<()> {
        if path.iter().any(|on_path| on_path == arm) {
            let from = path.iter().position(|on_path| on_path == arm).unwrap_or(0);
            let way: Vec<String> = path[from..]
                .iter()
                .map(|on_path| format!("`{on_path}`"))
                .collect();
            let way = if way.len() > 1 {
                format!(": {} and `{arm}` again", way.join(", "))
            } else {
                String::new()
            };
            return self.fail(
                Diagnostic::error(
                    Code::ArmCycle,
                    format!("the arm `{arm}` contains itself{way}"),
                )
                .at(place, "closes the circle"),
            );
        }
        let Some((ordinal, _, steps)) = declared.get(arm) else {
            if arm == "control" {
                return Ok(());
            }
            let diagnostic =
                Diagnostic::error(Code::UnknownName, format!("there is no arm `{arm}`"))
                    .at(place, "unknown arm");
            return self.fail(match crate::diag::closest(arm, declared.keys().copied()) {
                Some(close) => diagnostic.help(format!("did you mean `{close}`?")),
                None => diagnostic,
            });
        };
        path.push(arm.to_string());
        for (i, step) in steps.iter().enumerate() {
            match step {
                Step::Edit(edit) => {
                    let id = identity(*ordinal, i);
                    if edits.iter().all(|(known, _)| *known != id) {
                        edits.push((id, edit.clone()));
                    }
                }
                Step::Arm(name) => {
                    self.collect_steps(&name.text, name.span, declared, path, edits)?
                }
            }
        }
        path.pop();
        Ok(())
    }

    /// Labels of a factorial's parts; they are the same at every grid point, so the first one tells.
    fn factor_labels(
        &mut self,
        context: &Context,
        axes: &[LaidAxis],
        row: &Expr,
    ) -> Try<Vec<String>> {
        let scope = self.point_scope(context, axes, &vec![0; axes.len()])?;
        let construct = self.construct(row, &scope)?;
        let mut labels: Vec<String> = Vec::new();
        for part in &construct.parts {
            let Piece::Motif(motif) = &part.piece else {
                continue;
            };
            let label = part.label.clone().unwrap_or_else(|| motif.name.clone());
            if labels.contains(&label) {
                return self.fail(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two parts of the factorial are called `{label}`"),
                    )
                    .at(row.span, "here")
                    .help(format!("give each part a label: `{label} as a`")),
                );
            }
            labels.push(label);
        }
        if labels.len() < 2 || labels.len() > MOST_FACTORS {
            return self.fail(
                Diagnostic::error(
                    Code::BadValue,
                    format!(
                        "a factorial has 2 to {MOST_FACTORS} motifs, not {}",
                        labels.len()
                    ),
                )
                .at(row.span, "here"),
            );
        }
        Ok(labels)
    }

    fn construct(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Try<Arc<Construct>> {
        let value = self.eval_as(expr, &Type::Construct, scope)?;
        value.as_construct().ok_or(Stop)
    }

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

/// Identity of an embedding within its experiment, with room for the parts of its construct.
fn identity(statement: usize, step: usize) -> u64 {
    ((statement as u64) << 40) | ((step as u64) << 20)
}
