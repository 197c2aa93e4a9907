//! `gia attribute`: contributions that add up, held against tangermeme, and what is refused.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Output;

use ndarray::{Array1, Array2, Array3, Axis};
use ndarray_npy::NpzReader;

use crate::support::archive::network;
use crate::support::command::{gia, root};

/// What the second program may differ by, of the largest contribution: numbers are written as float32.
const TOLERANCE: f64 = 1e-6;

fn run(model: &Path, fasta: &Path, more: &[&str], npz: &Path) -> Output {
    let words: [PathBuf; 5] = [
        "attribute".into(),
        model.into(),
        fasta.into(),
        "--npz".into(),
        npz.into(),
    ];
    gia(words.into_iter().chain(more.iter().map(|word| word.into())))
}

fn found(model: &Path, fasta: &Path, more: &[&str]) -> (NpzReader<File>, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let npz = folder.path().join("found.npz");
    let output = run(model, fasta, more, &npz);
    assert!(output.status.success(), "{output:?}");
    let arrays = NpzReader::new(File::open(npz).expect("written")).expect("an npz file");
    (arrays, String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Sequences of every base, with an N if asked for.
fn sequences(folder: &Path, length: usize, has_unknown: bool) -> PathBuf {
    let mut state = 11u32;
    let mut text = String::new();
    for name in ["a", "b"] {
        text += &format!(">{name}\n");
        for position in 0..length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let base = b"ACGT"[(state >> 30) as usize] as char;
            let is_unknown = has_unknown && position == length / 2;
            text.push(if is_unknown { 'N' } else { base });
        }
        text.push('\n');
    }
    let path = folder.join("some.fa");
    std::fs::write(&path, text).expect("written");
    path
}

/// The largest share of a difference that the contributions of a network miss, in float64.
fn missed(name: &str) -> f64 {
    let toml = std::fs::read_to_string(root().join(format!("tests/models/{name}.toml")));
    let toml: toml::Table = toml.expect("a declaration").parse().expect("TOML");
    let length = toml["length"].as_integer().expect("a length") as usize;
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = sequences(folder.path(), length, false);
    let more = ["--of", "0", "--references", "3", "--dtype", "float64"];
    let (mut arrays, _) = found(&network(name), &fasta, &more);
    let differences: Array2<f32> = arrays.by_name("differences").expect("differences");
    let excesses: Array2<f32> = arrays.by_name("excesses").expect("excesses");
    let predictions: Array1<f32> = arrays.by_name("predictions").expect("predictions");
    let shares = differences.indexed_iter().map(|(at, difference)| {
        let scale = difference.abs().max(1e-3 * predictions[at.0].abs());
        match excesses[at].abs() {
            0.0 => 0.0,
            excess => f64::from(excess / scale),
        }
    });
    shares.fold(0.0, f64::max)
}

/// Networks with each kind of operator that has an exact rule.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn contributions_add_up_to_the_difference() {
    let networks = [
        "activations",
        "arithmetic",
        "at_kinks",
        "at_zero",
        "both_strands",
        "bpnet",
        "circular",
        "danq",
        "decomposed_norms",
        "deepsea",
        "densenet",
        "enformer",
        "explainn",
        "fixed",
        "image",
        "indexed",
        "keras",
        "last_states",
        "masked",
        "norms",
        "pools",
        "profile",
        "puffin",
        "recurrent",
        "reset_first",
        "short_time",
        "spectral",
        "spliceai",
        "squeeze_excite",
        "state_space",
        "strands",
        "transformer",
        "vector_attention",
        "written",
    ];
    for name in networks {
        let share = missed(name);
        assert!(share < 1e-9, "{name} misses {share:e}");
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn multipliers_are_those_of_tangermeme() {
    let folder = root().join("tests/oracle/attribution");
    for name in ["pooled", "normed"] {
        let seed = ["--seed", "1"];
        let more = ["--of", "1", "--references", "3", "--dtype", "float64"];
        let more = [&more[..], &seed].concat();
        let model = folder.join(format!("{name}.pt2"));
        let (mut arrays, _) = found(&model, &folder.join("sequences.fa"), &more);
        let ours: Array3<f32> = arrays.by_name("hypothetical").expect("contributions");
        let file = File::open(folder.join(format!("{name}.npz"))).expect("the numbers");
        let mut expected = NpzReader::new(file).expect("an npz file");
        let theirs: Array3<f64> = expected.by_name("hypothetical").expect("contributions");
        let references: Array3<u8> = arrays.by_name("references").expect("references");
        let drawn: Array3<u8> = expected.by_name("references").expect("references");
        assert_eq!(references, drawn, "{name}");
        let largest = theirs.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        for (own, other) in ours.iter().zip(&theirs) {
            assert!(
                (f64::from(*own) - other).abs() <= TOLERANCE * largest,
                "{name}"
            );
        }
    }
}

/// Each base of a network that counts G and C contributes what it does to the count.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_linear_network_is_read_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = folder.path().join("one.fa");
    std::fs::write(&fasta, ">a\nACGTACGTACGTACGTACGT\n").expect("written");
    let (mut arrays, said) = found(&network("gc"), &fasta, &["--references", "5"]);
    let hypothetical: Array3<f32> = arrays.by_name("hypothetical").expect("contributions");
    // Shuffles keep the first and last base: what C or G would add there, in place of A or T.
    for base in 0..4 {
        let is_strong = base == 1 || base == 2;
        for end in [0, 19] {
            assert_eq!(hypothetical[[0, base, end]], f32::from(is_strong));
        }
    }
    let between =
        hypothetical.index_axis(Axis(1), 1).to_owned() - hypothetical.index_axis(Axis(1), 0);
    assert!(
        between
            .iter()
            .all(|difference| (difference - 1.0).abs() < 1e-6)
    );
    assert!(
        said.contains("DeepSHAP of 1 sequence, each compared with 5 shuffles of its own"),
        "{said}"
    );
    let (mut arrays, _) = found(
        &network("gc"),
        &fasta,
        &["--method", "gradient-times-input"],
    );
    let corrected: Array3<f32> = arrays.by_name("hypothetical").expect("contributions");
    for ((_, base, _), value) in corrected.indexed_iter() {
        assert_eq!(*value, if base == 1 || base == 2 { 0.5 } else { -0.5 });
    }
    let (mut arrays, _) = found(&network("gc"), &fasta, &["--method", "taylor-ism"]);
    let effects: Array3<f32> = arrays.by_name("hypothetical").expect("effects");
    // A becomes C: one more; C becomes A: one fewer.
    assert_eq!((effects[[0, 1, 0]], effects[[0, 0, 1]]), (1.0, -1.0));
}

/// The same references, and so the same map, whatever the batch size and the number of threads.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn batches_change_no_reference_and_no_contribution() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = sequences(folder.path(), 60, false);
    let map = |more: &[&str]| {
        let (mut arrays, _) = found(&network("pair"), &fasta, &[&["--of", "0"], more].concat());
        let references: Array3<u8> = arrays.by_name("references").expect("references");
        let contributions: Array3<f32> = arrays.by_name("contributions").expect("contributions");
        (references, contributions)
    };
    let (references, contributions) = map(&[]);
    let largest = contributions
        .iter()
        .fold(0.0, |most: f32, x| most.max(x.abs()));
    for more in [
        ["--batch", "1"],
        ["--batch", "7"],
        ["--batch", "64"],
        ["--threads", "1"],
    ] {
        let (same, other) = map(&more);
        assert_eq!(references, same, "{more:?}");
        for (one, other) in contributions.iter().zip(&other) {
            assert!(
                (one - other).abs() <= 1e-5 * largest,
                "{more:?}: {one} {other}"
            );
        }
    }
    assert_ne!(map(&["--seed", "2"]).0, references);
}

