//! `gia check --register` and `--registered`: what a run reports of the claims that were registered before it.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const SCRIPT: &str = "use \"motifs.gia\"
set seed = 3
let least = 1
model sums = additive({SITE: 2.0, \"GATAAG\": 0.5})

experiment trial {
    vary place in [10bp, 20bp]
    background fasta(\"s.fa\")
    sample 30
    embed SITE at place
    measure sums
    expect effect > least
    expect abs(effect) < 3 where place > 10bp
}
";

/// A folder with a script, its module and its data.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a folder"));
        let bases = ["A", "C", "G", "T", "AT"];
        let records = (0..40).map(|i| {
            let unit = bases[i % bases.len()].to_string() + bases[i / bases.len() % bases.len()];
            format!(
                ">s{i}\n{}\n",
                unit.repeat(60).chars().take(60).collect::<String>()
            )
        });
        folder.write("s.fa", &records.collect::<String>());
        folder.write("motifs.gia", "motif SITE = \"TGACTCA\"\n");
        folder.write("a.gia", SCRIPT);
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).expect("read")
    }

    fn program(&self, program: impl AsRef<Path>, line: &str) -> Output {
        let git = [
            "GIT_AUTHOR_NAME",
            "GIT_AUTHOR_EMAIL",
            "GIT_COMMITTER_NAME",
            "GIT_COMMITTER_EMAIL",
        ];
        Command::new(program.as_ref())
            .args(line.split(' '))
            .current_dir(self.0.path())
            .envs(git.map(|name| (name, "gia@example.org")))
            .env("NO_COLOR", "1")
            .env("GITHUB_ACTIONS", "")
            .env(
                "GIT_CEILING_DIRECTORIES",
                self.0.path().parent().expect("a parent"),
            )
            .output()
            .expect("the program starts")
    }

    /// Runs `gia` and returns its exit status with all that it printed.
    fn gia(&self, line: &str) -> (Option<i32>, String) {
        let output = self.program(env!("CARGO_BIN_EXE_gia"), line);
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    /// Registers the script as it is, rewrites it, and returns the comparison with the exit status of the run.
    fn changed(&self, from: &str, to: &str) -> (Option<i32>, Value) {
        assert!(SCRIPT.contains(from), "{from}");
        let (status, said) = self.gia("check a.gia --register r.json");
        assert_eq!(status, Some(0), "{said}");
        self.write("a.gia", &SCRIPT.replace(from, to));
        self.compared()
    }

    fn compared(&self) -> (Option<i32>, Value) {
        let (status, said) = self.gia("run a.gia --registered r.json --json s.json");
        assert!(matches!(status, Some(0 | 1)), "{said}");
        let study: Value = serde_json::from_str(&self.read("s.json")).expect("JSON");
        (status, study["registration"].clone())
    }
}

fn changes(check: &Value) -> Vec<(&str, &str)> {
    let text = |value: &Value| value.as_str().map(str::to_string);
    assert_eq!(
        check["unchanged"] == true,
        text(&check["changes"][0]["change"]).is_none()
    );
    let changes = check["changes"].as_array().expect("a list").iter();
    changes
        .map(|change| {
            let part = |key: &str| change[key].as_str().expect("a text");
            (part("change"), part("message"))
        })
        .collect()
}

#[test]
fn a_script_that_is_left_alone_is_unchanged() {
    let folder = Folder::new();
    let (status, check) = folder.changed("set seed", "set seed");
    assert_eq!(changes(&check), []);
    assert_eq!(check["notes"], Value::Array(Vec::new()));
    assert_eq!(check["commit"], Value::Null);
    // Every background gives the same effect, so one claim stays undecided with or without a registration.
    assert_eq!(status, folder.gia("run a.gia").0);
    let (_, said) = folder.gia("run a.gia --registered r.json");
    assert!(said.contains("registered in r.json (dated "), "{said}");
    assert!(said.contains("not committed): unchanged"), "{said}");
}

#[test]
fn spelling_layout_comments_and_names_of_values_change_no_claim() {
    let folder = Folder::new();
    let (_, check) = folder.changed(
        "    expect effect > least\n",
        "    # at least one\n    expect effect  >  1.0   # least\n",
    );
    assert_eq!(changes(&check), []);
    let notes = check["notes"].as_array().expect("a list");
    assert_eq!(notes.len(), 1, "{notes:?}");
    let note = notes[0].as_str().expect("a text");
    assert!(note.starts_with("the text of the script is "), "{note}");
    assert!(
        note.ends_with("its claims, designs and settings are the same"),
        "{note}"
    );
}

/// Each row: what is rewritten, and the changes that are reported.
#[test]
fn each_kind_of_change_is_named() {
    let moved = "experiment `trial` has other backgrounds or their number than registered";
    for (from, to, expected) in [
        (
            "let least = 1",
            "let least = 0.5",
            [(
                "claim_changed",
                "`trial: effect > least` was registered with threshold 1, now 0.5",
            )],
        ),
        (
            "expect effect > least",
            "expect effect > 0.25",
            [(
                "claim_changed",
                "`trial: effect > 0.25` was registered as `effect > least`",
            )],
        ),
        (
            "where place > 10bp",
            "where place >= 10bp",
            [(
                "claim_changed",
                "`trial: abs(effect) < 3 where place >= 10bp` was registered as `abs(effect) < 3 where place > 10bp`",
            )],
        ),
        (
            "    expect effect > least\n",
            "",
            [(
                "claim_removed",
                "`trial: effect > least` was registered, and is gone",
            )],
        ),
        (
            "    expect effect > least\n",
            "    expect effect > least\n    expect treated - 2 * control < 9\n",
            [(
                "claim_added",
                "`trial: treated - 2 * control < 9` was not registered",
            )],
        ),
        (
            "expect effect > least",
            "expect effect > least at 99%",
            [(
                "claim_changed",
                "`trial: effect > least at 99%` was registered as `effect > least`, at level 0.95, now 0.99",
            )],
        ),
        (
            "set seed = 3",
            "set seed = 4",
            [(
                "setting_changed",
                "`set seed` is 4, and was registered as 3",
            )],
        ),
        ("sample 30", "sample 20", [("design_changed", moved)]),
        (
            "embed SITE at place",
            "embed rc(SITE) at place",
            [(
                "design_changed",
                "experiment `trial` has other arms than registered",
            )],
        ),
        (
            "measure sums",
            "measure sums = 2 * sums",
            [(
                "design_changed",
                "experiment `trial` has other outcomes than registered",
            )],
        ),
    ] {
        let folder = Folder::new();
        let (status, check) = folder.changed(from, to);
        assert_eq!(changes(&check), expected, "{from} -> {to}");
        assert_eq!(status, Some(1), "{from} -> {to}");
    }
}

#[test]
fn models_data_and_modules_count() {
    let folder = Folder::new();
    let (_, check) = folder.changed("\"GATAAG\": 0.5", "\"GATAAG\": 0.75");
    let found = changes(&check);
    assert!(matches!(found[..], [("model_changed", _)]), "{found:?}");
    folder.write("a.gia", SCRIPT);

    let data = folder.read("s.fa");
    folder.write("s.fa", &data.replacen(">s0\nA", ">s0\nC", 1));
    let (_, check) = folder.compared();
    let found: Vec<&str> = changes(&check).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(found, ["design_changed", "data_changed"]);
    folder.write("s.fa", &data);

    folder.write("motifs.gia", "motif SITE = \"TGACTCT\"\n");
    let (_, check) = folder.compared();
    let found: Vec<&str> = changes(&check).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(found, ["design_changed", "model_changed"]);
    assert_eq!(
        check["notes"][0],
        "the text of a module is not that registered"
    );
}

#[test]
fn a_registration_is_not_overwritten() {
    let folder = Folder::new();
    folder.write("other.txt", "something else");
    let (status, said) = folder.gia("check a.gia --register other.txt");
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("E0620"), "{said}");
    assert_eq!(folder.read("other.txt"), "something else");

    assert_eq!(folder.gia("check a.gia --register r.json").0, Some(0));
    let first = folder.read("r.json");
    let (status, said) = folder.gia("check a.gia --register r.json");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("unchanged"), "{said}");
    folder.write("a.gia", &SCRIPT.replace("< 3", "< 4"));
    let (status, said) = folder.gia("check a.gia --register r.json");
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("holds another registration"), "{said}");
    assert_eq!(folder.read("r.json"), first);

    let (status, said) = folder.gia("check a.gia --register s.fa");
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("E0612"), "{said}");
}

