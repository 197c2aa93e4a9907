//! Decomposes formulas over the models of a script into outputs of single models on one strand (readings).

use std::collections::HashMap;
use std::sync::Arc;

use super::{Model, ModelSource};
use gia_design::{
    Attribution, Fold, FoldKind, Formula, FormulaTape, ModelKind, OutputRef, Reduction, Track,
    count_members,
};
use gia_domain::Strand;

/// A value computed from the output of a single model for a sequence on one strand, or from those of several jobs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Index into `Plan::models`; of a joint fold, that of the last of its sources.
    pub model: usize,
    /// The strand of the sequence that is given to the model.
    pub strand: Strand,
    /// The value that is computed from the output.
    pub feature: Feature,
}

/// A value computed from the flattened output of a model.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Feature {
    /// One column.
    Column(usize),
    /// Several columns reduced to one number, so that a whole profile need not be stored.
    Reduced(Reduction, Vec<usize>),
    /// One number of tracks: an index into `Plan::folds`.
    Fold(usize),
}

/// A column of the flattened output of one model for a sequence on one strand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceColumn {
    /// Index into `Plan::models`.
    pub model: usize,
    /// The strand of the sequence that is given to the model.
    pub strand: Strand,
    /// The column.
    pub column: usize,
    /// Whether it is predicted for the background without edits instead of for the sequence itself.
    pub unedited: bool,
}

/// One number of tracks of a plan.
#[derive(Debug, Clone)]
pub struct PlannedFold {
    /// The computation over columns of single models.
    pub fold: Fold<SourceColumn>,
    /// The models that it reads, each with its strand; ascending.
    pub sources: Vec<(usize, Strand)>,
    /// Whether it needs several predictions of a background: of several models or strands, or of several variants. Its columns
    /// are then held until all are made.
    pub joint: bool,
}

impl PlannedFold {
    /// Whether it is of the same tracks as another fold of the plan.
    pub fn has_tracks_of(&self, other: &PlannedFold) -> bool {
        let pairs = self.fold.tracks.iter().zip(&other.fold.tracks);
        self.fold.tracks.len() == other.fold.tracks.len()
            && pairs.into_iter().all(|(a, b)| Arc::ptr_eq(a, b))
    }

