use gia_domain::{Alphabet, BaseSet, Draw, Edit, Motif, Null, Population};
use proptest::prelude::*;

use super::population::goldens;

const POPULATION: [u8; 32] = [9; 32];

fn write(start: usize, letters: &str, draw: u64) -> Edit {
    Edit::Write {
        start,
        letters: Motif::from_iupac(letters, Alphabet::Dna)
            .unwrap()
            .consensus(),
        draw: Draw(draw),
    }
}

fn edited(edit: &Edit, seed: u64, index: u64) -> String {
    let mut bases = vec![0; 20];
    edit.apply(seed, &POPULATION, index, &mut bases).unwrap();
    Alphabet::Dna.decode_all(&bases)
}

#[test]
fn fixed_letters_are_written_and_gaps_left() {
    let edit = write(3, "GCNNT", 0);
    assert_eq!(edit.written(), Some(3..8));
    assert!(edit.is_fixed());
    assert_eq!(edited(&edit, 1, 2), "AAAGCAATAAAAAAAAAAAA");
    assert!(!write(3, "GCNNY", 0).is_fixed());
}

#[test]
fn patches_leave_gaps_to_others() {
    let edit = write(3, "GCNNT", 0);
    let found: Vec<_> = edit
        .prepare(1, &POPULATION)
        .patches(2)
        .into_iter()
        .map(|patch| (patch.start, patch.bases))
        .collect();
    assert_eq!(found, [(3, vec![2, 1]), (7, vec![3])]);
    // What stands in the gap of one edit may have been written by another.
    let mut bases = vec![0; 20];
    write(5, "GG", 0)
        .apply(1, &POPULATION, 0, &mut bases)
        .unwrap();
    edit.apply(1, &POPULATION, 0, &mut bases).unwrap();
    assert_eq!(&bases[3..8], [2, 1, 2, 2, 3]);
}

#[test]
fn choices_are_those_worked_out_elsewhere() {
    let population = Population::Null(Null::uniform(Alphabet::Dna, 1000).unwrap()).identity();
    let letters = format!("WGATAR{}YH", "N".repeat(150));
    let edit = write(0, &letters, 42);
    let expected = &goldens()["edit_wgatar_gap_150_yh_seed_7_draw_42"];
    for index in 0..8 {
        let mut bases = vec![4; letters.len()];
        edit.apply(7, &population, index, &mut bases).unwrap();
        let text = Alphabet::Dna.decode_all(&bases).replace('N', ".");
        assert_eq!(text, expected[index.to_string()].as_str().unwrap());
    }
}

#[test]
fn a_choice_depends_on_its_address_alone() {
    // The same draw elsewhere and beside other letters makes the same choice at the same place within the edit.
    for index in 0..100 {
        let here = edited(&write(0, "WNS", 5), 3, index);
        let there = edited(&write(7, "WGK", 5), 3, index);
        assert_eq!(here.as_bytes()[0], there.as_bytes()[7]);
    }
    let over = |of: &dyn Fn(u64) -> String| (0..64).map(of).collect::<String>();
    let reference = over(&|index| edited(&write(0, "W", 5), 3, index));
    assert_ne!(
        reference,
        over(&|index| edited(&write(0, "W", 6), 3, index))
    );
    assert_ne!(
        reference,
        over(&|index| edited(&write(0, "W", 5), 4, index))
    );
    assert_ne!(
        reference,
        over(&|index| {
            let mut bases = vec![0; 20];
            write(0, "W", 5)
                .apply(3, &[8; 32], index, &mut bases)
                .unwrap();
            Alphabet::Dna.decode_all(&bases)
        })
    );
}

#[test]
fn members_are_equally_likely() {
    for (letters, members) in [("Y", "CT"), ("D", "AGT")] {
        let edit = write(0, letters, 1);
        let n = 30_000;
        let editor = edit.prepare(11, &POPULATION);
        let mut counts = [0u32; 4];
        for index in 0..n {
            counts[usize::from(editor.patches(index)[0].bases[0])] += 1;
        }
        let expected = n as f64 / members.len() as f64;
        for (letter, count) in "ACGT".chars().zip(counts) {
            if members.contains(letter) {
                let sd = (expected * (1.0 - 1.0 / members.len() as f64)).sqrt();
                assert!(
                    (f64::from(count) - expected).abs() < 4.0 * sd,
                    "{letter} {count}"
                );
            } else {
                assert_eq!(count, 0, "{letter}");
            }
        }
    }
}

