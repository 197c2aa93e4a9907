//! The global allocator of both programs. Out of memory is an error with exit status 3, instead of an abort.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system allocator, but running out of memory ends the process with an error message.
#[derive(Debug, Clone, Copy)]
pub struct Allocator;

/// Runs before the process ends.
static EXIT_HOOK: OnceLock<fn()> = OnceLock::new();
/// Whether the process is ending.
static ENDING: AtomicBool = AtomicBool::new(false);
/// Exit status of a failed run.
const EXIT_STATUS: i32 = 3;

/// Sets a function to run before the process ends for lack of memory. It must not wait for a lock.
pub fn before_out_of_memory(hook: fn()) {
    // Only the first call, at program start, has an effect.
    let _ = EXIT_HOOK.set(hook);
}

// SAFETY: each call is forwarded to the system allocator unchanged, and its result is returned unless it is null.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller upholds the contract for `layout`.
        check(unsafe { System.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        check(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller upholds the contract for `block` and `layout`.
        check(unsafe { System.realloc(block, layout, size) }, size)
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn check(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        end(size);
    }
    block
}

#[cold]
fn end(size: usize) -> ! {
    // The hook may itself run out of memory.
    if !ENDING.swap(true, Ordering::SeqCst) {
        let mut text = [0_u8; 128];
        let mut rest = &mut text[..];
        let _ = writeln!(
            rest,
            "error[E0606]: out of memory: cannot allocate {size} more bytes"
        );
        let unused = rest.len();
        let written = &text[..text.len() - unused];
        // SAFETY: the bytes are those of a buffer that outlives the call.
        unsafe { libc::write(libc::STDERR_FILENO, written.as_ptr().cast(), written.len()) };
        if let Some(hook) = EXIT_HOOK.get() {
            hook();
        }
    }
    // SAFETY: ends the process at once, without unwinding, which could allocate.
    unsafe { libc::_exit(EXIT_STATUS) }
}
