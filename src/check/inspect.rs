//! Questions about parsed declarations, as a prompt asks them while a script grows.
//!
//! Invariant: a question about one value lays out no other experiment than the one that it is about, so that it is answered
//! at once.

use std::rc::Rc;

use super::describe::{Description, DescriptionTopic};
use super::program::{Role, ToRun};
use super::scope::Scope;
use super::show::shown_name;
use super::value::Value;
use super::{Checked, Checker};
use gia_base::source::{Sources, Span};
use gia_design::Settings;
use gia_syntax::tree::{self, Expr, ExprKind, Item, ItemKind};

/// A question about declarations.
#[derive(Debug, Clone, Copy)]
pub enum Question<'q> {
    /// Whether they make a script. Every experiment is laid out.
    Whole,
    /// What an expression below them evaluates to. If that is an experiment or an evaluation, it is the only one of the program.
    Value(&'q Expr),
    /// What one `show` or claim among them needs: its experiments, or its evaluation.
    Show(&'q Item),
}

/// The answer to a [`Question`].
#[derive(Debug)]
pub struct Answer {
    /// The checked declarations; the program holds only what the question is about.
    pub checked: Checked,
    /// Every name in scope below the declarations, inner scopes first; empty unless the question is [`Question::Whole`].
    pub names: Vec<VisibleName>,
    /// What the expression evaluates to; none if it has an error, or for another question.
    pub value: Option<Description>,
}

/// A name in scope and what it stands for.
#[derive(Debug, Clone)]
pub struct VisibleName {
    /// The name as a script writes it.
    pub name: String,
    /// What it stands for.
    pub value: Description,
    /// Text of the `##` lines above its declaration; none if there are no such lines.
    pub doc: Option<String>,
    /// Whether the script or a file that it uses declares the name, rather than the standard library.
    pub own: bool,
}

impl VisibleName {
    /// Whether it is a function whose result is an edit or an arm, which a phrase may begin with.
    pub fn makes_edit(&self) -> bool {
        match &self.value.what {
            DescriptionTopic::Function { result, .. } => {
                matches!(result.as_deref(), Some("Edit" | "Arm"))
            }
            _ => false,
        }
    }
}

/// Checks declarations as one script and answers one question about them. Their spans lie in `sources`.
pub fn inspect(file: &tree::File, question: Question, sources: &mut Sources) -> Answer {
    let mut checker = Checker::new(sources);
    let scope = checker.file_scope();
    let mut settings = Settings::default();
    let mut to_run = Vec::new();
    checker.declarations(file, Role::Main, &scope, &mut settings, &mut to_run);
    let (mut names, mut value) = (Vec::new(), None);
    match question {
        Question::Whole => names = checker.visible_names(&scope),
        Question::Value(expr) => {
            checker.to_show.clear();
            checker.to_claim.clear();
            to_run.clear();
            // Nothing more is said of a value whose declaration is wrong, and so of none.
            if let Ok(found) = checker.eval(expr, &scope) {
                value = checker.describe(&found);
                to_run.extend(checker.experiment_to_run(expr, &found, &scope));
                if let Value::Evaluation(evaluation) = &found {
                    checker.note_evaluation(evaluation, expr.span);
                }
            }
        }
        Question::Show(item) => {
            checker.to_show.retain(|show| show.span == item.span);
            checker.to_claim.retain(|claim| claim.span == item.span);
            let mut needed: Vec<&str> = Vec::new();
            match &item.kind {
                ItemKind::Show { of, .. } => needed.extend(shown_name(of)),
                ItemKind::Expect(expect) => {
                    let names = to_run.iter().map(|experiment| experiment.name.as_str());
                    let mut mentioned = Vec::new();
                    crate::free_vars::visit_names(&expect.claim, &mut |name, _| {
                        mentioned.push(name.to_string());
                    });
                    needed.extend(names.filter(|name| mentioned.iter().any(|m| m == name)));
                }
                ItemKind::Use(_)
                | ItemKind::Set { .. }
                | ItemKind::Let(_)
                | ItemKind::Fn(_)
                | ItemKind::Experiment { .. } => {}
            }
            let needed: Vec<String> = needed.into_iter().map(str::to_string).collect();
            to_run.retain(|experiment| needed.contains(&experiment.name));
        }
    }
    let program = checker.lay_out_program(&scope, settings, to_run);
    Answer {
        checked: checker.finish(program),
        names,
        value,
    }
}

/// The name of an experiment that is written at the prompt without one.
const UNNAMED_EXPERIMENT: &str = "it";

impl Checker<'_> {
    /// The experiment that an expression evaluated to; none for any other value.
    fn experiment_to_run(&self, expr: &Expr, value: &Value, scope: &Rc<Scope>) -> Option<ToRun> {
        let Value::Experiment(value) = value else {
            return None;
        };
        let name = match &expr.kind {
            ExprKind::Name(name) => name,
            _ => UNNAMED_EXPERIMENT,
        };
        let binding = scope.get(name);
        Some(ToRun {
            name: name.to_string(),
            doc: binding.as_ref().and_then(|binding| binding.doc.clone()),
            span: declaration_site(expr, binding.and_then(|binding| binding.span)),
            value: value.clone(),
        })
    }

    /// Every name that is visible from a scope, each once.
    fn visible_names(&self, scope: &Rc<Scope>) -> Vec<VisibleName> {
        let mut names: Vec<VisibleName> = Vec::new();
        let mut level = Some(scope);
        let mut own = true;
        while let Some(here) = level {
            for (name, binding) in here.own_bindings() {
                if names.iter().any(|known| known.name == name) {
                    continue;
                }
                let Some(value) = self.describe(&binding.value) else {
                    continue;
                };
                names.push(VisibleName {
                    name,
                    value,
                    doc: binding.doc,
                    own,
                });
            }
            // What a file declares stands inside a level for modules, and that inside the prelude.
            own = false;
            level = here.parent();
        }
        names
    }
}

/// Where an experiment that is asked for by name is declared, else where it is written.
fn declaration_site(expr: &Expr, declared: Option<Span>) -> Span {
    match expr.kind {
        ExprKind::Name(_) => declared.unwrap_or(expr.span),
        _ => expr.span,
    }
}
