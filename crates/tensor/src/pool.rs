//! Recycled buffers: memory of a dropped array serves the next array of the same length.
//!
//! A training step makes and drops the same few hundred arrays again and again. Handing each back to the system means
//! that the next step pays for fresh, zeroed pages (about 25,000 page faults a step on a small BERT). So buffers of at
//! least [`SMALLEST`] elements are kept: by the thread that made and dropped them, whose caches still hold them; past
//! [`THREAD_LIMIT`], or if another thread made them, in one store that all threads share; and past [`SHARED_LIMIT`] they go
//! back to the system.
//!
//! A buffer starts at a cache line, so that a vector register is filled from one line and not from halves of two. The
//! allocator promises only 16 bytes, so such a buffer is the middle of memory that is a line longer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use crate::Elem;

/// Buffers shorter than this many elements are left to the allocator, which is quick for them.
pub const SMALLEST: usize = 1024;
/// How many bytes one thread keeps for itself.
pub const THREAD_LIMIT: usize = 96 << 20;
/// How many bytes are kept for all threads together besides.
pub const SHARED_LIMIT: usize = 256 << 20;
/// Bytes of a cache line.
const LINE: usize = 64;

/// Elements for writing, from a cache line on if there are at least [`SMALLEST`].
pub struct Buffer {
    memory: Vec<Elem>,
    start: usize,
    len: usize,
}

impl Buffer {
    fn within(memory: Vec<Elem>, len: usize) -> Self {
        let start = memory.as_ptr().align_offset(LINE).min(memory.len() - len);
        Self { memory, start, len }
    }

    /// The memory, and where in it the elements are.
    pub fn into_memory(self) -> (Vec<Elem>, std::ops::Range<usize>) {
        (self.memory, self.start..self.start + self.len)
    }
}

impl Deref for Buffer {
    type Target = [Elem];

