//! Identities, names and draws of each null model, as recorded when the model was first released. Seeds address streams by
//! identity, so a change here changes every number that was ever reported.

use std::sync::Arc;

use gia_domain::{Alphabet, Conditioned, Conditioning, Motif, Null, Order, Population, without};

use super::set;

/// One population of each null model, with the name of the model.
fn populations() -> Vec<(&'static str, Arc<Population>)> {
    let null = |null| Arc::new(Population::Null(null));
    let like = set(&["ACGTACGTAC", "TTGACCATGA", "ACCATTGACA"]);
    let sequences = Arc::new(Population::Sequences {
        set: like.clone().into(),
        order: Order::File,
    });
    let uniform = null(Null::uniform(Alphabet::Dna, 10).unwrap());
    let motif = Motif::from_iupac("GAT", Alphabet::Dna).unwrap();
    let filtered = Conditioned::new(
        Conditioning::Filtered,
        sequences.clone(),
        b"a query",
        "with a query".into(),
    );
    let walked = Conditioned::new(
        Conditioning::MaxEnt,
        uniform.clone(),
        b"a query",
        "after 5 steps".into(),
    );
    let mixture = vec![(3.0, uniform.clone()), (1.0, sequences.clone())];
    vec![
        ("uniform", uniform.clone()),
        ("uniform", null(Null::uniform(Alphabet::Rna, 12).unwrap())),
        (
            "iid",
            null(Null::iid(Alphabet::Dna, 10, [0.1, 0.2, 0.3, 0.4]).unwrap()),
        ),
        ("iid", null(Null::gc(Alphabet::Rna, 10, 0.41).unwrap())),
        ("markov", null(Null::markov(&like, 2, 15).unwrap())),
        (
            "position_specific",
            null(Null::position_specific(&like).unwrap()),
        ),
        (
            "shuffled",
            null(Null::shuffled(sequences.clone(), 2).unwrap()),
        ),
        (
            "shuffled",
            null(Null::shuffled(uniform.clone(), 1).unwrap()),
        ),
        ("mixture", null(Null::mixture(mixture).unwrap())),
        (
            "without",
            without(uniform.clone(), motif.into()).unwrap().into(),
        ),
        (
            "hairpin",
            null(Null::hairpin(sequences.clone(), 1, 3, 2).unwrap()),
        ),
        ("hairpin", null(Null::hairpin(uniform, 1, 3, 2).unwrap())),
        ("filtered", null(filtered.into())),
        ("maxent", null(walked.into())),
    ]
}

#[test]
fn each_null_model_keeps_its_identity_and_its_draws() {
    let mut lines = Vec::new();
    for (model, population) in populations() {
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        let sampler = population.sampler(7);
        let drawn: Vec<String> = (0..6)
            .map(|index| population.alphabet().decode_all(&sampler.background(index)))
            .collect();
        lines.push(format!(
            "{model}\n  identity {}\n  streams  {}\n  draws    {}\n  name     {}\n  words    {}",
            hex(&population.identity()),
            hex(&sampler.identity()[..8]),
            drawn.join(" "),
            sampler.name(2),
            population.describe(),
        ));
    }
    assert_eq!(lines.join("\n"), RECORD.trim());
}

const RECORD: &str = "
uniform
  identity c865c087dadbb9c8edc24179d074a05896320d8535d698ef1f859bed7924982d
  streams  c865c087dadbb9c8
  draws    ATCGTGTCGA CGTCGCATAG GCGTGCCCAT GTGATTAATA CGGCCTATAA ACATAAATTC
  name     uniform_000002
  words    uniform, 10 bp
uniform
  identity b8d551c761f76a8325e51606ed398c518e7512a3c13432d23019a23d669b159d
  streams  b8d551c761f76a83
  draws    GGGUAGGGGCCA AAGAUUGUUACG UGAUUGUGCAAC AGCCCACCUGUC AGACCCGGAAAA CCAAGCACGUCA
  name     uniform_000002
  words    uniform RNA, 12 bp
iid
  identity b8e64ea0849f9f58fd95239a377bc99d28c880d045182a9ca56b101a4930d544
  streams  b8e64ea0849f9f58
  draws    TCTAGTCGAT ACTCTATCGG GTCTCTTTCG GTATGCCGCA GTCGGGCATT CTGCTGTGGG
  name     iid_000002
  words    iid, A 0.1 C 0.2 G 0.3 T 0.4, 10 bp
