//! Which backgrounds of a population are not independent of each other.
//!
//! Backgrounds that a null model draws from its parameters are independent. Those that are sequences of a file, or are made from one as
//! shuffles are, are as many independent observations as there are independent sequences: records that are equal or reverse
//! complements of each other, and windows that overlap in a genome, are one source. Draws from a single sequence, such as its shuffles, are
//! a sample of its shuffles, each independent of the others given the sequence; nothing then stands for other sequences.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::ptr;

use super::{Conditioning, Locus, Origin, Population, RecordKey, Sequence};

/// The backgrounds of a population, grouped by the source that they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    /// Number of the cluster of each background. Clusters are numbered from 0 in the order of their first background.
    ids: Box<[u32]>,
    count: usize,
}

impl Clusters {
    /// The clusters of the first `count` backgrounds; None if all of them are independent.
    ///
    /// # Panics
    /// If a finite set has fewer than `count` sequences.
    pub fn of(population: &Population, seed: u64, count: usize) -> Option<Clusters> {
        Clusters::of_sets(&[(population, count)], seed)
    }

    /// The clusters of the first backgrounds of several populations together, as many of each as the number beside it; backgrounds of
    /// different populations may have one source. None if all of them are independent.
    ///
    /// # Panics
    /// If a finite set has fewer sequences than are asked for.
    pub fn of_sets(sets: &[(&Population, usize)], seed: u64) -> Option<Clusters> {
        if !sets.iter().any(|(of, _)| of.is_made_from_sequences()) {
            return None;
        }
        let samplers: Vec<_> = sets.iter().map(|(of, _)| of.sampler(seed)).collect();
        let mut nodes = Nodes::default();
        let mut sources: Vec<Option<usize>> = Vec::new();
        let mut of_one_sequence = Vec::new();
        for (sampler, (population, count)) in samplers.iter().zip(sets) {
            // A null model that is fitted to sequences draws independent backgrounds.
            let source = |index| match population.is_made_from_sequences() {
                true => sampler.source(index),
                false => None,
            };
            let numbers = (0..*count).map(|index| source(index).map(|of| nodes.insert(of)));
            let start = sources.len();
            sources.extend(numbers);
            if population.is_of_one_sequence() {
                of_one_sequence.push(start..sources.len());
            }
        }
        let mut groups = nodes.group();
        for range in of_one_sequence {
            sources[range].fill(None);
        }
        let mut numbers = HashMap::new();
        let mut next = 0;
        let mut number = || {
            next += 1;
            next - 1
        };
        let ids = sources.into_iter().map(|source| match source {
            Some(node) => *numbers.entry(groups.find(node)).or_insert_with(&mut number),
            None => number(),
        });
        let ids: Vec<u32> = ids.collect();
        Clusters::new(ids)
    }

    /// Clusters from the number of the cluster of each background, where clusters are numbered from 0 without gaps; None if each
    /// background is a cluster of its own.
    pub fn new(ids: Vec<u32>) -> Option<Clusters> {
        let count = ids.iter().max().map_or(0, |last| *last as usize + 1);
        (count < ids.len()).then(|| Clusters {
            ids: ids.into(),
            count,
        })
    }

    /// The cluster of each background.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Number of clusters.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Number of backgrounds in each cluster.
    pub fn sizes(&self) -> Vec<usize> {
        let mut sizes = vec![0; self.count];
        for &id in &self.ids {
            sizes[id as usize] += 1;
        }
        sizes
    }
}

impl Population {
    /// Number of backgrounds in a round over the sequences of a file; None if backgrounds are not made from them in turn.
    pub fn round(&self) -> Option<usize> {
        match self {
            Population::Sequences { set, .. } => Some(set.sequences.len()),
            Population::Null(null) => match null.origin() {
                Origin::Parameters | Origin::Fitted(_) => None,
                Origin::Derived(derived) => derived.round(),
                Origin::Conditioned(conditioned) => match conditioned.method {
                    Conditioning::Filtered => None,
                    Conditioning::MaxEnt => conditioned.source.round(),
                },
            },
        }
    }

    /// Whether two backgrounds that are made from one sequence differ by chance, as its shuffles do.
    pub(super) fn draws_anew(&self) -> bool {
        match self {
            Population::Sequences { .. } => false,
            Population::Null(null) => match null.origin() {
                Origin::Parameters | Origin::Fitted(_) => true,
                Origin::Derived(derived) => derived.draws_anew(),
                Origin::Conditioned(conditioned) => match conditioned.method {
                    Conditioning::Filtered => conditioned.source.draws_anew(),
                    Conditioning::MaxEnt => true,
                },
            },
        }
    }

