//! `gia model measure FILE`

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use gia_base::diag::{Outcome, count, counted};
use gia_engine::{DeviceChoice, Measured, Options, Precision};
use gia_model::{Declaration, Given};
use gia_plan::{Model, ModelSource};

#[derive(Args)]
pub struct Arguments {
    /// The model file, with its declaration beside it.
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// Where the network runs: auto, cpu or cuda:N. Of several with commas between them, each is measured.
    #[arg(
        long,
        default_value = "auto",
        value_delimiter = ',',
        value_name = "DEVICE"
    )]
    device: Vec<DeviceChoice>,
    /// What the network computes in: float32, tf32 (on NVIDIA GPUs) or bfloat16.
    #[arg(long, default_value = "float32", value_name = "DTYPE")]
    dtype: Precision,
    /// CPU threads; all that this process may use unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
}

pub fn measure(arguments: &Arguments) -> Outcome<String> {
    let declaration = Arc::new(Declaration::load(&arguments.model, &Given::default())?);
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
        overseer: super::overseer(),
        ..Options::default()
    };
    let mut text = String::new();
    for measured in gia_engine::measure(&model, &options)? {
        let Measured {
            device, threads, ..
        } = &measured;
        let threads = counted(*threads, "thread");
        let _ = writeln!(
            text,
            "{written} on {device}, {threads}, {}\n",
            arguments.dtype
        );
        show(&measured, &mut text);
    }
    Ok(text)
}

fn show(measured: &Measured, text: &mut String) {
    if measured.tried.is_empty() {
        let _ = writeln!(
            text,
            "The network takes {} at a time and no other number.",
            counted(measured.batch as usize, "sequence")
        );
        return;
    }
    let _ = writeln!(text, "{:>7}  {:>18}", "batch", "sequences a second");
    for one in &measured.tried {
        let chosen = match one.batch == measured.batch {
            true => "  used from now on",
            false => "",
        };
        let speed = count((1.0 / one.seconds).round() as u64);
        let _ = writeln!(text, "{:>7}  {speed:>18}{chosen}", one.batch);
    }
    let _ = match &measured.file {
        Some(file) => writeln!(text, "\nremembered in {}", file.display()),
        None => writeln!(
            text,
            "\nnot remembered: there is no folder to write to (`GIA_CACHE` can name one)"
        ),
    };
}
