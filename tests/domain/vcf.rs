//! Variants of a VCF file: a window with its other allele is what the genome with that allele reads there.

use std::path::{Path, PathBuf};

use gia_base::diag::Diagnostic;
use gia_domain::{
    Alphabet, BadRecords, Edit, Order, Population, Reason, SequenceSet, Side, Strand, UnknownBases,
    VariantOptions, WindowLayout, Windows, variants,
};

const HEADER: &str =
    "##fileformat=VCFv4.3\n##contig=<ID=chr1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n";
const WIDTH: usize = 21;

/// A chromosome of bases that look drawn, some in lower case.
fn chromosome() -> String {
    let mut state = 7u32;
    let mut letters = String::new();
    for i in 0..400 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let letter = "ACGT".as_bytes()[(state >> 24 & 3) as usize] as char;
        letters.push(if i % 7 == 0 {
            letter.to_ascii_lowercase()
        } else {
            letter
        });
    }
    letters
}

fn files(records: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let (vcf, genome) = (folder.path().join("v.vcf"), folder.path().join("g.fa"));
    std::fs::write(&vcf, format!("{HEADER}{records}")).expect("a file");
    std::fs::write(
        &genome,
        format!(">chr1 one\n{}\n>chr2\nACGTACGT\n", chromosome()),
    )
    .unwrap();
    (folder, vcf, genome)
}

fn read(vcf: &Path, genome: &Path, unknown: UnknownBases) -> Result<Windows, Box<Diagnostic>> {
    let options = options(unknown, BadRecords::Refuse);
    variants(vcf, genome, Alphabet::Dna, options)
}

fn text(set: &SequenceSet, bases: &[u8]) -> String {
    set.alphabet.decode_all(bases)
}

#[test]
fn an_allele_is_what_the_changed_genome_reads() {
    let upper = chromosome().to_uppercase();
    let at =
        |position: usize, length: usize| upper[position - 1..position - 1 + length].to_string();
    let other = |base: &str| if base == "A" { "C" } else { "A" };
    let snv = at(100, 1);
    let alleles = [
        (100, snv.clone(), other(&snv).to_string()),
        (120, at(120, 1), format!("{}GATTACA", at(120, 1))),
        (150, at(150, 5), at(150, 1)),
        (180, at(180, 9), at(180, 2)),
        (200, at(200, 3), "TTTTT".to_string()),
        (
            220,
            at(220, 1).to_lowercase(),
            "acgtacgtacgtacgtacgtacgt".to_string(),
        ),
    ];
    let records: String = alleles
        .iter()
        .map(|(position, from, to)| format!("chr1\t{position}\t.\t{from}\t{to}\t.\t.\t.\n"))
        .collect();
    let (_folder, vcf, genome) = files(&records);
    let windows = read(&vcf, &genome, UnknownBases::Refuse).expect("windows");
    assert_eq!(windows.set.sequences.len(), alleles.len());
    let set = std::sync::Arc::new(windows.set);
    let order = Order::File;
    let population = Population::Sequences {
        set: set.clone(),
        order,
    };
    let sampler = population.sampler(1);
    let editor = Edit::Allele {
        shifting: Side::Right,
    }
    .prepare_over(1, &sampler);
    for (i, (position, from, to)) in alleles.iter().enumerate() {
        let mut bases = sampler.background(i);
        let left = position - 1 - WIDTH / 2;
        assert_eq!(text(&set, &bases), upper[left..left + WIDTH], "{position}");
        editor.apply(i as u64, &mut bases).expect("applied");
        let mut changed = upper.clone();
        changed.replace_range(position - 1..position - 1 + from.len(), &to.to_uppercase());
        assert_eq!(
            text(&set, &bases),
            changed[left..left + WIDTH],
            "{position}"
        );
    }
}

#[test]
fn each_allele_of_a_record_has_a_window_and_a_name() {
    let base = &chromosome().to_uppercase()[99..100];
    let others: Vec<&str> = ["A", "C", "G", "T"]
        .into_iter()
        .filter(|b| *b != base)
        .collect();
    let records = format!("chr1\t100\trs7\t{base}\t{}\t.\t.\t.\n", others.join(","));
    let (_folder, vcf, genome) = files(&records);
    let windows = read(&vcf, &genome, UnknownBases::Refuse).expect("windows");
    let names: Vec<&str> = windows
        .set
        .sequences
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    let wanted: Vec<String> = others
        .iter()
        .map(|to| format!("rs7:chr1:100:{base}>{to}"))
        .collect();
    assert_eq!(names, wanted);
}

