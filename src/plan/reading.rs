//! From what a script reads to what networks are asked: models made of others are decomposed.

use std::collections::HashMap;

use gia_design::{Formula, Makeup, Read, Reduction};
use gia_domain::Strand;

/// A number that a model gives for a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reading {
    /// Index into `Plan::models`.
    pub model: usize,
    /// The strand of the sequence that the model sees.
    pub strand: Strand,
    /// Which number of the model's output.
    pub feature: Feature,
}

/// What is kept of a model's output.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Feature {
    /// One column of its flattened output.
    Column(usize),
    /// Several columns reduced to one number, so that a profile need not be kept whole.
    Reduced(Reduction, Vec<usize>),
}

impl Feature {
    /// The columns that it reads.
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
    /// Index among the plan's models; none for a model made of others.
    planned: Vec<Option<usize>>,
    known: HashMap<Reading, usize>,
    pub list: Vec<Reading>,
}

impl<'p> Readings<'p> {
    pub fn new(models: &'p [gia_design::Model]) -> Self {
        let mut next = 0;
        let planned = models.iter().map(|model| match model.makeup {
            Makeup::One(_) => {
                next += 1;
                Some(next - 1)
            }
            Makeup::Ensemble(_) | Makeup::BothStrands(_) => None,
        });
        Readings {
            models,
            planned: planned.collect(),
            known: HashMap::new(),
            list: Vec::new(),
        }
    }

    /// Decomposes a formula into readings. With `member`, that member stands for every ensemble.
    pub fn formula(&mut self, of: &Formula<Read>, member: Option<usize>) -> Formula<usize> {
        let mut part = |part: &Formula<Read>| self.formula(part, member);
        match of {
            Formula::Leaf(read) => {
                self.answer(read.model, Strand::Forward, None, &[read.column], member)
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
                    self.answer(model, Strand::Forward, Some(*reduction), &columns, member)
                }
                None => Formula::Reduce(*reduction, parts.iter().map(part).collect()),
            },
        }
    }

    /// Number of members of the ensembles of a formula; none without an ensemble or if the numbers differ.
    pub fn members(&self, of: &Formula<Read>) -> Option<usize> {
        let mut counts = Vec::new();
        of.leaves(&mut |read| {
            if let Some(members) = self.ensemble(read.model) {
                counts.push(members.len());
            }
        });
        let first = *counts.first()?;
        counts.iter().all(|count| *count == first).then_some(first)
    }

    /// The name of a member of the ensembles of a formula.
    pub fn member_name(&self, of: &Formula<Read>, member: usize) -> String {
        let mut names: Vec<&str> = Vec::new();
        of.leaves(&mut |read| {
            if let Some(members) = self.ensemble(read.model) {
                let name = self.models[members[member]].name.as_str();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        });
        names.join(" and ")
    }

    /// The members of a model that is an ensemble, on one strand or on both.
    fn ensemble(&self, model: usize) -> Option<&'p [usize]> {
        match &self.models[model].makeup {
            Makeup::One(_) => None,
            Makeup::Ensemble(members) => Some(members),
            Makeup::BothStrands(model) => self.ensemble(*model),
        }
    }

    /// Columns of one model, reduced where they are several.
    fn answer(
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
        if let (Makeup::Ensemble(members), Some(member)) = (&models[model].makeup, member) {
            return self.answer(members[member], strand, reduction, columns, Some(member));
        }
        // The mean of the largest is not the largest of the means: each column for itself.
        if let Some(reduction @ (Reduction::Max | Reduction::Min)) = reduction {
            let each = columns.iter();
            let each = each.map(|&column| self.answer(model, strand, None, &[column], member));
            return Formula::Reduce(reduction, each.collect());
        }
        let parts = match &models[model].makeup {
            Makeup::Ensemble(members) => members
                .iter()
                .map(|&one| self.answer(one, strand, reduction, columns, member))
                .collect(),
            Makeup::BothStrands(one) => {
                let declaration = &models[*one].declaration;
                let mirrored: Vec<usize> = columns
                    .iter()
                    .map(|&column| declaration.mirrored(column))
                    .collect();
                vec![
                    self.answer(*one, strand, reduction, columns, member),
                    self.answer(*one, strand.other(), reduction, &mirrored, member),
                ]
            }
            Makeup::One(_) => Vec::new(),
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

/// Where all parts are columns of one model: which.
fn columns_of_one(parts: &[Formula<Read>]) -> Option<(usize, Vec<usize>)> {
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