iid
  identity ef9b2c7d4336168209a75efde26f5215c8cc1090109ea746d0fb883a4f11b528
  streams  ef9b2c7d43361682
  draws    GGAAAUGCUG AUCAGUUUCU GUACAUAGUC AUCUGUAUAA GAUACCACGA GUGAUUACCA
  name     iid_000002
  words    iid RNA, GC 0.41, 10 bp
markov
  identity 778836087ec75a2b179fd1d5aa2c6f02c41e9060279eade7917c4f859f657232
  streams  778836087ec75a2b
  draws    GTCATCCAGACGGAC CGCGTACATTGGTAG ATTCTGTACGTACGT TGACGTCGTACCCAC ACCCATTGACGTCGT CCACCAATGTACGTA
  name     markov_000002
  words    markov of order 2 like set.fa, 15 bp
position_specific
  identity 720a2f78d897299651c4ae620ba5fd62687adcf86dc5ce32b4a28d7125cfdedf
  streams  720a2f78d8972996
  draws    ACGACCAAGA TCGTCCATAA ATGAATGAGA ACGACTATAA TCGAACGTGC ACGACCATGA
  name     position_specific_000002
  words    position-specific frequencies, 10 bp
shuffled
  identity a8a5fe2973704f0a27be495b9701d69054970e5387b8edead72fee22b6f7f408
  streams  a8a5fe2973704f0a
  draws    ACGTACGTAC TTGACCATGA ATTGACCACA ACGTACGTAC TGATTGACCA ACATTGACCA
  name     s2_shuffled_0
  words    shuffled, preserving 2-mers, of (set.fa, 3 sequences, 10 bp)
shuffled
  identity 05432f8a9b43d1bfda329a107186e1be53a0504dbf7563ce0bed4abeeb8c6415
  streams  05432f8a9b43d1bf
  draws    TGTTAAGCGC GCGGCATCTA GGTACGCCCT ATGTGAAATT TACCTAGCAG TCAAATATAC
  name     shuffled_000002
  words    shuffled, preserving 1-mers, of (uniform, 10 bp)
mixture
  identity 50dffe975fe72e17e9d584a129ad37e84235727c68a3d2e9920a48fedfa7e8fc
  streams  50dffe975fe72e17
  draws    ATCGTGTCGA CGTCGCATAG GCGTGCCCAT GTGATTAATA CGGCCTATAA ACATAAATTC
  name     mixture_000002_part1_uniform_000002
  words    mixture: 0.75 of (uniform, 10 bp), 0.25 of (set.fa, 3 sequences, 10 bp)
without
  identity af8df776232cc5f67cd0e03d6c2db4b55943d9779661540157e537f431eb9b48
  streams  af8df776232cc5f6
  draws    GTTGCCTTAG CGTCGCATAG GCGTGCCCAT AGGGGCCGGG CGGCCTATAA ACATAAATTC
  name     without_000002
  words    (uniform, 10 bp) without GAT
hairpin
  identity 6f6b723da8bc2353f3909591ca0036ecba03333bdba5b6b081c7697a4538f2ce
  streams  6f6b723da8bc2353
  draws    ACGTACACGC TTGACCTCAA ACCATTTGGA ACGTACACGC TTGACCTCAA ACCATTTGGA
  name     s2_hairpin_0
  words    hairpin at 1 bp, stem 3 bp, loop 2 bp, in (set.fa, 3 sequences, 10 bp)
hairpin
  identity 564cc4bab0d2929e3adf6e31d90c88734a8216b8efc4d58a1d4865350cf3cea6
  streams  564cc4bab0d2929e
  draws    ATCGTGCGAA CGTCGCGACG GCGTGCACGT GTGATTTCAA CGGCCTGCCA ACATAAATGC
  name     hairpin_000002
  words    hairpin at 1 bp, stem 3 bp, loop 2 bp, in (uniform, 10 bp)
filtered
  identity 1e2e96c26c2c2cbe29c43da3a6f4a1313b6c4d8efd4f4b13b08ebbbe6248dee9
  streams  ab80115c8f617b0c
  draws    ACGTACGTAC TTGACCATGA ACCATTGACA ACGTACGTAC TTGACCATGA ACCATTGACA
  name     filtered_000002
  words    (set.fa, 3 sequences, 10 bp) with a query
maxent
  identity fa22c39a32cd97567c749f2839addd0f2d90beaae9ece0aef0553643f5f60630
  streams  c865c087dadbb9c8
  draws    ATCGTGTCGA CGTCGCATAG GCGTGCCCAT GTGATTAATA CGGCCTATAA ACATAAATTC
  name     maxent_000002
  words    (uniform, 10 bp) after 5 steps
";
