//! A TorchScript network, which libtorch runs as an opaque module.

use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};
use tch::{CModule, Device, IValue, TchError, Tensor};

use super::errors::failed;

/// A TorchScript module in inference mode.
pub struct Script {
    module: CModule,
}

impl Script {
    pub fn load(path: &Path, device: Device) -> Outcome<Script> {
        let loaded = || -> Result<CModule, TchError> {
            let mut module = CModule::load_on_device(path, device)?;
            module.f_set_eval()?;
            Ok(module)
        };
        let module = loaded().map_err(|error| {
            let at = failed("loading", &error);
            let message = format!("`{}` cannot be loaded: {}", path.display(), at.message);
            Diagnostic::error(Code::BadModelFile, message)
        })?;
        Ok(Script { module })
    }

    /// Runs the module on one batch and returns its outputs.
    pub fn run(&self, inputs: Vec<Tensor>) -> Outcome<Vec<Tensor>> {
        let inputs: Vec<IValue> = inputs.into_iter().map(IValue::Tensor).collect();
        let output = self
            .module
            .forward_is(&inputs)
            .map_err(|error| failed("the TorchScript network", &error))?;
        let mut outputs = Vec::new();
        match gather(output, &mut outputs) {
            true => Ok(outputs),
            false => Err(Box::new(Diagnostic::error(
                Code::ModelFailed,
                "the TorchScript network returns something other than tensors",
            ))),
        }
    }
}

/// Collects the tensors of a module's output, in order; false if it contains anything else.
fn gather(output: IValue, outputs: &mut Vec<Tensor>) -> bool {
    match output {
        IValue::Tensor(tensor) => outputs.push(tensor),
        IValue::TensorList(tensors) => outputs.extend(tensors),
        IValue::Tuple(parts) | IValue::GenericList(parts) => {
            return parts.into_iter().all(|part| gather(part, outputs));
        }
        _ => return false,
    }
    true
}
