//! The script of a session: all successful declarations, in order, with their source texts.
//!
//! Invariant: the text that `:save` writes parses to the same declarations in the same order.

use gia_base::source::{SourceId, Sources, Span};
use gia_syntax::tree::{File, Item, ItemKind, Module};

/// The declarations of a session, which `:save` writes as a script.
#[derive(Debug, Clone, Default)]
pub struct SessionScript {
    /// The source texts of the declarations.
    pub sources: Sources,
    declarations: Vec<Declaration>,
}

/// A declaration with its text.
#[derive(Debug, Clone)]
struct Declaration {
    item: Item,
    /// Its text, with the comments before it and at the end of its last line.
    text: Span,
}

impl SessionScript {
    /// The declarations as one file.
    pub fn file(&self) -> File {
        File {
            items: self
                .declarations
                .iter()
                .map(|declaration| declaration.item.clone())
                .collect(),
            lost: Vec::new(),
        }
    }

    /// The same declarations with `sources`, which must extend the present ones.
    pub fn with_sources(&self, sources: Sources) -> SessionScript {
        SessionScript {
            sources,
            declarations: self.declarations.clone(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.declarations.is_empty()
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.declarations
            .iter()
            .map(|declaration| &declaration.item)
    }

    /// Adds declarations. A new declaration replaces one of the same name, at its position or, if `at_end` is set, at the end, where
    /// it may use later names. Returns the names that were replaced.
    pub fn add(&mut self, source: SourceId, file: File, at_end: bool) -> Vec<String> {
        let texts = self.declaration_spans(source, &file.items);
        // Compared with earlier entries only: the checker reports duplicates within one text.
        let earlier: Vec<Option<String>> = self.items().map(unique_key).collect();
        let mut slots: Vec<Option<Declaration>> = self.declarations.drain(..).map(Some).collect();
        let mut replaced = Vec::new();
        for (item, text) in file.items.into_iter().zip(texts) {
            let key = unique_key(&item);
            let position = earlier
                .iter()
                .position(|earlier| key.is_some() && *earlier == key);
            let declaration = Declaration { item, text };
            match position {
                Some(position) => {
                    replaced.extend(declared_name(&declaration.item));
                    match at_end {
                        true => {
                            slots[position] = None;
                            slots.push(Some(declaration));
                        }
                        false => slots[position] = Some(declaration),
                    }
                }
                None => slots.push(Some(declaration)),
            }
        }
        self.declarations = slots.into_iter().flatten().collect();
        replaced
    }

    /// Removes the declaration at this position of a text.
    pub fn remove(&mut self, span: Span) {
        self.declarations
            .retain(|declaration| declaration.item.span != span);
    }

    /// All declarations as a script.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut previous_is_long = false;
        for declaration in &self.declarations {
            let source = self.sources.slice(declaration.text);
            let is_long = source.contains('\n');
            if !text.is_empty() && (previous_is_long || is_long) {
                text.push('\n');
            }
            text.push_str(source);
            text.push('\n');
            previous_is_long = is_long;
        }
        text
    }

    /// The span of each declaration, with its comments.
    fn declaration_spans(&self, source: SourceId, items: &[Item]) -> Vec<Span> {
        let text = &self.sources.get(source).text;
        let mut from = 0;
        let mut spans = Vec::new();
        for item in items {
            let end = (item.span.end as usize).min(text.len());
            let line = text[end..].split('\n').next().unwrap_or_default();
            let end = match line.trim_start().starts_with('#') {
                true => end + line.trim_end().len(),
                false => end,
            };
            let lead = text[from..end].len()
                - text[from..end]
                    .trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\u{feff}')
                    .len();
            spans.push(Span::new(source, from + lead, end));
            from = end;
        }
        spans
    }
}

/// The name that a declaration binds; None for `use` and `show`.
pub fn declared_name(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Let(binding) => Some(binding.name.text.clone()),
        ItemKind::Fn(function) => Some(function.name.text.clone()),
        ItemKind::Experiment { name, .. } => Some(name.text.clone()),
        ItemKind::Set { name, .. } => Some(format!("set {}", name.text)),
        ItemKind::Use(_) | ItemKind::Expect(_) | ItemKind::Show { .. } => None,
    }
}

/// Key of a declaration that may occur only once in a script: its name, or the module that it uses.
fn unique_key(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Use(Module::File { path, .. }) => Some(format!("use \"{path}\"")),
        ItemKind::Use(Module::Library(name)) => Some(format!("use {}", name.text)),
        _ => declared_name(item),
    }
}
