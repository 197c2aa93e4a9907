//! Versions of PyTorch, of which libtorch is a part, and which of them a worker serves.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A version without its patch number: workers serve all patches of a version alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TorchVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl TorchVersion {
    /// A version by its two numbers.
    pub const fn new(major: u32, minor: u32) -> TorchVersion {
        TorchVersion { major, minor }
    }

    /// The version of the libtorch in a folder `lib`, by `version.py` of the package or a header beside it; none if neither is there.
    pub fn of_library(lib: &Path) -> Option<TorchVersion> {
        let package = lib.parent()?;
        of_python(&package.join("version.py"))
            .or_else(|| of_header(&package.join("include/torch/headeronly/version.h")))
            .or_else(|| of_header(&package.join("include/torch/version.h")))
    }
}

impl fmt::Display for TorchVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for TorchVersion {
    type Err = ();

    /// Reads the first two numbers of a version such as `2.11.0+cpu`.
    fn from_str(text: &str) -> Result<TorchVersion, ()> {
        let mut numbers = text.split('.');
        let mut next = || numbers.next()?.parse().ok();
        let (major, minor) = (next(), next());
        match (major, minor) {
            (Some(major), Some(minor)) => Ok(TorchVersion { major, minor }),
            _ => Err(()),
        }
    }
}

/// The version that `torch/version.py` states: `__version__ = '2.11.0+cpu'`.
fn of_python(path: &Path) -> Option<TorchVersion> {
    let text = std::fs::read_to_string(path).ok()?;
    let stated = text.lines().find(|line| line.starts_with("__version__"))?;
    let (_, value) = stated.split_once('=')?;
    value.trim().trim_matches(['\'', '"']).parse().ok()
}

/// The version that a header defines by `TORCH_VERSION_MAJOR` and `TORCH_VERSION_MINOR`.
fn of_header(path: &Path) -> Option<TorchVersion> {
    let text = std::fs::read_to_string(path).ok()?;
    let defined = |name: &str| {
        let mut words = text.lines().map(str::split_whitespace);
        words.find_map(|mut line| match (line.next()?, line.next()?) {
            ("#define", found) if found == name => line.next()?.parse().ok(),
            _ => None,
        })
    };
    Some(TorchVersion {
        major: defined("TORCH_VERSION_MAJOR")?,
        minor: defined("TORCH_VERSION_MINOR")?,
    })
}
