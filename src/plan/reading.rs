//! Decomposes formulas over the models of a script into outputs of single models on one strand (readings).

use std::collections::HashMap;

use gia_design::{Formula, ModelKind, OutputRef, Reduction, count_members};
use gia_domain::Strand;

/// A value computed from the output of a single model for a sequence on one strand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Index into `Plan::models`.
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
}

impl Feature {
    /// The columns that the value is computed from.
    pub fn columns(&self) -> &[usize] {
        match self {
            Feature::Column(column) => std::slice::from_ref(column),
            Feature::Reduced(_, columns) => columns,
        }
    }
}

/// The distinct readings of a program.
pub struct Readings<'p> {
    models: &'p [gia_design::Model],
    /// For each model, its index in the plan; none for a composite model.
    planned: Vec<Option<usize>>,
    known: HashMap<Reading, usize>,
    pub list: Vec<Reading>,
}

impl<'p> Readings<'p> {
    pub fn new(models: &'p [gia_design::Model]) -> Self {
        let mut next = 0;
        let planned = models.iter().map(|model| match model.kind {
            ModelKind::Single(_) => {
                next += 1;
                Some(next - 1)
            }
            ModelKind::Ensemble(_) | ModelKind::BothStrands(_) => None,
        });
        Readings {
            models,
            planned: planned.collect(),
            known: HashMap::new(),
            list: Vec::new(),
        }
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
        if let Some(planned) = self.planned[model] {
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
            ModelKind::Single(_) => Vec::new(),
        };
        Formula::Reduce(Reduction::Mean, parts)
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