#[test]
fn a_committed_registration_is_dated_by_its_commit() {
    let folder = Folder::new();
    for line in ["init --quiet", "add .", "commit --quiet --message first"] {
        assert!(folder.program("git", line).status.success(), "{line}");
    }
    let (_, check) = folder.changed("set seed", "set seed");
    assert_eq!(check["commit"], Value::Null, "not added yet");
    for line in ["add r.json", "commit --quiet --message register"] {
        assert!(folder.program("git", line).status.success(), "{line}");
    }
    let head = folder.program("git", "rev-parse HEAD").stdout;
    let (_, check) = folder.compared();
    assert_eq!(
        check["commit"]["hash"],
        String::from_utf8_lossy(&head).trim()
    );
    let registration = folder.read("r.json");
    folder.write("r.json", &registration.replacen("2", "1", 1));
    let (_, check) = folder.compared();
    assert_eq!(check["commit"], Value::Null, "modified since");
}

#[test]
fn suites_count_a_change_as_a_failure() {
    let folder = Folder::new();
    folder.write(
        "b.gia",
        &SCRIPT
            .replace("least", "lowest")
            .replace("SITE at place", "\"GATAAG\" at place"),
    );
    assert!(std::fs::create_dir(folder.0.path().join("kept")).is_ok());
    let (status, said) = folder.gia("check a.gia b.gia motifs.gia --register kept");
    assert_eq!(status, Some(0), "{said}");
    folder.write("a.gia", &SCRIPT.replace("set seed = 3", "set seed = 5"));
    let line = "test a.gia b.gia motifs.gia --registered kept --allow-undecided --junit j.xml --markdown m.md --json-lines l.json";
    let (_, said) = folder.gia(line);
    assert!(said.contains("1 script not as registered"), "{said}");
    let junit = folder.read("j.xml");
    assert_eq!(
        junit.matches("the script as registered").count(),
        2,
        "{junit}"
    );
    assert!(
        junit.contains("`set seed` is 5, and was registered as 3"),
        "{junit}"
    );
    assert!(folder.read("m.md").contains("was registered as 3"));
    let lines = folder.read("l.json");
    let files = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let files: Vec<Value> = files.filter(|line| line["type"] == "file").collect();
    assert_eq!(files[0]["registration"]["unchanged"], false);
    assert_eq!(files[1]["registration"]["unchanged"], true);
    let (status, said) = folder.gia("test b.gia --registered kept --filter least");
    assert_eq!(status, Some(2), "{said}");
    // A filter takes claims away; they are not reported as gone.
    let (_, said) = folder.gia("test b.gia --registered kept --filter lowest");
    assert!(said.contains("unchanged"), "{said}");
}
