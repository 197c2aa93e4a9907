//! What intervals, claims and warnings do for effects of trained networks: the stored populations.

use std::collections::BTreeMap;

use gia_design::Relation;
use gia_stats::unit_totals;
use gia_stats::{
    ClaimAssertion, ClusterDesign, Estimate, SimultaneousMethod, ThresholdedEstimate,
    decided_by_few, judge, student,
};
use gia_study::Verdict;
use rayon::prelude::*;

use super::percent;
use super::tables::Tables;
use crate::populations::{Population, populations};

const SIZES: [usize; 5] = [20, 50, 100, 300, 1000];
/// Where figures fail at 1,000 backgrounds.
const LARGER_SIZES: [usize; 4] = [3000, 10_000, 30_000, 100_000];
const SAMPLES: usize = 10_000;
const SAMPLES_OF_LARGER: usize = 2000;

pub const MIN_COVERAGE: f64 = 0.93;
pub const MAX_FALSE_SUPPORT: f64 = 0.07;
/// Share of samples with a warning from which a row counts as warned of.
pub const MIN_WARNED: f64 = 0.9;
/// Largest share of samples with a warning in a row that covers as it should.
pub const MAX_NEEDLESSLY_WARNED: f64 = 0.1;

/// Whether a report warns of the interval of a mean, or says that it decides nothing.
pub fn is_warned(values: &[f64], estimate: &Estimate, design: Option<&ClusterDesign>) -> bool {
    if estimate.weakness().is_some() {
        return true;
    }
    let by_few = || decided_by_few(&unit_totals(values.to_vec(), design), estimate.skewness);
    estimate.few_may_decide && by_few().is_some()
}

/// Whether a claim about one mean is supported.
pub fn is_supported(estimate: Estimate, relation: Relation, threshold: f64) -> bool {
    let claimed = ClaimAssertion {
        relation,
        is_absolute: false,
        level: 0.95,
        distinct_estimates: 1,
        simultaneous_method: SimultaneousMethod::Bonferroni,
    };
    let points = [ThresholdedEstimate {
        estimate,
        threshold,
    }];
    judge(claimed, &points).verdict == Verdict::Supported
}

/// Whether the 95 % interval holds the true mean; it does not if there is none.
pub fn covers(estimate: Estimate, truth: f64) -> bool {
    let ends = estimate.interval(student::critical_value(0.05, estimate.freedom));
    ends.is_some_and(|(low, high)| low <= truth && truth <= high)
}

/// The estimate with Student's interval.
pub fn by_student(estimate: Estimate) -> Estimate {
    Estimate {
        interval_method: gia_design::IntervalMethod::Student,
        ..estimate
    }
}

/// Shares of samples for which each of several things holds.
pub fn shares<const K: usize>(samples: usize, trial: impl Fn(u64) -> [bool; K] + Sync) -> Vec<f64> {
    let counts = (0..samples as u64)
        .into_par_iter()
        .map(|seed| trial(seed).map(usize::from))
        .reduce(|| [0; K], |a, b| std::array::from_fn(|k| a[k] + b[k]));
    counts.map(|count| count as f64 / samples as f64).to_vec()
}

/// One population at one number of backgrounds.
struct Row<'a> {
    population: &'a Population,
    n: usize,
    coverage: f64,
    student: f64,
    warned: f64,
    /// Support of `effect > TRUE MEAN`, and of `effect < TRUE MEAN`.
    above: f64,
    below: f64,
}

