//! Applying an edit to many backgrounds.
//!
//! Invariant: what an editor writes depends on the edit, the seed, the population, the index and, for an edit that
//! rearranges, the sequence that it is given. Any number of threads may share one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::properties::Needs;
use super::{BaseSet, Disruption, Edit, Patch, rearrange};
use crate::random::{Purpose, below, stream};
use crate::{Sampler, Scanner, reverse_complement};
use gia_base::diag::{Code, Diagnostic, Outcome};

/// An edit, a seed and a population, prepared for applying.
#[derive(Debug, Clone)]
pub struct Editor {
    edit: Edit,
    // What few edits need is boxed: a plan may hold a million editors, most of which write fixed bases.
    /// None where nothing is drawn.
    generator: Option<Box<ChaCha8Rng>>,
    /// What a stretch is replaced by, or what tells which variant a background carries and which window it is.
    like: Option<Box<Sampler>>,
    /// What finds the motif that is disrupted.
    scanner: Option<Box<Scanner>>,
    /// What writes at the leftmost place of an edit that moves.
    writer: Option<Box<Editor>>,
}

impl Edit {
    /// The edit prepared for the backgrounds that a sampler draws under the same seed.
    pub fn prepare_over(&self, seed: u64, backgrounds: &Sampler) -> Editor {
        Editor::new(self, seed, backgrounds.identity(), Some(backgrounds))
    }

    /// The edit prepared for the backgrounds of one population under one seed, without access to the backgrounds: an
    /// [`Edit::Allele`] and an [`Edit::Haplotype`] then change nothing.
    ///
    /// `population` is [`super::Population::identity`].
    pub fn prepare(&self, seed: u64, population: &[u8; 32]) -> Editor {
        Editor::new(self, seed, population, None)
    }

    /// Applies the edit to background `index` of a population, in place. For more than a few, [`Edit::prepare`] it.
    ///
    /// Fails and panics as [`Editor::apply`] does.
    pub fn apply(
        &self,
        seed: u64,
        population: &[u8; 32],
        index: u64,
        bases: &mut [u8],
    ) -> Outcome<()> {
        self.prepare(seed, population).apply(index, bases)
    }
}

impl Editor {
    pub(super) fn new(
        edit: &Edit,
        seed: u64,
        population: &[u8; 32],
        backgrounds: Option<&Sampler>,
    ) -> Editor {
        let generator = edit.draw().map(|draw| {
            let identity: [&[u8]; 2] = [population, &draw.0.to_le_bytes()];
            stream(Purpose::Edit, seed, &identity, 0)
        });
        let (like, scanner) = match edit.properties().needs {
            // A seed of its own, so that it is not the background itself where that comes from the same null model.
            Needs::Sequences(like) => {
                let seed = generator.clone().map(|mut generator| generator.next_u64());
                (seed.map(|seed| like.sampler(seed)), None)
            }
            // The backgrounds themselves, to know which variant each carries and which window each is.
            Needs::Background => (backgrounds.cloned(), None),
            Needs::Occurrences(motif) => (None, Scanner::new(motif).ok()),
            Needs::Nothing => (None, None),
        };
        let writer = match edit {
            Edit::Anywhere { write, .. } => {
                Some(Box::new(Editor::new(write, seed, population, backgrounds)))
            }
            Edit::Write { .. }
            | Edit::Instance { .. }
            | Edit::Open { .. }
            | Edit::Delete { .. }
            | Edit::Shuffle { .. }
            | Edit::Randomize { .. }
            | Edit::Disrupt { .. }
            | Edit::Invert { .. }
            | Edit::Move { .. }
            | Edit::Allele { .. }
            | Edit::Haplotype { .. }
            | Edit::Swap { .. } => None,
        };
        Editor {
            writer,
            edit: edit.clone(),
            generator: generator.map(Box::new),
            like: like.map(Box::new),
            scanner: scanner.map(Box::new),
        }
    }

    /// [`Edit::written`].
    pub fn writes(&self) -> bool {
        self.edit.written().is_some()
    }

