//! Backgrounds from one source are one cluster.

use std::sync::Arc;

use gia_domain::{
    Alphabet, Clusters, FastaOptions, Motif, Null, Order, Population, RegionOptions, SequenceSet,
    UnknownBases, VariantOptions, variants, windows, without,
};
use tempfile::TempDir;

/// Two different sequences, the reverse complement of the first, and the first again.
const RECORDS: &str = ">a\nAACCGTTGCAT\n>b\nTTTTACGTACA\n>c\nATGCAACGGTT\n>d\naaccgttgcat\n";

fn fasta(text: &str, width: Option<usize>) -> Arc<Population> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("set.fa");
    std::fs::write(&path, text).unwrap();
    let options = FastaOptions {
        width,
        unknown: UnknownBases::Keep,
    };
    let set = SequenceSet::read_fasta(&path, Alphabet::Dna, options).unwrap();
    Arc::new(Population::Sequences {
        set: Arc::new(set),
        order: Order::File,
    })
}

fn ids(population: &Population, count: usize) -> Option<Vec<u32>> {
    Clusters::of(population, 1, count).map(|clusters| clusters.ids().to_vec())
}

#[test]
fn equal_and_reverse_complement_records_are_one_source() {
    assert_eq!(ids(&fasta(RECORDS, None), 4), Some(vec![0, 1, 0, 0]));
    assert_eq!(ids(&fasta(RECORDS, None), 2), None);
}

#[test]
fn records_stay_one_source_when_they_are_cut() {
    // The central 4 bases of 11 begin at 3 on either strand, so those of the reverse complement are others.
    let population = fasta(RECORDS, Some(4));
    let Population::Sequences { set, .. } = &*population else {
        unreachable!()
    };
    assert_ne!(set.sequences[0].bases, set.sequences[2].bases);
    assert_eq!(ids(&population, 4), Some(vec![0, 1, 0, 0]));
    // Different records with the same center.
    let same = fasta(">a\nAACCAA\n>b\nTTCCTT\n", Some(2));
    assert_eq!(ids(&same, 2), Some(vec![0, 0]));
}

#[test]
fn the_order_of_drawing_does_not_matter() {
    let Population::Sequences { set, .. } = &*fasta(RECORDS, None) else {
        unreachable!()
    };
    let drawn = Population::Sequences {
        set: set.clone(),
        order: Order::Drawn,
    };
    let clusters = Clusters::of(&drawn, 5, 4).unwrap();
    assert_eq!(clusters.count(), 2);
    let sampler = drawn.sampler(5);
    for (index, id) in clusters.ids().iter().enumerate() {
        assert_eq!(
            sampler.name(index) == "b",
            clusters.sizes()[*id as usize] == 1
        );
    }
}

#[test]
fn shuffles_come_from_the_sequence_that_is_shuffled() {
    let of = fasta(RECORDS, None);
    let shuffled = Population::Null(Null::shuffled(of.clone(), 2).unwrap());
    assert_eq!(ids(&shuffled, 6), Some(vec![0, 1, 0, 0, 0, 1]));
    let hairpin = Null::hairpin(Arc::new(shuffled.clone()), 0, 3, 3).unwrap();
    assert_eq!(ids(&Population::Null(hairpin), 4), Some(vec![0, 1, 0, 0]));
}

#[test]
fn sets_may_share_their_sources() {
    let records = fasta(RECORDS, None);
    let other = fasta(">e\nGGGGACGTACC\n>f\nTGTACGTAAAA\n", None);
    let uniform = Population::Null(Null::uniform(Alphabet::Dna, 11).unwrap());
    let ids = |sets: &[(&Population, usize)]| {
        Clusters::of_sets(sets, 1).map(|clusters| clusters.ids().to_vec())
    };
    // The last sequence of the second set is the reverse complement of the second of the first.
    assert_eq!(ids(&[(&records, 2), (&other, 2)]), Some(vec![0, 1, 2, 1]));
    assert_eq!(ids(&[(&records, 2), (&other, 1)]), None);
    assert_eq!(
        ids(&[(&uniform, 2), (&records, 3)]),
        Some(vec![0, 1, 2, 3, 2])
    );
    assert_eq!(ids(&[(&uniform, 2), (&uniform, 2)]), None);
    assert_eq!(ids(&[]), None);
}

#[test]
fn draws_of_a_null_model_are_independent() {
    // Backgrounds of two bases repeat, and are independent all the same.
    let uniform = Population::Null(Null::uniform(Alphabet::Dna, 2).unwrap());
    assert_eq!(ids(&uniform, 100), None);
    let shuffled = Null::shuffled(Arc::new(uniform), 1).unwrap();
    assert_eq!(ids(&Population::Null(shuffled), 100), None);
}

