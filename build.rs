fn main() {
    if let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") {
        println!(
            "cargo:rustc-link-arg-bin=gia-worker=-Wl,-rpath,{}",
            std::path::Path::new(&lib).display()
        );
    }
}
