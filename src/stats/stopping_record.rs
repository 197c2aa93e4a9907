//! How an experiment with `sample until` ended, and why.

use super::number_format::{count, significant_digits};
use gia_design::{Stopping, StoppingRule};
use gia_plan::Experiment;
use gia_study::{Claim, Row, StoppingEnd, Verdict};

/// Number of identical backgrounds from which a contrast counts as constant: if none of 1,000 differs, fewer than 0.3 % do, at 95 %
/// confidence (Hanley and Lippman-Hand, JAMA 249:1743, 1983).
const IDENTICAL_BACKGROUNDS_TO_STOP: usize = 1000;

/// What keeps a row or a claim from satisfying the rule.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Obstacle {
    /// The interval is this wide; none if there is no interval yet.
    Wide(Option<f64>),
    /// All backgrounds give the same value, but there are too few to take it for a constant.
    SameSoFar,
    /// All of many backgrounds give the same value, so that more of them would hardly change anything.
    Constant,
    /// The backgrounds come from this number of independent sources, too few for the intervals to hold at every look.
    FewSources(usize),
    /// A claim is undecided.
    Undecided,
}

impl Obstacle {
    /// Whether more backgrounds may remove it.
    fn may_pass(self) -> bool {
        match self {
            Obstacle::Constant => false,
            Obstacle::Wide(_)
            | Obstacle::SameSoFar
            | Obstacle::FewSources(_)
            | Obstacle::Undecided => true,
        }
    }
}

/// How an experiment reached its number of backgrounds; none if the number was fixed.
pub fn stopping_record(
    experiment: &Experiment,
    rows: &[Row],
    claims: &[Claim],
) -> Option<gia_study::Stopping> {
    let stopping = experiment.design.stopping.as_ref()?;
    let n = experiment.points.first()?.count;
    let of_rows = rows.iter().filter_map(|row| row_obstacle(stopping, n, row));
    let of_rows: Vec<Obstacle> = of_rows.collect();
    let of_claims: Vec<Obstacle> = match stopping.rule {
        StoppingRule::Width(_) => Vec::new(),
        StoppingRule::Decided => claims
            .iter()
            .filter_map(|claim| claim_obstacle(n, claim))
            .collect(),
    };
    let mut obstacles = of_rows.iter().chain(&of_claims);
    let ended = match (
        of_rows.is_empty() && of_claims.is_empty(),
        obstacles.any(|o| o.may_pass()),
    ) {
        (true, _) => Some(StoppingEnd::Satisfied),
        (false, false) => Some(StoppingEnd::Constant),
        (false, true) if n >= stopping.max => Some(StoppingEnd::Maximum),
        (false, true) => None,
    };
    Some(gia_study::Stopping {
        until: stopping.text.clone(),
        n,
        max: stopping.max,
        looks: count_looks(stopping, n),
        reached: ended == Some(StoppingEnd::Satisfied),
        ended,
        reason: explain(&of_rows, rows.len(), &of_claims, claims.len()),
    })
}

/// What keeps a contrast at a grid point from satisfying the rule; none if nothing does.
fn row_obstacle(stopping: &Stopping, n: usize, row: &Row) -> Option<Obstacle> {
    let width = row.low.zip(row.high).map(|(low, high)| high - low);
    let is_constant = row.sd == Some(0.0);
    if is_constant && n < IDENTICAL_BACKGROUNDS_TO_STOP {
        return Some(Obstacle::SameSoFar);
    }
    if let StoppingRule::Width(most) = stopping.rule
        && width.is_none_or(|width| width >= most)
    {
        return Some(match is_constant {
            true => Obstacle::Constant,
            false => Obstacle::Wide(width),
        });
    }
    let sources = row.sources.unwrap_or(row.n);
    let is_few = sources < Stopping::FIRST_ANALYSIS_BACKGROUNDS.min(row.n);
    (is_few && !is_constant).then_some(Obstacle::FewSources(sources))
}

