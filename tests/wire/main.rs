//! Round trips of frames between the engine and a worker, and rejection of malformed bytes.

mod golden_frames;

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
    fn rows_round_trip(rows in rows()) {
        prop_assert_eq!(Rows::from_bytes(&rows.to_bytes()), Some(rows));
    }

    #[test]
    fn truncated_rows_are_rejected(rows in rows(), cut in 1..200usize) {
        let bytes = rows.to_bytes();
        let kept = bytes.len().saturating_sub(cut);
        prop_assert_eq!(Rows::from_bytes(&bytes[..kept]), None);
    }

    /// Rows that deserialise after one byte was changed are valid: every row can be written out.
    #[test]
    fn rows_with_a_changed_byte_are_valid_or_rejected(rows in rows(), at in any::<prop::sample::Index>(), byte: u8) {
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
    fn random_bytes_are_rejected(bytes in vec(any::<u8>(), 1..400)) {
        prop_assert!(receive::<Request>(&mut bytes.as_slice()).is_err());
    }

    /// A frame that states more bytes than follow is rejected, and the stated length is not allocated.
    #[test]
    fn overstated_lengths_are_rejected(stated: u64, field in 0..2usize) {
        let mut pipe = Vec::new();
        send(&mut pipe, &Reply::Values(gia_study::IncrementalStats::default()), &[1, 2, 3]).expect("a write to memory");
        let from = 4 + 8 * field;
        let actual = u64::from_le_bytes(pipe[from..from + 8].try_into().expect("eight bytes"));
        prop_assume!(stated > actual);
        pipe[from..from + 8].copy_from_slice(&stated.to_le_bytes());
        prop_assert!(receive::<Reply>(&mut pipe.as_slice()).is_err());
    }
}

#[test]
fn consecutive_requests_are_read_in_order() {
    let run = |model| {
        Request::Run(Run {
            model,
            columns: vec![0, 7],
        })
    };
    let mut pipe = Vec::new();
    send(&mut pipe, &run(1), b"first").expect("a write to memory");
    send(&mut pipe, &run(2), b"").expect("a write to memory");
    let mut pipe = pipe.as_slice();
    let mut next = || receive::<Request>(&mut pipe).expect("a whole frame");
    assert_eq!(next(), Some((run(1), b"first".to_vec())));
    assert_eq!(next(), Some((run(2), Vec::new())));
    assert_eq!(next(), None);
}

#[test]
fn write_row_applies_patches_in_order() {
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
    for (row, expected) in [[0, 0, 0, 0, 0], [2, 2, 3, 4, 1], [0, 0, 0, 0, 3]]
        .iter()
        .enumerate()
    {
        rows.write_row(row, &mut out);
        assert_eq!(&out, expected, "row {row}");
    }
}
