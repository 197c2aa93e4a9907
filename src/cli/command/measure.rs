//! `gia model measure MODEL`

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use gia_base::diag::{Outcome, count, pluralize};
use gia_engine::{BatchTuning, DeviceChoice, Options, Precision};
use gia_model::{Declaration, LoadArguments};
use gia_plan::{Model, ModelSource};

#[derive(Args)]
pub struct Arguments {
    /// Model file.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Devices to measure: auto, cpu or cuda:N. Separate several with commas.
    #[arg(
        long,
        default_value = "auto",
        value_delimiter = ',',
        value_name = "DEVICE"
    )]
    device: Vec<DeviceChoice>,
    /// Precision of the network: float32, tf32 (NVIDIA GPUs), bfloat16 or float64.
    #[arg(long, default_value = "float32", value_name = "DTYPE")]
    dtype: Precision,
    /// Run a network that is Python code, as its declaration names it.
    #[arg(long)]
    allow_python: bool,
    /// Number of CPU threads [default: all available].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
}

pub fn measure(arguments: &Arguments) -> Outcome<String> {
    let declaration = Arc::new(Declaration::load(
        &arguments.model,
        &LoadArguments::default(),
    )?);
    let written = arguments.model.display().to_string();
    let model = Model {
        name: written.clone(),
        source: ModelSource::File {
            path: arguments.model.clone(),
            written: written.clone(),
        },
        declaration,
    };
    let options = Options {
        device: arguments.device.first().copied().unwrap_or_default(),
        others: arguments.device.iter().skip(1).copied().collect(),
        precision: arguments.dtype,
        threads: arguments.threads.map(|n| n as usize),
        allow_python: arguments.allow_python,
        overseer: super::overseer(),
        ..Options::default()
    };
    let is_python = model.declaration.entry.is_some();
    let mut text = String::new();
    for measured in gia_engine::measure_batch_sizes(&model, &options)? {
        let BatchTuning {
            device, threads, ..
        } = &measured;
        let threads = pluralize(*threads, "thread");
        let _ = writeln!(
            text,
            "{written} on {device}, {threads}, {}\n",
            arguments.dtype
        );
        write_table(&measured, is_python, &mut text);
    }
    Ok(text)
}

fn write_table(measured: &BatchTuning, is_python: bool, text: &mut String) {
    if measured.tried.is_empty() {
        let _ = writeln!(
            text,
            "The network has a fixed batch size of {}.",
            pluralize(measured.batch as usize, "sequence")
        );
        return;
    }
    let _ = writeln!(text, "{:>7}  {:>11}", "batch", "sequences/s");
    for one in &measured.tried {
        let chosen = match one.batch == measured.batch {
            true => "  chosen",
            false => "",
        };
        let speed = count((1.0 / one.seconds).round() as u64);
        let _ = writeln!(text, "{:>7}  {speed:>11}{chosen}", one.batch);
    }
    let _ = match &measured.file {
        Some(file) => writeln!(text, "\nsaved to {}", file.display()),
        None if is_python => writeln!(
            text,
            "\nnot saved: the network may change without its file; give this size with `--batch`"
        ),
        None => writeln!(
            text,
            "\nnot saved: no cache folder is writable; set `GIA_CACHE` to one"
        ),
    };
}
