"""Quiet hours: from when to when, by the local clock, nobody is written to without having asked: by the policy of the day
(`QuietHours`), else by the setting. Each asks the database once, so that a change holds in every process."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from .models import QuietHours


def _hours(local: dt.datetime) -> tuple[dt.time, dt.time]:
    return QuietHours.objects.hours(local.date())


def holds(moment: dt.datetime) -> bool:
    """Whether a moment lies in the quiet hours. They may go over midnight; when both ends are the same there are none."""
    local = timezone.localtime(moment)
    return _within(local.time(), *_hours(local))


def _within(at: dt.time, begins: dt.time, ends: dt.time) -> bool:
    return begins <= at < ends if begins <= ends else at >= begins or at < ends


def ends_after(moment: dt.datetime) -> dt.datetime:
    """When the quiet hours in which a moment lies are over."""
    local = timezone.localtime(moment)
    return _end(local, _hours(local)[1])


def _end(local: dt.datetime, ends: dt.time) -> dt.datetime:
    end = local.replace(hour=ends.hour, minute=ends.minute, second=0, microsecond=0)
    return end if end > local else end + dt.timedelta(days=1)


def _begin(local: dt.datetime, begins: dt.time) -> dt.datetime:
    begin = local.replace(hour=begins.hour, minute=begins.minute, second=0, microsecond=0)
    return begin if begin <= local else begin - dt.timedelta(days=1)


def moment_for(planned: dt.datetime, expires_at: dt.datetime, now: dt.datetime) -> dt.datetime:
    """When something planned for a moment is sent: then, or when the quiet hours are over; where that is too late, right before
    they begin, as long as that is still to come."""
    planned = max(planned, now)
    local = timezone.localtime(planned)
    begins, ends = _hours(local)
    if not _within(local.time(), begins, ends):
        return planned
    end = _end(local, ends)
    if end < expires_at:
        return end
    early = _begin(local, begins) - dt.timedelta(minutes=1)
    return early if early >= now and not holds(early) else end
