//! Runs of a session: of the experiments and shows of an entry, and of an experiment by name.
//!
//! Invariant: a run that fails takes its declaration back; one that is stopped does not.

use std::rc::Rc;
use std::time::Instant;

use super::grown::{Grown, declared};
use super::session::{Asked, Listener, Session};
use super::{Ending, Said};
use crate::pipeline::{self, Ran, Script};
use gia_base::diag::{Code, Outcome};
use gia_check::{Named, Question};
use gia_report::ProgressBar;
use gia_study::{Study, Verdict};
use gia_syntax::tree::{Expr, ExprKind, Item, ItemKind, Kind};

impl Session {
    /// Runs the experiments and shows of an entry in order, until one fails or is stopped.
    pub(super) fn run_all(
        &mut self,
        items: &[Item],
        before: (Grown, Rc<Vec<Named>>),
        say: Listener,
    ) -> Ending {
        let mut ending = Ending::Supported;
        for item in items {
            let name = match &item.kind {
                ItemKind::Experiment { name, .. } => name,
                ItemKind::Let(binding) if self.is_experiment(item) => &binding.name,
                ItemKind::Show { .. } => {
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
                    let note = format!("`{}` runs again when it is named\n", name.text);
                    say(Said::Result(&self.style.dim(&note)));
                    return broke;
                }
                Err(broke) => {
                    self.take_back(item, before);
                    return broke;
                }
            }
        }
        ending
    }

    /// Takes back a declaration whose run failed, with those that need it.
    fn take_back(&mut self, item: &Item, before: (Grown, Rc<Vec<Named>>)) {
        let mut without = self.grown.clone();
        without.leave_out(item.span);
        let older = declared(item).is_some_and(|name| {
            before
                .0
                .items()
                .any(|i| declared(i).as_ref() == Some(&name))
        });
        let asked = self.asked(&without, Question::Whole);
        (self.grown, self.names) = match asked.has_errors() || older {
            true => before,
            false => (without, asked.answer.names.into()),
        };
    }

    pub(super) fn is_experiment(&self, item: &Item) -> bool {
        matches!(&item.kind, ItemKind::Let(binding) if binding.kind == Kind::Experiment)
    }

    fn show(&mut self, item: &Item, say: Listener) -> Ending {
        match self.run(Question::Show(item), say) {
            Ok(_) => Ending::Supported,
            Err(broke) => {
                if broke != Ending::Interrupted {
                    self.grown.leave_out(item.span);
                }
                broke
            }
        }
    }

    fn run(&mut self, question: Question, say: Listener) -> Result<Ending, Ending> {
        let asked = self.asked(&self.grown, question);
        if asked.has_errors() {
            self.diagnose(&asked.answer.checked.diagnostics, &asked.sources, say);
            return Err(Ending::WrongProgram);
        }
        let shows = matches!(question, Question::Show(_));
        self.run_asked(asked, shows, say)
    }

    /// Runs what a question laid out, and says what it found, or why it found nothing.
    pub(super) fn run_asked(
        &mut self,
        asked: Asked,
        shows: bool,
        say: Listener,
    ) -> Result<Ending, Ending> {
        let started = Instant::now();
        let mut sources = asked.sources;
        let checked = asked.answer.checked;
        let Some(program) = checked.program else {
            return Err(Ending::WrongProgram);
        };
        let main = sources.add("session", &self.setup.folder, &self.grown.text());
        let script = Script {
            sources,
            main,
            program,
            data: checked.data,
            seconds: started.elapsed().as_secs_f64(),
        };
        match self.study(&script) {
            Ok(Ran { study, problems }) => {
                let text = match shows {
                    true => gia_report::shown(&study, self.style),
                    false => gia_report::table(&study, self.style),
                };
                say(Said::Result(&text));
                if !shows {
                    let curves = study.experiments.iter();
                    for curve in curves.filter_map(|e| gia_report::sweep(e, self.style)) {
                        say(Said::Result(&curve));
                    }
                }
                if !problems.is_empty() {
                    self.diagnose(&problems, &script.sources, say);
                    return Err(Ending::RunBroke);
                }
                Ok(ending(&study))
            }
            Err(diagnostic) => {
                let stopped = diagnostic.code == Code::Interrupted;
                self.diagnose(&[*diagnostic], &script.sources, say);
                Err(match stopped {
                    true => Ending::Interrupted,
                    false => Ending::RunBroke,
                })
            }
        }
    }

    fn study(&self, script: &Script) -> Outcome<Ran> {
        let bar = ProgressBar::new(self.setup.progress);
        let progress = self.setup.stop.watch(bar);
        // What makes these numbers again is the session; `:save` writes it.
        pipeline::run(script, &self.setup.options, &progress, None, String::new())
    }
}

/// The ending of an entry with the claims of a study.
fn ending(study: &Study) -> Ending {
    let mut claims = study.experiments.iter().flat_map(|e| &e.claims);
    match claims.all(|claim| claim.verdict == Verdict::Supported) {
        true => Ending::Supported,
        false => Ending::Unsupported,
    }
}
