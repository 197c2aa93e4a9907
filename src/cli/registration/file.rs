//! Registrations as files.

use std::path::{Path, PathBuf};

use super::git;
use crate::suite::study_path;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::{self, InputKind, sha256_of_bytes};
use gia_report::OutputFile;
use gia_study::{Commit, REGISTRATION_SCHEMA, Registration};

/// A registration that was read from a file.
#[derive(Debug, Clone)]
pub struct Registered {
    /// Path as the user named it.
    pub path: PathBuf,
    /// SHA-256 of the file.
    pub sha256: String,
    /// The commit that last changed the file, if it is committed and unmodified.
    pub commit: Option<Commit>,
    /// Its content.
    pub registration: Registration,
}

impl Registered {
    /// Reads a registration.
    ///
    /// # Errors
    /// [`Code::MissingFile`]; [`Code::BadRegistration`] if the file holds something else, or another version of the form.
    pub fn read(path: &Path) -> Outcome<Registered> {
        let bytes = file::read_input(path, InputKind::Registration)?;
        let wrong = |why: String| {
            let message = format!("`{}` is not a registration: {why}", path.display());
            let help = "`gia check --register PATH FILE` writes one";
            Box::new(Diagnostic::error(Code::BadRegistration, message).help(help))
        };
        let registration: Registration =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if registration.schema != REGISTRATION_SCHEMA {
            return Err(wrong(format!(
                "its schema is `{}`, and this version reads `{REGISTRATION_SCHEMA}`",
                registration.schema
            )));
        }
        Ok(Registered {
            path: path.to_path_buf(),
            sha256: sha256_of_bytes(&bytes),
            commit: git::commit_of_file(path),
            registration,
        })
    }
}

/// The path of `--registered`: one registration, or a folder of them, named after their scripts.
#[derive(Debug, Clone)]
pub struct Registrations<'p>(pub &'p Path);

impl Registrations<'_> {
    /// The file with the registration of a script: in a folder that of `a/b.gia` is `a/b.json`.
    pub fn path_of(&self, script: &Path) -> PathBuf {
        match self.0.is_dir() {
            true => study_path(self.0, script),
            false => self.0.to_path_buf(),
        }
    }

    /// Reads the registration of a script; None if this is a folder without one.
    ///
    /// # Errors
    /// Those of [`Registered::read`].
    pub fn of(&self, script: &Path) -> Outcome<Option<Registered>> {
        let path = self.path_of(script);
        match self.0.is_dir() && !path.is_file() {
            true => Ok(None),
            false => Registered::read(&path).map(Some),
        }
    }
}

/// How [`register`] ended.
pub enum Written {
    /// The file is new.
    New,
    /// The file already holds the same registration, of this date, and is left as it is.
    Same(String),
}

/// Writes a registration to a file that does not exist yet.
///
/// # Errors
/// [`Code::AlreadyRegistered`] if the file exists and holds anything but the same registration; [`Code::WriteFailed`].
pub fn register(path: &Path, registration: &Registration) -> Outcome<Written> {
    if path.symlink_metadata().is_ok() {
        let refused = |what: &str| {
            let message = format!("`{}` {what}", path.display());
            let help = "a registration is never overwritten: choose another path for `--register`, or remove the file yourself";
            Box::new(Diagnostic::error(Code::AlreadyRegistered, message).help(help))
        };
        let earlier = Registered::read(path)
            .map_err(|_| refused("exists, and is not a registration"))?
            .registration;
        let date = earlier.registered.clone();
        let undated = Registration {
            registered: registration.registered.clone(),
            ..earlier
        };
        return match undated == *registration {
            true => Ok(Written::Same(date)),
            false => Err(refused(&format!("holds another registration, of {date}"))),
        };
    }
    let text = serde_json::to_string_pretty(registration).map_err(|error| {
        let message = format!("the registration cannot be written as JSON: {error}");
        Box::new(Diagnostic::error(Code::WriteFailed, message))
    })?;
    OutputFile::open(path)?.commit(format!("{text}\n").as_bytes())?;
    Ok(Written::New)
}
