//! Data files that a script names: their paths, contents and hashes.

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use gia_base::diag::{Diagnostic, Outcome};
use gia_base::file::DataFile;
use gia_domain::{Haplotype, HaplotypeQuery, MotifFile, PhasedWindows, Sequence, SequenceSet};

/// The files that the check has read, each once.
#[derive(Default)]
pub struct InputFiles {
    /// Folder of the text whose call is being evaluated: where relative paths start.
    pub folder: PathBuf,
    /// Sequence sets that were read, by path and options.
    pub sequences: HashMap<String, Arc<SequenceSet>>,
    pub motifs: HashMap<PathBuf, Arc<MotifFile>>,
    /// Names of the samples of VCF files.
    samples: HashMap<PathBuf, Rc<[String]>>,
    /// Records of VCF files near windows, by the path of the file and the windows.
    phased: HashMap<(PathBuf, [u8; 32]), PhasedWindows>,
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

    /// The names of the samples of a VCF file.
    ///
    /// # Errors
    /// Those of [`gia_domain::sample_names`].
    pub fn samples(&mut self, path: &Path) -> Outcome<Rc<[String]>> {
        if let Some(samples) = self.samples.get(path) {
            return Ok(samples.clone());
        }
        let samples: Rc<[String]> = gia_domain::sample_names(path)?.into();
        self.samples.insert(path.to_path_buf(), samples.clone());
        Ok(samples)
    }

    /// What a haplotype changes in windows of a genome, with the hash of its file and warnings about that. The file is read once for the
    /// same windows.
    ///
    /// # Errors
    /// Those of [`PhasedWindows::haplotype`].
    pub fn haplotype(
        &mut self,
        windows: &[Sequence],
        query: HaplotypeQuery,
    ) -> Outcome<(Haplotype, String, Vec<Diagnostic>)> {
        let key = (
            query.path.to_path_buf(),
            gia_domain::hash_of_windows(windows),
        );
        match self.phased.entry(key) {
            Entry::Occupied(known) => known.into_mut().haplotype(query),
            Entry::Vacant(new) => new.insert(PhasedWindows::new(windows)?).haplotype(query),
        }
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
