//! Windows of a genome: FASTA and 2bit give the same, and every fault has a name.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use gia_base::diag::{Code, Diagnostic};
use gia_domain::{Alphabet, RegionOptions, UnknownBases, windows};
use twobit::TwoBitFile;

use crate::two_bit as support;

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

fn two_bit() -> Vec<u8> {
    support::two_bit(GENOME)
}

fn options(width: Option<usize>, unknown: UnknownBases) -> RegionOptions {
    RegionOptions {
        width,
        unknown,
        ..RegionOptions::default()
    }
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
        let found = windows(
            genome,
            &bed,
            Alphabet::Dna,
            options(None, UnknownBases::Refuse),
        )
        .unwrap();
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
            options(Some(4), UnknownBases::Refuse),
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
        ("chr1\t25\t40\n", "25..40 of `chr1`, which is 30 bp long"),
        ("chr3\t0\t4\n", "has no sequence `chr3`"),
        ("chr1\t0\t4\nchr1\t0\t8\n", "r.bed:2`: the region has 8 bp"),
        ("chr1\t14\t18\n", "N"),
        ("chr1\tx\t8\n", "r.bed:1:6`"),
        ("chr1\t8\t8\n", "r.bed:1:8`"),
        (
            "chr1\t0\t8\ta\t0\t*\n",
            "r.bed:1:14`: the strand (column 6) is `*`",
        ),
        ("chr1\n", "r.bed:1`"),
        ("\n# nothing\n", "contains no regions"),
    ] {
        for genome in &genomes {
            let path = write(folder.path(), "r.bed", bed.as_bytes());
            let found = windows(
                genome,
                &path,
                Alphabet::Dna,
                options(None, UnknownBases::Refuse),
            );
            let error = found.err().unwrap_or_else(|| panic!("{bed:?} is refused"));
            assert!(error.message.contains(part), "{bed:?}: {}", error.message);
        }
    }
    let kept = write(folder.path(), "n.bed", b"chr1\t14\t18\nchr1\t0\t4\n");
    for genome in &genomes {
        let found = windows(
            genome,
            &kept,
            Alphabet::Dna,
            options(None, UnknownBases::Drop),
        )
        .unwrap();
        assert_eq!(
            (found.set.sequences.len(), found.set.excluded.total()),
            (1, 1)
        );
    }
    let broken = write(folder.path(), "b.2bit", &two_bit()[..40]);
    assert!(
        windows(
            &broken,
            &kept,
            Alphabet::Dna,
            options(None, UnknownBases::Keep)
        )
        .is_err()
    );
}

/// The letters of windows, N and all.
fn cut(genome: &Path, bed: &Path) -> Result<Vec<String>, Box<Diagnostic>> {
    let found = windows(
        genome,
        bed,
        Alphabet::Dna,
        options(None, UnknownBases::Keep),
    )?;
    let sequences = found.set.sequences.iter();
    Ok(sequences
        .map(|s| Alphabet::Dna.decode_all(&s.bases))
        .collect())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// However its lines are broken, packed or not, a genome gives the same windows.
#[test]
fn lines_of_any_length_give_the_same_windows() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut state = 9u32;
    let mut random = |n: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % n
    };
    let letters: String = (0..60_000)
        .map(|_| "ACGTN".as_bytes()[random(5)] as char)
        .collect();
    let lines = |mut length: Box<dyn FnMut() -> usize>, end: &str| {
        let mut text = format!("\n> a  first{end}");
        let mut rest = letters.as_str();
        while !rest.is_empty() {
            let (line, after) = rest.split_at(length().min(rest.len()));
            text += line;
            text += end;
            rest = after;
        }
        text.trim_end_matches(' ').to_string() + ">b" + end + "ACGT"
    };
    let mut turn = 0;
    let uneven = move || {
        turn += 1;
        40 + turn * 7 % 31
    };
    let texts = [
        lines(Box::new(|| 60), "\n"),
        lines(Box::new(|| 61), "\r\n"),
        lines(Box::new(|| 59), " \t\n  "),
        lines(Box::new(|| 60_000), "\n"),
        lines(Box::new(|| 20_000), "\n\n"),
        lines(Box::new(uneven), "\n"),
    ];
    let mut bed = String::new();
    let mut expected = Vec::new();
    for _ in 0..200 {
        let start = random(59_000);
        bed += &format!("a\t{start}\t{}\n", start + 997);
        expected.push(letters[start..start + 997].to_string());
    }
    bed += &format!("a\t{}\t60000\n", 60_000 - 997);
    expected.push(letters[60_000 - 997..].to_string());
    let bed = write(folder.path(), "r.bed", bed.as_bytes());
    for (i, text) in texts.iter().enumerate() {
        for (kind, bytes) in [
            ("fa", text.clone().into_bytes()),
            ("fa.gz", gzip(text.as_bytes())),
        ] {
            let genome = write(folder.path(), &format!("{i}.{kind}"), &bytes);
            let found = cut(&genome, &bed).unwrap_or_else(|e| panic!("{i}.{kind}: {}", e.message));
            assert!(found == expected, "{i}.{kind}");
        }
    }
    let genome = write(
        folder.path(),
        "g.2bit",
        &support::two_bit(&[("a", &letters), ("b", "ACGT")]),
    );
    assert!(cut(&genome, &bed).expect("windows") == expected, "2bit");
    let mut other = TwoBitFile::open(&genome).expect("the other reader opens it");
    assert_eq!(
        other.read_sequence("a", 0..60_000).expect("letters"),
        letters
    );
}