/// What keeps a claim from being decided; none if it is decided.
fn claim_obstacle(n: usize, claim: &Claim) -> Option<Obstacle> {
    if claim.verdict != Verdict::Undecided {
        return None;
    }
    let is_constant = claim.deciding.low.is_none() && n >= IDENTICAL_BACKGROUNDS_TO_STOP;
    Some(match is_constant {
        true => Obstacle::Constant,
        false => Obstacle::Undecided,
    })
}

/// What keeps the rule from being satisfied, in words; none if nothing does.
fn explain(
    of_rows: &[Obstacle],
    rows: usize,
    of_claims: &[Obstacle],
    claims: usize,
) -> Option<String> {
    let number = |obstacles: &[Obstacle], is: &dyn Fn(&Obstacle) -> bool| {
        obstacles.iter().filter(|o| is(o)).count()
    };
    let mut reasons = Vec::new();
    let undecided = number(of_claims, &|o| *o == Obstacle::Undecided);
    if undecided > 0 {
        reasons.push(format!(
            "{} undecided",
            part_of(undecided, claims, "claim", ("is", "are"))
        ));
    }
    let constant = number(of_claims, &|o| *o == Obstacle::Constant);
    if constant > 0 {
        reasons.push(format!(
            "{} undecided and more backgrounds would not decide it, since all so far give the same value",
            part_of(constant, claims, "claim", ("is", "are"))
        ));
    }
    let constant = number(of_rows, &|o| *o == Obstacle::Constant);
    if constant > 0 {
        reasons.push(format!(
            "{} the same value for every background, so more of them would give no interval",
            part_of(constant, rows, "estimate", ("has", "have"))
        ));
    }
    let alike = number(of_rows, &|o| *o == Obstacle::SameSoFar);
    if alike > 0 {
        reasons.push(format!(
            "{} the same value for every background so far, and fewer than {} do not show that it is constant",
            part_of(alike, rows, "estimate", ("has", "have")),
            count(IDENTICAL_BACKGROUNDS_TO_STOP)
        ));
    }
    let wide = number(of_rows, &|o| matches!(o, Obstacle::Wide(_)));
    if wide > 0 {
        let widths = of_rows.iter().map(|o| match o {
            Obstacle::Wide(width) => width.unwrap_or(f64::INFINITY),
            Obstacle::SameSoFar
            | Obstacle::Constant
            | Obstacle::FewSources(_)
            | Obstacle::Undecided => 0.0,
        });
        let widest = widths.fold(0.0, f64::max);
        reasons.push(match widest.is_finite() {
            true => format!(
                "{} too wide an interval, the widest {}",
                part_of(wide, rows, "estimate", ("has", "have")),
                significant_digits(widest, 3)
            ),
            false => format!(
                "{} too wide an interval or none",
                part_of(wide, rows, "estimate", ("has", "have"))
            ),
        });
    }
    let sources = of_rows.iter().filter_map(|o| match o {
        Obstacle::FewSources(sources) => Some(*sources),
        Obstacle::Wide(_) | Obstacle::SameSoFar | Obstacle::Constant | Obstacle::Undecided => None,
    });
    if let Some(fewest) = sources.min() {
        reasons.push(format!(
            "the backgrounds come from {} independent {}, and intervals that hold at every look need {}",
            count(fewest),
            if fewest == 1 { "source" } else { "sources" },
            count(Stopping::FIRST_ANALYSIS_BACKGROUNDS)
        ));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// So many of a number of things with the verb, for example `2 of 3 claims are`, or `the claim is` of a single one.
fn part_of(part: usize, all: usize, singular: &str, (is, are): (&str, &str)) -> String {
    match (part, all) {
        (_, 1) => format!("the {singular} {is}"),
        (1, _) => format!("1 of {} {singular}s {is}", count(all)),
        _ => format!("{} of {} {singular}s {are}", count(part), count(all)),
    }
}

/// Number of interim analyses, if the last one was after n backgrounds.
fn count_looks(stopping: &Stopping, n: usize) -> usize {
    let mut seen = 0;
    let mut looks = 0;
    while seen < n {
        seen = stopping.next_analysis(seen);
        looks += 1;
    }
    looks
}
