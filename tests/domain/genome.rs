//! Windows of a genome: FASTA and 2bit give the same, and every fault has a name.

use std::path::{Path, PathBuf};

use gia::domain::{Alphabet, FastaOptions, Unknown, windows};

const GENOME: &[(&str, &str)] = &[
    ("chr1", "ACGTACGTAAGGCCTTNNNNACGTTTGACA"),
    ("chr2", "ttgacaGGGTTTAAACCC"),
];

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    path
}

fn fasta() -> Vec<u8> {
    let records = GENOME.iter().map(|(name, letters)| {
        let lines: Vec<&str> = letters
            .as_bytes()
            .chunks(7)
            .map(|c| std::str::from_utf8(c).unwrap())
            .collect();
        format!(">{name} of a test\n{}\n", lines.join("\n"))
    });
    records.collect::<String>().into_bytes()
}

/// As the format's description says: header, index, then each sequence with its blocks of N and its packed bases.
fn two_bit() -> Vec<u8> {
    let mut index_size = 16;
    for (name, _) in GENOME {
        index_size += 1 + name.len() + 4;
    }
    let mut records: Vec<Vec<u8>> = Vec::new();
    for (_, letters) in GENOME {
        let letters = letters.to_uppercase();
        let mut record = Vec::new();
        let mut word = |n: usize| record.extend((n as u32).to_le_bytes());
        word(letters.len());
        match letters.find('N') {
            Some(start) => {
                word(1);
                word(start);
                word(letters.matches('N').count());
            }
            None => word(0),
        }
        word(0);
        word(0);
        for four in letters.as_bytes().chunks(4) {
            let code = |i: usize| match four.get(i) {
                Some(b'C') => 1,
                Some(b'A') => 2,
                Some(b'G') => 3,
                _ => 0,
            };
            record.push(code(0) << 6 | code(1) << 4 | code(2) << 2 | code(3));
        }
        records.push(record);
    }
    let mut bytes = Vec::new();
    for n in [0x1A41_2743_u32, 0, GENOME.len() as u32, 0] {
        bytes.extend(n.to_le_bytes());
    }
    let mut offset = index_size;
    for ((name, _), record) in GENOME.iter().zip(&records) {
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.extend((offset as u32).to_le_bytes());
        offset += record.len();
    }
    bytes.extend(records.concat());
    bytes
}

fn options(width: Option<usize>, unknown: Unknown) -> FastaOptions {
    FastaOptions { width, unknown }
}

#[test]
fn fasta_and_two_bit_give_the_windows_of_a_bed_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let genomes = [
        write(folder.path(), "g.fa", &fasta()),
        write(folder.path(), "g.2bit", &two_bit()),
    ];
    let bed =
        b"#a comment\ntrack name=x\nchr2\t2\t8\tpeak\t0\t-\nchr1\t0\t6\nchr2\t6\t12\t.\t0\t+\r\n";
    let bed = write(folder.path(), "r.bed", bed);
    for genome in &genomes {
        let found = windows(genome, &bed, Alphabet::Dna, options(None, Unknown::Refuse)).unwrap();
        let shown: Vec<(String, String)> = found
            .set
            .sequences
            .iter()
            .map(|s| (s.name.clone(), Alphabet::Dna.decode_all(&s.bases)))
            .collect();
        let expected = [
            ("peak", "CCTGTC"),
            ("chr1:0-6", "ACGTAC"),
            ("chr2:6-12", "GGGTTT"),
        ];
        let expected = expected.map(|(name, letters)| (name.to_string(), letters.to_string()));
        assert_eq!(shown, expected, "{}", genome.display());
        let wide = windows(
            genome,
            &bed,
            Alphabet::Dna,
            options(Some(4), Unknown::Refuse),
        )
        .unwrap();
        // The middle four of the six.
        assert_eq!(
            Alphabet::Dna.decode_all(&wide.set.sequences[1].bases),
            "CGTA"
        );
        assert_eq!(wide.set.length(), 4);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let genomes = [
        write(folder.path(), "g.fa", &fasta()),
        write(folder.path(), "g.2bit", &two_bit()),
    ];
    for (bed, part) in [
        ("chr1\t25\t40\n", "25..40 of `chr1`, which has 30 bp"),
        ("chr3\t0\t4\n", "has no sequence `chr3`"),
        ("chr1\t0\t4\nchr1\t0\t8\n", "4"),
        ("chr1\t14\t18\n", "N"),
        ("chr1\tx\t8\n", "line 1"),
        ("chr1\t8\t8\n", "line 1"),
        ("chr1\t0\t8\ta\t0\t*\n", "its strand is `*`"),
        ("chr1\n", "line 1"),
        ("\n# nothing\n", "lists no region"),
    ] {
        for genome in &genomes {
            let path = write(folder.path(), "r.bed", bed.as_bytes());
            let found = windows(genome, &path, Alphabet::Dna, options(None, Unknown::Refuse));
            let error = found.err().unwrap_or_else(|| panic!("{bed:?} is refused"));
            assert!(error.message.contains(part), "{bed:?}: {}", error.message);
        }
    }
    let kept = write(folder.path(), "n.bed", b"chr1\t14\t18\nchr1\t0\t4\n");
    for genome in &genomes {
        let found = windows(genome, &kept, Alphabet::Dna, options(None, Unknown::Drop)).unwrap();
        assert_eq!((found.set.sequences.len(), found.set.dropped), (1, 1));
    }
    let broken = write(folder.path(), "b.2bit", &two_bit()[..40]);
    assert!(windows(&broken, &kept, Alphabet::Dna, options(None, Unknown::Keep)).is_err());
}
