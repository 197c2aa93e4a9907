//! Settings of the C allocator for the memory of tensors.

#![cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "glibc is tuned by calls to C functions")
)]

/// Maximum size of a block that is allocated on the heap and kept when it is freed: 1 GiB.
const MAX_HEAP_BLOCK_BYTES: libc::c_int = 1 << 30;

/// Maximum size of a segment of a thread's heap: 64 MiB.
const HEAP_SEGMENT_BYTES: libc::c_int = 64 << 20;

/// Limits the number of heaps to the number of threads that compute at the same time.
///
/// Each network has its own threads, and networks compute in turn. With a heap for each thread, every network of an ensemble would
/// keep the memory that it has freed, and no other network could use it.
pub fn limit_heaps(threads: usize) {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` sets a parameter of the allocator under its lock.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, threads.clamp(1, 1024) as libc::c_int);
    }
}

/// Returns the free memory of all threads to the kernel.
///
/// Each thread of a network keeps freed memory for its next pass. When another network runs, that memory would be wasted.
pub fn release_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `malloc_trim` touches free memory alone, and any thread may call it.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Keeps large freed blocks instead of returning them to the kernel.
///
/// By default, glibc maps every block over 32 MiB anew and unmaps it when it is freed, so each activation of each batch causes
/// page faults again. On two cores this cost a convolutional network between a third and nine tenths of its speed at batch 64. Except
/// for the main thread, the heap of a thread consists of segments, and an empty segment is unmapped unless the padding to keep
/// (`M_TOP_PAD`) is at least a segment.
pub fn keep_large_blocks() {
    #[cfg(target_env = "gnu")]
    // SAFETY: `mallopt` only sets three parameters of the allocator, before any other thread runs.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, MAX_HEAP_BLOCK_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, MAX_HEAP_BLOCK_BYTES);
        libc::mallopt(libc::M_TOP_PAD, HEAP_SEGMENT_BYTES);
    }
}