#[test]
fn alleles_decide_which_population_it_is() {
    let base = &chromosome().to_uppercase()[99..100];
    let identity = |to: &str| {
        let (_folder, vcf, genome) = files(&format!("chr1\t100\t.\t{base}\t{to}\t.\t.\t.\n"));
        let set = read(&vcf, &genome, UnknownBases::Refuse)
            .expect("windows")
            .set
            .into();
        Population::Sequences {
            set,
            order: Order::File,
        }
        .identity()
    };
    assert_eq!(identity("GG"), identity("GG"));
    assert_ne!(identity("GG"), identity("GGG"));
}

#[test]
fn what_is_not_spelled_out_is_refused_or_left_out() {
    let base = &chromosome().to_uppercase()[99..100];
    let records = format!("chr1\t100\t.\t{base}\t<DEL>,{base}TT\t.\t.\t.\n");
    let (_folder, vcf, genome) = files(&records);
    let refused = read(&vcf, &genome, UnknownBases::Refuse)
        .err()
        .expect("an error");
    assert!(refused.message.contains("v.vcf:4:14`") && refused.message.contains("<DEL>"));
    let windows = read(&vcf, &genome, UnknownBases::Drop).expect("windows");
    assert_eq!(
        (windows.set.sequences.len(), windows.set.excluded.total()),
        (1, 1)
    );
}

#[test]
fn damaged_files_are_told_with_their_line() {
    let base = &chromosome().to_uppercase()[99..100];
    let wrong = if base == "A" { "C" } else { "A" };
    let cases = [
        (format!("chr1\t100\t.\t{wrong}\tG\t.\t.\t.\n"), "v.vcf:4"),
        (format!("chr1\t5\t.\t{base}\tG\t.\t.\t.\n"), "400 bp"),
        (format!("chr1\t100\t.\t{base}\t.\t.\t.\t.\n"), "v.vcf:4"),
        (format!("chr3\t100\t.\t{base}\tG\t.\t.\t.\n"), "chr3"),
        (format!("chr1\tten\t.\t{base}\tG\t.\t.\t.\n"), "v.vcf:4"),
        ("chr1\t100\n".to_string(), "v.vcf:4"),
        (String::new(), "no variant"),
        (
            format!("chr1\t100\t.\t{}\tG\t.\t.\t.\n", &chromosome()[99..115]),
            "16 bp",
        ),
    ];
    for (records, wanted) in cases {
        let (_folder, vcf, genome) = files(&records);
        let error = read(&vcf, &genome, UnknownBases::Refuse)
            .err()
            .expect("an error");
        assert!(
            error.message.contains(wanted),
            "{records}: {}",
            error.message
        );
    }
}

/// Writes a whole file and reads it.
fn read_whole(text: &str, options: VariantOptions) -> Result<Windows, Box<Diagnostic>> {
    let (folder, _, genome) = files("");
    let path = folder.path().join("whole.vcf");
    std::fs::write(&path, text).unwrap();
    variants(&path, &genome, Alphabet::Dna, options)
}

fn options(unknown: UnknownBases, bad: BadRecords) -> VariantOptions<'static> {
    VariantOptions {
        past: Default::default(),
        width: WIDTH,
        anchor: None,
        layout: WindowLayout::Variant(Strand::Forward),
        unknown,
        bad,
    }
}

fn base_at(position: usize) -> String {
    chromosome().to_uppercase()[position - 1..position].to_string()
}

#[test]
fn a_header_is_not_needed_and_what_is_odd_about_it_is_told() {
    let base = base_at(100);
    let other = if base == "A" { "C" } else { "A" };
    let record = format!("chr1\t100\t.\t{base}\t{other}\n");
    let names = "#CHROM\tPOS\tID\tREF\tALT\n";
    for (text, wanted) in [
        (format!("##fileformat=VCFv4.2\n{names}{record}"), None),
        (
            format!("\u{feff}##fileformat=VCFv4.2\n{names}{record}\n\n"),
            None,
        ),
        (
            format!("##fileformat=VCFv4.2\r\n{names}{record}").replace('\n', "\r"),
            None,
        ),
        (record.clone(), Some("whole.vcf:1`: the line `#CHROM")),
        (
            format!("{names}{record}"),
            Some("whole.vcf:1`: the first line `##fileformat"),
        ),
        (
            format!("##x\n##fileformat=VCFv4.2\n{names}{record}"),
            Some("whole.vcf:1`: the first line"),
        ),
        (
            format!(
                "##fileformat=VCFv4.2\n{}{record}",
                names.replace('\t', "  ")
            ),
            Some("whole.vcf:2`: the column names are separated by blanks"),
        ),
        (
            format!("##fileformat=VCFv4.2\n{names}{record}{names}{record}"),
            Some("whole.vcf:4`: there is a header below"),
        ),
    ] {
        let windows = read_whole(&text, options(UnknownBases::Refuse, BadRecords::Refuse));
        let windows = windows.unwrap_or_else(|error| panic!("{text}: {}", error.message));
        let name = &windows.set.sequences[0].name;
        assert_eq!(name, &format!("chr1:100:{base}>{other}"), "{text}");
        let notices: Vec<&str> = windows.notices.iter().map(|n| n.message.as_str()).collect();
        match wanted {
            None => assert_eq!(notices, [""; 0], "{text}"),
            Some(part) => assert!(
                notices.len() == 1 && notices[0].contains(part),
                "{notices:?}"
            ),
        }
    }
}

