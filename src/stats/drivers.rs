//! `report drivers`: why backgrounds differ, by a regression of each contrast on features of the backgrounds.
//!
//! The outcome of the control is among the features, and most contrasts subtract it. Network outputs have no measurement error, so
//! that regression to the mean (Oldham, Journal of Chronic Diseases 15:969, 1962) has no part in the slope: it is the slope of the
//! other arms on the control minus one. Zero means that an edit adds the same to every background, which is the null hypothesis that
//! is tested; minus one that the edited outcome does not depend on the control, as with a ceiling. Both are in the report.

use rayon::prelude::*;

use super::contrast_evaluator::{ContrastEvaluator, values_of_unedited};
use super::multiple_testing::adjust_p_values;
use super::outputs::OutputIndex;
use super::regression::{
    Basis, DroppedFeature, Fit, Folds, MIN_UNITS_PER_FEATURE, means_by_tenths,
};
use super::{ClusterDesign, Moments, number_format, student};
use gia_base::diag::pluralize;
use gia_design::{AddedFeature, Arithmetic, Formula, Reduction};
use gia_engine::{BackgroundFeatures, Survey};
use gia_plan::{Experiment, Point};
use gia_study::{Driver, Drivers, DroppedDriver, Row, TenthMean};

/// Number of features, by their unique share of the variance, whose tenths are reported.
const MAX_FEATURES_WITH_TENTHS: usize = 3;

/// Unexplained share of the variance below which a fit is exact: outputs are float32, with a relative precision of 6e-8.
const MAX_EXACT_UNEXPLAINED: f64 = 1e-12;

/// The arm without edits.
const CONTROL: usize = 0;

/// A feature of each background.
struct Feature {
    name: String,
    unit: Option<String>,
    values: Vec<f64>,
}

/// Adds its drivers to each row of an experiment, if the experiment reports them. Rows are by outcome, then contrast, then grid point.
pub fn add_drivers(
    experiment: &Experiment,
    trial: &ContrastEvaluator,
    outputs: &OutputIndex,
    survey: &Survey,
    rows: &mut [Row],
) {
    if experiment.design.drivers.is_none() {
        return;
    }
    let (points, contrasts) = (experiment.points.len(), experiment.design.contrasts.len());
    rows.par_iter_mut().enumerate().for_each(|(number, row)| {
        let regression = Regression {
            experiment,
            trial,
            outputs,
            point: &experiment.points[number % points],
            contrast: number / points % contrasts,
            outcome: number / points / contrasts,
            level: row.level,
        };
        row.drivers = Some(Box::new(regression.drivers(survey)));
    });
}

/// One regression.
struct Regression<'a> {
    experiment: &'a Experiment,
    trial: &'a ContrastEvaluator<'a>,
    outputs: &'a OutputIndex<'a>,
    point: &'a Point,
    outcome: usize,
    contrast: usize,
    level: f64,
}

