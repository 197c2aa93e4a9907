//! The conversation: one reply to each request, until the pipe closes.

use std::collections::HashMap;
use std::io::{self, BufReader, BufWriter, Read, Write};

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_wire::{Open, Passes, Precision, Reply, Request, Rows};

use super::allocator;
use super::device::{self, Chosen};
use super::lanes::Lanes;
use super::measure::measure;
use super::predictor::Predictor;

/// Answers requests from `input` on `output`; ends when `input` does.
pub fn serve(input: impl Read, output: impl Write) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut output = BufWriter::new(output);
    let mut worker = Worker {
        chosen: None,
        precision: Precision::Float32,
        passes: Passes::default(),
        threads: 1,
        networks: HashMap::new(),
        turn: None,
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
    chosen: Option<Chosen>,
    precision: Precision,
    passes: Passes,
    threads: usize,
    networks: HashMap<u32, Lanes>,
    /// The network that was asked last.
    turn: Option<u32>,
}

impl Worker {
    fn answer(&mut self, request: Request, payload: Vec<u8>) -> Outcome<(Reply, Vec<u8>)> {
        match request {
            Request::Hello {
                version,
                device,
                threads,
                precision,
                passes,
            } => {
                self.passes = passes;
                self.hello(version, device, threads, precision)
            }
            Request::Open(open) => self.open(&open),
            Request::Measure { model } => self.measure(model),
            Request::Prepare { model, rows } => {
                self.network(model)?.prepare(rows as usize)?;
                Ok((Reply::Done, Vec::new()))
            }
            Request::Run(run) => self.ask(run.model, &payload, move |predictor, rows| {
                predictor.predict(rows, &run.columns)
            }),
            Request::Gradients(run, weights) if weights.len() == run.columns.len() => {
                self.ask(run.model, &payload, move |predictor, rows| {
                    predictor.network.gradients(rows, &run.columns, &weights)
                })
            }
            Request::Gradients(..) => Err(wrong("not as many weights as columns")),
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
                        "`gia` speaks version {version} to a `gia-worker` of version {}",
                        gia_wire::VERSION
                    ),
                )
                .help("build or install both programs together"),
            ));
        }
        if self.chosen.is_some() {
            return Err(Box::new(Diagnostic::error(
                Code::WorkerFailed,
                "a second greeting",
            )));
        }
        // One operator runs at a time; its threads are all that are wanted.
        tch::set_num_interop_threads(1);
        tch::set_num_threads(threads.clamp(1, 1024) as i32);
        self.threads = threads.max(1) as usize;
        allocator::share_heaps(self.threads);
        let chosen = device::choose(device)?;
        if precision == Precision::Tf32 && chosen.device == tch::Device::Cpu {
            return Err(Box::new(
                Diagnostic::error(
                    Code::DeviceMissing,
                    "tf32 is computed by NVIDIA GPUs, and the networks run on the CPU",
                )
                .help("leave `--dtype tf32` out, or name a GPU: `--device cuda:0`"),
            ));
        }
        self.precision = precision;
        let reply = Reply::Hello {
            version: gia_wire::VERSION,
            device: chosen.name.clone(),
            libtorch: device::libtorch_version()
                .unwrap_or_else(|| "of an unknown version".to_string()),
        };
        self.chosen = Some(chosen);
        Ok((reply, Vec::new()))
    }

    fn open(&mut self, open: &Open) -> Outcome<(Reply, Vec<u8>)> {
        let device = self
            .chosen
            .as_ref()
            .map_or(tch::Device::Cpu, |chosen| chosen.device);
        let predictor = Predictor::open(open, device, self.precision, self.passes)?;
        let network = &predictor.network;
        let reply = Reply::Opened {
            columns: network.columns() as u64,
            batch: network.batch() as u32,
            shapes: network.shapes().to_vec(),
        };
        let lanes = Lanes::new(predictor, self.threads)?;
        self.networks.insert(open.model, lanes);
        Ok((reply, Vec::new()))
    }

    fn measure(&mut self, model: u32) -> Outcome<(Reply, Vec<u8>)> {
        let lanes = self.network(model)?;
        let tried = measure(lanes)?;
        let batch = lanes.batch()? as u32;
        Ok((Reply::Measured { batch, tried }, Vec::new()))
    }

    /// The network that is asked next; what another has freed goes back to the system.
    fn network(&mut self, model: u32) -> Outcome<&Lanes> {
        if self.turn.replace(model).is_some_and(|last| last != model) {
            allocator::give_back();
        }
        let known = self.networks.get(&model);
        known.ok_or_else(|| wrong("a model that was never opened"))
    }

    fn ask<F>(&mut self, model: u32, payload: &[u8], question: F) -> Outcome<(Reply, Vec<u8>)>
    where
        F: Fn(&mut Predictor, &Rows) -> Outcome<Vec<f32>> + Clone + Send + 'static,
    {
        let rows = Rows::from_bytes(payload).ok_or_else(|| wrong("rows that cannot be read"))?;
        let lanes = self.network(model)?;
        let (values, partly) = lanes.ask(rows, question)?;
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Ok((Reply::Values(partly), bytes))
    }
}

fn wrong(what: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(Code::WorkerFailed, what.to_string()))
}
