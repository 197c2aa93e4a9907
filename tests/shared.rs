//! Checks over models that are not part of the tree: the folder that `GIA_SHARED` names. `make check-shared` runs
//! them; where the folder is not there they fail.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gia::engine::{NoProgress, Options, predict};
use gia::model::{Declaration, Layout, LoadArguments};
use gia::plan::{Model, ModelSource};

use crate::support::command::gia;

fn shared() -> PathBuf {
    let folder =
        std::env::var_os("GIA_SHARED").expect("GIA_SHARED names the folder of shared models");
    let folder = PathBuf::from(folder);
    assert!(
        folder.join("models").is_dir(),
        "there is no folder {}",
        folder.join("models").display()
    );
    folder
}

/// Bases (sequence, position) and PyTorch's outputs (sequence, column) of `NAME.expected.npz`.
fn expected(path: &Path) -> (Vec<Vec<u8>>, Vec<f32>) {
    let file = std::fs::File::open(path).expect("the expected outputs");
    let mut npz = ndarray_npy::NpzReader::new(file).expect("an npz file");
    let x: ndarray::Array2<u8> = npz.by_name("x").expect("x");
    let y: ndarray::ArrayD<f32> = npz.by_name("y").expect("y");
    (
        x.rows().into_iter().map(|row| row.to_vec()).collect(),
        y.iter().copied().collect(),
    )
}

#[test]
fn every_network_gives_what_pytorch_gives() {
    let folder = shared().join("models");
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).expect("the models").flatten() {
        let path = entry.path();
        if path
            .extension()
            .is_none_or(|e| e != "pt2" && e != "onnx" && e != "pt")
        {
            continue;
        }
        // `NAME.ts.pt` is TorchScript, of which everything has to be said.
        let script = path.extension().is_some_and(|e| e == "pt");
        let name = path.with_extension("");
        let name = if script {
            name.with_extension("")
        } else {
            name
        };
        let (sequences, wanted) = expected(&name.with_extension("expected.npz"));
        let outputs = wanted.len() / sequences.len();
        let given = LoadArguments {
            layout: Some(Layout::ChannelsFirst),
            length: script.then_some(sequences[0].len()),
            tasks: script.then(|| (0..outputs).map(|i| format!("task{i}")).collect()),
            ..LoadArguments::default()
        };
        let declaration = Declaration::load(&path, &given)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        let model = Model {
            name: "net".into(),
            source: ModelSource::File {
                path: path.clone(),
                written: path.display().to_string(),
            },
            declaration: Arc::new(declaration),
        };
        let found = predict(&model, &sequences, &Options::default(), &NoProgress)
            .unwrap_or_else(|d| panic!("{}: {d:?}", path.display()));
        assert_eq!(found.values.len(), wanted.len(), "{}", path.display());
        let worst = found
            .values
            .iter()
            .zip(&wanted)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        println!("{}: largest difference {worst:.1e}", path.display());
        assert!(
            worst < 1e-5,
            "{}: largest difference {worst}",
            path.display()
        );
        checked += 1;
    }
    assert_eq!(
        checked, 14,
        "six networks are there, each in two formats, two of them in a third"
    );
}

#[test]
fn published_responses_come_out() {
    let shared = shared();
    let shared = shared
        .canonicalize()
        .expect("an absolute path")
        .display()
        .to_string();
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shared/responses");
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = 0;
    for entry in std::fs::read_dir(&scripts).expect("the scripts").flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "gia") {
            continue;
        }
        let text = std::fs::read_to_string(&path)
            .expect("a script")
            .replace("@SHARED@", &shared);
        let place = folder.path().join(path.file_name().expect("a name"));
        std::fs::write(&place, text).expect("written");
        let output = gia([std::ffi::OsStr::new("run"), place.as_os_str()]);
        let said = String::from_utf8_lossy(&output.stdout);
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}:\n{said}\n{wrong}",
            path.display()
        );
        run += 1;
    }
    assert!(run >= 4, "only {run} scripts");
}

