//! The request loop: one reply to each request, until the pipe closes.

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Read, Write};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::{IncrementalMode, Open, Precision, Reply, Request, Rows};

use super::allocator;
use super::device::{self, SelectedDevice};
use super::network::{Comparison, Contributions};
use super::predictor::Predictor;
use super::thread_pool::ThreadPool;
use super::tune::tune_batch_size;

/// Answers requests from `input` on `output`; ends when `input` does.
pub fn serve(input: impl Read, output: impl Write) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(output);
    let mut worker = Worker {
        device: None,
        precision: Precision::Float32,
        incremental: IncrementalMode::default(),
        threads: 1,
        networks: HashMap::new(),
        last_model: None,
    };
    while let Some((request, payload)) = gia_wire::receive::<Request>(&mut input)? {
        let (reply, values) = match worker.answer(request, payload) {
            Ok(answer) => answer,
            Err(diagnostic) => (Reply::Failed((&*diagnostic).into()), Vec::new()),
        };
        gia_wire::send(&mut output, &reply, &values)?;
    }
    Ok(())
}

struct Worker {
    /// Set by the first message.
    device: Option<SelectedDevice>,
    precision: Precision,
    incremental: IncrementalMode,
    threads: usize,
    networks: HashMap<u32, ThreadPool>,
    /// The network of the last request.
    last_model: Option<u32>,
}

impl Worker {
    fn answer(&mut self, request: Request, payload: Vec<u8>) -> Outcome<(Reply, Vec<u8>)> {
        match request {
            Request::Hello {
                version,
                device,
                threads,
                precision,
                incremental,
            } => {
                self.incremental = incremental;
                self.hello(version, device, threads, precision)
            }
            Request::Open(open) => self.open(&open),
            Request::Measure { model } => self.measure(model),
            Request::Prepare { model, rows } => {
                self.network(model)?.prepare(rows as usize)?;
                Ok((Reply::Done, Vec::new()))
            }
            Request::Run(run) => self.run_rows(run.model, &payload, move |predictor, rows, _| {
                predictor.predict(rows, &run.columns)
            }),
            Request::Gradients(run, weights) => {
                self.run_rows(run.model, &payload, move |predictor, rows, first| {
                    let of_all = weights.len() == run.columns.len();
                    let own = first * run.columns.len()..(first + rows.len()) * run.columns.len();
                    let weights = match weights.get(own) {
                        Some(own) if !of_all => own,
                        _ => &weights,
                    };
                    predictor.network.gradients(rows, &run.columns, weights)
                })
            }
            Request::Contributions(asked) => self.contributions(&asked, &payload),
            Request::Along(asked) => {
                let rows = Rows::from_bytes(&payload)
                    .ok_or_else(|| protocol_error("the engine sent malformed rows"))?;
                let pool = self.network(asked.run.model)?;
                let parts = Comparison::along(rows, &asked)?.divided(pool.count());
                let values =
                    pool.run_parts(parts, |predictor, part| predictor.network.along(&part))?;
                let stats = gia_wire::IncrementalStats::default();
                Ok((
                    Reply::Values(stats),
                    gia_wire::bytes_of_values(&values.concat()),
                ))
            }
        }
    }

