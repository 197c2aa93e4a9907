//! Large things fit: networks of 200,000 bp, grids of 10,000 points, in the memory that the plan states.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::command::{gia, root};
use crate::support::onnx::{Attribute, Network};

/// A network of dilated residual layers over so many bp, with one task.
fn long(length: usize, folder: &Path) -> std::path::PathBuf {
    let channels = 16;
    let mut network = Network::new(length);
    let weight = |network: &mut Network, dims: &[usize]| {
        let count: usize = dims.iter().product();
        let number = |i: usize| ((i * 7919 % 201) as f32 / 100.0 - 1.0) / 8.0;
        network.weight(dims, (0..count).map(number).collect())
    };
    let convolution =
        |network: &mut Network, x: &str, inputs: usize, kernel: usize, dilation: i64| {
            let weight = weight(network, &[channels, inputs, kernel]);
            let pad = (kernel as i64 - 1) / 2 * dilation;
            let attributes = [
                ("kernel_shape", Attribute::Wholes(&[kernel as i64])),
                ("dilations", Attribute::Wholes(&[dilation])),
                ("pads", Attribute::Wholes(&[pad, pad])),
            ];
            let made = network.node("Conv", &[x, &weight], &attributes);
            network.node("Relu", &[&made], &[])
        };
    let mut x = convolution(&mut network, Network::INPUT, 4, 21, 1);
    for dilation in [2, 4, 8] {
        let more = convolution(&mut network, &x, channels, 3, dilation);
        x = network.node("Add", &[&x, &more], &[]);
    }
    let pooled = network.node("GlobalAveragePool", &[&x], &[]);
    let flat = network.node("Flatten", &[&pooled], &[]);
    let last = weight(&mut network, &[1, channels]);
    let scale = [
        ("alpha", Attribute::Number(1000.0)),
        ("transB", Attribute::Whole(1)),
    ];
    let out = network.node("Gemm", &[&flat, &last], &scale);
    network.write(&out, &[1], folder)
}

fn script(folder: &Path, model: &Path, length: usize, body: &str) -> std::path::PathBuf {
    let path = folder.join("study.gia");
    let text = format!(
        "model net = load(\"{}\")\nnull drawn = uniform(length: {length}bp)\nexperiment study {{\n    background drawn\n{body}\n}}\n",
        model.display()
    );
    std::fs::write(&path, text).expect("written");
    path
}

/// Of the code of `gia` and libtorch, what is in memory as a rule, in MB, in a release build.
const CODE: u64 = 88;

/// Most memory that a process has had so far, in MB, with that of the workers it started: its own, and the pages of files.
///
/// How many pages of a library are mapped depends on how the system's file cache holds it: twice as many where it was
/// written a moment ago, as in a fresh clone. They are given back under pressure.
#[derive(Clone, Copy, Default)]
struct Peak {
    own: u64,
    files: u64,
}

impl Peak {
    fn of(pid: u32) -> Peak {
        let read = |what: &str| std::fs::read_to_string(format!("/proc/{pid}/{what}"));
        // `git`, which is asked for the commit, and a copy of `gia` that has not become another program yet, are no part of a run.
        let is_worker = |pid: &u32| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim_end() == "gia-worker")
        };
        let status = read("status").unwrap_or_default();
        let megabytes = |what: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(what));
            let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
            number.unwrap_or(0) / 1024
        };
        let files = megabytes("RssFile:");
        let own = megabytes("VmHWM:").saturating_sub(files);
        let children = read(&format!("task/{pid}/children")).unwrap_or_default();
        let children = children.split_whitespace();
        let workers = children
            .filter_map(|pid| pid.parse().ok())
            .filter(is_worker);
        workers
            .map(Peak::of)
            .fold(Peak { own, files }, |all, worker| Peak {
                own: all.own + worker.own,
                files: all.files + worker.files,
            })
    }

    fn or(self, other: Peak) -> Peak {
        Peak {
            own: self.own.max(other.own),
            files: self.files.max(other.files),
        }
    }

    /// With as much code as is mapped as a rule.
    fn in_all(self) -> u64 {
        self.own + self.files.min(CODE)
    }
}

fn watched(mut child: Child) -> u64 {
    let mut most = Peak::default();
    loop {
        most = most.or(Peak::of(child.id()));
        if let Some(status) = child.try_wait().expect("a process") {
            assert!(status.success(), "{status}");
            return most.in_all();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Runs a script with two threads: its study, and the memory that it took at most, in MB.
fn run(script: &Path, more: &[&str]) -> (Value, u64) {
    let json = script.with_extension("json");
    let child = Command::new(env!("CARGO_BIN_EXE_gia"))
        .arg("run")
        .arg(script)
        .args(["--quiet", "--threads", "2", "--device", "cpu", "--json"])
        .arg(&json)
        .args(more)
        .current_dir(root())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("gia starts");
    let most = watched(child);
    let text = std::fs::read_to_string(json).expect("written");
    (serde_json::from_str(&text).expect("JSON"), most)
}

/// The memory that a plan states for two threads, in MB.
fn stated(script: &Path) -> u64 {
    let output = gia([Path::new("plan"), script]);
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text
        .lines()
        .find(|line| line.contains("in total on one thread"));
    let line = line.expect("the total memory").replace(',', "");
    let numbers = line
        .split_whitespace()
        .filter_map(|word| word.parse::<u64>().ok());
    numbers.sum()
}

/// Within 20 %.
fn is_near(stated: u64, most: u64) -> bool {
    (most as f64 * 0.8..=most as f64 * 1.2).contains(&(stated as f64))
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_network_of_200_000_bp_runs_in_the_memory_that_the_plan_states() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = long(200_000, folder.path());
    let body = "    vary place in 50000bp to 150000bp step 20000bp
    sample 3
    embed \"TGACTCATTGCG\" at place
    measure answer = net[\"task0\"]";
    let script = script(folder.path(), &model, 200_000, body);
    let (found, most) = run(&script, &[]);
    let stated = stated(&script);
    assert!(
        is_near(stated, most),
        "{most} MB where {stated} MB are stated:\n{}",
        String::from_utf8_lossy(&gia([Path::new("plan"), &script]).stdout)
    );
    let (whole, _) = run(&script, &["--exact"]);
    let means = |study: &Value| -> Vec<f64> {
        let rows = study["experiments"][0]["arms"].as_array().expect("arms");
        rows.iter()
            .map(|row| row["mean"].as_f64().expect("a mean"))
            .collect()
    };
    assert_eq!(found["recomputed"]["sequences"], 18);
    for (found, whole) in means(&found).iter().zip(means(&whole)) {
        assert!(
            (found - whole).abs() < 1e-5 * whole.abs().max(1.0),
            "{found} and {whole}"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_grid_of_10_000_points_runs_in_the_memory_that_the_plan_states() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = long(230, folder.path());
    let body = "    vary one in 10bp to 109bp
    vary two in 118bp to 217bp
    sample 5
    arm first { embed \"TGACTCA\" at one }
    arm second { embed \"GATAAG\" at two }
    arm both { first; second }
    measure answer = net[\"task0\"]
    contrast interaction = both - first - second + control";
    let script = script(folder.path(), &model, 230, body);
    let (found, most) = run(&script, &[]);
    let stated = stated(&script);
    assert!(
        is_near(stated, most),
        "{most} MB where {stated} MB are stated"
    );
    let rows = found["experiments"][0]["rows"].as_array().expect("rows");
    let of_grid = rows.iter().filter(|row| row["contrast"] == "interaction");
    assert_eq!(of_grid.count(), 10_000);
}
