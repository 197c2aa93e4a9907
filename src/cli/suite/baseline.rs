//! Earlier studies with which a suite is compared.

use std::path::{Component, Path, PathBuf};

use gia_base::diag::Outcome;
use gia_study::Study;

/// One study, or a folder of studies named after their scripts.
#[derive(Debug, Clone)]
pub enum Baseline {
    /// One study. It is compared with the script of its file name, or with the only script of the suite.
    Study(Box<Study>),
    /// A folder that holds the study of `a/b.gia` as `a/b.json`.
    Folder(PathBuf),
}

impl Baseline {
    /// Opens a baseline: a folder, or the JSON file of a study.
    ///
    /// # Errors
    /// A file that cannot be read or holds no study.
    pub fn open(path: &Path) -> Outcome<Baseline> {
        if path.is_dir() {
            return Ok(Baseline::Folder(path.to_path_buf()));
        }
        Ok(Baseline::Study(Box::new(gia_report::from_json(path)?)))
    }

    /// Whether there is an earlier study of a script. `is_only_script` as for [`Baseline::of`].
    pub fn has_study(&self, script: &Path, is_only_script: bool) -> bool {
        match self {
            Baseline::Study(study) => is_only_script || is_study_of(study, script),
            Baseline::Folder(folder) => study_path(folder, script).is_file(),
        }
    }

    /// The earlier study of a script, if there is one. If the suite has no other script
    /// (`is_only_script`), a single study belongs to it, whatever the name of its script.
    ///
    /// # Errors
    /// Those of [`Baseline::open`].
    pub fn of(&self, script: &Path, is_only_script: bool) -> Outcome<Option<Study>> {
        match self {
            Baseline::Study(study) => {
                let is_match = is_only_script || is_study_of(study, script);
                Ok(is_match.then(|| (**study).clone()))
            }
            Baseline::Folder(folder) => {
                let path = study_path(folder, script);
                path.is_file()
                    .then(|| gia_report::from_json(&path))
                    .transpose()
            }
        }
    }
}

fn is_study_of(study: &Study, script: &Path) -> bool {
    Path::new(&study.provenance.script.path).file_name() == script.file_name()
}

/// Path of a script's study in a folder of studies: for `experiments/a.gia` in `studies` it is `studies/experiments/a.json`.
pub fn study_path(folder: &Path, script: &Path) -> PathBuf {
    let names = script
        .components()
        .filter(|c| matches!(c, Component::Normal(_)));
    folder
        .join(names.collect::<PathBuf>())
        .with_extension("json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_is_named_by_its_script_and_stays_in_its_folder() {
        let path = |script: &str| study_path(Path::new("kept"), Path::new(script));
        assert_eq!(
            path("experiments/a.gia"),
            Path::new("kept/experiments/a.json")
        );
        assert_eq!(path("../x/./b.gia"), Path::new("kept/x/b.json"));
        assert_eq!(path("/etc/c.gia"), Path::new("kept/etc/c.json"));
    }
}
