//! What belongs to the machine: device, batch and threads. None of it changes a result beyond rounding.

use std::fmt;
use std::str::FromStr;

use crate::wire;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    pub device: DeviceChoice,
    /// Sequences in one forward pass; found from the network unless given.
    pub batch: Option<usize>,
    /// CPU threads; all that this process may use unless given.
    pub threads: Option<usize>,
}

impl Options {
    pub fn threads(&self) -> usize {
        self.threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
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

impl From<DeviceChoice> for wire::Device {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Auto => wire::Device::Auto,
            DeviceChoice::Cpu => wire::Device::Cpu,
            DeviceChoice::Cuda(index) => wire::Device::Cuda(index),
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
