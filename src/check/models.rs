//! Models in the language: loading them by their declaration, and looking up tasks by name or number.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::value::{ChosenEntries, ModelOutput, Query, Value};
use gia_base::diag::{Code, Diagnostic, Outcome, pluralize};
use gia_base::source::Span;
use gia_design::{Attribution, ContributionList, Formula, ModelKind, ModelSource, OutputRef};
use gia_model::{AnalyticModel, Declaration, Layout, LoadArguments, Output, Track, is_torchscript};

impl Checker<'_> {
    /// Loads a model; the same file with the same arguments is the same model. A folder is an ensemble of the files in it.
    pub fn load_model(&mut self, path: &str, given: LoadArguments) -> Outcome<usize> {
        let full = self.files.resolve(path);
        if full.is_dir() {
            return self.load_folder(&full, path, &given);
        }
        let key = (full.clone(), given);
        if let Some(index) = self.model_keys.iter().position(|known| *known == key) {
            return Ok(index);
        }
        let declaration = Declaration::load(&full, &key.1).map_err(|mut refused| {
            // What is to be written in the script names the file as the script does.
            let [shown, written] = [full.display().to_string(), path.to_string()];
            refused.help = refused
                .help
                .map(|help| help.replace(&format!("\"{shown}\""), &format!("\"{written}\"")));
            refused
        })?;
        let declaration = Arc::new(declaration);
        let name = full.file_stem().map_or_else(
            || path.to_string(),
            |stem| stem.to_string_lossy().into_owned(),
        );
        self.models.push(gia_design::Model {
            name,
            kind: ModelKind::Single(ModelSource::File {
                path: full,
                written: path.to_string(),
            }),
            declaration,
            named: None,
        });
        self.model_keys.push(key);
        Ok(self.models.len() - 1)
    }

    /// Loads the models that the caller gives by name. One that cannot be loaded is an error of the check.
    pub fn give_models(&mut self, models: &[(String, PathBuf)]) {
        for (name, path) in models {
            let path = path.display().to_string();
            match self.load_model(&path, LoadArguments::default()) {
                Ok(index) => {
                    self.models[index].name = name.clone();
                    self.given_models.insert(name.clone(), index);
                }
                Err(diagnostic) => self.sink.push(*diagnostic),
            }
        }
    }

    /// The ensemble of all model files of a folder, which are loaded with the same arguments.
    fn load_folder(
        &mut self,
        folder: &Path,
        written: &str,
        given: &LoadArguments,
    ) -> Outcome<usize> {
        let refused = |message: String| Diagnostic::error(Code::BadModelFile, message);
        let listed = std::fs::read_dir(folder)
            .and_then(|entries| {
                let paths = entries.map(|entry| entry.map(|entry| entry.path()));
                paths.collect::<std::io::Result<Vec<PathBuf>>>()
            })
            .map_err(|error| refused(format!("`{written}` cannot be read: {error}")))?;
        let is_model = |path: &PathBuf| path.extension().is_some_and(|e| e == "pt2" || e == "onnx");
        let mut files: Vec<PathBuf> = listed.into_iter().filter(is_model).collect();
        files.sort();
        if let Some(pair) = files
            .windows(2)
            .find(|pair| pair[0].file_stem() == pair[1].file_stem())
        {
            let name = |path: &PathBuf| path.file_name().map(|name| name.display().to_string());
            let (one, other) = (name(&pair[0]), name(&pair[1]));
            return Err(Box::new(
                refused(format!(
                    "`{written}` holds `{}` and `{}`, the same network twice for all that their names tell",
                    one.unwrap_or_default(),
                    other.unwrap_or_default()
                ))
                .help("keep one of them, or name the members: `ensemble(load(...), load(...))`"),
            ));
        }
        if files.len() < 2 {
            let message = match files.len() {
                0 => format!("`{written}` is a folder without a model file"),
                _ => format!(
                    "`{written}` is a folder with one model file, and an ensemble has two or more"
                ),
            };
            return Err(Box::new(refused(message).help(
                "a folder of `.pt2` or `.onnx` files is their ensemble; a single network is named by its file",
            )));
        }
        if given.sha256.is_some() {
            let message = "`sha256` is of one file, and a folder is given".to_string();
            return Err(Box::new(
                Diagnostic::error(Code::DeclarationMismatch, message)
                    .help("write each member's into the .toml beside it"),
            ));
        }
        let mut members = Vec::new();
        for file in &files {
            let name = file.file_name().unwrap_or_default();
            let written = Path::new(written).join(name).display().to_string();
            members.push(self.load_model(&written, given.clone())?);
        }
        super::library::ensemble_of(self, members)
    }

    /// A built-in model; an equal formula is the same model.
    pub fn analytic_model(&mut self, truth: AnalyticModel, name: &str) -> usize {
        let identity = truth.identity();
        let same = |model: &gia_design::Model| match &model.kind {
            ModelKind::Single(ModelSource::Truth(known)) => known.identity() == identity,
            _ => false,
        };
        if let Some(index) = self.models.iter().position(same) {
            return index;
        }
        self.models.push(gia_design::Model {
            name: name.to_string(),
            declaration: Arc::new(truth.declaration()),
            kind: ModelKind::Single(ModelSource::Truth(Arc::new(truth))),
            named: None,
        });
        self.models.len() - 1
    }

    /// The ensemble of several models; equal members are the same ensemble.
    pub fn ensemble_model(&mut self, members: Vec<usize>, name: String) -> Outcome<usize> {
        let Some(&first) = members.first() else {
            return Err(Box::new(Diagnostic::error(
                Code::OutOfRange,
                "an ensemble needs at least two models",
            )));
        };
        let same = |model: &gia_design::Model| match &model.kind {
            ModelKind::Ensemble(known) => *known == members,
            ModelKind::Single(_) | ModelKind::BothStrands(_) | ModelKind::Attribution(_) => false,
        };
        Ok(match self.models.iter().position(same) {
            Some(index) => index,
            None => self.composite_model(ModelKind::Ensemble(members), first, name),
        })
    }

    /// The mean of a model over both strands, made once for each model.
    pub fn both_strands_model(&mut self, of: usize, name: String) -> usize {
        let same = |model: &gia_design::Model| match model.kind {
            ModelKind::BothStrands(known) => known == of,
            ModelKind::Single(_) | ModelKind::Ensemble(_) | ModelKind::Attribution(_) => false,
        };
        match self.models.iter().position(same) {
            Some(index) => index,
            None => self.composite_model(ModelKind::BothStrands(of), of, name),
        }
    }

    /// The model of contributions to the same query by the same method; none if it is not made yet.
    pub fn known_attribution(
        &self,
        attribution: &Attribution<OutputRef>,
        length: usize,
    ) -> Option<usize> {
        self.models.iter().position(|model| match &model.kind {
            ModelKind::Attribution(known) => {
                model.declaration.length == length
                    && known.query == attribution.query
                    && known.method.is_same_as(&attribution.method)
            }
            ModelKind::Single(_) | ModelKind::Ensemble(_) | ModelKind::BothStrands(_) => false,
        })
    }

    /// Contributions to a query of models like `like`: each [list](ContributionList) by the positions of a sequence of this length is an output.
    pub fn attribution_model(
        &mut self,
        attribution: Attribution<OutputRef>,
        (like, length): (usize, usize),
        name: String,
        unit: Option<String>,
    ) -> usize {
        let like = &self.models[like].declaration;
        let along = |offset: usize| Output {
            name: None,
            shape: vec![length],
            tasks: Vec::new(),
            axes: Vec::new(),
            unit: unit.clone(),
            before: None,
            offset,
            track: Some(Track {
                bins: length,
                bin: 1,
                start: 0,
                layout: Layout::ChannelsFirst,
            }),
            opposite: Vec::new(),
        };
        let outputs = ContributionList::count(&attribution.method);
        let declaration = Declaration {
            outputs: (0..outputs).map(|output| along(output * length)).collect(),
            receptive_fields: Vec::new(),
            length,
            ..(**like).clone()
        };
        self.models.push(gia_design::Model {
            name,
            kind: ModelKind::Attribution(attribution),
            declaration: Arc::new(declaration),
            named: None,
        });
        self.models.len() - 1
    }

    /// A model made of others, with the outputs of one of them.
    fn composite_model(&mut self, kind: ModelKind, member: usize, name: String) -> usize {
        self.models.push(gia_design::Model {
            name,
            declaration: self.models[member].declaration.clone(),
            kind,
            named: None,
        });
        self.models.len() - 1
    }

    /// Names a model after the first name that it is bound to.
    pub fn name_model(&mut self, index: usize, name: &str, span: Span) {
        if let Some(model) = self.models.get_mut(index)
            && model.named.is_none()
        {
            model.name = name.to_string();
            model.named = Some(span);
            let ModelKind::Single(ModelSource::File { path, written }) = &model.kind else {
                return;
            };
            let as_it_is = "this network runs as it is, without a view of its layers";
            if is_torchscript(path) {
                let message = format!("`{written}` is TorchScript, which PyTorch has deprecated");
                let warning = Diagnostic::warning(Code::Deprecated, message)
                    .at(span, as_it_is)
                    .help("export it anew with torch.export, as `.pt2`");
                self.sink.push(warning);
            }
            if model.declaration.entry.is_some() {
                let message = format!(
                    "`{written}` runs in Python, so every sequence takes a full pass, also where an edit reaches a small part of it"
                );
                let warning = Diagnostic::warning(Code::RunsInPython, message)
                    .at(span, as_it_is)
                    .help("if torch.export can export it, as `.pt2`, edits are recomputed in part, which is often several times as fast");
                self.sink.push(warning);
            }
            if let Some(warning) = model.declaration.precision_warning(written) {
                self.sink.push(warning.at(span, "this network"));
            }
        }
    }

    /// The only output of a model that has one.
    pub fn single_output(&mut self, model: usize) -> Outcome<Value> {
        let declaration = self.models[model].declaration.clone();
        if declaration.columns() == 1 || self.is_built_in(model) {
            return Ok(self.read(model, 0));
        }
        if let [output] = declaration.outputs.as_slice()
            && output.track.is_some()
            && output.entries() == 1
        {
            return self.single_column(ModelOutput {
                model,
                output: 0,
                task: None,
                chosen: ChosenEntries::default(),
            });
        }
        let name = &self.models[model].name;
        let example = declaration
            .task_name(0)
            .map_or("0".to_string(), |task| format!("\"{task}\""));
        Err(Box::new(
            Diagnostic::error(
                Code::UnknownTask,
                format!(
                    "`{name}` has {} outputs; say which is meant",
                    declaration.columns()
                ),
            )
            .suggest_here(
                format!("write `{name}[{example}]`"),
                format!("{name}[{example}]"),
            ),
        ))
    }

    /// Whether a model is a formula; its first output is its answer, the others explain it.
    fn is_built_in(&self, model: usize) -> bool {
        match &self.models[model].kind {
            ModelKind::Single(source) => matches!(source, ModelSource::Truth(_)),
            ModelKind::Ensemble(members) => members.iter().all(|&one| self.is_built_in(one)),
            ModelKind::BothStrands(one) => self.is_built_in(*one),
            ModelKind::Attribution(_) => false,
        }
    }

    pub fn task_by_name(&mut self, model: usize, task: &str) -> Outcome<Value> {
        let declaration = self.models[model].declaration.clone();
        if let Some(column) = declaration.column(task) {
            return Ok(self.read(model, column));
        }
        if let Some((output, task)) = declaration.track_of(task) {
            let task = Some(task);
            return Ok(Value::Head(ModelOutput {
                model,
                output,
                task,
                chosen: ChosenEntries::default(),
            }));
        }
        if let [output] = declaration.outputs.as_slice()
            && !output.axes.is_empty()
        {
            let head = self.only_output(model)?;
            return self.index_head(head, &Value::Text(task.into()));
        }
        let name = &self.models[model].name;
        let tasks: Vec<&str> = declaration
            .outputs
            .iter()
            .flat_map(|output| output.tasks.iter().map(String::as_str))
            .collect();
        let diagnostic = Diagnostic::error(
            Code::UnknownTask,
            format!("`{name}` has no task \"{task}\""),
        );
        Err(Box::new(if tasks.is_empty() {
            diagnostic.help(format!(
                "its declaration names no tasks; write `{name}[0]`, or name them: `tasks = [...]` in the .toml beside the file"
            ))
        } else if let Some(close) = gia_base::diag::closest(task, tasks.iter().copied()) {
            diagnostic.did_you_mean_text(close)
        } else if tasks.len() <= 12 {
            diagnostic.help(format!("its tasks are \"{}\"", tasks.join("\", \"")))
        } else {
            diagnostic.help(format!(
                "it has {} tasks, from \"{}\" to \"{}\"",
                tasks.len(),
                tasks[0],
                tasks[tasks.len() - 1]
            ))
        }))
    }

    pub fn task_by_number(&mut self, model: usize, number: f64) -> Outcome<Value> {
        let columns = self.models[model].declaration.columns();
        if number >= 0.0 && number.fract() == 0.0 && number < columns as f64 {
            return Ok(self.read(model, number as usize));
        }
        let name = &self.models[model].name;
        Err(Box::new(Diagnostic::error(
            Code::UnknownTask,
            format!(
                "`{name}` has {}, counted from 0; there is no output {number}",
                pluralize(columns, "output")
            ),
        )))
    }

    pub(super) fn read(&self, model: usize, column: usize) -> Value {
        Value::Query(Rc::new(Query {
            formula: Arc::new(Formula::Leaf(OutputRef { model, column })),
            unit: self.models[model]
                .declaration
                .unit(column)
                .map(String::from),
            written: None,
        }))
    }
}
