use gia_base::diag::{Code, Diagnostic};
use gia_domain::jaspar::SearchScope;
use gia_domain::{Alphabet, Motif, jaspar};

use crate::allocation::requested;

#[track_caller]
fn refused(name: &str, message: &str, help: Option<&str>) {
    let error = jaspar::find(name).unwrap_err();
    assert_eq!(error.message, message);
    assert_eq!(error.code, Code::UnknownMotif);
    assert_eq!(error.help.as_deref(), help);
}

/// The identifier of a motif of the collection, whose name is its factor.
fn matrix(motif: &Motif) -> &str {
    motif.alternate.as_deref().expect("an identifier")
}

#[test]
fn by_accession() {
    let motif = jaspar::find("MA0139.2").unwrap();
    assert_eq!(motif.name, "CTCF");
    assert_eq!(motif.alternate.as_deref(), Some("MA0139.2"));
    assert_eq!(motif.alphabet, Alphabet::Dna);
    assert_eq!(motif.consensus_text(), "GCCACCAGGGGGCGC");
    // The printed row, 0.307777 0.053669 0.491785 0.146769, sums to 1 as it stands.
    assert!((motif.columns[0][0] - 0.307777).abs() < 1e-12);
}

#[test]
fn without_a_version_or_by_factor() {
    assert_eq!(matrix(&jaspar::find("MA0035").unwrap()), "MA0035.5");
    assert_eq!(matrix(&jaspar::find("ma0035.5").unwrap()), "MA0035.5");
    assert_eq!(matrix(&jaspar::find("CTCFL").unwrap()), "MA1102.3");
    assert_eq!(matrix(&jaspar::find("RXRA::VDR").unwrap()), "MA0074.1");
    // Case does not matter, and other taxa do not where one vertebrate has the name.
    assert_eq!(matrix(&jaspar::find("ctcfl").unwrap()), "MA1102.3");
    assert_eq!(matrix(&jaspar::find("gata1").unwrap()), "MA0035.5");
}

fn error(name: &str, among: SearchScope) -> Diagnostic {
    *jaspar::find_in(name, among).unwrap_err()
}

const HUMAN: SearchScope = SearchScope {
    species: Some("homo sapiens"),
    taxon: None,
};
const PLANTS: SearchScope = SearchScope {
    species: None,
    taxon: Some("plants"),
};

