//! A network on several threads, which share its weights and divide the rows of each request.
//!
//! A pass of a few sequences, and more so a window of a few positions, is too little for its operators to share between
//! processors; sequences can be shared freely. On a CPU each thread computes alone, unless there are too few rows to
//! share: then one has all processors. Invariant: who takes which rows depends on the rows alone, so equal requests
//! give equal bits.

use std::cell::Cell;
use std::ops::Range;
use std::sync::mpsc;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Processor;
use gia_wire::Recomputed;
use gia_wire::Rows;

use super::device::processor;
use super::predictor::Predictor;
use super::sizes;

/// Minimum number of rows for a lane.
const FEWEST: usize = 8;
/// How far from an even share rows are cut, as a part of it, to keep those of a background together.
const UNEVEN: usize = 8;
/// Bytes of a thread's stack: libtorch wants more than a thread has by default where a network is deep.
const STACK: usize = 16 << 20;

type Work = Box<dyn FnOnce(&mut Predictor) + Send>;

/// The threads of one network; each ends when its sender is dropped.
pub struct Lanes {
    lanes: Vec<mpsc::Sender<Work>>,
    /// Number of cores of all lanes together.
    threads: usize,
    length: usize,
    /// Whether the network's graph has a fixed batch size.
    fixed: bool,
}

impl Lanes {
    /// As many lanes as threads on a CPU where the network can be held more than once, else one.
    pub fn new(predictor: Predictor, threads: usize) -> Outcome<Lanes> {
        let network = &predictor.network;
        let (length, fixed) = (network.length(), network.fixed);
        let wanted = match network.device().is_cuda() || fixed {
            true => 1,
            false => threads.max(1),
        };
        let others = (1..wanted).map_while(|_| predictor.another());
        let others: Vec<Predictor> = others.collect();
        let share = 1 + others.len();
        let mut lanes = Vec::new();
        for mut predictor in std::iter::once(predictor).chain(others) {
            predictor.network.set_share(share);
            lanes.push(start(predictor)?);
        }
        Ok(Lanes {
            lanes,
            threads,
            length,
            fixed,
        })
    }

    /// Length of a sequence in base pairs.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Number of lanes that compute at the same time.
    pub fn count(&self) -> usize {
        self.lanes.len()
    }

    /// Whether the network's graph has a fixed batch size.
    pub fn is_fixed(&self) -> bool {
        self.fixed
    }

    /// Batch size: the smallest of all lanes, since a lack of memory may have reduced it in some.
    pub fn batch(&self) -> Outcome<usize> {
        let all = self.each(self.count(), |predictor| predictor.network.batch())?;
        Ok(all.into_iter().min().unwrap_or(1))
    }

    /// Sets the batch size.
    pub fn set_batch(&self, batch: usize) -> Outcome<()> {
        self.each(self.count(), move |predictor| {
            predictor.network.set_batch(batch);
        })?;
        Ok(())
    }

    /// Makes the lanes ready for requests of so many rows: a pass of the size that they will have, in which libtorch writes
    /// its kernels for that size and takes the memory.
    pub fn prepare(&self, rows: usize) -> Outcome<()> {
        let parts = self.parts(rows);
        let (share, length) = (rows.div_ceil(parts), self.length);
        let prepared = self.each(parts, move |predictor| {
            let network = &mut predictor.network;
            let processor = processor(network.device());
            let size = sizes::in_a_pass(share, network.batch(), processor);
            network.predict_plainly(&Rows::blank(length, size), &[])?;
            match processor {
                Processor::Cpu => Ok(()),
                // What a pass takes on a GPU when its kernels are found.
                Processor::Gpu => network
                    .predict_plainly(&Rows::blank(length, size), &[])
                    .map(|_| ()),
            }
        })?;
        prepared.into_iter().collect()
    }

