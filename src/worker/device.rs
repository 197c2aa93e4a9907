//! The device that was asked for, and what is missing where it cannot be had.
//!
//! The program links the CPU half of libtorch alone. The CUDA half is opened at run time, with its symbols global, so
//! that its initialisers register CUDA with the half that is there already: one program for both.

use std::path::PathBuf;

use gia::diag::{Code, Diagnostic, Outcome};
use gia::wire;

/// What a device is called and how tensors name it.
pub struct Chosen {
    pub device: tch::Device,
    pub name: String,
}

/// Takes the device; `Auto` falls back to the CPU without a word.
pub fn choose(wanted: wire::Device) -> Outcome<Chosen> {
    let cpu = Chosen {
        device: tch::Device::Cpu,
        name: "cpu".to_string(),
    };
    match wanted {
        wire::Device::Cpu => Ok(cpu),
        wire::Device::Auto => Ok(cuda(0).unwrap_or(cpu)),
        wire::Device::Cuda(index) => cuda(index).map_err(|missing| {
            Box::new(
                Diagnostic::error(Code::DeviceMissing, format!("cuda:{index} cannot be used: {missing}"))
                    .help("run with `--device cpu`, or with `--device auto` to take a GPU only where there is one"),
            )
        }),
    }
}

fn cuda(index: u32) -> Result<Chosen, String> {
    if !std::path::Path::new("/dev/nvidiactl").exists()
        && !std::path::Path::new("/dev/dxg").exists()
    {
        return Err("this machine shows no NVIDIA device".to_string());
    }
    open_cuda_half()?;
    if !tch::Cuda::is_available() {
        return Err("libtorch finds no CUDA driver or no device".to_string());
    }
    let count = tch::Cuda::device_count();
    if i64::from(index) >= count {
        return Err(format!("there are {count} CUDA devices, counted from 0"));
    }
    Ok(Chosen {
        device: tch::Device::Cuda(index as usize),
        name: format!("cuda:{index}"),
    })
}

/// Opens `libtorch_cuda.so` beside the `libtorch_cpu.so` that is loaded.
fn open_cuda_half() -> Result<(), String> {
    let beside = loaded_from("libtorch_cpu.so").map(|path| path.with_file_name("libtorch_cuda.so"));
    let path = beside
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("libtorch_cuda.so"));
    let flags = libloading::os::unix::RTLD_NOW | libloading::os::unix::RTLD_GLOBAL;
    // SAFETY: opening runs the library's initialisers, which register its operators with the libtorch that is loaded;
    // both come from the same build of libtorch. The handle is never closed.
    let opened = unsafe { libloading::os::unix::Library::open(Some(&path), flags) };
    match opened {
        Ok(library) => {
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(format!(
            "the CUDA half of libtorch cannot be opened ({error})"
        )),
    }
}

/// Where a shared library of this process was loaded from.
fn loaded_from(name: &str) -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with(name))?;
    line.find('/').map(|at| PathBuf::from(&line[at..]))
}