    /// Applies the edit to background `index`, in place.
    ///
    /// Fails where a motif is to be disrupted that the sequence holds in whatever order its bases stand.
    ///
    /// # Panics
    /// Where the edit reaches past the end of the sequence.
    pub fn apply(&self, index: u64, bases: &mut [u8]) -> Outcome<()> {
        if self.each(index, |position, base| bases[position] = base) {
            return Ok(());
        }
        match (&self.edit, self.at(index)) {
            // Written above.
            (Edit::Write { .. } | Edit::Instance { .. } | Edit::Anywhere { .. }, _) => {}
            (Edit::Invert { start, end }, _) => reverse_complement(&mut bases[*start..*end]),
            (Edit::Move { start, end, to }, _) => rearrange::shift(bases, *start..*end, *to),
            (Edit::Swap { first, second }, _) => {
                rearrange::swap(bases, first.0..first.1, second.0..second.1);
            }
            (Edit::Allele { shifting }, _) => {
                let sampler = self.like.as_ref();
                if let Some(variant) = sampler.and_then(|s| s.variant(index as usize)) {
                    variant.apply(bases, *shifting);
                }
            }
            (Edit::Haplotype { haplotype }, _) => {
                let sampler = self.like.as_ref();
                if let Some(window) = sampler.and_then(|s| s.source(index as usize)) {
                    haplotype.value.apply(window, bases);
                }
            }
            (
                Edit::Open {
                    start,
                    width,
                    shifting,
                    draw: _,
                },
                Some(mut generator),
            ) => rearrange::open(bases, *start, *width, *shifting, &mut generator),
            (
                Edit::Delete {
                    start,
                    end,
                    shifting,
                    draw: _,
                },
                Some(mut generator),
            ) => rearrange::delete(bases, *start..*end, *shifting, &mut generator),
            (
                Edit::Shuffle {
                    start,
                    end,
                    preserving,
                    draw: _,
                },
                Some(mut generator),
            ) => rearrange::shuffle_known(&mut bases[*start..*end], *preserving, &mut generator),
            (Edit::Randomize { start, end, .. }, Some(mut generator)) => match self.like.as_deref()
            {
                None => rearrange::randomize(&mut bases[*start..*end], &mut generator),
                Some(sampler) => {
                    let drawn = sampler.background_cyclic(index as usize);
                    let from = if drawn.len() == end - start {
                        0
                    } else {
                        *start
                    };
                    bases[*start..*end].copy_from_slice(&drawn[from..from + (end - start)]);
                }
            },
            (Edit::Disrupt { by, motif, .. }, Some(mut generator)) => {
                let destroyed = self.scanner.as_deref().is_none_or(|scanner| {
                    rearrange::disrupt(bases, scanner, |stretch| match by {
                        Disruption::Shuffle { preserving } => {
                            rearrange::shuffle_known(stretch, *preserving, &mut generator);
                        }
                        Disruption::Randomize => rearrange::randomize(stretch, &mut generator),
                    })
                });
                if !destroyed {
                    return Err(indestructible(&motif.value.name, index));
                }
            }
            // These always draw, so that they always have a generator.
            (
                Edit::Open { .. }
                | Edit::Delete { .. }
                | Edit::Shuffle { .. }
                | Edit::Randomize { .. }
                | Edit::Disrupt { .. },
                None,
            ) => {}
        }
        Ok(())
    }

    /// The bases that an edit with [`Editor::writes`] writes, without a sequence: one patch for each run of positions between
    /// gaps, ascending. Empty for any other edit. Patches of several edits are applied in the order of the edits.
    pub fn patches(&self, index: u64) -> Vec<Patch> {
        let mut patches: Vec<Patch> = Vec::new();
        self.each(index, |position, base| match patches.last_mut() {
            Some(last) if last.range().end == position => last.bases.push(base),
            _ => patches.push(Patch {
                start: position,
                bases: vec![base],
            }),
        });
        patches
    }

    fn at(&self, index: u64) -> Option<ChaCha8Rng> {
        let mut generator = self.generator.as_deref()?.clone();
        generator.set_stream(index);
        Some(generator)
    }

