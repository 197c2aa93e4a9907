//! `use`: the names of another file, or of a module of the standard library.
//!
//! Invariant: a file is read once, however often it is used, and files that use each other in a circle are refused.

use std::path::Path;
use std::rc::Rc;

use super::program::Role;
use super::scope::Scope;
use super::value::Value;
use super::{Checker, EvalResult, library};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_design::Settings;
use gia_syntax::tree;

impl Checker<'_> {
    pub(super) fn use_module(
        &mut self,
        module: &tree::Module,
        scope: &Rc<Scope>,
    ) -> EvalResult<()> {
        let (identity, id, span) = match module {
            tree::Module::Library(name) => {
                let Some(text) = library::module(&name.text) else {
                    let diagnostic = Diagnostic::error(
                        Code::UnknownModule,
                        format!("the standard library has no module `{}`", name.text),
                    )
                    .at(name.span, "unknown module");
                    self.names_missing = true;
                    return self.fail(match closest(&name.text, library::module_names()) {
                        Some(close) => diagnostic.did_you_mean(close),
                        None => diagnostic.help(format!(
                            "a file is used by its path: `use \"{}.gia\"`",
                            name.text
                        )),
                    });
                };
                let shown = format!("<stdlib/{}.gia>", name.text);
                let known = self.modules.contains_key(&shown);
                let id = (!known).then(|| self.sources.add(shown.clone(), Path::new(""), text));
                (shown, id, name.span)
            }
            tree::Module::File { path, span } => {
                let folder = self.sources.get(span.source).folder.clone();
                let full = folder.join(path);
                let text = match gia_base::file::read_text(&full) {
                    Ok(text) => text,
                    Err(diagnostic) => {
                        self.names_missing = true;
                        return self.fail(diagnostic.at(*span, "used here"));
                    }
                };
                let identity = full
                    .canonicalize()
                    .unwrap_or(full.clone())
                    .display()
                    .to_string();
                if self.reading.contains(&identity) {
                    self.names_missing = true;
                    return self.fail(
                        Diagnostic::error(
                            Code::UseCycle,
                            format!(
                                "`{path}` is being read already: files use each other in a circle"
                            ),
                        )
                        .at(*span, "this closes the circle"),
                    );
                }
                let known = self.modules.contains_key(&identity);
                let parent = full.parent().map(Path::to_path_buf).unwrap_or_default();
                let id =
                    (!known).then(|| self.sources.add(full.display().to_string(), &parent, &text));
                (identity, id, *span)
            }
        };
        if let Some(id) = id {
            let inner = self.file_scope();
            self.reading.push(identity.clone());
            self.read_items(
                id,
                Role::Module,
                &inner,
                &mut Settings::default(),
                &mut Vec::new(),
            );
            self.reading.pop();
            self.modules.insert(identity.clone(), inner);
        }
        if let Some(names) = self.modules.get(&identity).cloned() {
            let scope = match module {
                tree::Module::Library(name) => {
                    let around = scope.parent().unwrap_or(scope);
                    around.bind(&name.text, Value::Module(names.clone()), None);
                    around
                }
                tree::Module::File { .. } => scope,
            };
            for (name, binding) in names.own_bindings() {
                // The same declaration may come by several ways.
                let known = scope
                    .get_here(&name)
                    .filter(|known| known.span != binding.span);
                if let Some(known) = known {
                    let mut diagnostic = Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{name}` is declared here and in the module"),
                    )
                    .at(span, "brings a name that is taken");
                    if let Some(first) = known.span {
                        diagnostic = diagnostic.at(first, "declared here");
                    }
                    self.sink.push(diagnostic);
                }
                scope.bind_documented(&name, binding.value, binding.span, binding.doc);
            }
        }
        Ok(())
    }
}
