//! The items of a file, in order: settings, modules, bindings, functions and experiments.

use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use super::combined_claims::PendingClaim;
use super::scope::Scope;
use super::show::PendingShow;
use super::types::Type;
use super::value::{ExperimentValue, FunctionValue, Value};
use super::{Checker, ErrorReported, EvalResult, SETTINGS, library};
use gia_base::diag::{Code, Diagnostic, closest};
use gia_base::source::{SourceId, Span};
use gia_design::{Correction, FamilyScope, IntervalMethod, Program, Settings, Streams};
use gia_domain::{Motif, Population};
use gia_syntax::tree;

/// The role of the file being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The script to run: its experiments are laid out and its settings apply.
    Main,
    /// A file that another one uses: only its names matter.
    Module,
    /// The prelude, which may declare native functions without a body.
    Prelude,
}

/// An experiment that is to be run, in the order of the script.
pub(super) struct ToRun {
    pub name: String,
    pub doc: Option<String>,
    pub span: Span,
    pub value: Rc<ExperimentValue>,
}

impl Checker<'_> {
    /// Evaluates the script and lays out its experiments. A file of the prelude is read as such.
    pub fn program(&mut self, main: SourceId) -> Program {
        if library::is_prelude(main, &self.sources.get(main).text) {
            let scope = self.prelude_scope();
            self.read_items(
                main,
                Role::Prelude,
                &scope,
                &mut Settings::default(),
                &mut Vec::new(),
            );
            return self.lay_out_program(&scope, Settings::default(), Vec::new());
        }
        let scope = self.script_scope();
        let mut settings = Settings::default();
        let mut to_run = Vec::new();
        let name = self.sources.get(main).name.clone();
        self.reading.push(self.canonical_path(main, &name));
        self.read_items(main, Role::Main, &scope, &mut settings, &mut to_run);
        self.reading.pop();
        self.lay_out_program(&scope, settings, to_run)
    }

    /// The program of a file whose declarations were read: these experiments, and what is to be shown of them.
    pub(super) fn lay_out_program(
        &mut self,
        scope: &Rc<Scope>,
        settings: Settings,
        to_run: Vec<ToRun>,
    ) -> Program {
        let names: Vec<String> = to_run.iter().map(|e| e.name.clone()).collect();
        let experiments: Vec<_> = to_run
            .into_iter()
            .filter_map(|e| self.lay_out(&e.name, e.doc, e.span, &e.value, &settings))
            .collect();
        let shows = self.shows(scope, &names, &experiments);
        let claims = self.combined_claims(scope, &names, &experiments, &settings);
        let within = experiments.iter().flat_map(|experiment| &experiment.claims);
        let tested = within.filter(|claim| claim.kind.is_tested());
        let tested_claim_count = tested.count() + claims.len();
        let mut evaluations = std::mem::take(&mut self.evaluations);
        for evaluation in &mut evaluations {
            evaluation.level = settings.level;
        }
        Program {
            settings,
            tested_claim_count,
            claims,
            shows,
            evaluations,
            models: std::mem::take(&mut self.models),
            selections: std::mem::take(&mut self.selections),
            experiments: experiments.into_iter().map(Arc::new).collect(),
        }
    }

    /// Where a file declares its names: inside a level for those that modules of the library bring, so that what the
    /// file declares itself goes before them.
    pub(super) fn file_scope(&self) -> Rc<Scope> {
        Scope::child(&Scope::child(&self.prelude))
    }

    /// Where the script declares its names: above the models that the caller gives.
    fn script_scope(&self) -> Rc<Scope> {
        let given = Scope::child(&self.prelude);
        for (name, model) in &self.given_models {
            given.bind(name, Value::Model(*model), None);
        }
        Scope::child(&given)
    }

    /// Where the prelude declares its names: beside those that are values.
    fn prelude_scope(&self) -> Rc<Scope> {
        let scope = Rc::new(Scope::default());
        library::bind_constants(&scope);
        scope
    }

    pub fn read_prelude(&mut self) -> Rc<Scope> {
        let scope = self.prelude_scope();
        let id = self
            .sources
            .add("<stdlib/prelude.gia>", Path::new(""), library::PRELUDE);
        self.read_items(
            id,
            Role::Prelude,
            &scope,
            &mut Settings::default(),
            &mut Vec::new(),
        );
        scope
    }

    pub(super) fn read_items(
        &mut self,
        source: SourceId,
        role: Role,
        scope: &Rc<Scope>,
        settings: &mut Settings,
        to_run: &mut Vec<ToRun>,
    ) {
        let text = self.sources.get(source).text.clone();
        let (file, diagnostics) = gia_syntax::parse(source, &text);
        for diagnostic in diagnostics {
            let diagnostic = self.with_call_for_phrase(diagnostic, &text, &file);
            self.sink.push(diagnostic);
        }
        self.declarations(&file, role, scope, settings, to_run);
    }

    /// The declarations of a file that was parsed, in order.
    pub(super) fn declarations(
        &mut self,
        file: &tree::File,
        role: Role,
        scope: &Rc<Scope>,
        settings: &mut Settings,
        to_run: &mut Vec<ToRun>,
    ) {
        // What could not be read is known to be declared: that it is unknown would only repeat the syntax error.
        for name in &file.lost {
            scope.bind(name, Value::Error, None);
        }
        let declared = file.items.iter().filter_map(declared_name);
        let declared = declared
            .map(|name| (name.text.clone(), name.span))
            .collect();
        let of_outer_text = std::mem::replace(&mut self.declared_below, declared);
        for item in &file.items {
            self.read_item(item, role, scope, settings, to_run);
        }
        self.declared_below = of_outer_text;
        if role != Role::Prelude {
            self.check_names_of_functions(file, scope);
        }
    }

    fn read_item(
        &mut self,
        item: &tree::Item,
        role: Role,
        scope: &Rc<Scope>,
        settings: &mut Settings,
        to_run: &mut Vec<ToRun>,
    ) {
        match &item.kind {
            tree::ItemKind::Use(module) => {
                let _ = self.use_module(module, scope);
            }
            tree::ItemKind::Set { name, value } => {
                if role == Role::Main {
                    let _ = self.set(name, value, scope, settings);
                } else {
                    self.sink.push(
                        Diagnostic::error(
                            Code::UnknownSetting,
                            "`set` belongs to the script that is run",
                        )
                        .at(item.span, "in a file that is used"),
                    );
                }
            }
            tree::ItemKind::Let(binding) => {
                self.bind_declaration(&binding.name, scope);
                let value = self.eval_binding(binding, scope);
                if let (tree::Kind::Experiment, Role::Main, Ok(Value::Experiment(value))) =
                    (binding.kind, role, &value)
                {
                    to_run.push(ToRun {
                        name: binding.name.text.clone(),
                        doc: item.doc.clone(),
                        span: binding.name.span,
                        value: value.clone(),
                    });
                }
                let value = value.unwrap_or(Value::Error);
                scope.bind_documented(
                    &binding.name.text,
                    value,
                    Some(binding.name.span),
                    item.doc.clone(),
                );
            }
            tree::ItemKind::Fn(function) => {
                self.bind_declaration(&function.name, scope);
                let value = self
                    .read_function(function, role, scope)
                    .unwrap_or(Value::Error);
                scope.bind_documented(
                    &function.name.text,
                    value,
                    Some(function.name.span),
                    item.doc.clone(),
                );
            }
            tree::ItemKind::Expect(expect) => {
                if role == Role::Main {
                    self.to_claim.push(PendingClaim {
                        expect: expect.clone(),
                        span: item.span,
                    });
                } else {
                    self.sink.push(
                        Diagnostic::error(
                            Code::MissingPart,
                            "`expect` belongs to an experiment, or to the script that is run",
                        )
                        .at(item.span, "in a file that is used"),
                    );
                }
            }
            tree::ItemKind::Show { ranking, of } => {
                if role == Role::Main {
                    self.to_show.push(PendingShow {
                        ranking: ranking.clone(),
                        of: of.clone(),
                        span: item.span,
                    });
                } else {
                    self.sink.push(
                        Diagnostic::error(
                            Code::MissingPart,
                            "`show` belongs to the script that is run",
                        )
                        .at(item.span, "in a file that is used"),
                    );
                }
            }
            tree::ItemKind::Experiment { name, body } => {
                self.bind_declaration(name, scope);
                let value = Rc::new(ExperimentValue {
                    body: body.clone(),
                    scope: scope.clone(),
                });
                if role == Role::Main {
                    to_run.push(ToRun {
                        name: name.text.clone(),
                        doc: item.doc.clone(),
                        span: name.span,
                        value: value.clone(),
                    });
                }
                scope.bind_documented(
                    &name.text,
                    Value::Experiment(value),
                    Some(name.span),
                    item.doc.clone(),
                );
            }
        }
    }

    fn bind_declaration(&mut self, name: &tree::Name, scope: &Rc<Scope>) {
        if let Some(first) = scope.get_here(&name.text).and_then(|binding| binding.span) {
            self.declared_twice(name, first);
        }
    }

    pub fn declared_twice(&mut self, name: &tree::Name, first: Span) {
        self.sink.push(
            Diagnostic::error(
                Code::DuplicateName,
                format!("`{}` is declared twice", name.text),
            )
            .at(name.span, "again here")
            .at(first, "first here"),
        );
    }

    /// The value of a binding, which takes the binding's name if it is a motif, model or population.
    pub fn eval_binding(&mut self, binding: &tree::Let, scope: &Rc<Scope>) -> EvalResult<Value> {
        let name = &binding.name.text;
        let ty = match binding.kind {
            tree::Kind::Let => Type::Any,
            tree::Kind::Model => Type::Model,
            tree::Kind::Motif => Type::Motif,
            tree::Kind::Null => Type::Population,
            tree::Kind::Construct => Type::Construct,
            tree::Kind::Query => Type::Query,
            tree::Kind::Attribution => Type::Attribution,
            tree::Kind::Experiment => Type::Experiment,
        };
        let given = match binding.kind {
            tree::Kind::Model => self.given_models.get(name).copied(),
            _ => None,
        };
        let value = match given {
            Some(model) => Value::Model(model),
            None => self.eval_as(&binding.value, &ty, scope)?,
        };
        Ok(match value {
            Value::Motif(motif) => Value::Motif(
                Motif {
                    alternate: motif.alternate.clone().or_else(|| Some(motif.name.clone())),
                    ..motif.renamed(name.as_str())
                }
                .into(),
            ),
            Value::Model(index) => {
                self.name_model(index, name, binding.name.span);
                Value::Model(index)
            }
            Value::Population(population)
                if binding.kind == tree::Kind::Null
                    && matches!(*population, Population::Sequences { .. }) =>
            {
                let diagnostic =
                    Diagnostic::error(Code::TypeMismatch, "real sequences are no null model")
                        .at(binding.value.span, "a set of sequences");
                let words = format!("name them with `let`: `let {name} = ...`");
                let source = &self.sources.get(binding.name.span.source).text;
                let before = source[..binding.name.span.start as usize].trim_end();
                let keyword = before.strip_suffix("null").map(|before| {
                    let start = before.len();
                    Span::new(binding.name.span.source, start, start + "null".len())
                });
                return self.fail(match keyword {
                    Some(keyword) => diagnostic.suggest(words, [(keyword, "let".to_string())]),
                    None => diagnostic.help(words),
                });
            }
            Value::Population(population) => {
                let names = &mut self.population_names;
                let first = names.entry(population.identity());
                first.or_insert_with(|| name.clone());
                Value::Population(population)
            }
            other => other,
        })
    }

    fn read_function(
        &mut self,
        function: &tree::Fn,
        role: Role,
        scope: &Rc<Scope>,
    ) -> EvalResult<Value> {
        let mut failed = false;
        let mut seen: Vec<&str> = Vec::new();
        let mut read = |written: &tree::TypeExpr| {
            let ty = self.place(Type::parse_type(written), written.span, "here");
            failed |= ty.is_err();
            // No function is made of a declaration with a wrong type.
            ty.unwrap_or(Type::Any)
        };
        let parameters = function.parameters.iter();
        let parameter_types = parameters.map(|parameter| read(&parameter.ty)).collect();
        let result_type = function.result.as_ref().map(read);
        for parameter in &function.parameters {
            if seen.contains(&parameter.name.text.as_str()) {
                self.sink.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("two parameters `{}`", parameter.name.text),
                    )
                    .at(parameter.name.span, "again here"),
                );
                failed = true;
            }
            seen.push(&parameter.name.text);
        }
        let native = match (&function.body, role) {
            (Some(_), _) => None,
            (None, Role::Prelude) => match library::builtin(&function.name.text) {
                Some(native) if native.accepts_parameters(function) => Some(native),
                Some(_) => {
                    return self.fail(
                        Diagnostic::error(
                            Code::TypeMismatch,
                            format!(
                                "the native function `{}` has other parameters",
                                function.name.text
                            ),
                        )
                        .at(function.name.span, "declared differently here"),
                    );
                }
                None => return self.without_body(function),
            },
            (None, Role::Main | Role::Module) => return self.without_body(function),
        };
        if failed {
            return Err(ErrorReported);
        }
        self.refuse_unspeakable_verb(function)?;
        Ok(Value::Function(Rc::new(FunctionValue {
            declaration: function.clone(),
            parameter_types,
            result_type,
            scope: scope.clone(),
            native,
        })))
    }

    fn without_body<T>(&mut self, function: &tree::Fn) -> EvalResult<T> {
        self.fail(
            Diagnostic::error(
                Code::Syntax,
                format!("`{}` has no body", function.name.text),
            )
            .at(function.name.span, "expected `= ...` after the parameters"),
        )
    }

    fn set(
        &mut self,
        name: &tree::Name,
        value: &tree::Expr,
        scope: &Rc<Scope>,
        settings: &mut Settings,
    ) -> EvalResult<()> {
        if !SETTINGS.contains(&name.text.as_str()) {
            let diagnostic = Diagnostic::error(
                Code::UnknownSetting,
                format!("there is no setting `{}`", name.text),
            )
            .at(name.span, "unknown setting");
            return self.fail(match closest(&name.text, SETTINGS) {
                Some(close) => diagnostic.did_you_mean(close),
                None => diagnostic.help(format!("settings are `{}`", SETTINGS.join("`, `"))),
            });
        }
        if let Some((_, first)) = self
            .settings_made
            .iter()
            .find(|(known, _)| *known == name.text)
        {
            let diagnostic =
                Diagnostic::error(Code::DuplicateName, format!("`{}` is set twice", name.text))
                    .at(name.span, "again here")
                    .at(*first, "first here");
            return self.fail(diagnostic);
        }
        self.settings_made.push((name.text.clone(), name.span));
        match name.text.as_str() {
            "correction" => {
                settings.correction = self.option(
                    value,
                    scope,
                    "correction",
                    &[
                        ("benjamini_hochberg", Correction::BenjaminiHochberg),
                        ("benjamini_yekutieli", Correction::BenjaminiYekutieli),
                        ("holm", Correction::Holm),
                    ],
                    "it is \"benjamini_hochberg\" or \"benjamini_yekutieli\", for the rate of false discoveries, or \"holm\", for any at all",
                )?;
                return Ok(());
            }
            "interval" => {
                settings.interval = self.option(
                    value,
                    scope,
                    "interval",
                    &[
                        ("hull", IntervalMethod::Hull),
                        ("student", IntervalMethod::Student),
                    ],
                    "it is \"hull\", which allows for skewed differences, or \"student\"",
                )?;
                return Ok(());
            }
            "family" => {
                settings.family = self.option(
                    value,
                    scope,
                    "family",
                    &[
                        ("claim", FamilyScope::Claim),
                        ("script", FamilyScope::Script),
                        ("suite", FamilyScope::Suite),
                    ],
                    "it is \"claim\", which judges each claim alone, or \"script\" or \"suite\", which judge all of them together",
                )?;
                return Ok(());
            }
            "streams" => {
                settings.streams = self.option(
                    value,
                    scope,
                    "choice of streams",
                    &[
                        ("shared", Streams::Shared),
                        ("independent", Streams::Independent),
                    ],
                    "it is \"shared\", with equal backgrounds in experiments of equal null models, or \"independent\"",
                )?;
                return Ok(());
            }
            _ => {}
        }
        let Value::Number(number) = self.eval_as(value, &Type::Number, scope)? else {
            return Err(ErrorReported);
        };
        if name.text == "seed" {
            if number < 0.0 || number.fract() != 0.0 || number > 9_007_199_254_740_992.0 {
                return self.fail(
                    Diagnostic::error(Code::OutOfRange, "a seed is a whole number from 0 to 2^53")
                        .at(value.span, "here"),
                );
            }
            if let Some(call) = self.drew_by_seed {
                return self.fail(
                    Diagnostic::error(
                        Code::Repeated,
                        format!(
                            "the seed is set after a call has drawn by the seed {}",
                            self.seed
                        ),
                    )
                    .at(name.span, "set here")
                    .at(call, "draws by the seed")
                    .help("set the seed at the top of the script"),
                );
            }
            settings.seed = number as u64;
            self.seed = settings.seed;
            return Ok(());
        }
        let share = self.fraction(number, value.span, &format!("`{}`", name.text))?;
        if name.text == "level" {
            settings.level = share;
        } else {
            settings.fdr = share;
        }
        Ok(())
    }

    /// The value of a setting that is one of a few words.
    fn option<T: Copy>(
        &mut self,
        value: &tree::Expr,
        scope: &Rc<Scope>,
        what: &str,
        options: &[(&str, T)],
        help: &str,
    ) -> EvalResult<T> {
        let Value::Text(word) = self.eval_as(value, &Type::Text, scope)? else {
            return Err(ErrorReported);
        };
        if let Some((_, option)) = options.iter().find(|(known, _)| *known == &*word) {
            return Ok(*option);
        }
        let diagnostic = Diagnostic::error(
            Code::UnknownOption,
            format!("there is no {what} \"{word}\""),
        )
        .at(value.span, "here");
        let words = options.iter().map(|(known, _)| *known);
        self.fail(match closest(&word, words) {
            Some(close) => diagnostic
                .suggest_here(format!("did you mean \"{close}\"?"), format!("\"{close}\"")),
            None => diagnostic.help(help),
        })
    }

    /// Requires a number strictly between 0 and 1.
    pub fn fraction(&mut self, number: f64, span: Span, what: &str) -> EvalResult<f64> {
        if number > 0.0 && number < 1.0 {
            return Ok(number);
        }
        let diagnostic = Diagnostic::error(
            Code::OutOfRange,
            format!("{what} lies between 0 and 1, not {number}"),
        )
        .at(span, "here");
        // What is written with `%`, or has a name, is no forgotten `%`.
        let is_plain = self.text_of(span).parse() == Ok(number);
        self.fail(if is_plain && number > 1.0 && number < 100.0 {
            diagnostic.suggest_here(format!("write `{number}%`"), format!("{number}%"))
        } else {
            diagnostic
        })
    }

    fn canonical_path(&self, source: SourceId, name: &str) -> String {
        let source = self.sources.get(source);
        let file = Path::new(name)
            .file_name()
            .map(|f| source.folder.join(f))
            .unwrap_or_default();
        file.canonicalize().unwrap_or(file).display().to_string()
    }
}

fn declared_name(item: &tree::Item) -> Option<&tree::Name> {
    match &item.kind {
        tree::ItemKind::Let(binding) => Some(&binding.name),
        tree::ItemKind::Fn(function) => Some(&function.name),
        tree::ItemKind::Experiment { name, .. } => Some(name),
        tree::ItemKind::Use(_)
        | tree::ItemKind::Set { .. }
        | tree::ItemKind::Expect(_)
        | tree::ItemKind::Show { .. } => None,
    }
}
