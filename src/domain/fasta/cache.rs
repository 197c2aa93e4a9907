//! Cache of sequence sets while their files do not change. In a session, each entry checks all earlier entries again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::FastaOptions;
use crate::{Alphabet, SequenceSet};
use gia_base::diag::Outcome;
use gia_base::file::{InputKind, Stamp, open_input};

/// Size of the cache, in bytes, above which older sets are evicted.
const MAX_BYTES: u64 = 1 << 30;

/// Everything that a set depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    /// Part of the key because messages name the path.
    path: PathBuf,
    stamp: Stamp,
    alphabet: Alphabet,
    options: FastaOptions,
}

#[derive(Default)]
struct Cache {
    sets: HashMap<Key, (u64, Arc<SequenceSet>)>,
    /// Number of uses so far.
    clock: u64,
}

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

impl SequenceSet {
    /// As [`SequenceSet::read_fasta`], cached within the process until the file changes.
    pub fn shared_fasta(
        path: &Path,
        alphabet: Alphabet,
        options: FastaOptions,
    ) -> Outcome<Arc<SequenceSet>> {
        let (_, metadata) = open_input(path, InputKind::Sequences)?;
        let stamp = Stamp::of(&metadata);
        let key = Key {
            path: path.to_path_buf(),
            stamp,
            alphabet,
            options,
        };
        let known = CACHE
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key);
        if let Some(known) = known {
            return Ok(known);
        }
        let set = Arc::new(SequenceSet::read_fasta(path, alphabet, options)?);
        if stamp.is_settled() {
            let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            cache.insert(key, Arc::clone(&set));
        }
        Ok(set)
    }

    /// Memory of the set in bytes, within a few percent.
    pub fn memory_bytes(&self) -> u64 {
        let heap = |bytes: usize| match bytes {
            0 => 0,
            // Overhead of the allocator.
            bytes => (bytes + 8).next_multiple_of(16).max(32) as u64,
        };
        // Reference counts of an `Arc`.
        const COUNTS_BYTES: usize = 16;
        let own = self.sequences.capacity() * size_of::<crate::Sequence>();
        let each = self.sequences.iter().map(|sequence| {
            let variant = sequence.variant.as_deref().map_or(0, |variant| {
                heap(size_of_val(variant))
                    + heap(variant.inserted.capacity())
                    + heap(variant.before.capacity())
                    + heap(variant.beyond.capacity())
            });
            let locus = sequence.locus.as_deref().map_or(0, |locus| {
                heap(size_of_val(locus)) + heap(COUNTS_BYTES + locus.contig.len())
            });
            heap(sequence.name.capacity()) + heap(sequence.bases.capacity()) + variant + locus
        });
        own as u64 + each.sum::<u64>()
    }
}

impl Cache {
    fn get(&mut self, key: &Key) -> Option<Arc<SequenceSet>> {
        self.clock += 1;
        let (used, set) = self.sets.get_mut(key)?;
        *used = self.clock;
        Some(Arc::clone(set))
    }

    fn insert(&mut self, key: Key, set: Arc<SequenceSet>) {
        self.clock += 1;
        // Sets of older states of the file are useless.
        self.sets
            .retain(|known, _| known.path != key.path || known.stamp == key.stamp);
        self.sets.insert(key, (self.clock, set));
        let mut held: u64 = self.sets.values().map(|(_, set)| set.memory_bytes()).sum();
        while held > MAX_BYTES && self.sets.len() > 1 {
            let oldest = self.sets.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            if let Some((_, set)) = self.sets.remove(&oldest) {
                held = held.saturating_sub(set.memory_bytes());
            }
        }
    }
}
