//! How a command ended, and the exit status that says so.

use std::process::ExitCode;

use gia_base::diag;

/// How a command ended.
///
/// In the order of their weight: of two, the later one tells more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Supported,
    Unsupported,
    WrongProgram,
    RunBroke,
    /// The user asked to stop.
    Interrupted,
}

impl Status {
    /// Of a run that ended with this diagnosis.
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