impl Regression<'_> {
    fn drivers(&self, survey: &Survey) -> Drivers {
        let mut found = Drivers {
            n: 0,
            sources: None,
            r2: None,
            adjusted_r2: None,
            cross_validated_r2: None,
            folds: 0,
            features: Vec::new(),
            dropped: Vec::new(),
            method: String::new(),
            note: None,
        };
        let mut surveyed = survey.features.iter();
        let Some(background) = surveyed.find(|of| of.population == self.point.population) else {
            found.note = Some("the experiment has too many kinds of backgrounds".to_string());
            return found;
        };
        let n = background.n.min(self.point.count);
        found.n = n;
        let whole = self.trial.cluster_design(self.point);
        let indices: Vec<usize> = (0..n).collect();
        let design = whole.and_then(|design| design.of_subset(&indices));
        let design = design.as_ref();
        found.sources = design.map(ClusterDesign::count);
        found.method = method_text(design.is_some());
        let mut values = self
            .trial
            .contrast_values(self.point, self.outcome, self.contrast);
        values.truncate(n);
        let features = self.features(background, n, &mut found.dropped);
        if Moments::of(&values).squared_deviations == 0.0 {
            found.note = Some(match n {
                1 => "there is one sequence".to_string(),
                _ => "every background gives the same value".to_string(),
            });
            return found;
        }
        if let Some(note) = too_few(&features, n, design) {
            found.note = Some(note);
            return found;
        }
        let columns: Vec<&[f64]> = features.iter().map(|of| of.values.as_slice()).collect();
        let basis = Basis::new(&columns, design);
        for (index, reason) in basis.dropped() {
            found.dropped.push(DroppedDriver {
                feature: features[*index].name.clone(),
                reason: drop_reason(*reason, design.is_some()),
            });
        }
        let fit = basis.fit(&values).filter(|_| !basis.kept().is_empty());
        let Some(fit) = fit else {
            found.note = Some("no feature differs between backgrounds".to_string());
            return found;
        };
        let folds = Folds::new(n, design, self.outputs.seed());
        found.folds = folds.count();
        found.r2 = Some(fit.r2);
        found.adjusted_r2 = Some(fit.adjusted_r2);
        found.cross_validated_r2 = basis.cross_validated_r2(&fit, &values, &folds);
        self.add_coefficients(&mut found, &features, &values, &basis, &fit, design);
        found
    }

    /// The features of the leading `n` backgrounds that have a number for each of them; the others are added to `dropped`.
    fn features(
        &self,
        background: &BackgroundFeatures,
        n: usize,
        dropped: &mut Vec<DroppedDriver>,
    ) -> Vec<Feature> {
        let design = &self.experiment.design;
        let outcome = &self.point.outcomes[self.outcome];
        let unedited =
            |formula| values_of_unedited(self.outputs, self.point.population, n, formula);
        let count_of = |name: &str| format!("occurrences of {name}");
        let mut found = vec![
            Feature {
                name: "control".to_string(),
                unit: design.outcomes[self.outcome].unit.clone(),
                values: unedited(outcome),
            },
            plain("GC content".to_string(), background.gc.clone()),
        ];
        let motifs = design.drivers.iter().flat_map(|drivers| &drivers.motifs);
        for (motif, counts) in motifs.zip(&background.motifs) {
            if let Some(counts) = counts {
                found.push(plain(count_of(&motif.name), counts.clone()));
            }
        }
        let beside = "GC beside the edit";
        let contrast = &design.contrasts[self.contrast];
        match self.outputs.flank_gc(background, self.point, contrast) {
            Ok(gc) => found.push(plain(beside.to_string(), gc)),
            Err(reason) => dropped.push(DroppedDriver {
                feature: beside.to_string(),
                reason: reason.to_string(),
            }),
        }
        let added = design.drivers.iter().flat_map(|drivers| &drivers.added);
        let queries = self.experiment.driver_queries.iter();
        for ((feature, query), counts) in added.zip(queries).zip(&background.added) {
            match (feature, query, counts) {
                (AddedFeature::Query { text, unit, .. }, Some(query), _) => found.push(Feature {
                    name: text.clone(),
                    unit: unit.clone(),
                    values: unedited(query),
                }),
                (AddedFeature::Occurrences(motif), _, Some(counts)) => {
                    let name = count_of(&motif.name);
                    // An embedded motif is counted already.
                    if !found.iter().any(|of| of.name == name) {
                        found.push(plain(name, counts.clone()));
                    }
                }
                // The checker refuses motifs that match everywhere, and the plan lowers every query.
                (AddedFeature::Query { .. }, None, _) | (AddedFeature::Occurrences(_), _, None) => {
                }
            }
        }
        for feature in &mut found {
            feature.values.truncate(n);
        }
        found.retain(|feature| {
            let missing = feature.values.iter().filter(|x| !x.is_finite()).count();
            if missing > 0 {
                dropped.push(DroppedDriver {
                    feature: feature.name.clone(),
                    reason: format!("has no value for {}", pluralize(missing, "background")),
                });
            }
            missing == 0
        });
        found
    }

    fn add_coefficients(
        &self,
        found: &mut Drivers,
        features: &[Feature],
        values: &[f64],
        basis: &Basis,
        fit: &Fit,
        design: Option<&ClusterDesign>,
    ) {
        let mut errors = basis.errors(fit, design);
        if 1.0 - fit.r2 < MAX_EXACT_UNEXPLAINED {
            errors.fill(None);
            let note = "the features determine the value within the precision of float32, so there are no intervals";
            found.note = Some(note.to_string());
        } else if errors.iter().any(Option::is_none) {
            let unit = match design {
                Some(_) => "source",
                None => "background",
            };
            found.note = Some(format!(
                "there are no intervals, since a single {unit} determines a coefficient"
            ));
        }
        let errors: Vec<_> = errors
            .into_iter()
            .map(|error| error.filter(|error| error.se > 0.0))
            .collect();
        let p = fit.per_sd.iter().zip(&errors);
        let p = p
            .map(|(b, error)| error.map(|error| student::two_sided_p(b / error.se, error.freedom)));
        let p: Vec<Option<f64>> = p.collect();
        let tested: Vec<f64> = p.iter().copied().flatten().collect();
        let correction = self.experiment.design.correction;
        let mut q = adjust_p_values(correction, &tested).into_iter();
        let mut by_share: Vec<usize> = (0..fit.unique.len()).collect();
        by_share.sort_by(|&a, &b| fit.unique[b].total_cmp(&fit.unique[a]));
        by_share.truncate(MAX_FEATURES_WITH_TENTHS);
        for (place, &index) in basis.kept().iter().enumerate() {
            let feature = &features[index];
            let (b, error) = (fit.per_sd[place], errors[place]);
            let half = error
                .map(|error| error.se * student::critical_value(1.0 - self.level, error.freedom));
            let interval = (self.level, self.experiment.design.interval);
            let tenths = match by_share.contains(&place) {
                true => means_by_tenths(&feature.values, values, interval, design),
                false => Vec::new(),
            };
            found.features.push(Driver {
                feature: feature.name.clone(),
                unit: feature.unit.clone(),
                mean: Moments::of(&feature.values).mean,
                sd: basis.sd()[place],
                per_unit: fit.per_unit[place],
                per_sd: b,
                se: error.map(|error| error.se),
                freedom: error.map(|error| error.freedom),
                low: half.map(|half| b - half),
                high: half.map(|half| b + half),
                p: p[place],
                q: p[place].and_then(|_| q.next()),
                unique: fit.unique[place],
                by_construction: match index {
                    0 => self.weight_of_control().filter(|weight| *weight != 0.0),
                    _ => None,
                },
                tenths: tenths
                    .into_iter()
                    .map(|tenth| TenthMean {
                        n: tenth.n,
                        from: tenth.feature.0,
                        to: tenth.feature.1,
                        mean: tenth.mean,
                        low: tenth.interval.map(|(low, _)| low),
                        high: tenth.interval.map(|(_, high)| high),
                    })
                    .collect(),
            });
        }
    }

    /// By how much the contrast rises when the outcome of the control rises by one; none unless that is the same everywhere.
    fn weight_of_control(&self) -> Option<f64> {
        weight_of(
            &self.experiment.design.contrasts[self.contrast].formula,
            CONTROL,
        )
    }
}

