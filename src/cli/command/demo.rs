//! `gia demo [DIR]`: writes the demonstration and runs it.

use std::path::{Path, PathBuf};

use clap::{Args, Parser};

use super::print::{eprint_line, print_diagnostics};
use super::{Cli, Execute, Status, study};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_report::OutputFile;

/// The script of the demonstration.
const SCRIPT: &str = "ctcf_pu1.gia";
/// Its files, by name: those of `experiments/ctcf_pu1`.
const FILES: [(&str, &[u8]); 7] = [
    (SCRIPT, include_bytes!("../demo/ctcf_pu1.gia")),
    ("ctcf_pu1.pt2", include_bytes!("../demo/ctcf_pu1.pt2")),
    ("ctcf_pu1.toml", include_bytes!("../demo/ctcf_pu1.toml")),
    ("gm12878_ctcf.fa", include_bytes!("../demo/gm12878_ctcf.fa")),
    (
        "gm12878_ctcf.LICENSE",
        include_bytes!("../demo/gm12878_ctcf.LICENSE"),
    ),
    ("train.py", include_bytes!("../demo/train.py")),
    ("README.md", include_bytes!("../demo/README.md")),
];

#[derive(Args)]
pub struct Arguments {
    /// Folder to write to.
    #[arg(value_name = "DIR", default_value = "gia-demo")]
    folder: PathBuf,
    /// Write the files only.
    #[arg(long)]
    no_run: bool,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        if let Err(diagnostic) = write(&self.folder) {
            print_diagnostics(&[*diagnostic]);
            return Status::RunFailed;
        }
        let script = self.folder.join(SCRIPT);
        let shown = study::shell_quoted(&script.display().to_string());
        if self.no_run {
            eprint_line(&format!("run it with `gia run {shown}`"));
            return Status::Success;
        }
        eprint_line(&format!("gia run {shown}\n"));
        // The network comes with the program, so it may run in Python where PyTorch is newer than the workers.
        let words = [
            "gia".into(),
            "run".into(),
            "--allow-python".into(),
            script.into_os_string(),
        ];
        match Cli::try_parse_from(words) {
            Ok(cli) => cli.command.arguments().execute(),
            Err(error) => {
                eprint_line(&error.to_string());
                Status::InvalidProgram
            }
        }
    }
}

/// Writes the files. One that is there already stays as it is if it is the same.
///
/// # Errors
/// If a file is there that holds something else, before anything is written; or if one cannot be written.
fn write(folder: &Path) -> Outcome<()> {
    let is_there = |name: &str, bytes: &[u8]| match std::fs::read(folder.join(name)) {
        Ok(found) if found == bytes => Ok(true),
        Ok(_) => Err(changed(&folder.join(name))),
        Err(_) => Ok(false),
    };
    let mut missing = Vec::new();
    for (name, bytes) in FILES {
        if !is_there(name, bytes)? {
            missing.push((name, bytes));
        }
    }
    gia_engine::make_folder(folder)?;
    for (name, bytes) in missing {
        OutputFile::open(folder.join(name))?.commit(bytes)?;
    }
    Ok(())
}

/// Error: a file of the demonstration was changed, and is not overwritten.
fn changed(path: &Path) -> Box<Diagnostic> {
    let message = format!(
        "`{}` is there and differs from the file of the demo",
        path.display()
    );
    let help = "name another folder: `gia demo DIR`, or run the script in this one with `gia run`";
    Box::new(Diagnostic::error(Code::OutputConflict, message).help(help))
}
