//! Reading and checking scripts.

use std::path::{Path, PathBuf};
use std::time::Instant;

use gia_base::diag::{Diagnostic, Outcome};
use gia_base::file::{self, DataFile, FileRecord};
use gia_base::source::{SourceId, Sources};

/// A script that passed the checks.
pub struct Script {
    /// The script and the files that it uses.
    pub sources: Sources,
    /// The script itself, among the sources.
    pub main: SourceId,
    /// The checked program.
    pub program: gia_design::Program,
    /// Data files that the checker read.
    pub data: Vec<DataFile>,
    /// Duration of reading and checking in seconds.
    pub seconds: f64,
}

/// The result of reading and checking a script.
pub struct Attempt {
    /// Errors and warnings, in the order of their positions.
    pub diagnostics: Vec<Diagnostic>,
    /// Files and folders that the text names, whether they exist or not.
    pub named_files: Vec<PathBuf>,
    /// The script or, if it does not check, the texts that its errors point into.
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
        Script::read_with_models(path, &[])
    }

    /// Reads and checks a file, with model files in place of those of the models that it declares by these names.
    pub fn read_with_models(path: &Path, models: &[(String, PathBuf)]) -> Attempt {
        let started = Instant::now();
        match file::read_text(path) {
            Ok(text) => {
                let folder = path.parent().unwrap_or(Path::new(""));
                Script::since(started, path.display().to_string(), folder, &text, models)
            }
            Err(diagnostic) => Attempt {
                diagnostics: vec![*diagnostic],
                named_files: Vec::new(),
                script: Err(Sources::default()),
            },
        }
    }

    /// Checks a text. Messages call it `name`; relative paths in it start from `folder`.
    pub fn of_text(name: &str, folder: &Path, text: &str) -> Attempt {
        Script::of_text_with_models(name, folder, text, &[])
    }

    /// As [`Script::of_text`], with model files as [`Script::read_with_models`] takes them.
    pub fn of_text_with_models(
        name: &str,
        folder: &Path,
        text: &str,
        models: &[(String, PathBuf)],
    ) -> Attempt {
        Script::since(Instant::now(), name.to_string(), folder, text, models)
    }

    fn since(
        started: Instant,
        name: String,
        folder: &Path,
        text: &str,
        models: &[(String, PathBuf)],
    ) -> Attempt {
        let mut sources = Sources::default();
        let main = sources.add(name, folder, text);
        let checked = gia_check::check_with_models(main, &mut sources, models);
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

    /// SHA-256 of everything that determines the predictions, apart from the models: texts, data, and the version of this program.
    ///
    /// # Errors
    /// Those of [`Script::data_records`].
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
    /// # Errors
    /// A file that can no longer be read, or has changed since the script was checked.
    pub fn data_records(&self) -> Outcome<Vec<FileRecord>> {
        self.data.iter().map(DataFile::record).collect()
    }
}
