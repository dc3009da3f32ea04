"""Rates and numbers at once, per caller, in this process."""

import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .problems import Problem

KEPT = 50_000  # callers that are remembered at most


class Standing(NamedTuple):
    """What a caller may still do: of `limit` per minute `left`, all again in `reset` seconds."""

    limit: int
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-* of the answer."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.left),
            "RateLimit-Reset": str(self.reset),
        }


class Rate:
    """A token bucket per name: `limit` at once, refilled over a minute. 0 is no limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str, cost: float = 1.0) -> Standing | None:
        """Take a token. Raises Problem RATE_LIMITED with Retry-After when there is none."""
        if not self.limit:
            return None
        moment, per_second = time.monotonic(), self.limit / 60
        tokens, since = self._buckets.pop(name, (float(self.limit), moment))
        tokens = min(self.limit, tokens + (moment - since) * per_second)
        enough = tokens >= cost
        self._buckets[name] = (tokens - cost if enough else tokens, moment)
        while len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
        if not enough:
            wait = max(1, round((cost - tokens) / per_second + 0.5))
            standing = Standing(self.limit, 0, round((self.limit - tokens) / per_second + 0.5))
            raise Problem(
                "RATE_LIMITED",
                f"More than {self.limit} calls per minute; try again in {wait} s.",
                headers={**standing.headers, "Retry-After": str(wait)},
            )
        left = tokens - cost
        return Standing(self.limit, int(left), round((self.limit - left) / per_second + 0.5))

    def empty(self, name: str) -> bool:
        """Whether `name` has no token left; takes none."""
        if name not in self._buckets:
            return False
        tokens, since = self._buckets[name]
        return bool(self.limit) and tokens + (time.monotonic() - since) * self.limit / 60 < 1


class AtOnce:
    """How many a caller has running; 0 is no limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._running: Counter[str] = Counter()

    @contextmanager
    def slot(self, name: str) -> Iterator[None]:
        """One of the caller's slots. Raises Problem RATE_LIMITED when all are taken."""
        if self.limit and self._running[name] >= self.limit:
            raise Problem(
                "RATE_LIMITED",
                f"{self.limit} requests of this key are running; wait for one, or send Prefer: respond-async.",
                headers={"Retry-After": "1"},
            )
        self._running[name] += 1
        try:
            yield
        finally:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]
