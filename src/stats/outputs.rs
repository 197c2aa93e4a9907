//! Lookup of model outputs among the outcomes of a plan.

use std::collections::HashMap;
use std::sync::Arc;

use super::ClusterDesign;
use gia_design::{Contrast, FoldKind};
use gia_domain::{Clusters, Population, Strand};
use gia_engine::{BackgroundFeatures, JobOutcomes, Outcomes, Survey};
use gia_plan::{Feature, Plan, Point};

/// The outcomes of a plan, indexed by population, variant and reading.
pub struct OutputIndex<'a> {
    plan: &'a Plan,
    /// Parallel to the plan's jobs.
    outcomes: &'a [JobOutcomes],
    /// Parallel to the plan's experiments, or empty.
    surveys: &'a [Survey],
    /// By population and reading: the outcomes of the job, and the position of the reading among its readings.
    jobs: HashMap<(usize, usize), (&'a JobOutcomes, usize)>,
}

/// One model output for every background of a variant: a strided column of the job's outputs.
#[derive(Clone, Copy)]
pub struct OutputColumn<'a> {
    /// Outputs from that of the first background on, `stride` apart.
    values: &'a [f32],
    stride: usize,
}

impl<'a> OutputIndex<'a> {
    pub fn new(plan: &'a Plan, outcomes: &'a Outcomes) -> Self {
        let mut jobs = HashMap::new();
        for (job, answered) in plan.jobs.iter().zip(&outcomes.jobs) {
            for (place, &reading) in answered.readings.iter().enumerate() {
                jobs.insert((job.population, reading), (answered, place));
            }
        }
        OutputIndex {
            plan,
            outcomes: &outcomes.jobs,
            surveys: &outcomes.surveys,
            jobs,
        }
    }

    /// The outputs of one reading for all backgrounds of a variant.
    ///
    /// # Panics
    ///
    /// If the outcomes belong to another plan: a plan has a job for every reading of every point.
    pub fn output_column(
        &self,
        population: usize,
        variant: usize,
        reading: usize,
    ) -> OutputColumn<'a> {
        let found = self
            .jobs
            .get(&(population, reading))
            .and_then(|(job, place)| {
                let values = job.values.get(&variant)?;
                Some((values.get(*place..).unwrap_or(&[]), job.readings.len()))
            });
        let (values, stride) = found.expect("a plan holds a job for every reading of every point");
        OutputColumn { values, stride }
    }

    /// Number of the first `count` backgrounds that an arm's edits leave unchanged.
    pub fn count_unchanged(&self, population: usize, variant: usize, count: usize) -> usize {
        let mut jobs = self.plan.jobs.iter().zip(self.outcomes);
        let found = jobs.find_map(|(job, answered)| {
            let of_population = job.population == population;
            of_population.then(|| answered.unchanged.get(&variant))?
        });
        found.map_or(0, |indices| {
            let used = indices.iter().filter(|index| (**index as usize) < count);
            used.count()
        })
    }

    /// Which of the first `count` backgrounds of a population have one source; none if all are independent.
    pub fn cluster_design(&self, population: usize, count: usize) -> Option<Arc<ClusterDesign>> {
        let clusters = Clusters::of(self.population(population), self.seed(), count)?;
        Some(Arc::new(ClusterDesign::new(clusters)))
    }

    pub fn population(&self, index: usize) -> &'a Population {
        &self.plan.populations[index].population
    }

    /// The survey of an experiment's backgrounds, by its index in the plan; none if they were not surveyed.
    pub fn survey(&self, experiment: usize) -> Option<&'a Survey> {
        self.surveys.get(experiment)
    }

    /// As [`BackgroundFeatures::flank_gc`].
    pub fn flank_gc(
        &self,
        features: &BackgroundFeatures,
        point: &Point,
        contrast: &Contrast,
    ) -> Result<Vec<f64>, &'static str> {
        features.flank_gc(self.plan, point, contrast)
    }

    pub fn seed(&self) -> u64 {
        self.plan.settings.seed
    }

    /// Whether a reading is a distance of profiles, which have no negative numbers.
    pub fn is_profile_distance(&self, reading: usize) -> bool {
        let feature = self.plan.readings.get(reading).map(|of| &of.feature);
        let fold = match feature {
            Some(Feature::Fold(fold)) => self.plan.folds.get(*fold),
            Some(Feature::Column(_) | Feature::Reduced(..)) | None => None,
        };
        fold.is_some_and(|fold| matches!(fold.fold.kind, FoldKind::JensenShannon { .. }))
    }

    /// A fold of tracks by its kind and the outputs that it reads; the functions of these are left out.
    fn fold_name(&self, fold: usize) -> String {
        let Some(planned) = self.plan.folds.get(fold) else {
            return format!("fold {fold}");
        };
        let mut ends: Vec<String> = Vec::new();
        for &(model, strand) in &planned.sources {
            let Some(of) = self.plan.models.get(model) else {
                continue;
            };
            let name = |column: usize| format!("{}{}", of.name, of.declaration.column_name(column));
            let columns = planned.columns_of((model, strand));
            let strand = match strand {
                Strand::Forward => "",
                Strand::Reverse => " on the other strand",
            };
            ends.push(match columns.as_slice() {
                [first, .., last] => format!("{} to {}{strand}", name(*first), name(*last)),
                few => few.iter().map(|one| name(*one) + strand).collect(),
            });
        }
        format!("{} of {}", planned.fold.kind.word(), ends.join(" and "))
    }

    /// A reading as a script writes it, `k562["DNase"]`; `reading 3` if it is not in the plan.
    pub fn reading_name(&self, reading: usize) -> String {
        let Some(of) = self.plan.readings.get(reading) else {
            return format!("reading {reading}");
        };
        let Some(model) = self.plan.models.get(of.model) else {
            return format!("reading {reading}");
        };
        let column =
            |column: usize| format!("{}{}", model.name, model.declaration.column_name(column));
        let name = match &of.feature {
            Feature::Column(one) => column(*one),
            Feature::Reduced(reduction, columns) => match columns.as_slice() {
                [first, .., last] => format!(
                    "{} of {} to {}",
                    reduction.word(),
                    column(*first),
                    column(*last)
                ),
                few => few.iter().map(|one| column(*one)).collect(),
            },
            Feature::Fold(fold) => return self.fold_name(*fold),
        };
        match of.strand {
            Strand::Forward => name,
            Strand::Reverse => format!("{name} on the other strand"),
        }
    }
}

impl OutputColumn<'_> {
    /// Fills `values` as [`Self::fill`] does, and `magnitudes` with their absolute values.
    pub fn fill_with_magnitudes(&self, start: usize, values: &mut [f64], magnitudes: &mut [f64]) {
        self.fill(start, values);
        for (magnitude, value) in magnitudes.iter_mut().zip(values) {
            *magnitude = value.abs();
        }
    }

    /// Fills `out` with the numbers of the backgrounds from `start` on.
    pub fn fill(&self, start: usize, out: &mut [f64]) {
        let values = &self.values[start * self.stride..];
        for (x, &value) in out.iter_mut().zip(values.iter().step_by(self.stride)) {
            *x = f64::from(value);
        }
    }
}
