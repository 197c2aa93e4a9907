//! What is offered where.

use std::path::Path;

use gia::repl::{Session, complete, hint};

use crate::support::command::root;
use crate::support::documents::scripts_folder;
use crate::support::session::{answer, session};

/// What may stand at the end of a line, as it is listed.
fn offered(session: &Session, line: &str) -> Vec<String> {
    let (_, found) = complete(line, line.len(), session.names(), session.folder());
    found
        .into_iter()
        .map(|candidate| candidate.displayed)
        .collect()
}

/// The line with the only thing that may stand at its end.
#[track_caller]
fn completed(session: &Session, line: &str) -> String {
    let (start, found) = complete(line, line.len(), session.names(), session.folder());
    match found.as_slice() {
        [one] => format!("{}{}", &line[..start], one.text),
        several => panic!("{line:?}: {several:?}"),
    }
}

fn prepared(folder: &Path) -> Session {
    let mut session = session(folder);
    for entry in [
        "use syntax",
        "model net = load(\"ctcf_pu1.pt2\")",
        "motif SITE = \"CCACCAGG\"",
        "null random = uniform(length: 100bp)",
        "let gap = 10bp",
        "query ctcf = net[\"CTCF\"]",
    ] {
        let (said, _) = answer(&mut session, entry);
        assert!(!said.contains("error"), "{said}");
    }
    session
}

#[test]
fn words_stand_where_they_can() {
    let folder = scripts_folder();
    let session = prepared(folder.path());
    for (line, wanted) in [
        ("exp", "experiment"),
        ("experiment e {\n    bac", "background"),
        ("experiment e {\n    background random\n    emb", "embed"),
        ("experiment e { arm one { sw", "swap"),
        ("let x = wi", "width"),
        ("set co", "correction"),
        ("use sy", "syntax"),
        ("show evalu", "evaluate"),
        ("experiment e {\n    report med", "median"),
        ("let y = ga", "gap"),
        (
            "experiment e {\n    vary spacer in 1 to 3\n    let z = spac",
            "spacer",
        ),
        (":pl", "plan"),
        (":help embe", "embed"),
        (":type ct", "ctcf"),
        ("syntax.spac", "spacing"),
        ("let s = syntax.kmer", "kmer_scan"),
    ] {
        let found = offered(&session, line);
        assert!(
            found.iter().any(|word| word == wanted),
            "{line:?}: {found:?}"
        );
    }
    // A word of an experiment is none of a script, and the other way round.
    assert!(!offered(&session, "bac").contains(&"background".to_string()));
    assert!(!offered(&session, "experiment e {\n    mod").contains(&"model".to_string()));
    // A name that is given is new.
    assert!(offered(&session, "let ga").is_empty());
}

#[test]
fn names_are_offered_by_what_they_are() {
    let folder = scripts_folder();
    let session = prepared(folder.path());
    let backgrounds = offered(&session, "experiment e {\n    background ");
    assert!(
        backgrounds.contains(&"random".to_string()),
        "{backgrounds:?}"
    );
    assert!(
        backgrounds.contains(&"markov".to_string()) && backgrounds.contains(&"fasta".to_string())
    );
    assert!(
        !backgrounds.contains(&"SITE".to_string()) && !backgrounds.contains(&"net".to_string())
    );
    let embedded = offered(&session, "experiment e {\n    embed ");
    assert!(embedded.contains(&"SITE".to_string()) && !embedded.contains(&"random".to_string()));
    let measured = offered(&session, "experiment e {\n    measure ");
    assert!(measured.contains(&"net".to_string()) && measured.contains(&"ctcf".to_string()));
    assert!(!measured.contains(&"SITE".to_string()));
    let argument = offered(&session, "without(");
    assert!(argument.contains(&"random".to_string()) && !argument.contains(&"SITE".to_string()));
    let argument = offered(&session, "without(random, ");
    assert!(argument.contains(&"SITE".to_string()) && !argument.contains(&"random".to_string()));
    assert!(offered(&session, "uniform(len").contains(&"length".to_string()));
}

