//! Files in 2bit format.

/// As the format's description says: header, index, then each sequence with its blocks of N and its packed bases.
pub fn two_bit(genome: &[(&str, &str)]) -> Vec<u8> {
    let mut index_size = 16;
    for (name, _) in genome {
        index_size += 1 + name.len() + 4;
    }
    let records: Vec<Vec<u8>> = genome.iter().map(|(_, letters)| record(letters)).collect();
    let mut bytes = Vec::new();
    for n in [0x1A41_2743_u32, 0, genome.len() as u32, 0] {
        bytes.extend(n.to_le_bytes());
    }
    let mut offset = index_size;
    for ((name, _), record) in genome.iter().zip(&records) {
        bytes.push(name.len() as u8);
        bytes.extend(name.as_bytes());
        bytes.extend((offset as u32).to_le_bytes());
        offset += record.len();
    }
    bytes.extend(records.concat());
    bytes
}

fn record(letters: &str) -> Vec<u8> {
    let letters = letters.to_uppercase();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in letters.match_indices('N') {
        match runs.last_mut() {
            Some((start, size)) if *start + *size == at => *size += 1,
            _ => runs.push((at, 1)),
        }
    }
    let mut record = Vec::new();
    let mut word = |n: usize| record.extend((n as u32).to_le_bytes());
    word(letters.len());
    word(runs.len());
    runs.iter().for_each(|(start, _)| word(*start));
    runs.iter().for_each(|(_, size)| word(*size));
    // One stretch in lower case, which plays no part.
    word(1);
    word(0);
    word(1);
    word(0);
    for four in letters.as_bytes().chunks(4) {
        let code = |i: usize| match four.get(i) {
            Some(b'C') => 1,
            Some(b'A') => 2,
            Some(b'G') => 3,
            _ => 0,
        };
        record.push(code(0) << 6 | code(1) << 4 | code(2) << 2 | code(3));
    }
    record
}