#[test]
fn columns_in_another_order_are_refused() {
    let text = "##fileformat=VCFv4.2\n#CHROM\tPOS\tREF\tALT\tID\nchr1\t100\tA\tC\tC\n";
    let error = read_whole(text, options(UnknownBases::Refuse, BadRecords::Skip))
        .err()
        .expect("an error");
    let wanted = "whole.vcf:2:12`: column 3 is called `REF` instead of ID";
    assert!(error.message.contains(wanted), "{}", error.message);
}

#[test]
fn bad_records_are_left_out_and_counted_by_reason() {
    let good = base_at(100);
    let other = if good == "A" { "C" } else { "A" };
    let records = [
        format!("chr1\t100\tgood\t{good}\t{other},<DEL>,*"),
        format!("chr1\t100\t.\t{other}\t{good}"),
        format!("chr1\t3\t.\t{}\t<INS>", base_at(3)),
        format!("chr1\t3\t.\t{0}\t{0}T", base_at(3)),
        format!("chr1\t398\t.\t{0}\t{0}T", base_at(398)),
        "chr7\t100\t.\tA\tC".to_string(),
        format!("chr1\t100\t.\t{good}\t."),
        "chr1\t1e2\t.\tA\tC".to_string(),
        "chr1\t100\t.\tA".to_string(),
        format!("chr1\t100\t.\t{}\tA", &chromosome()[99..115]),
        format!("chr1\t100\t.\t{good}\tN"),
    ];
    let (_folder, vcf, genome) = files(&(records.join("\n") + "\n"));
    let read = |unknown| {
        variants(
            &vcf,
            &genome,
            Alphabet::Dna,
            options(unknown, BadRecords::Skip),
        )
    };
    let windows = read(UnknownBases::Refuse).expect("windows");
    let names: Vec<&str> = windows
        .set
        .sequences
        .iter()
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(names, [format!("good:chr1:100:{good}>{other}")]);
    let counts: Vec<(Reason, usize)> = windows
        .set
        .excluded
        .iter()
        .map(|(reason, excluded)| (reason, excluded.count))
        .collect();
    assert_eq!(
        counts,
        [
            (Reason::UnknownBase, 1),
            (Reason::NoAlternate, 1),
            (Reason::NotSpelledOut, 3),
            (Reason::OtherReference, 1),
            (Reason::LongAllele, 1),
            (Reason::PastContig, 2),
            (Reason::UnknownContig, 1),
            (Reason::Malformed, 2),
        ]
    );
    let places = windows
        .set
        .excluded
        .iter()
        .flat_map(|(_, e)| e.first.clone());
    let places: Vec<String> = places
        .map(|p| p.rsplit(':').next().unwrap().to_string())
        .collect();
    assert_eq!(
        places,
        [
            "14", "10", "4", "4", "6", "5", "13", "7", "8", "9", "11", "12"
        ]
    );

    // An allele with N is a window with N where these are kept.
    let kept = read(UnknownBases::Keep).expect("windows").set;
    assert_eq!((kept.sequences.len(), kept.excluded.total()), (2, 11));
    let variant = kept.sequences[1].variant.as_ref().expect("an allele");
    assert_eq!(variant.inserted, [gia_domain::UNKNOWN]);
}

#[test]
fn a_file_of_which_nothing_is_left_is_refused() {
    let (_folder, vcf, genome) = files("chr7\t100\t.\tA\tC\nchr1\t100\t.\tA\t<DEL>\n");
    let skip = options(UnknownBases::Refuse, BadRecords::Skip);
    let error = variants(&vcf, &genome, Alphabet::Dna, skip)
        .err()
        .expect("an error");
    for part in [
        "all 2 records",
        "1 with an allele that is not spelled out",
        "1 on a contig",
        "v.vcf:5:14",
    ] {
        assert!(error.message.contains(part), "{part}: {}", error.message);
    }
}

