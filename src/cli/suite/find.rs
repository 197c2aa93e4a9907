//! Discovery of the scripts of a suite.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;

/// The named files, and all `.gia` files below named folders; sorted and without duplicates.
///
/// Hidden folders are skipped, and links to folders are not followed.
///
/// # Errors
/// [`Code::MissingFile`]: a path that does not exist or cannot be read.
pub fn scripts(paths: &[PathBuf]) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        let unreadable = |error| file::unreadable(path, &error);
        if !std::fs::metadata(path).map_err(unreadable)?.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = WalkDir::new(path).sort_by_file_name().into_iter();
        for entry in entries.filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.path())) {
            let entry = entry.map_err(|error| {
                let place = error.path().unwrap_or(path).to_path_buf();
                file::unreadable(&place, &error.into())
            })?;
            if entry.path().extension().is_some_and(|e| e == "gia") && entry.path().is_file() {
                found.push(without_dot_prefix(entry.path()));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The `.gia` files below one folder, as [`scripts`] finds them; there must be at least one.
///
/// # Errors
/// [`Code::MissingFile`]: a folder that cannot be read or holds no script.
pub fn scripts_in(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let found = scripts(&[folder.to_path_buf()])?;
    if found.is_empty() {
        let message = format!("no `.gia` file in `{}`", folder.display());
        return Err(Box::new(Diagnostic::error(Code::MissingFile, message)));
    }
    Ok(found)
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with('.'))
}

/// `a.gia` for `./a.gia`.
fn without_dot_prefix(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_path_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_searched_and_each_script_is_found_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for name in [
            "b.gia",
            "a/z.gia",
            "a/notes.txt",
            ".hidden/c.gia",
            "other.txt",
        ] {
            std::fs::create_dir_all(at(name).parent().expect("a folder")).expect("made");
            std::fs::write(at(name), "").expect("written");
        }
        let found = scripts(&[folder.path().to_path_buf(), at("b.gia"), at("other.txt")]);
        let expected = [at("a/z.gia"), at("b.gia"), at("other.txt")];
        assert_eq!(found.expect("all are there"), expected);
        assert!(scripts(&[at("absent")]).is_err());
    }
}
