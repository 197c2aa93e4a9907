//! Exit statuses.

use std::process::ExitCode;

use gia_base::diag;

/// How a command ended.
///
/// In ascending order of severity: the greater of two statuses is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The command succeeded, and all claims are supported. Exit status 0.
    Success,
    /// A claim is refuted or undecided, an effect changed, or a file is not formatted. Exit status 1.
    Failure,
    /// The script or the command line is wrong. Exit status 2.
    InvalidProgram,
    /// The run failed because of a model, a data file, a device or a disk. Exit status 3.
    RunFailed,
    /// Ctrl-C or another signal stopped the run. Exit status 130.
    Interrupted,
}

impl Status {
    /// The status of a command that failed with this error.
    pub(super) fn of_error(diagnostic: &diag::Diagnostic) -> Status {
        match diagnostic.code {
            diag::Code::Interrupted => Status::Interrupted,
            diag::Code::OutputConflict
            | diag::Code::NothingToCompare
            | diag::Code::NoValues
            | diag::Code::AlreadyRegistered => Status::InvalidProgram,
            _ => Status::RunFailed,
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> ExitCode {
        ExitCode::from(match status {
            Status::Success => 0,
            Status::Failure => 1,
            Status::InvalidProgram => 2,
            Status::RunFailed => 3,
            // As shells report a process that SIGINT ended.
            Status::Interrupted => 130,
        })
    }
}
