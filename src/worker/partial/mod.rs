//! Incremental recomputation of edited sequences: only what an edit reaches is computed again.
//!
//! A background goes through the network once and its values are kept; of each sequence that differs from it at a few
//! positions, a window of each layer is recomputed, many sequences' windows in one batch. Invariant: the numbers are those
//! of a whole pass, but for rounding. `docs/decisions/0015-recomputing-what-an-edit-reaches.md` says why it is done so.

mod batches;
mod calls;
mod clock;
mod inputs;
mod push;
mod route;
mod stack;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use gia_base::diag::Outcome;
use gia_model::{
    CostEstimate, Dependence, KeptBackgrounds, MAX_RELATIVE_COST, Processor, Propagation,
    is_worth_keeping, max_changes, window_width,
};
use gia_wire::Recomputed;
use gia_wire::{Passes, Rows};
use tch::Tensor;

use super::device::processor;
use super::errors::failed;
use super::network::{Given, Network, Place, Runner};
use super::sizes;
use crate::keep::{Keep, Keeper};
use crate::program::Program;
use batches::{Batch, Change, batches};
use clock::Clock;
use inputs::{sites, windows};
use push::Push;
use route::Route;
use stack::Stacked;
use window::Backgrounds;

/// Measured cost, as a fraction of a full pass, above which timing overrides the estimate.
const SLOWER: f64 = 1.1;
/// Overhead of one step on a GPU in seconds: it launches a few dozen kernels and sends them indices.
const STEP_ON_GPU: f64 = 150e-6;
/// Seconds that incremental passes must save before a new batch width is worth its cuDNN autotuning, which takes about
/// twice as long.
const NEW_ON_GPU: f64 = 0.05;
/// Maximum number of sequences of each network that are checked against full passes.
const SAMPLE: u64 = 64;
/// At most one sequence in this many is checked, so that checks cost next to nothing in a small run.
const ONE_OF: usize = 100;

/// State of incremental recomputation of one network.
pub struct Partial {
    follow: Propagation,
    /// Whether sequences are recomputed even if that saves no work.
    always: bool,
    /// Estimated cost, by the width of an edit in the input.
    costs: BTreeMap<i64, CostEstimate>,
    /// Batch sizes so far, by the same width: those for which libtorch has its kernels ready.
    sizes: BTreeMap<i64, usize>,
    /// Seconds that full passes have lost so far against windows of each width.
    lost: BTreeMap<i64, f64>,
    clock: Clock,
    /// Elements of all values of one background.
    all: i64,
    found: Recomputed,
    /// Rows that were checked against full passes, over all requests.
    sampled: u64,
}

/// The rows of a request, by background.
#[derive(Default)]
struct Work {
    /// Rows that are the unedited background.
    plain: BTreeMap<usize, Vec<usize>>,
    /// Edited rows, each with the width of its window.
    changes: BTreeMap<usize, Vec<(i64, Change)>>,
}

impl Partial {
    /// None if an edit of one base reaches everything at once, or if the graph is unknown.
    pub fn new(network: &Network, shapes: Vec<Vec<i64>>, passes: Passes) -> Option<Partial> {
        let Runner::Graph(program) = &network.runner else {
            return None;
        };
        let along = network.onehot.positions();
        let positions: Vec<Option<usize>> = network
            .inputs
            .iter()
            .map(|given| (!matches!(given, Given::Constant(_))).then_some(along))
            .collect();
        let wherever_possible = passes == Passes::WhereverPossible;
        let follow = Propagation::new(program, &positions, shapes, wherever_possible);
        if network.fixed || !follow.is_of_use() {
            return None;
        }
        let steps = program.steps().iter().map(|step| step.output);
        let made = steps.chain(program.inputs().iter().copied());
        let all = made.map(|id| follow.shapes[id.0].iter().product::<i64>());
        let all = all.sum();
        Some(Partial {
            follow,
            costs: BTreeMap::new(),
            sizes: BTreeMap::new(),
            lost: BTreeMap::new(),
            clock: Clock::default(),
            always: passes == Passes::WhereverPossible,
            all,
            found: Recomputed::default(),
            sampled: 0,
        })
    }

