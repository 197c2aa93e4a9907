//! Scopes: a chain of levels of names, inner before outer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::value::Value;
use gia_base::source::Span;

/// One level of names.
#[derive(Debug, Default)]
pub struct Scope {
    outer: Option<Rc<Scope>>,
    names: RefCell<HashMap<String, Binding>>,
}

#[derive(Debug, Clone)]
pub struct Binding {
    pub value: Value,
    /// Where the name was declared; none for a name of the interpreter.
    pub span: Option<Span>,
    /// The `##` lines above the declaration.
    pub doc: Option<String>,
}

impl Scope {
    pub fn child(outer: &Rc<Scope>) -> Rc<Scope> {
        Rc::new(Scope {
            outer: Some(outer.clone()),
            names: RefCell::default(),
        })
    }

    /// The level around this one.
    pub fn parent(&self) -> Option<&Rc<Scope>> {
        self.outer.as_ref()
    }

    pub fn bind(&self, name: &str, value: Value, span: Option<Span>) {
        self.bind_documented(name, value, span, None);
    }

    pub fn bind_documented(
        &self,
        name: &str,
        value: Value,
        span: Option<Span>,
        doc: Option<String>,
    ) {
        self.names
            .borrow_mut()
            .insert(name.to_string(), Binding { value, span, doc });
    }

    pub fn get(&self, name: &str) -> Option<Binding> {
        if let Some(binding) = self.names.borrow().get(name) {
            return Some(binding.clone());
        }
        self.outer.as_ref()?.get(name)
    }

    /// The value that a name stands for, without what else is known of it.
    pub fn value(&self, name: &str) -> Option<Value> {
        if let Some(binding) = self.names.borrow().get(name) {
            return Some(binding.value.clone());
        }
        self.outer.as_ref()?.value(name)
    }

    /// The binding of this level alone.
    pub fn get_here(&self, name: &str) -> Option<Binding> {
        self.names.borrow().get(name).cloned()
    }

    /// All bindings of this level, by name.
    pub fn own_bindings(&self) -> Vec<(String, Binding)> {
        let mut own: Vec<_> = self
            .names
            .borrow()
            .iter()
            .map(|(n, b)| (n.clone(), b.clone()))
            .collect();
        own.sort_by(|a, b| a.0.cmp(&b.0));
        own
    }

    /// Every name that is visible from here, sorted, each once.
    pub fn visible(&self) -> Vec<String> {
        let mut names: Vec<String> = self.names.borrow().keys().cloned().collect();
        if let Some(outer) = &self.outer {
            names.extend(outer.visible());
        }
        names.sort();
        names.dedup();
        names
    }
}
