//! Model files of other kinds than are read: what each is, and the lines of Python that make a file of it that is.
//!
//! Invariant: a file is told by its first bytes and the names in it; nothing of it is run.

use std::path::Path;

use super::archive::damaged;
use crate::diag::{Code, Diagnostic, Outcome};

/// What exports a network that a file of another kind holds.
pub enum With {
    PyTorch,
    /// PyTorch, from weights that Python alone may read.
    Pickle,
    Safetensors,
    Keras,
    SavedModel,
}

impl With {
    /// Python's lines stand two spaces in.
    fn help(&self, name: &str) -> String {
        const EXPORT: &str = "program = torch.export.export(model.eval(), (example,), dynamic_shapes=({0: torch.export.Dim(\"batch\")},))\n  \
            torch.export.save(program, \"model.pt2\")";
        match self {
            With::PyTorch => format!("export it with PyTorch:\n  {EXPORT}"),
            With::Pickle => format!(
                "where it holds weights, build their network as `model` in Python, \
                 `model.load_state_dict(torch.load({name:?}))`, and export that with PyTorch:\n  {EXPORT}"
            ),
            With::Safetensors => format!(
                "build their network as `model` in Python, \
                 `model.load_state_dict(safetensors.torch.load_file({name:?}))`, and export that with PyTorch:\n  {EXPORT}"
            ),
            With::Keras => format!(
                "export it with Keras; where it holds weights alone, build their network and `load_weights` first:\n  \
                 model = keras.saving.load_model({name:?}); model(numpy.zeros((1, *model.input_shape[1:])))\n  \
                 model.export(\"model.onnx\", format=\"onnx\")"
            ),
            With::SavedModel => format!(
                "make ONNX of it with tf2onnx:\n  \
                 import sys, runpy; sys.argv[1:] = [\"--saved-model\", {name:?}, \"--output\", \"model.onnx\", \"--opset\", \"17\"]\n  \
                 runpy.run_module(\"tf2onnx.convert\", run_name=\"__main__\")"
            ),
        }
    }
}

/// Why a file that is none of the kinds that are read is refused.
pub fn refused(name: &str, kind: &str, with: &With) -> Box<Diagnostic> {
    let message = format!("`{name}` is {kind}, not a torch.export archive");
    Box::new(Diagnostic::error(Code::RefusedModelFile, message).help(with.help(name)))
}

/// Refuses a file that is no zip archive, by its first bytes.
pub fn refuse_other_kinds(name: &str, magic: &[u8], path: &Path) -> Outcome<()> {
    let (kind, with) = match magic {
        [] => return Err(damaged(name, "it is empty".to_string())),
        [b'P', b'K', ..] => return Ok(()),
        [0x80, 2..=5, ..] => (
            "a Python pickle, which would run code when read",
            With::Pickle,
        ),
        [0x89, b'H', b'D', b'F', ..] => ("an HDF5 file, such as Keras writes", With::Keras),
        [_, _, _, _, _, 0, 0, 0] if path.extension().is_some_and(|e| e == "safetensors") => {
            let kind = "a safetensors file: weights without a network";
            (kind, With::Safetensors)
        }
        _ => return Err(damaged(name, "it is not a zip archive".to_string())),
    };
    Err(refused(name, kind, &with))
}
