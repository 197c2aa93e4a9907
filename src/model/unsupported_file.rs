//! Identifies files of unsupported kinds, with the lines of Python that convert each to a supported one.
//!
//! Invariant: a file is identified by its first bytes and by names; nothing in it is executed.

use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};

/// How to export a network from a file of an unsupported kind.
pub enum ExportGuide {
    PyTorch,
    /// From a pickle of weights, which only Python can read.
    Pickle,
    Safetensors,
    Keras,
    SavedModel,
}

impl ExportGuide {
    /// The help text; lines of Python are indented by two spaces.
    fn help(&self, name: &str) -> String {
        const EXPORT: &str = "program = torch.export.export(model.eval(), (example,), dynamic_shapes=({0: torch.export.Dim(\"batch\")},))\n  \
            torch.export.save(program, \"model.pt2\")";
        match self {
            ExportGuide::PyTorch => format!("export it with PyTorch:\n  {EXPORT}"),
            ExportGuide::Pickle => format!(
                "if it holds weights only, build the network as `model` in Python, \
                 `model.load_state_dict(torch.load({name:?}))`, and export that with PyTorch:\n  {EXPORT}"
            ),
            ExportGuide::Safetensors => format!(
                "build the network as `model` in Python, \
                 `model.load_state_dict(safetensors.torch.load_file({name:?}))`, and export that with PyTorch:\n  {EXPORT}"
            ),
            ExportGuide::Keras => format!(
                "export it with Keras; if it holds weights only, build the network and call `load_weights` first:\n  \
                 model = keras.saving.load_model({name:?}); model(numpy.zeros((1, *model.input_shape[1:])))\n  \
                 model.export(\"model.onnx\", format=\"onnx\")"
            ),
            ExportGuide::SavedModel => format!(
                "convert it to ONNX with tf2onnx:\n  \
                 import sys, runpy; sys.argv[1:] = [\"--saved-model\", {name:?}, \"--output\", \"model.onnx\", \"--opset\", \"17\"]\n  \
                 runpy.run_module(\"tf2onnx.convert\", run_name=\"__main__\")"
            ),
        }
    }
}

/// Error: a file is of an unsupported kind.
pub fn unsupported(name: &str, kind: &str, with: &ExportGuide) -> Box<Diagnostic> {
    let message = format!("`{name}` is {kind}, not a torch.export archive");
    Box::new(Diagnostic::error(Code::RefusedModelFile, message).help(with.help(name)))
}

/// Error: a file of a supported kind is damaged.
pub fn damaged(name: &str, what: String) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(Code::BadModelFile, format!("`{name}` is damaged: {what}"))
            .help("copy or export the file again"),
    )
}

type Help = fn(&str) -> String;

/// Identifies a file that is not a network by its first bytes or its name; also returns the help text that says how to
/// use it.
fn identify_non_model(magic: &[u8], path: &Path) -> Option<(&'static str, Help)> {
    let fasta: (&str, Help) = ("a FASTA file", |name| {
        format!("`fasta(\"{name}\")` reads sequences")
    });
    let bed: (&str, Help) = ("a BED file", |name| {
        format!(
            "`genome(\"genome.fa\", regions: \"{name}\", width: 1000bp)` reads the sequences of its regions"
        )
    });
    let vcf: (&str, Help) = ("a VCF file", |name| {
        format!("`vcf(\"{name}\", genome: \"genome.fa\", width: 1000bp)` reads its variants")
    });
    let motifs: (&str, Help) = ("a motif file", |name| {
        format!("`meme(\"{name}\", \"NAME\")` reads a motif from it")
    });
    match magic {
        [b'>', ..] => return Some(fasta),
        [b'#', b'#', b'f', b'i', b'l', b'e', ..] => return Some(vcf),
        [b'M', b'E', b'M', b'E', b' ', ..] => return Some(motifs),
        _ => {}
    }
    let name = path.file_name()?.to_str()?.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    Some(match name.rsplit_once('.')?.1 {
        "fa" | "fasta" | "fna" => fasta,
        "bed" | "narrowpeak" | "broadpeak" => bed,
        "vcf" => vcf,
        "meme" | "jaspar" | "pfm" | "transfac" => motifs,
        "2bit" => ("a genome in 2bit format", |name| {
            format!(
                "`genome(\"{name}\", regions: \"regions.bed\", width: 1000bp)` reads sequences from it"
            )
        }),
        "toml" => ("a declaration", |_| {
            "give `load` the model file; it finds the declaration beside it".to_string()
        }),
        "gia" => ("a script", |name| {
            format!("`use \"{name}\"` imports its definitions")
        }),
        "csv" | "tsv" | "txt" => ("a table or a text file", |_| {
            "give `load` a network: a .pt2 or .onnx file".to_string()
        }),
        "py" => ("a Python program", |_| {
            "export the network that it defines with torch.export, as `.pt2`".to_string()
        }),
        _ => return None,
    })
}

/// Error: the name of a model file ends as that of another kind.
pub fn misnamed(name: &str, kind: &str, ending: &str) -> Box<Diagnostic> {
    let message = format!("`{name}` is {kind}, but its name does not end in `{ending}`");
    let diagnostic = Diagnostic::error(Code::RefusedModelFile, message);
    Box::new(diagnostic.help(format!(
        "rename the file to end in `{ending}`; files of other kinds are told apart by their names"
    )))
}

/// Returns an error unless a file starts like a zip archive.
pub fn reject_other_formats(name: &str, magic: &[u8], path: &Path) -> Outcome<()> {
    let (kind, with) = match magic {
        [] => return Err(damaged(name, "it is empty".to_string())),
        [b'P', b'K', ..] => return Ok(()),
        [0x80, 2..=5, ..] => (
            "a Python pickle, which would run code when read",
            ExportGuide::Pickle,
        ),
        // ONNX: the version of its format, then the name of the program that wrote it.
        [0x08, 3..=20, 0x12, ..] => return Err(misnamed(name, "an ONNX file", ".onnx")),
        [0x89, b'H', b'D', b'F', ..] => ("an HDF5 file, such as Keras writes", ExportGuide::Keras),
        [_, _, _, _, _, 0, 0, 0] if path.extension().is_some_and(|e| e == "safetensors") => {
            let kind = "a safetensors file: weights without a network";
            (kind, ExportGuide::Safetensors)
        }
        _ => match identify_non_model(magic, path) {
            Some((kind, help)) => {
                let message = format!("`{name}` is {kind}, not a network");
                let diagnostic = Diagnostic::error(Code::RefusedModelFile, message);
                return Err(Box::new(diagnostic.help(help(name))));
            }
            None => return Err(damaged(name, "it is not a zip archive".to_string())),
        },
    };
    Err(unsupported(name, kind, &with))
}
