//! The syntax tree of a `.gia` file: what the text says, with spans for diagnostics, and nothing about what it means.

use gia_base::source::Span;

/// An identifier and its span.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// The identifier as written; case matters.
    pub text: String,
    /// The identifier alone, without blanks around it.
    pub span: Span,
}

/// A parsed file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct File {
    /// The declarations that could be parsed, in the order of the text.
    pub items: Vec<Item>,
    /// Names whose declarations could not be parsed. The checker reports no unknown name for these.
    pub lost: Vec<String>,
}

/// One declaration at the top level of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Text of the `##` lines directly above it, joined by line breaks; none if there are no such lines.
    pub doc: Option<String>,
    /// Which declaration it is, with its parts.
    pub kind: ItemKind,
    /// The whole declaration, without its documentation.
    pub span: Span,
}

/// A declaration by its keyword.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `use "path.gia"` or `use syntax`.
    Use(Module),
    /// `set seed = 7`.
    Set {
        /// The setting: `seed`, `level`, `fdr` or `correction`. Any other is an error of the checker.
        name: Name,
        /// What it is set to.
        value: Expr,
    },
    /// `let x = ...` or a binding that requires a type, `experiment x = ...` included.
    Let(Let),
    /// `fn f(a: Motif, n: Number = 3) = ...`.
    Fn(Fn),
    /// `experiment name { ... }`.
    Experiment {
        /// What reports call the experiment.
        name: Name,
        /// Its statements.
        body: Experiment,
    },
    /// `expect necessity.effect - elsewhere.effect > 0`: a claim about several experiments.
    Expect(Expect),
    /// `show top 10 of hexamers.effect`.
    Show {
        /// The end of the ranking and the number of rows; none shows all rows in the order of the grid.
        ranking: Option<(Ranking, Expr)>,
        /// A contrast of an experiment, with or without an outcome (`hexamers.effect.dnase`), or an evaluation of a model.
        of: Expr,
    },
}

/// Which end of a ranking comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranking {
    /// The largest first.
    Top,
    /// The smallest first.
    Bottom,
}

/// What `use` brings into scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Module {
    /// Another script: `use "path.gia"`.
    File {
        /// The path as written, relative to the folder of the file that uses it.
        path: String,
        /// The quoted path.
        span: Span,
    },
    /// A module of the standard library: `use syntax`.
    Library(Name),
}

/// The keyword of a binding: `let`, or one that requires a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `let`: a value of any type.
    Let,
    /// `model`: a network, a built-in model or an ensemble.
    Model,
    /// `motif`: a motif or the IUPAC letters that spell one.
    Motif,
    /// `null`: a null model of background sequences.
    Null,
    /// `construct`: motifs in a row with gaps between them.
    Construct,
    /// `query`: arithmetic over outputs of models.
    Query,
    /// `attribution`: what each base of some sequences contributes to a query.
    Attribution,
    /// `experiment`: an experiment, which runs if the script itself declares it.
    Experiment,
}

impl Kind {
    /// Every keyword of a binding.
    pub const ALL: &'static [Kind] = &[
        Kind::Let,
        Kind::Model,
        Kind::Motif,
        Kind::Null,
        Kind::Construct,
        Kind::Query,
        Kind::Attribution,
        Kind::Experiment,
    ];

    /// Whether a word is the keyword of a binding.
    pub fn is_keyword(word: &str) -> bool {
        Kind::ALL.iter().any(|kind| kind.keyword() == word)
    }

    /// The keyword as a script writes it.
    pub fn keyword(self) -> &'static str {
        match self {
            Kind::Let => "let",
            Kind::Model => "model",
            Kind::Motif => "motif",
            Kind::Null => "null",
            Kind::Construct => "construct",
            Kind::Query => "query",
            Kind::Attribution => "attribution",
            Kind::Experiment => "experiment",
        }
    }
}

