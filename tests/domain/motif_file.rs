use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use gia_base::diag::{Code, Outcome};
use gia_domain::{Alphabet, Motif, MotifFile};
use lightmotif::abc::Dna;
use sha2::{Digest, Sha256};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/motifs")
        .join(name)
}

/// Reads this text as the file `x`.
fn read(bytes: impl AsRef<[u8]>) -> Outcome<MotifFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, bytes).unwrap();
    MotifFile::read(&path).map_err(|mut error| {
        let folder = format!("{}/", folder.path().display());
        error.message = error.message.replace(&folder, "");
        error
    })
}

#[track_caller]
fn refused(text: &str, message: &str) {
    let error = read(text).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(error.code, Code::BadMotifFile);
}

#[track_caller]
fn assert_same(one: &[Motif], other: &[Motif], tolerance: f64) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!(one.name, other.name);
        assert_eq!(one.alternate, other.alternate);
        assert_eq!(one.width(), other.width());
        for (a, b) in one
            .columns
            .iter()
            .flatten()
            .zip(other.columns.iter().flatten())
        {
            assert!((a - b).abs() <= tolerance, "{} {a} {b}", one.name);
        }
    }
}

#[test]
fn the_formats_agree() {
    let meme = MotifFile::read(&data("three.meme")).unwrap();
    let bracketed = MotifFile::read(&data("three.jaspar")).unwrap();
    let plain = MotifFile::read(&data("three_plain.jaspar")).unwrap();
    let names: Vec<&str> = meme.names().collect();
    assert_eq!(names, ["CTCF", "Spi1", "GATA1"]);
    // Six digits are printed, and the mended sum may move the last.
    assert_same(&meme.motifs, &bracketed.motifs, 2e-6);
    assert_same(&bracketed.motifs, &plain.motifs, 0.0);
    let ctcf = bracketed.get("CTCF").unwrap();
    assert_eq!(ctcf.columns[2][1], 903.0 / 913.0);
    assert_eq!(ctcf.consensus_text(), "GCCACCAGGGGGCGC");
    assert_eq!(meme.get("MA0035.5").unwrap().consensus_text(), "CTAATCT");
}

/// That library keeps its columns in the order A, C, T, G.
const THEIR_COLUMN: [usize; 4] = [0, 1, 3, 2];

#[test]
fn another_reader_of_meme_agrees() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/jaspar2026_core.meme.gz");
    for (path, expected) in [(data("three.meme"), 3), (bundled, 2633)] {
        let ours = MotifFile::read(&path).unwrap().motifs;
        let file = std::fs::File::open(&path).unwrap();
        let text: Box<dyn Read> = match path.extension().is_some_and(|end| end == "gz") {
            true => Box::new(MultiGzDecoder::new(file)),
            false => Box::new(file),
        };
        let theirs: Vec<_> = lightmotif_io::meme::read::<_, Dna>(BufReader::new(text))
            .map(Result::unwrap)
            .collect();
        assert_eq!((ours.len(), theirs.len()), (expected, expected));
        for (our, their) in ours.iter().zip(&theirs) {
            // The factor is the name here; where several have it, the matrix stands behind it.
            let (id, factor) = (their.id(), their.name().unwrap());
            assert_eq!(our.alternate.as_deref(), Some(id));
            assert!(
                our.name == factor || our.name == format!("{factor} {id}"),
                "{}",
                our.name
            );
            let matrix = their.matrix().matrix();
            assert_eq!(our.width(), matrix.rows());
            for (position, column) in our.columns.iter().enumerate() {
                for (value, base) in column.iter().zip(THEIR_COLUMN) {
                    let difference = value - f64::from(matrix[position][base]);
                    // Six digits are printed, and ours are divided by their sum.
                    assert!(difference.abs() < 2e-6, "{} {difference}", our.name);
                }
            }
        }
    }
}

