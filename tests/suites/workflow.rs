//! The workflow of the documents: it is YAML of the form that GitHub Actions takes, and its commands do what it says.

use std::path::Path;
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::command::root;

fn workflow() -> (String, Yaml) {
    let path = root().join("docs/workflows/gia.yml");
    let text = std::fs::read_to_string(path).expect("the workflow");
    let mut documents = YamlLoader::load_from_str(&text).expect("YAML");
    assert_eq!(documents.len(), 1);
    (text, documents.remove(0))
}

/// The shell lines of all steps, those that go on behind a backslash put together.
fn commands(workflow: &Yaml) -> Vec<String> {
    let jobs = workflow["jobs"].as_hash().expect("jobs");
    let steps = jobs
        .values()
        .flat_map(|job| job["steps"].as_vec().expect("steps"));
    let scripts = steps.filter_map(|step| step["run"].as_str());
    let scripts: Vec<String> = scripts.map(|script| script.replace("\\\n", " ")).collect();
    let lines = scripts.iter().flat_map(|script| script.lines());
    lines.map(|line| line.trim().to_string()).collect()
}

#[test]
fn the_workflow_has_the_form_that_github_takes() {
    let (_, workflow) = workflow();
    assert!(workflow["name"].as_str().is_some());
    assert!(!workflow["on"].is_badvalue());
    for job in workflow["jobs"].as_hash().expect("jobs").values() {
        assert!(job["runs-on"].as_str().is_some());
        for step in job["steps"].as_vec().expect("steps") {
            let (run, uses) = (step["run"].as_str(), step["uses"].as_str());
            assert!(run.is_some() != uses.is_some(), "{step:?}");
            if let Some(action) = uses {
                assert!(action.contains('@'), "{action} has no version");
            }
        }
    }
}

#[test]
fn the_page_shows_the_workflow() {
    let (text, _) = workflow();
    let page = root().join("docs/continuous_integration.md");
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(page.contains(&format!("```yaml\n{text}```")));
}

/// In a checkout as the page describes it, a baseline included.
#[test]
fn the_commands_of_the_workflow_do_what_they_say() {
    let (_, workflow) = workflow();
    let commands = commands(&workflow);
    let of_gia: Vec<&String> = commands
        .iter()
        .filter(|line| line.starts_with("gia "))
        .collect();
    assert!(of_gia.len() >= 2, "{commands:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let known = root().join("tests/suites/known");
    let place = folder.path().join("experiments");
    std::fs::create_dir(&place).expect("made");
    for entry in std::fs::read_dir(known).expect("the suite") {
        let path = entry.expect("an entry").path();
        std::fs::copy(&path, place.join(path.file_name().expect("a name"))).expect("copied");
    }
    run(folder.path(), "gia test experiments --studies baseline");
    for command in of_gia {
        run(folder.path(), command);
    }
    let xml = std::fs::read_to_string(folder.path().join("junit.xml")).expect("JUnit's file");
    roxmltree::Document::parse(&xml).expect("XML");
}

#[track_caller]
fn run(folder: &Path, command: &str) {
    let program = Path::new(env!("CARGO_BIN_EXE_gia"));
    let path = format!(
        "{}:{}",
        program.parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", path)
        .env("GITHUB_ACTIONS", "")
        .output()
        .expect("a shell");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{command}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
