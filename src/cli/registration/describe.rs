//! The registration of a checked script.

use std::collections::HashMap;
use std::sync::Arc;

use super::time;
use crate::pipeline::Script;
use gia_base::diag::Outcome;
use gia_base::file::{FileRecord, sha256_of_bytes};
use gia_design::{
    Claim, ClaimKind, CombinedClaim, Correction, FamilyScope, Formula, IntervalMethod, Streams,
};
use gia_plan::{Experiment, Feature, Plan, SourceColumn};
use gia_study::{
    ModelRecord, REGISTRATION_SCHEMA, RegisteredClaim, RegisteredExperiment, RegisteredSettings,
    Registration,
};

/// Describes everything that decides the verdicts of a script. Hashes the model files; runs nothing.
///
/// # Errors
/// A model file that cannot be read or is not the one declared, and those of [`Script::data_records`].
pub fn describe(script: &Script) -> Outcome<Registration> {
    let plan = gia_plan::lower(&script.program);
    let text = |id| {
        let source = script.sources.get(id);
        FileRecord {
            path: source.name.clone(),
            sha256: sha256_of_bytes(source.text.as_bytes()),
        }
    };
    let modules = script.sources.iter().map(|(id, _)| id);
    let modules = modules.filter(|id| *id != script.main).map(text).collect();
    let models = plan.models.iter().map(|model| {
        Ok(ModelRecord {
            name: model.name.clone(),
            path: model.source.to_string(),
            sha256: gia_engine::model_hash(model)?,
            python: None,
        })
    });
    let settings = plan.settings;
    let mut designs = DesignHasher::new(&plan);
    Ok(Registration {
        schema: REGISTRATION_SCHEMA.to_string(),
        registered: time::now(),
        gia: env!("CARGO_PKG_VERSION").to_string(),
        script: text(script.main),
        modules,
        settings: RegisteredSettings {
            seed: settings.seed,
            level: settings.level,
            fdr: settings.fdr,
            correction: correction_word(settings.correction).to_string(),
            interval: interval_word(settings.interval).to_string(),
            family: family_word(settings.family).to_string(),
            streams: streams_word(settings.streams).to_string(),
        },
        models: models.collect::<Outcome<_>>()?,
        data: script.data_records()?,
        experiments: plan
            .experiments
            .iter()
            .map(|e| designs.experiment(e))
            .collect(),
        claims: plan
            .claims
            .iter()
            .map(|claim| combined_claim(&plan, claim))
            .collect(),
    })
}

/// The word of `set correction`.
fn correction_word(correction: Correction) -> &'static str {
    match correction {
        Correction::BenjaminiHochberg => "benjamini_hochberg",
        Correction::BenjaminiYekutieli => "benjamini_yekutieli",
        Correction::Holm => "holm",
    }
}

/// The word of `set interval`.
fn interval_word(interval: IntervalMethod) -> &'static str {
    match interval {
        IntervalMethod::Hull => "hull",
        IntervalMethod::Student => "student",
    }
}

/// The word of `set family`.
fn family_word(family: FamilyScope) -> &'static str {
    match family {
        FamilyScope::Claim => "claim",
        FamilyScope::Script => "script",
        FamilyScope::Suite => "suite",
    }
}

/// The word of `set streams`.
fn streams_word(streams: Streams) -> &'static str {
    match streams {
        Streams::Shared => "shared",
        Streams::Independent => "independent",
    }
}

/// A hash of many texts, in constant memory: each is hashed together with the hash of all before it.
#[derive(Default)]
struct ChainHash(String);

impl ChainHash {
    fn add(&mut self, text: &str) {
        self.0 = sha256_of_bytes(format!("{}\n{text}", self.0).as_bytes());
    }
}

/// Hashes the designs of the experiments of a plan. What many grid points share is hashed once.
struct DesignHasher<'p> {
    plan: &'p Plan,
    populations: HashMap<usize, String>,
    variants: HashMap<(usize, usize), String>,
    /// By the addresses of the shared formulas, which the plan keeps alive.
    outcomes: HashMap<*const Arc<Formula<usize>>, String>,
}

