//! `--methods`: every sentence is about something that the study did.

use std::path::Path;

use crate::support::command::gia;

fn methods(folder: &Path, script: &str, more: &[&str]) -> String {
    let (path, out) = (folder.join("run.gia"), folder.join("methods.md"));
    std::fs::write(&path, script).expect("a script");
    let (path, out) = (path.display().to_string(), out.display().to_string());
    let arguments = [&["run", &path, "--methods", &out], more].concat();
    gia(arguments);
    std::fs::read_to_string(out).expect("the methods")
}

const MODEL: &str = "set seed = 5\nmotif SITE = \"CCACCAGG\"\n\
    model net = thermodynamic({SITE: 1}, attraction: 4, reach: 8bp, activation: 2, base: -3)\n";

#[test]
fn independent_backgrounds_and_one_claim_are_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = format!(
        "{MODEL}## Does a site raise expression?\nexperiment site {{\n    background uniform(length: 60bp)\n    sample 40\n    \
         embed SITE at center\n    measure net[\"expression\"]\n    expect effect > 1\n}}\n"
    );
    let text = methods(folder.path(), &script, &[]);
    for told in [
        "seed 5",
        "## site",
        "Does a site raise expression?",
        "Backgrounds: uniform, 60 bp.",
        "There were 40 independent backgrounds; the unit of replication is the background sequence",
        "95 % confidence intervals (paired t, hull of Student's and Hall's intervals)",
        "One claim was stated in the script.",
        "- `site: effect > 1`: supported, p < 1e-12; ",
        "Hall, On the removal of skewness",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for not_done in [
        "CR2",
        "family",
        "Holm",
        "networks and backgrounds",
        "registered",
        "Bands",
    ] {
        assert!(!text.contains(not_done), "{not_done}: {text}");
    }
}

#[test]
fn families_sweeps_and_clusters_are_told_of_with_their_papers() {
    let folder = tempfile::tempdir().expect("a folder");
    let records: String = (0..12)
        .map(|i| {
            let bases = ["ACGTTGCA", "GGATCCAT", "TTACGCGA", "CATGCATT"];
            let body: String = (0..8).map(|k| bases[(i * 3 + k * k + k) % 4]).collect();
            format!(">{i}\n{body}\n")
        })
        .collect();
    std::fs::write(folder.path().join("sources.fa"), records).expect("a file");
    let script = format!(
        "set family = \"script\"\n{MODEL}experiment sweep {{\n    vary shift in 0bp to 20bp step 5bp\n    \
         background shuffled(fasta(\"sources.fa\"), preserving: 1)\n    sample 5 per source\n    embed SITE at center + shift\n    \
         measure net[\"expression\"]\n    report median\n    expect effect > 1\n    expect share(effect) > 50%\n}}\n"
    );
    let text = methods(folder.path(), &script, &[]);
    for told in [
        "shuffles of",
        "standard errors are cluster-robust (CR2)",
        "`shift` (0, 5, 10, 15, 20 bp)",
        "Bands hold at all grid points at once",
        "p values of the 5 grid points of a contrast form one family",
        "The 2 claims of the script were judged as one family",
        "Bell and McCaffrey",
        "Korn and Graubard",
        "Holm, A simple",
        "Woodruff",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
}
