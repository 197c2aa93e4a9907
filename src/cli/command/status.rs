//! Outcomes of commands, and their exit statuses.

use std::process::ExitCode;

use gia_base::diag;

/// How a command ended.
///
/// In ascending order of severity: the greater of two statuses is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The command did what was asked, and all claims are supported. Exit status 0.
    Supported,
    /// A claim is refuted or undecided, an effect changed, or a file is not formatted. Exit status 1.
    Unsupported,
    /// The script or the command line is wrong. Exit status 2.
    WrongProgram,
    /// The run failed because of a model, data, device or disk. Exit status 3.
    RunBroke,
    /// The user asked to stop. Exit status 130.
    Interrupted,
}

impl Status {
    /// The status of a run that failed with this diagnostic.
    pub(super) fn of_broken(diagnostic: &diag::Diagnostic) -> Status {
        match diagnostic.code {
            diag::Code::Interrupted => Status::Interrupted,
            diag::Code::Overwrites | diag::Code::NothingToCompare => Status::WrongProgram,
            _ => Status::RunBroke,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Supported => 0,
            Status::Unsupported => 1,
            Status::WrongProgram => 2,
            Status::RunBroke => 3,
            // As shells have it of a program that Ctrl-C has ended.
            Status::Interrupted => 130,
        })
    }
}
