//! A script that was read and checked, or why it was not.

use std::path::{Path, PathBuf};
use std::time::Instant;

use gia_base::diag::{Diagnostic, Outcome};
use gia_base::file::{self, DataFile, FileRecord};
use gia_base::source::{SourceId, Sources};

/// A script that checks.
pub struct Script {
    pub sources: Sources,
    pub main: SourceId,
    pub program: gia_design::Program,
    /// Data files that checking read.
    pub data: Vec<DataFile>,
    /// Seconds that reading and checking took.
    pub seconds: f64,
}

/// What came of reading and checking a script.
pub struct Attempt {
    /// Errors and warnings, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// Files and folders that the text names, whether they are there or not.
    pub named_files: Vec<PathBuf>,
    /// The script, or the texts that its errors point into.
    pub script: Result<Script, Sources>,
}

impl Attempt {
    /// The texts that the diagnostics point into.
    pub fn sources(&self) -> &Sources {
        match &self.script {
            Ok(script) => &script.sources,
            Err(sources) => sources,
        }
    }
}

impl Script {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> Attempt {
        let started = Instant::now();
        match file::read_text(path) {
            Ok(text) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                Script::since(started, path.display().to_string(), folder, &text)
            }
            Err(diagnostic) => Attempt {
                diagnostics: vec![*diagnostic],
                named_files: Vec::new(),
                script: Err(Sources::default()),
            },
        }
    }

    /// Checks a text. `name` is what messages call it; files that it names are looked for in `folder`.
    pub fn of_text(name: &str, folder: &Path, text: &str) -> Attempt {
        Script::since(Instant::now(), name.to_string(), folder, text)
    }

    fn since(started: Instant, name: String, folder: &Path, text: &str) -> Attempt {
        let mut sources = Sources::default();
        let main = sources.add(name, folder, text);
        let checked = gia_check::check(main, &mut sources);
        Attempt {
            diagnostics: checked.diagnostics,
            named_files: checked.named_files,
            script: match checked.program {
                Some(program) => Ok(Script {
                    sources,
                    main,
                    program,
                    data: checked.data,
                    seconds: started.elapsed().as_secs_f64(),
                }),
                None => Err(sources),
            },
        }
    }

    /// A hash of all that decides what a run of it predicts, but for the models: its texts, its data, its seed and this program.
    ///
    /// Fails as [`Script::data_records`] does.
    pub fn identity(&self) -> Outcome<String> {
        let mut all = String::new();
        for (_, source) in self.sources.iter() {
            all += &file::sha256_of_bytes(source.text.as_bytes());
        }
        for record in self.data_records()? {
            all += &record.sha256;
        }
        all += env!("CARGO_PKG_VERSION");
        Ok(file::sha256_of_bytes(all.as_bytes()))
    }

    /// The data files with their hashes.
    ///
    /// Fails where a file can no longer be read, or has changed since the script was checked.
    pub fn data_records(&self) -> Outcome<Vec<FileRecord>> {
        self.data.iter().map(DataFile::record).collect()
    }
}
