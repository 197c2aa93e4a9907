//! Model files taken apart and put together again with something changed.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::command::root;

/// The records of a zip archive, in order.
pub struct Records(pub Vec<(String, Vec<u8>)>);

/// A network of `tests/models`.
pub fn network(name: &str) -> PathBuf {
    root().join("tests/models").join(format!("{name}.pt2"))
}

impl Records {
    pub fn new(records: &[(&str, &[u8])]) -> Records {
        let owned = |(name, bytes): &(&str, &[u8])| (name.to_string(), bytes.to_vec());
        Records(records.iter().map(owned).collect())
    }

    pub fn read(path: &Path) -> Records {
        let file = std::fs::File::open(path).expect("the model file");
        let mut zip = ZipArchive::new(file).expect("a zip archive");
        let mut records = Vec::new();
        for index in 0..zip.len() {
            let mut entry = zip.by_index(index).expect("a record");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("the record's bytes");
            records.push((entry.name().to_string(), bytes));
        }
        Records(records)
    }

    pub fn of(name: &str) -> Records {
        Records::read(&network(name))
    }

    /// The only record whose name ends so.
    pub fn record(&mut self, suffix: &str) -> &mut Vec<u8> {
        let mut found = self.0.iter_mut().filter(|(name, _)| name.ends_with(suffix));
        let (_, bytes) = found.next().expect("a record of that name");
        assert!(found.next().is_none(), "several records end in {suffix}");
        bytes
    }

    pub fn edit_json(mut self, suffix: &str, edit: impl FnOnce(&mut Value)) -> Records {
        let bytes = self.record(suffix);
        let mut json = serde_json::from_slice(bytes).expect("JSON");
        edit(&mut json);
        *bytes = serde_json::to_vec(&json).expect("JSON");
        self
    }

    pub fn edit_graph(self, edit: impl FnOnce(&mut Value)) -> Records {
        self.edit_json("/models/model.json", edit)
    }

    pub fn edit_weights(self, edit: impl FnOnce(&mut Value)) -> Records {
        self.edit_json("model_weights_config.json", |json| {
            edit(&mut json["config"])
        })
    }

    pub fn without(mut self, suffix: &str) -> Records {
        self.0.retain(|(name, _)| !name.ends_with(suffix));
        self
    }

    /// Writes the archive into a folder, under this name, records uncompressed.
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        self.write_as(folder, name, CompressionMethod::Stored)
    }

    pub fn write_as(&self, folder: &Path, name: &str, method: CompressionMethod) -> PathBuf {
        let path = folder.join(name);
        let file = std::fs::File::create(&path).expect("a file");
        let mut zip = ZipWriter::new(file);
        let options = SimpleFileOptions::default().compression_method(method);
        for (name, bytes) in &self.0 {
            zip.start_file(name.as_str(), options).expect("a record");
            zip.write_all(bytes).expect("written");
        }
        zip.finish().expect("closed");
        path
    }
}
