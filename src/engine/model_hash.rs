//! Identity of a model: the hash of its file, checked against its declaration.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;
use gia_plan::{Model, ModelSource};

/// The SHA-256 of a network's file, or the identity of a model that is a formula.
///
/// # Errors
/// [`Code::WrongHash`] where the declaration states another hash, and where the file cannot be read.
pub(super) fn check_hash(model: &Model) -> Outcome<String> {
    let (path, written) = match &model.source {
        ModelSource::File { path, written } => (path, written),
        ModelSource::Truth(truth) => return Ok(truth.identity()),
    };
    let found = file::sha256_of(path)?;
    match &model.declaration.sha256 {
        Some(declared) if *declared != found => Err(Box::new(
            Diagnostic::error(
                Code::WrongHash,
                format!("`{}` is not the file that its declaration describes", written),
            )
            .help(format!(
                "declared is sha256 {declared}, the file has {found}; restore the file, or mend the declaration if it was replaced on purpose"
            )),
        )),
        _ => Ok(found),
    }
}
