//! Compiles the parser that `tree-sitter generate` wrote.

fn main() {
    println!("cargo:rerun-if-changed=src/parser.c");
    cc::Build::new()
        .include("src")
        .file("src/parser.c")
        .std("c11")
        .flag_if_supported("-Wno-unused-parameter")
        .compile("tree-sitter-gia");
}
