//! Options of the machine: devices, precision, batches, threads.

use clap::Args;

use super::{interrupt, print};
use gia_engine::{DeviceChoice, Options, Overseer, Passes, Precision};

/// What belongs to the machine and not to the hypothesis.
#[derive(Debug, Clone, Args)]
pub struct MachineArguments {
    /// Where networks run: auto, cpu or cuda:N. Several with commas between them share the backgrounds.
    #[arg(
        long,
        default_value = "auto",
        value_delimiter = ',',
        value_name = "DEVICE"
    )]
    pub device: Vec<DeviceChoice>,
    /// What networks compute in: float32, tf32 (on NVIDIA GPUs) or bfloat16. The largest difference from float32 on a sample
    /// is reported.
    #[arg(long, default_value = "float32", value_name = "DTYPE")]
    pub dtype: Precision,
    /// Put every sequence through the whole network, also where computing what an edit reaches would do.
    #[arg(long)]
    pub exact: bool,
    /// Sequences in one forward pass; found from the network unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
    /// CPU threads; all that this process may use unless given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
}

impl MachineArguments {
    /// What the engine is told.
    pub(super) fn options(&self) -> Options {
        Options {
            device: self.device.first().copied().unwrap_or_default(),
            others: self.device.iter().skip(1).copied().collect(),
            precision: self.dtype,
            passes: match self.exact {
                true => Passes::Whole,
                false => Passes::WhereItPays,
            },
            batch: self.batch.map(|n| n as usize),
            threads: self.threads.map(|n| n as usize),
            overseer: overseer(),
            ..Options::default()
        }
    }

    /// The options as they are written, without those that have their defaults.
    pub(super) fn words(&self) -> Vec<String> {
        let devices = self.device.iter().map(ToString::to_string);
        let devices = devices.collect::<Vec<_>>().join(",");
        let mut words = vec![format!("--device {devices}")];
        if self.dtype != Precision::Float32 {
            words.push(format!("--dtype {}", self.dtype));
        }
        if let Some(batch) = self.batch {
            words.push(format!("--batch {batch}"));
        }
        if let Some(threads) = self.threads {
            words.push(format!("--threads {threads}"));
        }
        if self.exact {
            words.push("--exact".to_string());
        }
        words
    }
}

/// Prints what is to be told of workers, and gives up on them when the user asks to stop.
pub fn overseer() -> Overseer {
    Overseer::hearing(|warning| print::print_plain(&[warning])).until(interrupt::is_asked)
}
