"""Quiet hours: from when to when, by the local clock, nobody is written to without having asked. No database is asked."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.utils import timezone


def _hours() -> tuple[dt.time, dt.time]:
    begins, ends = settings.QUIET_HOURS
    return begins, ends


def holds(moment: dt.datetime) -> bool:
    """Whether a moment lies in the quiet hours. They may go over midnight; when both ends are the same there are none."""
    begins, ends = _hours()
    at = timezone.localtime(moment).time()
    return begins <= at < ends if begins <= ends else at >= begins or at < ends


def ends_after(moment: dt.datetime) -> dt.datetime:
    """When the quiet hours in which a moment lies are over."""
    local = timezone.localtime(moment)
    end = local.replace(hour=_hours()[1].hour, minute=_hours()[1].minute, second=0, microsecond=0)
    return end if end > local else end + dt.timedelta(days=1)


def begins_before(moment: dt.datetime) -> dt.datetime:
    """When the quiet hours in which a moment lies began."""
    local = timezone.localtime(moment)
    begin = local.replace(hour=_hours()[0].hour, minute=_hours()[0].minute, second=0, microsecond=0)
    return begin if begin <= local else begin - dt.timedelta(days=1)


def moment_for(planned: dt.datetime, expires_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When something planned for a moment is sent: then, or when the quiet hours are over; where that is too late, right before
    they begin, as long as that is still to come."""
    planned = max(planned, now)
    if not holds(planned):
        return planned
    end = ends_after(planned)
    if end < expires_at:
        return end
    early = begins_before(planned) - dt.timedelta(minutes=1)
    return early if early >= now and not holds(early) else end