    /// Whether all backgrounds are random variations of a single sequence, such as its shuffles.
    pub fn is_of_one_sequence(&self) -> bool {
        self.round() == Some(1) && self.draws_anew()
    }

    /// Whether all sequences of a set are of one source, so that they are no replication of each other; false for a null model.
    pub fn is_one_source(&self) -> bool {
        match self {
            Population::Null(_) => false,
            // The order of the set does not matter for all of it.
            Population::Sequences { set, .. } => match set.sequences.len() {
                0 => false,
                1 => true,
                all => Clusters::of(self, 0, all).is_some_and(|clusters| clusters.count() == 1),
            },
        }
    }

    /// Whether backgrounds are sequences of a file or made from them, so that several may have one source.
    pub fn is_made_from_sequences(&self) -> bool {
        match self {
            Population::Sequences { .. } => true,
            Population::Null(null) => match null.origin() {
                Origin::Parameters | Origin::Fitted(_) => false,
                Origin::Derived(derived) => {
                    let sources = derived.sources();
                    sources.iter().any(|of| of.is_made_from_sequences())
                }
                Origin::Conditioned(conditioned) => conditioned.source.is_made_from_sequences(),
            },
        }
    }
}

/// The different sequences that backgrounds come from.
#[derive(Default)]
struct Nodes<'a> {
    sequences: Vec<&'a Sequence>,
    by_address: HashMap<*const Sequence, usize>,
}

impl<'a> Nodes<'a> {
    /// The number of a sequence, by its address.
    fn insert(&mut self, sequence: &'a Sequence) -> usize {
        let next = self.sequences.len();
        let number = *self
            .by_address
            .entry(ptr::from_ref(sequence))
            .or_insert(next);
        if number == next {
            self.sequences.push(sequence);
        }
        number
    }

    /// Joins the sequences that are not independent.
    fn group(&self) -> DisjointSets {
        let mut groups = DisjointSets::new(self.sequences.len());
        let bases = |sequence: &&Sequence| Some(RecordKey::of_bases(&sequence.bases));
        groups.join_equal(self.sequences.iter().map(bases));
        groups.join_equal(self.sequences.iter().map(|sequence| sequence.record));
        self.join_overlapping(&mut groups);
        groups
    }

    fn join_overlapping(&self, groups: &mut DisjointSets) {
        let loci = self.sequences.iter().enumerate();
        let mut loci: Vec<(&Locus, usize)> = loci
            .filter_map(|(node, sequence)| Some((sequence.locus.as_deref()?, node)))
            .collect();
        let contig = |locus: &Locus| (locus.genome.clone(), locus.contig.clone());
        loci.sort_by_cached_key(|(locus, _)| (contig(locus), locus.range.start));
        let mut last: Option<(&Locus, usize, u64)> = None;
        for (locus, node) in loci {
            last = match last {
                Some((before, other, end))
                    if contig(before) == contig(locus) && locus.range.start < end =>
                {
                    groups.join(node, other);
                    Some((locus, node, end.max(locus.range.end)))
                }
                _ => Some((locus, node, locus.range.end)),
            };
        }
    }
}

/// Sets of nodes that are joined step by step (a union-find with path halving).
struct DisjointSets {
    parents: Vec<usize>,
}

impl DisjointSets {
    fn new(count: usize) -> DisjointSets {
        DisjointSets {
            parents: (0..count).collect(),
        }
    }

    /// The representative of the set of a node.
    fn find(&mut self, mut node: usize) -> usize {
        while self.parents[node] != node {
            self.parents[node] = self.parents[self.parents[node]];
            node = self.parents[node];
        }
        node
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.parents[a] = b;
    }

    /// Joins the nodes with equal keys, one key for each node; a node without a key stays as it is.
    fn join_equal<K: Eq + Hash>(&mut self, keys: impl Iterator<Item = Option<K>>) {
        let mut first = HashMap::new();
        for (node, key) in keys.enumerate() {
            let Some(key) = key else { continue };
            match first.entry(key) {
                Entry::Occupied(known) => self.join(node, *known.get()),
                Entry::Vacant(unknown) => {
                    unknown.insert(node);
                }
            }
        }
    }
}
