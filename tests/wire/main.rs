//! Frames between the engine and a worker: what is sent arrives, and whatever else arrives is refused.

use gia_domain::Patch;
use gia_wire::{Reply, Request, Rows, Run, receive, send};
use proptest::collection::vec;
use proptest::prelude::*;

fn rows() -> impl Strategy<Value = Rows> {
    (1..40usize, 1..5usize)
        .prop_flat_map(|(length, backgrounds)| {
            let patch = (0..length)
                .prop_flat_map(move |start| (Just(start), vec(0..5u8, 0..=length - start)));
            let row = (0..backgrounds, vec(patch, 0..4));
            (
                Just(length),
                vec(0..5u8, length * backgrounds),
                vec(row, 0..12),
            )
        })
        .prop_map(|(length, bases, list)| {
            let mut rows = Rows::new(length);
            rows.backgrounds = bases;
            for (background, patches) in list {
                let patches = patches
                    .into_iter()
                    .map(|(start, bases)| Patch { start, bases });
                rows.push(background, patches);
            }
            rows
        })
}

proptest! {
    #[test]
    fn rows_arrive_as_they_were(rows in rows()) {
        prop_assert_eq!(Rows::from_bytes(&rows.to_bytes()), Some(rows));
    }

    #[test]
    fn rows_cut_short_are_refused(rows in rows(), cut in 1..200usize) {
        let bytes = rows.to_bytes();
        let kept = bytes.len().saturating_sub(cut);
        prop_assert_eq!(Rows::from_bytes(&bytes[..kept]), None);
    }

    /// Whatever is read can be used: every row can be written out.
    #[test]
    fn a_changed_byte_breaks_nothing(rows in rows(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = rows.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Some(read) = Rows::from_bytes(&bytes) {
            let mut out = vec![0; read.length];
            for row in 0..read.len() {
                read.write_row(row, &mut out);
                prop_assert!(out.iter().all(|&code| code <= 4));
            }
        }
    }

    #[test]
    fn garbage_is_no_frame(bytes in vec(any::<u8>(), 1..400)) {
        prop_assert!(receive::<Request>(&mut bytes.as_slice()).is_err());
    }

    /// A frame whose lengths lie is refused without their being believed.
    #[test]
    fn lengths_that_lie_are_refused(lie: u64, half in 0..2usize) {
        let mut pipe = Vec::new();
        send(&mut pipe, &Reply::Values(gia_study::Recomputed::default()), &[1, 2, 3]).expect("memory takes it");
        let from = 4 + 8 * half;
        let truth = u64::from_le_bytes(pipe[from..from + 8].try_into().expect("eight bytes"));
        prop_assume!(lie > truth);
        pipe[from..from + 8].copy_from_slice(&lie.to_le_bytes());
        prop_assert!(receive::<Reply>(&mut pipe.as_slice()).is_err());
    }
}

#[test]
fn requests_arrive_one_after_another() {
    let run = |model| {
        Request::Run(Run {
            model,
            columns: vec![0, 7],
        })
    };
    let mut pipe = Vec::new();
    send(&mut pipe, &run(1), b"first").expect("memory takes it");
    send(&mut pipe, &run(2), b"").expect("memory takes it");
    let mut pipe = pipe.as_slice();
    let mut next = || receive::<Request>(&mut pipe).expect("a whole frame");
    assert_eq!(next(), Some((run(1), b"first".to_vec())));
    assert_eq!(next(), Some((run(2), Vec::new())));
    assert_eq!(next(), None);
}

#[test]
fn a_row_is_its_background_with_patches_in_order() {
    let mut rows = Rows::new(5);
    rows.backgrounds = vec![0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
    let patch = |start, bases: &[u8]| Patch {
        start,
        bases: bases.to_vec(),
    };
    rows.push(0, []);
    rows.push(1, [patch(0, &[2, 2, 2]), patch(2, &[3, 4])]);
    rows.push(0, [patch(4, &[3])]);
    let mut out = [9; 5];
    for (row, wanted) in [[0, 0, 0, 0, 0], [2, 2, 3, 4, 1], [0, 0, 0, 0, 3]]
        .iter()
        .enumerate()
    {
        rows.write_row(row, &mut out);
        assert_eq!(&out, wanted, "row {row}");
    }
}