/// A map whose sums miss a difference is written, and told with the operators that have no rule.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn what_is_missed_is_an_error_that_names_the_operators() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = sequences(folder.path(), 24, false);
    let npz = folder.path().join("map.npz");
    let output = run(&network("selected"), &fasta, &["--of", "0"], &npz);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("E0624") && said.contains("argmax"), "{said}");
    assert!(npz.exists());
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn unknown_bases_and_other_lengths_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let npz = folder.path().join("map.npz");
    let said = |fasta: &Path, more: &[&str]| {
        let output = run(
            &network("pair"),
            fasta,
            &[&["--of", "0"], more].concat(),
            &npz,
        );
        assert!(!output.status.success());
        assert!(!npz.exists());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let unknown = sequences(folder.path(), 60, true);
    let kept = said(&unknown, &["--keep-unknown"]);
    assert!(kept.contains("cannot be shuffled"), "{kept}");
    let short = sequences(folder.path(), 50, false);
    let refused = said(&short, &[]);
    assert!(refused.contains("60 bp"), "{refused}");
}

/// What TF-MoDISco reads: two files with one array each.
#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn files_for_modisco_hold_sequences_and_hypothetical_contributions() {
    let folder = tempfile::tempdir().expect("a folder");
    let fasta = sequences(folder.path(), 60, false);
    let for_modisco = folder.path().join("for_modisco");
    let path = for_modisco.to_str().expect("UTF-8");
    let (mut arrays, _) = found(&network("pair"), &fasta, &["--of", "0", "--modisco", path]);
    for (file, array) in [("ohe.npz", "one_hot"), ("attr.npz", "hypothetical")] {
        let file = File::open(for_modisco.join(file)).expect("written");
        let own: Array3<f32> = NpzReader::new(file)
            .expect("an npz file")
            .by_name("arr_0")
            .expect("an array");
        let whole: Array3<f32> = arrays.by_name(array).expect("an array");
        assert_eq!(own, whole);
    }
}
