"""What is held about people: forgotten at its time, shown and erased when a person asks. The applications that hold it say how
(foundation.registries.personal_data)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from foundation.registries import personal_data


def due(now: dt.datetime | None = None) -> dict[str, int]:
    """How many rows of each table have had their time; nothing is forgotten."""
    moment = now or timezone.now()
    return {name: held.due(moment) for name, held in personal_data.items()}


def purge(now: dt.datetime | None = None) -> dict[str, int]:
    """Forget what has had its time; gives how many rows of each table."""
    moment = now or timezone.now()
    return {name: held.purge(moment) for name, held in personal_data.items()}


def export(person: str) -> dict[str, list[dict[str, Any]]]:
    """All that is held of one person, by table. `person` is a telephone number or an e-mail address."""
    return {name: held.export(person) for name, held in personal_data.items()}


def erase(person: str) -> dict[str, int]:
    """Forget one person; gives how many rows of each table."""
    return {name: held.erase(person) for name, held in personal_data.items()}
