//! What belongs to the machine: device, batch and threads. None of it changes a result beyond rounding.

use std::fmt;
use std::str::FromStr;

use super::{Overseer, Resting};
use gia_wire::Passes;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    pub device: DeviceChoice,
    /// Further devices, which share the work with the first.
    pub others: Vec<DeviceChoice>,
    pub precision: Precision,
    pub passes: Passes,
    /// Sequences in one forward pass; found from the network unless given.
    pub batch: Option<usize>,
    /// CPU threads; all that this process may use unless given.
    pub threads: Option<usize>,
    /// Whether a run goes ahead that takes more memory than there is.
    pub ignore_memory: bool,
    /// Where workers rest after a run.
    pub resting: Resting,
    /// Who hears of workers in trouble.
    pub overseer: Overseer,
}

impl Options {
    /// CPU threads of each worker: those that there are, shared between the devices.
    pub fn threads(&self) -> usize {
        (self.all_threads() / (1 + self.others.len())).max(1)
    }

    /// CPU threads of the run.
    pub fn all_threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all)
    }

    /// For each device, the options of a worker that has it alone.
    pub fn of_each_device(&self) -> Vec<Options> {
        let devices = std::iter::once(&self.device).chain(&self.others);
        let of_one = |device: &DeviceChoice| Options {
            device: *device,
            others: Vec::new(),
            threads: Some(self.threads()),
            resting: Resting::default(),
            ..self.clone()
        };
        devices.map(of_one).collect()
    }
}

/// What the networks compute in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    #[default]
    Float32,
    /// float32 whose products are rounded to ten bits, on NVIDIA GPUs.
    Tf32,
    /// Convolutions and matrix products in bfloat16, sums and functions in float32.
    BFloat16,
}

impl From<Precision> for gia_wire::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Float32 => gia_wire::Precision::Float32,
            Precision::Tf32 => gia_wire::Precision::Tf32,
            Precision::BFloat16 => gia_wire::Precision::BFloat16,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Precision::Float32 => "float32",
            Precision::Tf32 => "tf32",
            Precision::BFloat16 => "bfloat16",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Precision::Float32, Precision::Tf32, Precision::BFloat16];
        let found = all.into_iter().find(|one| one.to_string() == text);
        found.ok_or_else(|| "networks compute in `float32`, `tf32` or `bfloat16`".to_string())
    }
}

/// `auto`, `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    #[default]
    Auto,
    Cpu,
    Cuda(u32),
}

impl From<DeviceChoice> for gia_wire::Device {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Auto => gia_wire::Device::Auto,
            DeviceChoice::Cpu => gia_wire::Device::Cpu,
            DeviceChoice::Cuda(index) => gia_wire::Device::Cuda(index),
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            DeviceChoice::Auto => f.write_str("auto"),
            DeviceChoice::Cpu => f.write_str("cpu"),
            DeviceChoice::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(DeviceChoice::Auto),
            "cpu" => Ok(DeviceChoice::Cpu),
            "cuda" => Ok(DeviceChoice::Cuda(0)),
            other => other
                .strip_prefix("cuda:")
                .and_then(|index| index.parse().ok())
                .map(DeviceChoice::Cuda)
                .ok_or_else(|| "a device is `auto`, `cpu` or `cuda:N`".to_string()),
        }
    }
}
