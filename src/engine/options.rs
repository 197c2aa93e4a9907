//! Options for devices, precision, batch size and threads. None of them changes a result beyond rounding.

use std::fmt;
use std::str::FromStr;

use super::{IdleWorkers, Overseer};
use gia_wire::IncrementalMode;

/// Options of a run that concern the machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The device that networks run on, or the first of several.
    pub device: DeviceChoice,
    /// Further devices, among which the work is shared.
    pub others: Vec<DeviceChoice>,
    /// The precision of the networks.
    pub precision: Precision,
    /// Which sequences are predicted incrementally.
    pub incremental: IncrementalMode,
    /// Batch size in sequences; if none, it is chosen for each network.
    pub batch: Option<usize>,
    /// CPU threads of the run; if none, all that are available to this process.
    pub threads: Option<usize>,
    /// Whether networks may run as Python code.
    pub allow_python: bool,
    /// Whether to run even if the estimated memory exceeds the available memory.
    pub ignore_memory: bool,
    /// Keeps the workers of a run for the next one.
    pub idle_workers: IdleWorkers,
    /// Receives warnings about workers, and may cancel their requests.
    pub overseer: Overseer,
}

impl Options {
    /// CPU threads of each worker: those of the run divided by the number of devices.
    pub fn threads(&self) -> usize {
        (self.all_threads() / (1 + self.others.len())).max(1)
    }

    /// CPU threads of the run.
    pub fn all_threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(all)
    }

    /// The options of each device's worker.
    pub fn of_each_device(&self) -> Vec<Options> {
        let devices = std::iter::once(&self.device).chain(&self.others);
        let of_one = |device: &DeviceChoice| Options {
            device: *device,
            others: Vec::new(),
            threads: Some(self.threads()),
            idle_workers: IdleWorkers::default(),
            ..self.clone()
        };
        devices.map(of_one).collect()
    }
}

/// Floating-point precision of networks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// IEEE 754 single precision throughout.
    #[default]
    Float32,
    /// float32 with the inputs of convolutions and matrix products rounded to 10 bits of mantissa; on NVIDIA GPUs only.
    Tf32,
    /// Convolutions and matrix products in bfloat16, sums and functions in float32.
    BFloat16,
    /// IEEE 754 double precision throughout; slow, for comparisons with other programs.
    Float64,
}

impl From<Precision> for gia_wire::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Float32 => gia_wire::Precision::Float32,
            Precision::Tf32 => gia_wire::Precision::Tf32,
            Precision::BFloat16 => gia_wire::Precision::BFloat16,
            Precision::Float64 => gia_wire::Precision::Float64,
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Precision::Float32 => "float32",
            Precision::Tf32 => "tf32",
            Precision::BFloat16 => "bfloat16",
            Precision::Float64 => "float64",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [
            Precision::Float32,
            Precision::Tf32,
            Precision::BFloat16,
            Precision::Float64,
        ];
        let found = all.into_iter().find(|one| one.to_string() == text);
        found.ok_or_else(|| {
            "the precision is `float32`, `tf32`, `bfloat16` or `float64`".to_string()
        })
    }
}

/// The choice of a device: `auto`, `cpu` or `cuda:N`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// GPU 0 if it can be used, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU of this index, counted from 0.
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
