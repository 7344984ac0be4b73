//! A pace shared through Redis. Each step is one script by the server's clock, so no two processes take the same units.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

use super::shared::{Answer, SharedPace, Taken};
use crate::auth::store::redis::Redis;
use crate::auth::{Owner, SharedStore};
use crate::error::Error;

/// The units that Google gives a project per minute, for all its users.
const PROJECT: u64 = 1_200_000;

/// The minute, in milliseconds.
const MINUTE: u64 = 60_000;

/// A waiting process renews its place in the queue; after this many milliseconds without that, it is skipped.
const GRACE: u64 = 1_000;

/// The start of every script here. A minute has 240 slices. The units of a call in progress are entered a
/// minute ahead, so they count whenever it arrives. Once it ends, they move to the slice of its end. A killed process
/// leaves units that count for two minutes at most.
const COMMON: &str = "
local slices, minute = 240, tonumber(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local slice = math.floor(now * slices / minute)
local function number(key, field, usual) return tonumber(redis.call('HGET', key, field) or usual) end
";

/// Takes units from the user's minute and the project's, in the order in which the processes asked.
const TAKE: &str = "
local units, me, grace = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[6])
local queue, due, members = KEYS[3], KEYS[4], KEYS[5]
redis.call('ZADD', members, now, me)
redis.call('ZREMRANGEBYSCORE', members, '-inf', now - minute)
redis.call('PEXPIRE', members, minute)
local processes = redis.call('ZCARD', members)

local function spent(key)
  local first, total = number(key, 'first', slice), number(key, 'total', 0)
  for old = first, slice - slices - 1 do
    local gone = number(key, old, 0)
    if gone > 0 then total = total - gone end
    redis.call('HDEL', key, old)
  end
  redis.call('HSET', key, 'first', math.max(first, slice - slices), 'total', total)
  redis.call('PEXPIRE', key, 3 * minute)
  return total
end

local function wait_for(key, limit)
  local total = spent(key)
  if total == 0 or total + units <= limit then return 0 end
  for old = number(key, 'first', slice), slice do
    total = total - number(key, old, 0)
    if total + units <= limit then return math.max(1, math.ceil((old + slices + 1) * minute / slices) - now) end
  end
  return math.ceil(minute / slices)
end

local head = redis.call('ZRANGE', queue, 0, 0)[1]
while head and head ~= me and number(due, head, 0) < now do
  redis.call('ZREM', queue, head)
  redis.call('HDEL', due, head)
  head = redis.call('ZRANGE', queue, 0, 0)[1]
end
local stopped = number(KEYS[1], 'stopped', 0) - now
local wait = math.max(stopped, wait_for(KEYS[1], tonumber(ARGV[4])), wait_for(KEYS[2], tonumber(ARGV[5])))
if wait == 0 and head and head ~= me then wait = math.ceil(minute / 2400) end
if wait > 0 then
  redis.call('ZADD', queue, 'NX', now, me)
  redis.call('HSET', due, me, now + wait + grace)
  redis.call('PEXPIRE', queue, minute + grace)
  redis.call('PEXPIRE', due, minute + grace)
  return {0, wait, processes}
end
redis.call('ZREM', queue, me)
redis.call('HDEL', due, me)
for at = 1, 2 do
  redis.call('HINCRBY', KEYS[at], slice + slices, units)
  redis.call('HINCRBY', KEYS[at], 'total', units)
end
return {1, slice + slices, processes}";

/// Records the end of a call; returns the units of a call that was not sent.
const SETTLE: &str = "
local units, from, was_sent = tonumber(ARGV[2]), ARGV[3], ARGV[4] == '1'
for at = 1, 2 do
  local noted = number(KEYS[at], from, 0)
  if noted >= units then
    redis.call('HINCRBY', KEYS[at], from, -units)
    if was_sent then redis.call('HINCRBY', KEYS[at], slice, units)
    else redis.call('HINCRBY', KEYS[at], 'total', -units) end
  end
