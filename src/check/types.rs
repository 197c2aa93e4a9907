//! Types of parameters, and which values convert to them.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::Checker;
use super::describe::percent_text;
use super::populations::sequence_of_motif;
use super::value::{Anchor, EvaluatedValue, FunctionValue, Position, Value};
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{Alphabet, Motif};
use gia_syntax::tree::TypeExpr;

#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Bool,
    Number,
    /// A fraction of a whole, such as `30%`.
    Share,
    /// A quantile of a query's answers.
    Quantile,
    Text,
    Length,
    Position,
    /// A position, or one that is drawn for each background.
    Placement,
    Region,
    Sequences,
    Motif,
    /// Redundant motifs, which stand for the first of them.
    Cluster,
    Construct,
    Population,
    Model,
    Query,
    /// Numbers at many places of each sequence.
    Track,
    /// A query with the interval in which its answers must lie.
    Band,
    Experiment,
    Edit,
    Arm,
    /// `variant`.
    Variant,
    /// A position or a region.
    Place,
    /// A motif, or the IUPAC letters of one in the alphabet of the sequences.
    Letters,
    /// A model to compare with known labels or measurements.
    Evaluation,
    /// What the bases of some sequences contribute to a query.
    Attribution,
    /// What the bases of any sequence contribute to a query, a track, or those of some sequences.
    Contributions,
    /// A number, a query, a track or a contrast: what arithmetic works on.
    Quantity,
    List(Box<Type>),
    /// A map, given the types of its keys and values.
    Map(Box<Type>, Box<Type>),
    /// Any value.
    Any,
}

const TYPE_NAMES: &[(&str, Type)] = &[
    ("Bool", Type::Bool),
    ("Number", Type::Number),
    ("Share", Type::Share),
    ("Quantile", Type::Quantile),
    ("Text", Type::Text),
    ("Length", Type::Length),
    ("Position", Type::Position),
    ("Placement", Type::Placement),
    ("Region", Type::Region),
    ("Sequences", Type::Sequences),
    ("Motif", Type::Motif),
    ("Cluster", Type::Cluster),
    ("Construct", Type::Construct),
    ("Population", Type::Population),
    ("Model", Type::Model),
    ("Query", Type::Query),
    ("Track", Type::Track),
    ("Band", Type::Band),
    ("Experiment", Type::Experiment),
    ("Edit", Type::Edit),
    ("Arm", Type::Arm),
    ("Variant", Type::Variant),
    ("Place", Type::Place),
    ("Letters", Type::Letters),
    ("Evaluation", Type::Evaluation),
    ("Attribution", Type::Attribution),
    ("Contributions", Type::Contributions),
    ("Quantity", Type::Quantity),
    ("Any", Type::Any),
];

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if let Type::List(item) = self {
            return write!(f, "List<{item}>");
        }
        if let Type::Map(key, value) = self {
            return write!(f, "Map<{key}, {value}>");
        }
        let name = TYPE_NAMES
            .iter()
            .find(|(_, ty)| ty == self)
            .map_or("?", |(name, _)| name);
        f.write_str(name)
    }
}

impl Type {
    /// Reads a type that a script writes.
    pub fn parse_type(written: &TypeExpr) -> Outcome<Type> {
        let name = &written.name.text;
        let most = match name.as_str() {
            "List" => 1,
            "Map" => 2,
            _ => 0,
        };
        if written.arguments.len() > most {
            return Err(Box::new(
                Diagnostic::error(
                    Code::TypeMismatch,
                    format!(
                        "`{name}` has {} in angle brackets, not {}",
                        match most {
                            0 => "nothing".to_string(),
                            1 => "one type".to_string(),
                            n => format!("{n} types"),
                        },
                        written.arguments.len()
                    ),
                )
                .at(written.span, "here"),
            ));
        }
        let argument = |i: usize| -> Outcome<Box<Type>> {
            Ok(Box::new(match written.arguments.get(i) {
                Some(argument) => Type::parse_type(argument)?,
                None => Type::Any,
            }))
        };
        match name.as_str() {
            "List" => return Ok(Type::List(argument(0)?)),
            "Map" => return Ok(Type::Map(argument(0)?, argument(1)?)),
            _ => {}
        }
        if let Some((_, ty)) = TYPE_NAMES.iter().find(|(known, _)| known == name) {
            return Ok(ty.clone());
        }
        let known = TYPE_NAMES
            .iter()
            .map(|(name, _)| *name)
            .chain(["List", "Map"]);
        let mut diagnostic =
            Diagnostic::error(Code::UnknownName, format!("there is no type `{name}`"))
                .at(written.span, "unknown type");
        if let Some(close) = gia_base::diag::closest(name, known) {
            diagnostic = diagnostic.did_you_mean(close);
        }
        Err(Box::new(diagnostic))
    }
}

