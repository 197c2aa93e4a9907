//! Running experiments in a session: those of an entry, and those that the user names.
//!
//! Invariant: if a run fails, its declaration is removed; if it is stopped, the declaration stays.

use std::rc::Rc;
use std::time::Instant;

use super::session::{Inspection, Listener, Session};
use super::session_script::{SessionScript, declared_name};
use super::{Ending, Output};
use crate::pipeline::{self, RunResult, Script, SideOutputs};
use gia_base::diag::{Code, Outcome};
use gia_check::{Question, VisibleName};
use gia_report::ProgressBar;
use gia_study::{Claim, Verdict};
use gia_syntax::tree::{Expr, ExprKind, Item, ItemKind, Kind};

impl Session {
    /// Runs the experiments and shows of an entry in order, until one fails or is stopped.
    pub(super) fn run_all(
        &mut self,
        items: &[Item],
        before: (SessionScript, Rc<Vec<VisibleName>>),
        say: Listener,
    ) -> Ending {
        let mut ending = Ending::Success;
        for item in items {
            let name = match &item.kind {
                ItemKind::Experiment { name, .. } => name,
                ItemKind::Let(binding) if self.is_experiment(item) => &binding.name,
                ItemKind::Show { .. } | ItemKind::Expect(_) => {
                    ending = ending.max(self.show(item, say));
                    continue;
                }
                _ => continue,
            };
            let expr = Expr {
                kind: ExprKind::Name(name.text.clone()),
                span: name.span,
            };
            match self.run(Question::Value(&expr), say) {
                Ok(found) => ending = ending.max(found),
                Err(broke) if broke == Ending::Interrupted => {
                    let note = format!("enter `{}` to run it again\n", name.text);
                    say(Output::Result(&self.style.dim(&note)));
                    return broke;
                }
                Err(broke) => {
                    self.remove_failed(item, before);
                    return broke;
                }
            }
        }
        ending
    }

    /// Removes a declaration whose run failed, and all declarations that depend on it.
    fn remove_failed(&mut self, item: &Item, before: (SessionScript, Rc<Vec<VisibleName>>)) {
        let mut without = self.script.clone();
        without.remove(item.span);
        let has_earlier = declared_name(item).is_some_and(|name| {
            before
                .0
                .items()
                .any(|i| declared_name(i).as_ref() == Some(&name))
        });
        let inspection = self.inspect(&without, Question::Whole);
        (self.script, self.names) = match inspection.has_errors() || has_earlier {
            true => before,
            false => (without, inspection.answer.names.into()),
        };
    }

    pub(super) fn is_experiment(&self, item: &Item) -> bool {
        matches!(&item.kind, ItemKind::Let(binding) if binding.kind == Kind::Experiment)
    }

    fn show(&mut self, item: &Item, say: Listener) -> Ending {
        match self.run(Question::Show(item), say) {
            Ok(ending) => ending,
            Err(broke) => {
                if broke != Ending::Interrupted {
                    self.script.remove(item.span);
                }
                broke
            }
        }
    }

    fn run(&mut self, question: Question, say: Listener) -> Result<Ending, Ending> {
        let inspection = self.inspect(&self.script, question);
        if inspection.has_errors() {
            self.show_diagnostics(
                &inspection.answer.checked.diagnostics,
                &inspection.sources,
                say,
            );
            return Err(Ending::InvalidProgram);
        }
        let shows = matches!(question, Question::Show(_));
        self.run_inspected(inspection, shows, say)
    }

    /// Runs the inspected experiments and prints their results or the error.
    pub(super) fn run_inspected(
        &mut self,
        inspection: Inspection,
        shows: bool,
        say: Listener,
    ) -> Result<Ending, Ending> {
        let started = Instant::now();
        let mut sources = inspection.sources;
        let checked = inspection.answer.checked;
        let Some(program) = checked.program else {
            return Err(Ending::InvalidProgram);
        };
        let main = sources.add("session", &self.setup.folder, &self.script.text());
        let script = Script {
            sources,
            main,
            program,
            data: checked.data,
            seconds: started.elapsed().as_secs_f64(),
        };
        match self.study(&script) {
            Ok(RunResult { study, problems }) => {
                let text = match shows {
                    true => gia_report::shown(&study, self.style),
                    false => gia_report::table(&study, self.style),
                };
                say(Output::Result(&text));
                if !shows {
                    let curves = study.experiments.iter();
                    for curve in curves.filter_map(|e| gia_report::sweep(e, self.style)) {
                        say(Output::Result(&curve));
                    }
                }
                if !problems.is_empty() {
                    self.show_diagnostics(&problems, &script.sources, say);
                    return Err(Ending::RunFailed);
                }
                Ok(match shows {
                    true => ending(study.claims.iter()),
                    false => ending(study.all_claims().map(|(_, claim)| claim)),
                })
            }
            Err(diagnostic) => {
                let stopped = diagnostic.code == Code::Interrupted;
                self.show_diagnostics(&[*diagnostic], &script.sources, say);
                Err(match stopped {
                    true => Ending::Interrupted,
                    false => Ending::RunFailed,
                })
            }
        }
    }

    fn study(&self, script: &Script) -> Outcome<RunResult> {
        let bar = ProgressBar::new(self.setup.progress);
        let progress = self.setup.stop.progress(bar);
        // No command reproduces a session; `:save` writes a script that does.
        pipeline::run(
            script,
            &self.setup.options,
            &progress,
            SideOutputs::default(),
            String::new(),
        )
    }
}

/// The ending of an entry with these claims.
fn ending<'c>(mut claims: impl Iterator<Item = &'c Claim>) -> Ending {
    match claims.all(|claim| claim.verdict == Verdict::Supported) {
        true => Ending::Success,
        false => Ending::Failure,
    }
}
