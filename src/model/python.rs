//! Networks that run in Python, where they are: a declaration with `kind = "python"` names what to import.

use std::path::Path;

use serde::Deserialize;

use super::declaration_file::DeclarationFile;
use gia_base::diag::{Code, Diagnostic, Outcome};

/// The kinds of networks that a declaration names by more than their file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// Code that Python imports.
    Python,
}

/// Whether a model is a declaration by itself, of a network in Python.
pub fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "toml")
}

/// Checks that a model is declared as a network in Python if, and only if, the declaration itself is the model.
///
/// # Errors
/// If a `.toml` that is named as a model does not declare a network in Python, or if one beside a model file does.
pub(super) fn check_entry(path: &Path, form: &DeclarationFile) -> Outcome<()> {
    let shown = path.display();
    let wrong = |message: String| Diagnostic::error(Code::BadDeclaration, message);
    let entry = match (is_python(path), form.kind, &form.entry) {
        (false, None, None) => return Ok(()),
        (false, ..) => {
            let toml = DeclarationFile::path_beside(path);
            let message = format!(
                "`{}` declares a network in Python, and `{shown}` is a model file",
                toml.display()
            );
            return Err(Box::new(wrong(message).help(format!(
                "name the declaration itself to run the network in Python, `{}`, or remove `kind` and `entry` from it",
                toml.display()
            ))));
        }
        (true, Some(NetworkKind::Python), Some(entry)) => entry,
        (true, Some(NetworkKind::Python), None) => {
            return Err(Box::new(
                wrong(format!(
                    "`{shown}` does not say what Python imports: `entry` is missing"
                ))
                .help("add `entry = \"package.module:function\"`"),
            ));
        }
        (true, None, _) => {
            return Err(Box::new(
                wrong(format!("`{shown}` is a declaration, not a model file")).help(
                    "name the model file beside it; for a network in Python, add `kind = \"python\"` and `entry = \"package.module:function\"`",
                ),
            ));
        }
    };
    match is_entry(entry) {
        true => Ok(()),
        false => Err(Box::new(
            wrong(format!("`entry` of `{shown}` is \"{entry}\""))
                .help("write what Python imports, as \"package.module:function\""),
        )),
    }
}

/// Whether a text is `package.module:attribute`, or the name of a live object.
fn is_entry(text: &str) -> bool {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        letters
            .next()
            .is_some_and(|first| first.is_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
    };
    let is_path = |path: &str| path.split('.').all(is_name);
    match text.split_once(':') {
        Some((module, attribute)) => is_path(module) && is_path(attribute),
        None => is_name(text),
    }
}

#[cfg(test)]
mod tests {
    use super::is_entry;

    #[test]
    fn entries_are_names_of_python() {
        for entry in ["nets:net", "a.b_1:Class.build", "_x:y", "live_net"] {
            assert!(is_entry(entry), "{entry}");
        }
        for entry in [
            "", ":", "a:", ":b", "a b:c", "a:b()", "a-b:c", "a..b:c", "1a:b", "a:b:c", "a.b",
        ] {
            assert!(!is_entry(entry), "{entry}");
        }
    }
}
