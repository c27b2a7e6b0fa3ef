"""Failures, counted over any stretch of time: at most so many of an address, of an account, of a second factor (A3, A4).

A try is counted before its secret is looked at, so that a hundred at once are not a hundred guesses, and taken back when
it was right. A refused try does not count: the lock ends by itself, at the latest after the length of its stretch."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from safeguards.models import Attempts

MICRO = 1_000_000
KEEP_SECONDS = 24 * 3600

COUNT = """
insert into safeguards_attempts as a (scope, key, stamps, latest, allowed) values (%(scope)s, %(key)s, array[%(now)s::bigint], %(now)s, true)
on conflict (scope, key) do update set
  stamps = case when (select count(*) from unnest(a.stamps) s where s > %(horizon)s) < %(limit)s
    then array(select s from unnest(a.stamps) s where s > %(horizon)s order by s) || %(now)s::bigint
    else array(select s from unnest(a.stamps) s where s > %(horizon)s order by s) end,
  allowed = (select count(*) from unnest(a.stamps) s where s > %(horizon)s) < %(limit)s,
  latest = %(now)s
returning allowed, stamps
"""


class TooManyTries(Exception):
    """So many failures that the next try is not looked at; `retry_after` seconds from now one is again."""

    def __init__(self, scope: str, retry_after: int) -> None:
        super().__init__(scope)
        self.scope = scope
        self.retry_after = retry_after


@dataclass(frozen=True)
class Attempt:
    """One try that is let in, counted as a failure until `succeeded`. `last`: the next failure would be refused."""

    scope: str
    key: str
    stamp: int
    last: bool

    def succeeded(self) -> None:
        """It was no failure; those before it stay counted."""
        if self.key:
            with connection.cursor() as cursor:
                cursor.execute(
                    "update safeguards_attempts set stamps = array_remove(stamps, %s::bigint) where scope = %s and key = %s",
                    [self.stamp, self.scope, self.key],
                )


def _key(scope: str, who: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"attempts|{scope}|{who}".encode(), hashlib.sha256).hexdigest()


def begin(scope: str, who: str) -> Attempt:
    """Count a try of `who` (an address, an account) before it is looked at; raises TooManyTries.

    One INSERT … ON CONFLICT … RETURNING in a transaction of its own: right over any number of processes."""
    if not settings.RATE_LIMITS_ON:
        return Attempt(scope, "", 0, last=False)
    limit, seconds = settings.RATE_LIMITS[scope]
    now = int(time.time() * MICRO)
    key = _key(scope, who)
    values: dict[str, str | int] = {"scope": scope, "key": key, "now": now, "horizon": now - seconds * MICRO, "limit": limit}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        allowed, stamps = cursor.fetchone()
    if not allowed:
        raise TooManyTries(scope, max(1, math.ceil((stamps[0] + seconds * MICRO - now) / MICRO)))
    return Attempt(scope, key, now, last=len(stamps) >= limit)


def locked_seconds(scope: str, who: str) -> int:
    """For how many seconds from now tries of `who` are refused; 0 when they are not."""
    limit, seconds = settings.RATE_LIMITS[scope]
    now = int(time.time() * MICRO)
    row = Attempts.objects.filter(scope=scope, key=_key(scope, who)).first()
    live = sorted(stamp for stamp in row.stamps if stamp > now - seconds * MICRO) if row else []
    return math.ceil((live[-limit] + seconds * MICRO - now) / MICRO) if len(live) >= limit else 0


def forget(scope: str, who: str) -> None:
    """Somebody who may vouches for them: the failures are forgotten."""
    Attempts.objects.filter(scope=scope, key=_key(scope, who)).delete()


def purge(now: float | None = None) -> int:
    """Remove what is long past; gives the number of rows."""
    removed, _ = Attempts.objects.filter(latest__lt=int((now or time.time()) - KEEP_SECONDS) * MICRO).delete()
    return removed
