//! The gallery: every script under `experiments/` runs, and every hypothesis in it is supported.

use std::path::{Path, PathBuf};

use crate::support::command::{gia, root};

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "gia") {
            found.push(path);
        }
    }
}

#[test]
fn every_experiment_of_the_gallery_comes_out_as_expected() {
    let mut found = Vec::new();
    scripts(&root().join("experiments"), &mut found);
    found.sort();
    assert!(found.len() >= 15, "{} scripts", found.len());
    for path in &found {
        let readme = path.with_file_name("README.md");
        let said = std::fs::read_to_string(&readme)
            .unwrap_or_else(|_| panic!("{} is there", readme.display()));
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(
            said.contains(&*name),
            "{} tells of {name}",
            readme.display()
        );
        let output = gia([Path::new("run"), path, Path::new("--quiet")]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{}: {said}", path.display());
    }
}