/// A genome of 17 MB, which the index beside it is used for.
fn large() -> (String, String) {
    let line = "ACGTTGCAACGGTTTACCCATTAGCATGCAAACCCGGGTTTACGATCGATTAGCCATGCA";
    let mut text = String::from(">a\n");
    for i in 0..150_000 {
        text += &line[i % 60..];
        text += &line[..i % 60];
        text.push('\n');
    }
    text += ">b with a name\n";
    let second = text.len();
    for i in 0..150_000 {
        text += &line[i % 59..];
        text += &line[..i % 59];
        text.push('\n');
    }
    (
        text,
        format!("a\t9000000\t3\t60\t61\nb\t9000000\t{second}\t60\t61\n"),
    )
}

#[test]
fn an_index_beside_a_genome_is_used_where_it_fits() {
    let folder = tempfile::tempdir().expect("a folder");
    let (text, fai) = large();
    let flat = |text: &str| -> Vec<String> {
        let records = text.split('>').skip(1);
        let letters = records.map(|r| r.split_once('\n').expect("lines").1.replace('\n', ""));
        letters.collect()
    };
    let bed = "a\t100\t1100\nb\t0\t1000\nb\t5000030\t5001030\na\t8999000\t9000000\n";
    let bed = write(folder.path(), "r.bed", bed.as_bytes());
    let expected = |text: &str| {
        let [a, b] = <[String; 2]>::try_from(flat(text)).expect("two contigs");
        [
            &a[100..1100],
            &b[..1000],
            &b[5_000_030..5_001_030],
            &a[8_999_000..9_000_000],
        ]
        .map(String::from)
        .to_vec()
    };
    let genome = write(folder.path(), "g.fa", text.as_bytes());
    let index = folder.path().join("g.fa.fai");
    let right = expected(&text);
    for wrong in [
        fai.clone(),
        fai.replace("\t60\t61", "\t59\t60"),
        fai.replace("a\t9000000\t3", "a\t9000000\t4"),
        fai.replace("\t9000000\t3", "\t8999999\t3"),
        fai.replace("b\t", "c\t"),
        fai.replace("b\t", "a\t"),
        fai.replace("9000000", "18446744073709551615"),
        fai.replace('\t', " "),
        fai.lines().next().expect("a line").to_string(),
        String::new(),
        "a\t0\t0\t0\t0\n".into(),
    ] {
        std::fs::write(&index, &wrong).expect("an index");
        assert!(cut(&genome, &bed).expect("windows") == right, "{wrong}");
    }
    // An index that still fits in size, after lines of one contig were broken otherwise.
    let moved = |text: &str| {
        let start = text.find(">b with").expect("b") + ">b with a name\n".len();
        let mut bytes = text.as_bytes().to_vec();
        // The line end of the 80,001st line stands ten letters earlier, from there on that of every line.
        let at = start + 80_000 * 61 + 60;
        bytes.remove(at);
        bytes.insert(at - 10, b'\n');
        let last = start + 150_000 * 61 - 1;
        for line in 80_001..149_999 {
            let at = start + line * 61 + 60;
            bytes.remove(at);
            bytes.insert(at - 10, b'\n');
        }
        assert_eq!(bytes[last], b'\n');
        String::from_utf8(bytes).expect("text")
    };
    let other = moved(&text[..]);
    let genome = write(folder.path(), "h.fa", other.as_bytes());
    std::fs::write(folder.path().join("h.fa.fai"), &fai).expect("an index");
    assert!(
        cut(&genome, &bed).expect("windows") == expected(&other),
        "moved"
    );
    // What is no letter where a window lies is refused with its line, which the index does not tell.
    let mut bytes = text.clone().into_bytes();
    bytes[3 + 61 * 3 + 7] = b'-';
    let genome = write(folder.path(), "i.fa", &bytes);
    std::fs::write(folder.path().join("i.fa.fai"), &fai).expect("an index");
    let error = cut(&genome, &bed).expect_err("a gap");
    assert_eq!(error.code, Code::UnknownBase);
    assert!(
        error.message.ends_with("i.fa:5:8`: `-` is not a base"),
        "{}",
        error.message
    );
}

