//! How much memory a thread asks for: the largest piece at once, all that it holds, and all that it ever asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static REQUESTED: Cell<usize> = const { Cell::new(0) };
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST_HELD: Cell<isize> = const { Cell::new(0) };
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

struct Watched;

#[global_allocator]
static WATCHED: Watched = Watched;

/// Whether the thread may take a piece of memory in place of another.
fn take(size: usize, instead_of: usize) -> bool {
    // A thread that ends has no cells any more, and nobody asks.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
    let _ = REQUESTED.try_with(|requested| requested.set(requested.get() + size));
    let held = HELD.try_with(|held| {
        held.set(held.get() + size as isize - instead_of as isize);
        held.get()
    });
    let Ok(held) = held else {
        return true;
    };
    let _ = MOST_HELD.try_with(|most| most.set(most.get().max(held)));
    LIMIT.try_with(|limit| held <= limit.get()).unwrap_or(true)
}

fn give_back(size: usize) {
    let _ = HELD.try_with(|held| held.set(held.get() - size as isize));
}

#[expect(unsafe_code, reason = "`GlobalAlloc` is an unsafe trait")]
// SAFETY: every call goes to the system's allocator as it came, or is refused as one is that finds no memory.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !take(layout.size(), 0) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        give_back(layout.size());
        // SAFETY: the caller keeps `dealloc`'s contract.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !take(layout.size(), 0) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if !take(size, layout.size()) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller keeps `realloc`'s contract.
        unsafe { System.realloc(at, layout, size) }
    }
}

/// Runs a step and tells the bytes of the largest single allocation that this thread made in it.
pub fn largest<T>(step: impl FnOnce() -> T) -> (T, usize) {
    LARGEST.with(|largest| largest.set(0));
    let made = step();
    (made, LARGEST.with(Cell::get))
}

/// Runs a step and returns the bytes of all allocations that this thread made in it: a measure of its work that is the same on
/// every machine.
pub fn requested<T>(step: impl FnOnce() -> T) -> (T, usize) {
    let before = REQUESTED.with(Cell::get);
    let made = step();
    (made, REQUESTED.with(Cell::get) - before)
}

/// Runs a step that may not hold more than so many bytes in this thread: one that does ends the process, as a machine
/// without memory would. Tells the most bytes that it held.
pub fn bounded<T>(bytes: usize, step: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.with(Cell::get);
    MOST_HELD.with(|most| most.set(before));
    LIMIT.with(|limit| limit.set(before + bytes as isize));
    let made = step();
    LIMIT.with(|limit| limit.set(isize::MAX));
    let most = MOST_HELD.with(Cell::get) - before;
    (made, most.max(0) as usize)
}

#[test]
fn the_largest_is_told() {
    let (_, small) = largest(|| vec![1u8; 100]);
    let (_, large) = largest(|| (vec![1u8; 1 << 20], vec![1u8; 3]));
    assert!((100..1 << 20).contains(&small), "{small}");
    assert!(large >= 1 << 20, "{large}");
}

#[test]
fn everything_requested_is_counted() {
    let (_, bytes) = requested(|| (0..10).for_each(|_| drop(vec![1u8; 1000])));
    assert!((10_000..11_000).contains(&bytes), "{bytes}");
}

#[test]
fn the_most_that_is_held_is_told() {
    let (_, held) = bounded(1 << 24, || {
        drop(vec![1u8; 1 << 20]);
        vec![1u8; 1 << 20]
    });
    assert!((1 << 20..3 << 19).contains(&held), "{held}");
}
