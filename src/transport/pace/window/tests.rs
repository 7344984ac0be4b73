use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

const LIMIT: u64 = 600;

/// A call in a schedule.
#[derive(Clone, Debug)]
struct Call {
    /// The time after the previous call.
    after: u64,
    units: u64,
    /// How long the answer takes.
    takes: u64,
    /// When the call arrives within that time, in hundredths.
    arrives: u64,
    end: Outcome,
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Accepted,
    Refused(Option<u64>),
    Unsent,
    Lost,
}

/// The outcome of a schedule.
#[derive(Default)]
struct Course {
    /// When units arrived, and how many.
    arrivals: Vec<(u64, u64)>,
    /// The calls in the order they were granted, with how long each was at the front of the queue.
    granted: Vec<(usize, u64)>,
    refusals: u64,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let end = prop_oneof![
        8 => Just(Outcome::Accepted),
        1 => proptest::option::of(0_u64..40_000).prop_map(Outcome::Refused),
        1 => Just(Outcome::Unsent),
        1 => Just(Outcome::Lost),
    ];
    let takes = prop_oneof![4 => 0_u64..500, 1 => 0_u64..90_000];
    let after = prop_oneof![6 => Just(0_u64), 2 => 0_u64..3_000, 1 => 0_u64..70_000];
    let call = (after, 1..=LIMIT, takes, 0_u64..=100, end).prop_map(
        |(after, units, takes, arrives, end)| Call {
            after,
            units: if after % 2 == 0 {
                units % 40 + 1
            } else {
                units
            },
            takes,
            arrives,
            end,
        },
    );
    proptest::collection::vec(call, 1..250)
}

/// Plays a schedule: calls queue in order, and each is sent when the window allows it.
fn play(window: &mut Window, calls: &[Call]) -> Course {
    let mut course = Course::default();
    let mut under_way: Vec<(u64, usize, Grant)> = Vec::new();
    let mut queue = VecDeque::new();
    let mut asked_at = 0;
    for (number, call) in calls.iter().enumerate() {
        asked_at += call.after;
        queue.push_back((asked_at, number));
    }
    let (mut now, mut head_since) = (0, None);
    while !queue.is_empty() || !under_way.is_empty() {
        under_way.sort_unstable_by_key(|(end, number, _)| (*end, *number));
        let next_end = under_way.first().map(|(end, ..)| *end);
        if let Some(end) = next_end.filter(|end| *end <= now) {
            let (_, number, grant) = under_way.remove(0);
            match calls[number].end {
                Outcome::Accepted => window.end(end, grant, End::Accepted),
                Outcome::Unsent => window.end(end, grant, End::Unsent),
                Outcome::Lost => window.end(end, grant, End::Other),
                Outcome::Refused(asked) => {
                    course.refusals += 1;
                    window.refuse(end, grant, asked, 500);
                }
            }
            continue;
        }
        let mut next = next_end.unwrap_or(u64::MAX);
        if let Some((asked_at, number)) = queue.front().copied() {
            if asked_at > now {
                next = next.min(asked_at);
            } else {
                let since = *head_since.get_or_insert(now);
                let call = &calls[number];
                match window.take(now, call.units) {
                    Ok(grant) => {
                        if !matches!(call.end, Outcome::Unsent) {
                            let arrives = now + call.takes * call.arrives / 100;
                            course.arrivals.push((arrives, call.units));
                        }
                        course.granted.push((number, now - since));
                        under_way.push((now + call.takes, number, grant));
                        queue.pop_front();
                        head_since = None;
                        continue;
                    }
                    Err(Wait::Until(time)) => {
                        assert!(time > now, "a wait of no time would burn it");
                        next = next.min(time);
                    }
                    Err(Wait::Call) => assert!(next_end.is_some(), "nothing would ever wake it"),
                }
            }
        }
        now = next;
    }
    course
}

