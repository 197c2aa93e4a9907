//! The tree of a `.gia` file: what the text says, with a span on everything, and nothing about what it means.

use gia_base::source::Span;

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    pub items: Vec<Item>,
    /// Names whose declarations could not be read.
    pub lost: Vec<String>,
}

/// One declaration at the top of a file, with the `##` lines above it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub doc: Option<String>,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `use "path.gia"` or `use syntax`.
    Use(Module),
    /// `set seed = 7`.
    Set { name: Name, value: Expr },
    /// `let x = ...` and its kinded forms; `experiment x = ...` too.
    Let(Let),
    /// `fn f(a: Motif, n: Number = 3) = ...`; without a body it names a function of the interpreter.
    Fn(Fn),
    /// `experiment name { ... }`.
    Experiment { name: Name, body: Experiment },
    /// `show top 10 of hexamers.effect`.
    Show {
        ranking: Option<(Ranking, Expr)>,
        of: Expr,
    },
}

/// From which end of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The largest first.
    Top,
    /// The smallest first.
    Bottom,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Module {
    File { path: String, span: Span },
    Library(Name),
}

/// The keyword of a binding: `let`, or one that requires a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Let,
    Model,
    Motif,
    Null,
    Construct,
    Query,
    Experiment,
}

impl Kind {
    pub fn keyword(self) -> &'static str {
        match self {
            Kind::Let => "let",
            Kind::Model => "model",
            Kind::Motif => "motif",
            Kind::Null => "null",
            Kind::Construct => "construct",
            Kind::Query => "query",
            Kind::Experiment => "experiment",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    pub kind: Kind,
    pub name: Name,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Fn {
    pub name: Name,
    pub parameters: Vec<Parameter>,
    pub result: Option<TypeExpr>,
    pub body: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: Name,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
}

/// A type as written: `Motif`, `List<Length>`, `Map<Motif, Number>`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    pub name: Name,
    pub arguments: Vec<TypeExpr>,
    pub span: Span,
}

/// The statements between the braces of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    pub statements: Vec<Statement>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `vary gap in 0bp to 60bp step 2bp`.
    Vary { axis: Name, values: Expr },
    /// `background NULL` or `background SEQS first 60`.
    Background { source: Expr, first: Option<Expr> },
    /// `reference SEQS first 200`: real sequences that the backgrounds stand for.
    Reference { source: Expr, first: Option<Expr> },
    /// `sample 2000` or `sample until decided max 100_000`.
    Sample { size: SampleSize },
    /// An edit straight in the experiment: part of the arm `treated`.
    Edit(Edit),
    /// `arm both { gata; tal }`.
    Arm { name: Name, steps: Vec<Step> },
    /// `factorial [A as a, gap, B as b] at 480bp`.
    Factorial { parts: Expr, at: Expr },
    /// `measure k562["DNase"]` or `measure dnase = ..., ratio = ...`.
    Measure { outcomes: Vec<NamedOutcome> },
    /// `contrast synergy = both - gata - tal + control`.
    Contrast { name: Name, value: Expr },
    /// `report median, wilcoxon`, beside the mean, or `report period over gap`.
    Report { summaries: Vec<Summary> },
    /// `expect synergy > 0 where gap <= 20bp at 99%`.
    Expect(Expect),
    /// `let x = ...` inside the experiment; it may use the axes.
    Let(Let),
}

/// `median`, or `period over gap`.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub name: Name,
    /// The axis that a curve runs along.
    pub over: Option<Name>,
}

/// How many backgrounds are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleSize {
    Fixed(Expr),
    /// As many as a rule asks for, and at most so many.
    Until {
        rule: StoppingRule,
        most: Expr,
    },
}

/// When enough backgrounds are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum StoppingRule {
    /// `width < 0.05`: every interval is narrower.
    Narrow(Expr),
    /// `decided`: no claim is undecided.
    Decided,
}

impl SampleSize {
    /// The number that is drawn, or the most.
    pub fn most(&self) -> &Expr {
        match self {
            SampleSize::Fixed(count) => count,
            SampleSize::Until { most, .. } => most,
        }
    }

    /// Its expressions, in the order of the text.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let width = match self {
            SampleSize::Until {
                rule: StoppingRule::Narrow(width),
                ..
            } => Some(width),
            _ => None,
        };
        width.into_iter().chain(std::iter::once(self.most()))
    }
}

/// What an arm is made of, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Edit(Edit),
    /// All steps of another arm.
    Arm(Name),
}