    fn choices(&self, index: u64) -> Choices {
        Choices {
            generator: self.at(index),
            next: 0,
        }
    }

    /// Calls `write` with each position of the sequence that the edit writes, ascending, and its base. False if the bases are
    /// not known without the sequence; then nothing is written.
    fn each(&self, index: u64, mut write: impl FnMut(usize, u8)) -> bool {
        match (&self.edit, &self.writer, self.at_place(index)) {
            (Edit::Anywhere { .. }, Some(writer), Some(moved)) => {
                writer.each_unmoved(index, |position, base| write(position + moved, base))
            }
            _ => self.each_unmoved(index, write),
        }
    }

    /// By how many bases the edit is moved in background `index`; None for one that has a place.
    fn at_place(&self, index: u64) -> Option<usize> {
        let Edit::Anywhere { places, .. } = self.edit else {
            return None;
        };
        let mut generator = self.at(index)?;
        Some(below(&mut generator, places as u64) as usize)
    }

    fn each_unmoved(&self, index: u64, mut write: impl FnMut(usize, u8)) -> bool {
        match &self.edit {
            Edit::Write { start, letters, .. } => {
                let mut choices: Option<Choices> = None;
                for (offset, set) in letters.iter().enumerate() {
                    if let Some(base) = set.single() {
                        write(start + offset, base);
                    } else if set.is_drawn() {
                        let choices = choices.get_or_insert_with(|| self.choices(index));
                        write(start + offset, choices.member(offset, *set));
                    }
                }
                true
            }
            Edit::Instance { start, motif, .. } => {
                let mut choices = self.choices(index);
                for (offset, column) in motif.value.columns.iter().enumerate() {
                    write(start + offset, choices.base(offset, column));
                }
                true
            }
            Edit::Open { .. }
            | Edit::Delete { .. }
            | Edit::Shuffle { .. }
            | Edit::Randomize { .. }
            | Edit::Disrupt { .. }
            | Edit::Invert { .. }
            | Edit::Move { .. }
            | Edit::Swap { .. }
            | Edit::Allele { .. }
            | Edit::Haplotype { .. }
            | Edit::Anywhere { .. } => false,
        }
    }
}

fn indestructible(motif: &str, index: u64) -> Box<Diagnostic> {
    let message = format!(
        "`{motif}` cannot be disrupted in background {index} (counted from 0): however its bases are changed, it occurs again"
    );
    Diagnostic::error(Code::Indestructible, message)
        .help("`by \"randomize\"` writes other bases; a longer or rarer motif can be avoided")
        .into()
}

/// One word for each position within an edit, taken in ascending order.
struct Choices {
    /// None in an edit that draws nothing, which asks for no word.
    generator: Option<ChaCha8Rng>,
    /// Position that the generator's next word belongs to.
    next: usize,
}

impl Choices {
    fn word(&mut self, position: usize) -> u32 {
        let Some(generator) = &mut self.generator else {
            return 0;
        };
        // Seeking makes a new batch of 64 words; stepping over fewer is cheaper.
        if position - self.next < 64 {
            for _ in self.next..position {
                generator.next_u32();
            }
        } else {
            generator.set_word_pos(position as u128);
        }
        self.next = position + 1;
        generator.next_u32()
    }

    fn member(&mut self, position: usize, set: BaseSet) -> u8 {
        let word = u64::from(self.word(position));
        // The high bits of word * n: uniform to 1 part in 2^32, and exact for two.
        let choice = (word * set.len() as u64) >> 32;
        set.iter().nth(choice as usize).unwrap_or(0)
    }

    /// A base with these probabilities, never one of probability zero.
    fn base(&mut self, position: usize, column: &[f64; 4]) -> u8 {
        let word = f64::from(self.word(position)) / 4_294_967_296.0;
        let last = column.iter().rposition(|&p| p > 0.0).unwrap_or(0);
        let mut sum = 0.0;
        for (code, p) in column[..last].iter().enumerate() {
            sum += p;
            if word < sum {
                return code as u8;
            }
        }
        last as u8
    }
}
