"""manage.py recount_promises: reckon the board's figures again from the events, and compare."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from dialogue_sessions import promise_data
from dialogue_sessions.models import Promise
from organisation.models import today
from safeguards.models import Event

PREFIX = "dialogue_sessions.promise_"


def replayed() -> dict[int, dict[str, Any]]:
    """Each public promise as its events tell: state, date, day on which it was kept, unit."""
    found: dict[int, dict[str, Any]] = {}
    rows = Event.objects.filter(subject_type="dialogue_sessions.promise", kind__startswith=PREFIX).order_by("pk")
    for kind, subject, payload in rows.values_list("kind", "subject_id", "payload").iterator(chunk_size=1_000):
        known = found.setdefault(int(subject), {"public": False})
        known["public"] |= kind == f"{PREFIX}published"
        for name in ("state", "due_on", "kept_on", "unit"):
            if name in payload:
                known[name] = payload[name]
    return {pk: known for pk, known in found.items() if known["public"]}


class Command(BaseCommand):
    """Print the figures as the events give them; exit 1 when a row says otherwise."""

    help = "Recompute the figures of promises from the events and compare them with the rows. Exit 1 when they differ."

    def handle(self, *args: Any, **options: Any) -> None:
        """Count, compare, print."""
        day = today()
        told = replayed()
        wrong = []
        for pk, state, due_on, kept_on, unit in Promise.objects.public().order_by("pk").values_list("pk", "state", "due_on", "kept_on", "unit"):
            kept = kept_on.isoformat() if kept_on else None
            row = {"public": True, "state": state, "due_on": due_on.isoformat(), "kept_on": kept, "unit": unit}
            if told.get(pk) != row:
                wrong.append(pk)
        counted = Counter(self.standing(known, day) for known in told.values())
        judged = sum(counted[name] for name in ("kept", "kept_late", "refused", "overdue"))
        self.stdout.write(f"public {len(told)}, " + ", ".join(f"{name} {counted[name]}" for name in sorted(counted)))
        self.stdout.write(f"kept in time {counted['kept']} of {judged} whose day has come")
        shown = promise_data.summed(promise_data.by_unit(day))
        if (shown.total, shown.kept, shown.judged) != (len(told), counted["kept"], judged):
            wrong.append(0)
        if wrong:
            self.stderr.write(f"rows that say otherwise than their events: {', '.join(map(str, wrong))}")
            sys.exit(1)

    @staticmethod
    def standing(known: dict[str, Any], day: dt.date) -> str:
        """Where a promise stands, by its events alone."""
        if known["state"] in {"open", "changed"}:
            return "overdue" if dt.date.fromisoformat(known["due_on"]) < day else "to_come"
        return str(known["state"])
