//! Sound models packed anew: archives named after any file, and graphs and declarations that cannot be meant.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use gia::diag::{Code, Diagnostic};
use gia::model::{Declaration, Graph, Layout, LoadArguments, Weights};
use serde_json::{Value as Json, json};

const GRAPH: &str = "models/model.json";

/// The records of an archive by their names below its root.
type Records = Vec<(String, Vec<u8>)>;

fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/models/{name}.pt2"))
}

fn records(name: &str) -> Records {
    let file = std::fs::File::open(model(name)).expect("a model of the tree");
    let mut zip = zip::ZipArchive::new(file).expect("a zip archive");
    (0..zip.len())
        .map(|i| {
            let mut entry = zip.by_index(i).expect("a record");
            let (_, name) = entry.name().split_once('/').expect("a root");
            let name = name.to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("its bytes");
            (name, bytes)
        })
        .collect()
}

fn pack(root: &str, records: &Records) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in records {
        zip.start_file(format!("{root}{name}"), options)
            .expect("a record");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("an archive").into_inner()
}

/// A sound model with one of its JSON records changed.
fn forged(name: &str, record: &str, change: impl FnOnce(&mut Json)) -> Vec<u8> {
    let mut records = records(name);
    let (_, bytes) = records
        .iter_mut()
        .find(|(known, _)| known == record)
        .expect("the record");
    let mut json: Json = serde_json::from_slice(bytes).expect("JSON");
    change(&mut json);
    *bytes = serde_json::to_vec(&json).expect("JSON");
    pack("forged/", &records)
}

/// A folder of its own for one file.
struct Place {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.pt2");
        Place {
            _folder: folder,
            path,
        }
    }

    fn write(&self, bytes: &[u8]) -> &Path {
        std::fs::write(&self.path, bytes).expect("written");
        &self.path
    }

    fn declaration(&self, text: &str) {
        std::fs::write(self.path.with_extension("toml"), text).expect("written");
    }
}

/// Everything that a run reads of a model file.
fn read(path: &Path) -> Result<Declaration, Box<Diagnostic>> {
    let given = LoadArguments {
        layout: Some(Layout::ChannelsFirst),
        ..LoadArguments::default()
    };
    let declaration = Declaration::load(path, &given)?;
    let graph = Graph::read(path)?;
    let mut weights = Weights::open(path)?;
    for weight in &graph.weights {
        weights.bytes(weight)?;
    }
    Ok(declaration)
}

#[test]
fn an_archive_is_read_whatever_its_file_was_called() {
    let sound = records("convolutions");
    for root in ["net", "all_models", "models", "data", "a b.c"] {
        let place = Place::new();
        let found = read(place.write(&pack(&format!("{root}/"), &sound)));
        found.unwrap_or_else(|d| panic!("{root}: {d:?}"));
    }
    read(Place::new().write(&pack("", &sound))).expect("an archive without a folder");
}

/// The sound model, its input of this shape.
fn with_input(shape: &[Option<i64>]) -> Vec<u8> {
    forged("convolutions", GRAPH, |graph| {
        let module = &mut graph["graph_module"];
        let specs = module["signature"]["input_specs"].as_array();
        let name = specs
            .expect("specs")
            .iter()
            .find_map(|spec| spec.pointer("/user_input/arg/as_tensor/name")?.as_str())
            .expect("an input")
            .to_string();
        module["graph"]["tensor_values"][name]["sizes"] = shape
            .iter()
            .map(|size| match size {
                Some(n) => json!({"as_int": n}),
                None => json!({"as_expr": {"expr_str": "s0"}}),
            })
            .collect();
    })
}

#[test]
fn a_batch_that_cannot_be_made_is_refused() {
    let huge = Some(1 << 61);
    let four = Some(4);
    for shape in [
        [huge, four, Some(20)],
        [Some(0), four, Some(20)],
        [None, four, huge],
        [Some(1 << 20), four, Some(1 << 20)],
    ] {
        let found = read(Place::new().write(&with_input(&shape))).expect_err("a diagnosis");
        assert_eq!(found.code, Code::BadModelFile, "{shape:?}: {found:?}");
        assert!(
            found.message.contains("a batch may hold"),
            "{shape:?}: {found:?}"
        );
    }
    let place = Place::new();
    place.write(&with_input(&[None, four, None]));
    place.declaration("length = 5000000000");
    let found = read(&place.path).expect_err("a diagnosis");
    assert!(found.message.contains("5000000000 bp"), "{found:?}");
    let sound = with_input(&[Some(3), four, Some(28)]);
    let declaration = read(Place::new().write(&sound)).expect("batches of three");
    assert_eq!(declaration.length, 28);
    let short = with_input(&[Some(3), four, Some(20)]);
    let found = read(Place::new().write(&short)).expect_err("its last layer takes more");
    assert_eq!(found.code, Code::ShapeConflict, "{found:?}");
}

#[test]
fn outputs_are_described_in_one_place() {
    let place = Place::new();
    place.write(&std::fs::read(model("pair")).expect("a model of the tree"));
    let tables = "[[output]]\ntasks = [\"a\", \"b\", \"c\"]\nunit = \"count\"";
    place.declaration(tables);
    let declaration = read(&place.path).expect("a sound declaration");
    assert_eq!(declaration.column("b"), Some(1));
    assert_eq!(declaration.unit(1), Some("count"));
    for (beside, what) in [
        ("tasks = [\"d\", \"e\", \"f\"]", "`tasks`"),
        ("unit = \"logit\"", "`unit`"),
    ] {
        place.declaration(&format!("{beside}\n{tables}"));
        let found = read(&place.path).expect_err("a diagnosis");
        assert_eq!(found.code, Code::DeclarationMismatch, "{found:?}");
        assert!(found.message.contains(what), "{found:?}");
    }
    place.declaration(tables);
    let given = LoadArguments {
        tasks: Some(vec!["d".into(), "e".into(), "f".into()]),
        ..LoadArguments::default()
    };
    let found = Declaration::load(&place.path, &given).expect_err("a diagnosis");
    assert_eq!(found.code, Code::DeclarationMismatch, "{found:?}");
}

#[test]
fn a_hash_is_sixty_four_digits() {
    let place = Place::new();
    place.write(&std::fs::read(model("convolutions")).expect("a model of the tree"));
    for hash in [
        "abc".to_string(),
        "g".repeat(64),
        "é".repeat(32),
        String::new(),
    ] {
        place.declaration(&format!("sha256 = \"{hash}\""));
        let found = read(&place.path).expect_err("a diagnosis");
        assert_eq!(found.code, Code::BadDeclaration, "{found:?}");
        assert!(found.message.contains("`sha256`"), "{found:?}");
    }
    place.declaration(&format!("sha256 = \"{}\"", "aB".repeat(32)));
    let declaration = read(&place.path).expect("a hash");
    assert_eq!(declaration.sha256, Some("ab".repeat(32)));
}