    /// Takes the statistics so far.
    pub fn take_found(&mut self) -> Recomputed {
        std::mem::take(&mut self.found)
    }

    fn cost(&mut self, network: &Network, width: i64) -> CostEstimate {
        let Runner::Graph(program) = &network.runner else {
            return CostEstimate {
                share: 1.0,
                largest: 1,
            };
        };
        *self
            .costs
            .entry(width)
            .or_insert_with(|| CostEstimate::new(program, &self.follow, width))
    }

    /// Cost of an edit of `width` positions relative to a full pass, in a request of `rows` rows: the estimate, unless
    /// timing says clearly that it is slower. So equal runs choose alike, and give equal bits.
    fn share(&mut self, network: &Network, width: i64, rows: usize) -> f64 {
        let (counted, whole) = (self.cost(network, width).share, network.quickest());
        match self.clock.change(width, whole) {
            Some(timed) if timed > SLOWER => timed,
            _ if network.device().is_cuda() => counted + self.calls(network, width, rows),
            _ => counted,
        }
    }

    /// Maximum batch size for edits of `width` positions.
    fn most_rows(&mut self, network: &Network, width: i64) -> usize {
        let largest = self.cost(network, width).largest.max(1) as u64;
        max_changes(largest, processor(network.device())) as usize
    }

    /// Overhead of a batch's calls on a GPU, relative to full passes for as many rows.
    fn calls(&mut self, network: &Network, width: i64, rows: usize) -> f64 {
        let rows = rows.clamp(1, self.most_rows(network, width));
        let passes = network.quickest() * rows as f64;
        let calls = self.follow.rules.len() as f64 * STEP_ON_GPU;
        if passes.is_finite() {
            calls / passes
        } else {
            0.0
        }
    }

    /// Predicts the rows for which incremental recomputation saves work, and their backgrounds if these are rows too.
    /// Returns the remaining rows.
    pub fn predict(
        &mut self,
        network: &Network,
        rows: &Rows,
        place: &mut Place,
    ) -> Outcome<Vec<usize>> {
        let length = rows.length as i64;
        let wide = |reach: usize| window_width(reach as i64).min(length);
        let stacked = Stacked::new(rows, |reach| self.share(network, wide(reach), rows.len()));
        let mut work = Work::default();
        let mut left = Vec::new();
        for row in 0..rows.len() {
            let start = stacked.start(row);
            let Some(reach) = &start.reach else {
                let plain = work.plain.entry(start.background);
                plain.or_default().push(row);
                continue;
            };
            let width = wide(reach.len());
            if self.share(network, width, rows.len()) > MAX_RELATIVE_COST && !self.always {
                left.push(row);
                continue;
            }
            let start_at = (reach.start as i64).min(length - width);
            let change = Change {
                row,
                start: start_at,
            };
            let changes = work.changes.entry(start.background);
            changes.or_default().push((width, change));
        }
        let Work { plain, changes } = &mut work;
        if network.device().is_cuda() && !self.always {
            self.put_off(network, rows.len(), changes, &mut left);
        }
        let kept = match self.clock.keeping(network.quickest()) {
            timed if timed > SLOWER => timed,
            _ => 1.0,
        };
        changes.retain(|background, changes| {
            let saved = changes
                .iter()
                .map(|(width, _)| 1.0 - self.share(network, *width, rows.len()));
            let saved: f64 = saved.sum();
            // A background that nobody asks for is a pass more.
            let is_asked_for = plain.get(background).is_some_and(|rows| !rows.is_empty());
            let worth = is_worth_keeping(saved, kept, is_asked_for) || self.always;
            if !worth {
                left.extend(changes.iter().map(|(_, change)| change.row));
            }
            worth
        });
        plain.retain(|background, rows| {
            let goes_along = changes.contains_key(background);
            if !goes_along {
                left.extend(rows.iter());
            }
            goes_along
        });
        let kept = self.kept(network, changes.values().flatten());
        let all: Vec<usize> = changes.keys().copied().collect();
        // Passes of one size, for which libtorch has its kernels ready.
        let processor = processor(network.device());
        let pass = sizes::in_a_pass(rows.len(), network.batch(), processor) as i64;
        let (threads, batch) = (network.share() as u64, network.batch() as u64);
        let together =
            KeptBackgrounds::new(kept as u64, self.all as u64, batch, processor, threads);
        let (at_once, pass) = match together {
            KeptBackgrounds::Gathered(count) => {
                ((count as i64 / pass).max(1) * pass, Some(pass as usize))
            }
            KeptBackgrounds::OfOnePass(count) => (count as i64, None),
        };
        for chunk in all.chunks(at_once as usize) {
            let rows = (rows, &stacked);
            self.chunk(network, rows, (chunk, pass), &mut work, place)?;
        }
        left.sort_unstable();
        Ok(left)
    }

