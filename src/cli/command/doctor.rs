//! `gia doctor`: what there is on this machine to run networks with, and whether it works.

use clap::Args;

use super::print::{print_diagnostics, print_out};
use super::{Execute, Status};
use gia_base::diag::{Diagnostic, Outcome};
use gia_engine::installed::{Libtorch, Programs, WorkerProgram};
use gia_engine::{DeviceChoice, Options, Worker};

#[derive(Args)]
pub struct Arguments {
    /// Device to try: auto, cpu or cuda:N.
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: DeviceChoice,
}

impl Execute for Arguments {
    fn execute(&self) -> Status {
        let programs = Programs::look();
        let all: Vec<Libtorch> = programs.libtorch().collect();
        let chosen = programs.choose(all.iter().cloned());
        print_out(&format!(
            "gia {}\n  {}\n",
            env!("CARGO_PKG_VERSION"),
            programs.own.display()
        ));
        print_out(&workers(&programs));
        let used = chosen.as_ref().ok().and_then(|one| one.libtorch.as_ref());
        print_out(&libtorch(&programs, &all, used));
        match chosen.and_then(|program| self.start(&program)) {
            Ok(started) => {
                print_out(&started);
                Status::Success
            }
            Err(diagnostic) => {
                if let Some(newer) = programs.newer_python(&all) {
                    print_out(&format!(
                        "\nnetworks: run in Python by torch {}, which no worker serves; model files must be .pt2\n",
                        newer.version
                    ));
                    return Status::Success;
                }
                print_out("\nnetworks: cannot be run\n");
                print_diagnostics(&[*diagnostic]);
                Status::RunFailed
            }
        }
    }
}

impl Arguments {
    /// Starts a worker, and tells what it runs on.
    fn start(&self, program: &WorkerProgram) -> Outcome<String> {
        let options = Options {
            device: self.device,
            ..Options::default()
        };
        let threads = options.threads();
        let worker = Worker::start(options).map_err(|diagnostic| explained(diagnostic, program))?;
        let libtorch = match &worker.libtorch {
            Some(version) => format!("torch {version}"),
            None => "a worker of another kind".to_string(),
        };
        let device = &worker.device;
        Ok(format!(
            "\nnetworks: run by {libtorch} on {device}, {threads} threads\n"
        ))
    }
}

/// The error of a worker that does not start, with what it was started with.
fn explained(mut diagnostic: Box<Diagnostic>, program: &WorkerProgram) -> Box<Diagnostic> {
    if let Some(libtorch) = &program.libtorch {
        let tried = format!("`{}` was started with {libtorch}", program.path.display());
        diagnostic.help = Some(match diagnostic.help.take() {
            Some(help) => format!("{tried}; {help}"),
            None => tried,
        });
    }
    diagnostic
}

fn workers(programs: &Programs) -> String {
    let mut lines = vec!["\nworkers".to_string()];
    if let Some(named) = &programs.named {
        lines.push(format!(
            "  {}  (named by GIA_WORKER, so no other is used)",
            named.display()
        ));
    }
    if let Some(built) = &programs.built {
        lines.push(format!("  {}  (built here)", built.display()));
    }
    for worker in &programs.installed {
        let served = worker.served;
        let path = worker.path.display();
        lines.push(match served.oldest == served.newest {
            true => format!("  {path}  (torch {})", served.oldest),
            false => format!("  {path}  (torch {} to {})", served.oldest, served.newest),
        });
    }
    if lines.len() == 1 {
        lines.push("  none".to_string());
    }
    lines.join("\n") + "\n"
}

fn libtorch(programs: &Programs, all: &[Libtorch], used: Option<&Libtorch>) -> String {
    let mut lines = vec!["\nPyTorch, in the order in which it is considered".to_string()];
    let built_without = programs.built.is_some() && programs.named.is_none();
    if built_without {
        lines.push("  that of the build, unless GIA_LIBTORCH names another".to_string());
    }
    let line = |libtorch: &Libtorch| {
        let mark = match Some(libtorch) == used {
            true => "used",
            false
                if libtorch
                    .version
                    .is_some_and(|version| programs.serves(version)) =>
            {
                "fits"
            }
            false => "not served",
        };
        format!("  {libtorch}, {}: {mark}", libtorch.place)
    };
    lines.extend(all.iter().map(line));
    if lines.len() == 1 {
        lines.push("  none".to_string());
    }
    lines.join("\n") + "\n"
}
