//! One frame of each kind, as bytes, which `tests/wire/frames.json` records. The tests of the worker in Python read the same file.
//!
//! `UPDATE_EXPECT=1` writes the file anew. A change of it is a change of the protocol, and so of its version.

use gia_domain::Patch;
use gia_model::{
    Channel, Encoding, Input, LastStep, Layout, Part, SequenceInput, Tokenizer, UnknownBase,
};
use gia_study::{IncrementalStats, PythonNetwork};
use gia_wire::{
    Along, BatchTiming, Contributions, Device, Failure, Identity, IncrementalMode, Open, Precision,
    Reply, Request, Rows, Run, VERSION, bytes_of_values, receive, send,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Recorded {
    version: u32,
    frames: Vec<Frame>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Frame {
    /// What the frame shows.
    name: String,
    /// `request` or `reply`.
    kind: String,
    /// All bytes of the frame, in hexadecimal.
    bytes: String,
    /// The header, in the JSON of serde.
    header: serde_json::Value,
    /// The base codes of the rows in the payload, or the numbers in it; `null` if it is empty.
    payload: serde_json::Value,
}

fn path() -> std::path::PathBuf {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("../../tests/wire/frames.json")
}

fn frame(
    name: &str,
    kind: &str,
    header: &impl Serialize,
    payload: &[u8],
    shown: serde_json::Value,
) -> Frame {
    let mut bytes = Vec::new();
    send(&mut bytes, header, payload).expect("a write to memory");
    Frame {
        name: name.to_string(),
        kind: kind.to_string(),
        bytes: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        header: serde_json::to_value(header).expect("JSON"),
        payload: shown,
    }
}

fn request(name: &str, header: &Request) -> Frame {
    frame(name, "request", header, &[], serde_json::Value::Null)
}

fn reply(name: &str, header: &Reply) -> Frame {
    frame(name, "reply", header, &[], serde_json::Value::Null)
}

/// Three rows of two backgrounds of 6 bp: one unedited, one with a patch, one with patches of two widths that overlap.
fn rows() -> Rows {
    let mut rows = Rows::new(6);
    rows.backgrounds = vec![0, 1, 2, 3, 4, 0, 3, 3, 3, 3, 3, 3];
    let patch = |start, bases: &[u8]| Patch {
        start,
        bases: bases.to_vec(),
    };
    rows.push(0, []);
    rows.push(1, [patch(0, &[2, 2])]);
    rows.push(1, [patch(1, &[0, 1, 2]), patch(3, &[4])]);
    rows
}

fn with_rows(name: &str, header: &Request) -> Frame {
    let rows = rows();
    let mut shown = Vec::new();
    for row in 0..rows.len() {
        let mut codes = vec![0; rows.length];
        rows.write_row(row, &mut codes);
        shown.push(codes);
    }
    let shown = serde_json::to_value(shown).expect("JSON");
    frame(name, "request", header, &rows.to_bytes(), shown)
}

fn sequence(reverse_complement: bool, part: Option<Part>, encoding: Encoding) -> Input {
    Input::Sequence(SequenceInput {
        reverse_complement,
        part,
        encoding,
    })
}

fn openings() -> [Open; 2] {
    let plain = Open {
        model: 0,
        path: "nets/net.toml".to_string(),
        entry: Some("nets.bpnet:build".to_string()),
        channels: [0, 1, 2, 3],
        length: 2114,
        layout: Layout::ChannelsFirst,
        unknown: UnknownBase::Zeros,
        inputs: vec![Input::one_hot(false)],
        before: vec![None],
        batch: None,
    };
    let tokenizer = Tokenizer {
        k: 2,
        step: 1,
        words: (100..116).collect(),
        unknown: Some(1),
        start: vec![2, 300],
        end: vec![3],
        bases: Some([10, 11, 12, 70_000]),
        unknown_base: None,
    };
    let channels = vec![
        Channel::Base(3),
        Channel::Base(2),
        Channel::Base(1),
        Channel::Base(0),
        Channel::Unknown,
        Channel::Constant(0.5),
        Channel::Track(vec![0.0, -1.5, 2.0, 1e-3]),
    ];
    let part = Some(Part {
        start: 1,
        length: 4,
    });
    let all = Open {
        model: 300,
        path: "m.pt2".to_string(),
        entry: None,
        channels: [3, 0, 2, 1],
        length: 6,
        layout: Layout::ChannelsLast,
        unknown: UnknownBase::Quarter,
        inputs: vec![
            Input::one_hot(true),
            sequence(false, part, Encoding::Channels(channels)),
            sequence(true, None, Encoding::Tokens(tokenizer)),
            Input::Constant {
                shape: vec![1, 3],
                values: vec![1.0, -2.0, 0.25],
            },
        ],
        before: LastStep::ALL.into_iter().map(Some).chain([None]).collect(),
        batch: Some(128),
    };
    [plain, all]
}

fn frames() -> Vec<Frame> {
    let hello = |device, precision, incremental| Request::Hello {
        version: VERSION,
        device,
        threads: 2,
        precision,
        incremental,
    };
    let run = |columns| Run { model: 3, columns };
    let [plain, all] = openings();
    let values = [0.5_f32, -1.0, f32::NAN, f32::INFINITY];
    let identity = Identity {
        sha256: "a5".repeat(32),
        network: PythonNetwork {
            class: "nets.bpnet.BPNet".to_string(),
            libraries: vec!["Python 3.12.4".to_string(), "torch 2.11.0".to_string()],
        },
    };
    vec![
        request(
            "the first message",
            &hello(
                Device::Auto,
                Precision::Float32,
                IncrementalMode::WhenFaster,
            ),
        ),
        request(
            "the first message, for a GPU",
            &hello(Device::Cuda(200), Precision::Tf32, IncrementalMode::Never),
        ),
        request(
            "the first message, in another precision",
            &hello(Device::Cpu, Precision::BFloat16, IncrementalMode::Always),
        ),
        request("a network in Python", &Request::Open(plain)),
        request("inputs of every kind", &Request::Open(all)),
        request("timing", &Request::Measure { model: 3 }),
        request(
            "warming up",
            &Request::Prepare {
                model: 3,
                rows: 4096,
            },
        ),
        with_rows("predictions", &Request::Run(run(vec![0, 7, 128, 70_000]))),
        with_rows(
            "gradients",
            &Request::Gradients(run(vec![1, 0]), vec![1.0, -0.5]),
        ),
        request(
            "the first message, for comparisons",
            &hello(Device::Cpu, Precision::Float64, IncrementalMode::Never),
        ),
        with_rows(
            "contributions",
            &Request::Contributions(Contributions {
                run: run(vec![1, 2]),
                weights: vec![1.0, -0.5],
                references: 2,
            }),
        ),
        with_rows(
            "gradients between sequences and references",
            &Request::Along(Along {
                run: run(vec![1, 2]),
                weights: vec![1.0, -0.5],
                references: 2,
                shares: vec![0.5],
            }),
        ),
        reply(
            "contributions, of which a node has no exact rule",
            &Reply::Contributions {
                inexact: vec!["`argmax` (function)".to_string()],
            },
        ),
        reply(
            "the first reply, of gia-worker",
            &Reply::Hello {
                version: VERSION,
                device: "cpu".to_string(),
                libtorch: Some("2.11.0".to_string()),
            },
        ),
        reply(
            "the first reply, of another worker",
            &Reply::Hello {
                version: VERSION,
                device: "cuda:0 (NVIDIA H200)".to_string(),
                libtorch: None,
            },
        ),
        reply(
            "a network that its file identifies",
            &Reply::Opened {
                columns: 3002,
                batch: 64,
                shapes: vec![vec![2, 1000], vec![1, 1001], vec![]],
                identity: None,
            },
        ),
        reply(
            "a network in Python is loaded",
            &Reply::Opened {
                columns: 1,
                batch: 16,
                shapes: vec![vec![1]],
                identity: Some(identity),
            },
        ),
        reply("nothing to return", &Reply::Done),
        reply(
            "times of batches",
            &Reply::Measured {
                batch: 32,
                tried: vec![
                    BatchTiming {
                        batch: 16,
                        seconds: 0.001,
                    },
                    BatchTiming {
                        batch: 32,
                        seconds: 0.00075,
                    },
                ],
            },
        ),
        frame(
            "numbers",
            "reply",
            &Reply::Values(IncrementalStats::default()),
            &bytes_of_values(&values),
            serde_json::json!(["0.5", "-1", "nan", "inf"]),
        ),
        reply(
            "numbers, of which some were recomputed in part",
            &Reply::Values(IncrementalStats {
                sequences: 1000,
                checked: 2,
                largest_difference: 1.5e-7,
            }),
        ),
        reply(
            "a failure",
            &Reply::Failed(Failure {
                code: "E0604".to_string(),
                message: "`net.toml` raised an exception: ValueError: µ".to_string(),
                help: None,
            }),
        ),
        reply(
            "a failure with help",
            &Reply::Failed(Failure {
                code: "E0603".to_string(),
                message: "cuda:7 cannot be used".to_string(),
                help: Some("run with `--device cpu`".to_string()),
            }),
        ),
    ]
}

#[test]
fn frames_are_those_that_are_recorded() {
    let made = Recorded {
        version: VERSION,
        frames: frames(),
    };
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = serde_json::to_string_pretty(&made).expect("JSON");
        std::fs::write(path(), text + "\n").expect("written");
    }
    let text = std::fs::read_to_string(path()).expect("the recorded frames");
    let recorded: Recorded = serde_json::from_str(&text).expect("JSON");
    assert_eq!(recorded.version, made.version);
    for (made, recorded) in made.frames.iter().zip(&recorded.frames) {
        assert_eq!(made, recorded);
    }
    assert_eq!(made.frames.len(), recorded.frames.len());
}

#[test]
fn recorded_frames_are_read() {
    let text = std::fs::read_to_string(path()).expect("the recorded frames");
    let recorded: Recorded = serde_json::from_str(&text).expect("JSON");
    for frame in &recorded.frames {
        let digits = frame.bytes.as_bytes().chunks(2);
        let bytes: Vec<u8> = digits
            .map(|two| std::str::from_utf8(two).expect("ASCII"))
            .map(|two| u8::from_str_radix(two, 16).expect("hexadecimal"))
            .collect();
        let mut pipe = bytes.as_slice();
        let header = match frame.kind.as_str() {
            "request" => receive::<Request>(&mut pipe)
                .expect("a frame")
                .map(|(header, _)| serde_json::to_value(header)),
            _ => receive::<Reply>(&mut pipe)
                .expect("a frame")
                .map(|(header, _)| serde_json::to_value(header)),
        };
        let header = header.expect("a frame").expect("JSON");
        assert_eq!(header, frame.header, "{}", frame.name);
        assert!(pipe.is_empty(), "{}", frame.name);
    }
}
