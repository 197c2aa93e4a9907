//! How the C allocator treats the memory of tensors.

/// Largest block that is served from the heap and kept when it is freed: 1 GiB.
const KEPT: libc::c_int = 1 << 30;

/// Keeps large blocks instead of giving them back to the kernel.
///
/// By default glibc maps every block over 32 MiB afresh and unmaps it when it is freed, so each activation of each
/// batch is faulted in page by page again; on two cores that cost a convolutional network a third to nine tenths of
/// its speed at batch 64.
pub fn keep_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` only sets two parameters of the allocator, before any other thread runs.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
    }
}
