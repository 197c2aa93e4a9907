//! Looks for the libraries of PyTorch on this machine.
//!
//! No program of `gia` is tied to one of them: a worker serves several versions, and uses the libtorch of the PyTorch that is
//! installed. [`search`] lists what there is in the order in which it is considered.

use std::fmt;
use std::path::{Path, PathBuf};

use super::python_query;
use super::torch_version::TorchVersion;

/// The folder that is used and no other, if this variable names it.
pub const VARIABLE: &str = "GIA_LIBTORCH";
/// The variable that names a libtorch for programs that are built with it.
const COMMON_VARIABLE: &str = "LIBTORCH";
/// The library that every libtorch has.
const LIBRARY: &str = "libtorch_cpu.so";

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

impl Place {
    /// Where a libtorch is looked for, in this order, if [`VARIABLE`] names none.
    const ORDER: [Place; 4] = [
        Place::Variable(COMMON_VARIABLE),
        Place::OwnPython,
        Place::ActivePython,
        Place::Fetched,
    ];

    /// The folder of libraries that this place gives, whether it is there or not. `own` is the path of this program.
    fn libraries(self, own: &Path) -> Option<PathBuf> {
        match self {
            Place::Variable(name) => Some(library_folder(&variable(name)?)),
            Place::OwnPython => library_of_python(&prefix(own)?.join("bin/python3")),
            Place::ActivePython => library_of_python(&active_python()?),
            Place::Fetched => Some(fetched_folder()?.join("torch/lib")),
        }
    }
}

/// Every libtorch that is found, in the order in which they are considered: the one that [`VARIABLE`] names, which is then the only one;
/// else those of the other places. Each place is looked at only when its turn comes, since asking a Python takes time. `own` is the path of
/// this program.
pub fn search(own: &Path) -> impl Iterator<Item = Libtorch> + '_ {
    let named = named();
    let places = match named {
        Some(_) => &[][..],
        None => &Place::ORDER[..],
    };
    let mut seen = Vec::new();
    let others = places.iter().filter_map(move |place| {
        let lib = place.libraries(own)?;
        let is_new = lib.join(LIBRARY).is_file() && !seen.contains(&lib);
        is_new.then(|| {
            seen.push(lib.clone());
            found(lib, *place)
        })
    });
    named.into_iter().chain(others)
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

/// The environment that a program lies in, with links resolved: the folder above its `bin`.
pub fn prefix(own: &Path) -> Option<PathBuf> {
    let own = own.canonicalize().unwrap_or_else(|_| own.to_path_buf());
    Some(own.parent()?.parent()?.to_path_buf())
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
    let prefix = prefix(&std::env::current_exe().ok()?)?;
    let mut packages = packages_of(&prefix).into_iter();
    packages.find(|folder| folder.join("gia_lang").is_dir())?;
    let python = prefix.join("bin/python3");
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

/// The libraries of the package `torch` of a Python: among the packages of its environment, else where the program says that it would import
/// them from, which takes some tens of milliseconds. The second way also finds those of a program that starts another Python, such as a shim of
/// pyenv or asdf.
fn library_of_python(python: &Path) -> Option<PathBuf> {
    let packages = packages_of(python.parent()?.parent()?).into_iter();
    let mut libraries = packages.map(|folder| folder.join("torch/lib"));
    libraries
        .find(|lib| lib.join(LIBRARY).is_file())
        .or_else(|| Some(python_query::torch_folder(python)?.join("lib")))
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
