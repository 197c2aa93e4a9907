//! Reads the records of a `torch.export` archive, which is untrusted input.
//!
//! Invariant: no file makes this allocate more than a small multiple of the file's own size, and no name inside an
//! archive is used as a path.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use zip::ZipArchive;

use super::unsupported_file::{ExportGuide, damaged, reject_other_formats, unsupported};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{InputKind, open_input};

/// Maximum size of an unpacked record, relative to the size of the archive. The JSON of a graph compresses about 20
/// times.
const MAX_EXPANSION_RATIO: u64 = 64;

pub struct Archive {
    zip: ZipArchive<BufReader<File>>,
    /// Folder of all records inside the archive, with a trailing slash; empty if there is none.
    root: String,
    name: String,
    size: u64,
}

impl Archive {
    /// Opens a `.pt2` file.
    ///
    /// # Errors
    /// If the file cannot be read or is damaged. A model file of another kind is identified in the error, with the
    /// lines of Python that convert it.
    pub fn open(path: &Path) -> Outcome<Archive> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(match path.join("saved_model.pb").exists() {
                true => unsupported(&name, "a TensorFlow SavedModel", &ExportGuide::SavedModel),
                false => unsupported(&name, "a folder", &ExportGuide::PyTorch),
            });
        }
        let (file, metadata) = open_input(path, InputKind::Model)?;
        let size = metadata.len();
        let mut reader = BufReader::new(file);
        let mut magic = [0; 8];
        let read = read_some(&mut reader, &mut magic);
        reject_other_formats(&name, &magic[..read], path)?;
        let zip = ZipArchive::new(reader).map_err(|error| {
            damaged(
                &name,
                format!("its table of contents cannot be read ({error})"),
            )
        })?;
        let root = find_root(&zip, &name)?;
        let mut archive = Archive {
            zip,
            root,
            name,
            size,
        };
        archive.check_byte_order()?;
        Ok(archive)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads a record, named relative to the archive's root. `limit` is its maximum size in bytes.
    pub fn record(&mut self, record: &str, limit: Option<u64>) -> Outcome<Vec<u8>> {
        let full = format!("{}{record}", self.root);
        let cap = limit
            .unwrap_or(u64::MAX)
            .min(self.size.saturating_mul(MAX_EXPANSION_RATIO));
        let entry = self.zip.by_name(&full).map_err(|error| {
            damaged(
                &self.name,
                format!("its record `{record}` cannot be read ({error})"),
            )
        })?;
        let too_long = || {
            damaged(
                &self.name,
                format!("its record `{record}` is larger than the limit of {cap} bytes"),
            )
        };
        // Check the size in the header before unpacking, and that the record has this size afterwards.
        let stated = entry.size();
        if stated > cap {
            return Err(too_long());
        }
        let mut bytes = Vec::with_capacity(stated.min(self.size) as usize);
        let read = entry.take(stated.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| {
            damaged(
                &self.name,
                format!("its record `{record}` is damaged ({error})"),
            )
        })?;
        if bytes.len() as u64 != stated {
            return Err(damaged(
                &self.name,
                format!("its record `{record}` does not have the size that its header states"),
            ));
        }
        Ok(bytes)
    }

    /// Size of a record in bytes as its header states it; none if there is no such record.
    pub fn record_size(&mut self, record: &str) -> Option<u64> {
        let full = format!("{}{record}", self.root);
        self.zip.by_name(&full).ok().map(|entry| entry.size())
    }

    /// Name of the only record that holds a graph.
    pub fn graph_record(&self) -> Outcome<String> {
        let prefix = format!("{}models/", self.root);
        let names = names_in(&self.zip);
        let mut graphs = names.iter().filter_map(|name| {
            let rest = name.strip_prefix(&prefix)?;
            rest.ends_with(".json").then(|| format!("models/{rest}"))
        });
        match (graphs.next(), graphs.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(damaged(&self.name, "it holds no graph".to_string())),
            (Some(_), Some(_)) => Err(Box::new(
                Diagnostic::error(
                    Code::BadModelFile,
                    format!("`{}` holds several models", self.name),
                )
                .help("save each model in a file of its own"),
            )),
        }
    }

    /// The first record in a folder whose name has this suffix.
    pub fn find(&self, folder: &str, suffix: &str) -> Option<String> {
        let prefix = format!("{}{folder}", self.root);
        names_in(&self.zip)
            .iter()
            .find(|name| name.starts_with(&prefix) && name.ends_with(suffix))
            .and_then(|name| name.strip_prefix(&self.root))
            .map(String::from)
    }

    fn check_byte_order(&mut self) -> Outcome<()> {
        if self.record_size("byteorder").is_none() {
            return Ok(());
        }
        let order = self.record("byteorder", Some(64))?;
        if order == b"little" {
            return Ok(());
        }
        Err(Box::new(Diagnostic::error(
            Code::BadModelFile,
            format!("the weights of `{}` are not little-endian", self.name),
        )))
    }
}

fn read_some(reader: &mut BufReader<File>, magic: &mut [u8]) -> usize {
    let mut read = 0;
    while read < magic.len() {
        match reader.read(&mut magic[read..]) {
            Ok(n) if n > 0 => read += n,
            _ => break,
        }
    }
    read
}

/// Names of all records.
fn names_in(zip: &ZipArchive<BufReader<File>>) -> Vec<String> {
    zip.file_names().map(String::from).collect()
}

/// Whether an archive with these record names is TorchScript.
pub fn holds_torchscript<'n>(names: impl Iterator<Item = &'n str>) -> bool {
    let (mut code, mut constants) = (false, false);
    for name in names {
        code |= name.contains("/code/");
        constants |= name.ends_with("constants.pkl");
    }
    code && constants
}

/// The folder of all records, found by the record that holds the graph.
fn find_root(zip: &ZipArchive<BufReader<File>>, name: &str) -> Outcome<String> {
    let names = names_in(zip);
    if names.iter().any(|n| n.contains("data/aotinductor/")) {
        let kind = "an AOTInductor package, compiled for one machine";
        return Err(unsupported(name, kind, &ExportGuide::PyTorch));
    }
    // PyTorch names the folder after the file, so the folder itself may be called `models`.
    let is_graph = |record: &str| record.ends_with(".json");
    if let Some(root) = names.iter().find_map(|n| {
        let (folder, record) = n.split_once('/')?;
        is_graph(record.strip_prefix("models/")?).then(|| format!("{folder}/"))
    }) {
        return Ok(root);
    }
    if names
        .iter()
        .any(|n| n.strip_prefix("models/").is_some_and(is_graph))
    {
        return Ok(String::new());
    }
    let ends = |suffix: &str| names.iter().any(|n| n.ends_with(suffix));
    if holds_torchscript(names.iter().map(String::as_str)) {
        let kind = "TorchScript, whose graph cannot be read";
        return Err(unsupported(name, kind, &ExportGuide::PyTorch));
    }
    if ends("data.pkl") {
        let kind = "a pickled module or state dict, which would run code when read";
        return Err(unsupported(name, kind, &ExportGuide::Pickle));
    }
    if ends("config.json") && ends("model.weights.h5") {
        return Err(unsupported(name, "a Keras archive", &ExportGuide::Keras));
    }
    Err(damaged(
        name,
        "it holds no graph (no `models/*.json`)".to_string(),
    ))
}