impl<'a> Row<'a> {
    fn new(population: &'a Population, n: usize, tables: &mut Tables) -> Row<'a> {
        let samples = match n > 1000 {
            true => SAMPLES_OF_LARGER,
            false => SAMPLES,
        };
        let key = format!("{}, n = {n}, {samples} samples", population.name);
        let found = tables.values(&key, || {
            shares(samples, |seed| {
                let mut rng: rand_chacha::ChaCha12Rng =
                    rand::SeedableRng::seed_from_u64(41_000_000 + seed);
                let values = population.sample(n, &mut rng);
                let estimate = Estimate::of(&values, None);
                let truth = population.mean;
                [
                    covers(estimate, truth),
                    covers(by_student(estimate), truth),
                    is_warned(&values, &estimate, None),
                    is_supported(estimate, Relation::Greater, truth),
                    is_supported(estimate, Relation::Less, truth),
                ]
            })
        });
        Row {
            population,
            n,
            coverage: found[0],
            student: found[1],
            warned: found[2],
            above: found[3],
            below: found[4],
        }
    }

    fn false_support(&self) -> f64 {
        self.above.max(self.below)
    }

    /// Whether coverage and false support are as they should be, warned of or not.
    fn holds(&self) -> bool {
        self.coverage >= MIN_COVERAGE && self.false_support() <= MAX_FALSE_SUPPORT
    }

    /// Whether neither the figures hold nor enough warnings fire.
    fn misses(&self) -> bool {
        !self.holds() && self.warned < MIN_WARNED
    }

    fn is_needlessly_warned(&self) -> bool {
        is_needlessly_warned(self.n, self.coverage, self.warned)
    }

    /// A list item with all figures.
    fn item(&self) -> String {
        format!(
            "- {}, n = {}: covers {}, false support {}, warned {}.",
            self.population.name,
            with_commas(self.n),
            percent(self.coverage),
            percent(self.false_support()),
            percent(self.warned)
        )
    }
}

/// Whether intervals that cover as they should come with a warning too often.
pub fn is_needlessly_warned(n: usize, coverage: f64, warned: f64) -> bool {
    (0.94..=0.96).contains(&coverage) && n >= 50 && warned >= MAX_NEEDLESSLY_WARNED
}

fn with_commas(n: usize) -> String {
    match n / 1000 {
        0 => n.to_string(),
        thousands => format!("{thousands},{:03}", n % 1000),
    }
}

/// What the numbers of a population are.
fn class(name: &str) -> &'static str {
    let classes = [
        (" where it occurs", "rare events"),
        (" odds", "exp of logits"),
        (" probability", "probabilities"),
        (" expected bin", "expected bins"),
    ];
    let found = classes.iter().find(|(part, _)| name.contains(part));
    found.map_or("logits", |(_, class)| class)
}

fn network(name: &str) -> &str {
    name.split(',').next().unwrap_or(name)
}

/// Intervals, claims and warnings over all stored populations.
pub fn effects(tables: &mut Tables) {
    let (populations, _) = populations();
    tables.start(
        "effects, lowest coverage of a population | n | 95 % interval covers | Student alone | a warning fires | `effect > TRUTH` supported | `effect < TRUTH` supported | population",
    );
    let rows: Vec<Row> = populations
        .iter()
        .flat_map(|population| SIZES.map(|n| (population, n)))
        .map(|(population, n)| Row::new(population, n, tables))
        .collect();
    let larger: Vec<Row> = rows
        .iter()
        .filter(|row| row.n == 1000 && !row.holds())
        .flat_map(|row| LARGER_SIZES.map(|n| (row.population, n)))
        .map(|(population, n)| Row::new(population, n, tables))
        .collect();
    let mut by_class: BTreeMap<(&str, usize), Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        let key = (class(&row.population.name), row.n);
        by_class.entry(key).or_default().push(row);
    }
    for ((class, n), rows) in &by_class {
        let row = lowest(rows);
        tables.row(
            &[class, &with_commas(*n)],
            &[
                percent(row.coverage),
                percent(row.student),
                percent(row.warned),
                percent(row.above),
                percent(row.below),
                row.population.name.clone(),
            ],
        );
    }
    by_network(&rows, tables);
    exceptions(&rows, &larger, tables);
}

fn lowest<'a, 'b>(rows: &[&'b Row<'a>]) -> &'b Row<'a> {
    rows.iter()
        .min_by(|a, b| a.coverage.total_cmp(&b.coverage))
        .expect("a class has populations")
}

fn by_network(rows: &[Row], tables: &mut Tables) {
    tables.start(
        "effects, lowest coverage (share of its samples with a warning) | network | populations | n = 20 | n = 50 | n = 100 | n = 300 | n = 1,000",
    );
    let mut groups: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in rows {
        let name = &row.population.name;
        groups
            .entry((class(name), network(name)))
            .or_default()
            .push(row);
    }
    for ((class, network), rows) in &groups {
        let cells = SIZES.map(|n| {
            let of_size: Vec<&Row> = rows.iter().copied().filter(|row| row.n == n).collect();
            let row = lowest(&of_size);
            format!("{} ({:.0} %)", percent(row.coverage), 100.0 * row.warned)
        });
        let count = (rows.len() / SIZES.len()).to_string();
        tables.row(&[class, network, &count], &cells);
    }
}