    /// Sends edits of a new width to full passes, until these have lost enough time to justify its kernels.
    fn put_off(
        &mut self,
        network: &Network,
        rows: usize,
        changes: &mut BTreeMap<usize, Vec<(i64, Change)>>,
        left: &mut Vec<usize>,
    ) {
        let mut of_width: BTreeMap<i64, usize> = BTreeMap::new();
        for (width, _) in changes.values().flatten() {
            *of_width.entry(*width).or_default() += 1;
        }
        of_width.retain(|width, count| {
            let saved = (1.0 - self.share(network, *width, rows)) * network.quickest();
            let lost = self.lost.entry(*width).or_default();
            *lost += saved * *count as f64;
            *lost < NEW_ON_GPU && !self.sizes.contains_key(width)
        });
        for changes in changes.values_mut() {
            let put_off = changes.extract_if(.., |(width, _)| of_width.contains_key(width));
            left.extend(put_off.map(|(_, change)| change.row));
        }
        changes.retain(|_, changes| !changes.is_empty());
    }

    /// Elements that are kept of a background for these edits, each with the width of its window.
    fn kept<'c>(&self, network: &Network, changes: impl Iterator<Item = &'c (i64, Change)>) -> i64 {
        let Runner::Graph(program) = &network.runner else {
            return self.all;
        };
        let mut starts: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for (width, change) in changes {
            starts.entry(*width).or_default().insert(change.start);
        }
        let mut needs = of_outputs(program);
        for (width, starts) in starts {
            let starts: Vec<i64> = starts.into_iter().collect();
            self.route(network, program, &starts, width)
                .add_to(&mut needs);
        }
        let kept = needs.iter().zip(&self.follow.shapes);
        kept.map(|(kept, shape)| kept.numbers(shape)).sum()
    }

    fn route(&self, network: &Network, program: &Program, starts: &[i64], width: i64) -> Route {
        let on_gpu = network.device().is_cuda();
        Route::new(program, &self.follow, sites(network, starts, width), on_gpu)
    }

    /// Some backgrounds with all their rows. What is kept of them comes from one pass, or from several of so many.
    fn chunk(
        &mut self,
        network: &Network,
        (rows, stacked): (&Rows, &Stacked),
        (chunk, pass): (&[usize], Option<usize>),
        work: &mut Work,
        place: &mut Place,
    ) -> Outcome<()> {
        let Runner::Graph(program) = &network.runner else {
            return Ok(());
        };
        let mut by_width: BTreeMap<i64, Vec<(i64, Change)>> = BTreeMap::new();
        for (i, background) in chunk.iter().enumerate() {
            for (width, change) in work.changes.remove(background).unwrap_or_default() {
                by_width.entry(width).or_default().push((i as i64, change));
            }
        }
        let processor = processor(network.device());
        let mut needs = of_outputs(program);
        let mut on_their_way: Vec<(i64, Batch, Route)> = Vec::new();
        for (width, changes) in by_width {
            let most = self.most_rows(network, width);
            let size = self.sizes.entry(width).or_default();
            for batch in batches(changes, most, size, processor) {
                let route = self.route(network, program, &batch.starts(), width);
                route.add_to(&mut needs);
                on_their_way.push((width, batch, route));
            }
        }
        let started = Instant::now();
        let size = match (pass, processor) {
            (Some(pass), _) => pass,
            (None, Processor::Cpu) => chunk.len(),
            (None, Processor::Gpu) => chunk.len().next_multiple_of(network.batch()),
        };
        let values = self.keep(network, program, &stacked.bases(chunk), size, &needs)?;
        let backgrounds = Backgrounds::new(values, &needs, &self.follow.shapes, network.device());
        let mut backgrounds =
            backgrounds.map_err(|error| failed("the backgrounds' values", &error))?;
        let (mut of, mut plain) = (Vec::new(), Vec::new());
        for (i, background) in chunk.iter().enumerate() {
            for row in work.plain.get(background).into_iter().flatten() {
                of.push(i as i64);
                plain.push(*row);
            }
        }
        if !plain.is_empty() {
            let outputs = program.outputs().iter();
            let outputs = outputs.map(|id| backgrounds.whole(*id, &of));
            let outputs = outputs
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| failed("the outputs", &error))?;
            place.put(&outputs, &plain)?;
            // Where nothing is brought off the device, nothing tells when it is done.
            self.clock.kept(started.elapsed(), chunk.len());
        }
        for (width, batch, route) in on_their_way {
            let (started, count) = (Instant::now(), batch.distinct());
            let windows = windows(network, rows, &batch, width)?;
            let of = batch.backgrounds();
            let push = Push::new(program, &self.follow, &mut backgrounds, of, windows);
            place.put(&push.run(&route)?, &batch.rows())?;
            self.clock.changed(width, started.elapsed(), count);
            self.found.sequences += count as u64;
        }
        Ok(())
    }

    /// What is needed of backgrounds, which are end to end, by value: from passes of so many.
    fn keep(
        &self,
        network: &Network,
        program: &Program,
        bases: &[u8],
        size: usize,
        needs: &[Keep],
    ) -> Outcome<Vec<Option<Tensor>>> {
        let (length, sequences) = (network.length(), bases.len() / network.length());
        let seen = self.follow.dependences.iter();
        let alike = seen.map(|seen| *seen == Dependence::Nothing).collect();
        let mut keeper = Keeper::new(needs, alike, sequences);
        for pass in bases.chunks(size.max(1) * length) {
            keeper.begin(pass.len() / length);
            let mut filled = pass.to_vec();
            while filled.len() < size * length {
                filled.extend_from_slice(&pass[pass.len() - length..]);
            }
            let inputs = network.encode_bases(&filled, size)?;
            program.run_keeping(inputs, &mut keeper)?;
        }
        Ok(keeper.into_kept())
    }

    /// Checks some of the edited rows against full passes.
    pub fn check(
        &mut self,
        network: &mut Network,
        rows: &Rows,
        whole: &[usize],
        place: &Place,
    ) -> Outcome<()> {
        let changed: Vec<usize> = (0..rows.len())
            .filter(|row| !rows.is_plain(*row) && whole.binary_search(row).is_err())
            .collect();
        let wanted = SAMPLE.saturating_sub(self.sampled) as usize;
        let count = wanted.min(changed.len().div_ceil(ONE_OF));
        if count == 0 {
            return Ok(());
        }
        let sample: Vec<usize> = (0..count)
            .map(|i| changed[i * changed.len() / count])
            .collect();
        let again = network.predict_plainly(&rows.only(&sample), place.columns())?;
        for (row, wanted) in sample
            .iter()
            .zip(again.chunks(place.columns().len().max(1)))
        {
            for (found, wanted) in place.row(*row).iter().zip(wanted) {
                let difference = f64::from(found - wanted).abs() / f64::from(wanted.abs()).max(1.0);
                self.found.largest_difference = self.found.largest_difference.max(difference);
            }
        }
        self.found.checked += count as u64;
        self.sampled += count as u64;
        Ok(())
    }
}

/// What is kept of a background in any case, by value.
fn of_outputs(program: &Program) -> Vec<Keep> {
    let mut needs = vec![Keep::No; program.values()];
    for id in program.outputs() {
        needs[id.0] = Keep::Whole;
    }
    needs
}
