//! Files beside an ONNX file that hold the bytes of its tensors.
//!
//! Invariant: such a file is in the model's own folder or below it, links resolved. Where the model itself is a link, as in a
//! download cache that keeps contents apart from names, the folder of its target counts as its own too.

use std::path::{Component, Path, PathBuf};

use super::proto::Tensor;
use crate::refused::damaged;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::file::unreadable;

/// Where a tensor's bytes lie in another file.
const EXTERNAL: i32 = 1;

/// Bytes of a file beside the model.
pub struct External {
    pub path: PathBuf,
    pub location: String,
    pub offset: u64,
    /// To the end of the file where it is not stated.
    pub length: Option<u64>,
}

pub fn is_external(tensor: &Tensor) -> bool {
    tensor.data_location == EXTERNAL
}

impl External {
    /// Where a tensor of the file `model` lies.
    ///
    /// # Errors
    /// Where the file is outside the model's folder, is not there, or ends before the tensor does.
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
                .map_err(|_| wrong(format!("has a {key} that is no number"))),
            None => Ok(None),
        };
        let location = entry("location").ok_or_else(|| wrong("lies nowhere".to_string()))?;
        let external = External {
            path: resolve(location, record, model)?,
            location: location.to_string(),
            offset: number("offset")?.unwrap_or(0),
            length: number("length")?,
        };
        let there = std::fs::metadata(&external.path);
        let there = there.map_err(|error| unreadable(&external.path, &error))?;
        if !there.is_file() {
            return Err(wrong(format!(
                "lies in `{location}`, which is no regular file"
            )));
        }
        let needed = external.offset.checked_add(external.length.unwrap_or(0));
        match needed.is_some_and(|needed| needed <= there.len()) {
            true => Ok(external),
            false => Err(wrong(format!("lies beyond the end of `{location}`"))),
        }
    }
}

/// The file at a location that a model names, with links resolved.
fn resolve(location: &str, record: &str, model: &Path) -> Outcome<PathBuf> {
    let outside = |why: &str| {
        let message = format!(
            "`{}` wants its tensor `{record}` from `{location}`, which {why}",
            model.display()
        );
        let help = "put the file beside the model, not a link to another folder";
        Box::new(Diagnostic::error(Code::BadModelFile, message).help(help))
    };
    let relative = Path::new(location);
    let below = relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !below || location.is_empty() {
        return Err(outside("is not below its own folder"));
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
        false => Err(outside("is a link out of its own folder")),
    }
}

/// Whether a file is read as ONNX: files of that kind have no mark of their own, so their name decides.
pub fn is_onnx(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "onnx")
        && path.is_file()
}