impl<'p> DesignHasher<'p> {
    fn new(plan: &'p Plan) -> DesignHasher<'p> {
        DesignHasher {
            plan,
            populations: HashMap::new(),
            variants: HashMap::new(),
            outcomes: HashMap::new(),
        }
    }

    fn experiment(&mut self, experiment: &Experiment) -> RegisteredExperiment {
        let design = &experiment.design;
        let mut grid = ChainHash::default();
        for axis in &design.axes {
            grid.add(&format!("{} {:?}", axis.name, axis.values));
        }
        let mut backgrounds = ChainHash::default();
        if let Some(stopping) = &design.stopping {
            backgrounds.add(&format!("{:?} {}", stopping.rule, stopping.max));
        }
        let (mut arms, mut outcomes) = (ChainHash::default(), ChainHash::default());
        arms.add(&format!("{:?}", design.arms));
        for outcome in &design.outcomes {
            outcomes.add(&outcome.name);
        }
        for point in &experiment.points {
            let population = self.population(point.population);
            backgrounds.add(&format!("{population} {}", point.count));
            for &variant in &point.arms {
                arms.add(&self.variant(point.population, variant));
            }
            outcomes.add(&self.outcomes(&point.outcomes));
        }
        let claims = design.claims.iter();
        RegisteredExperiment {
            name: design.name.clone(),
            grid: grid.0,
            backgrounds: backgrounds.0,
            arms: arms.0,
            outcomes: outcomes.0,
            claims: claims
                .map(|claim| registered_claim(experiment, claim))
                .collect(),
        }
    }

    fn population(&mut self, number: usize) -> String {
        let population = &self.plan.populations[number].population;
        let hash = || sha256_of_bytes(&population.identity());
        self.populations.entry(number).or_insert_with(hash).clone()
    }

    fn variant(&mut self, population: usize, number: usize) -> String {
        let edits = &self.plan.populations[population].variants[number];
        let hash = || sha256_of_bytes(format!("{edits:?}").as_bytes());
        self.variants
            .entry((population, number))
            .or_insert_with(hash)
            .clone()
    }

    fn outcomes(&mut self, formulas: &Arc<[Arc<Formula<usize>>]>) -> String {
        let plan = self.plan;
        let hash = || {
            // Models are named, since their numbers depend on the other models of the script.
            let read = |number: usize| {
                let reading = &plan.readings[number];
                let value = match &reading.feature {
                    Feature::Column(column) => format!("{column}"),
                    Feature::Reduced(reduction, columns) => format!("{reduction:?} {columns:?}"),
                    Feature::Fold(fold) => {
                        let named = |of: SourceColumn| {
                            let name = &plan.models[of.model].name;
                            (name, of.strand, of.column, of.unedited)
                        };
                        return format!("{:?}", plan.folds[*fold].fold.map(&mut |of| named(of)));
                    }
                };
                format!(
                    "{} {:?} {value}",
                    plan.models[reading.model].name, reading.strand
                )
            };
            let mut all = ChainHash::default();
            for formula in formulas.iter() {
                all.add(&format!("{:?}", formula.map(&mut |leaf| read(leaf))));
            }
            all.0
        };
        self.outcomes
            .entry(formulas.as_ptr())
            .or_insert_with(hash)
            .clone()
    }
}

fn registered_claim(experiment: &Experiment, claim: &Claim) -> RegisteredClaim {
    let design = &experiment.design;
    let contrast = &design.contrasts[claim.contrast];
    let outcome = &design.outcomes[claim.outcome].name;
    let formula = contrast.formula.map(&mut |arm| &design.arms[arm]);
    // Derived names describe each kind of claim with all of its fields.
    let kind = match claim.kind {
        // The index says nothing outside of the script.
        ClaimKind::Beyond { .. } => "Beyond".to_string(),
        _ => format!("{:?}", claim.kind),
    };
    let feature = kind
        .split([' ', '('])
        .next()
        .unwrap_or_default()
        .to_lowercase();
    let mut meaning = ChainHash::default();
    let (relation, magnitude, level) = (claim.relation, claim.magnitude, claim.level);
    meaning.add(&format!(
        "{formula:?} {outcome} {kind} {relation:?} {magnitude} {level}"
    ));
    for (&point, threshold) in claim.points.iter().zip(&claim.thresholds) {
        let at = gia_stats::grid_point_at(&design.axes, &design.points[point].at);
        let at = at.iter().map(|(axis, value)| format!("{axis}={value}"));
        meaning.add(&format!("{} {threshold}", at.collect::<Vec<_>>().join(" ")));
    }
    if let ClaimKind::Beyond { null } = claim.kind {
        for &point in &claim.points {
            let of = &design.null_effects[null].points[point];
            let population = sha256_of_bytes(&of.population.identity());
            meaning.add(&format!("beyond {population} {}", of.count));
        }
    }
    let mut thresholds = match claim.kind {
        ClaimKind::Level
        | ClaimKind::Quantile(_)
        | ClaimKind::Share
        | ClaimKind::AcrossModels
        | ClaimKind::SingleValue
        | ClaimKind::Beyond { .. } => claim.thresholds.clone(),
        ClaimKind::Steps { .. } | ClaimKind::Peak { .. } | ClaimKind::Periodic { .. } => Vec::new(),
    };
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    RegisteredClaim {
        claim: one_line(&claim.text),
        about: format!("{feature} of {} of {outcome}", one_line(&contrast.name)),
        thresholds,
        points: claim.points.len(),
        level,
        sha256: meaning.0,
    }
}

fn combined_claim(plan: &Plan, claim: &CombinedClaim) -> RegisteredClaim {
    let mut meaning = ChainHash::default();
    let (relation, magnitude, level) = (claim.relation, claim.magnitude, claim.level);
    meaning.add(&format!("{relation:?} {magnitude} {level}"));
    for term in &claim.terms {
        let design = &plan.experiments[term.experiment].design;
        let contrast = &design.contrasts[term.contrast];
        let formula = contrast.formula.map(&mut |arm| &design.arms[arm]);
        meaning.add(&format!(
            "{} {} {formula:?} {}",
            term.weight, design.name, design.outcomes[term.outcome].name
        ));
    }
    let mut thresholds = Vec::new();
    for point in &claim.points {
        let at = gia_stats::grid_point_at(&claim.axes, &point.at);
        let at = at.iter().map(|(axis, value)| format!("{axis}={value}"));
        let threshold = point.threshold;
        meaning.add(&format!("{} {threshold}", at.collect::<Vec<_>>().join(" ")));
        thresholds.push(threshold);
    }
    thresholds.sort_by(f64::total_cmp);
    thresholds.dedup();
    RegisteredClaim {
        claim: one_line(&claim.text),
        about: one_line(&claim.name),
        thresholds,
        points: claim.points.len(),
        level,
        sha256: meaning.0,
    }
}

/// The text with each run of blanks as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
