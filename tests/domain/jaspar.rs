use std::time::Instant;

use gia::diag::Code;
use gia::domain::{Alphabet, jaspar};

#[track_caller]
fn refused(name: &str, message: &str, help: Option<&str>) {
    let error = jaspar::find(name).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(error.code, Code::UnknownMotif);
    assert_eq!(error.help.as_deref(), help);
}

#[test]
fn by_accession() {
    let motif = jaspar::find("MA0139.2").unwrap();
    assert_eq!(motif.name, "MA0139.2");
    assert_eq!(motif.alternate.as_deref(), Some("CTCF"));
    assert_eq!(motif.alphabet, Alphabet::Dna);
    assert_eq!(motif.consensus_text(), "GCCACCAGGGGGCGC");
    // The printed row, 0.307777 0.053669 0.491785 0.146769, sums to 1 as it stands.
    assert!((motif.columns[0][0] - 0.307777).abs() < 1e-12);
}

#[test]
fn without_a_version_or_by_factor() {
    assert_eq!(jaspar::find("MA0035").unwrap().name, "MA0035.5");
    assert_eq!(jaspar::find("CTCFL").unwrap().name, "MA1102.3");
    assert_eq!(jaspar::find("RXRA::VDR").unwrap().name, "MA0074.1");
}

#[test]
fn names_that_are_not_there() {
    refused(
        "MA0035.4",
        "JASPAR 2024 CORE holds no motif `MA0035.4`",
        Some("of the matrix `MA0035` it holds `MA0035.5`"),
    );
    refused(
        "CTCF",
        "`CTCF` names 4 motifs of JASPAR 2024 CORE: `MA0139.2`, `MA1929.2`, `MA1930.2`, `MA0531.2`",
        Some("name the motif by its accession"),
    );
    refused(
        "ctcfl",
        "JASPAR 2024 CORE holds no motif `ctcfl`",
        Some("did you mean `MA1102.3` (CTCFL)?"),
    );
    refused(
        "no such factor at all",
        "JASPAR 2024 CORE holds no motif `no such factor at all`",
        None,
    );
    refused("", "JASPAR 2024 CORE holds no motif ``", None);
    let error = jaspar::find("FOXA11").unwrap_err();
    assert!(error.help.unwrap().contains("(FOXA1)"));
}

#[test]
fn motifs_from_one_end_to_the_other() {
    let names: Vec<&str> = jaspar::names().unwrap().collect();
    assert_eq!(names.len(), 2346);
    let (first, last) = (names[0], names[names.len() - 1]);
    for name in names.iter().step_by(97).copied().chain([first, last]) {
        let motif = jaspar::find(name).unwrap();
        assert_eq!(motif.name, name);
        for column in &motif.columns {
            assert!((column.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

#[test]
fn one_motif_does_not_cost_all() {
    jaspar::find("MA0139.2").unwrap();
    let fastest = (0..5)
        .map(|_| {
            let start = Instant::now();
            jaspar::find("MA0139.2").unwrap();
            start.elapsed()
        })
        .min()
        .unwrap();
    // Unoptimised code looks through all names in some milliseconds and would parse all matrices in over a second.
    assert!(fastest.as_millis() < 100, "{fastest:?}");
}
