"""Hours as people read them, in one way everywhere: `8:00`, as on a notice board. Machines get theirs by ISO 8601."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def clock(value: dt.time | dt.datetime | None) -> str:
    """`8:00` of a time, or of a moment in Vietnam's time; nothing of nothing."""
    if value is None or value == "":
        return ""
    local = _local(value) if isinstance(value, dt.datetime) else value
    return f"{local.hour}:{local.minute:02d}"


def clock_day(moment: dt.datetime | None) -> str:
    """`8:00 03/12/2026`: in sentences."""
    return f"{clock(moment)} {_local(moment):%d/%m/%Y}" if moment else ""


def day_clock(moment: dt.datetime | None) -> str:
    """`03/12/2026 8:00`: in tables, where days stand one below the other."""
    return f"{_local(moment):%d/%m/%Y} {clock(moment)}" if moment else ""


def _local(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment
