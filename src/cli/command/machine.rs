//! Options that depend on the machine: device, precision, batch size, threads.

use clap::Args;

use super::{interrupt, print};
use gia_engine::{DeviceChoice, IncrementalMode, Options, Overseer, Precision};

/// Options that change how fast a script runs, and results only within floating-point precision.
#[derive(Debug, Clone, Args)]
pub struct MachineArguments {
    /// Devices to run networks on: auto, cpu or cuda:N. Separate several with commas to split the backgrounds between them.
    #[arg(
        long,
        default_value = "auto",
        value_delimiter = ',',
        value_name = "DEVICE"
    )]
    pub device: Vec<DeviceChoice>,
    /// Number format in which networks compute: float32, tf32 (NVIDIA GPUs only), bfloat16 or float64. In another than float32, a few sequences are also
    /// predicted in float32, and the largest difference is reported.
    #[arg(long, default_value = "float32", value_name = "DTYPE")]
    pub dtype: Precision,
    /// Disable incremental recomputation: run every sequence through the whole network.
    #[arg(long)]
    pub exact: bool,
    /// Batch size, in sequences [default: chosen for the network].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
    /// Run networks that are Python code, as their declarations name it. It can do whatever you can: allow only code that you trust.
    #[arg(long)]
    pub allow_python: bool,
    /// Number of CPU threads [default: all available].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

impl MachineArguments {
    /// The options of the engine.
    pub(super) fn options(&self) -> Options {
        Options {
            device: self.device.first().copied().unwrap_or_default(),
            others: self.device.iter().skip(1).copied().collect(),
            precision: self.dtype,
            incremental: match self.exact {
                true => IncrementalMode::Never,
                false => IncrementalMode::WhenFaster,
            },
            batch: self.batch.map(|n| n as usize),
            threads: self.threads.map(|n| n as usize),
            allow_python: self.allow_python,
            overseer: overseer(),
            ..Options::default()
        }
    }

    /// The options as command-line arguments, without defaults other than the device.
    pub(super) fn to_arguments(&self) -> Vec<String> {
        let devices = self.device.iter().map(ToString::to_string);
        let devices = devices.collect::<Vec<_>>().join(",");
        let mut arguments = vec![format!("--device {devices}")];
        if self.dtype != Precision::Float32 {
            arguments.push(format!("--dtype {}", self.dtype));
        }
        if let Some(batch) = self.batch {
            arguments.push(format!("--batch {batch}"));
        }
        if let Some(threads) = self.threads {
            arguments.push(format!("--threads {threads}"));
        }
        if self.exact {
            arguments.push("--exact".to_string());
        }
        if self.allow_python {
            arguments.push("--allow-python".to_string());
        }
        arguments
    }
}

/// Prints warnings about workers, and stops waiting for them when the user asks to stop.
pub fn overseer() -> Overseer {
    Overseer::on_warning(|warning| print::print_diagnostics(&[warning]))
        .cancel_when(interrupt::is_requested)
}