impl Checker<'_> {
    /// Converts a value to the type: a text to the motif that it spells, a length to a position from the start.
    /// The diagnostic has no span yet; the caller adds it.
    pub fn coerce(&mut self, value: Value, ty: &Type) -> Outcome<Value> {
        let fitted = match (ty, &value) {
            (Type::Any, _) | (_, Value::None) => Some(value.clone()),
            (Type::Bool, Value::Bool(_))
            | (Type::Number, Value::Number(_))
            | (Type::Share, Value::Share(_))
            | (Type::Quantile, Value::Quantile(_))
            | (Type::Text, Value::Text(_))
            | (Type::Length, Value::Length(_))
            | (Type::Position, Value::Position(_))
            | (Type::Placement, Value::Position(_) | Value::Anywhere(_))
            | (Type::Region, Value::Region { .. })
            | (Type::Motif, Value::Motif(_))
            | (Type::Cluster, Value::Cluster(_))
            | (Type::Population, Value::Population(_) | Value::First { .. })
            | (Type::Model, Value::Model(_))
            | (Type::Query, Value::Query(_))
            | (Type::Track, Value::Track(_))
            | (Type::Band, Value::Band(_))
            | (Type::Experiment, Value::Experiment(_))
            | (Type::Edit, Value::Edit(_))
            | (Type::Arm, Value::Arm(_))
            | (Type::Variant, Value::Variant | Value::Haplotype(_))
            | (Type::Place, Value::Position(_) | Value::Region { .. })
            | (Type::Letters, Value::Motif(_) | Value::Text(_))
            | (Type::Evaluation, Value::Evaluation(_))
            | (
                Type::Quantity,
                Value::Number(_) | Value::Query(_) | Value::Track(_) | Value::Contrast(_),
            ) => Some(value.clone()),
            (Type::Attribution, Value::Evaluation(evaluation)) => {
                let is_map = match evaluation.of {
                    EvaluatedValue::Map(_) | EvaluatedValue::Influence(_) => true,
                    EvaluatedValue::Queries(_)
                    | EvaluatedValue::Track(..)
                    | EvaluatedValue::MapComparison(_) => false,
                };
                is_map.then(|| value.clone())
            }
            (Type::Contributions, Value::Track(_) | Value::Evaluation(_)) => Some(value.clone()),
            (Type::Population | Type::Sequences, Value::Text(text)) if is_bases(text) => {
                Some(sequence_of_motif(&*motif_from_text(text)?)?)
            }
            (Type::Population | Type::Sequences, Value::Motif(motif)) => {
                Some(sequence_of_motif(motif)?)
            }
            (Type::Sequences, Value::Population(_) | Value::First { .. })
                if value.kind() == "Sequences" =>
            {
                Some(value.clone())
            }
            (Type::Arm, Value::Edit(edit)) => Some(Value::Arm(Rc::new([edit.clone()]))),
            (Type::Place, _) => return self.coerce_place(value),
            (Type::Placement, Value::Function(function)) if function.is_anywhere() => {
                Some(Value::Anywhere(None))
            }
            (Type::Placement, _) => return self.coerce(value, &Type::Position),
            (Type::Letters, _) => return self.coerce(value, &Type::Motif),
            (Type::Position, Value::Length(offset)) => Some(Value::Position(Position {
                anchor: Anchor::Start,
                offset: *offset,
            })),
            (Type::Number | Type::Quantity, Value::Share(share)) => Some(Value::Number(*share)),
            (Type::Position, Value::Share(share)) if (0.0..=1.0).contains(share) => {
                Some(Value::Position(Position {
                    anchor: Anchor::Share(*share),
                    offset: 0,
                }))
            }
            (Type::Motif, Value::Text(text)) => Some(Value::Motif(motif_from_text(text)?)),
            (Type::Motif, Value::Construct(construct)) if construct.parts.len() == 1 => {
                match &construct.parts[0].kind {
                    gia_domain::PartKind::Motif(motif) => Some(Value::Motif(motif.clone())),
                    gia_domain::PartKind::Gap(_) => None,
                }
            }
            (Type::Construct, Value::Text(text)) => Some(Value::Motif(motif_from_text(text)?)),
            (Type::Construct, Value::List(items)) => {
                let items = items
                    .iter()
                    .map(|item| match item {
                        Value::Length(gap) if *gap < 0 => Err(Box::new(Diagnostic::error(
                            Code::OutOfRange,
                            format!("the gap of {gap} bp is negative"),
                        ))),
                        Value::Length(_) => Ok(item.clone()),
                        other => self.coerce(other.clone(), &Type::Construct),
                    })
                    .collect::<Result<Vec<_>, _>>()?;
                Value::List(Rc::new(items))
                    .as_construct()
                    .map(Value::Construct)
            }
            (Type::Construct, other) => other.as_construct().map(Value::Construct),
            (Type::Query | Type::Quantity, Value::Model(model)) => {
                Some(self.single_output(*model)?)
            }
            (Type::Quantity, Value::Head(head)) => Some(match self.as_track(&value)? {
                Some(track) => Value::Track(track),
                None => self.single_column(*head)?,
            }),
            (Type::Query, Value::Head(head)) => Some(self.single_column(*head)?),
            (Type::Track, Value::Model(model)) => {
                let head = self.only_track(*model)?;
                Some(Value::Track(Rc::new(self.head_track(head)?)))
            }
            (Type::Track, Value::Head(head)) => {
                Some(Value::Track(Rc::new(self.head_track(*head)?)))
            }
            (Type::Track, Value::List(items)) => self.list_as_track(items)?.map(Value::Track),
            // A track is passed on whole: what takes a list of numbers takes it too.
            (Type::List(item), Value::Head(head))
                if matches!(**item, Type::Quantity | Type::Query | Type::Any) =>
            {
                Some(Value::Track(Rc::new(self.head_track(*head)?)))
            }
            (Type::List(item), Value::Track(_))
                if matches!(**item, Type::Quantity | Type::Query | Type::Any) =>
            {
                Some(value.clone())
            }
            (Type::Motif, Value::Cluster(motifs)) => motifs.first().cloned(),
            (Type::List(item), Value::List(items) | Value::Cluster(items)) => {
                let items = items
                    .iter()
                    .map(|value| self.coerce(value.clone(), item))
                    .collect::<Result<Vec<_>, _>>()?;
                Some(Value::List(Rc::new(items)))
            }
            (Type::Map(key, value), Value::Map(entries)) => {
                let entries = entries
                    .iter()
                    .map(|(k, v)| {
                        Ok((self.coerce(k.clone(), key)?, self.coerce(v.clone(), value)?))
                    })
                    .collect::<Outcome<Vec<_>>>()?;
                Some(Value::Map(Rc::new(entries)))
            }
            _ => None,
        };
        fitted.ok_or_else(|| {
            let mut diagnostic = Diagnostic::error(
                Code::TypeMismatch,
                format!("expected {}, found {}", article(ty), value.kind()),
            );
            match suggest_conversion(ty, &value) {
                Some((help, Some(text))) => diagnostic = diagnostic.suggest_here(help, text),
                Some((help, None)) => diagnostic = diagnostic.help(help),
                None => {}
            }
            Box::new(diagnostic)
        })
    }

    /// Converts a value to a region if it is one, else to a position.
    fn coerce_place(&mut self, value: Value) -> Outcome<Value> {
        match self.coerce(value.clone(), &Type::Position) {
            Ok(position) => Ok(position),
            Err(diagnostic) => Err(match &value {
                Value::Number(_) => diagnostic,
                other => Box::new(Diagnostic::error(
                    Code::TypeMismatch,
                    format!("expected a Position or a Region, found {}", other.kind()),
                )),
            }),
        }
    }
}