/// A change to a sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    pub kind: EditKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EditKind {
    /// `embed C at P`.
    Embed { construct: Expr, at: Expr },
    /// `insert C at P shifting right`: what lies on that side of P moves away.
    Insert {
        construct: Expr,
        at: Expr,
        shifting: Side,
    },
    /// `delete R shifting right`: what lies on that side of R moves in.
    Delete { region: Expr, shifting: Side },
    /// `mutate P to "T"`, `mutate R to "GGAT"`.
    Mutate { place: Expr, to: Expr },
    /// `shuffle R preserving 2`.
    Shuffle {
        region: Expr,
        preserving: Option<Expr>,
    },
    /// `randomize R like NULL`.
    Randomize { region: Expr, like: Option<Expr> },
    /// `disrupt M by shuffle`.
    Disrupt { motif: Expr, by: Disruption },
    /// `invert R`.
    Invert { region: Expr },
    /// `move R to P`.
    Move { region: Expr, to: Expr },
    /// `swap R, R`.
    Swap { first: Expr, second: Expr },
    /// `reverse_complement`, the whole sequence.
    ReverseComplement,
    /// `apply variant`, the one that each background carries.
    ApplyVariant,
}

/// The side of a place that moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
}

/// How the occurrences of a motif are destroyed.
#[derive(Debug, Clone, PartialEq)]
pub enum Disruption {
    Shuffle { preserving: Option<Expr> },
    Randomize,
}

impl EditKind {
    /// The expressions of an edit, in the order of the text.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            EditKind::Embed { construct, at } | EditKind::Insert { construct, at, .. } => {
                vec![construct, at]
            }
            EditKind::Delete { region, .. } | EditKind::Invert { region } => vec![region],
            EditKind::Mutate { place, to } => vec![place, to],
            EditKind::Shuffle { region, preserving } => {
                std::iter::once(region).chain(preserving).collect()
            }
            EditKind::Randomize { region, like } => std::iter::once(region).chain(like).collect(),
            EditKind::Disrupt { motif, by } => match by {
                Disruption::Shuffle { preserving } => {
                    std::iter::once(motif).chain(preserving).collect()
                }
                Disruption::Randomize => vec![motif],
            },
            EditKind::Move { region, to } => vec![region, to],
            EditKind::Swap { first, second } => vec![first, second],
            EditKind::ReverseComplement | EditKind::ApplyVariant => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct NamedOutcome {
    pub name: Option<Name>,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// The comparison, as an expression whose outermost operator compares.
    pub claim: Expr,
    /// `where COND`.
    pub condition: Option<Expr>,
    /// `at 99%`.
    pub level: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `3`, `0.5`, `1_000`.
    Number(f64),
    /// `95%`, as the number 0.95; beside a length it is a place in the sequence.
    Percent(f64),
    /// `10bp`, `1.5kb`, in base pairs.
    Length(i64),
    Bool(bool),
    Text(String),
    /// `dna"ACGT"`, `rna"ACGU"`.
    Sequence {
        alphabet: SequenceAlphabet,
        letters: String,
    },
    Name(String),
    /// `[a, 10bp, b as second]`.
    List(Vec<ListItem>),
    /// `{GATA1: 2.0, TAL1: 1.0}`.
    Map(Vec<MapEntry>),
    /// `f(x, n: 3)`.
    Call {
        function: Box<Expr>,
        arguments: Vec<Argument>,
    },
    /// `m["DNase"]`, `m[3]`.
    Index {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    /// `effect.dnase`.
    Field {
        base: Box<Expr>,
        name: Name,
    },
    /// `construct keeping g`, `construct without [g, t]`.
    Parts {
        base: Box<Expr>,
        keeping: bool,
        labels: Vec<Name>,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Expr>,
    },
    Binary {
        op: BinaryOp,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `a to b step s`, both ends included.
    To {
        from: Box<Expr>,
        to: Box<Expr>,
        step: Option<Box<Expr>>,
    },
    /// `value between low and high`, both bounds included.
    Between {
        value: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    /// `effect over gap`, a contrast along an axis.
    Over {
        value: Box<Expr>,
        axis: Name,
    },
    /// `400bp..460bp`, half open.
    Region {
        start: Box<Expr>,
        end: Box<Expr>,
    },
    /// `experiment { ... }` as a value, in the body of a function.
    Experiment(Experiment),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceAlphabet {
    Dna,
    Rna,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ListItem {
    pub value: Expr,
    /// `as label`.
    pub label: Option<Name>,
}

/// `key: value` of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry {
    pub key: Expr,
    pub value: Expr,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Minus,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Whole division, towards minus infinity.
    Div,
    /// Remainder of `div`.
    Mod,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

impl BinaryOp {
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Div => "div",
            BinaryOp::Mod => "mod",
            BinaryOp::Power => "^",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::And => "and",
            BinaryOp::Or => "or",
        }
    }

    pub fn compares(self) -> bool {
        use BinaryOp::*;
        matches!(
            self,
            Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual
        )
    }
}
