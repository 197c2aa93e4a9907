//! The words of the language by what they begin, and what each is for.
//!
//! Invariant: every word of these lists is a word of the grammar.

/// Words that begin a declaration.
pub const DECLARATIONS: &[&str] = &[
    "use",
    "set",
    "fn",
    "let",
    "model",
    "motif",
    "null",
    "construct",
    "query",
    "experiment",
    "show",
];

/// Words that begin an edit.
pub const EDITS: &[&str] = &[
    "embed",
    "insert",
    "delete",
    "mutate",
    "shuffle",
    "randomize",
    "disrupt",
    "invert",
    "move",
    "swap",
    "reverse_complement",
    "apply",
];

/// Words that begin a statement of an experiment and no edit.
pub const STATEMENTS: &[&str] = &[
    "vary",
    "background",
    "reference",
    "sample",
    "arm",
    "factorial",
    "measure",
    "contrast",
    "expect",
    "report",
];

/// Words that cannot be names.
pub const KEYWORDS: &[&str] = &[
    "use",
    "set",
    "fn",
    "let",
    "model",
    "motif",
    "null",
    "construct",
    "query",
    "experiment",
    "vary",
    "background",
    "sample",
    "arm",
    "embed",
    "factorial",
    "measure",
    "contrast",
    "expect",
    "where",
    "at",
    "in",
    "to",
    "step",
    "as",
    "and",
    "or",
    "not",
    "div",
    "mod",
    "true",
    "false",
];

/// Words that stand between the parts of a statement and may be names elsewhere.
pub const JOINING: &[&str] = &[
    "first",
    "until",
    "decided",
    "keeping",
    "without",
    "over",
    "between",
    "top",
    "bottom",
    "of",
    "shifting",
    "preserving",
    "like",
    "by",
];

/// What a word is for, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub word: &'static str,
    pub meaning: &'static str,
    pub example: &'static str,
}

/// The word of this spelling, where it begins a declaration, a statement or an edit.
pub fn explained(word: &str) -> Option<&'static Word> {
    EXPLAINED.iter().find(|known| known.word == word)
}

const fn word(word: &'static str, meaning: &'static str, example: &'static str) -> Word {
    Word {
        word,
        meaning,
        example,
    }
}

const EXPLAINED: &[Word] = &[
    word(
        "use",
        "Brings the names of another file, or of a module of the standard library.",
        "use syntax",
    ),
    word(
        "set",
        "Sets what holds for the whole script: `seed`, `level`, `fdr` or `correction`.",
        "set seed = 1",
    ),
    word(
        "fn",
        "Declares a function: one expression over its parameters.",
        "fn dimer(site: Motif, gap: Length) -> Construct = [site, gap, rc(site)]",
    ),
    word("let", "Gives a name to any value.", "let place = 20bp"),
    word(
        "model",
        "Gives a name to a model.",
        "model net = load(\"net.pt2\")",
    ),
    word(
        "motif",
        "Gives a name to a motif: IUPAC letters, or one of a file.",
        "motif AP1 = \"TGASTCA\"",
    ),
    word(
        "null",
        "Gives a name to a random model of sequences.",
        "null random = uniform(length: 200bp)",
    ),
    word(
        "construct",
        "Gives a name to motifs in a row with gaps between them.",
        "construct pair = [ETS, 8bp, rc(AP1)]",
    ),
    word(
        "query",
        "Gives a name to arithmetic over outputs of models.",
        "query balance = net[\"a\"] - net[\"b\"]",
    ),
    word(
        "experiment",
        "Declares an experiment, which is run.",
        "experiment one { background random; sample 500; embed AP1 at center; measure net[\"a\"] }",
    ),
    word(
        "show",
        "Shows rows of an experiment once more, or how good a model is.",
        "show top 10 of hexamers.effect",
    ),
    word(
        "vary",
        "An axis: the trial is repeated at each of its values.",
        "vary gap in 0bp to 60bp step 2bp",
    ),
    word(
        "background",
        "Where the sequences come from that every arm starts from.",
        "background random",
    ),
    word(
        "reference",
        "Real sequences that the backgrounds are compared with.",
        "reference peaks first 200",
    ),
    word(
        "sample",
        "How many backgrounds are taken, or until when.",
        "sample until decided max 100_000",
    ),
    word(
        "arm",
        "A named list of edits.",
        "arm both { embed A at 20bp; embed B at 60bp }",
    ),
    word(
        "factorial",
        "Makes every subset of the named parts an arm.",
        "factorial [A as a, 10bp, B as b] at center",
    ),
    word(
        "measure",
        "What is read from the model.",
        "measure net[\"a\"], ratio = net[\"a\"] - net[\"b\"]",
    ),
    word(
        "contrast",
        "What is compared: arithmetic over arms.",
        "contrast synergy = both - a - b + control",
    ),
    word(
        "expect",
        "A claim: supported, refuted or undecided.",
        "expect effect > 0 at 99%",
    ),
    word(
        "report",
        "What is reported beside the mean.",
        "report median, share",
    ),
    word(
        "embed",
        "Writes a construct over the bases at a place.",
        "embed AP1 at center",
    ),
    word(
        "insert",
        "Puts a construct in, and what lies on one side moves away.",
        "insert AP1 at 40bp shifting right",
    ),
    word(
        "delete",
        "Takes bases out, and what lies on one side moves in.",
        "delete 40bp..60bp shifting right",
    ),
    word(
        "mutate",
        "Writes other bases at a position or a region.",
        "mutate 40bp to \"T\"",
    ),
    word(
        "shuffle",
        "Shuffles the bases of a region.",
        "shuffle 40bp..60bp preserving 2",
    ),
    word(
        "randomize",
        "Draws the bases of a region anew.",
        "randomize 40bp..60bp",
    ),
    word(
        "disrupt",
        "Destroys every occurrence of a motif.",
        "disrupt AP1 by shuffle",
    ),
    word(
        "invert",
        "Reverse-complements a region.",
        "invert 40bp..60bp",
    ),
    word(
        "move",
        "Moves a region to another place.",
        "move 40bp..60bp to 10bp",
    ),
    word(
        "swap",
        "Lets two regions change places.",
        "swap 10bp..20bp, 60bp..70bp",
    ),
    word(
        "reverse_complement",
        "Reads the whole sequence on its other strand.",
        "reverse_complement",
    ),
    word(
        "apply",
        "Writes the allele of the variant that a background carries.",
        "apply variant",
    ),
];