impl FunctionValue {
    /// Whether it is `anywhere` of the prelude, which needs no parentheses where it takes no region.
    pub fn is_anywhere(&self) -> bool {
        self.native.is_some() && self.declaration.name.text == "anywhere"
    }
}

fn article(ty: &Type) -> String {
    match ty {
        Type::Edit | Type::Arm | Type::Attribution | Type::Evaluation => format!("an {ty}"),
        Type::Place => "a Position or a Region".to_string(),
        Type::Letters => "letters or a Motif".to_string(),
        Type::Variant => "`variant` or a haplotype".to_string(),
        Type::Sequences => "Sequences".to_string(),
        Type::Experiment => "an Experiment".to_string(),
        Type::Quantity => "a Number, a Query or a contrast".to_string(),
        other => format!("a {other}"),
    }
}

/// The suggested conversion of a value to a type: a help text and, if only the value is wrong, its replacement.
fn suggest_conversion(ty: &Type, value: &Value) -> Option<(String, Option<String>)> {
    let (words, text) = match (ty, value) {
        (Type::Length | Type::Position, Value::Number(n)) if n.fract() == 0.0 => (
            format!("a length has a unit: write `{n}bp`"),
            Some(format!("{n}bp")),
        ),
        (Type::Position, Value::Number(n)) if (0.0..=1.0).contains(n) => {
            let share = percent_text(*n);
            (
                format!("a share of the sequence is written with its sign: `{share}`"),
                Some(share),
            )
        }
        (Type::Number, Value::Length(n)) => (
            format!("a plain number has no unit: write `{n}`"),
            Some(n.to_string()),
        ),
        (Type::Population | Type::Sequences, Value::Text(text)) if spells_bases(text) => {
            let written = format!("dna\"{text}\"");
            (
                format!("a sequence of few letters is marked as one: write `{written}`"),
                Some(written),
            )
        }
        (Type::Population | Type::Sequences, Value::Text(text)) => {
            let call = format!("fasta(\"{text}\")");
            (
                format!("sequences are read from a file: write `{call}`"),
                Some(call),
            )
        }
        (Type::Query, Value::Track(_)) => (
            "one number is measured: `sum(...)`, `mean(...)`, `max(...)` or `min(...)` of them"
                .into(),
            None,
        ),
        (Type::Query | Type::Quantity, Value::List(items)) if items.len() > 1 => (
            "one number is measured: `sum(...)`, `mean(...)`, `max(...)` or `min(...)` of them"
                .into(),
            None,
        ),
        (Type::Band, Value::Query(_) | Value::Model(_)) => (
            "say which of them: `QUERY between quantile(10%) and quantile(90%)`".into(),
            None,
        ),
        (Type::Edit, Value::Arm(_)) => (
            "an Arm holds edits in their order, and is a step of its own; where it is returned or passed, its type is `Arm`".into(),
            None,
        ),
        (Type::Edit | Type::Arm, Value::List(items))
            if items.iter().all(|item| matches!(item, Value::Edit(_) | Value::Arm(_))) =>
        (
            "edits in their order are an Arm: `arm { FIRST; SECOND }`".into(),
            None,
        ),
        (Type::Edit | Type::Arm, Value::Function(function)) => {
            let declaration = &function.declaration;
            let result = declaration.result.as_ref()?;
            if !matches!(Type::parse_type(result), Ok(Type::Edit | Type::Arm)) {
                return None;
            }
            let name = &declaration.name.text;
            let alone = declaration.parameters.iter().all(|p| p.default.is_some());
            let call = if alone { format!("{name}()") } else { format!("{name}(...)") };
            (
                format!("a function makes an edit where it is called: write `{call}`"),
                alone.then_some(call),
            )
        }
        (Type::Construct | Type::Motif | Type::Letters, Value::Function(function)) => {
            let name = &function.declaration.name.text;
            (
                format!("a function is called with what it works on: write `{name}(...)`"),
                None,
            )
        }
        (Type::Position, Value::Anywhere(_)) => (
            "a drawn place is one of `embed CONSTRUCT at anywhere` and of `factorial ROW at anywhere`".into(),
            None,
        ),
        (Type::Position, Value::Motif(_)) => (
            "a place is a position, such as `center` or `20bp`: `embed MOTIF at PLACE`".into(),
            None,
        ),
        (Type::List(item), Value::Contrast(_)) if **item == Type::Quantity => (
            "it works on several numbers: list them, as in `max([one - control, two - control])`".into(),
            None,
        ),
        (Type::List(item), Value::Population(_)) if **item == Type::Quantity => (
            "it works on numbers; what a model says of sequences is measured in an experiment".into(),
            None,
        ),
        (Type::Construct | Type::Motif | Type::Letters, Value::Edit(_) | Value::Arm(_)) => (
            "an edit is a step already, and is named alone".into(),
            None,
        ),
        (Type::Model, Value::Text(text)) => {
            let call = format!("load(\"{text}\")");
            (
                format!("a model is read from its file: write `{call}`"),
                Some(call),
            )
        }
        _ => return None,
    };
    Some((words, text))
}

/// Whether a text is bases, and so a sequence rather than the path of a file.
fn is_bases(text: &str) -> bool {
    const MIN_BASES: usize = 8;
    text.len() >= MIN_BASES && spells_bases(text)
}

/// Whether a text is one of letters that stand for bases, `N` and the other IUPAC letters among them.
pub fn spells_bases(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| "ACGTUNRYSWKMBDHVacgtunryswkmbdhv".contains(letter))
}

/// A plain text where a motif is wanted is IUPAC; a `U` makes it RNA.
pub fn motif_from_text(text: &str) -> Outcome<Arc<Motif>> {
    let alphabet = if text.contains(['U', 'u']) {
        Alphabet::Rna
    } else {
        Alphabet::Dna
    };
    Motif::from_iupac(text, alphabet).map(Arc::new)
}
