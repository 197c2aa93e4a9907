//! Chooses the program of the worker and the libtorch that it uses.
//!
//! `gia-worker` beside `gia` is one that was built here; it knows where the libtorch of its build is. An installed `gia` has a folder
//! `workers` instead, with a worker for each range of versions of PyTorch ([`SERVED`]), and takes the first libtorch that one of them serves.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::libtorch::{self, Libtorch, Place};
use super::torch_version::TorchVersion;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// Name of the executable.
const PROGRAM_NAME: &str = "gia-worker";
/// Environment variable with the path of another executable.
const PATH_VARIABLE: &str = "GIA_WORKER";
/// The folders of workers below an environment or an unpacked archive.
const FOLDERS: [&str; 2] = ["lib/gia/workers", "gia_lang/workers"];
/// Environment variable of the dynamic loader: folders that are searched first.
const LIBRARY_PATH: &str = "LD_LIBRARY_PATH";

/// The versions of PyTorch that a worker serves, by the name of its folder. Among the versions of a worker, the symbols and layouts that it uses
/// are the same; docs/decisions has what was tried.
pub const SERVED: [Served; 2] = [
    Served {
        folder: "torch-2.11",
        oldest: TorchVersion::new(2, 10),
        newest: TorchVersion::new(2, 12),
    },
    Served {
        folder: "torch-2.13",
        oldest: TorchVersion::new(2, 13),
        newest: TorchVersion::new(2, 15),
    },
];

/// The versions that one build of the worker serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Name of its folder: the version that it is built with.
    pub folder: &'static str,
    /// The oldest version.
    pub oldest: TorchVersion,
    /// The newest version.
    pub newest: TorchVersion,
}

impl Served {
    /// Whether the worker serves this version.
    pub fn includes(self, version: TorchVersion) -> bool {
        (self.oldest..=self.newest).contains(&version)
    }
}

/// A worker that can be started.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerProgram {
    /// The executable.
    pub path: PathBuf,
    /// The libtorch that it is started with; none if it finds its own.
    pub libtorch: Option<Libtorch>,
}

impl WorkerProgram {
    /// The command that starts it.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        if let Some(libtorch) = &self.libtorch {
            let given = std::env::var_os(LIBRARY_PATH);
            let others = given.iter().flat_map(std::env::split_paths);
            let folders = std::iter::once(libtorch.lib.clone()).chain(others);
            // A folder whose name has a colon cannot be searched by the loader, which then says what it lacks.
            let folders =
                std::env::join_paths(folders).unwrap_or_else(|_| libtorch.lib.clone().into());
            command.env(LIBRARY_PATH, folders);
        }
        command
    }
}

/// A worker that is installed, and the versions that it serves.
#[derive(Debug, Clone, PartialEq)]
pub struct InstalledWorker {
    /// The executable.
    pub path: PathBuf,
    /// The versions that it serves.
    pub served: Served,
}

/// A Python whose PyTorch is newer than those that the workers serve.
#[derive(Debug, Clone, PartialEq)]
pub struct NewerPython {
    /// The program.
    pub python: PathBuf,
    /// The version of its PyTorch.
    pub version: TorchVersion,
}

/// The programs on this machine that run networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Programs {
    /// The executable that the environment variable names, which is then used as it is.
    pub named: Option<PathBuf>,
    /// The executable beside this one, or in the folder above (for tests).
    pub built: Option<PathBuf>,
    /// Workers of an installed `gia`.
    pub installed: Vec<InstalledWorker>,
    /// The path of this program.
    pub own: PathBuf,
}

impl Programs {
    /// Looks for workers.
    pub fn look() -> Programs {
        let own = std::env::current_exe().unwrap_or_default();
        let folders = own.ancestors().skip(1).take(2);
        let mut beside = folders.map(|folder| folder.join(PROGRAM_NAME));
        Programs {
            named: std::env::var_os(PATH_VARIABLE).map(PathBuf::from),
            built: beside.find(|path| path.is_file()),
            installed: installed_workers(&own),
            own,
        }
    }