#[test]
fn texts_are_completed_by_what_they_name() {
    let folder = scripts_folder();
    let session = prepared(folder.path());
    assert_eq!(offered(&session, "net[\""), ["CTCF", "PU.1"]);
    assert_eq!(completed(&session, "net[\"CT"), "net[\"CTCF\"]");
    assert_eq!(
        completed(&session, "measure net[\"P"),
        "measure net[\"PU.1\"]"
    );
    assert_eq!(
        completed(&session, "let m = jaspar(\"MA0139.2"),
        "let m = jaspar(\"MA0139.2\""
    );
    assert!(offered(&session, "jaspar(\"SPI").contains(&"Spi1 MA0080.7".to_string()));
    assert_eq!(
        completed(&session, "model b = load(\"ctcf_pu1.p"),
        "model b = load(\"ctcf_pu1.pt2\""
    );
    assert_eq!(
        completed(&session, "let p = fasta(\"gm12878_ctcf.f"),
        "let p = fasta(\"gm12878_ctcf.fa\""
    );
    assert_eq!(
        completed(&session, "uniform(length: 10bp, alphabet: \"rn"),
        "uniform(length: 10bp, alphabet: \"rna\""
    );
    assert_eq!(
        completed(&session, ":load ctcf_pu1.g"),
        ":load ctcf_pu1.gia"
    );
    let files = crate::support::session::session(root());
    assert_eq!(
        completed(&files, "load(\"tests/models/profi"),
        "load(\"tests/models/profile.pt2\""
    );
    let motifs = offered(&files, "meme(\"tests/data/motifs/three.meme\", \"");
    assert!(motifs.len() >= 3, "{motifs:?}");
    let line = "let m = motifs(\"tests/data/motifs/three.jaspar\")[\"";
    assert!(offered(&files, line).contains(&"MA0035.5".to_string()));
    assert_eq!(
        completed(&files, &format!("{line}CT")),
        format!("{line}CTCF\"]")
    );
    // A factor of several motifs is offered as the matrices that it could mean.
    let jun = offered(&session, "jaspar(\"JUN");
    assert!(
        jun.contains(&"JUN MA0488.2 Homo sapiens".to_string()),
        "{jun:?}"
    );
    assert!(
        jun.contains(&"Jun MA0489.3 Mus musculus".to_string()),
        "{jun:?}"
    );
    assert_eq!(
        completed(&session, "jaspar(\"AP1\", taxon: \"pla"),
        "jaspar(\"AP1\", taxon: \"plants\""
    );
    let motifs = offered(
        &files,
        "transfac(\"tests/data/motifs/three.transfac\", name: \"",
    );
    assert!(motifs.len() >= 3, "{motifs:?}");
}

#[test]
fn outputs_of_a_model_stand_behind_its_point() {
    let mut session = session(root());
    answer(&mut session, "model p = load(\"tests/models/profile.pt2\")");
    let outputs = offered(&session, "p.");
    assert!(!outputs.is_empty());
    let first = format!("p.{}[\"", outputs[0]);
    assert!(!offered(&session, &first).is_empty(), "{first}");
}

#[test]
fn hints_go_on_with_what_is_typed() {
    let folder = scripts_folder();
    let session = prepared(folder.path());
    let hinted = |line: &str| hint(line, session.names(), session.folder());
    let signature = hinted("uniform(").expect("a hint");
    assert!(
        signature.displayed.starts_with("length: Length"),
        "{signature:?}"
    );
    assert_eq!(signature.inserted, None);
    let second = hinted("without(random, ").expect("a hint");
    assert!(second.displayed.starts_with("pattern: Motif"), "{second:?}");
    let word = hinted("let a = scramb").expect("a hint");
    assert_eq!(word.inserted.as_deref(), Some("led("));
    assert_eq!(hinted("let a = "), None);
}