/// A binding: a name and the expression whose value it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The keyword, which says what type the value must have.
    pub kind: Kind,
    /// The name that is declared.
    pub name: Name,
    /// The expression behind `=`.
    pub value: Expr,
}

/// A function: one expression over its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Fn {
    /// The name that is declared.
    pub name: Name,
    /// The parameters, in the order of positional arguments.
    pub parameters: Vec<Parameter>,
    /// The type behind `->`; none if it is left out.
    pub result: Option<TypeExpr>,
    /// The expression behind `=`; none for a function that the interpreter implements, which only the prelude may declare.
    pub body: Option<Expr>,
}

/// One parameter of a function: `gap: Length = 10bp`.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// The name that the body and named arguments use.
    pub name: Name,
    /// The type that an argument must have or convert to.
    pub ty: TypeExpr,
    /// Used where a call gives no argument; it may use the parameters before it. None if an argument is required.
    pub default: Option<Expr>,
}

/// A type as written: `Motif`, `List<Length>`, `Map<Motif, Number>`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// The type's own name, such as `List`.
    pub name: Name,
    /// The types between `<` and `>`; empty if there are none.
    pub arguments: Vec<TypeExpr>,
    /// The type with its arguments.
    pub span: Span,
}

/// The statements between the braces of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The statements, in the order of the text.
    pub statements: Vec<Statement>,
    /// From brace to brace, both included.
    pub span: Span,
}

/// One statement of an experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Which statement it is, with its parts.
    pub kind: StatementKind,
    /// The whole statement.
    pub span: Span,
}

/// A statement of an experiment by its keyword.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `vary gap in 0bp to 60bp step 2bp`, or `vary site in MOTIFS where information(site) > 8`.
    Vary {
        /// The name that stands for the value at each grid point.
        axis: Name,
        /// The list of values.
        values: Expr,
        /// The condition behind `where`, which selects values; none takes all.
        condition: Option<Expr>,
    },
    /// `background NULL` or `background SEQS`: a null model or a set of sequences.
    Background(Expr),
    /// `reference SEQS first 200`: real sequences that the backgrounds stand for, as long as these.
    Reference(Expr),
    /// `sample 2000` or `sample until decided max 100_000`.
    Sample {
        /// A number, or a stopping rule.
        size: SampleSize,
    },
    /// A step directly in the experiment: part of the arm `treated`.
    Step(Expr),
    /// `arm both { gata; tal }`.
    Arm {
        /// The name that contrasts and reports use.
        name: Name,
        /// Edits and other arms, in the order in which they apply. A name may stand for an arm of the experiment, which the
        /// checker resolves.
        steps: Vec<Expr>,
    },
    /// `factorial [A as a, gap, B as b] at 480bp`.
    Factorial {
        /// A row of motifs and gaps; every subset of the motifs becomes an arm.
        parts: Expr,
        /// Where the whole row stands in the background.
        at: Expr,
    },
    /// `measure k562["DNase"]` or `measure dnase = ..., ratio = ...`.
    Measure {
        /// The queries to measure, at least one.
        outcomes: Vec<NamedOutcome>,
    },
    /// `contrast synergy = both - gata - tal + control`.
    Contrast {
        /// The name that claims and reports use.
        name: Name,
        /// Arithmetic over arms.
        value: Expr,
    },
    /// `report median, wilcoxon`, beside the mean, or `report period over gap`.
    Report {
        /// What to report, at least one.
        summaries: Vec<Summary>,
    },
    /// `expect synergy > 0 where gap <= 20bp at 99%`.
    Expect(Expect),
    /// `let x = ...` inside the experiment; it may use the axes.
    Let(Let),
}

/// One entry of `report`: `median`, `period over gap` or `drivers("TATA")`.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// The statistic, such as `median` or `period`.
    pub name: Name,
    /// What stands in brackets behind the name; none without brackets.
    pub arguments: Option<Vec<Argument>>,
    /// From the first bracket to the last; empty behind the name without brackets.
    pub brackets: Span,
    /// The axis behind `over`, for a statistic of a curve; none for one of a single grid point.
    pub over: Option<Name>,
    /// The population behind `beyond`, in which the same edits give the effects that each row is ranked among.
    pub beyond: Option<Expr>,
}

