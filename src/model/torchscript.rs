//! TorchScript: a network as code that only libtorch can run.

use std::io::BufReader;
use std::path::Path;

use zip::ZipArchive;

use super::archive::holds_torchscript;
use gia_base::file::{InputKind, open_input};

/// Whether a file holds TorchScript, judged by the names of its records.
pub fn is_torchscript(path: &Path) -> bool {
    let Ok((file, _)) = open_input(path, InputKind::Model) else {
        return false;
    };
    let zip = ZipArchive::new(BufReader::new(file));
    zip.is_ok_and(|zip| holds_torchscript(zip.file_names()))
}
