//! Measures the cost of some work: CPU and wall time, allocations, and peak memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// Counts allocations, and forwards them to the system's allocator.
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

// SAFETY: every call is forwarded unchanged to the system's allocator.
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

/// The cost per call.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) allocations: f64,
    pub(crate) allocated: f64,
    /// The peak memory, beyond what was in use before.
    pub(crate) peak: usize,
}

/// Measures work that makes this many calls.
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

/// This process's CPU time so far.
pub(crate) fn cpu_time() -> Duration {
    // SAFETY: the struct holds only integers, and the call fills it.
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

/// Makes the allocator keep freed memory. Otherwise the cost of a call would depend on whether an earlier contender
/// made it return large blocks to the system, which then come back page by page.
pub(crate) fn keep_memory() {
    // SAFETY: this only changes settings of the allocator, before a second thread starts.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 * 1024 * 1024);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

/// The memory in use, as counted by the allocator.
pub(crate) fn live() -> usize {
    LIVE.load(Relaxed)
}

/// The argument that makes this program only keep a core awake.
pub(crate) const AWAKE: &str = "--stay-awake";

/// Processes that keep the cores awake until dropped. While a call waits for its answer, an idle core falls asleep.
/// Waking it, in a virtual machine the host's work, would be most of a small call's cost.
pub(crate) struct Awake(Vec<Child>);

pub(crate) fn keep_awake() -> std::io::Result<Awake> {
    let program = std::env::current_exe()?;
    let cores = std::thread::available_parallelism()?.get();
    let mut awake = Awake(Vec::new());
    for _ in 0..cores {
        awake.0.push(Command::new(&program).arg(AWAKE).spawn()?);
    }
    Ok(awake)
}

impl Drop for Awake {
    fn drop(&mut self) {
        for process in &mut self.0 {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Spins at a priority that yields to everything else, until this process is killed or its parent ends.
pub(crate) fn stay_awake() -> ! {
    // SAFETY: both calls only affect the scheduling and end of this process.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let normal = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(0, libc::SCHED_IDLE, &normal);
    }
    loop {
        std::hint::black_box(());
    }
}
