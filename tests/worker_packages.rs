//! The packages that build the worker with another libtorch, `src/worker/torch-*`, state what the workspace states, which they cannot inherit.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::support::command::root;

/// What differs between the builds.
const LIBTORCH: [&str; 2] = ["tch", "torch-sys"];

fn read(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).expect("a file");
    text.parse().expect("TOML")
}

fn packages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("src/worker")).expect("a folder");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let packages: Vec<PathBuf> = folders
        .filter(|folder| folder.join("Cargo.toml").is_file())
        .collect();
    assert!(!packages.is_empty());
    packages
}

/// The version and the features that a dependency asks for.
fn requirement(dependency: &Value) -> (Option<&Value>, Option<&Value>) {
    match dependency {
        Value::Table(table) => (table.get("version"), table.get("features")),
        version => (Some(version), None),
    }
}

#[test]
fn manifests_agree_with_the_workspace() {
    let workspace = read(&root().join("Cargo.toml"));
    let shared = &workspace["workspace"]["dependencies"];
    let worker = read(&root().join("src/worker/Cargo.toml"));
    let named = worker["dependencies"].as_table().expect("a table");
    for folder in packages() {
        let package = read(&folder.join("Cargo.toml"));
        for name in ["version", "edition", "rust-version", "license"] {
            let stated = &workspace["workspace"]["package"][name];
            assert_eq!(&package["package"][name], stated, "{folder:?}: {name}");
        }
        let dependencies = package["dependencies"].as_table().expect("a table");
        assert!(dependencies.keys().eq(named.keys()), "{folder:?}");
        let others = dependencies.iter().filter(|(name, dependency)| {
            !LIBTORCH.contains(&name.as_str()) && dependency.get("path").is_none()
        });
        for (name, dependency) in others {
            let stated = requirement(&shared[name]);
            assert_eq!(requirement(dependency), stated, "{folder:?}: {name}");
        }
        for profile in ["release", "wheel"] {
            // What is said of single crates may be of some that this package lacks.
            let of_all = |manifest: &Table| {
                let mut settings = manifest["profile"][profile].clone();
                settings.as_table_mut().expect("a table").remove("package");
                settings
            };
            assert_eq!(
                of_all(&package),
                of_all(&workspace),
                "{folder:?}: {profile}"
            );
        }
    }
}

/// A crate is the same in all programs.
#[test]
fn locked_versions_agree_with_the_workspace() {
    let all = read(&root().join("Cargo.lock"));
    let all = all["package"].as_array().expect("packages");
    for folder in packages() {
        let own = read(&folder.join("Cargo.toml"));
        let locked = read(&folder.join("Cargo.lock"));
        for package in locked["package"].as_array().expect("packages") {
            let name = package["name"].as_str().expect("a name");
            let is_own = package["name"] == own["package"]["name"];
            if is_own || LIBTORCH.contains(&name) {
                continue;
            }
            let is_same = |other: &Value| {
                other["name"] == package["name"] && other["version"] == package["version"]
            };
            assert!(all.iter().any(is_same), "{folder:?}: {name}");
        }
    }
}