fn plain(name: String, values: Vec<f64>) -> Feature {
    Feature {
        name,
        unit: None,
        values,
    }
}

/// The factor of a leaf in a formula that is linear in it; none if the formula is not.
fn weight_of(formula: &Formula<usize>, leaf: usize) -> Option<f64> {
    let of = |part: &Formula<usize>| weight_of(part, leaf);
    let without_leaf = || {
        let mut free = true;
        formula.leaves(&mut |l| free &= l != leaf);
        free.then_some(0.0)
    };
    match formula {
        Formula::Leaf(l) => Some(if *l == leaf { 1.0 } else { 0.0 }),
        Formula::Constant(_) => Some(0.0),
        Formula::Negate(a) => Some(-of(a)?),
        Formula::Overall(a) => of(a),
        Formula::Binary(Arithmetic::Add, a, b) => Some(of(a)? + of(b)?),
        Formula::Binary(Arithmetic::Subtract, a, b) => Some(of(a)? - of(b)?),
        Formula::Binary(Arithmetic::Multiply, a, b) => match (a.constant(), b.constant()) {
            (Some(factor), _) => Some(factor * of(b)?),
            (_, Some(factor)) => Some(factor * of(a)?),
            _ => without_leaf(),
        },
        Formula::Binary(Arithmetic::Divide, a, b) => match b.constant() {
            Some(divisor) => Some(of(a)? / divisor),
            None => without_leaf(),
        },
        Formula::Reduce(reduction @ (Reduction::Sum | Reduction::Mean), parts) => {
            let weights = parts.iter().map(of).collect::<Option<Vec<f64>>>()?;
            Some(reduction.apply(weights))
        }
        Formula::Binary(Arithmetic::Power | Arithmetic::Max | Arithmetic::Min, ..)
        | Formula::Call(..)
        | Formula::Reduce(Reduction::Max | Reduction::Min, _)
        | Formula::Fold(_) => without_leaf(),
    }
}

