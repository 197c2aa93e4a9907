//! `gia predict MODEL FASTA`
