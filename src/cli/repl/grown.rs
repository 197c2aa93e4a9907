//! The script of a session: the declarations that worked, in order, with their source texts.
//!
//! Invariant: the text that `:save` writes parses to the same declarations in the same order.

use gia_base::source::{SourceId, Sources, Span};
use gia_syntax::tree::{File, Item, ItemKind, Module};

/// The declarations of a session.
#[derive(Debug, Clone, Default)]
pub struct Grown {
    /// The source texts of the declarations.
    pub sources: Sources,
    kept: Vec<Kept>,
}

#[derive(Debug, Clone)]
struct Kept {
    item: Item,
    /// The text, with the comments before it and on its last line.
    text: Span,
}

impl Grown {
    /// The declarations as one file.
    pub fn file(&self) -> File {
        File {
            items: self.kept.iter().map(|kept| kept.item.clone()).collect(),
            lost: Vec::new(),
        }
    }

    /// The same declarations, among sources that extend their own.
    pub fn among(&self, sources: Sources) -> Grown {
        Grown {
            sources,
            kept: self.kept.clone(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.kept.iter().map(|kept| &kept.item)
    }

    /// Adds declarations. One of the same name is replaced: the new one takes its position or, with `behind`, the end, where it
    /// may use later names. Returns the names that were declared before.
    pub fn take_in(&mut self, source: SourceId, file: File, behind: bool) -> Vec<String> {
        let texts = self.texts(source, &file.items);
        // Within one text a name is declared once, and twice is the checker's to tell.
        let older: Vec<Option<String>> = self.items().map(key).collect();
        let mut slots: Vec<Option<Kept>> = self.kept.drain(..).map(Some).collect();
        let mut replaced = Vec::new();
        for (item, text) in file.items.into_iter().zip(texts) {
            let key = key(&item);
            let place = older
                .iter()
                .position(|older| key.is_some() && *older == key);
            let kept = Kept { item, text };
            match place {
                Some(place) => {
                    replaced.extend(declared(&kept.item));
                    match behind {
                        true => {
                            slots[place] = None;
                            slots.push(Some(kept));
                        }
                        false => slots[place] = Some(kept),
                    }
                }
                None => slots.push(Some(kept)),
            }
        }
        self.kept = slots.into_iter().flatten().collect();
        replaced
    }

    /// Removes the declaration at this position of a text.
    pub fn leave_out(&mut self, span: Span) {
        self.kept.retain(|kept| kept.item.span != span);
    }

    /// All declarations as a script.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut long = false;
        for kept in &self.kept {
            let piece = self.sources.slice(kept.text);
            let is_long = piece.contains('\n');
            if !text.is_empty() && (long || is_long) {
                text.push('\n');
            }
            text.push_str(piece);
            text.push('\n');
            long = is_long;
        }
        text
    }

    /// The range of a text that belongs to each of its declarations.
    fn texts(&self, source: SourceId, items: &[Item]) -> Vec<Span> {
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

/// The name that a declaration binds.
pub fn declared(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Let(binding) => Some(binding.name.text.clone()),
        ItemKind::Fn(function) => Some(function.name.text.clone()),
        ItemKind::Experiment { name, .. } => Some(name.text.clone()),
        ItemKind::Set { name, .. } => Some(format!("set {}", name.text)),
        ItemKind::Use(_) | ItemKind::Show { .. } => None,
    }
}

/// What can stand once in a script. What is used twice is used once.
fn key(item: &Item) -> Option<String> {
    match &item.kind {
        ItemKind::Use(Module::File { path, .. }) => Some(format!("use \"{path}\"")),
        ItemKind::Use(Module::Library(name)) => Some(format!("use {}", name.text)),
        _ => declared(item),
    }
}