    /// Every libtorch, in the order in which they are considered; looked for as far as they are asked for.
    pub fn libtorch(&self) -> impl Iterator<Item = Libtorch> + '_ {
        libtorch::search(&self.own)
    }

    /// The worker to start, and the first libtorch that it serves.
    ///
    /// # Errors
    /// If there is no worker, no libtorch, or none that a worker serves.
    pub fn choose(&self, all: impl Iterator<Item = Libtorch>) -> Outcome<WorkerProgram> {
        if let Some(path) = self.named.clone() {
            return Ok(WorkerProgram {
                path,
                libtorch: None,
            });
        }
        if let Some(path) = &self.built {
            return self.choose_built(path);
        }
        if self.installed.is_empty() {
            return Err(self.no_worker());
        }
        let mut unfit = Vec::new();
        for libtorch in all {
            let serves = |worker: &&InstalledWorker| {
                let version = libtorch.version;
                version.is_some_and(|version| worker.served.includes(version))
            };
            if let Some(worker) = self.installed.iter().find(serves) {
                return Ok(WorkerProgram {
                    path: worker.path.clone(),
                    libtorch: Some(libtorch),
                });
            }
            unfit.push(libtorch);
        }
        Err(self.no_libtorch(&unfit))
    }

    /// The Python that `gia` is installed in and the version of its PyTorch, if this is newer than those that the workers serve. `found` is every
    /// libtorch on this machine.
    pub fn newer_python(&self, found: &[Libtorch]) -> Option<NewerPython> {
        if self.installed.is_empty() || self.named.is_some() {
            return None;
        }
        let mut found = found.iter();
        let own = found.find(|libtorch| libtorch.place == Place::OwnPython)?;
        let version = own.version.filter(|version| *version > self.range().1)?;
        let python = libtorch::own_python()?;
        Some(NewerPython { python, version })
    }

    /// Whether one of the workers serves this version.
    pub fn serves(&self, version: TorchVersion) -> bool {
        let installed = self.installed.iter().map(|worker| worker.served);
        let built = self.built.iter().map(|_| SERVED[0]);
        installed
            .chain(built)
            .any(|served| served.includes(version))
    }

    /// A worker that was built here uses the libtorch of its build, unless another is named for `gia`.
    fn choose_built(&self, path: &Path) -> Outcome<WorkerProgram> {
        let fits = |libtorch: &Libtorch| libtorch.version.is_some_and(|v| SERVED[0].includes(v));
        match libtorch::named() {
            Some(libtorch) if !fits(&libtorch) => Err(self.no_libtorch(&[libtorch])),
            libtorch => Ok(WorkerProgram {
                path: path.to_path_buf(),
                libtorch,
            }),
        }
    }

    fn no_worker(&self) -> Box<Diagnostic> {
        let own = self.own.display();
        let message =
            format!("`{PROGRAM_NAME}` is neither in the folder of `{own}` nor installed with it");
        let help = format!("install both programs together, or set {PATH_VARIABLE} to its path");
        Box::new(Diagnostic::error(Code::WorkerFailed, message).help(help))
    }

    /// Error: of what was found, no libtorch is one that a worker serves.
    fn no_libtorch(&self, found: &[Libtorch]) -> Box<Diagnostic> {
        let what = match found {
            [] => "running a network needs PyTorch, and none was found".to_string(),
            all => {
                let all: Vec<String> = all
                    .iter()
                    .map(|one| format!("{one} ({})", one.place))
                    .collect();
                format!(
                    "running a network needs PyTorch {}, but found are {}",
                    self.versions(),
                    all.join(" and ")
                )
            }
        };
        let help = format!(
            "`pip install 'torch{}'` in the Python that gia is installed in, or `gia libtorch fetch`, or set {} to the folder of one; \
             `gia doctor` shows where it is looked for",
            self.requirement(),
            libtorch::VARIABLE
        );
        Box::new(Diagnostic::error(Code::NoLibtorch, what).help(help))
    }

    /// The versions that are served, from the oldest to the newest.
    fn range(&self) -> (TorchVersion, TorchVersion) {
        let served = match self.built {
            Some(_) => vec![SERVED[0]],
            None => self.installed.iter().map(|worker| worker.served).collect(),
        };
        let oldest = served.iter().map(|served| served.oldest).min();
        let newest = served.iter().map(|served| served.newest).max();
        let all = SERVED[0];
        (oldest.unwrap_or(all.oldest), newest.unwrap_or(all.newest))
    }

    /// The versions that are served, for a sentence.
    pub fn versions(&self) -> String {
        let (oldest, newest) = self.range();
        format!("{oldest} to {newest}")
    }

    /// The versions that are served, as pip takes them.
    pub fn requirement(&self) -> String {
        let (oldest, newest) = self.range();
        format!(">={oldest},<{}.{}", newest.major, newest.minor + 1)
    }
}

/// The workers that are installed with a program, in the order of their versions.
fn installed_workers(own: &Path) -> Vec<InstalledWorker> {
    let mut folders = Vec::new();
    if let Some(prefix) = libtorch::prefix(own) {
        folders.push(prefix.join(FOLDERS[0]));
        let packages = libtorch::packages_of(&prefix).into_iter();
        folders.extend(packages.map(|packages| packages.join(FOLDERS[1])));
    }
    let of_folder = |folder: &PathBuf| -> Vec<InstalledWorker> {
        let worker = |served: Served| InstalledWorker {
            path: folder.join(served.folder).join(PROGRAM_NAME),
            served,
        };
        let workers = SERVED.into_iter().map(worker);
        workers.filter(|worker| worker.path.is_file()).collect()
    };
    folders
        .iter()
        .map(of_folder)
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}
