//! Passes the folder of libtorch on to the package that links `gia-worker`, and writes it into this package's own tests,
//! so that both start without `LD_LIBRARY_PATH`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:libtorch_lib={folder}");
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
