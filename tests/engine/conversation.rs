//! The worker as a process: garbage, death, and a device that is not there.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use gia::diag::Code;
use gia::engine::{DeviceChoice, Options, Worker};
use gia::wire::{self, Reply, Request, Rows};

use super::{network, on_cpu};

/// What `gia-worker` makes of these bytes.
fn fed(bytes: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gia-worker"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the worker starts");
    // It may have hung up already.
    let _ = child.stdin.take().expect("a pipe").write_all(bytes);
    child.wait_with_output().expect("the worker ends")
}

fn framed(request: &Request, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    wire::send(&mut bytes, request, payload).expect("written to memory");
    bytes
}

fn hello() -> Vec<u8> {
    framed(
        &Request::Hello {
            version: wire::VERSION,
            device: wire::Device::Cpu,
            threads: 1,
            precision: wire::Precision::Float32,
            incremental: wire::IncrementalMode::Never,
        },
        &[],
    )
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn garbage_is_told_and_ends_the_worker() {
    let mut header_claims_much = hello();
    header_claims_much[4..12].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut payload_claims_much = hello();
    payload_claims_much[12..20].copy_from_slice(&(8u64 << 30).to_le_bytes());
    let mut no_word = hello();
    no_word[20] = 0xee;
    let half = hello()[..13].to_vec();
    let cases = [
        b"GET / HTTP/1.1\r\nHost: there\r\n\r\n".to_vec(),
        header_claims_much,
        payload_claims_much,
        no_word,
        half,
    ];
    for garbage in cases {
        let output = fed(&garbage);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(
            said.starts_with("gia-worker: ") && said.lines().count() == 1,
            "{said}"
        );
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_pipe_that_closes_ends_the_worker_in_peace() {
    for bytes in [Vec::new(), hello()] {
        let output = fed(&bytes);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stderr.is_empty());
    }
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn rows_that_do_not_fit_are_answered_and_not_died_of() {
    let network = network("convolutions");
    let declaration = &network.model.declaration;
    let open = wire::Open {
        model: 0,
        path: network.path().display().to_string(),
        entry: None,
        channels: declaration.channels(),
        length: declaration.length as u64,
        layout: declaration.layout,
        inputs: vec![gia::model::Input::one_hot(false)],
        before: Vec::new(),
        unknown: declaration.unknown,
        batch: None,
    };
    let run = Request::Run(wire::Run {
        model: 0,
        columns: vec![0],
    });
    let mut good = Rows::new(32);
    good.backgrounds = vec![0; 32];
    good.push(0, []);
    let mut other_length = Rows::new(16);
    other_length.backgrounds = vec![0; 16];
    other_length.push(0, []);
    let mut no_background = good.to_bytes();
    no_background[32 + 32] = 9;
    let bytes = [
        hello(),
        framed(&Request::Open(open), &[]),
        framed(&run, b"nonsense"),
        framed(&run, &no_background),
        framed(&run, &other_length.to_bytes()),
        framed(
            &Request::Run(wire::Run {
                model: 0,
                columns: vec![3],
            }),
            &good.to_bytes(),
        ),
        framed(
            &Request::Run(wire::Run {
                model: 7,
                columns: vec![0],
            }),
            &good.to_bytes(),
        ),
        framed(&run, &good.to_bytes()),
    ]
    .concat();
    let output = fed(&bytes);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut replies = output.stdout.as_slice();
    let mut next = || {
        wire::receive::<Reply>(&mut replies)
            .expect("a frame")
            .expect("an answer")
    };
    assert!(matches!(next().0, Reply::Hello { .. }));
    assert!(matches!(next().0, Reply::Opened { columns: 3, .. }));
    for _ in 0..5 {
        assert!(matches!(next().0, Reply::Failed(_)));
    }
    let (reply, values) = next();
    assert!(matches!(reply, Reply::Values(_)));
    assert_eq!(values.len(), 4);
}

fn rows_of(sequences: &[Vec<u8>]) -> Rows {
    let mut rows = Rows::new(sequences[0].len());
    for (i, sequence) in sequences.iter().enumerate() {
        rows.backgrounds.extend_from_slice(sequence);
        rows.push(i, []);
    }
    rows
}

fn pid(worker: &Worker) -> u32 {
    worker.pids().next().expect("a running process")
}

fn signal(worker: &Worker, name: &str) {
    let status = Command::new("kill")
        .args([name, &pid(worker).to_string()])
        .status()
        .expect("kill runs");
    assert!(status.success());
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_worker_killed_as_for_its_memory_starts_anew_with_half_the_batch() {
    let network = network("residual");
    let rows = rows_of(&network.sequences);
    let mut worker = Worker::start(on_cpu(Some(4), 1)).expect("a worker");
    let other = worker
        .open(network.path(), &network.model.declaration)
        .expect("opened");
    let net = worker
        .open(network.path(), &network.model.declaration)
        .expect("opened");
    let columns: Vec<usize> = (0..network.model.declaration.columns()).collect();
    let before = worker.run(net, &rows, &columns).expect("numbers");
    let first = pid(&worker);
    signal(&worker, "-KILL");
    let after = worker.run(net, &rows, &columns).expect("numbers again");
    assert_ne!(pid(&worker), first);
    assert_eq!((worker.batch(other), worker.batch(net)), (Some(4), Some(2)));
    let worst = before
        .iter()
        .zip(&after)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst < 1e-5, "{worst}");
    signal(&worker, "-KILL");
    worker
        .run(net, &rows, &columns)
        .expect("numbers a third time");
    assert_eq!(worker.batch(net), Some(1));
    signal(&worker, "-KILL");
    let end = worker
        .run(net, &rows, &columns)
        .expect_err("nothing smaller than one");
    assert_eq!(end.code, Code::OutOfMemory);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_worker_that_dies_of_something_else_is_not_tried_again() {
    let network = network("residual");
    let mut worker = Worker::start(on_cpu(None, 1)).expect("a worker");
    let net = worker
        .open(network.path(), &network.model.declaration)
        .expect("opened");
    signal(&worker, "-ABRT");
    let dead = worker
        .run(net, &rows_of(&network.sequences), &[0])
        .expect_err("it is dead");
    assert_eq!(dead.code, Code::WorkerFailed);
    assert!(dead.message.contains("signal 6"), "{}", dead.message);
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_model_file_that_is_gone_is_told_with_its_code() {
    let network = network("residual");
    let mut worker = Worker::start(on_cpu(None, 1)).expect("a worker");
    let gone = network.path().with_file_name("gone.pt2");
    let missing = worker
        .open(&gone, &network.model.declaration)
        .expect_err("there is no such file");
    assert_eq!(missing.code, Code::MissingFile, "{}", missing.message);
    worker
        .open(network.path(), &network.model.declaration)
        .expect("the worker lives");
}

#[test]
#[cfg_attr(not(feature = "worker"), ignore = "needs gia-worker")]
fn a_cuda_device_that_is_not_there_is_told_and_auto_is_quiet() {
    let cuda = Options {
        device: DeviceChoice::Cuda(99),
        ..Options::default()
    };
    let missing = Worker::start(cuda).err().expect("no machine has a hundred");
    assert_eq!(missing.code, Code::DeviceMissing);
    assert!(missing.message.contains("cuda:99"), "{}", missing.message);
    let auto = Worker::start(Options::default()).expect("some device");
    assert!(
        auto.device == "cpu" || auto.device.starts_with("cuda:0"),
        "{}",
        auto.device
    );
}
