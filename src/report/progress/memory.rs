//! Resident memory of processes.

/// Total resident memory of this process and the given ones, in bytes; none if the system does not report it.
pub fn resident_bytes(others: &[u32]) -> Option<u64> {
    let own = of("self")?;
    let others = others.iter().filter_map(|pid| of(&pid.to_string()));
    Some(own + others.sum::<u64>())
}

/// The line `VmRSS:   123456 kB` of a process's status.
fn of(process: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// `420 MB`, `3.1 GB`.
pub fn format_bytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    match megabytes {
        ..1000.0 => format!("{megabytes:.0} MB"),
        _ => format!("{:.1} GB", megabytes / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_and_others_count_together() {
        let own = resident_bytes(&[]).expect("Linux tells");
        assert!(own > 1_000_000, "{own}");
        let twice = resident_bytes(&[std::process::id()]).expect("Linux tells");
        assert!(twice > own + own / 2, "{own} {twice}");
        assert!(resident_bytes(&[u32::MAX]).expect("a process that is gone holds nothing") < twice);
    }

    #[test]
    fn three_digits_are_enough() {
        assert_eq!(format_bytes(420_400_000), "420 MB");
        assert_eq!(format_bytes(3_140_000_000), "3.1 GB");
    }
}