    fn hello(
        &mut self,
        version: u32,
        device: gia_wire::Device,
        threads: u32,
        precision: Precision,
    ) -> Outcome<(Reply, Vec<u8>)> {
        if version != gia_wire::VERSION {
            return Err(Box::new(
                Diagnostic::error(
                    Code::WorkerFailed,
                    format!(
                        "`gia` uses version {version} of the worker protocol, but `gia-worker` uses version {}",
                        gia_wire::VERSION
                    ),
                )
                .help("build or install both programs together"),
            ));
        }
        if self.device.is_some() {
            return Err(Box::new(Diagnostic::error(
                Code::WorkerFailed,
                "the engine sent a second `Hello`",
            )));
        }
        // Each thread runs one operator at a time, so libtorch needs no inter-op threads.
        tch::set_num_interop_threads(1);
        tch::set_num_threads(threads.clamp(1, 1024) as i32);
        self.threads = threads.max(1) as usize;
        allocator::limit_heaps(self.threads);
        let selected = device::select(device)?;
        if precision == Precision::Tf32 && selected.device == tch::Device::Cpu {
            return Err(Box::new(
                Diagnostic::error(
                    Code::DeviceMissing,
                    "tf32 is computed by NVIDIA GPUs only, but the networks run on the CPU",
                )
                .help("remove `--dtype tf32`, or select a GPU with `--device cuda:0`"),
            ));
        }
        self.precision = precision;
        let reply = Reply::Hello {
            version: gia_wire::VERSION,
            device: selected.name.clone(),
            libtorch: Some(
                device::libtorch_version().unwrap_or_else(|| "of an unknown version".to_string()),
            ),
        };
        self.device = Some(selected);
        Ok((reply, Vec::new()))
    }

    fn open(&mut self, open: &Open) -> Outcome<(Reply, Vec<u8>)> {
        let device = self
            .device
            .as_ref()
            .map_or(tch::Device::Cpu, |selected| selected.device);
        if let Some(entry) = &open.entry {
            return Err(protocol_error(&format!(
                "`gia-worker` does not run Python, as `{entry}` needs"
            )));
        }
        let predictor = Predictor::open(open, device, self.precision, self.incremental)?;
        let network = &predictor.network;
        let reply = Reply::Opened {
            columns: network.columns() as u64,
            batch: network.batch() as u32,
            shapes: network.shapes().to_vec(),
            identity: None,
        };
        let pool = ThreadPool::new(predictor, self.threads)?;
        self.networks.insert(open.model, pool);
        Ok((reply, Vec::new()))
    }

    fn measure(&mut self, model: u32) -> Outcome<(Reply, Vec<u8>)> {
        let pool = self.network(model)?;
        let tried = tune_batch_size(pool)?;
        let batch = pool.batch()? as u32;
        Ok((Reply::Measured { batch, tried }, Vec::new()))
    }

    /// The network with this number. When requests switch to another network, free memory is returned to the system.
    fn network(&mut self, model: u32) -> Outcome<&ThreadPool> {
        if self
            .last_model
            .replace(model)
            .is_some_and(|last| last != model)
        {
            allocator::release_free_memory();
        }
        let network = self.networks.get(&model);
        network.ok_or_else(|| protocol_error("the engine named a network that it never opened"))
    }

    /// Runs `work` on the rows of the payload, and replies with its values.
    fn run_rows<F>(&mut self, model: u32, payload: &[u8], work: F) -> Outcome<(Reply, Vec<u8>)>
    where
        F: Fn(&mut Predictor, &Rows, usize) -> Outcome<Vec<f32>> + Clone + Send + 'static,
    {
        let rows = Rows::from_bytes(payload)
            .ok_or_else(|| protocol_error("the engine sent malformed rows"))?;
        let pool = self.network(model)?;
        let (values, stats) = pool.run_rows(rows, work)?;
        Ok((Reply::Values(stats), gia_wire::bytes_of_values(&values)))
    }

    fn contributions(
        &mut self,
        asked: &gia_wire::Contributions,
        payload: &[u8],
    ) -> Outcome<(Reply, Vec<u8>)> {
        let rows = Rows::from_bytes(payload)
            .ok_or_else(|| protocol_error("the engine sent malformed rows"))?;
        let pool = self.network(asked.run.model)?;
        let parts = Comparison::of_contributions(rows, asked)?.divided(pool.count());
        let found = pool.run_parts(parts, |predictor, part| {
            predictor.network.contributions(&part)
        })?;
        let mut all = Contributions::default();
        for part in found {
            all.values.extend(part.values);
            all.inexact.extend(part.inexact);
        }
        let inexact = all.inexact.into_iter().collect();
        let values = gia_wire::bytes_of_values(&all.values);
        Ok((Reply::Contributions { inexact }, values))
    }
}

fn protocol_error(message: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::WorkerFailed, message.to_string()))
}
