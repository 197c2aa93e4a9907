//! Model files of other kinds than are read: what each is, and the lines of Python that make a file of it that is.
//!
//! Invariant: a file is told by its first bytes and the names in it; nothing of it is run.

use std::path::Path;

use gia_base::diag::{Code, Diagnostic, Outcome};

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

/// Why a file of a known kind cannot be read.
pub fn damaged(name: &str, what: String) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(Code::BadModelFile, format!("`{name}` is damaged: {what}"))
            .help("copy or export the file again"),
    )
}

type Help = fn(&str) -> String;

/// What a file that holds no network is, by its first bytes and else by its name, and what reads it.
fn no_network(magic: &[u8], path: &Path) -> Option<(&'static str, Help)> {
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
        format!("`meme(\"{name}\", \"NAME\")` reads a motif of it")
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
                "`genome(\"{name}\", regions: \"regions.bed\", width: 1000bp)` reads sequences of it"
            )
        }),
        "toml" => ("a declaration", |_| {
            "`load` is given the model file; the declaration is found beside it".to_string()
        }),
        "gia" => ("a script", |name| {
            format!("`use \"{name}\"` brings its names")
        }),
        "csv" | "tsv" | "txt" => ("a table or a text", |_| {
            "`load` reads networks: .pt2 and .onnx files".to_string()
        }),
        "py" => ("a Python program", |_| {
            "export the network that it makes with torch.export, as `.pt2`".to_string()
        }),
        _ => return None,
    })
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
        _ => match no_network(magic, path) {
            Some((kind, help)) => {
                let message = format!("`{name}` is {kind}, not a network");
                let diagnostic = Diagnostic::error(Code::RefusedModelFile, message);
                return Err(Box::new(diagnostic.help(help(name))));
            }
            None => return Err(damaged(name, "it is not a zip archive".to_string())),
        },
    };
    Err(refused(name, kind, &with))
}