#[test]
fn another_reader_of_jaspar_agrees() {
    let ours = MotifFile::read(&data("three.jaspar")).unwrap().motifs;
    let file = std::fs::File::open(data("three.jaspar")).unwrap();
    let theirs: Vec<_> = lightmotif_io::jaspar16::read::<_, Dna>(BufReader::new(file))
        .map(Result::unwrap)
        .collect();
    assert_eq!((ours.len(), theirs.len()), (3, 3));
    for (our, their) in ours.iter().zip(&theirs) {
        let matrix = their.matrix().matrix();
        assert_eq!(our.width(), matrix.rows());
        for (position, column) in our.columns.iter().enumerate() {
            let counts = THEIR_COLUMN.map(|base| f64::from(matrix[position][base]));
            let sum: f64 = counts.iter().sum();
            assert_eq!(*column, counts.map(|count| count / sum));
        }
    }
}

#[test]
fn the_file_is_hashed_as_it_lies_on_disk() {
    let text = std::fs::read(data("three.jaspar")).unwrap();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&text).unwrap();
    let packed = encoder.finish().unwrap();
    for bytes in [&text, &packed] {
        let file = read(bytes).unwrap();
        let hex: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(file.sha256, hex);
        assert_eq!(file.motifs.len(), 3);
    }
    let error = read(&packed[..packed.len() / 2]).unwrap_err();
    assert_eq!(error.message, "the gzip data of `x` is cut off");
}

#[test]
fn motifs_are_found_by_accession_or_factor() {
    let file =
        read(">M1 FOS\n1\n0\n0\n0\n>M2 FOS\n0\n1\n0\n0\n>FOS\n0\n0\n1\n0\n>M3 JUN\n0\n0\n0\n1\n")
            .unwrap();
    assert_eq!(file.get("M2").unwrap().consensus_text(), "C");
    assert_eq!(file.get("JUN").unwrap().alternate.as_deref(), Some("M3"));
    assert_eq!(
        file.names().collect::<Vec<_>>(),
        ["FOS M1", "FOS M2", "FOS", "JUN"]
    );
    // An accession counts before a factor's name.
    assert_eq!(file.get("FOS").unwrap().consensus_text(), "G");

    let file = read(">M1 FOS\n1\n0\n0\n0\n>M2 FOS\n0\n1\n0\n0\n>M2\n0\n0\n1\n0\n").unwrap();
    let message = |name| {
        assert_eq!(file.get(name), None);
        let error = file.find(name).unwrap_err();
        let codes = [Code::UnknownMotif, Code::AmbiguousMotif];
        assert!(codes.contains(&error.code));
        // The folder is another each time.
        let message = error.message.replace(&file.path.display().to_string(), "x");
        (message, error.help)
    };
    let of = |message: &str, help: Option<&str>| (message.to_owned(), help.map(str::to_owned));
    assert_eq!(
        message("FOS"),
        of(
            "`FOS` names 2 motifs of `x`: `FOS M1`, `FOS M2`",
            Some("use one of these names")
        )
    );
    assert_eq!(
        message("M2"),
        of(
            "`x` has 2 motifs named `M2`",
            Some("use the number of the motif, `motifs(FILE)[NUMBER]`: `[1]`, `[2]`")
        )
    );
    assert_eq!(
        message("fos"),
        of(
            "`x` has no motif `fos`",
            Some("did you mean `FOS M1`, `FOS M2`?")
        )
    );
    assert_eq!(message("CTCF"), of("`x` has no motif `CTCF`", None));
    assert_eq!(file.find("M1").unwrap().name, "FOS M1");
}

