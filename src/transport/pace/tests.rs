use std::borrow::Cow;

use super::*;
use crate::operation::QuotaUnits;

fn call(units: u32) -> Call {
    Call {
        name: Cow::Borrowed("test"),
        idempotent: true,
        authenticated: false,
        read_only: true,
        answer: crate::transport::Answer::Nothing,
        first_byte: crate::http::FirstByte::Soon,
        is_piece: false,
        id: None,
        fields: None,
        quota: QuotaUnits {
            current: units,
            legacy: units * 2,
        },
    }
}

fn units(units_per_minute: u32) -> Governor {
    let quota = Quota {
        units_per_minute: Some(units_per_minute),
        concurrency: usize::MAX,
        ..Quota::current()
    };
    Governor::new(quota, Terms::default())
}

async fn permit(governor: &Governor, units: u32) -> Permit<'_> {
    let mut waited = Duration::ZERO;
    governor
        .acquire(&call(units), Patience::UNBOUNDED, &mut waited)
        .await
        .unwrap()
}

/// An observer that records the seconds of waits, and its record.
fn observer() -> (Arc<Mutex<Vec<u64>>>, Option<Observer>) {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let seen = waits.clone();
    let observer: Observer = Arc::new(move |wait: Duration| {
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(wait.as_secs());
    });
    (waits, Some(observer))
}

