//! Edits and null models from script to number: what is scored is what `--sequences` writes.

use std::path::Path;
use std::sync::Arc;

use gia::domain::{Alphabet, FastaOptions, Scanner, SequenceSet, UnknownBases};
use gia::engine::{NoProgress, Options, predict};
use gia::model::{Declaration, LoadArguments};
use gia::plan::{Model, ModelSource};

use crate::support::command::{gia, root, study};

fn network() -> Model {
    let path = root().join("experiments/ctcf_pu1/ctcf_pu1.pt2");
    let declaration = Declaration::load(&path, &LoadArguments::default()).expect("a declaration");
    Model {
        name: "net".into(),
        source: ModelSource::File {
            written: path.display().to_string(),
            path,
        },
        declaration: Arc::new(declaration),
    }
}

fn read(path: &Path) -> SequenceSet {
    let options = FastaOptions {
        width: None,
        unknown: UnknownBases::Refuse,
    };
    SequenceSet::read_fasta(path, Alphabet::Dna, options).expect("a FASTA file")
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_scored_is_what_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().display().to_string();
    let study = study(
        &root().join("tests/runs/edits.gia"),
        &["--sequences", &place],
    );
    let edits = &study["experiments"][0];
    let control = read(&folder.path().join("edits/control.fa"));
    let mut compared = 0;
    for arm in edits["arms"].as_array().expect("arms") {
        let name = arm["arm"].as_str().expect("a name");
        let written = read(&folder.path().join(format!("edits/{name}.fa")));
        assert_eq!(written.sequences.len(), 40);
        let same = written.sequences.iter().zip(&control.sequences);
        let changed = same.filter(|(a, b)| a.bases != b.bases).count();
        assert!(
            name == "control" || changed >= 39,
            "{name} changes {changed} of 40"
        );
        let bases: Vec<Vec<u8>> = written.sequences.iter().map(|s| s.bases.clone()).collect();
        let found = predict(&network(), &bases, &Options::default(), &NoProgress).expect("numbers");
        let column = usize::from(arm["outcome"] == "pu1");
        let values: Vec<f64> = found
            .values
            .chunks(found.columns)
            .map(|row| f64::from(row[column]))
            .collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let reported = arm["mean"].as_f64().expect("a mean");
        assert!(
            (mean - reported).abs() < 1e-5 * (1.0 + mean.abs()),
            "{name}: {mean}, {reported}"
        );
        compared += 1;
    }
    assert_eq!(compared, 32);
    let motif = gia::domain::Motif::from_iupac("CCACCAGGGGGCGC", Alphabet::Dna).unwrap();
    let scanner = Scanner::new(&motif).unwrap();
    let occurs = |arm: &str| -> usize {
        let set = read(&folder.path().join(format!("edits/{arm}.fa")));
        set.sequences
            .iter()
            .filter(|s| scanner.occurs(&s.bases))
            .count()
    };
    for arm in ["inserted", "left", "inverted", "moved", "turned"] {
        assert_eq!(occurs(arm), 40, "{arm}");
    }
    for arm in ["control", "deleted", "disrupted"] {
        assert_eq!(occurs(arm), 0, "{arm}");
    }
}

#[test]
fn a_motif_that_no_shuffle_removes_ends_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = folder.path().join("run.gia");
    std::fs::write(
        folder.path().join("a.fa"),
        ">one\nACGTACGTAC\n>two\nAAAAAAAAAA\n",
    )
    .unwrap();
    let text = "experiment e {
    background fasta(\"a.fa\")
    disrupt \"AAAA\"
    measure additive({\"AAAA\": 1.0})
}
";
    std::fs::write(&script, text).unwrap();
    let place = folder.path().join("written");
    for more in [None, Some(["--sequences".into(), place.clone()])] {
        let mut arguments = vec!["run".into(), script.clone()];
        arguments.extend(more.into_iter().flatten());
        let output = gia(&arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(
            said.contains("E0607") && said.contains("background 1"),
            "{said}"
        );
        assert!(output.stdout.is_empty());
    }
}

/// A site that a variant destroys, one that it makes, and one beside which nothing happens; drawn in another order.
#[test]
fn variants_are_applied_to_the_backgrounds_that_carry_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    // GATAAG at 11, GATCAG at 31, GATAAG at 51, counted from 1.
    let filler = "CCTCGTCCTC";
    let genome = format!("{filler}GATAAGCCCC{filler}GATCAGCCCC{filler}GATAAGCCCC{filler}");
    write("g.fa", &format!(">chr1\n{genome}\n"));
    let header = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
    let records = [("13", "TA", "T"), ("34", "C", "A"), ("58", "C", "CAA")];
    let records: String = records
        .iter()
        .map(|(at, from, to)| format!("chr1\t{at}\t.\t{from}\t{to}\t.\t.\t.\n"))
        .collect();
    write("v.vcf", &format!("{header}{records}"));
    write(
        "run.gia",
        "experiment e {
    background vcf(\"v.vcf\", genome: \"g.fa\", width: 16bp)
    sample 3
    arm other { apply variant }
    arm none  { apply variant; disrupt \"GATAAG\" by \"randomize\" }
    measure sites = additive({\"GATAAG\": 1.0})
    expect other < 1
}
",
    );
    let found = study(&folder.path().join("run.gia"), &[]);
    let arms = found["experiments"][0]["arms"].as_array().expect("arms");
    let mean = |name: &str| arms.iter().find(|a| a["arm"] == name).unwrap()["mean"].as_f64();
    let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-6;
    // The reference has the first and the third site; the first is lost and the second gained.
    assert!(near(mean("control"), 2.0 / 3.0), "{:?}", mean("control"));
    assert!(near(mean("other"), 2.0 / 3.0));
    assert!(near(mean("none"), 0.0));
    let sd = found["experiments"][0]["rows"][0]["sd"].as_f64();
    assert!(near(sd, 1.0), "{sd:?}: differences of -1, 1 and 0");
    assert_eq!(found["data"].as_array().expect("files").len(), 2);
}
