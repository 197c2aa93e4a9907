//! The library of the field: sequences, motifs, constructs, edits and populations.

mod alphabet;
mod construct;
mod edit;
mod fasta;
mod jaspar;
mod motif;
mod motif_file;
mod population;
