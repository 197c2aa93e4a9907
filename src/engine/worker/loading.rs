//! Loads networks into a worker, and checks them against their declarations.

use std::path::Path;

use super::process::RequestError;
use super::{LoadedNetwork, Opened, Runtime, Worker};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Declaration;
use gia_wire::Open;

impl Worker {
    /// Loads a network and returns its number in later requests.
    pub fn open(&mut self, path: &Path, declaration: &Declaration) -> Outcome<usize> {
        self.open_in_batches(path, declaration, None)
    }

    /// Loads a network and returns its number. The batch size is that of the options, else `batch`, else chosen by the worker.
    pub fn open_in_batches(
        &mut self,
        path: &Path,
        declaration: &Declaration,
        batch: Option<u32>,
    ) -> Outcome<usize> {
        let model = self.opened.len();
        let mut open = self.opening(model, path, declaration);
        open.batch = open.batch.or(batch);
        let runtime = Runtime::of(declaration);
        let loaded = self
            .process(runtime)?
            .open(&open)
            .map_err(RequestError::into_diagnostic)?;
        check_outputs(path, declaration, &loaded)?;
        check_identity(path, declaration, &loaded)?;
        self.opened.push(Opened {
            open,
            runtime,
            batch: loaded.batch,
            flanks: declaration.flanks.clone(),
            identity: loaded.identity,
        });
        Ok(model)
    }

    /// Loads a network and returns what the worker says of it. The declared outputs are not checked.
    pub fn inspect(&mut self, path: &Path, declaration: &Declaration) -> Outcome<LoadedNetwork> {
        let open = self.opening(self.opened.len(), path, declaration);
        let process = self.process(Runtime::of(declaration))?;
        process.open(&open).map_err(RequestError::into_diagnostic)
    }

    fn opening(&self, model: usize, path: &Path, declaration: &Declaration) -> Open {
        Open {
            model: model as u32,
            path: path.display().to_string(),
            entry: declaration.entry.clone(),
            channels: declaration.channels(),
            length: declaration.input_length() as u64,
            layout: declaration.layout,
            unknown: declaration.unknown,
            inputs: declaration.inputs.clone(),
            before: declaration
                .outputs
                .iter()
                .map(|output| output.before)
                .collect(),
            batch: self.options.batch.map(|n| n as u32),
        }
    }
}

/// Checks the number of outputs against the declaration.
fn check_outputs(path: &Path, declaration: &Declaration, loaded: &LoadedNetwork) -> Outcome<()> {
    let sizes = loaded
        .shapes
        .iter()
        .map(|shape| shape.iter().product::<usize>());
    let (columns, stated) = (sizes.sum::<usize>(), declaration.columns());
    if columns == stated {
        return Ok(());
    }
    Err(Box::new(Diagnostic::error(
        Code::DeclarationMismatch,
        format!(
            "`{}` gives {columns} numbers for a sequence, but its declaration states {stated}",
            path.display()
        ),
    )))
}

/// Checks the identity of a network in Python, and the shapes of its outputs, against the declaration. The shapes of model files are
/// those of their graph.
fn check_identity(path: &Path, declaration: &Declaration, loaded: &LoadedNetwork) -> Outcome<()> {
    let Some(identity) = &loaded.identity else {
        return Ok(());
    };
    let stated = declaration.outputs.iter().map(|output| &output.shape);
    if !stated.eq(&loaded.shapes) {
        let stated: Vec<_> = declaration.outputs.iter().map(|o| &o.shape).collect();
        let message = format!(
            "`{}` returns outputs of shapes {:?} after the batch, but its declaration states {stated:?}",
            path.display(),
            loaded.shapes
        );
        return Err(Box::new(Diagnostic::error(
            Code::DeclarationMismatch,
            message,
        )));
    }
    match &declaration.sha256 {
        Some(declared) if *declared != identity.sha256 => {
            let message = format!(
                "`{}` is not the network that its declaration describes",
                path.display()
            );
            let help = format!(
                "the declaration states sha256 {declared}, and the weights and code have {}; restore them, or update the declaration if they were changed on purpose",
                identity.sha256
            );
            Err(Box::new(
                Diagnostic::error(Code::WrongHash, message).help(help),
            ))
        }
        _ => Ok(()),
    }
}

/// The error for a network that is another one each time it is loaded.
pub(crate) fn changes_when_loaded(path: &str) -> Box<Diagnostic> {
    let message = format!("`{path}` was loaded twice, and its weights differed");
    Box::new(Diagnostic::error(Code::NotRepeatable, message).help(
        "its code sets weights at random: load trained weights, or call `torch.manual_seed` first",
    ))
}
