//! Writes the folder of libtorch into `gia-worker`, so that it starts without `LD_LIBRARY_PATH`. Knows nothing of `gia`,
//! which links no libtorch.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(folder) = std::env::var("DEP_GIA_WORKER_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg-bin=gia-worker=-Wl,-rpath,{folder}");
    }
}