#[test]
fn contigs_of_one_name_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let bed = write(folder.path(), "r.bed", b"a\t0\t4\n");
    let text = ">a\nACGT\n>b\nACGT\n> a again\nTTTT\n";
    for (name, bytes, part) in [
        (
            "g.fa",
            text.as_bytes().to_vec(),
            ":5:1`: a second contig is called `a`",
        ),
        (
            "g.fa.gz",
            gzip(text.as_bytes()),
            ":5:1`: a second contig is called `a`",
        ),
        (
            "g.2bit",
            support::two_bit(&[("a", "ACGT"), ("a", "TTTT")]),
            "it has two sequences `a`",
        ),
    ] {
        let genome = write(folder.path(), name, &bytes);
        let error = cut(&genome, &bed).expect_err("two of one name");
        assert_eq!(error.code, Code::BadFasta);
        assert!(error.message.contains(part), "{}", error.message);
    }
}

#[test]
fn letters_that_are_no_base_are_told_where_they_stand() {
    let folder = tempfile::tempdir().expect("a folder");
    let bed = write(folder.path(), "r.bed", b"a\t4\t10\n");
    for (text, message) in [
        (
            ">a\nACGTA\n CGxTA\n",
            Some(":3:4`: `x` at position 8 of `a` is not a base of DNA"),
        ),
        (
            ">a\nACGTA\nCGUTA\n",
            Some(":3:3`: `U` at position 8 of `a` is not a base of DNA"),
        ),
        (">a\nAxGTA\nCGTTAX\n>b\nMKVL\n", None),
        (
            ">a\nACGTA\nCGTTA\n>b\nAC-T\n",
            Some(":5:3`: `-` is not a base"),
        ),
    ] {
        for (name, bytes) in [
            ("g.fa", text.as_bytes().to_vec()),
            ("g.fa.gz", gzip(text.as_bytes())),
        ] {
            let genome = write(folder.path(), name, &bytes);
            let found = cut(&genome, &bed);
            match message {
                None => assert_eq!(found.expect("a window"), ["ACGTTA"]),
                Some(part) => {
                    let error = found.expect_err("no base");
                    assert_eq!(error.code, Code::UnknownBase);
                    assert!(error.message.contains(part), "{}", error.message);
                }
            }
        }
    }
}

#[test]
fn two_bit_files_that_claim_too_much_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let bed = write(folder.path(), "r.bed", b"chr1\t0\t4\n");
    let right = two_bit();
    let record = 16 + 2 * (1 + 4 + 4);
    for (at, number) in [
        (4, 1u32),               // version
        (8, u32::MAX),           // sequences
        (16 + 5, u32::MAX),      // place of a record
        (record, u32::MAX),      // length
        (record + 4, u32::MAX),  // stretches of N
        (record + 8, 1000),      // start of one
        (record + 12, u32::MAX), // its length
        (record + 16, u32::MAX), // stretches in lower case
    ] {
        let mut bytes = right.clone();
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        let genome = write(folder.path(), "g.2bit", &bytes);
        let error = cut(&genome, &bed).expect_err("no sound file");
        assert_eq!(error.code, Code::BadFasta, "{at}");
        assert!(
            error.message.contains("is not a valid 2bit file"),
            "{at}: {}",
            error.message
        );
    }
}
