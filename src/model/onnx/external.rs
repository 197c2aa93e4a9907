//! Locates the files beside an ONNX file that hold the bytes of its tensors.
//!
//! Invariant: such a file is in the model's own folder or below it, with links resolved. If the model itself is a link,
//! as in a download cache that stores contents apart from names, the folder of its target counts as well.

use std::path::{Component, Path, PathBuf};

use super::proto::Tensor;
use crate::unsupported_file::damaged;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::unreadable;

/// Value of `data_location` for a tensor whose bytes are in another file (`onnx.TensorProto.DataLocation`).
const DATA_LOCATION_EXTERNAL: i32 = 1;

/// The bytes of a tensor in a file beside the model.
pub struct External {
    pub path: PathBuf,
    pub location: String,
    pub offset: u64,
    /// Number of bytes; none means up to the end of the file.
    pub length: Option<u64>,
}

pub fn is_stored_externally(tensor: &Tensor) -> bool {
    tensor.data_location == DATA_LOCATION_EXTERNAL
}

impl External {
    /// Locates a tensor of the file `model`.
    ///
    /// # Errors
    /// If the external file is outside the model's folder, does not exist, or ends before the tensor does.
    pub fn of(tensor: &Tensor, record: &str, model: &Path) -> Outcome<External> {
        let name = model.display().to_string();
        let wrong = |what: String| damaged(&name, format!("its tensor `{record}` {what}"));
        let entry = |key: &str| {
            let found = tensor.external_data.iter().find(|entry| entry.key == key);
            found.map(|entry| entry.value.as_str())
        };
        let number = |key: &str| match entry(key) {
            Some(text) => text
                .parse::<u64>()
                .map(Some)
                .map_err(|_| wrong(format!("has a {key} that is not a number"))),
            None => Ok(None),
        };
        let location = entry("location").ok_or_else(|| wrong("has no location".to_string()))?;
        let external = External {
            path: resolve(location, record, model)?,
            location: location.to_string(),
            offset: number("offset")?.unwrap_or(0),
            length: number("length")?,
        };
        let there = std::fs::metadata(&external.path);
        let there = there.map_err(|error| {
            let cause = unreadable(&external.path, &error);
            match error.kind() {
                std::io::ErrorKind::NotFound => Box::new(cause.help(format!(
                    "`{name}` keeps its weights in `{location}`: copy this file into the same folder, or export the network with `external_data=False`"
                ))),
                _ => cause,
            }
        })?;
        if !there.is_file() {
            return Err(wrong(format!(
                "is stored in `{location}`, which is not a regular file"
            )));
        }
        let needed = external.offset.checked_add(external.length.unwrap_or(0));
        match needed.is_some_and(|needed| needed <= there.len()) {
            true => Ok(external),
            false => Err(wrong(format!("ends beyond the end of `{location}`"))),
        }
    }
}

/// The file at a location that a model states, with links resolved.
fn resolve(location: &str, record: &str, model: &Path) -> Outcome<PathBuf> {
    let outside = |why: &str| {
        let message = format!(
            "`{}` stores its tensor `{record}` in `{location}`, which {why}",
            model.display()
        );
        let help = "put the file itself beside the model, not a link to another folder";
        Box::new(Diagnostic::error(Code::BadModelFile, message).help(help))
    };
    let relative = Path::new(location);
    let below = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !below || location.is_empty() {
        return Err(outside("is outside the model's folder"));
    }
    let folder = match model.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let path = folder.join(relative);
    let real = path
        .canonicalize()
        .map_err(|error| unreadable(&path, &error))?;
    let target = model.canonicalize().ok();
    let own = [
        folder.canonicalize().ok(),
        target.and_then(|target| target.parent().map(Path::to_path_buf)),
    ];
    match own.iter().flatten().any(|own| real.starts_with(own)) {
        true => Ok(real),
        false => Err(outside("is a link out of the model's folder")),
    }
}

/// Whether a file is read as ONNX. The format has no magic number, so the name decides.
pub fn is_onnx(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "onnx")
        && path.is_file()
}