    /// Asks about rows, a part of them in each lane: the answers in the order of the rows, and what was recomputed in part.
    pub fn ask<F>(&self, rows: Rows, question: F) -> Outcome<(Vec<f32>, Recomputed)>
    where
        F: Fn(&mut Predictor, &Rows) -> Outcome<Vec<f32>> + Clone + Send + 'static,
    {
        let parts = divided(rows, |rows| self.parts(rows));
        let threads = self.threads / parts.len();
        let waiting = parts.into_iter().zip(&self.lanes).map(|(part, lane)| {
            let question = question.clone();
            tell(lane, threads, move |predictor| {
                let answer = question(predictor, &part);
                answer.map(|answer| (answer, predictor.take_partly()))
            })
        });
        // All are sent before any is waited for, and all are waited for before any is looked at.
        let waiting: Vec<mpsc::Receiver<_>> = waiting.collect();
        let answers: Vec<_> = waiting.into_iter().map(|one| one.recv()).collect();
        let (mut values, mut partly) = (Vec::new(), Recomputed::default());
        for answer in answers {
            let (found, recomputed) = answer.map_err(|_| gone())??;
            partly = partly.with(recomputed);
            match values.is_empty() {
                true => values = found,
                false => values.extend(found),
            }
        }
        Ok((values, partly))
    }

    /// Number of parts that `rows` rows are divided into.
    fn parts(&self, rows: usize) -> usize {
        (rows / FEWEST).clamp(1, self.count())
    }

    /// Does something in the first of the lanes, at the same time.
    fn each<T, F>(&self, lanes: usize, work: F) -> Outcome<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(&mut Predictor) -> T + Clone + Send + 'static,
    {
        let threads = self.threads / lanes.max(1);
        let some = self.lanes.iter().take(lanes);
        let waiting: Vec<mpsc::Receiver<T>> =
            some.map(|lane| tell(lane, threads, work.clone())).collect();
        let done = waiting.into_iter().map(|one| one.recv());
        done.collect::<Result<_, _>>().map_err(|_| gone())
    }
}

/// Starts a thread that does what it is sent.
fn start(mut predictor: Predictor) -> Outcome<mpsc::Sender<Work>> {
    let (send, work) = mpsc::channel::<Work>();
    let thread = std::thread::Builder::new().stack_size(STACK);
    let started = thread.spawn(move || {
        for work in work {
            work(&mut predictor);
        }
    });
    started.map_err(|error| {
        let message = format!("no thread can be started: {error}");
        Diagnostic::error(Code::WorkerFailed, message)
    })?;
    Ok(send)
}

/// Sends a lane something to do with so many processors; the answer comes when it is done.
fn tell<T: Send + 'static>(
    lane: &mpsc::Sender<Work>,
    threads: usize,
    work: impl FnOnce(&mut Predictor) -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (answer, found) = mpsc::channel();
    let sent = lane.send(Box::new(move |predictor| {
        use_threads(threads);
        let _ = answer.send(work(predictor));
    }));
    // Where the lane is gone, so is the other end of `found`.
    drop(sent);
    found
}

fn gone() -> Box<Diagnostic> {
    let message = "a thread that runs networks is gone";
    Box::new(Diagnostic::error(Code::WorkerFailed, message))
}

/// Sets how many cores the operators of this thread use. libtorch keeps the number for each thread that sets one.
fn use_threads(threads: usize) {
    thread_local! {
        static IN_USE: Cell<usize> = const { Cell::new(0) };
    }
    let threads = threads.clamp(1, 1024);
    if IN_USE.replace(threads) != threads {
        tch::set_num_threads(threads as i32);
    }
}

/// Rows in even parts, as far as that keeps those of a background together.
fn divided(rows: Rows, parts: impl Fn(usize) -> usize) -> Vec<Rows> {
    match parts(rows.len()) {
        1 => vec![rows],
        parts => cuts(&rows, parts)
            .into_iter()
            .map(|part| rows.range(part))
            .collect(),
    }
}

fn cuts(rows: &Rows, parts: usize) -> Vec<Range<usize>> {
    let (all, slack) = (rows.len(), rows.len() / parts / UNEVEN);
    let another =
        |at: &usize| (1..all).contains(at) && rows.background_of[at - 1] != rows.background_of[*at];
    let cut = |part: usize| {
        let even = all * part / parts;
        let near = (0..=slack).flat_map(|off| [even.saturating_sub(off), even + off]);
        match part == parts {
            true => all,
            false => near.into_iter().find(another).unwrap_or(even),
        }
    };
    let ends: Vec<usize> = (0..=parts)
        .map(|part| if part == 0 { 0 } else { cut(part) })
        .collect();
    ends.windows(2).map(|ends| ends[0]..ends[1]).collect()
}