end
return 1";

/// Stops all calls for the user, unless they are already stopped for longer.
const STOP: &str = "
local till = now + tonumber(ARGV[2])
if till > number(KEYS[1], 'stopped', 0) then redis.call('HSET', KEYS[1], 'stopped', till) end
redis.call('PEXPIRE', KEYS[1], 3 * minute)
return 1";

/// The shared minutes of a user and of the user's project.
pub(crate) struct RedisPace {
    redis: Arc<Redis>,
    keys: [String; 5],
    /// This process's id in the queue.
    me: String,
    limit: u64,
    processes: AtomicU64,
}

impl RedisPace {
    /// The pace of a user in a store; `limit` is the user's units per minute.
    pub(crate) fn new(store: &SharedStore, owner: &Owner, limit: u64) -> Result<Self, Error> {
        let project = name(&["project", &owner.project]);
        let user = name(&["user", &owner.project, owner.user.expose()]);
        // In a cluster, a script needs all its keys on one server, so the braces contain the project's name.
        let key = |what: &str| format!("airbyte-gmail:{{{project}}}:{what}");
        Ok(Self {
            redis: Redis::of(&store.address)?,
            keys: [
                key(&format!("pace:{user}")),
                key("pace"),
                key(&format!("queue:{user}")),
                key(&format!("due:{user}")),
                key(&format!("members:{user}")),
            ],
            me: Redis::unique()?,
            limit,
            processes: AtomicU64::new(1),
        })
    }

    async fn ask(&self, units: u64) -> Option<Result<Taken, Duration>> {
        let [user, project, queue, due, members] = &self.keys;
        let answer: Result<(bool, u64, u64), _> = self
            .redis
            .run(
                &[COMMON, TAKE].concat(),
                &[user, project, queue, due, members],
                &[&MINUTE, &units, &self.me, &self.limit, &PROJECT, &GRACE],
            )
            .await;
        match answer {
            Ok((is_granted, number, processes)) => {
                self.processes.store(processes.max(1), Ordering::Relaxed);
                Some(if is_granted {
                    let slice = number;
                    Ok(Taken { units, slice })
                } else {
                    Err(Duration::from_millis(number))
                })
            }
            Err(error) => {
                tracing::debug!(%error, "the shared pace can't be asked");
                None
            }
        }
    }
}

impl SharedPace for RedisPace {
    fn take(&self, units: u64) -> Answer<'_> {
        Box::pin(self.ask(units))
    }

    fn settle(&self, taken: Taken, was_sent: bool) {
        let (redis, [user, project, ..]) = (self.redis.clone(), self.keys.clone());
        spawn(async move {
            let Taken { units, slice } = taken;
            let was_sent = u8::from(was_sent);
            // If this fails, the units count for longer, never for less.
            let _ = redis
                .run::<u8>(
                    &[COMMON, SETTLE].concat(),
                    &[&user, &project],
                    &[&MINUTE, &units, &slice, &was_sent],
                )
                .await;
        });
    }

    fn stop(&self, time: Duration) {
        let (redis, [user, ..]) = (self.redis.clone(), self.keys.clone());
        spawn(async move {
            let time = u64::try_from(time.as_millis()).unwrap_or(MINUTE);
            // If this fails, the other processes hear of the limit from the service.
            let _ = redis
                .run::<u8>(&[COMMON, STOP].concat(), &[&user], &[&MINUTE, &time])
                .await;
        });
    }

    fn processes(&self) -> u64 {
        self.processes.load(Ordering::Relaxed)
    }
}

/// Runs a task in the background. At the end of a program, without a runtime, it is dropped: units that were not settled
/// count for two minutes.
fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(task);
    }
}

/// A hash that doesn't reveal its parts.
fn name(parts: &[&str]) -> String {
    let hash = digest(&SHA256, parts.join("\n").as_bytes());
    URL_SAFE_NO_PAD.encode(hash.as_ref().get(..15).unwrap_or_default())
}
