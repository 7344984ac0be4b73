//! What a piece of work costs: CPU and wall time, allocations, the largest memory in use.

use std::alloc::{GlobalAlloc, Layout, System};
use std::process::{Child, Command};
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

/// The argument that makes this program a process that only keeps a core awake.
pub(crate) const AWAKE: &str = "--stay-awake";

/// Processes that keep the cores awake until this is dropped. A call that waits for its answer lets an idle core sleep, and
/// waking it, which in a virtual machine is the work of the host, would be most of what a small call costs.
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
            // One that has ended is not to be ended.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// Spins with a priority that yields to everything else, until this process is ended or its parent is.
pub(crate) fn stay_awake() -> ! {
    // SAFETY: both calls only change how this process is scheduled and ended.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        let normal = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(0, libc::SCHED_IDLE, &normal);
    }
    loop {
        std::hint::black_box(());
    }
}
