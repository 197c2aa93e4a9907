//! Windows that are matched to given ones: what they share, where they do not lie, and that the seed decides which they are.

use std::sync::Arc;

use gia_domain::{
    Alphabet, Center, MatchOptions, Reason, RegionOptions, SequenceSet, matched_windows, windows,
};
use tempfile::TempDir;

/// Two contigs whose GC content rises along them, with a stretch of N, and regions of 50 bp on the first.
fn files() -> (TempDir, Arc<SequenceSet>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut state = 3u64;
    let mut contig = |length: usize| -> String {
        let letters = (0..length).map(|i| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let gc = 0.3 + 0.4 * i as f64 / length as f64;
            let draw = (state >> 33) as f64 / (1u64 << 31) as f64;
            let first = state >> 62 & 1 == 0;
            match (draw < gc, first) {
                (true, true) => 'G',
                (true, false) => 'C',
                (false, true) => 'a',
                (false, false) => 'T',
            }
        });
        letters.collect()
    };
    let (one, two) = (contig(40_000), contig(30_000));
    let two = format!("{}{}{}", &two[..5_000], "N".repeat(5_000), &two[10_000..]);
    let genome = format!(">one\n{one}\n>two\n{two}\n>short\nACGT\n");
    std::fs::write(folder.path().join("g.fa"), genome).expect("written");
    let regions: String = (0..60)
        .map(|i| format!("one\t{}\t{}\tpeak{i}\n", 300 + i * 600, 350 + i * 600))
        .collect();
    std::fs::write(folder.path().join("r.bed"), regions).expect("written");
    let options = RegionOptions {
        center: Center::Middle,
        ..RegionOptions::default()
    };
    let [genome, regions] = ["g.fa", "r.bed"].map(|name| folder.path().join(name));
    let read = windows(&genome, &regions, Alphabet::Dna, options).expect("windows");
    (folder, Arc::new(read.set))
}

const OPTIONS: MatchOptions = MatchOptions {
    gc: 0.02,
    away: 100,
    per: 2,
    seed: 1,
};

fn gc(bases: &[u8]) -> f64 {
    let gc = bases.iter().filter(|base| matches!(base, 1 | 2)).count();
    gc as f64 / bases.len() as f64
}

#[test]
fn windows_match_in_length_and_gc_and_lie_apart() {
    let (folder, like) = files();
    let genome = folder.path().join("g.fa");
    let found = matched_windows(&genome, &like, OPTIONS)
        .expect("windows")
        .set;
    assert_eq!(found.sequences.len(), 120, "{}", found.excluded.words());
    let mut places = Vec::new();
    for (i, window) in found.sequences.iter().enumerate() {
        let given = &like.sequences[i / 2];
        assert_eq!(window.bases.len(), 50);
        assert!(window.bases.iter().all(|&base| base < 4), "{}", window.name);
        assert!((gc(&window.bases) - gc(&given.bases)).abs() <= 0.02 + 1e-9);
        let locus = window.locus.as_ref().expect("a place");
        places.push((locus.contig.clone(), locus.range.start, locus.range.end));
        for given in &like.sequences {
            let given = given.locus.as_ref().expect("a place");
            let apart = locus.range.end + 100 <= given.range.start
                || given.range.end + 100 <= locus.range.start;
            assert!(given.contig != locus.contig || apart, "{}", window.name);
        }
    }
    places.sort();
    let apart = |pair: &[(Arc<str>, u64, u64)]| pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1;
    assert!(places.windows(2).all(apart));
    let title = found.title();
    let mean = |set: &SequenceSet| {
        let all = set.sequences.iter().map(|one| gc(&one.bases));
        100.0 * all.sum::<f64>() / set.sequences.len() as f64
    };
    let wanted = format!(
        "(mean GC {:.1} %, theirs {:.1} %)",
        mean(&found),
        mean(&like)
    );
    assert!(title.ends_with(&wanted), "{title}");
}

#[test]
fn the_seed_decides_which_windows_these_are() {
    let (folder, like) = files();
    let genome = folder.path().join("g.fa");
    let names = |options: MatchOptions| -> Vec<String> {
        let set = matched_windows(&genome, &like, options)
            .expect("windows")
            .set;
        set.sequences.into_iter().map(|one| one.name).collect()
    };
    let first = names(OPTIONS);
    assert_eq!(first, names(OPTIONS));
    assert_ne!(first, names(MatchOptions { seed: 2, ..OPTIONS }));
}

#[test]
fn what_has_no_match_is_counted_by_name() {
    let (folder, like) = files();
    let genome = folder.path().join("g.fa");
    // A genome of windows with GC of 0 to 60 %, and one sequence of 100 %.
    let mut set = (*like).clone();
    set.sequences[7].bases = vec![1; 50];
    let found = matched_windows(&genome, &Arc::new(set.clone()), OPTIONS)
        .expect("windows")
        .set;
    assert_eq!(found.sequences.len(), 118);
    let excluded: Vec<_> = found.excluded.iter().collect();
    assert_eq!(excluded.len(), 1);
    let (reason, excluded) = excluded[0];
    assert_eq!((reason, excluded.count), (Reason::NoMatch, 2));
    assert_eq!(excluded.first, ["peak7", "peak7"]);

    set.sequences = vec![set.sequences[7].clone()];
    let error = matched_windows(&genome, &Arc::new(set), OPTIONS)
        .err()
        .expect("an error");
    assert!(error.message.contains("no window of"), "{}", error.message);
    let options = MatchOptions {
        away: 100_000,
        ..OPTIONS
    };
    let found = matched_windows(&genome, &like, options)
        .expect("windows")
        .set;
    let contigs = found
        .sequences
        .iter()
        .filter_map(|one| one.locus.as_deref());
    assert!(contigs.into_iter().all(|locus| &*locus.contig == "two"));
}
