use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use gia::diag::{Code, Diagnostic, Outcome};
use gia::domain::{Alphabet, FastaOptions, SequenceSet, Unknown};
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

fn unknown(unknown: Unknown) -> FastaOptions {
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
    unknown: Unknown::Refuse,
};

#[test]
fn records_are_read_in_order() {
    let text = "\n>a first\nACGT\nacgt\n\n>b\r\nTTTT\r\nCCCC\r\n>a\nGGGGGGGG";
    let set = read(text, DEFAULT).unwrap();
    let expected = [("a", "ACGTACGT"), ("b", "TTTTCCCC"), ("a", "GGGGGGGG")];
    assert_eq!(contents(&set), pairs(&expected));
    assert_eq!((set.length(), set.dropped), (8, 0));
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
        "`U` at position 4 of the record `a` of `x.fa` is not a base of DNA",
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
        "the record `same` of `x.fa` has 4 bp, fewer than the width of 5 bp",
        None,
    );
    // What is cut off is not looked at; positions count from the start of the record.
    assert!(read(">a\nNNACGTNN\n", width(4)).is_ok());
    refused(
        read(">a\nAAACRTAA\n", width(4)),
        Code::UnknownBase,
        "`R` at position 5 of the record `a` of `x.fa` is not a base of DNA",
        None,
    );
}

#[test]
fn unknown_bases() {
    let text = ">a\nACGT\n>b\nACNT\n>c\nnNNN\n>d\nTTTT\n";
    refused(
        read(text, DEFAULT),
        Code::UnknownBase,
        "`N` at position 3 of the record `b` of `x.fa` is an unknown base; 2 of 4 records hold one",
        Some(
            "`unknown: \"drop\"` leaves these records out, \
             `unknown: \"keep\"` feeds them as the model's declaration says",
        ),
    );
    let set = read(text, unknown(Unknown::Drop)).unwrap();
    assert_eq!(contents(&set), pairs(&[("a", "ACGT"), ("d", "TTTT")]));
    assert_eq!(set.dropped, 2);
    let set = read(text, unknown(Unknown::Keep)).unwrap();
    assert_eq!(set.sequences[1].bases, [0, 1, 4, 3]);
    assert_eq!((set.sequences.len(), set.dropped), (4, 0));
    refused(
        read(">a\nNACGT\n>b\nACGTN\n", unknown(Unknown::Drop)),
        Code::UnknownBase,
        "each of the 2 records of `x.fa` holds an unknown base, so none is left",
        Some("`unknown: \"keep\"` feeds these records as the model's declaration says"),
    );
    // A record that is left out may have another length.
    assert!(read(">a\nACGT\n>b\nNN\n", unknown(Unknown::Drop)).is_ok());
}

#[test]
fn files_that_are_not_fasta() {
    let bad =
        |text: &str, message: &str| refused(read(text, DEFAULT), Code::BadFasta, message, None);
    bad("", "`x.fa` is empty");
    bad("\n\n", "`x.fa` holds no record");
    bad(
        "ACGT\nACGT\n",
        "no line of `x.fa` starts with `>`, so it is not FASTA",
    );
    bad(
        "ACGT\n>a\nACGT\n",
        "`x.fa` has text before its first `>` line",
    );
    bad(">a\nACGT\n>\nACGT\n", "record 2 of `x.fa` has no name");
    bad("> a\nACGT\n", "record 1 of `x.fa` has no name");
    bad(">a\nACGT\n>b\n", "the record `b` of `x.fa` is empty");
    bad(">a\n>b\nACGT\n", "the record `a` of `x.fa` is empty");
}

#[test]
fn letters_that_are_no_base() {
    for (text, letter, position) in [
        (">r\nACGR\n", "`R`", 4),
        (">r\nAC\nG-\n", "`-`", 4),
        (">r\nACGT*\n", "`*`", 5),
        (">r\nAC GT\n", "a space", 3),
        (">r\nACG\t\n", "a tab", 4),
        (">r\nMKVL\n", "`M`", 1),
        (">r\nAC\u{e9}\n", "the byte 0xc3", 3),
    ] {
        refused(
            read(text, DEFAULT),
            Code::UnknownBase,
            &format!(
                "{letter} at position {position} of the record `r` of `x.fa` is not a base of DNA"
            ),
            None,
        );
    }
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
    let set = read(">a\nacgt\nACGT\n>b\nTTTTNCCC\n", unknown(Unknown::Keep)).unwrap();
    let mut written = Vec::new();
    set.write_fasta(&mut written).unwrap();
    assert_eq!(
        String::from_utf8(written.clone()).unwrap(),
        ">a\nACGTACGT\n>b\nTTTTNCCC\n"
    );
    let again = File::new(&written)
        .read(Alphabet::Dna, unknown(Unknown::Keep))
        .unwrap();
    assert_eq!(again.sequences, set.sequences);
}