/// Maps of networks whose sites are known: the positions that shuffles of the sequence make significant.
#[test]
fn maps_show_the_known_sites() {
    let shared = shared().canonicalize().expect("an absolute path");
    let folder = tempfile::tempdir().expect("a folder");
    let significant = |network: &str, query: &str, sequence: &str, window: usize| -> Vec<usize> {
        let length = sequence.len();
        let path = folder.path().join("map.gia");
        let fasta = folder.path().join("one.fa");
        std::fs::write(fasta, format!(">one\n{sequence}\n")).expect("written");
        let model = shared.join(format!("models/{network}.pt2"));
        let script = format!(
            r#"
            set seed = 1
            model net = load("{}", length: {length}bp, alphabet: "ACGT", layout: "channels_first", unknown: "zeros")
            show deepshap(on: fasta("one.fa"), of: {query}, n: 20, shuffles: 99, window: {window}bp)
            "#,
            model.display()
        );
        std::fs::write(&path, script).expect("a script");
        let json = folder.path().join("map.json");
        let output = gia([
            "run".as_ref(),
            path.as_os_str(),
            "--quiet".as_ref(),
            "--json".as_ref(),
            json.as_os_str(),
        ]);
        assert!(output.status.success(), "{output:?}");
        let study = std::fs::read_to_string(json).expect("a study");
        let study: serde_json::Value = serde_json::from_str(&study).expect("JSON");
        let p = study["maps"][0]["sequences"][0]["p"].as_array().expect("p");
        let found = p.iter().enumerate();
        let found = found.filter(|(_, p)| p.as_f64().is_some_and(|p| p <= 0.05));
        found.map(|(position, _)| position).collect()
    };
    let meets = |found: &[usize], site: std::ops::Range<usize>| {
        assert!(
            found.iter().any(|at| site.contains(at)),
            "{site:?}: {found:?}"
        );
    };
    let stay_within = |found: &[usize], sites: &[std::ops::Range<usize>]| {
        let is_known = |at: &usize| sites.iter().any(|site| site.contains(at));
        assert!(found.iter().all(is_known), "{found:?}");
    };

    // The expected bin of the lac promoter: CRP's half sites, the -35 box and the -10 box, and two bases around each.
    let bins: Vec<String> = (0..10).map(|bin| format!("net[{bin}]")).collect();
    let numbers: Vec<String> = (0..10).map(|bin| bin.to_string()).collect();
    let query = format!(
        "mean([{}], weights: softmax([{}]))",
        numbers.join(", "),
        bins.join(", ")
    );
    let wild_type = "AATTAATGTGAGTTAGCTCACTCATTAGGCACCCCAGGCTTTACACTTTATGCTTCCGGCTCGTATGTTGTGTGG";
    // The -10 box stands out by single bases, the wider sites by their sums.
    let windows = [1, 7].map(|window| significant("lac_promoter", &query, wild_type, window));
    let found = windows.concat();
    for site in [4..13, 37..47, 61..71] {
        meets(&found, site);
    }
    stay_within(&found, &[4..13, 15..23, 37..47, 61..71]);

    let random = |length: usize| -> String {
        let mut state = 7u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b"ACGT"[(state >> 30) as usize] as char
        };
        (0..length).map(|_| next()).collect()
    };
    let with = |length: usize, start: usize, site: &str| {
        let background = random(length);
        format!(
            "{}{site}{}",
            &background[..start],
            &background[start + site.len()..]
        )
    };
    let found = significant("ctcf_pu1", "net[0]", &with(100, 43, "CCACCAGGGGGCGC"), 5);
    meets(&found, 43..57);
    stay_within(&found, std::slice::from_ref(&(41..59)));

    let site = "AAAGAGGAAGTGACGTGGAAACTGAAACT";
    let found = significant("spi1_irf", "net[0]", &with(500, 230, site), 5);
    meets(&found, 230..242);
    meets(&found, 246..259);
    stay_within(&found, std::slice::from_ref(&(226..263)));
}