    /// The columns of one of its sources, ascending.
    pub fn columns_of(&self, source: (usize, Strand)) -> Vec<usize> {
        let mut columns = Vec::new();
        self.fold.leaves(&mut |of: SourceColumn| {
            if (of.model, of.strand) == source {
                columns.push(of.column);
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }
}

/// A track of the program by its address, and the member that replaces its ensembles.
type TrackAddress = (*const Track<OutputRef>, Option<usize>);

/// The distinct readings of a program.
pub struct Readings<'p> {
    models: &'p [gia_design::Model],
    /// For each model, its index in the plan; none for a model that is composed of others or computed from them.
    planned: Vec<Option<usize>>,
    /// Number of models that are neither.
    num_single: usize,
    /// Contributions to queries, which are behind the other models of the plan.
    pub attributions: Vec<Model>,
    /// Their indices in the plan, by the model of the program and by member.
    known_attributions: HashMap<(usize, Option<usize>), usize>,
    /// Number of members of each attribution of a linear query of ensembles.
    averaged_members: HashMap<usize, usize>,
    known: HashMap<Reading, usize>,
    pub list: Vec<Reading>,
    pub folds: Vec<Arc<PlannedFold>>,
    /// The tracks of the folds, by their text, each once; equal tracks of several folds are then evaluated once.
    tracks: HashMap<String, Arc<Track<SourceColumn>>>,
    /// Lowered tracks by the address of the original, which the program keeps alive, and by member.
    lowered: HashMap<TrackAddress, Arc<Track<SourceColumn>>>,
    /// The folds by their kind and the addresses of their tracks.
    known_folds: HashMap<(FoldKind, Vec<*const Track<SourceColumn>>), usize>,
}

impl<'p> Readings<'p> {
    pub fn new(models: &'p [gia_design::Model]) -> Self {
        let mut next = 0;
        let planned = models.iter().map(|model| match model.kind {
            ModelKind::Single(_) => {
                next += 1;
                Some(next - 1)
            }
            ModelKind::Ensemble(_) | ModelKind::BothStrands(_) | ModelKind::Attribution(_) => None,
        });
        let planned = planned.collect();
        let mut readings = Readings {
            models,
            planned,
            num_single: next,
            attributions: Vec::new(),
            known_attributions: HashMap::new(),
            averaged_members: HashMap::new(),
            known: HashMap::new(),
            list: Vec::new(),
            folds: Vec::new(),
            tracks: HashMap::new(),
            lowered: HashMap::new(),
            known_folds: HashMap::new(),
        };
        for index in 0..models.len() {
            readings.plan_attribution(index);
        }
        readings
    }

    /// Adds the attribution that a model of the program is, and that of each member of its ensembles.
    fn plan_attribution(&mut self, index: usize) {
        let model = &self.models[index];
        let ModelKind::Attribution(attribution) = &model.kind else {
            return;
        };
        let members = self.members(&attribution.query).unwrap_or(0);
        let is_linear = FormulaTape::new(&attribution.query)
            .is_ok_and(|query| query.constant_multipliers().is_some());
        if members > 0 && is_linear {
            self.averaged_members.insert(index, members);
        }
        for member in std::iter::once(None).chain((0..members).map(Some)) {
            let number = self.num_single + self.attributions.len();
            let name = match member {
                None => model.name.clone(),
                Some(member) => {
                    let member = self.member_name(&attribution.query, member);
                    format!("{} under {member}", model.name)
                }
            };
            let query = self.number(&attribution.query, member, false);
            self.attributions.push(Model {
                name,
                source: ModelSource::Attribution(Arc::new(Attribution {
                    method: attribution.method.clone(),
                    query: Arc::new(query),
                })),
                declaration: model.declaration.clone(),
            });
            self.known_attributions.insert((index, member), number);
        }
    }

    /// The members whose contributions are averaged, since a linear query's contributions of an ensemble are the means of those of its members; none for
    /// other models, and for the variation over references, which means do not have.
    fn members_of_mean(
        &self,
        model: usize,
        columns: &[usize],
        member: Option<usize>,
    ) -> Option<std::ops::Range<usize>> {
        let members = *self.averaged_members.get(&model)?;
        let length = self.models[model].declaration.length;
        let is_mean = columns.iter().all(|&column| column < length);
        (member.is_none() && is_mean).then_some(0..members)
    }

    /// The index in the plan of a model that is not composite; none for one that is.
    fn planned(&self, model: usize, member: Option<usize>) -> Option<usize> {
        let of_member = self.known_attributions.get(&(model, member));
        let attribution = of_member.or_else(|| self.known_attributions.get(&(model, None)));
        self.planned[model].or(attribution.copied())
    }

    /// Decomposes a formula into readings. With `member`, every ensemble is replaced by its member of this index.
    pub fn formula(&mut self, of: &Formula<OutputRef>, member: Option<usize>) -> Formula<usize> {
        let mut part = |part: &Formula<OutputRef>| self.formula(part, member);
        match of {
            Formula::Leaf(read) => {
                self.model_columns(read.model, Strand::Forward, None, &[read.column], member)
            }
            Formula::Constant(number) => Formula::Constant(*number),
            Formula::Negate(a) => Formula::Negate(Box::new(part(a))),
            Formula::Overall(a) => Formula::Overall(Box::new(part(a))),
            Formula::Call(function, a) => Formula::Call(*function, Box::new(part(a))),
            Formula::Binary(op, a, b) => {
                let a = part(a);
                Formula::Binary(*op, Box::new(a), Box::new(part(b)))
            }
            Formula::Reduce(reduction, parts) => match columns_of_one(parts) {
                Some((model, columns)) => {
                    self.model_columns(model, Strand::Forward, Some(*reduction), &columns, member)
                }
                None => Formula::Reduce(*reduction, parts.iter().map(part).collect()),
            },
            Formula::Fold(fold) => self.fold(fold, member),
        }
    }

    /// The reading of a fold of tracks.
    fn fold(&mut self, of: &Fold<OutputRef>, member: Option<usize>) -> Formula<usize> {
        let tracks = of.tracks.iter();
        let tracks: Box<[_]> = tracks.map(|t| self.shared_track(t, member)).collect();
        let fold = Fold {
            kind: of.kind,
            tracks,
        };
        let mut sources: Vec<(usize, Strand)> = Vec::new();
        let mut unedited = [false, false];
        fold.leaves(&mut |of: SourceColumn| {
            if sources.last() != Some(&(of.model, of.strand)) {
                sources.push((of.model, of.strand));
            }
            unedited[usize::from(of.unedited)] = true;
        });
        sources.sort_unstable();
        sources.dedup();
        let Some(&(model, strand)) = sources.last() else {
            return Formula::Constant(fold.evaluate(&mut |_| f64::NAN));
        };
        let addresses = fold.tracks.iter().map(Arc::as_ptr).collect();
        let next = self.folds.len();
        let index = *self
            .known_folds
            .entry((fold.kind, addresses))
            .or_insert(next);
        if index == next {
            self.folds.push(Arc::new(PlannedFold {
                joint: sources.len() > 1 || unedited[1],
                fold,
                sources,
            }));
        }
        Formula::Leaf(self.reading(Reading {
            model,
            strand,
            feature: Feature::Fold(index),
        }))
    }

    /// A track over single models; equal tracks are shared.
    fn shared_track(
        &mut self,
        of: &Arc<Track<OutputRef>>,
        member: Option<usize>,
    ) -> Arc<Track<SourceColumn>> {
        let address = (Arc::as_ptr(of), member);
        if let Some(known) = self.lowered.get(&address) {
            return known.clone();
        }
        let made = self.track(of, member, false);
        let shared = self.tracks.entry(format!("{made:?}"));
        let shared = shared.or_insert_with(|| Arc::new(made)).clone();
        self.lowered.insert(address, shared.clone());
        shared
    }

    /// Decomposes a track into columns of single models.
    fn track(
        &self,
        of: &Track<OutputRef>,
        member: Option<usize>,
        unedited: bool,
    ) -> Track<SourceColumn> {
        let inner = |of: &Track<OutputRef>| self.track(of, member, unedited);
        match of {
            Track::Leaves(leaves) => {
                let model = leaves.first().map(|read| read.model);
                match model.filter(|model| leaves.iter().all(|read| read.model == *model)) {
                    Some(model) => {
                        let columns: Vec<usize> = leaves.iter().map(|read| read.column).collect();
                        self.source_track(model, Strand::Forward, &columns, member, unedited)
                    }
                    None => {
                        let number =
                            |&read: &OutputRef| self.number(&Formula::Leaf(read), member, unedited);
                        Track::Numbers(leaves.iter().map(number).collect())
                    }
                }
            }
            Track::Constants(numbers) => Track::Constants(numbers.clone()),
            Track::Numbers(numbers) => {
                let numbers = numbers.iter();
                Track::Numbers(
                    numbers
                        .map(|of| self.number(of, member, unedited))
                        .collect(),
                )
            }
            Track::Repeated(number, count) => {
                Track::Repeated(Box::new(self.number(number, member, unedited)), *count)
            }
            Track::Negate(of) => Track::Negate(Box::new(inner(of))),
            Track::Call(function, of) => Track::Call(*function, Box::new(inner(of))),
            Track::Binary(op, left, right) => {
                Track::Binary(*op, Box::new(inner(left)), Box::new(inner(right)))
            }
            Track::Softmax(of) => Track::Softmax(Box::new(inner(of))),
            Track::Mean(of) => Track::Mean(of.iter().map(inner).collect()),
            Track::Part(of, start, count) => Track::Part(Arc::new(inner(of)), *start, *count),
            Track::UnderControl(of) => self.track(of, member, true),
        }
    }

    /// Columns of a model as a track: of a composite model, the mean over the models that it is made of.
    fn source_track(
        &self,
        model: usize,
        strand: Strand,
        columns: &[usize],
        member: Option<usize>,
        unedited: bool,
    ) -> Track<SourceColumn> {
        let of = |model: usize, strand: Strand, columns: &[usize]| {
            self.source_track(model, strand, columns, member, unedited)
        };
        match (
            self.planned(model, member),
            &self.models[model].kind,
            member,
        ) {
            (Some(model), ..) => {
                let column = |&column: &usize| SourceColumn {
                    model,
                    strand,
                    column,
                    unedited,
                };
                Track::Leaves(columns.iter().map(column).collect())
            }
            (None, ModelKind::Ensemble(members), Some(member)) => {
                of(members[member], strand, columns)
            }
            (None, ModelKind::Ensemble(members), None) => Track::Mean(
                members
                    .iter()
                    .map(|&one| of(one, strand, columns))
                    .collect(),
            ),
            (None, ModelKind::BothStrands(one), _) => {
                let declaration = &self.models[*one].declaration;
                let columns_there: Vec<usize> =
                    columns.iter().map(|&c| declaration.mirrored(c)).collect();
                Track::Mean(vec![
                    of(*one, strand, columns),
                    of(*one, strand.other(), &columns_there),
                ])
            }
            // Every other model is planned.
            (None, ModelKind::Single(_) | ModelKind::Attribution(_), _) => {
                Track::Leaves(Arc::default())
            }
        }
    }

    /// A number of each sequence over columns of single models, as an operand of a track.
    fn number(
        &self,
        of: &Formula<OutputRef>,
        member: Option<usize>,
        unedited: bool,
    ) -> Formula<SourceColumn> {
        let part = |part: &Formula<OutputRef>| Box::new(self.number(part, member, unedited));
        match of {
            Formula::Leaf(read) => Formula::Fold(Arc::new(Fold::of(
                FoldKind::At(0),
                Arc::new(self.source_track(
                    read.model,
                    Strand::Forward,
                    &[read.column],
                    member,
                    unedited,
                )),
            ))),
            Formula::Constant(number) => Formula::Constant(*number),
            Formula::Negate(a) => Formula::Negate(part(a)),
            Formula::Overall(a) => Formula::Overall(part(a)),
            Formula::Call(function, a) => Formula::Call(*function, part(a)),
            Formula::Binary(op, a, b) => Formula::Binary(*op, part(a), part(b)),
            Formula::Reduce(reduction, parts) => {
                let parts = parts.iter();
                let parts = parts.map(|of| self.number(of, member, unedited));
                Formula::Reduce(*reduction, parts.collect())
            }
            Formula::Fold(fold) => {
                let tracks = fold.tracks.iter();
                let tracks = tracks.map(|track| Arc::new(self.track(track, member, unedited)));
                Formula::Fold(Arc::new(Fold {
                    kind: fold.kind,
                    tracks: tracks.collect(),
                }))
            }
        }
    }

    /// Number of members of the ensembles in a formula; none if there is no ensemble or if the numbers differ.
    pub fn members(&self, of: &Formula<OutputRef>) -> Option<usize> {
        count_members(of, self.models)
    }

    /// Name of the member of this index of the ensembles in a formula; several names are joined with `and`.
    pub fn member_name(&self, of: &Formula<OutputRef>, member: usize) -> String {
        let mut names: Vec<&str> = Vec::new();
        of.leaves(&mut |read| {
            if let Some(members) = self.models[read.model].members(self.models) {
                let name = self.models[members[member]].name.as_str();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        });
        names.join(" and ")
    }

    /// The formula of one column of a model, or of several columns with their reduction.
    fn model_columns(
        &mut self,
        model: usize,
        strand: Strand,
        reduction: Option<Reduction>,
        columns: &[usize],
        member: Option<usize>,
    ) -> Formula<usize> {
        let models = self.models;
        if let Some(members) = self.members_of_mean(model, columns, member) {
            let average = |columns: &[usize], reduction, readings: &mut Self| {
                let of_members = members.clone().map(|member| {
                    readings.model_columns(model, strand, reduction, columns, Some(member))
                });
                Formula::Reduce(Reduction::Mean, of_members.collect())
            };
            return match reduction {
                Some(reduction @ (Reduction::Max | Reduction::Min)) => {
                    let each = columns.iter();
                    let each = each.map(|&column| average(&[column], None, self));
                    Formula::Reduce(reduction, each.collect())
                }
                reduction => average(columns, reduction, self),
            };
        }
        if let Some(planned) = self.planned(model, member) {
            let feature = match (reduction, columns) {
                (Some(reduction), columns) => Feature::Reduced(reduction, columns.to_vec()),
                (None, columns) => Feature::Column(columns.first().copied().unwrap_or(0)),
            };
            return Formula::Leaf(self.reading(Reading {
                model: planned,
                strand,
                feature,
            }));
        }
        if let (ModelKind::Ensemble(members), Some(member)) = (&models[model].kind, member) {
            return self.model_columns(members[member], strand, reduction, columns, Some(member));
        }
        // The mean of the maxima is not the maximum of the means, so the columns are averaged one by one.
        if let Some(reduction @ (Reduction::Max | Reduction::Min)) = reduction {
            let each = columns.iter();
            let each =
                each.map(|&column| self.model_columns(model, strand, None, &[column], member));
            return Formula::Reduce(reduction, each.collect());
        }
        let parts = match &models[model].kind {
            ModelKind::Ensemble(members) => members
                .iter()
                .map(|&one| self.model_columns(one, strand, reduction, columns, member))
                .collect(),
            ModelKind::BothStrands(one) => {
                let declaration = &models[*one].declaration;
                let mirrored: Vec<usize> = columns
                    .iter()
                    .map(|&column| declaration.mirrored(column))
                    .collect();
                vec![
                    self.model_columns(*one, strand, reduction, columns, member),
                    self.model_columns(*one, strand.other(), reduction, &mirrored, member),
                ]
            }
            ModelKind::Single(_) | ModelKind::Attribution(_) => Vec::new(),
        };
        Formula::Reduce(Reduction::Mean, parts)
    }

    /// The fold of a reading that needs several predictions of a background; none for any other reading.
    pub fn joint_fold(&self, reading: usize) -> Option<&PlannedFold> {
        joint_fold(&self.list, &self.folds, reading)
    }

    fn reading(&mut self, reading: Reading) -> usize {
        let next = self.list.len();
        let index = *self.known.entry(reading.clone()).or_insert(next);
        if index == next {
            self.list.push(reading);
        }
        index
    }
}

/// The fold of a reading that needs several predictions of a background; none for any other reading.
pub fn joint_fold<'f>(
    readings: &[Reading],
    folds: &'f [Arc<PlannedFold>],
    reading: usize,
) -> Option<&'f PlannedFold> {
    match readings[reading].feature {
        Feature::Fold(fold) => Some(&*folds[fold]).filter(|fold| fold.joint),
        Feature::Column(_) | Feature::Reduced(..) => None,
    }
}

/// The model and its columns, if all parts are columns of one model.
fn columns_of_one(parts: &[Formula<OutputRef>]) -> Option<(usize, Vec<usize>)> {
    let mut model = None;
    let columns = parts.iter().map(|part| match part {
        Formula::Leaf(read) if model.is_none_or(|known| known == read.model) => {
            model = Some(read.model);
            Some(read.column)
        }
        _ => None,
    });
    let columns = columns.collect::<Option<Vec<_>>>()?;
    Some((model?, columns))
}
