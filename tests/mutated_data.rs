//! Data files with changed bytes: a diagnosis or a result, never a panic, a hang or memory without bound.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use gia::check;
use gia::domain::{MotifFile, motif_names};
use gia::source::Sources;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::support::allocation::largest;
use crate::support::command::root;
use crate::support::two_bit::two_bit;

/// A file of these sizes that takes longer hangs its reader.
const MAX_TIME: Duration = Duration::from_secs(60);
/// The files have a few kB; readers take them in pieces of 1 MB.
const MAX_ALLOCATION: usize = 64 << 20;

const FASTA: &str = ">chr1 of a test\nACGTACGTAAGGCCTT\nNNNNACGTTTGACACC\nACGTAC\n>chr2\r\nttgacaGGGT\r\nTTAAACCCRY\r\n";
const BED: &str = "# windows\ntrack name=x\nchr1\t2\t8\tpeak\t0\t-\t2\t3\t0\t1\nchr1\t0\t6\nchr2\t6\t12\t.\t0\t+\n";
const VCF: &str = "##fileformat=VCFv4.3\n##contig=<ID=chr1,length=38>\n##INFO=<ID=AF,Number=A,Type=Float,Description=\"x\">\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\nchr1\t8\trs1\tT\tC,G\t.\tPASS\tAF=0.1,0.2\nchr1\t10\t.\tA\tAGG\t.\t.\t.\n";

/// A kind of file: its name, what is right, and how it is read beside the others.
struct Kind {
    name: &'static str,
    right: Vec<u8>,
    script: &'static str,
}

fn motifs(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/data/motifs").join(name)).expect("motifs")
}

fn kinds() -> Vec<Kind> {
    let genome = [
        ("chr1", "ACGTACGTAAGGCCTTNNNNACGTTTGACACCACGTAC"),
        ("chr2", "ttgacaGGGTTTAAACCCNN"),
    ];
    let kind = |name, right: &[u8], script| Kind {
        name,
        right: right.to_vec(),
        script,
    };
    vec![
        kind(
            "x.fa",
            FASTA.as_bytes(),
            "let a = fasta(\"x.fa\", width: 8bp, unknown: \"keep\")\nlet b = genome(\"x.fa\", regions: \"r.bed\", unknown: \"keep\")\n",
        ),
        kind(
            "x.2bit",
            &two_bit(&genome),
            "let a = genome(\"x.2bit\", regions: \"r.bed\", unknown: \"keep\")\n",
        ),
        kind(
            "x.bed",
            BED.as_bytes(),
            "let a = genome(\"g.fa\", regions: \"x.bed\", width: 6bp, unknown: \"keep\")\n",
        ),
        kind(
            "x.vcf",
            VCF.as_bytes(),
            "let a = vcf(\"x.vcf\", genome: \"g.fa\", width: 12bp, unknown: \"keep\")\n",
        ),
        kind("x.meme", &motifs("three.meme"), ""),
        kind("x.jaspar", &motifs("three.jaspar"), ""),
        kind("x.transfac", &motifs("three.transfac"), ""),
    ]
}

/// Bytes that mean something in one format or another.
const TELLING: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\r\n",
    b"\t",
    b" ",
    b">",
    b"\x1a",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"-",
    b"*",
    b"0",
    b"9999999999",
    b"18446744073709551615",
    b"-1",
    b"1e308",
    b"nan",
    b"inf",
    b".",
    b",",
    b"#",
    b"[",
    b"]",
    b"//",
    b"<DEL>",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x1f\x8b",
    b"\xc3\xa9",
    b"MOTIF",
    b"w= 4000000000",
];

fn mutated(right: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = right.to_vec();
    let below = |random: &mut ChaCha8Rng, n: usize| random.next_u64() as usize % n.max(1);
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len() + 1);
        let scale = below(random, 9);
        let span = below(random, 1 << scale).min(bytes.len() - at);
        match below(random, 7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << below(random, 8),
            1 if at < bytes.len() => bytes[at] = random.next_u32() as u8,
            2 => drop(bytes.drain(at..at + span)),
            3 => {
                let copy = bytes[at..at + span].to_vec();
                let to = below(random, bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            4 => bytes.truncate(at),
            _ => {
                let telling = TELLING[below(random, TELLING.len())];
                let removed = below(random, 2) * telling.len().min(bytes.len() - at);
                bytes.splice(at..at + removed, telling.iter().copied());
            }
        }
    }
    bytes
}

/// Reads a file as its kind; whether that went well.
fn is_read(kind: &Kind, folder: &Path) -> bool {
    if kind.script.is_empty() {
        let path = folder.join(kind.name);
        motif_names(&path);
        return MotifFile::read(&path).is_ok();
    }
    let mut sources = Sources::default();
    let main = sources.add("script.gia".to_string(), folder, kind.script);
    check::check(main, &mut sources).program.is_some()
}

/// Changes files of all kinds, so many in all; how many were refused.
fn change(rounds: usize, seed: u64) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    std::fs::write(folder.join("g.fa"), FASTA).expect("a genome");
    std::fs::write(
        folder.join("r.bed"),
        "chr1\t2\t8\nchr2\t0\t6\nchr1\t12\t18\n",
    )
    .expect("regions");
    let kinds = kinds();
    for kind in &kinds {
        std::fs::write(folder.join(kind.name), &kind.right).expect("a file");
        assert!(is_read(kind, folder), "{} is right", kind.name);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut refused = 0;
    for round in 0..rounds {
        let kind = &kinds[round % kinds.len()];
        let bytes = mutated(&kind.right, &mut random);
        std::fs::write(folder.join(kind.name), &bytes).expect("a file");
        let started = Instant::now();
        let read = largest(|| catch_unwind(AssertUnwindSafe(|| is_read(kind, folder))));
        let what = || {
            let text = String::from_utf8_lossy(&bytes);
            format!("{}, round {round} of seed {seed}:\n{text:?}", kind.name)
        };
        match read {
            (Ok(is_read), allocation) => {
                assert!(
                    allocation < MAX_ALLOCATION,
                    "{allocation} bytes for {}",
                    what()
                );
                refused += usize::from(!is_read);
            }
            (Err(_), _) => panic!("a panic at {}", what()),
        }
        assert!(
            started.elapsed() < MAX_TIME,
            "{:?} for {}",
            started.elapsed(),
            what()
        );
    }
    refused
}

#[test]
fn changed_data_files_break_nothing() {
    let refused = change(420, 18);
    assert!((100..400).contains(&refused), "{refused} were refused");
}

/// `make check-mutated-data`.
#[test]
#[ignore = "minutes"]
fn ten_thousand_changed_data_files_break_nothing() {
    let refused = change(10_000, 1);
    assert!(refused > 3000, "only {refused} were refused");
}