#[test]
fn meme_as_programs_write_it() {
    // `meme` itself: rulers, log-odds, attributes on the heading, no version 4 habits.
    let text = "\
********************************************************************************
MEME - Motif discovery tool
********************************************************************************
MEME version 5.5.7 (Release date: Wed Jun 19 13:59:04 2024 -0700)
ALPHABET\t\"RNA\" RNA-LIKE
Background letter frequencies (from file `x'):
A 0.3 C 0.2 G 0.2 U 0.3
MOTIF UGCAUG MEME-1\twidth =   2  sites =  10
log-odds matrix: alength= 4 w= 2 n= 100 bayes= 6 E= 1e-3
  -100   -50   20  150
   100   -50  -20 -150
--------------------------------------------------------------------------------
letter-probability matrix: alength= 4 w= 2 nsites= 10 E= 1.0e-003
 0.000000\t0.000000  0.250000  0.750000
 1e0  0  .0  0.
--------------------------------------------------------------------------------
MOTIF 2 width = 1
letter-probability matrix:

 0.25 0.25 0.25 0.249
";
    let file = read(text).unwrap();
    let first = file.get("MEME-1").unwrap();
    assert_eq!(first.name, "MEME-1");
    assert_eq!(first.alternate.as_deref(), Some("UGCAUG"));
    assert_eq!(first.alphabet, Alphabet::Rna);
    assert_eq!(
        first.columns,
        [[0.0, 0.0, 0.25, 0.75], [1.0, 0.0, 0.0, 0.0]]
    );
    let second = file.get("2").unwrap();
    assert_eq!((second.alternate.as_deref(), second.width()), (None, 1));
    assert_eq!(second.columns[0].iter().sum::<f64>(), 1.0);
}

#[test]
fn damaged_meme() {
    let file = |rows: &str| {
        format!(
            "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M1 F\nletter-probability matrix: alength= 4 w= 2\n{rows}"
        )
    };
    assert!(read(file("1 0 0 0\n0 1 0 0\n")).is_ok());
    let bad = |rows: &str, message: &str| refused(&file(rows), message);
    bad(
        "1 0 0 0\n0 0.9 0 0\n",
        "`x:8`: row 2 of the motif `M1`: the probabilities sum to 0.9, not to 1",
    );
    bad(
        "1 0 0 0\n0 1.5 -0.5 0\n",
        "`x:8`: row 2 of the motif `M1`: -0.5 is not a probability",
    );
    bad(
        "1 0 0 0\n0 1O 0 0\n",
        "`x:8`: `1O` in row 2 of the motif `M1` is not a number",
    );
    bad(
        "1 0 0 0\n0 1 0\n",
        "`x:8`: row 2 of the motif `M1` has 3 numbers instead of 4",
    );
    bad("1 0 0 0\n", "`x:7`: the motif `M1` ends after 1 of 2 rows");
    bad(
        "1 0 0 0\nMOTIF M2\n",
        "`x:7`: the motif `M1` ends after 1 of 2 rows",
    );
    bad("", "`x:6`: the motif `M1` ends after 0 of 2 rows");
    bad(
        "1 0 0 0\n0 1 0 0\n0 0 1 0\n",
        "`x:9`: the motif `M1` has more rows than its width, 2",
    );
    bad(
        "1 0 0 0\n0 1 0 0\nMOTIF M2\nMOTIF M3\n",
        "`x:9`: the motif `M2` has no letter-probability matrix",
    );
    bad(
        "1 0 0 0\n0 1 0 0\nMOTIF\n",
        "`x:9`: this `MOTIF` line has no motif name",
    );

    refused(
        "MEME version 4\nletter-probability matrix: w= 1\n1 0 0 0\n",
        "`x:2`: there is a matrix before the first `MOTIF` line",
    );
    refused(
        "MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n",
        "`x:2`: the alphabet `ACDEFGHIKLMNPQRSTVWY` is neither `ACGT` nor `ACGU`",
    );
    refused(
        "MEME version 4\nMOTIF P\nletter-probability matrix: alength= 20 w= 1\n",
        "`x:3`: the motif `P` has an alphabet of 20 letters instead of 4",
    );
    refused(
        "MEME version 4\nMOTIF P\nletter-probability matrix: alength=4 w=two\n",
        "`x:3`: the width `two` of the motif `P` is not a number",
    );
    refused(
        "MEME version 4\nMOTIF P\nletter-probability matrix:\n",
        "`x:3`: the motif `P` has no positions",
    );
    refused("MEME version 4\n", "`x` has no motif");
}

#[test]
fn damaged_jaspar() {
    let bad = refused;
    bad(
        ">M1 F\nA [ 1 2 ]\nC [ 1 2 ]\nG [ 1 2 ]\n>M2\n",
        "`x:4`: the motif `M1` ends after 3 of 4 rows",
    );
    bad(
        ">M1\nA [ 1 2 ]\nC [ 1 2 ]\nG [ 1 2 ]\nT [ 1 ",
        "`x:5`: a row of the motif `M1` is cut off before its `]`",
    );
    bad(
        ">M1\nA [ 1 2 ]\nC [ 1 2 ]\nG [ 1 ]\nT [ 1 2 ]\n",
        "`x:4`: the row for `G` of the motif `M1` has 1 numbers, an earlier one 2",
    );
    bad(
        ">M1\nA [ 1 2 ]\nA [ 1 2 ]\nG [ 1 2 ]\nT [ 1 2 ]\n",
        "`x:3`: the motif `M1` has two rows for `A`",
    );
    bad(
        ">M1\nA [ 1 2 ]\nX [ 1 2 ]\nG [ 1 2 ]\nT [ 1 2 ]\n",
        "`x:3`: `X` in the motif `M1` is not a base",
    );
    bad(
        ">M1\n1 2\n1 two\n1 2\n1 2\n",
        "`x:3`: `two` in the motif `M1` is not a number",
    );
    bad(
        ">M1\n1 0\n1 0\n1 0\n1 0\n",
        "`x:1`: position 2 of the motif `M1`: the counts are all zero",
    );
    bad(
        ">M1\n[]\n[]\n[]\n[]\n",
        "`x:1`: the motif `M1` has no positions",
    );
    bad(">\n1\n1\n1\n1\n", "`x:1`: this `>` line has no motif name");
    bad(
        ">M1\n1\n1\n1\n1\n1\n",
        "`x:6`: this line belongs to no motif",
    );
    let rna = read(">R\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nU [ 4 ]\n").unwrap();
    assert_eq!(rna.motifs[0].alphabet, Alphabet::Rna);
    assert_eq!(rna.motifs[0].consensus_text(), "U");
}

#[test]
fn rows_of_a_meme_matrix_are_not_lost() {
    let file = |rows: &str| {
        format!("MEME version 4\nMOTIF M1\nletter-probability matrix: alength= 4\n{rows}")
    };
    let whole = read(file("1 0 0 0\n0 1 0 0\n\nURL x\nTime 1.5 secs.\n")).unwrap();
    assert_eq!(whole.motifs[0].consensus_text(), "AC");
    let next = file(
        "1 0 0 0\n\nMOTIF M2\nlog-odds matrix: w= 1\n1.5 0 0 0\nletter-probability matrix:\n0 1 0 0\n",
    );
    assert_eq!(read(next).unwrap().motifs[1].consensus_text(), "C");
    for between in ["\n", "x\n", "------\n", "\n# C\n"] {
        let error = read(file(&format!("1 0 0 0\n{between}0 1 0 0\n"))).unwrap_err();
        let line = 5 + between.matches('\n').count();
        let what =
            format!("`x:{line}`: this row is separated from the matrix of the motif `M1` above");
        assert_eq!((error.code, error.message), (Code::BadMotifFile, what));
    }
}

#[test]
fn log_odds_alone_are_named() {
    let text = "MEME version 4\nMOTIF M1\nlog-odds matrix: alength= 4 w= 1\n1.5 -2 -2 -2\n";
    let error = read(text).unwrap_err();
    assert_eq!(error.code, Code::LogOdds);
    assert!(error.message.starts_with("`x:3`: "), "{}", error.message);
}

#[test]
fn a_number_that_is_no_count_is_named_with_its_row() {
    let file = |row: &str| format!(">M1\nA [ 1 2 ]\nC [ 1 2 ]\n{row}\nT [ 1 2 ]\n");
    for wrong in ["NaN", "inf"] {
        let message = format!(
            "`x:4`: the row for `G` of the motif `M1` contains {wrong}, which is not a count"
        );
        refused(&file(&format!("G [ 1 {wrong} ]")), &message);
    }
}

#[test]
fn lines_may_end_as_on_classic_mac_os() {
    for text in [
        ">M1\nA [ 1 2 ]\nC [ 1 2 ]\nG [ 9 2 ]\nT [ 1 9 ]\n",
        "MEME version 4\nMOTIF M1\nletter-probability matrix: w= 2\n0 0 1 0\n0 0 0 1\n",
        "AC M1\nP0 A C G T\n01 0 0 9 0\n02 0 0 0 9\n//\n",
    ] {
        assert_eq!(
            read(text.replace('\n', "\r")).unwrap().motifs[0].consensus_text(),
            "GT"
        );
    }
}

#[test]
fn files_of_another_kind() {
    refused("", "`x` is empty");
    refused("\n# nothing\n", "`x` is empty");
    refused("\nID   V$GATA1\n", "`x` has no motif");
    let error = read(b">M1\n1 2\n\xff\xfe\n").unwrap_err();
    assert_eq!(error.message, "`x:3`: this is not text in UTF-8");
    let error = MotifFile::read(Path::new("no/such/file.meme")).unwrap_err();
    assert_eq!(error.code, Code::MissingFile);
    assert_eq!(error.message, "there is no file `no/such/file.meme`");
}

const TRANSFAC: &str = "VV  made up\nXX\n//\nAC  M00001\nXX\nID  V$MYOD_01\nNA  MyoD\nP0      A      C      G      T\n01      1      2      2      0      S\n02      2      1      2      0      R\n03      0      5      0      0      C\nXX\n//\nID  other\nPO\tT\tG\tC\tA\n01\t4\t0\t0\t1\n//\n";

fn written(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("counts.transfac");
    std::fs::write(&path, text).expect("a file");
    (folder, path)
}

#[test]
fn transfac_counts_are_read_as_another_program_reads_them() {
    let (_folder, path) = written(TRANSFAC);
    let file = MotifFile::read(&path).unwrap();
    assert_eq!(file.names().collect::<Vec<_>>(), ["MyoD", "other"]);
    assert_eq!(file.find("MyoD").unwrap().columns[2], [0.0, 1.0, 0.0, 0.0]);
    assert_eq!(file.find("other").unwrap().columns, [[0.2, 0.0, 0.0, 0.8]]);
    // The first entry is a heading, which the other reader takes for a motif.
    let motifs = &TRANSFAC[TRANSFAC.find("AC").unwrap()..];
    let second = lightmotif_io::transfac::read::<_, lightmotif::Dna>(motifs.as_bytes());
    let second: Vec<_> = second.map(|record| record.unwrap()).collect();
    assert_eq!(second.len(), 2);
    for (ours, theirs) in file.motifs.iter().zip(&second) {
        let counts = theirs.to_counts().expect("counts");
        for (column, row) in ours.columns.iter().zip(counts.matrix().iter()) {
            // Their order is A, C, T, G.
            let row = [row[0], row[1], row[3], row[2]].map(f64::from);
            let sum: f64 = row.iter().sum();
            assert_eq!(*column, row.map(|count| count / sum));
        }
    }
}

#[test]
fn damaged_transfac_files_are_refused_with_the_line() {
    for (from, to, part) in [
        (
            "02      2",
            "03      2",
            ":10`: row `03` is in place of row 2",
        ),
        (
            "03      0      5      0      0      C",
            "03      0      5",
            ":11`",
        ),
        ("      5      0", "      x      0", "`x` in row `03`"),
        (
            "P0      A      C      G      T",
            "P0      A      C      G      G",
            ":8`",
        ),
        (
            "P0      A      C      G      T\n",
            "",
            "is above its `P0` line",
        ),
        (
            "\n01\t4\t0\t0\t1\n//\n",
            "\n01\t4\t0\t0\t1\n",
            "ends before the `//` of the motif `other`",
        ),
        (
            "01\t4\t0\t0\t1",
            "01\t0\t0\t0\t0",
            "row `01`: the counts are all zero",
        ),
        (
            "01\t4\t0\t0\t1",
            "01\t4\t0\t0\t1\t7",
            "row `01` has five numbers",
        ),
        (
            "01\t4\t0\t0\t1",
            "01\t4\t0\t0\tinf",
            "row `01`: inf is not a count",
        ),
        ("ID  other\n", "", "has no name"),
    ] {
        let (_folder, path) = written(&TRANSFAC.replacen(from, to, 1));
        let error = MotifFile::read(&path).unwrap_err();
        assert!(error.message.contains(part), "{to:?}: {}", error.message);
    }
}
