//! The stable codes of all diagnostics, each with what it means. Every code has a page, `codes/CODE.md`; `explanation.rs` says how it is
//! written, and tests run its examples.

/// Declares the closed list of codes, so that name, number and meaning stand in one place.
macro_rules! codes {
    ($($name:ident = $number:literal : $meaning:literal),* $(,)?) => {
        /// A stable name for one kind of finding. Numbers are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $meaning] $name),* }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// As printed, for example `E0301`.
            pub fn number(self) -> &'static str {
                match self { $(Code::$name => $number),* }
            }

            /// What the code means and what usually mends it, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning),* }
            }

            /// The page of the code, Markdown: a paragraph, and as a rule a mistake and its mend. See [`super::explanation`].
            pub fn page(self) -> &'static str {
                match self { $(Code::$name => include_str!(concat!("codes/", $number, ".md"))),* }
            }
        }
    };
}

codes! {
    // E00: reading the text.
    Syntax = "E0001": "The text does not follow the grammar at this place.",
    MissingFile = "E0002": "A file that the program or the command line names cannot be read.",
    UseCycle = "E0003": "Two files use each other; move what both need into a third.",

    // E01: names.
    UnknownName = "E0101": "No declaration, parameter, axis or built-in function has this name.",
    DuplicateName = "E0102": "Two things in one scope have the same name.",
    UnknownTask = "E0103": "The model's declaration lists no task of this name, or it has no output of this number.",
    UnknownArgument = "E0104": "The function has no parameter of this name, or too many arguments are given.",
    MissingArgument = "E0105": "A parameter without a default is not given.",
    UnknownModule = "E0106": "`use` names a standard-library module that does not exist; a file is written in quotes.",
    UnknownSetting = "E0107": "`set` knows `seed`, `level`, `fdr` and `correction`.",
    UnknownMotif = "E0108": "The motif file or the bundled JASPAR collection holds no motif of this name.",
    AmbiguousOutcome = "E0109": "The experiment measures several outcomes or has several contrasts, and the claim does not say which it is about.",

    AmbiguousName = "E0110": "The name of an arm is also that of its effect, and the formula means another number with the one than with the other: write `arm(NAME)`, or `NAME - control`.",
    AmbiguousMotif = "E0111": "The name stands for several motifs, or for none among those that it is looked up in: name the motif by its matrix or its number, or say of which species or taxon it is.",
    UnknownTaxon = "E0112": "The bundled JASPAR collection holds no motif of this species or taxon; a species goes by its scientific name, as `Homo sapiens`.",

    // E02: types and units.
    TypeMismatch = "E0201": "A value of one type stands where another is needed.",
    UnitMismatch = "E0202": "A length, a position and a plain number cannot be mixed this way.",
    NotCallable = "E0203": "Only functions are called.",
    BadValue = "E0204": "The value is outside what makes sense here.",
    NotPortable = "E0205": "This combination is not part of the language.",
    BudgetExceeded = "E0206": "The script would build more than fits, or take too long to check: a list, a construct, a formula, a null model or a grid has grown past its limit.",
    ShareOfAQuery = "E0208": "A percentage bounds a query. It may be meant as a quantile of all answers, `quantile(10%)`, or as the answer 0.1 itself.",
    Recursion = "E0207": "A function calls itself, at once or through others. A function is one expression, so the calls would never end.",

    // E03: the shape of an experiment.
    DoesNotFit = "E0301": "A construct or a region reaches past the end of the sequence at some grid point.",
    Overlap = "E0302": "Two embeddings of one arm write different bases at the same positions.",
    LengthMismatch = "E0303": "The backgrounds are not as long as the model's input.",
    AlphabetMismatch = "E0304": "A letter or a motif belongs to another alphabet than the model or the background.",
    MissingPart = "E0305": "An experiment needs a background, at least one edit or arm, and something to measure.",
    NoGridPoint = "E0306": "The condition of a claim holds at no grid point, so the claim would say nothing.",
    IdenticalArms = "E0307": "Two arms make the same sequences at every grid point, so their contrast is zero by construction.",
    ArmCycle = "E0308": "An arm contains itself.",
    UnusedAxis = "W0309": "Nothing in the experiment depends on this axis.",
    TooFewBackgrounds = "E0310": "An interval needs at least two backgrounds, and `sample` cannot draw more than a finite set holds.",

    ByChance = "W0312": "The background holds what is embedded once in two sequences or more by chance, so that arms differ by less than one site.",
    Unbalanced = "W0311": "A formula adds and subtracts arms, but not as often the one as the other, so it holds a share of the outcome's own level.",

    FewBackgrounds = "W0313": "Fewer than 20 backgrounds: the interval is right only where the differences between arms are normally distributed.",
    BoundedOutcome = "W0314": "The outcome lies between 0 and 1, which leaves a claim no room, or makes effects near the ends look like an interaction.",
    PositionConfounded = "W0315": "A motif moves along with the spacing that a claim is about, and no arm takes out what its position alone does.",
    OutOfReach = "W0316": "An arm writes outside the receptive field of an outcome, so its effect on it is 0 by construction.",

    // E04: data files.
    BadFasta = "E0401": "The FASTA file is empty, malformed or holds sequences of unequal length.",
    UnknownBase = "E0402": "A sequence holds a letter that is not a base of its alphabet.",
    BadMotifFile = "E0403": "The motif file is malformed.",
    BadVcf = "E0404": "The VCF file is malformed, or does not agree with the genome.",

    BadStudy = "E0405": "The file is not a study as `gia run --json` writes it, or of a version that this program does not read.",
    FileChanged = "E0406": "A file was written to while it was in use, so what was read of it may be of two versions. Run the command again.",
    FileTooLarge = "E0407": "A file is larger than any of its kind should be, so it is likely another one than was meant; of gzip data, what it unpacks to counts.",

    MotifLayout = "E0415": "Nothing in the motif file tells how its rows are to be read: name the base before each row, or give the file the header of a format.",
    LogOdds = "E0416": "The motif file holds log-odds, which are negative where a base is rare; a motif is made of counts or probabilities.",
    BadBed = "E0408": "The BED file is malformed, or does not agree with the genome.",
    NothingLeft = "E0409": "Every record of a file was left out, as `bad` or `unknown` say, so there is nothing to work with.",

    MatchedContigs = "W0410": "A VCF file and a genome name the same contigs differently, such as `1` and `chr1`, and were matched; reference alleles are compared as ever.",
    OddVcf = "W0411": "The header of a VCF file is not as the format wants it. Only the records are read, so nothing depends on it.",
    OddBed = "W0412": "A BED file has columns that are not those of the format, and was read by its first three.",
    SameAllele = "W0413": "An alternate allele of a VCF file is the reference allele, so its effect is zero.",

    // E05: models.
    BadModelFile = "E0501": "The model file is damaged or not a torch.export archive.",
    RefusedModelFile = "E0502": "The file is of a kind that would execute code when loaded, or cannot be read without Python; export the network as .pt2.",
    UnknownOperator = "E0503": "The graph uses an operator that gia does not know.",
    BadDeclaration = "E0504": "The declaration beside the model file is malformed.",
    Contradiction = "E0505": "The declaration and the graph, or the declaration and the arguments of `load`, say different things.",
    Incomplete = "E0506": "Neither the declaration nor the graph tells something that must be known.",
    WrongHash = "E0507": "The model file is not the one that its declaration describes.",

    Deprecated = "W0508": "The network is TorchScript, which PyTorch has deprecated: it runs as it is, nothing can be looked into or saved in it, and a later libtorch may not load it. Export it anew with torch.export.",
    BatchMixing = "E0509": "The network mixes the sequences of a batch, so that what it says of one depends on which others are predicted with it: a layer built without `batch_first=True`, `dim=0`, a `view` where a `transpose` was meant. Mend the network and export it again.",
    OutputNotByRow = "E0510": "An output of the network does not have the batch as its first dimension.",
    NotRepeatable = "E0511": "The network gives other numbers for the same sequence each time: dropout that was left on, or noise. Call `model.eval()` before exporting.",
    NotDifferentiable = "E0512": "No differentiable path leads from the sequence to the output, so every gradient would be 0: the network rounds, compares, looks up integers or detaches on the way.",
    ShapeConflict = "E0513": "Two operands of a node in the network's graph do not fit each other, so it cannot run.",

    // E06: running.
    NonFinite = "E0601": "A model or a formula gave a value that is not a finite number. The run keeps the experiments that do not use it.",
    WorkerFailed = "E0602": "The worker process that runs the network stopped.",
    DeviceMissing = "E0603": "The device that was asked for cannot be used.",
    ModelFailed = "E0604": "libtorch refused to run the network on this input.",
    Write = "E0605": "An output file cannot be written.",
    OutOfMemory = "E0606": "The network does not fit the device's memory even at batch 1.",
    Indestructible = "E0607": "A motif that is to be disrupted occurs in a sequence however its bases are shuffled, as a run of A does in a sequence of A alone.",
    Interrupted = "E0609": "The run was stopped, by Ctrl-C say, before all passes were done.",
    Overwrites = "E0612": "An output would overwrite a file that the command reads, or another of its outputs.",
    NothingToCompare = "E0613": "`--against` names no earlier study of any script that is run.",
    WorkerRestarted = "W0616": "The worker process was killed, as the system does where memory is short, and was started again with a smaller batch.",
    WorkerSilent = "W0617": "The worker process has not answered for a long time: it computes something very large, or it or its device hangs.",
    NotCompared = "W0618": "`--against` names a folder that holds no earlier study of this script, so its effects are compared with nothing.",
    MemoryExceeded = "E0615": "A run takes more memory than there is on this machine, or than its container or batch job may take.",
    Tight = "W0619": "A run takes most of the memory that there is, or more.",
    WrongParts = "E0608": "The parts of a run are damaged, incomplete or not of one run of this script; or a run cannot be cut.",
}
