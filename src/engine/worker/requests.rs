//! Requests about the networks of a worker. If memory runs out, they are tried again in a new process with a smaller batch.

use super::exit::{WorkerExit, out_of_memory, protocol_error, restarted};
use super::loading::changes_when_loaded;
use super::process::{Process, RequestError};
use super::{Runtime, Worker};
use gia_base::diag::Outcome;
use gia_model::Flanks;
use gia_wire::{BatchTiming, Reply, Request, Rows, Run};

/// Maximum number of attempts at one request, each with half the batch size of the last.
const MAX_ATTEMPTS: usize = 8;

impl Worker {
    /// Autotunes the batch size of a network and uses it from then on. Returns the times, smallest batch first; empty if the worker
    /// ran out of memory or if the graph has a fixed batch size.
    pub fn measure(&mut self, model: usize) -> Outcome<Vec<BatchTiming>> {
        let request = Request::Measure {
            model: model as u32,
        };
        match self.ask(model, &request, &[]) {
            Ok((Reply::Measured { batch, tried }, _)) => {
                if let Some(opened) = self.opened.get_mut(model) {
                    opened.batch = batch;
                    opened.open.batch = Some(batch);
                }
                Ok(tried)
            }
            Ok(_) => Err(protocol_error()),
            Err(RequestError::Exited(exit)) if exit.is_out_of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, batch, &exit)?;
                Ok(Vec::new())
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Warms up a network for requests of `rows` rows: compiles kernels and allocates memory.
    pub fn prepare(&mut self, model: usize, rows: usize) -> Outcome<()> {
        let request = Request::Prepare {
            model: model as u32,
            rows: rows as u64,
        };
        match self.ask(model, &request, &[]) {
            Ok((Reply::Done, _)) => Ok(()),
            Ok(_) => Err(protocol_error()),
            // The first request halves the batch size further if memory is still too small.
            Err(RequestError::Exited(exit)) if exit.is_out_of_memory() => {
                let batch = self.batch(model).unwrap_or(1);
                self.restart(model, (batch / 2).max(1), &exit)
            }
            Err(trouble) => Err(trouble.into_diagnostic()),
        }
    }

    /// Predicts columns for rows: row-major (row, column). If the worker runs out of memory, the request is retried in a new worker
    /// with half the batch size.
    pub fn run(&mut self, model: usize, rows: &Rows, columns: &[usize]) -> Outcome<Vec<f32>> {
        let request = Request::Run(run_request(model, columns));
        self.request_values(model, &request, rows, columns.len())
    }

    /// Gradients of a weighted sum of columns with respect to the one-hot input: (rows, 4, length), bases in the order
    /// A, C, G, T. There is a weight for each column, or for each row and column.
    pub fn gradients(
        &mut self,
        model: usize,
        rows: &Rows,
        columns: &[usize],
        weights: &[f32],
    ) -> Outcome<Vec<f32>> {
        let request = Request::Gradients(run_request(model, columns), weights.to_vec());
        let Some(flanks) = self.flanks(model) else {
            return self.request_values(model, &request, rows, 4 * rows.length);
        };
        let (left, shown) = (flanks.left.len(), rows.length + flanks.len());
        let found = self.request_values(model, &request, rows, 4 * shown)?;
        let own = |of_base: &[f32]| of_base[left..left + rows.length].to_vec();
        Ok(found.chunks_exact(shown).flat_map(own).collect())
    }

    /// The flanks of a network; none if they are empty.
    pub(super) fn flanks(&self, model: usize) -> Option<Flanks> {
        let opened = self.opened.get(model)?;
        (!opened.flanks.is_empty()).then(|| opened.flanks.clone())
    }

    /// Sends a request for rows and returns `each` numbers for each row.
    fn request_values(
        &mut self,
        model: usize,
        request: &Request,
        rows: &Rows,
        each: usize,
    ) -> Outcome<Vec<f32>> {
        match self.ask_of_rows(model, request, rows)? {
            (Reply::Values(incremental_stats), bytes) if bytes.len() == rows.len() * each * 4 => {
                self.incremental_stats = self.incremental_stats.combine(incremental_stats);
                Ok(gia_wire::values_of_bytes(&bytes))
            }
            _ => Err(protocol_error()),
        }
    }

    /// Sends a request for rows, between the flanks of the network. If the worker runs out of memory, tries again in a new worker with half the
    /// batch size.
    pub(super) fn ask_of_rows(
        &mut self,
        model: usize,
        request: &Request,
        rows: &Rows,
    ) -> Outcome<(Reply, Vec<u8>)> {
        let payload = match self.flanks(model) {
            Some(flanks) => rows.with_flanks(&flanks).to_bytes(),
            None => rows.to_bytes(),
        };
        for tried in 1.. {
            let exit = match self.ask(model, request, &payload) {
                Ok(reply) => return Ok(reply),
                Err(RequestError::Failed(diagnostic)) => return Err(diagnostic),
                Err(RequestError::Exited(exit)) => exit,
            };
            let batch = self.batch(model).unwrap_or(1);
            if !exit.is_out_of_memory() {
                return Err(exit.into_diagnostic());
            }
            if tried == MAX_ATTEMPTS || batch <= 1 {
                return Err(out_of_memory(tried, batch));
            }
            self.restart(model, batch / 2, &exit)?;
        }
        Err(protocol_error())
    }

    /// Replaces a process that died by a new one with the same networks; `model` gets this batch size.
    fn restart(&mut self, model: usize, batch: u32, exit: &WorkerExit) -> Outcome<()> {
        self.options.overseer.warn(restarted(exit.pid, batch));
        let opened = self.opened.get(model);
        let runtime = opened.map_or(Runtime::Native, |opened| opened.runtime);
        let mut process = Process::spawn(&self.options, runtime)?;
        process.hello(&self.options)?;
        for (number, opened) in self.opened.iter_mut().enumerate() {
            if opened.runtime != runtime {
                continue;
            }
            if number == model {
                opened.open.batch = Some(batch);
            }
            let loaded = process
                .open(&opened.open)
                .map_err(RequestError::into_diagnostic)?;
            if loaded.identity != opened.identity {
                return Err(changes_when_loaded(&opened.open.path));
            }
            opened.batch = loaded.batch;
        }
        *self.slot(runtime) = Some(process);
        Ok(())
    }
}

pub(super) fn run_request(model: usize, columns: &[usize]) -> Run {
    Run {
        model: model as u32,
        columns: columns.iter().map(|&c| c as u32).collect(),
    }
}
