"""How often a key may ask and how much it may send: buckets in Redis, or in this process while Redis is away."""

import math
import time
from dataclasses import dataclass
from functools import cache
from threading import Lock
from uuid import UUID

import redis
import structlog
from django.conf import settings

log = structlog.get_logger(__name__)

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# How long Redis is left alone after it did not answer, so that its absence costs a request nothing.
_PAUSE = 5.0

# A bucket is one number: the moment (in microseconds) at which it will be full again. What is taken moves it by the
# time that so many tokens take; who would move it further ahead than the whole bucket is refused.
_SPEND = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local cost, bucket = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
if full + cost - now > bucket then return {0, full - now} end
full = full + cost
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000))
return {1, full - now}
"""


@dataclass(frozen=True)
class Rate:
    """What a key has left: `reset` seconds until the bucket is full, `retry_after` until what was refused is allowed."""

    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    @property
    def headers(self) -> dict[str, str]:
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }
        return found if self.allowed else found | {"Retry-After": str(self.retry_after)}


class KeyThrottle:
    """A bucket of `limit` requests (or events) a key, filled again over a period. Example: 1000/min."""

    def __init__(self, rate: str, name: str = "rate") -> None:
        limit, _slash, unit = rate.partition("/")
        self.name = name
        self.limit = int(limit)
        self.token = max(_SECONDS[unit[0]] * 1_000_000 // self.limit, 1)
        self.bucket = self.token * self.limit
        self._redis = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=0.25, socket_connect_timeout=0.25, retry=None
        )
        self._script = self._redis.register_script(_SPEND)
        self._away_until = 0.0
        self._local: dict[UUID, float] = {}
        self._lock = Lock()

    def spend(self, key: UUID, count: int = 1) -> Rate:
        """Take `count` out of the key's bucket, all or nothing. While Redis is away each process counts for itself.

        More than a bucket holds takes a full one, so that whatever is allowed at all is allowed at some time.
        """
        cost = self._cost(count)
        if time.monotonic() >= self._away_until:
            try:
                allowed, ahead = self._script(keys=[f"setia:{self.name}:{key}"], args=[cost, self.bucket])
                return self._rate(bool(allowed), ahead, cost)
            except redis.RedisError as error:
                self._away_until = time.monotonic() + _PAUSE
                log.warning("throttle.redis_away", error=str(error))
        return self._spend_here(key, count)

    def _spend_here(self, key: UUID, count: int = 1) -> Rate:
        cost = self._cost(count)
        now = time.monotonic() * 1_000_000
        with self._lock:
            if len(self._local) > 10_000:
                self._local = {k: full for k, full in self._local.items() if full > now}
            full = max(self._local.get(key, 0.0), now)
            allowed = full + cost - now <= self.bucket
            if allowed:
                full += cost
                self._local[key] = full
        return self._rate(allowed, full - now, cost)

    def _cost(self, count: int) -> int:
        return min(self.token * count, self.bucket)

    def _rate(self, allowed: bool, ahead: float, cost: int) -> Rate:
        """`ahead`: microseconds until the bucket is full."""
        return Rate(
            allowed=allowed,
            limit=self.limit,
            remaining=int((self.bucket - ahead) // self.token),
            reset=math.ceil(ahead / 1_000_000),
            retry_after=max(1, math.ceil((ahead + cost - self.bucket) / 1_000_000)),
        )


@cache
def throttle() -> KeyThrottle:
    """The process's buckets of requests, at the rate of the settings."""
    return KeyThrottle(settings.API_RATE)


@cache
def event_throttle() -> KeyThrottle:
    """The process's buckets of events: what is sent in batches is counted by what is in them."""
    return KeyThrottle(settings.EVENT_RATE, "events")