#[test]
fn a_name_of_several_motifs_picks_none_and_lists_all() {
    let found = error("Jun", SearchScope::default());
    assert_eq!(found.code, Code::AmbiguousMotif);
    let upper = error("JUN", SearchScope::default());
    assert_eq!(found.help, upper.help);
    let help = found.help.unwrap();
    for part in [
        "`jaspar(\"MA0488.2\")`",
        "Homo sapiens",
        "Mus musculus",
        " bp, ",
        " sites, ",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
    // What each candidate says picks it.
    for name in help.split('"').skip(1).step_by(2) {
        assert_eq!(matrix(&jaspar::find(name).unwrap()), name);
        let picked = jaspar::find(name).unwrap();
        assert!(help.contains(&picked.consensus_text()), "{help}");
    }
}

#[test]
fn a_plants_motif_is_never_meant_by_a_bare_name() {
    let found = error("AP1", SearchScope::default());
    assert_eq!(found.code, Code::AmbiguousMotif);
    assert_eq!(
        found.message,
        "JASPAR 2026 CORE has no motif `AP1` of vertebrates"
    );
    let help = found.help.unwrap();
    assert!(help.contains("Arabidopsis thaliana (plants)"), "{help}");
    assert_eq!(matrix(&jaspar::find_in("ap1", PLANTS).unwrap()), "MA0940.1");
    let by_species = SearchScope {
        species: Some("Arabidopsis thaliana"),
        taxon: None,
    };
    assert_eq!(
        matrix(&jaspar::find_in("AP1", by_species).unwrap()),
        "MA0940.1"
    );
}

#[test]
fn species_and_taxon_pick_among_motifs_of_a_name() {
    assert_eq!(matrix(&jaspar::find_in("Jun", HUMAN).unwrap()), "MA0488.2");
    assert_eq!(error("CTCF", HUMAN).code, Code::AmbiguousMotif);
    let mouse = SearchScope {
        species: Some("Mus musculus"),
        taxon: None,
    };
    let of_mouse = jaspar::find_in("JUN", mouse).unwrap();
    assert!(
        error("Jun", SearchScope::default())
            .help
            .unwrap()
            .contains(matrix(&of_mouse))
    );
    let found = error("CTCFL", PLANTS);
    assert_eq!(found.code, Code::AmbiguousMotif);
    assert!(found.help.unwrap().contains("MA1102.3"));
    // A matrix wins over a name, and contradicts a species that is not its own.
    assert_eq!(
        matrix(&jaspar::find_in("MA1102.3", HUMAN).unwrap()),
        "MA1102.3"
    );
    assert_eq!(error("MA1102.3", PLANTS).code, Code::AmbiguousMotif);
    assert_eq!(
        jaspar::check_species("human").unwrap_err().code,
        Code::UnknownTaxon
    );
    let close = jaspar::check_species("Homo sapien").unwrap_err();
    assert_eq!(
        close.help.as_deref(),
        Some("did you mean `species: \"Homo sapiens\"`?")
    );
    assert_eq!(jaspar::check_taxon("Plants"), Ok(()));
    assert_eq!(jaspar::taxa()[0], "vertebrates");
    assert_eq!(jaspar::species()[0], "Homo sapiens");
}

#[test]
fn names_that_are_not_there() {
    refused("MA9999.1", "JASPAR 2026 CORE has no motif `MA9999.1`", None);
    refused("MA0035.x", "JASPAR 2026 CORE has no motif `MA0035.x`", None);
    let older = error("MA0035.4", SearchScope::default());
    assert_eq!(older.message, "JASPAR 2026 CORE has no motif `MA0035.4`");
    let help = older.help.unwrap();
    assert!(help.contains("`jaspar(\"MA0035.5\")`: GATA1"), "{help}");
    refused(
        "no such factor at all",
        "JASPAR 2026 CORE has no motif `no such factor at all`",
        None,
    );
    refused("", "JASPAR 2026 CORE has no motif ``", None);
    for strange in ["é", "MA", "M\u{e4}0035.4", "MA0035."] {
        assert_eq!(jaspar::find(strange).unwrap_err().code, Code::UnknownMotif);
    }
    let error = jaspar::find("FOXA11").unwrap_err();
    assert!(error.help.unwrap().contains(": FOXA1,"));
}

/// A name is offered where it picks its motif, and else what does.
#[test]
fn whatever_is_offered_picks_its_motif() {
    let offered = jaspar::completion_names().unwrap();
    for one in offered.iter().step_by(41) {
        assert_eq!(
            matrix(&jaspar::find(one.name).unwrap()),
            one.entry.matrix,
            "{one:?}"
        );
    }
    let of = |begun: &str| -> Vec<&str> {
        let same = offered.iter().filter(|one| one.begun == begun);
        same.map(|one| one.name).collect()
    };
    assert_eq!(of("CTCFL"), ["CTCFL"]);
    assert_eq!(of("AP1"), ["MA0940.1"]);
    assert!(of("CTCF").len() > 1 && of("CTCF").iter().all(|name| name.starts_with("MA")));
}

#[test]
fn motifs_from_one_end_to_the_other() {
    let names: Vec<&str> = jaspar::names().unwrap().collect();
    assert_eq!(names.len(), 2633);
    let (first, last) = (names[0], names[names.len() - 1]);
    for name in names.iter().step_by(97).copied().chain([first, last]) {
        let motif = jaspar::find(name).unwrap();
        assert_eq!(matrix(&motif), name);
        for column in &motif.columns {
            assert!((column.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}

/// Allocated bytes stand for the work: the columns of all 2,633 matrices take about a megabyte.
#[test]
fn one_motif_does_not_cost_all() {
    // The text is unpacked once.
    jaspar::find("MA0139.2").unwrap();
    let (_, bytes) = requested(|| jaspar::find("MA0139.2").unwrap());
    assert!(bytes < 50_000, "{bytes} bytes");
}

#[test]
fn all_motifs_of_a_taxon_have_names_of_their_own() {
    let vertebrates = SearchScope {
        species: None,
        taxon: Some("Vertebrates"),
    };
    let motifs = jaspar::all(vertebrates).unwrap();
    assert_eq!(motifs.len(), 1019);
    let mut names: Vec<&str> = motifs.iter().map(|motif| motif.name.as_str()).collect();
    assert!(names.contains(&"GATA1"));
    assert!(names.contains(&"FOS::JUN MA0099.4") && names.contains(&"FOS::JUN MA1126.2"));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 1019);
    assert_eq!(jaspar::all(SearchScope::default()).unwrap().len(), 2633);
}

#[test]
fn a_list_of_no_motif_is_refused_with_candidates() {
    let all = |species, taxon| jaspar::all(SearchScope { species, taxon }).unwrap_err();
    let unknown = all(None, Some("vertebrate"));
    assert_eq!(unknown.code, Code::UnknownTaxon);
    assert_eq!(
        unknown.help.as_deref(),
        Some("did you mean `taxon: \"vertebrates\"`?")
    );
    let neither = all(Some("Homo sapiens"), Some("plants"));
    assert_eq!(
        neither.message,
        "JASPAR 2026 CORE has no motif of Homo sapiens, plants"
    );
    assert_eq!(
        neither.help.as_deref(),
        Some("the motifs of Homo sapiens are of the taxon `vertebrates`")
    );
}