#[test]
fn an_unknown_base_of_an_allele_is_not_fed_unasked() {
    let base = base_at(100);
    let (_folder, vcf, genome) = files(&format!("chr1\t100\t.\t{base}\t{base}R\n"));
    let error = read(&vcf, &genome, UnknownBases::Refuse)
        .err()
        .expect("an error");
    assert_eq!(error.code, gia_base::diag::Code::UnknownBase);
    assert!(error.message.contains("v.vcf:4:14`"), "{}", error.message);
    assert_eq!(
        read(&vcf, &genome, UnknownBases::Keep)
            .expect("windows")
            .set
            .sequences
            .len(),
        1
    );
}

#[test]
fn contigs_of_another_name_are_matched_where_there_is_no_doubt() {
    let base = base_at(100);
    let other = if base == "A" { "C" } else { "A" };
    let records = format!("1\t100\t.\t{base}\t{other}\n1\t100\t.\t{base}\t{base}A\n");
    let (_folder, vcf, genome) = files(&records);
    let windows = read(&vcf, &genome, UnknownBases::Refuse).expect("windows");
    assert_eq!(
        windows.set.sequences[0].name,
        format!("1:100:{base}>{other}")
    );
    let notices: Vec<&str> = windows.notices.iter().map(|n| n.message.as_str()).collect();
    assert!(
        notices.len() == 1 && notices[0].ends_with("`1` is `chr1`"),
        "{notices:?}"
    );

    std::fs::write(&genome, format!(">chr1\n{0}\n>Chr1\n{0}\n", chromosome())).unwrap();
    let error = read(&vcf, &genome, UnknownBases::Refuse)
        .err()
        .expect("an error");
    assert!(
        error.message.contains("has no sequence `1`"),
        "{}",
        error.message
    );
}

#[test]
fn a_letter_for_several_bases_of_the_genome_agrees_with_each() {
    let genome = format!("{}R{}", "ACGT".repeat(5), "ACGT".repeat(5));
    for (reference, agrees) in [("A", true), ("G", true), ("R", true), ("C", false)] {
        let folder = tempfile::tempdir().expect("a folder");
        let (vcf, fasta) = (folder.path().join("v.vcf"), folder.path().join("g.fa"));
        std::fs::write(&vcf, format!("{HEADER}chr1\t21\t.\t{reference}\tT\n")).unwrap();
        std::fs::write(&fasta, format!(">chr1\n{genome}\n")).unwrap();
        let read = variants(
            &vcf,
            &fasta,
            Alphabet::Dna,
            options(UnknownBases::Keep, BadRecords::Refuse),
        );
        let mismatch = |e: &Diagnostic| e.message.contains("the reference allele is");
        assert_eq!(
            !read.as_ref().err().is_some_and(|e| mismatch(e)),
            agrees,
            "{reference}"
        );
    }
}

#[test]
fn files_of_other_formats_are_named() {
    for (bytes, wanted) in [
        (&b"BCF\x02\x02\0\0"[..], "BCF"),
        (b"BAM\x01\0\0", "BAM"),
        (b"PK\x03\x04\x14\0\0\0", "zip"),
        (b"\xff\xfe#\0#\0", "UTF-16"),
        (b"chr1\t100\0\n", "zero"),
    ] {
        let (folder, _, genome) = files("");
        let path = folder.path().join("other.vcf");
        std::fs::write(&path, bytes).unwrap();
        let error = read(&path, &genome, UnknownBases::Refuse)
            .err()
            .expect("an error");
        assert!(
            error.message.contains(wanted),
            "{wanted}: {}",
            error.message
        );
    }
}

#[test]
fn a_header_that_is_not_marked_or_has_commas_is_named() {
    for (text, place, help) in [
        (
            "CHROM\tPOS\tID\tREF\tALT\n",
            "v.vcf:1:7`",
            "this is a header line",
        ),
        ("#CHROM,POS,ID,REF,ALT\n", "v.vcf:1:2`", "not by commas"),
    ] {
        let (folder, _, genome) = files("");
        let path = folder.path().join("v.vcf");
        std::fs::write(&path, text).unwrap();
        let error = read(&path, &genome, UnknownBases::Refuse)
            .err()
            .expect("an error");
        assert!(error.message.contains(place), "{}", error.message);
        let found = error.help.as_deref().unwrap_or_default();
        assert!(found.contains(help), "{found}");
    }
}
