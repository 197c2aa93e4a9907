//! Looks for the libraries of PyTorch on this machine.
//!
//! No program of `gia` is tied to one of them: a worker serves several versions, and uses the libtorch of the PyTorch that is
//! installed. [`search`] lists what there is in the order in which it is considered.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::torch_version::TorchVersion;

/// The folder that is used and no other, if this variable names it.
pub const VARIABLE: &str = "GIA_LIBTORCH";
/// The variable that names a libtorch for programs that are built with it.
const COMMON_VARIABLE: &str = "LIBTORCH";
/// The library that every libtorch has.
const LIBRARY: &str = "libtorch_cpu.so";
/// Prints the folder of the package `torch` without importing it, which would take seconds.
const SPEC: &str = "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')";

/// A libtorch on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Libtorch {
    /// The folder of its libraries.
    pub lib: PathBuf,
    /// Its version; none if nothing beside the libraries states it.
    pub version: Option<TorchVersion>,
    /// Where it was found.
    pub place: Place,
}

/// Where a libtorch was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The environment variable of this name.
    Variable(&'static str),
    /// The Python that `gia` is installed in.
    OwnPython,
    /// The Python of the active environment, or the first one on the path.
    ActivePython,
    /// The folder that `gia libtorch fetch` fills.
    Fetched,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Variable(name) => write!(f, "named by {name}"),
            Place::OwnPython => f.write_str("of the Python that gia is installed in"),
            Place::ActivePython => f.write_str("of the active Python"),
            Place::Fetched => f.write_str("fetched by `gia libtorch fetch`"),
        }
    }
}

impl fmt::Display for Libtorch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "torch {version} in `{}`", self.lib.display()),
            None if self.lib.join(LIBRARY).is_file() => {
                write!(
                    f,
                    "a libtorch of unknown version in `{}`",
                    self.lib.display()
                )
            }
            None => write!(f, "none in `{}`", self.lib.display()),
        }
    }
}

/// Every libtorch that is found, in the order in which they are considered: the one that [`VARIABLE`] names, which is then the only one;
/// else the one that `LIBTORCH` names, those of the Python that `gia` is installed in and of the active one, and the one that was fetched.
/// `own` is the path of this program.
pub fn search(own: &Path) -> Vec<Libtorch> {
    if let Some(named) = named() {
        return vec![named];
    }
    let mut all: Vec<Libtorch> = Vec::new();
    let mut add = |lib: Option<PathBuf>, place| {
        let lib = lib.filter(|lib| lib.join(LIBRARY).is_file());
        if let Some(lib) = lib.filter(|lib| all.iter().all(|known| known.lib != *lib)) {
            all.push(found(lib, place));
        }
    };
    let common = variable(COMMON_VARIABLE).map(|folder| library_folder(&folder));
    add(common, Place::Variable(COMMON_VARIABLE));
    for prefix in prefixes(own) {
        add(library_of_prefix(&prefix), Place::OwnPython);
    }
    add(
        active_python().and_then(|python| library_of_python(&python)),
        Place::ActivePython,
    );
    add(
        fetched_folder().map(|folder| folder.join("torch/lib")),
        Place::Fetched,
    );
    all
}

/// The libtorch that [`VARIABLE`] names, whether it is there or not.
pub fn named() -> Option<Libtorch> {
    let folder = variable(VARIABLE)?;
    Some(found(library_folder(&folder), Place::Variable(VARIABLE)))
}

/// The folder that `gia libtorch fetch` fills: `$XDG_DATA_HOME/gia/libtorch`, or that below `~/.local/share`.
pub fn fetched_folder() -> Option<PathBuf> {
    let data = variable("XDG_DATA_HOME").filter(|folder| folder.is_absolute());
    let data = data.or_else(|| Some(variable("HOME")?.join(".local/share")));
    Some(data?.join("gia/libtorch"))
}

/// The Python environments that a program lies in: in a folder `bin` beside theirs, or as a file of a package.
pub fn prefixes(own: &Path) -> Vec<PathBuf> {
    let own = own.canonicalize().unwrap_or_else(|_| own.to_path_buf());
    own.ancestors()
        .skip(2)
        .take(1)
        .map(Path::to_path_buf)
        .collect()
}

/// The folders of installed packages of an environment.
pub fn packages_of(prefix: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for lib in ["lib", "lib64", "local/lib"] {
        let Ok(entries) = std::fs::read_dir(prefix.join(lib)) else {
            continue;
        };
        let mut pythons: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                let name = path
                    .file_name()
                    .map(|name| name.to_string_lossy().into_owned());
                name.is_some_and(|name| name.starts_with("python3"))
            })
            .collect();
        pythons.sort();
        for python in pythons {
            folders.extend(["site-packages", "dist-packages"].map(|name| python.join(name)));
        }
    }
    // `pip install --target` puts packages beside `bin`.
    folders.push(prefix.to_path_buf());
    folders.retain(|folder| folder.is_dir());
    folders
}

/// The Python that this program is installed in; none if it is not.
pub fn own_python() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let package = |prefix: &PathBuf| {
        let mut folders = packages_of(prefix).into_iter();
        folders.any(|folder| folder.join("gia_lang").is_dir())
    };
    let mut prefixes = prefixes(&own).into_iter().filter(package);
    let python = prefixes.next()?.join("bin/python3");
    python.is_file().then_some(python)
}

/// The Python of the active environment, else the first on the path.
fn active_python() -> Option<PathBuf> {
    let environments = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(variable);
    let mut programs = environments.map(|prefix| prefix.join("bin/python3"));
    programs.find(|python| python.is_file()).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path)
            .map(|folder| folder.join("python3"))
            .find(|python| python.is_file())
    })
}

/// The libraries of the package `torch` of a Python.
fn library_of_python(python: &Path) -> Option<PathBuf> {
    library_of_prefix(python.parent()?.parent()?)
}

/// The libraries of the package `torch` of a Python environment: among its own packages, else where its Python says that it would import them
/// from, which takes some tens of milliseconds.
fn library_of_prefix(prefix: &Path) -> Option<PathBuf> {
    let own = packages_of(prefix).into_iter();
    let mut own = own.map(|folder| folder.join("torch/lib"));
    own.find(|lib| lib.join(LIBRARY).is_file()).or_else(|| {
        let mut asked = Command::new(prefix.join("bin/python3"));
        asked
            .args(["-I", "-c", SPEC])
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        let answer = asked.output().ok();
        let answer = answer.filter(|answer| answer.status.success())?;
        let folder = String::from_utf8(answer.stdout).ok()?;
        let folder = folder.trim();
        (!folder.is_empty()).then(|| Path::new(folder).join("lib"))
    })
}

/// The folder of libraries of a libtorch: `lib` below it, unless it is that folder itself.
fn library_folder(folder: &Path) -> PathBuf {
    match folder.join(LIBRARY).is_file() {
        true => folder.to_path_buf(),
        false => folder.join("lib"),
    }
}

fn found(lib: PathBuf, place: Place) -> Libtorch {
    let is_there = lib.join(LIBRARY).is_file();
    let version = TorchVersion::of_library(&lib).filter(|_| is_there);
    Libtorch {
        lib,
        version,
        place,
    }
}

/// The path in an environment variable that is set and not empty.
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
