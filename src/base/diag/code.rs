//! The stable codes of all diagnostics with their meanings. Every code has a page, `codes/CODE.md`, whose format `explanation.rs`
//! describes; tests run its examples.

/// Declares the list of codes, with name, number and meaning in one place.
macro_rules! codes {
    ($($name:ident = $number:literal : $meaning:literal),* $(,)?) => {
        /// The stable code of one kind of diagnostic. Numbers are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $(#[doc = $meaning] $name),* }

        impl Code {
            /// Every code, in the order of declaration: by phase, from reading the text to running.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The code as printed, for example `E0301`.
            pub fn number(self) -> &'static str {
                match self { $(Code::$name => $number),* }
            }

            /// What the code means and the usual fix, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning),* }
            }

            /// The page of the code in Markdown: a paragraph and examples, which `super::explanation` parses.
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
    OldSpelling = "E0004": "The language says this in another way now; `gia fmt --upgrade` rewrites a script.",

    // E01: names.
    UnknownName = "E0101": "No declaration, parameter, axis or built-in function has this name.",
    DuplicateName = "E0102": "Two things in one scope have the same name.",
    UnknownTask = "E0103": "The model has no task of this name, or no output of this number.",
    UnknownArgument = "E0104": "An argument does not belong in this call: the function has no parameter of this name, takes fewer arguments, or cannot use it beside another one.",
    MissingArgument = "E0105": "An argument is missing, and its parameter has no default.",
    UnknownModule = "E0106": "`use` names a standard-library module that does not exist; a file is written in quotes.",
    UnknownSetting = "E0107": "`set` knows `seed`, `level`, `fdr`, `correction`, `interval`, `family` and `streams`.",
    UnknownMotif = "E0108": "The motif file or the bundled JASPAR collection holds no motif of this name.",
    AmbiguousOutcome = "E0109": "The experiment measures several outcomes or has several contrasts, and the claim does not say which one it is about.",

    AmbiguousName = "E0110": "The name of an arm is also that of its effect, and the result of the formula depends on which one is meant: write `arm(NAME)`, or `NAME - control`.",
    AmbiguousMotif = "E0111": "The name matches several motifs, or only motifs of other species: give the matrix or the number of the motif, or its species or taxon.",
    UnknownTaxon = "E0112": "The bundled JASPAR collection holds no motif of this species or taxon; a species goes by its scientific name, such as `Homo sapiens`.",

    UnknownSample = "E0113": "The VCF file has no sample of this name, or has several and the call names none.",

    // E02: types and units.
    TypeMismatch = "E0201": "A value of one type stands where another is needed.",
    UnitMismatch = "E0202": "A length, a position and a plain number cannot be mixed this way.",
    NotCallable = "E0203": "Something that is not a function is called.",
    OutOfRange = "E0204": "A number, or the number of items, is outside the range that the argument or the statement takes, or is not a whole number where one is needed.",
    AxisDependence = "E0205": "Something that the whole experiment has in common depends on an axis.",
    BudgetExceeded = "E0206": "The script would take too much memory or too long to check: a list, a construct, a formula, a null model or a grid exceeds its limit.",
    AmbiguousPercentage = "E0208": "A percentage as the bound of a query can mean a quantile of the predictions, `quantile(10%)`, or the prediction 0.1.",
    Recursion = "E0207": "A function calls itself, directly or through others. A function is one expression, so the calls would never end.",
    Empty = "E0210": "A list, a range, a motif, a construct or a region is empty, or nothing lies between two bounds.",
    ArithmeticError = "E0211": "A calculation has no finite result, or a number is too large.",
    NoSuchItem = "E0212": "A list has no item of this number, or a table has no such column or row.",
    UnknownOption = "E0213": "The argument or the setting is one of a few words, and this is none of them.",
    InvalidDistribution = "E0214": "The frequencies, counts or weights do not form a distribution: too few or too many, negative, all zero, or not summing to 1.",
    ImpossibleSequence = "E0215": "No sequence satisfies the request: the motif to avoid matches everywhere, or all orders of the bases are the same.",
    Repeated = "E0216": "Something is given twice, or nested in itself, where it makes sense only once.",
    KnownOnlyInRun = "E0217": "The backgrounds depend on what a model predicts, which is known only in a run, and this function needs them when the script is checked.",
    UnfitAxis = "E0218": "The axis does not allow what is asked along it: it has too few values, its steps do not resolve the period, or the backgrounds change along it.",
    WidthMismatch = "E0219": "The letters that replace a region are not as wide as the region.",
    VariableSampleSize = "E0220": "A statistic needs a number of backgrounds that is fixed beforehand, and `sample until` stops by what it finds.",
    EqualityClaim = "E0221": "A claim says that a mean equals a number or differs from it, which no interval can show.",
    MisplacedFirst = "E0222": "`first N` of a null model is where a function needs the model itself, or of something that has no first items.",
    ContrastOfMeans = "E0223": "A summary over single backgrounds is asked of a contrast that compares means over all of them.",
    OutcomeInContrast = "E0224": "A contrast is computed for every outcome, so its formula names none.",
    NoSources = "E0228": "`sample N per source` needs backgrounds that are made from the sequences of a file in turn, as shuffles are.",
    BadLocus = "E0229": "A region of a genome is not written as `chr1:5,000-5,249`, or does not lie within its contig.",
    NoVariant = "E0225": "`apply variant` needs backgrounds that each carry a variant.",
    NoWindow = "E0236": "A haplotype can be applied only to windows of a genome, since a VCF file says where on a contig its alleles are.",
    OffCentreOutput = "E0226": "An output that is not centered on the sequence cannot be averaged over both strands.",
    TrackLengths = "E0235": "Two tracks that are computed with place by place do not have the same number of places.",
    TooFewBases = "E0227": "The sequences that a null model is fitted to hold too few known bases.",

    // E03: the shape of an experiment.
    DoesNotFit = "E0301": "A construct or a region reaches past the end of the sequence at some grid point.",
    Overlap = "E0302": "Edits of one arm contradict each other: two embeddings write different bases at the same positions, or alleles are applied after bases were moved.",
    LengthMismatch = "E0303": "The backgrounds are not as long as the model's input.",
    AlphabetMismatch = "E0304": "A letter or a motif belongs to another alphabet than the model or the background.",
    MissingPart = "E0305": "An experiment needs a background, at least one edit or arm, and something to measure.",
    NoGridPoint = "E0306": "The condition of a claim holds at no grid point, so the claim would say nothing.",
    IdenticalArms = "E0307": "Two arms make the same sequences at every grid point, so their contrast is zero by construction.",
    ArmCycle = "E0308": "An arm contains itself.",
    UnusedAxis = "W0309": "Nothing in the experiment depends on this axis.",
    TooFewBackgrounds = "E0310": "A finite set holds fewer sequences than are asked for, or there are too few for a comparison.",

    NoReplication = "E0317": "A claim about one sequence, which is no replication, needs something to compare with: the same edits in other sequences, or a size.",
    MotifByChance = "W0312": "The backgrounds contain the embedded motif by chance, on average at least once per two sequences, so arms differ by less than one site.",
    UnbalancedContrast = "W0311": "The coefficients of a contrast do not sum to zero, so part of the outcome's own level stays in it.",

    FewBackgrounds = "W0313": "Fewer than 20 backgrounds: the interval is right only where the differences between arms are normally distributed.",
    BoundedOutcome = "W0314": "The outcome lies between 0 and 1, which leaves a claim no room, or makes effects near the ends look like an interaction.",
    PositionConfounded = "W0315": "A motif moves along with the spacing that a claim is about, and no arm controls for the effect of its position.",
    OutOfReach = "W0316": "An arm writes outside the receptive field of an outcome, so its effect is 0 by construction.",

    // E04: data files.
    BadFasta = "E0401": "The FASTA file is empty, malformed or holds sequences of unequal length.",
    UnknownBase = "E0402": "A sequence holds a letter that is not a base of its alphabet.",
    BadMotifFile = "E0403": "The motif file is malformed.",
    BadVcf = "E0404": "The VCF file is malformed, or does not agree with the genome.",

    BadStudy = "E0405": "The file is not a study as `gia run --json` writes it, or of a version that this program does not read.",
    BadRegistration = "E0418": "The file is not a registration as `gia check --register` writes it, or of a version that this program does not read.",
    FileChanged = "E0406": "A file changed while it was in use, so its contents may mix two versions. Run the command again.",
    FileTooLarge = "E0407": "A file exceeds the size limit of its kind, so the path is probably wrong; for gzip data, the unpacked size counts.",

    MotifLayout = "E0415": "The layout of the motif file is ambiguous: write the base before each row, or give the file the header of a format.",
    LogOdds = "E0416": "The motif file holds log-odds, which are negative where a base is rare; a motif needs counts or probabilities.",
    BadTable = "E0417": "The table of measured values is malformed.",
    BadBed = "E0408": "The BED file is malformed, or does not agree with the genome.",
    NothingLeft = "E0409": "`bad` or `unknown` left out every record of a file, so there is nothing to work with.",

    MatchedContigs = "W0410": "A VCF file and a genome name the same contigs differently, such as `1` and `chr1`, and were matched; reference alleles are still compared.",
    NonstandardVcf = "W0411": "The header of a VCF file does not follow the format. Only the records are read, so no result depends on it.",
    NonstandardBed = "W0412": "A BED file has columns that deviate from the format, so only the first three are read.",
    NoHaplotype = "E0419": "A genotype does not say which allele a haplotype has: it is unphased, missing, of another phase set or has too few alleles, or two alleles of the haplotype overlap.",
    ReferenceHaplotype = "W0414": "A haplotype is the reference in all windows, or the VCF file has no record of the contigs of some windows.",
    SameAllele = "W0413": "An alternate allele of a VCF file is the reference allele, so its effect is zero.",

    // E05: models.
    BadModelFile = "E0501": "The model file is damaged or not a torch.export archive.",
    RefusedModelFile = "E0502": "The file is of a kind that would execute code when loaded, or cannot be read without Python; export the network as .pt2.",
    UnknownOperator = "E0503": "The graph uses an operator that gia does not know.",
    BadDeclaration = "E0504": "The declaration beside the model file is malformed.",
    DeclarationMismatch = "E0505": "The declaration contradicts the graph or the arguments of `load`.",
    IncompleteDeclaration = "E0506": "Required information is missing from both the declaration and the graph.",
    WrongHash = "E0507": "The model file is not the one that its declaration describes.",

    Deprecated = "W0508": "The network is TorchScript, which PyTorch has deprecated: it runs as an opaque module, without incremental recomputation, and a later libtorch may not load it. Export it again with torch.export.",
    BatchMixing = "E0509": "The network mixes the sequences of a batch, so that its prediction for one depends on the others in the batch: a layer built without `batch_first=True`, `dim=0`, a `view` where a `transpose` was meant. Fix the network and export it again.",
    OutputNotByRow = "E0510": "An output of the network does not have the batch as its first dimension.",
    NotRepeatable = "E0511": "The network gives different numbers for the same sequence each time: dropout was left on, or it adds noise. Call `model.eval()` before exporting.",
    NotDifferentiable = "E0512": "No differentiable path leads from the sequence to the output, so every gradient would be 0: the network rounds, compares, looks up integers or detaches on the way.",
    ShapeConflict = "E0513": "Two operands of a node in the network's graph have incompatible shapes, so the network cannot run.",
    OnnxGradients = "W0514": "An ONNX file does not keep `detach`, nor which of several equal maxima has the gradient, so gradients can differ from those of the network that was exported. For gradients, export as `.pt2`.",
    PythonNotAllowed = "E0516": "The network is Python code, which can do whatever you can, and the command does not say `--allow-python`.",
    RunsInPython = "W0517": "The network runs in Python: every sequence takes a full pass, and nothing is known of its layers before a run.",
    OtherPrecision = "W0515": "Part of the network is computed in float64 or in half precision, which gia computes in float32, as all of a network.",

    // E06: running.
    NonFinite = "E0601": "A model or a formula gave a value that is not a finite number. The run keeps the experiments that do not use it.",
    WorkerFailed = "E0602": "The worker process that runs the network stopped.",
    DeviceMissing = "E0603": "The requested device cannot be used.",
    ModelFailed = "E0604": "libtorch refused to run the network on this input, or its Python code raised an exception.",
    WriteFailed = "E0605": "An output file cannot be written.",
    OutOfMemory = "E0606": "The network does not fit the device's memory even at batch 1.",
    Indestructible = "E0607": "A motif cannot be disrupted because it occurs in every order of the bases, as a run of A does in a sequence of A only.",
    Interrupted = "E0609": "The run was stopped, by Ctrl-C say, before all passes were done.",
    OutputConflict = "E0612": "An output would overwrite a file that the command reads, or another of its outputs.",
    NothingToCompare = "E0613": "`--against` has no earlier study of these scripts.",
    WorkerRestarted = "W0616": "The worker process was killed, as the system does where memory is short, and was started again with a smaller batch.",
    WorkerSilent = "W0617": "The worker process has not answered for a long time: it computes something very large, or it or its device hangs.",
    NotCompared = "W0618": "The folder of `--against` has no earlier study of this script, so its effects are not compared.",
    MemoryExceeded = "E0615": "A run needs more memory than this machine has, or than its container or batch job may use.",
    MemoryNearlyFull = "W0619": "A run needs most of the available memory, or more.",
    AlreadyRegistered = "E0620": "`--register` names a file that holds something else, such as an earlier registration of other claims; a registration is never overwritten.",
    NotRegistered = "W0621": "The folder of `--registered` has no registration of this script, so nothing says what was claimed before the run.",
    NoValues = "E0622": "`--values` keeps the values of the backgrounds of experiments, and the script has no experiment; or `--maps` writes attribution maps, and the script shows none.",
    IncompleteContributions = "E0624": "Contributions do not add up to the difference of the outputs, since an operator of the network has no exact rule.",
    NoLibtorch = "E0623": "No PyTorch that the worker serves was found.",
    WrongParts = "E0608": "The parts of a run are damaged, incomplete, or do not belong to one run of this script; or a run cannot be split.",
}
