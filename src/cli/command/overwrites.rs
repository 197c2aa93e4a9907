//! Refuses outputs that would overwrite an input or each other, before anything runs.

use std::collections::HashMap;
use std::fmt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use crate::pipeline::Attempt;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{FileIdentity, STANDARD_OUTPUT};
use gia_model::{Declaration, external_files};

/// Suffixes of the index files that are read beside a genome.
const INDEX_SUFFIXES: [&str; 2] = [".fai", ".gzi"];

/// The input and output files of one command.
#[derive(Debug, Default)]
pub struct CommandFiles {
    /// Description of each input, for messages, and its path.
    inputs: Vec<(&'static str, PathBuf)>,
    outputs: Vec<OutputPath>,
}

#[derive(Debug)]
struct OutputPath {
    origin: Origin,
    path: PathBuf,
    kind: Kind,
}

/// The origin of an output path.
#[derive(Debug, Clone, Copy)]
enum Origin {
    /// An option, by its name without dashes.
    Option(&'static str),
    /// The command itself; the text describes the file.
    Command(&'static str),
    StandardOutput,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Origin::Option(name) => write!(f, "`--{name}`"),
            Origin::Command(what) => f.write_str(what),
            Origin::StandardOutput => f.write_str("standard output"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    /// A folder of files with these extensions.
    Folder(&'static [&'static str]),
}

impl CommandFiles {
    /// Registers an input; `what` describes it in messages.
    pub fn add_input(&mut self, what: &'static str, path: &Path) {
        self.inputs.push((what, path.to_path_buf()));
    }

    /// Registers a model, its declaration and its external weights.
    pub fn add_model_inputs(&mut self, path: &Path) {
        self.add_input("a model", path);
        let declaration = Declaration::path_beside(path);
        if declaration.is_file() {
            self.add_input("a model's declaration", &declaration);
        }
        for file in external_files(path) {
            self.add_input("a model's weights", &file);
        }
    }

    /// Registers a script, the files that it uses, its models and its data.
    pub fn add_script_inputs(&mut self, path: &Path, attempt: &Attempt) {
        self.add_input("the script", path);
        for (_, source) in attempt.sources().iter() {
            let path = Path::new(&source.name);
            if path.is_file() {
                self.add_input("a file that the script uses", path);
            }
        }
        for path in &attempt.named_files {
            let is_model = path.extension().is_some_and(|e| {
                ["pt2", "onnx", "pt", "ts", "torchscript", "toml"]
                    .iter()
                    .any(|m| e == *m)
            });
            if path.is_dir() {
                for file in path.read_dir().into_iter().flatten().flatten() {
                    self.add_model_inputs(&file.path());
                }
            } else if is_model {
                self.add_model_inputs(path);
            } else {
                self.add_input("data of the script", path);
                for ending in INDEX_SUFFIXES {
                    let mut index = path.clone().into_os_string();
                    index.push(ending);
                    if Path::new(&index).is_file() {
                        self.add_input("an index", Path::new(&index));
                    }
                }
            }
        }
    }

    /// Registers an output file that an option names; `option` without dashes.
    pub fn add_option_output(&mut self, option: &'static str, path: &Path) {
        self.add_output(Origin::Option(option), path, Kind::File);
    }

    pub fn add_optional_output(&mut self, option: &'static str, path: Option<&PathBuf>) {
        if let Some(path) = path {
            self.add_option_output(option, path);
        }
    }

    /// Registers an output file that the command names itself; `what` describes it.
    pub fn add_own_output(&mut self, what: &'static str, path: &Path) {
        self.add_output(Origin::Command(what), path, Kind::File);
    }

    /// Registers a folder to which files with these extensions are written. Their names are not known yet.
    pub fn add_output_folder(
        &mut self,
        option: &'static str,
        folder: &Path,
        extensions: &'static [&'static str],
    ) {
        self.add_output(Origin::Option(option), folder, Kind::Folder(extensions));
    }

    fn add_output(&mut self, origin: Origin, path: &Path, kind: Kind) {
        self.outputs.push(OutputPath {
            origin,
            path: path.to_path_buf(),
            kind,
        });
    }

    /// Whether an output lies in a folder or below it.
    pub fn has_output_below(&self, folder: &Path) -> bool {
        let real = |path: &Path| {
            gia_base::file::resolve_links(path).unwrap_or_else(|_| path.to_path_buf())
        };
        let folder = real(folder);
        let mut outputs = self.outputs.iter();
        outputs.any(|output| real(&output.path).starts_with(&folder))
    }

    /// Checks that no output would overwrite an input or another output.
    ///
    /// # Errors
    /// [`Code::OutputConflict`].
    pub fn check(&self) -> Outcome<()> {
        match self.conflicts().into_iter().next() {
            Some((_, diagnostic)) => Err(diagnostic),
            None => Ok(()),
        }
    }

    /// Every output that would overwrite an input or another output: its path, and the error.
    pub fn conflicts(&self) -> Vec<(PathBuf, Box<Diagnostic>)> {
        let mut read: HashMap<FileIdentity, (&str, &Path)> = HashMap::new();
        for (what, path) in &self.inputs {
            if let Some(identity @ FileIdentity::Existing(..)) = FileIdentity::of(path) {
                read.entry(identity).or_insert((*what, path.as_path()));
            }
        }
        let mut written: HashMap<FileIdentity, Origin> = HashMap::new();
        let mut found = Vec::new();
        if let Some(identity) = standard_output() {
            if let Some((what, path)) = read.get(&identity) {
                let message = format!(
                    "standard output goes to `{}`, which is {what}",
                    path.display()
                );
                let refused = Diagnostic::error(Code::OutputConflict, message)
                    .help("redirect it to another file");
                found.push((path.to_path_buf(), Box::new(refused)));
            }
            written.insert(identity, Origin::StandardOutput);
        }
        let files = self.outputs.iter().filter(|o| o.kind == Kind::File);
        for output in files.clone().filter(|o| !is_stream(&o.path)) {
            let Some(identity) = FileIdentity::of(&output.path) else {
                continue;
            };
            let (origin, path) = (output.origin, output.path.display());
            let message = match (read.get(&identity), written.get(&identity)) {
                (Some((what, input)), _) if *input == output.path => {
                    format!("{origin} would overwrite `{path}`, which is {what}")
                }
                (Some((what, input)), _) => format!(
                    "{origin} would overwrite `{}`, which is {what} and the same file as `{path}`",
                    input.display()
                ),
                (None, Some(other)) => format!("{origin} and {other} would both write `{path}`"),
                (None, None) => {
                    written.insert(identity, origin);
                    continue;
                }
            };
            found.push((output.path.clone(), overwrite_error(message, origin)));
        }
        for folder in &self.outputs {
            let Kind::Folder(extensions) = folder.kind else {
                continue;
            };
            let inside = |path: &Path| {
                let extension = path.extension();
                let is_alike =
                    extension.is_some_and(|e| extensions.iter().any(|known| e == *known));
                let above = match path.parent() {
                    Some(above) if !above.as_os_str().is_empty() => above,
                    _ => Path::new("."),
                };
                is_alike && FileIdentity::of(above) == FileIdentity::of(&folder.path)
            };
            let (origin, shown) = (folder.origin, folder.path.display());
            for (what, path) in self.inputs.iter().filter(|(_, path)| inside(path)) {
                let message = format!(
                    "{origin} could overwrite `{}`, which is {what}",
                    path.display()
                );
                found.push((folder.path.clone(), overwrite_error(message, origin)));
            }
            for other in files.clone().filter(|other| inside(&other.path)) {
                let message = format!(
                    "{origin} could overwrite `{}`, which {} writes to the same folder `{shown}`",
                    other.path.display(),
                    other.origin
                );
                found.push((other.path.clone(), overwrite_error(message, origin)));
            }
        }
        found
    }
}

fn overwrite_error(message: String, origin: Origin) -> Box<Diagnostic> {
    let help = match origin {
        Origin::Option(_) => format!("choose another path for {origin}"),
        Origin::Command(_) | Origin::StandardOutput => "choose another path".to_string(),
    };
    Box::new(Diagnostic::error(Code::OutputConflict, message).help(help))
}

/// Whether a path is a device such as `/dev/null`, or names a stream of this process. Writing there overwrites nothing.
fn is_stream(path: &Path) -> bool {
    let named = path.starts_with("/dev")
        || path.starts_with("/proc")
        || path.as_os_str() == STANDARD_OUTPUT;
    named
        || path
            .metadata()
            .is_ok_and(|metadata| metadata.file_type().is_char_device())
}

/// The regular file that standard output is redirected to; None for a terminal or a pipe.
fn standard_output() -> Option<FileIdentity> {
    let path = Path::new("/proc/self/fd/1");
    path.metadata().ok().filter(std::fs::Metadata::is_file)?;
    FileIdentity::of(path)
}