/// Names every row that misses the rule.
fn exceptions(rows: &[Row], larger: &[Row], tables: &mut Tables) {
    let (held, failed): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.holds());
    let missed: Vec<&Row> = failed.iter().copied().filter(|row| row.misses()).collect();
    tables.paragraph(&format!(
        "Of these {} rows (a population with a number of backgrounds), {} cover at least 93 % and support neither claim in more than 7 %. Of the other {}, a warning \
         fires in at least 90 % of the samples of {}. **Rows that miss without that many warnings: {}.**",
        rows.len(),
        held.len(),
        failed.len(),
        failed.len() - missed.len(),
        missed.len()
    ));
    let missed: Vec<String> = missed.iter().map(|row| row.item()).collect();
    if !missed.is_empty() {
        tables.paragraph(&missed.join("\n"));
    }
    tables.paragraph(
        "Populations of rows that miss, warned of or not, by the smallest n from which coverage and false support hold, of those tried (20, 50, 100, 300, 1,000, 3,000, \
         10,000, 30,000, 100,000):",
    );
    let mut by_first: BTreeMap<Option<usize>, Vec<&str>> = BTreeMap::new();
    let mut names: Vec<&str> = failed
        .iter()
        .map(|row| row.population.name.as_str())
        .collect();
    names.dedup();
    for name in names {
        let all = rows.iter().chain(larger);
        let of_population: Vec<&Row> = all.filter(|row| row.population.name == name).collect();
        let last_failed = of_population.iter().rposition(|row| !row.holds());
        let first = of_population.get(last_failed.map_or(0, |last| last + 1));
        by_first
            .entry(first.map(|row| row.n))
            .or_default()
            .push(name);
    }
    let items: Vec<String> = by_first
        .iter()
        .map(|(first, names)| {
            let first = match first {
                Some(n) => format!("From n = {}", with_commas(*n)),
                None => "At none of them".into(),
            };
            format!("- {first}: {}.", names.join("; "))
        })
        .collect();
    tables.paragraph(&items.join("\n"));
    let needless: Vec<String> = rows
        .iter()
        .filter(|row| row.is_needlessly_warned())
        .map(Row::item)
        .collect();
    tables.paragraph(&format!(
        "Rows with n of at least 50 that cover 94 to 96 %, and in which a warning fires in 10 % of samples or more: {}.",
        needless.len()
    ));
    if !needless.is_empty() {
        tables.paragraph(&needless.join("\n"));
    }
}

/// Claims about rare events, whose sample may contain none.
pub fn rare_events(tables: &mut Tables) {
    const N: [usize; 6] = [20, 30, 50, 100, 300, 1000];
    tables.start(
        "false claim about a rare event | intervals | effect | n = 20 | n = 30 | n = 50 | n = 100 | n = 300 | n = 1,000",
    );
    let (populations, _) = populations();
    let rare = populations
        .iter()
        .filter(|population| class(&population.name) == "rare events");
    for population in rare {
        let truth = population.mean;
        // The claims are on the other side of the truth.
        let (at_zero, beyond_half) = match truth < 0.0 {
            true => (Relation::GreaterEqual, Relation::Greater),
            false => (Relation::LessEqual, Relation::Less),
        };
        let sign = |relation| match relation {
            Relation::GreaterEqual => "`effect >= 0`",
            Relation::LessEqual => "`effect <= 0`",
            Relation::Greater => "`effect > TRUTH / 2`",
            Relation::Less => "`effect < TRUTH / 2`",
        };
        for (relation, threshold) in [(at_zero, 0.0), (beyond_half, 0.5 * truth)] {
            for decides_by_interval_alone in [false, true] {
                let method = match decides_by_interval_alone {
                    false => "as judged",
                    true => "Student's interval alone, for comparison",
                };
                tables.shares(&[sign(relation), method, &population.name], || {
                    N.iter()
                        .flat_map(|&n| {
                            shares(SAMPLES, |seed| {
                                let mut rng: rand_chacha::ChaCha12Rng =
                                    rand::SeedableRng::seed_from_u64(43_000_000 + seed);
                                let values = population.sample(n, &mut rng);
                                let estimate = Estimate::of(&values, None);
                                [match decides_by_interval_alone {
                                    false => is_supported(estimate, relation, threshold),
                                    true => student_alone_supports(&estimate, relation, threshold),
                                }]
                            })
                        })
                        .collect()
                });
            }
        }
    }
}

/// Whether `mean ± t se` lies on the claimed side, with a point for equal numbers.
fn student_alone_supports(estimate: &Estimate, relation: Relation, threshold: f64) -> bool {
    let half = student::critical_value(0.05, estimate.freedom) * estimate.se.unwrap_or(0.0);
    let (low, high) = (estimate.mean - half, estimate.mean + half);
    match relation {
        Relation::Greater => low > threshold,
        Relation::GreaterEqual => low >= threshold,
        Relation::Less => high < threshold,
        Relation::LessEqual => high <= threshold,
    }
}
