//! Links `gia-worker`. Knows nothing of `gia`, which links no libtorch.
//!
//! The worker gets the folder of the libtorch that it is built with, so that it starts without `LD_LIBRARY_PATH`; one that is built to be
//! installed elsewhere, with `GIA_RELOCATABLE` set, gets none. All of its symbols are looked up when it starts: with a libtorch that lacks one it
//! ends at once, and not in the middle of a run.

fn main() {
    println!("cargo:rerun-if-env-changed=GIA_RELOCATABLE");
    // Of the worker's crate here, and of `tch` in the packages that build the worker alone, `src/worker/torch-*`.
    let stated = ["DEP_GIA_WORKER_LIBTORCH_LIB", "DEP_TCH_LIBTORCH_LIB"];
    let mut stated = stated.iter().filter_map(|name| std::env::var(name).ok());
    let Some(folder) = stated.next() else {
        return;
    };
    println!("cargo:rustc-link-arg-bin=gia-worker=-Wl,-z,now");
    if std::env::var_os("GIA_RELOCATABLE").is_none() {
        println!("cargo:rustc-link-arg-bin=gia-worker=-Wl,-rpath,{folder}");
    }
}