/// How many backgrounds are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum SampleSize {
    /// `sample 2000`: this many.
    Fixed(Expr),
    /// `sample 20 per source`: this many made from each sequence of a file.
    PerSource(Expr),
    /// `sample until RULE max MOST`: until a stopping rule is satisfied.
    Until {
        /// When to stop.
        rule: StoppingRule,
        /// Maximum number of backgrounds.
        most: Expr,
    },
}

/// When enough backgrounds are drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum StoppingRule {
    /// `width < 0.05`: every interval of the experiment is narrower than this.
    Narrow(Expr),
    /// `decided`: no claim is undecided.
    Decided,
}

impl SampleSize {
    /// The number of backgrounds, of those for each source, or the one behind `max`.
    pub fn most(&self) -> &Expr {
        match self {
            SampleSize::Fixed(count) | SampleSize::PerSource(count) => count,
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

/// One outcome of `measure`: `dnase = k562["DNase"]`, or the query alone.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedOutcome {
    /// The name before `=`; none names the outcome by the query's source text.
    pub name: Option<Name>,
    /// The query that is measured.
    pub value: Expr,
}

/// A claim: `expect CLAIM where COND at LEVEL`.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// A comparison such as `effect > 0`, or a statement about a curve such as `increasing(effect over gap)`. The parser takes
    /// any expression here; the checker refuses the others.
    pub claim: Expr,
    /// Whether `across models` stands behind it: the claim is about networks like the members of an ensemble.
    pub across_models: bool,
    /// The population behind `beyond`: the effect is ranked among those of the same edits in these sequences.
    pub beyond: Option<Expr>,
    /// The condition behind `where`, which selects grid points; none claims it of all.
    pub condition: Option<Expr>,
    /// The confidence level behind `at`, as in `at 99%`; none uses the level of the script.
    pub level: Option<Expr>,
}

/// An expression and its span.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// Which expression it is, with its operands.
    pub kind: ExprKind,
    /// The whole expression, round brackets around it included.
    pub span: Span,
}

