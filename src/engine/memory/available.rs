//! Memory that is available to this process and its workers, as the system reports it.

use std::fmt;
use std::path::Path;

/// The limit that determines the available memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemoryLimit {
    /// Free memory of the machine, including caches that it can drop.
    Machine,
    /// A control group, such as a container's or a batch job's.
    Group,
    /// `ulimit -v`, which applies to each process.
    AddressSpace,
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            MemoryLimit::Machine => "on this machine",
            MemoryLimit::Group => "in the control group of this container or job",
            MemoryLimit::AddressSpace => "by `ulimit -v`",
        })
    }
}

/// Available memory, and the limit that applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvailableMemory {
    /// Available bytes.
    pub bytes: u64,
    /// The tightest limit.
    pub limit: MemoryLimit,
}

impl AvailableMemory {
    /// The memory available now, by the tightest limit; none if the system reports nothing.
    pub fn now() -> Option<AvailableMemory> {
        let of = |limit: MemoryLimit| move |bytes: u64| AvailableMemory { bytes, limit };
        let machine = machine_memory(&read("/proc/meminfo")?).map(of(MemoryLimit::Machine));
        let group = cgroup_memory(Path::new("/sys/fs/cgroup"), &read("/proc/self/cgroup")?);
        let group = group.map(of(MemoryLimit::Group));
        let space = address_space().map(of(MemoryLimit::AddressSpace));
        let all = [machine, group, space].into_iter().flatten();
        all.min_by_key(|available| available.bytes)
    }
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The line `MemAvailable:  123456 kB`.
fn machine_memory(meminfo: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes.saturating_mul(1024))
}

/// The least memory left in the control groups of this process and their ancestors, for cgroups of version 2 and 1.
///
/// `root` is the mount point of the cgroups, and `own` the text of `/proc/self/cgroup`.
fn cgroup_memory(root: &Path, own: &str) -> Option<u64> {
    let mut least: Option<u64> = None;
    for line in own.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(kinds), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (folder, files) = match kinds {
            "" => (
                root.to_path_buf(),
                ["memory.max", "memory.current", "inactive_file"],
            ),
            kinds if kinds.split(',').any(|kind| kind == "memory") => (
                root.join("memory"),
                [
                    "memory.limit_in_bytes",
                    "memory.usage_in_bytes",
                    "total_inactive_file",
                ],
            ),
            _ => continue,
        };
        let own = folder.join(path.trim_start_matches('/'));
        // In a container, its group is mounted as the root, and the path may not exist.
        let around = own
            .ancestors()
            .take_while(|group| group.starts_with(&folder));
        let left = around.filter_map(|group| left_in(group, files));
        least = left.chain(least).min();
    }
    least
}

/// Memory left in a group; none if it has no limit. Its inactive file cache counts as free.
fn left_in(group: &Path, [limit, used, cached]: [&str; 3]) -> Option<u64> {
    let number = |file: &str| read(group.join(file))?.trim().parse::<u64>().ok();
    let limit = number(limit)?;
    let stat = read(group.join("memory.stat")).unwrap_or_default();
    let cached = stat.lines().find_map(|line| {
        let (name, bytes) = line.split_once(' ')?;
        (name == cached).then(|| bytes.trim().parse::<u64>().ok())?
    });
    // Without a limit, version 1 reports a number larger than any memory.
    let used = number(used)
        .unwrap_or(0)
        .saturating_sub(cached.unwrap_or(0));
    Some(limit.saturating_sub(used))
}

/// The limit of `ulimit -v`; none if there is none.
fn address_space() -> Option<u64> {
    let limits = read("/proc/self/limits")?;
    of_limits(&limits)
}

/// The soft limit in the line `Max address space   1073741824   unlimited   bytes`.
fn of_limits(limits: &str) -> Option<u64> {
    let mut lines = limits.lines();
    let line = lines.find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_what_is_available() {
        let text = "MemTotal:       24000000 kB\nMemAvailable:    1000 kB\n";
        assert_eq!(machine_memory(text), Some(1_024_000));
        assert_eq!(machine_memory("MemTotal: 3 kB\n"), None);
        assert!(AvailableMemory::now().is_some_and(|available| available.bytes > 0));
    }

    #[test]
    fn the_tightest_group_around_counts_without_what_it_caches() {
        let folder = tempfile::tempdir().expect("a folder");
        let job = folder.path().join("slurm/job");
        std::fs::create_dir_all(&job).expect("a folder");
        let write = |path: &Path, file: &str, text: &str| {
            std::fs::write(path.join(file), text).expect("written");
        };
        write(&job, "memory.max", "max\n");
        let around = folder.path().join("slurm");
        write(&around, "memory.max", "1000\n");
        write(&around, "memory.current", "700\n");
        write(&around, "memory.stat", "anon 100\ninactive_file 600\n");
        assert_eq!(cgroup_memory(folder.path(), "0::/slurm/job\n"), Some(900));
        assert_eq!(cgroup_memory(folder.path(), "0::/elsewhere\n"), None);
    }

    #[test]
    fn groups_of_the_first_version_have_a_folder_of_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("memory/job");
        std::fs::create_dir_all(&own).expect("a folder");
        let own_file = |file: &str, text: &str| std::fs::write(own.join(file), text);
        own_file("memory.limit_in_bytes", "5000\n").expect("written");
        own_file("memory.usage_in_bytes", "1000\n").expect("written");
        let text = "4:cpu,cpuacct:/job\n3:memory:/job\n";
        assert_eq!(cgroup_memory(folder.path(), text), Some(4000));
    }

    #[test]
    fn an_address_space_without_a_limit_is_none() {
        let line = |soft: &str| {
            format!(
                "MemoryLimit  Soft  Hard  Units\nMax address space   {soft}   unlimited   bytes\n"
            )
        };
        assert_eq!(of_limits(&line("unlimited")), None);
        assert_eq!(of_limits(&line("1073741824")), Some(1 << 30));
    }
}