/// The most units that arrive within any minute, both ends included.
fn most(mut arrivals: Vec<(u64, u64)>) -> u64 {
    arrivals.sort_unstable();
    let (mut sum, mut most, mut first) = (0, 0, 0);
    for (time, units) in &arrivals {
        sum += units;
        while arrivals[first].0 + MINUTE < *time {
            sum -= arrivals[first].1;
            first += 1;
        }
        most = most.max(sum);
    }
    most
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_minute_at_the_service_has_more_than_the_limit_and_nobody_starves(
        calls in calls(), leaves_room: bool,
    ) {
        let mut window = Window::new(Some(LIMIT), leaves_room);
        let course = play(&mut window, &calls);
        prop_assert!(most(course.arrivals) <= LIMIT);
        let order: Vec<usize> = course.granted.iter().map(|(number, _)| *number).collect();
        prop_assert_eq!(order, (0..calls.len()).collect::<Vec<_>>());
        // The front of the queue waits at most for the slowest answer, a minute after it, and for what each refusal
        // asks.
        let bound = (course.refusals + 1) * (90_000 + 40_000 + 2 * MINUTE + 1_000);
        prop_assert!(course.granted.iter().all(|(_, waited)| *waited <= bound));
    }

    #[test]
    fn without_a_limit_nobody_waits_before_the_first_refusal(units in proptest::collection::vec(0_u64..1_000_000, 1..50)) {
        let mut window = Window::new(None, false);
        for units in units {
            prop_assert!(window.take(0, units).is_ok());
        }
    }
}

/// Takes all units available at a time, with each call answered at once; returns their sum.
fn drain(window: &mut Window, now: u64) -> u64 {
    let mut units = 0;
    while let Ok(grant) = window.take(now, 20) {
        window.end(now, grant, End::Accepted);
        units += 20;
    }
    units
}

fn refuse(window: &mut Window, now: u64) {
    let grant = window.take(now, 20).unwrap();
    window.refuse(now, grant, None, 0);
}

#[test]
fn a_refusal_sends_one_ahead_and_each_further_one_waits_twice_as_long() {
    let mut window = Window::new(Some(6_000), false);
    let (first, second) = (window.take(0, 20).unwrap(), window.take(0, 20).unwrap());
    window.refuse(0, first, None, 0);
    // This call was sent before the first one was refused, so its refusal is not news.
    window.refuse(0, second, None, 0);
    let mut now = 0;
    for pause in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 32_000] {
        assert_eq!(window.take(now, 20).unwrap_err(), Wait::Until(now + pause));
        now += pause;
        let scout = window.take(now, 20).unwrap();
        assert_eq!(window.take(now, 20).unwrap_err(), Wait::Call);
        window.refuse(now, scout, None, 0);
    }
    now += 32_000;
    let scout = window.take(now, 20).unwrap();
    window.end(now, scout, End::Accepted);
    assert!(window.take(now, 20).is_ok());
}

#[test]
fn the_pace_falls_to_what_was_let_through_and_rises_in_growing_steps() {
    let mut window = Window::new(Some(6_000), false);
    let mut now = 0;
    for _ in 0..200 {
        let grant = window.take(now, 20).unwrap();
        window.end(now, grant, End::Accepted);
    }
    refuse(&mut window, now);
    let mut minutes = Vec::new();
    for _ in 0..9 {
        now += 70_000;
        minutes.push(drain(&mut window, now));
    }
    // 0.95 of 4,000; units tried beyond that go out one call at a time.
    assert_eq!(
        minutes,
        [
            3_820, 3_960, 4_260, 4_860, 6_000, 6_000, 6_000, 6_000, 6_000
        ]
    );
}

#[test]
fn where_more_is_refused_again_the_next_trial_is_further_off() {
    let mut window = Window::new(Some(6_000), false);
    let mut now = 0;
    let mut refused_at = Vec::new();
    // Another program uses half of the units all the time.
    for _ in 0..60 * 60 {
        while let Ok(grant) = window.take(now, 20) {
            if window.over.total() + 20 > 3_000 {
                window.refuse(now, grant, None, 0);
                refused_at.push(now / 60_000);
            } else {
                window.end(now, grant, End::Accepted);
            }
        }
        now += 1_000;
    }
    assert!(refused_at.len() < 20, "{refused_at:?}");
}

#[test]
fn room_that_is_left_is_used_from_the_sixth_minute_on() {
    let mut window = Window::new(Some(6_000), true);
    let minutes: Vec<u64> = (0..10)
        .map(|minute| drain(&mut window, minute * 61_000))
        .collect();
    assert_eq!(
        minutes,
        [
            2_840, 2_840, 2_840, 2_840, 2_840, 2_860, 3_020, 3_320, 3_920, 5_120
        ]
    );
}