fn seen(waits: &Mutex<Vec<u64>>) -> Vec<u64> {
    waits.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

#[tokio::test(start_paused = true)]
async fn a_minutes_units_go_at_once_and_no_more_before_the_next() {
    let governor = units(6_000);
    let start = Instant::now();
    for minute in 0..3 {
        for _ in 0..300 {
            permit(&governor, 20).await.accepted();
        }
        let seconds = start.elapsed().as_secs_f64();
        let least = f64::from(minute) * 60.0;
        assert!((least..=least * 1.005).contains(&seconds), "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn small_callers_are_not_starved_by_large_ones() {
    let governor = Arc::new(units(600));
    permit(&governor, 600).await.accepted();
    let mut callers = tokio::task::JoinSet::new();
    for units in [400, 1, 400, 1] {
        let governor = governor.clone();
        callers.spawn(async move {
            permit(&governor, units).await.accepted();
            (units, governor.began.elapsed().as_secs())
        });
        tokio::task::yield_now().await;
    }
    let mut done = Vec::new();
    while let Some(Ok(caller)) = callers.join_next().await {
        done.push(caller);
    }
    // In order of arrival: each small call right after the large one before it.
    assert_eq!(done, [(400, 60), (1, 60), (400, 120), (1, 120)]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stops_everybody_for_as_long_as_it_asks() {
    for unpaced in [false, true] {
        let governor = match unpaced {
            true => Governor::unpaced(),
            false => Governor::new(Quota::current(), Terms::default()),
        };
        let first = permit(&governor, 1).await;
        let behind = permit(&governor, 1).await;
        first.refused(Some(Duration::from_secs(7)));
        behind.accepted();
        let start = Instant::now();
        permit(&governor, 1).await.accepted();
        assert_eq!(start.elapsed().as_secs(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stops_also_those_who_wait_for_a_place() {
    let quota = Quota {
        concurrency: 1,
        ..Quota::unlimited()
    };
    let governor = Governor::new(quota, Terms::default());
    let first = permit(&governor, 1).await;
    let start = Instant::now();
    let refusal = async {
        tokio::task::yield_now().await;
        first.refused(Some(Duration::from_secs(7)));
    };
    drop(tokio::join!(permit(&governor, 1), refusal).0);
    assert_eq!(start.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_takes_no_units_along_and_what_never_left_gives_them_back() {
    let governor = units(60);
    let first = permit(&governor, 40).await;
    let second = tokio::time::timeout(Duration::from_millis(1), permit(&governor, 30)).await;
    assert!(second.is_err());
    let start = Instant::now();
    let giving_back = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        first.unsent();
    };
    tokio::join!(permit(&governor, 30), giving_back)
        .0
        .accepted();
    permit(&governor, 30).await.accepted();
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn only_so_many_calls_are_under_way_and_others_are_told_of() {
    let (waits, after) = observer();
    let quota = Quota {
        concurrency: 2,
        ..Quota::current()
    };
    let terms = Terms {
        after,
        ..Terms::default()
    };
    let governor = Governor::new(quota, terms);
    let (one, two) = (permit(&governor, 1).await, permit(&governor, 1).await);
    let third = tokio::time::timeout(Duration::from_secs(1), permit(&governor, 1)).await;
    assert!(third.is_err());
    let release = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        drop((one, two));
    };
    drop(tokio::join!(permit(&governor, 1), release).0);
    assert_eq!(seen(&waits), [3]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_ends_at_once_and_says_how_long_it_is() {
    let governor = units(60);
    permit(&governor, 60).await.accepted();
    tokio::time::advance(Duration::from_secs(10)).await;
    let mut waited = Duration::ZERO;
    let patience = Patience::lasting(Duration::from_secs(25));
    let start = Instant::now();
    let result = governor.acquire(&call(1), patience, &mut waited).await;
    let error = result.err().unwrap();
    assert!(error.is_rate_limited() && error.is_transient());
    assert_eq!(error.retry_after(), Some(Duration::from_secs(51)));
    assert_eq!(
        error.to_string(),
        "test: the quota is used up for now: again in 51 s"
    );
    assert_eq!(start.elapsed(), Duration::ZERO);
    // Behind a caller with more patience, the queue takes too long.
    let behind = call(1);
    let ((), result) = tokio::join!(
        async { permit(&governor, 60).await.accepted() },
        governor.acquire(&behind, patience, &mut waited)
    );
    assert!(result.is_err_and(|error| error.is_rate_limited()));
}

#[tokio::test(start_paused = true)]
async fn a_wait_is_told_once_when_it_begins_whoever_waits() {
    let (waits, before) = observer();
    let terms = Terms {
        before,
        ..Terms::default()
    };
    let governor = Arc::new(Governor::new(Quota::current(), terms));
    for _ in 0..2 {
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..310 {
            let governor = governor.clone();
            callers.spawn(async move { permit(&governor, 20).await.accepted() });
        }
        while callers.join_next().await.is_some() {}
    }
    assert_eq!(seen(&waits), [60, 60]);
}

#[tokio::test(start_paused = true)]
async fn the_callers_units_go_before_the_tables() {
    let terms = Terms {
        units: vec![("test", 7)],
        ..Terms::default()
    };
    let governor = Governor::new(Quota::current(), terms);
    assert_eq!(governor.units(&call(20)), 7);
}

/// A shared pace, as long as the other processes can be reached.
#[derive(Default)]
struct Others {
    is_gone: std::sync::atomic::AtomicBool,
    /// Waits to answer with first.
    waits: Mutex<Vec<Duration>>,
    settled: Mutex<Vec<(u64, bool)>>,
    stopped: Mutex<Vec<Duration>>,
}

impl SharedPace for Others {
    fn take(&self, units: u64) -> shared::Answer<'_> {
        let is_gone = self.is_gone.load(std::sync::atomic::Ordering::Relaxed);
        let wait = self.waits.lock().unwrap().pop();
        let taken = Taken { units, slice: 0 };
        Box::pin(async move { (!is_gone).then(|| wait.map_or(Ok(taken), Err)) })
    }

    fn settle(&self, taken: Taken, was_sent: bool) {
        self.settled.lock().unwrap().push((taken.units, was_sent));
    }

    fn stop(&self, time: Duration) {
        self.stopped.lock().unwrap().push(time);
    }

    fn processes(&self) -> u64 {
        3
    }
}

fn with_others(units_per_minute: u32) -> (Arc<Others>, Governor) {
    let others = Arc::new(Others::default());
    let terms = Terms {
        shared: Some(others.clone()),
        ..Terms::default()
    };
    let quota = Quota {
        units_per_minute: Some(units_per_minute),
        concurrency: usize::MAX,
        ..Quota::current()
    };
    (others, Governor::new(quota, terms))
}

#[tokio::test(start_paused = true)]
async fn what_processes_share_is_waited_for_and_given_back() {
    let (others, governor) = with_others(6_000);
    others.waits.lock().unwrap().push(Duration::from_secs(7));
    let start = Instant::now();
    permit(&governor, 20).await.accepted();
    assert_eq!(start.elapsed().as_secs(), 7);
    permit(&governor, 5).await.unsent();
    drop(permit(&governor, 1).await);
    assert_eq!(
        *others.settled.lock().unwrap(),
        [(20, true), (5, false), (1, true)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stops_the_others_for_as_long_as_this_process() {
    let (others, governor) = with_others(6_000);
    let start = Instant::now();
    permit(&governor, 20)
        .await
        .refused(Some(Duration::from_secs(9)));
    permit(&governor, 20).await.accepted();
    let waited = start.elapsed();
    assert_eq!(*others.stopped.lock().unwrap(), [waited]);
    assert_eq!(waited.as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_can_ask_nobody_keeps_to_its_part() {
    let (others, governor) = with_others(6_000);
    others
        .is_gone
        .store(true, std::sync::atomic::Ordering::Relaxed);
    let start = Instant::now();
    for minute in 0..2 {
        for _ in 0..100 {
            permit(&governor, 20).await.accepted();
        }
        let seconds = start.elapsed().as_secs();
        assert!(
            (minute * 60..=minute * 60 + 1).contains(&seconds),
            "{seconds}"
        );
    }
    // Once the others can be reached again, the whole limit applies.
    others
        .is_gone
        .store(false, std::sync::atomic::Ordering::Relaxed);
    tokio::time::advance(Duration::from_secs(61)).await;
    let start = Instant::now();
    for _ in 0..300 {
        permit(&governor, 20).await.accepted();
    }
    assert_eq!(start.elapsed().as_secs(), 0);
}