    fn deref(&self) -> &[Elem] {
        &self.memory[self.start..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [Elem] {
        &mut self.memory[self.start..][..self.len]
    }
}

/// How long the memory of a buffer of `len` elements is.
fn memory_len(len: usize) -> usize {
    if len < SMALLEST { len } else { len + LINE / size_of::<Elem>() }
}

#[derive(Default)]
struct Store {
    by_len: HashMap<usize, Shelf>,
    bytes: usize,
}

/// The buffers of one length.
#[derive(Default)]
struct Shelf {
    kept: Vec<Vec<Elem>>,
    /// How many more were asked for than came back.
    lent: usize,
}

impl Store {
    fn take(&mut self, len: usize) -> Option<Vec<Elem>> {
        let buffer = self.by_len.get_mut(&len)?.kept.pop()?;
        self.bytes -= size_of_val(buffer.as_slice());
        Some(buffer)
    }

    /// Counts a buffer that is lent, wherever it comes from.
    fn lend(&mut self, len: usize) {
        self.by_len.entry(len).or_default().lent += 1;
    }

    /// Whether a buffer that comes back was lent here. What one thread makes and another drops (the gradients of a shard)
    /// would else pile up with the second while the first needs new ones.
    fn gets_back(&mut self, len: usize) -> bool {
        let shelf = self.by_len.entry(len).or_default();
        let lent = shelf.lent > 0;
        shelf.lent -= usize::from(lent);
        lent
    }

    /// Keeps the buffer if it fits below `limit`, else returns it.
    fn keep(&mut self, buffer: Vec<Elem>, limit: usize) -> Option<Vec<Elem>> {
        let bytes = size_of_val(buffer.as_slice());
        if self.bytes + bytes > limit {
            return Some(buffer);
        }
        self.bytes += bytes;
        self.by_len.entry(buffer.len()).or_default().kept.push(buffer);
        None
    }
}

thread_local! {
    static LOCAL: RefCell<Store> = RefCell::default();
}
static SHARED: Mutex<Option<Store>> = Mutex::new(None);

fn with_shared<R>(f: impl FnOnce(&mut Store) -> R) -> R {
    f(SHARED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default())
}

/// A buffer of `len` elements whose contents are arbitrary (those of an earlier array, or zeros): the caller writes
/// every element before it reads any.
pub fn take(len: usize) -> Buffer {
    Buffer::within(take_memory(memory_len(len)), len)
}

fn take_memory(len: usize) -> Vec<Elem> {
    if len >= SMALLEST {
        // `try_with`: an array may be dropped or made while the thread is being torn down.
        let lend = |store: &RefCell<Store>| {
            let store = &mut *store.borrow_mut();
            store.lend(len);
            store.take(len)
        };
        let local = LOCAL.try_with(lend).ok().flatten();
        if let Some(memory) = local.or_else(|| with_shared(|store| store.take(len))) {
            return memory;
        }
    }
    vec![0.0; len]
}

/// A buffer of `len` zeros.
pub fn take_zeroed(len: usize) -> Buffer {
    let mut buffer = take(len);
    buffer.fill(0.0);
    buffer
}

/// Gives the memory of a buffer back for later use.
pub fn give(buffer: Vec<Elem>) {
    if buffer.len() < SMALLEST || buffer.capacity() != buffer.len() {
        return;
    }
    let mut left = Some(buffer);
    let _ = LOCAL.try_with(|store| {
        let store = &mut *store.borrow_mut();
        left = left.take().and_then(|b| if store.gets_back(b.len()) { store.keep(b, THREAD_LIMIT) } else { Some(b) });
    });
    if let Some(buffer) = left {
        with_shared(|store| drop(store.keep(buffer, SHARED_LIMIT)));
    }
}

/// Returns to the system what this thread and the shared store keep; answers how many bytes that was.
pub fn release() -> usize {
    let local = LOCAL.try_with(|store| std::mem::take(&mut *store.borrow_mut()).bytes).unwrap_or(0);
    local + with_shared(|store| std::mem::take(store).bytes)
}

/// How many bytes this thread and the shared store keep at the moment.
pub fn kept_bytes() -> usize {
    LOCAL.try_with(|store| store.borrow().bytes).unwrap_or(0) + with_shared(|store| store.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_used_again_and_released_on_request() {
        std::thread::spawn(|| {
            let len = 1_234_567;
            let first = take(len);
            let address = first.as_ptr();
            give(first.into_memory().0);
            let kept = LOCAL.with(|store| store.borrow().bytes);
            assert_eq!(kept, memory_len(len) * size_of::<Elem>());
            let second = take(len);
            assert_eq!(second.as_ptr(), address);
            give(second.into_memory().0);
            assert!(release() >= kept);
            assert_eq!(LOCAL.with(|store| store.borrow().bytes), 0);
        })
        .join()
        .unwrap();
    }

    #[test]
    fn what_another_thread_made_is_there_for_it_again() {
        let len = 2_345_678;
        let made = std::thread::spawn(move || take(len).into_memory().0).join().unwrap();
        let address = made.as_ptr() as usize;
        std::thread::spawn(move || give(made)).join().unwrap();
        let again = std::thread::spawn(move || take(len).into_memory().0).join().unwrap();
        assert_eq!(again.as_ptr() as usize, address);
    }

    #[test]
    fn buffers_start_at_a_cache_line() {
        for len in [SMALLEST, 1030, 5000, 1_000_003] {
            let buffers: Vec<_> = (0..4).map(|_| take(len)).collect();
            for buffer in &buffers {
                assert_eq!((buffer.len(), buffer.as_ptr().addr() % LINE), (len, 0));
            }
        }
        assert_eq!(take(3).len(), 3);
        assert!(take(0).is_empty());
    }

    #[test]
    fn the_store_is_bounded() {
        let mut store = Store::default();
        assert!(store.keep(vec![0.0; 2048], 2048 * size_of::<Elem>()).is_none());
        assert!(store.keep(vec![0.0; 2048], 2048 * size_of::<Elem>()).is_some());
        assert!(store.take(2048).is_some());
        assert!(store.take(2048).is_none());
        assert_eq!(store.bytes, 0);
    }

    #[test]
    fn zeroed_buffers_are_zero_even_when_recycled() {
        std::thread::spawn(|| {
            give(vec![7.0; memory_len(4096)]);
            assert!(take_zeroed(4096).iter().all(|&x| x == 0.0));
        })
        .join()
        .unwrap();
    }
}
