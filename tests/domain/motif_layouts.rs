//! How the rows of a motif file are laid out is told by what the file says.

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_domain::{Alphabet, MotifFile};

fn read(text: &str) -> Outcome<MotifFile> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    std::fs::write(&path, text).unwrap();
    MotifFile::read(&path).map_err(|mut error| {
        let folder = format!("{}/", folder.path().display());
        error.message = error.message.replace(&folder, "");
        error
    })
}

#[track_caller]
fn consensus(text: &str) -> String {
    let file = read(text).unwrap_or_else(|error| panic!("{}", error.message));
    let texts = file.motifs.iter().map(|motif| motif.consensus_text());
    texts.collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn refused(text: &str, code: Code, message: &str) -> Diagnostic {
    let error = read(text).unwrap_err();
    assert_eq!((error.message.as_str(), error.code), (message, code));
    *error
}

/// A row for each position: 0.97 for these bases.
fn positions(letters: &str) -> String {
    let row = |letter: char| {
        let share = |base: char| if base == letter { "0.970" } else { "0.010" };
        "ACGT".chars().map(share).collect::<Vec<_>>().join("\t") + "\n"
    };
    letters.chars().map(row).collect()
}

/// A row for each base, of bare counts.
fn bases(letters: &str) -> String {
    let row = |base: char| {
        let count = |letter: char| if base == letter { "97" } else { "1" };
        letters.chars().map(count).collect::<Vec<_>>().join(" ") + "\n"
    };
    "ACGT".chars().map(row).collect()
}

#[test]
fn homer_gives_a_row_for_each_position_at_every_width() {
    // ACGT is the same matrix both ways, and is read without a doubt.
    for letters in ["A", "GA", "GAT", "GATA", "ACGT", "AAAA", "GATAAG"] {
        let text = format!(
            ">{letters}\tname(Zf)/Homer\t6.5\t-300.0\t0\n{}",
            positions(letters)
        );
        assert_eq!(consensus(&text), letters);
        let file = read(&text).unwrap();
        assert_eq!(file.motifs[0].name, "name(Zf)/Homer");
        // By its name, by the factor in it, and by the consensus.
        for name in ["name(Zf)/Homer", "name", letters] {
            assert!(file.get(name).is_some(), "{name}");
        }
    }
    let rna = read(&format!(">GAUA\tr\t1\n{}", positions("GATA"))).unwrap();
    assert_eq!(rna.motifs[0].alphabet, Alphabet::Rna);
    assert_eq!(rna.motifs[0].consensus_text(), "GAUA");
    // The consensus may be missing, and Windows may have written the lines.
    let text = format!(">\tonly\t6.5\n{}", positions("GATA")).replace('\n', "\r\n");
    assert_eq!(consensus(&text), "GATA");
    refused(
        ">GA\tn\t5\n0.9 0.1 0 0\n0.5 0.1 0.1 0.1\n",
        Code::BadMotifFile,
        "`x:3`: row 2 of the motif `n` is not a position: the probabilities sum to 0.8, not to 1",
    );
    refused(
        ">GA\tn\t5\n0.9 0.1 0\n",
        Code::BadMotifFile,
        "`x:2`: row 1 of the motif `n` has 3 numbers instead of 4",
    );
    refused(
        ">GA\tn\t5\n0.9 0.1 0 zero\n",
        Code::BadMotifFile,
        "`x:2`: row 1 of the motif `n` contains `zero`, which is not a number",
    );
    refused(
        ">GA\tn\t5\n",
        Code::BadMotifFile,
        "`x:1`: the motif `n` ends after 0 of 4 rows",
    );
}

#[test]
fn hocomoco_gives_a_row_for_each_position_at_every_width() {
    for (heading, factor) in [
        ("GATA1.H12CORE.0.PSM.A", "GATA1"),
        ("GATA1_HUMAN.H11MO.0.A", "GATA1"),
    ] {
        for letters in ["GAT", "GATA", "ACGT", "GATAAG"] {
            let text = format!(">{heading}\n{}", positions(letters));
            assert_eq!(consensus(&text), letters);
            assert!(read(&text).unwrap().get(factor).is_some());
        }
    }
    let error = refused(
        ">GATA1.H12CORE.0.PSM.A\n1.2\t-0.5\t0.1\t-2\n",
        Code::LogOdds,
        "`x:2`: the motif `GATA1.H12CORE.0.PSM.A` contains -0.5: negative numbers are log-odds, but a motif needs counts or probabilities",
    );
    assert!(error.help.unwrap().contains("`pcm`"));
}

#[test]
fn letters_tell_a_row_for_each_base() {
    for (open, close) in [
        ("[ ", " ]"),
        ("[", "]"),
        ("| ", ""),
        (": ", ""),
        ("", ""),
        ("\t", ""),
    ] {
        let rows = bases("GATA");
        let rows = rows.lines().zip("ACGT".chars());
        let rows: Vec<String> = rows
            .map(|(row, base)| format!("{base} {open}{row}{close}\n"))
            .collect();
        let text = format!("\u{feff}>M1\tname\n{}", rows.concat());
        assert_eq!(consensus(&text), "GATA", "{text}");
        // In any order.
        let turned: String = rows.iter().rev().map(String::as_str).collect();
        assert_eq!(consensus(&format!(">M1\n{turned}")), "GATA");
    }
    assert_eq!(
        consensus(&format!(">M1\nA C G T\n{}", positions("GATA"))),
        "GATA"
    );
    let other = ">M1\nT G C A\n9 1 1 1\n1 1 1 9\n1 9 1 1\n1 1 9 1\n1 1 1 9\n";
    assert_eq!(consensus(other), "TAGCA");
    refused(
        ">M1\nA [ 1 2 ]\nC [ 1 2 ]\n1 2\nT [ 1 2 ]\n",
        Code::BadMotifFile,
        "`x:4`: this row of the motif `M1` does not start with a base, but other rows do",
    );
}

#[test]
fn bare_rows_are_read_where_only_one_layout_is_possible() {
    // JASPAR's name, and widths that are not four.
    assert_eq!(
        consensus(&format!(">MA0035.5 GATA1\n{}", bases("GATA"))),
        "GATA"
    );
    for letters in ["GAT", "GATAAG"] {
        assert_eq!(consensus(&format!(">mine\n{}", bases(letters))), letters);
        assert_eq!(
            consensus(&format!(">mine\n{}", positions(letters))),
            letters
        );
    }
    // Width four: what sums alike is a position.
    assert_eq!(consensus(&format!(">mine\n{}", bases("GATA"))), "GATA");
    assert_eq!(consensus(&format!(">mine\n{}", positions("GATA"))), "GATA");
    // Both sum alike: the other matrices of the file tell.
    let (both, six) = (bases("ACGT"), bases("GATAAG"));
    assert_eq!(consensus(&format!(">a\n{both}>b\n{six}")), "ACGT GATAAG");
    let both = ">a\n4 3 2 1\n1 4 3 2\n2 1 4 3\n3 2 1 4\n";
    assert_eq!(consensus(&format!("{both}>b\n{six}")), "ACGT GATAAG");
    let error = refused(
        both,
        Code::MotifLayout,
        "`x:2`: the layout of the motif `a` is ambiguous: it has four rows of four numbers, which could be bases or positions",
    );
    let help = error.help.unwrap();
    for part in [
        "`A [ 1 2 3 4 ]`",
        "`A C G T`",
        "MEME",
        "JASPAR",
        "HOMER",
        "HOCOMOCO",
        "TRANSFAC",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    // The mends of the message work.
    let rows: Vec<&str> = both.lines().skip(1).collect();
    let labelled = rows.iter().zip("ACGT".chars());
    let labelled: String = labelled
        .map(|(row, base)| format!("{base} [ {row} ]\n"))
        .collect();
    assert_eq!(consensus(&format!(">a\n{labelled}")), "ACGT");
    assert_eq!(
        consensus(&format!(">a\nA C G T\n{}", rows.join("\n"))),
        "ACGT"
    );
    // Files that disagree with themselves tell nothing.
    let error = read(&format!("{both}>b\n{six}>c\n{}", positions("GATAAG"))).unwrap_err();
    assert_eq!(error.code, Code::MotifLayout);
}

#[test]
fn a_matrix_of_four_bases_that_is_cut_off_is_not_read_as_positions() {
    let whole = ">mine\n90 3 10 7\n1 90 5 80\n5 5 80 2\n4 2 5 11\n";
    assert_eq!(consensus(whole), "ACGC");
    for lines in 2..=4 {
        let cut: String = whole
            .lines()
            .take(lines)
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(read(&cut).unwrap_err().code, Code::MotifLayout, "{cut}");
    }
    let longer = format!("{whole}4 4 4 4\n");
    assert_eq!(read(&longer).unwrap_err().code, Code::MotifLayout);
    refused(
        ">MA0001.1 X\n90 3 10 7\n1 90 5 80\n5 5 80 2\n",
        Code::BadMotifFile,
        "`x:4`: the motif `MA0001.1` ends after 3 of 4 rows",
    );
}

#[test]
fn probabilities_may_be_rounded_to_their_digits() {
    let meme = |rows: &str| {
        format!(
            "MEME version 4\n\nALPHABET= ACGT\n\nMOTIF M1\nletter-probability matrix: alength= 4\n{rows}"
        )
    };
    let file = read(&meme("0.33 0.33 0.33 0.00\n0.26 0.26 0.25 0.25\n")).unwrap();
    let [a, c, g, t] = file.motifs[0].columns[0];
    assert!(a == c && c == g && t == 0.0 && (a - 1.0 / 3.0).abs() < 1e-12);
    for row in [
        "0.33 0.33 0.30 0.00",
        "0.333 0.333 0.300 0.000",
        "0.9 0 0 0",
    ] {
        assert_eq!(
            read(&meme(&format!("{row}\n"))).unwrap_err().code,
            Code::BadMotifFile
        );
    }
    assert!(read(&meme("0.333 0.333 0.333 0.000\n")).is_ok());
}

#[test]
fn files_of_no_format_show_what_they_begin_with() {
    for (text, begins) in [
        (
            "\nmatrix V$GATA1\n",
            "`x:2`: no motif format starts with `matrix V$GATA1`",
        ),
        (
            "0.1 0.2 0.3 0.4\n",
            "`x:1`: no motif format starts with `0.1 0.2 0.3 0.4`",
        ),
        (
            "Pos\tA\tC\tG\tT\n",
            "`x:1`: no motif format starts with `Pos\tA\tC\tG\tT`",
        ),
    ] {
        let error = refused(text, Code::MotifLayout, begins);
        assert!(error.help.unwrap().contains("HOMER"));
    }
    let long = "z".repeat(5000);
    assert!(read(&long).unwrap_err().message.len() < 120);
}

#[test]
fn hocomoco_gives_out_rows_for_bases_too() {
    for letters in ["GATAAG", "GATAA", "GAT", "GATA"] {
        let heading = ">GATA1_HUMAN.H11MO.0.A";
        assert_eq!(
            consensus(&format!("{heading}\n{}", bases(letters))),
            letters
        );
        assert_eq!(
            consensus(&format!("{heading}\n{}", positions(letters))),
            letters
        );
    }
    // ATCG reads both ways: as the rest of the file does and, where that says nothing, as HOCOMOCO's own layout.
    let both = format!(">A_HUMAN.H11MO.0.A\n{}", bases("GACT"));
    let rest = format!(">B_HUMAN.H11MO.0.A\n{}", bases("GATAAG"));
    let own = consensus(&both);
    let as_the_rest = consensus(&format!("{both}{rest}"));
    assert_eq!(as_the_rest, "GACT GATAAG");
    assert_eq!(own.len(), 4);
}

#[test]
fn a_matrix_of_jaspar_whose_rows_are_positions_is_not_transposed() {
    let text = format!(">MA0001.1 M\n{}", positions("GATA"));
    let error = read(&text).unwrap_err();
    assert_eq!(error.code, Code::MotifLayout);
    assert!(error.message.starts_with("`x:2`: "), "{}", error.message);
    assert_eq!(
        consensus(&format!(">MA0001.1 M\n{}", bases("GATA"))),
        "GATA"
    );
}

#[test]
fn numbers_before_the_rows_are_no_counts() {
    for (letters, from) in [("GATA", 1), ("GATA", 0), ("GATAAG", 1), ("GA", 1)] {
        let rows = positions(letters);
        let numbered = (from..)
            .zip(rows.lines())
            .map(|(i, row)| format!("{i}\t{row}\n"));
        let text = format!(">n\n{}", numbered.collect::<String>());
        refused(
            &text,
            Code::MotifLayout,
            "`x:2`: each row of the motif `n` starts with a row number",
        );
    }
    // Four rows of five counts.
    assert_eq!(consensus(&format!(">n\n{}", bases("GATAC"))), "GATAC");
}