proptest! {
    #[test]
    fn applying_is_patching(
        background in prop::collection::vec(0u8..5, 40..80),
        sets in prop::collection::vec(1u8..16, 0..40),
        start in 0usize..40,
        seed: u64,
        draw: u64,
        index: u64,
    ) {
        let start = start.min(background.len() - sets.len());
        let letters: Vec<BaseSet> = sets.into_iter().map(BaseSet).collect();
        let edit = Edit::Write { start, letters: letters.clone(), draw: Draw(draw) };

        let mut applied = background.clone();
        edit.apply(seed, &POPULATION, index, &mut applied).unwrap();

        let mut in_runs = background.clone();
        for patch in edit.prepare(seed, &POPULATION).patches(index) {
            patch.apply(&mut in_runs);
        }
        prop_assert_eq!(&in_runs, &applied);

        for (position, (&before, &after)) in background.iter().zip(&applied).enumerate() {
            match position.checked_sub(start).and_then(|offset| letters.get(offset)) {
                Some(set) if !set.is_all() => prop_assert!(set.contains(after)),
                _ => prop_assert_eq!(before, after),
            }
        }
    }
}

fn anywhere(edit: Edit, places: usize, draw: u64) -> Edit {
    Edit::Anywhere {
        write: Box::new(edit),
        places,
        draw: Draw(draw),
    }
}

/// Every place is equally likely, the first and the last included (Pearson's chi-square, whose mean is places - 1).
#[test]
fn a_place_that_is_drawn_is_uniform() {
    let (places, draws) = (40, 40_000);
    let edit = anywhere(write(5, "GATTACA", 0), places, 3);
    let editor = edit.prepare(11, &POPULATION);
    let mut counts = vec![0u32; places];
    for index in 0..draws {
        let patches = editor.patches(index);
        assert_eq!(patches.len(), 1);
        assert_eq!(patches[0].bases, [2, 0, 3, 3, 0, 1, 0]);
        counts[patches[0].start - 5] += 1;
    }
    let each = draws as f64 / places as f64;
    let chi_square: f64 = counts
        .iter()
        .map(|&count| (f64::from(count) - each).powi(2) / each)
        .sum();
    // The 0.0001 and 0.9999 quantiles with 39 degrees of freedom.
    assert!(
        (13.6..82.1).contains(&chi_square),
        "{chi_square}: {counts:?}"
    );
}

#[test]
fn a_place_depends_on_seed_population_edit_and_background_alone() {
    let edit = anywhere(write(0, "GATTACA", 0), 500, 3);
    let starts = |edit: &Edit, seed: u64, population: [u8; 32]| -> Vec<usize> {
        let editor = edit.prepare(seed, &population);
        let found = (0..50).map(|index| editor.patches(index)[0].start);
        found.collect()
    };
    let first = starts(&edit, 1, POPULATION);
    let backwards = edit.prepare(1, &POPULATION);
    let mut again: Vec<usize> = (0..50)
        .rev()
        .map(|index| backwards.patches(index)[0].start)
        .collect();
    again.reverse();
    assert_eq!(first, again);
    let other = anywhere(write(0, "GATTACA", 0), 500, 4);
    assert_ne!(first, starts(&other, 1, POPULATION));
    assert_ne!(first, starts(&edit, 2, POPULATION));
    assert_ne!(first, starts(&edit, 1, [8; 32]));
}

#[test]
fn parts_of_a_construct_move_together_and_do_not_clash() {
    let one = anywhere(write(2, "GGG", 0), 30, 7);
    let two = anywhere(write(8, "YTT", 1), 30, 7);
    assert_eq!((one.written(), one.changed()), (Some(2..34), None));
    assert!(one.commutes_with(&two));
    let elsewhere = anywhere(write(8, "TTT", 1), 30, 8);
    assert!(!one.commutes_with(&elsewhere));
    assert!(!one.commutes_with(&write(20, "TTT", 0)));
    assert!(one.commutes_with(&write(34, "TTT", 0)));
    for index in 0..100 {
        let start = |edit: &Edit| edit.prepare(5, &POPULATION).patches(index)[0].start;
        assert_eq!(start(&one) + 6, start(&two));
        let mut bases = vec![0; 60];
        one.apply(5, &POPULATION, index, &mut bases)
            .expect("applied");
        assert_eq!(bases[start(&one)..start(&one) + 3], [2, 2, 2]);
        assert_eq!(bases.iter().filter(|&&base| base == 2).count(), 3);
    }
    assert!(anywhere(write(2, "NNN", 0), 30, 7).is_idle());
    assert_eq!(one.describe(Alphabet::Dna), "`GGG` at anywhere(2bp..34bp)");
}
