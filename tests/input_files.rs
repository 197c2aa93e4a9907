//! Inputs that are no regular file, or too large for one: refused by name, before a byte is read.

use std::path::Path;
use std::process::Command;

use crate::support::command::root;

/// Every way to name an input, with `INPUT` for it: scripts, and commands with `SCRIPT` for a script.
const SCRIPTS: &[&str] = &[
    "use \"INPUT\"\n",
    "let a = fasta(\"INPUT\")\n",
    "let a = genome(\"INPUT\", regions: \"r.bed\")\n",
    "let a = genome(\"g.fa\", regions: \"INPUT\")\n",
    "let a = vcf(\"INPUT\", genome: \"g.fa\", width: 4bp)\n",
    "let a = vcf(\"v.vcf\", genome: \"INPUT\", width: 4bp)\n",
    "motif a = meme(\"INPUT\", \"A\")\n",
    "motif a = transfac(\"INPUT\", \"A\")\n",
];
const COMMANDS: &[&[&str]] = &[
    &["check", "INPUT"],
    &["run", "INPUT"],
    &["plan", "INPUT"],
    &["fmt", "--check", "INPUT"],
    &["report", "INPUT", "--csv", "t.csv"],
    &["diff", "INPUT", "INPUT"],
    &["merge", "s.gia", "INPUT"],
    &["predict", "net.pt2", "INPUT"],
    &["predict", "INPUT", "g.fa"],
    &["model", "inspect", "INPUT"],
];

/// What `gia` answers in a folder, within half a minute.
fn answer(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new("timeout")
        .args(["-k", "1", "30", env!("CARGO_BIN_EXE_gia")])
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .output()
        .expect("timeout starts");
    let said = [output.stdout, output.stderr].concat();
    // Lines of a message are broken at 80 columns.
    let said = String::from_utf8_lossy(&said).replace("\n  │ ", " ");
    (output.status.code(), said)
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("g.fa", ">chr1\nACGTACGTAC\n");
    write("r.bed", "chr1\t0\t4\n");
    write("s.gia", "let a = 1\n");
    write(
        "v.vcf",
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t5\t.\tA\tC\t.\t.\t.\n",
    );
    for name in ["net.pt2", "net.toml"] {
        let from = format!("experiments/ctcf_pu1/ctcf_pu1.{}", &name[4..]);
        std::fs::copy(root().join(from), folder.path().join(name)).expect("a network");
    }
    folder
}

/// Asks of an input in every way, and wants this said each time.
fn refused_everywhere(folder: &Path, input: &str, what: &str, but: &[&str]) {
    let mut wrong = Vec::new();
    let mut ask = |arguments: &[&str], shown: &str| {
        if but.contains(&arguments[0]) {
            return;
        }
        let (status, said) = answer(folder, arguments);
        // 3 where the command line names the file.
        if !matches!(status, Some(2 | 3)) || !said.contains(what) {
            wrong.push(format!("{shown} ends with {status:?}:\n{said}"));
        }
    };
    for script in SCRIPTS {
        let script = script.replace("INPUT", input);
        std::fs::write(folder.join("t.gia"), &script).expect("a script");
        ask(&["check", "t.gia"], &script);
    }
    for command in COMMANDS {
        let command: Vec<&str> = command
            .iter()
            .map(|word| if *word == "INPUT" { input } else { word })
            .collect();
        ask(&command, &command.join(" "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_pipe_is_refused() {
    let folder = folder();
    let made = Command::new("mkfifo")
        .arg(folder.path().join("pipe"))
        .status();
    assert!(made.expect("mkfifo starts").success());
    refused_everywhere(folder.path(), "pipe", "is a named pipe, not a file", &[]);
}

#[test]
fn a_device_without_end_is_refused() {
    let folder = folder();
    let what = "is a character device, not a file";
    refused_everywhere(folder.path(), "/dev/zero", what, &[]);
    // A link leads to what it names.
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("link")).expect("a link");
    refused_everywhere(folder.path(), "link", what, &[]);
}

#[test]
fn a_folder_is_refused() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("sub")).expect("a folder");
    // Some commands take folders.
    let but = ["fmt", "check", "model", "predict"];
    refused_everywhere(folder.path(), "sub", "is a folder", &but);
    for script in SCRIPTS {
        let script = script.replace("INPUT", "sub");
        std::fs::write(folder.path().join("t.gia"), &script).expect("a script");
        let (status, said) = answer(folder.path(), &["check", "t.gia"]);
        assert!(
            status == Some(2) && said.contains("is a folder"),
            "{script}{said}"
        );
    }
}

#[test]
fn a_file_of_absurd_size_is_refused() {
    let folder = folder();
    let file = std::fs::File::create(folder.path().join("huge")).expect("a file");
    // Sparse, so that it takes no space.
    file.set_len(1_200_000_000_000).expect("a size");
    refused_everywhere(
        folder.path(),
        "huge",
        "has 1,200,000,000,000 bytes, but",
        &[],
    );
}

#[test]
fn a_declaration_of_absurd_size_is_refused() {
    let folder = folder();
    let file = std::fs::File::create(folder.path().join("net.toml")).expect("a file");
    file.set_len(1 << 30).expect("a size");
    let (status, said) = answer(folder.path(), &["predict", "net.pt2", "g.fa"]);
    assert!(
        status == Some(3)
            && said.contains("E0407")
            && said.contains("the limit for a declaration is"),
        "{said}"
    );
}

#[test]
fn gzip_data_that_unpacks_to_memory_without_bound_is_refused() {
    let folder = folder();
    let zeros = "head -c 300000000 /dev/zero | tr '\\0' '\\n' | gzip -9 > bomb";
    let made = Command::new("sh")
        .args(["-c", zeros])
        .current_dir(folder.path())
        .status();
    assert!(made.expect("a shell").success());
    // Read in pieces, and read whole.
    for script in [SCRIPTS[1], SCRIPTS[3]] {
        let script = script.replace("INPUT", "bomb");
        std::fs::write(folder.path().join("t.gia"), &script).expect("a script");
        let (status, said) = answer(folder.path(), &["check", "t.gia"]);
        let what = "unpacks to more than 200 times its size";
        assert!(status == Some(2) && said.contains(what), "{script}{said}");
    }
}
