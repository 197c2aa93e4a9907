//! Settings of the C allocator for the memory of tensors.

#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "glibc is tuned by calls to C functions")
)]

/// Largest block that is served from the heap and kept when it is freed: 1 GiB.
const KEPT: libc::c_int = 1 << 30;

/// Largest piece of a heap: 64 MiB.
const PIECE: libc::c_int = 64 << 20;

/// Limits the heaps to the number of threads that compute at the same time.
///
/// Each network has threads of its own, and networks compute in turn: with a heap for each thread, every network of an ensemble
/// would keep what it has freed for itself.
pub fn share_heaps(threads: usize) {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` sets a parameter of the allocator under its lock.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, threads.clamp(1, 1024) as libc::c_int);
    }
}

/// Returns the free memory of all threads to the kernel.
///
/// Each thread of a network keeps what it has freed for the next pass. When another network's turn comes, that memory
/// would only add to its own.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` touches free memory alone, and any thread may call it.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Keeps large blocks instead of giving them back to the kernel.
///
/// By default glibc maps every block over 32 MiB afresh and unmaps it when it is freed, so each activation of each
/// batch is faulted in page by page again; on two cores that cost a convolutional network a third to nine tenths of
/// its speed at batch 64. Each thread has a heap of its own, whose blocks stay in the cache of its processor; but for the
/// first thread's it is made of pieces, each of which goes back when it is empty unless more than a piece is to be kept ready.
pub fn keep_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` only sets three parameters of the allocator, before any other thread runs.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT);
        libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        libc::mallopt(libc::M_TOP_PAD, PIECE);
    }
}
