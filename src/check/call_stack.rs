//! The stack of function calls that are being evaluated.

use std::collections::HashMap;
use std::rc::Rc;

use super::budget::Limit;
use super::value::FunctionValue;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_base::source::Span;

/// Calls of one function inside each other before it is taken to recurse without end. A function that takes functions may
/// be among them more than once.
const MAX_NESTED_CALLS: usize = 32;

/// Failed calls of a function before its body is no longer evaluated: its errors have been reported by then.
const MAX_FAILURES: usize = 16;

/// Depth of the calls of each function, and how many of them failed.
#[derive(Default)]
pub struct CallStack {
    /// Number of calls of each function that are being evaluated.
    entered: HashMap<*const FunctionValue, usize>,
    /// Number of failed calls of each function.
    failures: HashMap<*const FunctionValue, usize>,
    depth: usize,
}

impl CallStack {
    /// Enters a call at `span`, unless calls are nested too deeply.
    pub fn enter(&mut self, callee: &Rc<FunctionValue>, span: Span) -> Outcome<()> {
        let entered = self.entered.entry(Rc::as_ptr(callee)).or_default();
        if *entered >= MAX_NESTED_CALLS {
            let function = &callee.declaration.name.text;
            let message = format!("`{function}` calls itself without end");
            let diagnostic = Diagnostic::error(Code::Recursion, message);
            return Err(Box::new(diagnostic.at(span, "functions do not recurse")));
        }
        *entered += 1;
        self.depth += 1;
        let within = Limit::Calls.check_within(self.depth as f64);
        if within.is_err() {
            self.leave(callee);
        }
        within
    }

    pub fn leave(&mut self, callee: &Rc<FunctionValue>) {
        self.depth -= 1;
        if let Some(entered) = self.entered.get_mut(&Rc::as_ptr(callee)) {
            *entered -= 1;
        }
    }

    pub fn record_failure(&mut self, callee: &Rc<FunctionValue>) {
        *self.failures.entry(Rc::as_ptr(callee)).or_default() += 1;
    }

    /// Whether calls of a function failed so often that no more are evaluated.
    pub fn has_given_up(&self, callee: &Rc<FunctionValue>) -> bool {
        self.failures.get(&Rc::as_ptr(callee)) >= Some(&MAX_FAILURES)
    }
}
