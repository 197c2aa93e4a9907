//! Data files that a script names: their paths, contents and hashes.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gia_base::file::DataFile;
use gia_domain::{MotifFile, SequenceSet};

/// The files that the check has read, each once.
#[derive(Default)]
pub struct InputFiles {
    /// Folder of the text whose call is being evaluated: where relative paths start.
    pub folder: PathBuf,
    /// Sequence sets that were read, by path and options.
    pub sequences: HashMap<String, Arc<SequenceSet>>,
    pub motifs: HashMap<PathBuf, Arc<MotifFile>>,
    data: Vec<DataFile>,
    /// Paths that were resolved, whether a file is there or not.
    named: RefCell<BTreeSet<PathBuf>>,
}

impl InputFiles {
    /// A path in the text that is being evaluated.
    pub fn resolve(&self, path: &str) -> PathBuf {
        let full = self.folder.join(Path::new(path));
        self.named.borrow_mut().insert(full.clone());
        full
    }

    /// Records a file that was read whole, with its hash.
    pub fn record_hash(&mut self, path: &str, sha256: &str) {
        self.record(DataFile::hashed(path, sha256));
    }

    /// Records a file that was read.
    pub fn record(&mut self, file: DataFile) {
        if self.data.iter().all(|known| known.path != file.path) {
            self.data.push(file);
        }
    }

    /// Files that were read, in the order of reading, and all paths that the script names.
    pub fn into_parts(self) -> (Vec<DataFile>, Vec<PathBuf>) {
        (self.data, self.named.into_inner().into_iter().collect())
    }
}
