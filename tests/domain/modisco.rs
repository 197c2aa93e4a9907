//! Patterns of tfmodisco-lite. `tests/data/modisco/make.py` wrote the files with h5py, and what numpy finds in them.

use std::path::{Path, PathBuf};

use gia_base::diag::Code;
use gia_domain::{Motif, MotifFile};
use serde_json::Value;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/modisco")
        .join(name)
}

#[track_caller]
fn are_close(found: &[[f64; 4]], expected: &Value) {
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len());
    for (column, expected) in found.iter().zip(expected) {
        for (value, expected) in column.iter().zip(expected.as_array().unwrap()) {
            let expected = expected.as_f64().unwrap();
            assert!((value - expected).abs() < 1e-12, "{value} {expected}");
        }
    }
}

#[test]
fn patterns_are_those_that_were_written() {
    let file = MotifFile::read(&data("results.h5")).unwrap();
    let text = std::fs::read_to_string(data("expected.json")).unwrap();
    let expected: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<&str> = file.names().collect();
    assert_eq!(names.len(), expected.as_object().unwrap().len());
    // By number, not by letters, and positive ones first.
    assert_eq!(names[1], "pos_patterns.pattern_1");
    assert_eq!(names[10], "pos_patterns.pattern_10");
    assert_eq!(names[11], "neg_patterns.pattern_0");
    for motif in &file.motifs {
        let expected = &expected[&motif.name];
        let discovery = motif.discovery.as_ref().unwrap();
        are_close(&motif.columns, &expected["sequence"]);
        are_close(&discovery.contributions, &expected["contributions"]);
        assert_eq!(discovery.seqlets, expected["seqlets"].as_u64());
        are_close(&motif.trimmed(0.3).columns, &expected["trimmed"]);
        are_close(&motif.trimmed(0.8).columns, &expected["trimmed_to_80"]);
        assert_eq!(motif.trimmed(0.0), *motif);
    }
    let gata = file.find("pos_patterns.pattern_0").unwrap().trimmed(0.3);
    assert_eq!(gata.consensus_text(), "GATAAG");
    assert_eq!(gata.discovery.as_ref().unwrap().contributions.len(), 6);
    assert_eq!(gata.reverse_complement().reverse_complement(), gata);
    assert_ne!(
        gata.reverse_complement().discovery.unwrap().contributions,
        gata.discovery.unwrap().contributions
    );
}

#[test]
fn names_are_offered_for_completion() {
    let names = gia_domain::motif_names(&data("results.h5"));
    assert_eq!(
        (names.len(), names[11].as_str()),
        (12, "neg_patterns.pattern_0")
    );
    assert!(gia_domain::motif_names(&data("other.h5")).is_empty());
}

#[test]
fn motifs_without_contributions_are_not_trimmed() {
    let motif = Motif::from_iupac("NNGATAAG", gia_domain::Alphabet::Dna).unwrap();
    assert_eq!(motif.trimmed(0.3), motif);
}

#[test]
fn other_files_are_refused() {
    for (file, what) in [
        (
            "other.h5",
            "is HDF5 without the groups `pos_patterns` and `neg_patterns` of tfmodisco-lite",
        ),
        (
            "without_contributions.h5",
            "has no `contrib_scores` of the pattern `pos_patterns.pattern_0`",
        ),
        (
            "three_columns.h5",
            "has a bad `sequence` of the pattern `pos_patterns.pattern_0`: its shape is 4 x 3, not positions x 4",
        ),
    ] {
        let path = data(file);
        let error = MotifFile::read(&path).unwrap_err();
        assert_eq!(error.code, Code::BadMotifFile);
        assert_eq!(error.message, format!("`{}` {what}", path.display()));
    }
}

/// Bytes that say where things are and how large they are stand in the first part of the file and before each array.
#[test]
fn damaged_files_give_a_diagnosis_or_motifs() {
    let bytes = std::fs::read(data("results.h5")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.h5");
    let mut refused = 0;
    let mut read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        match MotifFile::read(&path) {
            Ok(file) => assert!(!file.motifs.is_empty()),
            Err(error) => {
                assert!(
                    !error.message.ends_with("is damaged"),
                    "the decoder panicked"
                );
                refused += 1;
            }
        }
    };
    for length in (0..bytes.len()).step_by(4099) {
        read(&bytes[..length]);
    }
    let mut state = 1u64;
    for _ in 0..1500 {
        let mut damaged = bytes.clone();
        for _ in 0..10 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let at = (state >> 33) as usize % 24_000;
            damaged[at] ^= (state >> 20) as u8 | 1;
        }
        read(&damaged);
    }
    assert!(refused > 300, "{refused}");
}
