use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{Alphabet, FastaOptions, SequenceSet, UnknownBases};
use sha2::{Digest, Sha256};

/// A file `x.fa` in a folder of its own.
struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new(bytes: &[u8]) -> File {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x.fa"), bytes).unwrap();
        File { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("x.fa")
    }

    fn read(&self, alphabet: Alphabet, options: FastaOptions) -> Outcome<SequenceSet> {
        SequenceSet::read_fasta(&self.path(), alphabet, options).map_err(|mut error| {
            // So that messages can be compared whole.
            let folder = format!("{}/", self.folder.path().display());
            error.message = error.message.replace(&folder, "");
            error.help = error.help.map(|help| help.replace(&folder, ""));
            error
        })
    }
}

fn read(text: &str, options: FastaOptions) -> Outcome<SequenceSet> {
    File::new(text.as_bytes()).read(Alphabet::Dna, options)
}

fn width(width: usize) -> FastaOptions {
    FastaOptions {
        width: Some(width),
        ..FastaOptions::default()
    }
}

fn unknown(unknown: UnknownBases) -> FastaOptions {
    FastaOptions {
        width: None,
        unknown,
    }
}

fn contents(set: &SequenceSet) -> Vec<(String, String)> {
    set.sequences
        .iter()
        .map(|sequence| {
            let bases = set.alphabet.decode_all(&sequence.bases);
            (sequence.name.clone(), bases)
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(name, bases)| (name.to_string(), bases.to_string()))
        .collect()
}

#[track_caller]
fn refused(outcome: Outcome<SequenceSet>, code: Code, message: &str, help: Option<&str>) {
    let Diagnostic {
        code: found_code,
        message: found_message,
        help: found_help,
        ..
    } = *outcome.unwrap_err();
    assert_eq!(found_message, message);
    assert_eq!(found_code, code);
    assert_eq!(found_help.as_deref(), help);
}

const DEFAULT: FastaOptions = FastaOptions {
    width: None,
    unknown: UnknownBases::Refuse,
};

#[test]
fn records_are_read_in_order() {
    let text = "\n>a first\nACGT\nacgt\n\n>b\r\nTTTT\r\nCCCC\r\n>a\nGGGGGGGG";
    let set = read(text, DEFAULT).unwrap();
    let expected = [("a", "ACGTACGT"), ("b", "TTTTCCCC"), ("a", "GGGGGGGG")];
    assert_eq!(contents(&set), pairs(&expected));
    assert_eq!((set.length(), set.excluded.total()), (8, 0));
    let digest = Sha256::digest(text.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(set.sha256, hex);
}

#[test]
fn rna_has_its_own_letter() {
    let file = File::new(b">a\nACGU\n");
    let set = file.read(Alphabet::Rna, DEFAULT).unwrap();
    assert_eq!(set.sequences[0].bases, [0, 1, 2, 3]);
    refused(
        file.read(Alphabet::Dna, DEFAULT),
        Code::UnknownBase,
        "`x.fa:2:4`: `U` at position 4 of the record `a` is not a base of DNA",
        None,
    );
}

#[test]
fn gzip_is_told_by_its_bytes() {
    let text = b">a\nACGTACGT\n>b\nTTTTTTTT\n";
    let packed = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    // Two members in a row, as block gzip writes them.
    let mut members = packed(&text[..13]);
    members.extend(packed(&text[13..]));
    let whole = packed(text);
    for bytes in [&whole, &members] {
        let set = File::new(bytes).read(Alphabet::Dna, DEFAULT).unwrap();
        assert_eq!(
            contents(&set),
            pairs(&[("a", "ACGTACGT"), ("b", "TTTTTTTT")])
        );
        let hex: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(set.sha256, hex);
    }
    refused(
        File::new(&whole[..whole.len() - 9]).read(Alphabet::Dna, DEFAULT),
        Code::BadFasta,
        "the gzip data of `x.fa` is cut off",
        None,
    );
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 0xff;
    let error = File::new(&flipped)
        .read(Alphabet::Dna, DEFAULT)
        .unwrap_err();
    assert_eq!(error.code, Code::BadFasta);
    assert!(
        error.message.starts_with("the gzip data of `x.fa` is "),
        "{}",
        error.message
    );
}

#[test]
fn the_middle_of_each_record() {
    let text = ">even\nAACCGGTT\n>odd\nAACCGGTTA\n>same\nCCGG\n";
    let set = read(text, width(4)).unwrap();
    assert_eq!(
        contents(&set),
        pairs(&[("even", "CCGG"), ("odd", "CCGG"), ("same", "CCGG")])
    );
    refused(
        read(text, width(5)),
        Code::BadFasta,
        "`x.fa:5:1`: the record `same` has 4 bp, less than the width of 5 bp",
        None,
    );
    // What is cut off is not looked at; positions count from the start of the record.
    assert!(read(">a\nNNACGTNN\n", width(4)).is_ok());
    refused(
        read(">a\nAAACETAA\n", width(4)),
        Code::UnknownBase,
        "`x.fa:2:5`: `E` at position 5 of the record `a` is not a base of DNA",
        None,
    );
}

#[test]
fn gzip_may_be_padded_and_is_followed_by_nothing_else() {
    let packed = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let start = packed(b">a\nAC");
    let end = packed(b"GT\n");
    let read = |parts: &[&[u8]]| File::new(&parts.concat()).read(Alphabet::Dna, DEFAULT);
    for parts in [
        &[&start, &end, &[0; 512][..]][..],
        &[&start, &[0; 70_000], &end],
        &[&start, &packed(b""), &end, &[0]],
    ] {
        let set = read(parts).unwrap_or_else(|error| panic!("{}", error.message));
        assert_eq!(contents(&set), pairs(&[("a", "ACGT")]));
    }
    refused(
        read(&[&start, b"no gzip follows this member"]),
        Code::BadFasta,
        "the gzip data of `x.fa` is damaged: something other than gzip follows it",
        None,
    );
    refused(
        read(&[&start, &end[..7]]),
        Code::BadFasta,
        "the gzip data of `x.fa` is cut off",
        None,
    );
    refused(
        read(&[&packed(&start)]),
        Code::BadFasta,
        "`x.fa` is compressed with gzip twice; decompress it once with `gunzip`",
        None,
    );
}

#[test]
fn a_record_that_is_empty_or_short_is_named_with_its_line() {
    refused(
        read(">a\nACGT\n>b\n\n>c\nACGT\n", DEFAULT),
        Code::BadFasta,
        "`x.fa:3:1`: the record `b` is empty",
        None,
    );
    refused(
        read(">a\nACGT\n>b\nAC\n", width(3)),
        Code::BadFasta,
        "`x.fa:3:1`: the record `b` has 2 bp, less than the width of 3 bp",
        None,
    );
}

#[test]
fn unknown_bases() {
    let text = ">a\nACGT\n>b\nACNT\n>c\nnNNN\n>d\nTTTT\n";
    refused(
        read(text, DEFAULT),
        Code::UnknownBase,
        "`x.fa:4:3`: `N` at position 3 of the record `b` of `x.fa` is an unknown base; 2 of 4 records hold one",
        Some(
            "`unknown: \"drop\"` leaves these records out, \
             `unknown: \"keep\"` encodes them as the model's declaration says",
        ),
    );
    let set = read(text, unknown(UnknownBases::Drop)).unwrap();
    assert_eq!(contents(&set), pairs(&[("a", "ACGT"), ("d", "TTTT")]));
    assert_eq!(set.excluded.total(), 2);
    let set = read(text, unknown(UnknownBases::Keep)).unwrap();
    assert_eq!(set.sequences[1].bases, [0, 1, 4, 3]);
    assert_eq!((set.sequences.len(), set.excluded.total()), (4, 0));
    refused(
        read(">a\nNACGT\n>b\nACGTN\n", unknown(UnknownBases::Drop)),
        Code::UnknownBase,
        "all 2 records of `x.fa` have unknown bases, so none is left",
        Some("`unknown: \"keep\"` encodes them as the model's declaration says"),
    );
    // A record that is left out may have another length.
    assert!(read(">a\nACGT\n>b\nNN\n", unknown(UnknownBases::Drop)).is_ok());
}

#[test]
fn letters_for_several_bases_are_unknown_bases() {
    let text = ">a\nACGT\n>b\nACrT\n";
    refused(
        read(text, DEFAULT),
        Code::UnknownBase,
        "`x.fa:4:3`: `R` at position 3 of the record `b` of `x.fa` is an unknown base; 1 of 2 records hold one",
        Some(
            "`unknown: \"drop\"` leaves these records out, \
             `unknown: \"keep\"` encodes them as the model's declaration says",
        ),
    );
    let set = read(text, unknown(UnknownBases::Keep)).unwrap();
    assert_eq!(set.sequences[1].bases, [0, 1, 4, 3]);
    let set = read(text, unknown(UnknownBases::Drop)).unwrap();
    assert_eq!((set.sequences.len(), set.excluded.total()), (1, 1));
}

#[test]
fn files_that_are_not_fasta() {
    let bad = |text: &[u8], message: &str, help: Option<&str>| {
        let read = File::new(text).read(Alphabet::Dna, DEFAULT);
        refused(read, Code::BadFasta, message, help)
    };
    let first = "a FASTA file must start with a line `>name`";
    bad(b"", "`x.fa` is empty", None);
    bad(b"\n\n", "`x.fa` holds no record", None);
    bad(b"\xef\xbb\xbf", "`x.fa` holds no record", None);
    for text in [
        &b"ACGT\nACGT\n"[..],
        b"ACGT\n>a\nACGT\n",
        b";a\nACGT\n",
        b"1 2\n",
    ] {
        bad(text, &format!("`x.fa:1:1`: {first}"), None);
    }
    bad(b"\n  x\n", &format!("`x.fa:2:3`: {first}"), None);
    let nameless = "this record has no name";
    bad(
        b">a\nACGT\n>\nACGT\n",
        &format!("`x.fa:3:1`: {nameless}"),
        None,
    );
    bad(b"> \t\nACGT\n", &format!("`x.fa:1:1`: {nameless}"), None);
    bad(b">a\nACGT\n>", &format!("`x.fa:3:1`: {nameless}"), None);
    bad(
        b">a\nACGT\n>b\n",
        "`x.fa:3:1`: the record `b` is empty",
        None,
    );
    bad(
        b">a\n>b\nACGT\n",
        "`x.fa:1:1`: the record `a` is empty",
        None,
    );
    bad(
        b">a\nACGT\n\x1a\n>b\nACGT\n",
        "`x.fa:3:1`: unexpected text after the end-of-file mark (Ctrl-Z)",
        None,
    );
    bad(
        b"@r\nACGT\n+\nIIII\n",
        "`x.fa:1:1`: this is FASTQ, not FASTA",
        Some("convert it with `seqtk seq -A reads.fq > reads.fa`"),
    );
    bad(
        b"\xff\xfe>\0",
        "`x.fa` is UTF-16 text; save it as UTF-8",
        None,
    );
    bad(b"PK\x03\x04", "`x.fa` is a zip archive; unpack it", None);
    let help = "convert it with `tr '\\r' '\\n' < old.fa > new.fa`";
    for (text, place) in [
        (&b">a\rACGT\r>b\rACGT\r"[..], ":1:3`"),
        (b">a\nACGT\rACGT\n", ":2:5`"),
        (b">a\r\r\nACGT\r>b\n", ":2:5`"),
    ] {
        let what = "this line ends with a carriage return only, as on classic Mac OS";
        bad(text, &format!("`x.fa{place}: {what}"), Some(help));
    }
}

#[test]
fn white_space_around_lines_is_no_sequence() {
    let plain = read(">a\nACGTAC\n>b\nTTTTGG\n", DEFAULT).unwrap();
    for text in [
        "\u{feff}>a\nACGTAC\n>b\nTTTTGG\n",
        "\n  \n> a\nACGTAC\n>\tb\nTTTTGG",
        ">a x\r\nACGT\r\nAC\r\n>b\r\nTTTTGG\r\n",
        ">a\n ACGT \t\n\tAC\n\n>b\n\nTTTT\n\nGG\n\n",
        ">a\nACGTAC\n>b\nTTTTGG\n\x1a",
        ">a\nACGTAC\n>b\nTTTTGG\x1a\x1a\0\n",
        ">a\nACGTAC\r\r\n>b\x0b\nTTTTGG\x0c\n",
    ] {
        let set = read(text, DEFAULT).unwrap_or_else(|e| panic!("{text:?}: {}", e.message));
        assert_eq!(contents(&set), contents(&plain), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_letter() {
    let no_base = |text: &str, message: &str| {
        refused(read(text, DEFAULT), Code::UnknownBase, message, None);
    };
    for (text, place, what) in [
        (">r\nAC\nG-\n", ":3:2`", "`-` is not a base"),
        (">r\nACGT*\n", ":2:5`", "`*` is not a base"),
        (">r\n 1 ACGT\n", ":2:2`", "`1` is not a base"),
        (">r\nAC GT\n", ":2:3`", "unexpected blank in a sequence"),
        (">r\n  AC\tGT\n", ":2:5`", "unexpected tab in a sequence"),
        (">r\nAC\u{e9}\n", ":2:3`", "the byte 0xc3 is not a base"),
        (">r\nACGT\n >s\n", ":3:2`", "`>` is not a base"),
        (">r\nACGT>s\nA\n", ":2:5`", "`>` is not a base"),
        (">r\nAC\0GT\n", ":2:3`", "the byte 0x00 is not a base"),
    ] {
        no_base(text, &format!("`x.fa{place}: {what}"));
    }
    let of = "of the record `r` is not a base of DNA";
    no_base(">r\nMKVL\n", &format!("`x.fa:2:4`: `L` at position 4 {of}"));
    no_base(
        ">r\nAC\n\n GTx\n",
        &format!("`x.fa:4:4`: `x` at position 5 {of}"),
    );
}

#[test]
fn a_set_is_read_again_only_when_its_file_has_changed() {
    let file = File::new(b">a\nACGT\n");
    let shared = || SequenceSet::shared_fasta(&file.path(), Alphabet::Dna, DEFAULT).unwrap();
    let first = shared();
    assert!(
        !std::sync::Arc::ptr_eq(&first, &shared()),
        "a file this young may still change"
    );
    std::thread::sleep(std::time::Duration::from_millis(3100));
    let second = shared();
    assert!(std::sync::Arc::ptr_eq(&second, &shared()));
    assert!(second.memory_bytes() > 4 && second.memory_bytes() < 1000);
    std::fs::write(file.path(), ">a\nTTTT\n").unwrap();
    assert_eq!(shared().sequences[0].bases, [3; 4]);
}

#[test]
fn records_of_unequal_length() {
    refused(
        read(">a\nACGT\n>b\nACGT\n>c\nACG\n>d\nAC\n", DEFAULT),
        Code::BadFasta,
        "the records of `x.fa` differ in length: `a` has 4 bp, `c` 3 bp",
        Some("`width: 2bp` takes the central 2 bp of each"),
    );
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let read = |path: PathBuf| SequenceSet::read_fasta(&path, Alphabet::Dna, DEFAULT).unwrap_err();
    let error = read(folder.path().join("none.fa"));
    assert_eq!(error.code, Code::MissingFile);
    assert!(error.message.starts_with("there is no file `"));
    assert!(error.message.ends_with("none.fa`"));
    let error = read(folder.path().to_path_buf());
    assert_eq!(error.code, Code::MissingFile);
    assert!(error.message.ends_with("is a folder"), "{}", error.message);
}

#[test]
fn what_is_written_is_read_back() {
    let set = read(
        ">a\nacgt\nACGT\n>b\nTTTTNCCC\n",
        unknown(UnknownBases::Keep),
    )
    .unwrap();
    let mut written = Vec::new();
    set.write_fasta(&mut written).unwrap();
    assert_eq!(
        String::from_utf8(written.clone()).unwrap(),
        ">a\nACGTACGT\n>b\nTTTTNCCC\n"
    );
    let again = File::new(&written)
        .read(Alphabet::Dna, unknown(UnknownBases::Keep))
        .unwrap();
    assert_eq!(again.sequences, set.sequences);
}