/// Why there are too few backgrounds for these features; none if there are enough.
fn too_few(features: &[Feature], n: usize, design: Option<&ClusterDesign>) -> Option<String> {
    let differing = features.iter().filter(|feature| {
        let first = feature.values.first();
        feature.values.iter().any(|value| Some(value) != first)
    });
    let count = differing.count();
    let (units, word) = match design {
        Some(design) => (design.count(), "source"),
        None => (n, "background"),
    };
    let needed = MIN_UNITS_PER_FEATURE * count;
    (units < needed).then(|| {
        format!(
            "too few: {} for {}, which need at least {}",
            pluralize(units, word),
            pluralize(count, "feature"),
            number_format::count(needed)
        )
    })
}

fn drop_reason(reason: DroppedFeature, clustered: bool) -> String {
    match reason {
        DroppedFeature::Constant => "is the same for every background".to_string(),
        DroppedFeature::Rare { units } => {
            let word = match clustered {
                true => "source",
                false => "background",
            };
            format!(
                "differs from its commonest value in only {}, and {MIN_UNITS_PER_FEATURE} are needed",
                pluralize(units, word)
            )
        }
        DroppedFeature::Collinear => "is a linear function of the features before it".to_string(),
    }
}

fn method_text(clustered: bool) -> String {
    let errors = match clustered {
        true => "CR2 errors by source with Satterthwaite degrees of freedom",
        false => "HC3 errors",
    };
    format!("ordinary least squares with {errors}; intervals are of the change per sd")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(arm: usize) -> Box<Formula<usize>> {
        Box::new(Formula::Leaf(arm))
    }

    #[test]
    fn weight_of_the_control_in_linear_contrasts() {
        let effect = Formula::Binary(Arithmetic::Subtract, leaf(1), leaf(0));
        assert_eq!(weight_of(&effect, 0), Some(-1.0));
        let half = Box::new(Formula::Constant(2.0));
        let halved = Formula::Binary(Arithmetic::Divide, Box::new(effect.clone()), half);
        assert_eq!(weight_of(&halved, 0), Some(-0.5));
        let synergy = Formula::Binary(
            Arithmetic::Subtract,
            Box::new(effect.clone()),
            Box::new(Formula::Binary(Arithmetic::Subtract, leaf(2), leaf(0))),
        );
        assert_eq!(weight_of(&synergy, 0), Some(0.0));
        let mean = Formula::Reduce(Reduction::Mean, vec![effect, Formula::Leaf(3)]);
        assert_eq!(weight_of(&mean, 0), Some(-0.5));
    }

    #[test]
    fn a_ratio_has_no_weight_of_its_divisor() {
        let ratio = Formula::Binary(Arithmetic::Divide, leaf(1), leaf(0));
        assert_eq!(weight_of(&ratio, 0), None);
        assert_eq!(weight_of(&ratio, 2), Some(0.0));
    }
}