#[test]
fn a_mixture_knows_the_source_of_each_background() {
    let (records, again) = (fasta(RECORDS, None), fasta(RECORDS, None));
    let uniform = Arc::new(Population::Null(Null::uniform(Alphabet::Dna, 11).unwrap()));
    let shuffled = Arc::new(Population::Null(Null::shuffled(again, 2).unwrap()));
    let mixture = Null::mixture(vec![(1.0, records), (1.0, shuffled), (1.0, uniform)]).unwrap();
    let mixture = Arc::new(Population::Null(mixture));
    let motif = Motif::from_iupac("AACC", Alphabet::Dna).unwrap();
    for population in [
        mixture.clone(),
        Arc::new(without(mixture, Arc::new(motif)).unwrap()),
    ] {
        let n = 300;
        let clusters = Clusters::of(&population, 9, n).unwrap();
        let sampler = population.sampler(9);
        let mut clustered = 0;
        for i in 0..n {
            for j in 0..i {
                let same = match (sampler.source(i), sampler.source(j)) {
                    (Some(a), Some(b)) => (a.name == "b") == (b.name == "b"),
                    _ => false,
                };
                assert_eq!(clusters.ids()[i] == clusters.ids()[j], same, "{i}, {j}");
            }
            let Some(source) = sampler.source(i) else {
                continue;
            };
            clustered += 1;
            // A shuffle has the bases of its source, and so has a record.
            let (mut drawn, mut of) = (sampler.background(i), source.bases.clone());
            drawn.sort_unstable();
            of.sort_unstable();
            assert_eq!(drawn, of, "{i}");
        }
        assert!((n / 2..n).contains(&clustered), "{clustered}");
    }
}

#[test]
fn overlapping_windows_are_one_source() {
    let folder = TempDir::new().unwrap();
    let (genome, regions) = (folder.path().join("g.fa"), folder.path().join("r.bed"));
    let letter = |i: u32| ['A', 'C', 'G', 'T'][(i.wrapping_mul(2_654_435_761) >> 19) as usize % 4];
    let bases: String = (1..400).map(letter).collect();
    std::fs::write(&genome, format!(">chr1\n{bases}\n>chr2\n{}\n", &bases[7..])).unwrap();
    // The first four overlap one after the other, the fifth touches the fourth, and the last is on another contig.
    std::fs::write(
        &regions,
        "chr1\t60\t100\nchr1\t0\t40\t.\t0\t-\nchr1\t30\t70\nchr1\t61\t101\nchr1\t101\t141\nchr2\t0\t40\n",
    )
    .unwrap();
    let found = windows(&genome, &regions, Alphabet::Dna, RegionOptions::default()).unwrap();
    let loci: Vec<_> = found
        .set
        .sequences
        .iter()
        .map(|s| s.locus.clone())
        .collect();
    let first = loci[1].as_ref().unwrap();
    assert_eq!((&*first.contig, first.range.clone()), ("chr1", 0..40));
    assert_eq!(first.strand, gia_domain::Strand::Reverse);
    let population = Population::Sequences {
        set: Arc::new(found.set),
        order: Order::File,
    };
    assert_eq!(ids(&population, 6), Some(vec![0, 0, 0, 0, 1, 2]));
}

#[test]
fn alleles_of_one_place_are_one_source() {
    let folder = TempDir::new().unwrap();
    let (genome, list) = (folder.path().join("g.fa"), folder.path().join("v.vcf"));
    let bases = "ACGTTGCAAC".repeat(20);
    std::fs::write(&genome, format!(">chr1\n{bases}\n")).unwrap();
    std::fs::write(
        &list,
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n\
         chr1\t51\t.\tA\tC,G\nchr1\t58\t.\tA\tC\nchr1\t155\t.\tT\tA\n",
    )
    .unwrap();
    let options = VariantOptions {
        past: Default::default(),
        width: 20,
        anchor: None,
        layout: gia_domain::WindowLayout::Variant(gia_domain::Strand::Forward),
        unknown: UnknownBases::Refuse,
        bad: gia_domain::BadRecords::Refuse,
    };
    let found = variants(&list, &genome, Alphabet::Dna, options).unwrap();
    let population = Population::Sequences {
        set: Arc::new(found.set),
        order: Order::File,
    };
    assert_eq!(ids(&population, 4), Some(vec![0, 0, 0, 1]));
}

#[test]
fn numbers_of_clusters_need_not_come_from_a_population() {
    let clusters = Clusters::new(vec![0, 1, 1, 2]).unwrap();
    assert_eq!((clusters.count(), clusters.sizes()), (3, vec![1, 2, 1]));
    assert_eq!(Clusters::new(vec![0, 1, 2]), None);
    assert_eq!(Clusters::new(Vec::new()), None);
}
