//! Identity of a model: the hash of its file, checked against its declaration.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file;
use gia_plan::{Model, ModelSource};

/// The SHA-256 of the file of a network, or the identity hash of an analytic model or an attribution. Of a network in Python, this is the hash of its
/// declaration; what the declaration states of the network is checked when it is loaded.
///
/// # Errors
/// [`Code::WrongHash`] if the declaration states another hash; also if the file cannot be read.
pub fn model_hash(model: &Model) -> Outcome<String> {
    let (path, written) = match &model.source {
        ModelSource::File { path, written } => (path, written),
        ModelSource::Truth(truth) => return Ok(truth.identity()),
        // The networks that it reads have their own.
        ModelSource::Attribution(attribution) => {
            let text = format!("{} {:?}", attribution.method.describe(), attribution.query);
            return Ok(file::sha256_of_bytes(text.as_bytes()));
        }
    };
    let found = file::sha256_of(path)?;
    if model.declaration.entry.is_some() {
        return Ok(found);
    }
    match &model.declaration.sha256 {
        Some(declared) if *declared != found => Err(Box::new(
            Diagnostic::error(
                Code::WrongHash,
                format!("`{}` is not the file that its declaration describes", written),
            )
            .help(format!(
                "the declaration states sha256 {declared}, and the file has {found}; restore the file, or update the declaration if it was replaced on purpose"
            )),
        )),
        _ => Ok(found),
    }
}
