//! Selection of a device, and the reason if it cannot be used.
//!
//! The program links only `libtorch_cpu`. `libtorch_cuda` is opened at run time with global symbols, and its initialisers register
//! CUDA with the loaded library, so one program serves both.

use std::ffi::{CStr, c_char, c_int};
use std::path::PathBuf;

use gia_base::diag::{Code, Diagnostic, Outcome};
use gia_model::Processor;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

/// The selected device and its name.
pub struct SelectedDevice {
    pub device: tch::Device,
    pub name: String,
}

/// Selects the requested device; `Auto` falls back to the CPU silently.
pub fn select(requested: gia_wire::Device) -> Outcome<SelectedDevice> {
    let cpu = SelectedDevice {
        device: tch::Device::Cpu,
        name: "cpu".to_string(),
    };
    match requested {
        gia_wire::Device::Cpu => Ok(cpu),
        gia_wire::Device::Auto => Ok(cuda(0).unwrap_or(cpu)),
        gia_wire::Device::Cuda(index) => cuda(index).map_err(|missing| {
            Box::new(
                Diagnostic::error(Code::DeviceMissing, format!("cuda:{index} cannot be used: {missing}"))
                    .help("run with `--device cpu`, or with `--device auto` to take a GPU only where there is one"),
            )
        }),
    }
}

/// The kind of processor of a device.
pub fn processor(device: tch::Device) -> Processor {
    match device.is_cuda() {
        true => Processor::Gpu,
        false => Processor::Cpu,
    }
}

fn cuda(index: u32) -> Result<SelectedDevice, String> {
    if !std::path::Path::new("/dev/nvidiactl").exists()
        && !std::path::Path::new("/dev/dxg").exists()
    {
        return Err("this machine has no NVIDIA device".to_string());
    }
    open_cuda_library()?;
    if !tch::Cuda::is_available() {
        return Err("libtorch finds no CUDA driver or no CUDA device".to_string());
    }
    let count = tch::Cuda::device_count();
    if i64::from(index) >= count {
        return Err(format!("there are {count} CUDA devices, numbered from 0"));
    }
    let name = match driver_name(index) {
        Some(name) => format!("cuda:{index} ({name})"),
        None => format!("cuda:{index}"),
    };
    Ok(SelectedDevice {
        device: tch::Device::Cuda(index as usize),
        name,
    })
}

/// Opens `libtorch_cuda.so` from the folder of the loaded `libtorch_cpu.so`.
fn open_cuda_library() -> Result<(), String> {
    let beside = loaded_from("libtorch_cpu.so").map(|path| path.with_file_name("libtorch_cuda.so"));
    let path = beside
        .filter(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from("libtorch_cuda.so"));
    #[expect(unsafe_code, reason = "opening a shared library runs its code")]
    // SAFETY: opening runs the library's initialisers, which register its operators with the libtorch that is loaded;
    // both come from the same build of libtorch. The handle is never closed.
    let opened = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_GLOBAL) };
    match opened {
        Ok(library) => {
            std::mem::forget(library);
            Ok(())
        }
        Err(error) => Err(format!("cannot open libtorch's CUDA library ({error})")),
    }
}

/// Path from which a shared library of this process was loaded.
fn loaded_from(name: &str) -> Option<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps.lines().find(|line| line.ends_with(name))?;
    line.find('/').map(|at| PathBuf::from(&line[at..]))
}

/// The device name that the CUDA driver reports, for example `NVIDIA H200`.
#[expect(
    unsafe_code,
    reason = "the CUDA driver is a C library that is opened at run time"
)]
fn driver_name(index: u32) -> Option<String> {
    type Init = unsafe extern "C" fn(u32) -> c_int;
    type Get = unsafe extern "C" fn(*mut c_int, c_int) -> c_int;
    type GetName = unsafe extern "C" fn(*mut c_char, c_int, c_int) -> c_int;
    let index = c_int::try_from(index).ok()?;
    let mut device: c_int = 0;
    let mut name = [0_u8; 256];
    // SAFETY: the three functions have these signatures in every version of the driver's interface, and the library
    // stays open while they are used; the buffer is longer than the stated length.
    let found = unsafe {
        let driver = Library::open(Some("libcuda.so.1"), RTLD_NOW).ok()?;
        let init = driver.get::<Init>(b"cuInit\0").ok()?;
        let get = driver.get::<Get>(b"cuDeviceGet\0").ok()?;
        let get_name = driver.get::<GetName>(b"cuDeviceGetName\0").ok()?;
        let length = name.len() as c_int - 1;
        init(0) == 0
            && get(&mut device, index) == 0
            && get_name(name.as_mut_ptr().cast(), length, device) == 0
    };
    let name = CStr::from_bytes_until_nul(&name).ok()?;
    found.then(|| name.to_string_lossy().into_owned())
}

/// The version of the libtorch that is loaded, for example `2.11.0`.
#[expect(
    unsafe_code,
    reason = "the version comes from a C function of libtorch that is looked up at run time"
)]
pub fn libtorch_version() -> Option<String> {
    type Version = unsafe extern "C" fn() -> u64;
    // SAFETY: the function takes no arguments and returns the version, one byte for each part from the highest on.
    let version = unsafe {
        Library::this()
            .get::<Version>(b"aoti_torch_abi_version\0")
            .ok()
            .map(|version| version())
    };
    let [major, minor, patch, ..] = version?.to_be_bytes();
    Some(format!("{major}.{minor}.{patch}"))
}
