//! What a piece of work costs: CPU and wall time, allocations, the largest memory in use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts what the system's allocator is asked for.
pub(crate) struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grown(bytes: usize) {
    ALLOCATIONS.fetch_add(1, Relaxed);
    ALLOCATED.fetch_add(bytes, Relaxed);
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(live, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grown(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LIVE.fetch_sub(layout.size(), Relaxed);
        grown(size);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

/// What some calls cost, each.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) allocations: f64,
    pub(crate) allocated: f64,
    /// The most memory in use at once, beyond what was in use before.
    pub(crate) peak: usize,
}

/// Does some work that makes so many calls.
pub(crate) async fn measure(calls: u32, work: impl Future<Output = ()>) -> Cost {
    let (allocations, allocated) = (ALLOCATIONS.load(Relaxed), ALLOCATED.load(Relaxed));
    let live = LIVE.load(Relaxed);
    PEAK.store(live, Relaxed);
    let (cpu, wall) = (cpu_time(), Instant::now());
    work.await;
    Cost {
        cpu: (cpu_time() - cpu) / calls,
        wall: wall.elapsed() / calls,
        allocations: (ALLOCATIONS.load(Relaxed) - allocations) as f64 / f64::from(calls),
        allocated: (ALLOCATED.load(Relaxed) - allocated) as f64 / f64::from(calls),
        peak: PEAK.load(Relaxed).saturating_sub(live),
    }
}

/// The CPU time of this process so far.
pub(crate) fn cpu_time() -> Duration {
    // SAFETY: the structure is plain numbers, and the call fills it.
    let usage = unsafe {
        let mut usage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Makes the allocator keep what is freed. Whether it gives large blocks back to the system, and takes them page by page
/// again, would else depend on who had their turn before, and be more than what the calls cost.
pub(crate) fn keep_memory() {
    // SAFETY: only settings of the allocator change, before there is a second thread.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 * 1024 * 1024);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

/// The memory in use that the allocator gave out.
pub(crate) fn live() -> usize {
    LIVE.load(Relaxed)
}