/// An expression by its form. Round brackets only group and leave no node.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `3`, `0.5`, `1_000`.
    Number(f64),
    /// `95%`, as the fraction 0.95; the checker reads it as a number or as a position in a sequence.
    Percent(f64),
    /// `10bp`, `1.5kb`, `2Mb`, in bp.
    Length(i64),
    /// `10.5bp`, in bp: no length, but a period may have it.
    FractionalLength(f64),
    /// `true` or `false`.
    Bool(bool),
    /// `"text"`, without the quotes and with its escapes resolved.
    Text(String),
    /// `dna"ACGT"`, `rna"ACGU"`.
    Sequence {
        /// The word before the quotes.
        alphabet: SequenceAlphabet,
        /// IUPAC letters as written; the checker refuses others.
        letters: String,
    },
    /// An identifier that stands for a value.
    Name(String),
    /// `[a, 10bp, b as second]`.
    List(Vec<ListItem>),
    /// `{GATA1: 2.0, TAL1: 1.0}`.
    Map(Vec<MapEntry>),
    /// `f(x, n: 3)`.
    Call {
        /// The expression before the brackets.
        function: Box<Expr>,
        /// The arguments, in the order of the text.
        arguments: Vec<Argument>,
    },
    /// `m["DNase"]`, `m[3]`.
    Index {
        /// The expression before the brackets: a model, an output or a list.
        base: Box<Expr>,
        /// The name of a task or motif, a number counted from 0, or a position or region of an output along the sequence.
        index: Box<Expr>,
    },
    /// `effect.dnase`.
    Field {
        /// The expression before the dot: a contrast, a model or a module.
        base: Box<Expr>,
        /// The name behind the dot: an outcome of the contrast, an output of the model, or a name of the module.
        name: Name,
    },
    /// `construct keeping g`, `construct without [g, t]`.
    Parts {
        /// The construct whose parts are selected.
        base: Box<Expr>,
        /// Whether the parts with these labels stay (`keeping`) or become gaps (`without`).
        keeping: bool,
        /// Labels of parts of the construct, at least one.
        labels: Vec<Name>,
    },
    /// `-x`, `not x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// What it applies to.
        operand: Box<Expr>,
    },
    /// `a + b`, `a < b`, `a and b`.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// The operand before the operator.
        left: Box<Expr>,
        /// The operand behind the operator.
        right: Box<Expr>,
    },
    /// `a to b step s`, both ends included.
    To {
        /// The first value.
        from: Box<Expr>,
        /// The last value.
        to: Box<Expr>,
        /// The difference between neighbours; none means 1 or 1 bp.
        step: Option<Box<Expr>>,
    },
    /// `value between low and high`, both bounds included.
    Between {
        /// What is compared.
        value: Box<Expr>,
        /// The lower bound.
        low: Box<Expr>,
        /// The upper bound.
        high: Box<Expr>,
    },
    /// `effect over gap`, a contrast along an axis.
    Over {
        /// A contrast.
        value: Box<Expr>,
        /// The axis of the experiment that it runs along.
        axis: Name,
    },
    /// `peaks first 50`, the head of a population or of a list.
    First {
        /// What the first are taken of.
        of: Box<Expr>,
        /// How many are taken.
        count: Box<Expr>,
    },
    /// `400bp..460bp`, a half-open region of a sequence.
    Region {
        /// The first position.
        start: Box<Expr>,
        /// The position behind the last.
        end: Box<Expr>,
    },
    /// `experiment { ... }` as a value, in the body of a function.
    Experiment(Experiment),
    /// `arm { embed m at place }` as a value: its steps, in the order in which they apply.
    Arm(Vec<Expr>),
    /// A call as a statement speaks it: `embed M at P`. It is a step, and stands nowhere else.
    Phrase {
        /// The function.
        verb: Name,
        /// The values behind the verb, then those behind words, each named by its parameter. The span of a name is that of the
        /// word: of `at`, which stands for the parameter `place`.
        arguments: Vec<Argument>,
    },
}

/// The alphabet that the prefix of a sequence literal states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SequenceAlphabet {
    /// `dna"..."`.
    Dna,
    /// `rna"..."`.
    Rna,
}

/// One item of a list: `b`, or `b as second`.
#[derive(Debug, Clone, PartialEq)]
pub struct ListItem {
    /// The item itself.
    pub value: Expr,
    /// The label behind `as`, which names a part of a construct or of a factorial; none if there is no `as`.
    pub label: Option<Name>,
}

/// `key: value` of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry {
    /// The expression before the colon.
    pub key: Expr,
    /// The expression behind the colon.
    pub value: Expr,
}

/// The parameter that the word `at` of a phrase stands for.
pub const PLACE: &str = "place";

/// One argument of a call: `10bp`, or `gap: 10bp`.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    /// The parameter that it is for; none for a positional argument.
    pub name: Option<Name>,
    /// What is passed.
    pub value: Expr,
}

/// An operator before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`.
    Minus,
    /// `not`.
    Not,
}

/// An operator between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `div`: integer division, rounding towards minus infinity.
    Div,
    /// `mod`: the remainder of `div`.
    Mod,
    /// `^`, which groups from the right.
    Power,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `and`.
    And,
    /// `or`.
    Or,
}

impl BinaryOp {
    /// The operator as a script writes it.
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

    /// Whether it compares its operands, as `<` and `==` do.
    pub fn compares(self) -> bool {
        use BinaryOp::*;
        matches!(
            self,
            Less | LessEqual | Greater | GreaterEqual | Equal | NotEqual
        )
    }
}
