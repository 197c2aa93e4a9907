//! The allocator of both programs: out of memory is an error message and exit status 3, where Rust would abort.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's allocator, except that the program ends when no memory is left.
#[derive(Debug, Clone, Copy)]
pub struct Allocator;

/// Runs before the program ends.
static LAST: OnceLock<fn()> = OnceLock::new();
/// Whether the program is ending.
static ENDING: AtomicBool = AtomicBool::new(false);
/// Exit status of a run that failed.
const STATUS: i32 = 3;

/// Sets a function to run before the program ends for lack of memory. It must not wait for a lock.
pub fn before_out_of_memory(last: fn()) {
    // Set once, at the start of the program.
    let _ = LAST.set(last);
}

// SAFETY: each call goes to the system's allocator as it came, and what that gives is handed on unless it is null.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about `layout` is handed on.
        known(unsafe { System.alloc(layout) }, layout.size())
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        known(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises about `block` and `layout` are handed on.
        known(unsafe { System.realloc(block, layout, size) }, size)
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn known(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        end(size);
    }
    block
}

#[cold]
fn end(size: usize) -> ! {
    // The function that runs before the end may itself run out of memory.
    if !ENDING.swap(true, Ordering::SeqCst) {
        let mut text = [0_u8; 128];
        let mut rest = &mut text[..];
        let _ = writeln!(
            rest,
            "error[E0606]: out of memory: {size} more bytes are not to be had"
        );
        let unused = rest.len();
        let written = &text[..text.len() - unused];
        // SAFETY: the bytes are those of a buffer that outlives the call.
        unsafe { libc::write(libc::STDERR_FILENO, written.as_ptr().cast(), written.len()) };
        if let Some(last) = LAST.get() {
            last();
        }
    }
    // SAFETY: ends the process at once; nothing is unwound that could ask for memory.
    unsafe { libc::_exit(STATUS) }
}
