//! Variants of a VCF file: a window with its other allele is what the genome with that allele reads there.

use std::path::{Path, PathBuf};

use gia::diag::Diagnostic;
use gia::domain::{Alphabet, Edit, Order, Population, SequenceSet, Unknown, Windows, variants};

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

fn read(vcf: &Path, genome: &Path, unknown: Unknown) -> Result<Windows, Box<Diagnostic>> {
    variants(vcf, genome, WIDTH, Alphabet::Dna, unknown)
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
    let windows = read(&vcf, &genome, Unknown::Refuse).expect("windows");
    assert_eq!(windows.set.sequences.len(), alleles.len());
    let set = std::sync::Arc::new(windows.set);
    let order = Order::File;
    let population = Population::Sequences {
        set: set.clone(),
        order,
    };
    let sampler = population.sampler(1);
    let editor = Edit::Allele.prepare_over(1, &sampler);
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
    let windows = read(&vcf, &genome, Unknown::Refuse).expect("windows");
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
        let set = read(&vcf, &genome, Unknown::Refuse)
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
    let refused = read(&vcf, &genome, Unknown::Refuse)
        .err()
        .expect("an error");
    assert!(refused.message.contains("line 4") && refused.message.contains("<DEL>"));
    let windows = read(&vcf, &genome, Unknown::Drop).expect("windows");
    assert_eq!((windows.set.sequences.len(), windows.set.dropped), (1, 1));
}

#[test]
fn damaged_files_are_told_with_their_line() {
    let base = &chromosome().to_uppercase()[99..100];
    let wrong = if base == "A" { "C" } else { "A" };
    let cases = [
        (format!("chr1\t100\t.\t{wrong}\tG\t.\t.\t.\n"), "line 4"),
        (format!("chr1\t5\t.\t{base}\tG\t.\t.\t.\n"), "400 bp"),
        (format!("chr1\t100\t.\t{base}\t.\t.\t.\t.\n"), "line 4"),
        (format!("chr3\t100\t.\t{base}\tG\t.\t.\t.\n"), "chr3"),
        (format!("chr1\tten\t.\t{base}\tG\t.\t.\t.\n"), "line 4"),
        ("chr1\t100\n".to_string(), "line 4"),
        (String::new(), "no variant"),
        (
            format!("chr1\t100\t.\t{}\tG\t.\t.\t.\n", &chromosome()[99..115]),
            "16 bp",
        ),
    ];
    for (records, wanted) in cases {
        let (_folder, vcf, genome) = files(&records);
        let error = read(&vcf, &genome, Unknown::Refuse)
            .err()
            .expect("an error");
        assert!(
            error.message.contains(wanted),
            "{records}: {}",
            error.message
        );
    }
    let (folder, _, genome) = files("");
    let bare = folder.path().join("bare.vcf");
    std::fs::write(&bare, format!("chr1\t100\t.\t{base}\tG\n")).unwrap();
    let error = read(&bare, &genome, Unknown::Refuse)
        .err()
        .expect("an error");
    assert!(error.message.contains("header"), "{}", error.message);
}
