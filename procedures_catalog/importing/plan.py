"""What an import would do, decided in memory: for each record new, changed, ended, unchanged, kept or refused.

The preview and the run use this one function over the same entries, so that they cannot differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from organisation.enums import Level

from ..enums import ChangeKind, EndKind
from .problems import Problem, shown
from .state import CatalogueState, Period

DAY = dt.timedelta(days=1)
CREATE, REPLACE, END, UNCHANGED, KEPT, BAD = "create", "replace", "end", "unchanged", "kept", "bad"
WRITES = frozenset({CREATE, REPLACE})


@dataclass
class Entry:
    """One record of the file as the plan needs it; the record itself waits on disk under `seq`."""

    seq: int
    row: int
    key: str
    code: str
    name: str
    levels: frozenset[int]
    digest: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    change_kind: str
    end_kind: str
    end_decision: str
    decision: str
    replaces: tuple[str, ...]
    is_portal: bool = False
    name_only: bool = False
    missing: list[str] = field(default_factory=list)  # compulsory parts that the record lacks
    action: str = BAD
    reason: str = ""  # why it is kept, or from which day it holds
    files: frozenset[tuple[str, str, str, str]] = frozenset()  # of its forms, that the record states: see `form_files.Attached`
    amended_digest: str = ""  # its digest if it were an amendment: the national portal does not say of what is known that it is
    old: int | None = None  # the stored version that it changes or follows
    problems: list[Problem] = field(default_factory=list)

    def is_said_by(self, period: Period) -> bool:
        """Whether a stored or planned version says the same, be it as new or as an amendment."""
        return any(period.says(digest, self.files) for digest in (self.digest, self.amended_digest) if digest)

    def refuse(self, column: str, message: str, value: Any = "") -> None:
        """Mark the record bad."""
        self.action = BAD
        self.problems.append(Problem(message, "versions", self.row, column, shown(value), self.key))


@dataclass
class Plan:
    """What is to be done: entries with their action, and stored versions whose validity ends."""

    entries: list[Entry]
    endings: dict[int, Period] = field(default_factory=dict)  # stored versions, with their new end
    replaced: list[tuple[str, str]] = field(default_factory=list)  # (replaced code, by code)

    def of(self, *actions: str) -> list[Entry]:
        """Entries with one of these actions, in the order of the file."""
        return [entry for entry in self.entries if entry.action in actions]


Digest = Callable[[Entry, frozenset[int], str], str]


class Planner:
    """Makes a plan. `digest_with` gives the digest of an entry's record as if it were at other levels or of another kind of change."""

    def __init__(self, state: CatalogueState, today: dt.date, digest_with: Digest, *, draft: bool = False) -> None:
        self.state, self.today, self.digest_with, self.draft = state, today, digest_with, draft

    def plan(self, entries: Iterable[Entry]) -> Plan:
        """Decide on every entry. Versions of one procedure are taken in the order of their days, those without a day last."""
        plan = Plan(list(entries))
        by_code: dict[str, list[Entry]] = {}
        for entry in plan.entries:
            if not entry.problems:
                by_code.setdefault(entry.code, []).append(entry)
        timelines: dict[str, list[Period]] = {}
        for code, mine in by_code.items():
            stored = self.state.versions.get(code, [])
            timeline = timelines[code] = [Period(**vars(period)) for period in stored if period.live and period.valid_from]
            drafts = [period for period in stored if not period.live and period.digest]
            seen: set[tuple[frozenset[int], dt.date | None]] = set()
            for entry in sorted(mine, key=lambda entry: (entry.valid_from or dt.date.max, entry.seq)):
                if (entry.levels, entry.valid_from) in seen:
                    entry.refuse("code", _("The file holds this procedure twice for the same levels and day."), code)
                    continue
                seen.add((entry.levels, entry.valid_from))
                self._decide(entry, timeline, drafts, plan)
        self._replacements(plan, timelines)
        return plan

    def _decide(self, entry: Entry, timeline: list[Period], drafts: list[Period], plan: Plan) -> None:
        others = [period for period in timeline if period.overlaps(entry.levels)]
        if not self._settle_levels(entry, others):
            return
        if entry.is_portal and entry.seq and others and entry.change_kind == ChangeKind.NEW:
            entry.amended_digest = self.digest_with(entry, entry.levels, ChangeKind.AMENDED)
        same_day = [period for period in others if entry.valid_from is not None and period.valid_from == entry.valid_from]
        latest = max(others, key=lambda period: period.valid_from or dt.date.min, default=None)
        if entry.valid_from:
            twin = next((period for period in same_day if period.levels == entry.levels), None)
        else:
            # a record without a day is known when any version that still holds, or will, says the same
            twin = next((period for period in others if period.holds_after(self.today) and entry.is_said_by(period)), latest)
        if twin is not None and entry.is_said_by(twin):
            entry.old = twin.pk
            self._unchanged(entry, twin, plan)
            return
        if entry.name_only and others:
            entry.action, entry.reason = KEPT, _("Only its name is known here; the catalogue says more.")
            return
        if self.draft and any(draft.levels == entry.levels and entry.is_said_by(draft) for draft in drafts):
            entry.action, entry.reason = UNCHANGED, _("The same draft is there already.")
            return
        entry.old = twin.pk if twin else latest.pk if latest else None
        if self.draft:
            entry.action = CREATE
            return
        if same_day:
            self._same_day(entry, same_day[0], plan)
            return
        self._create(entry, others, latest, plan, timeline)

    def _settle_levels(self, entry: Entry, others: list[Period]) -> bool:
        """A record without levels holds where the version in force does, when that is one place."""
        if entry.levels != {0}:
            return True
        known = {period.levels for period in others if period.valid_to is None} - {frozenset({0})}
        if len(known) > 1:
            entry.action, entry.reason = KEPT, _("It names no level, and the catalogue has versions at several levels.")
            return False
        if known:
            entry.levels = known.pop()
            entry.missing = [code for code in entry.missing if code != "level"]
            entry.digest = self.digest_with(entry, entry.levels, entry.change_kind)
        return True

    def _unchanged(self, entry: Entry, twin: Period, plan: Plan) -> None:
        entry.action = UNCHANGED
        if entry.valid_to is None or self.draft:
            return
        stated = (entry.valid_to, entry.end_kind or twin.end_kind, entry.end_decision or twin.end_decision)
        if stated == (twin.valid_to, twin.end_kind, twin.end_decision):
            return
        if twin.valid_to is not None and twin.valid_to < self.today and twin.valid_to != entry.valid_to:
            entry.refuse("valid_to", _("This version ended on another day already; an end that has passed is not moved."), entry.valid_to)
            return
        entry.action = END
        self._end(twin, *stated, plan)

    def _same_day(self, entry: Entry, twin: Period, plan: Plan) -> None:
        if twin.levels == entry.levels and twin.valid_from and twin.valid_from > self.today and twin.pk is not None:
            entry.action = REPLACE
            entry.valid_to = entry.valid_to or twin.valid_to
            twin.digest, twin.files = entry.digest, entry.files
            return
        day = twin.valid_from.strftime("%d/%m/%Y") if twin.valid_from else ""
        message = _("The version of %(day)s is in force already, and what is in force is not edited. Give the change a later day.")
        entry.refuse("valid_from", message % {"day": day}, entry.valid_from)

    def _create(self, entry: Entry, others: list[Period], latest: Period | None, plan: Plan, timeline: list[Period]) -> None:
        if entry.valid_from is None:
            entry.valid_from = self.today
            taken = {other.valid_from for other in others}
            while entry.valid_from in taken:
                entry.reason = _("The version before it begins on %(day)s; this one follows a day later.") % {
                    "day": entry.valid_from.strftime("%d/%m/%Y")
                }
                entry.valid_from += DAY
        start = entry.valid_from
        if entry.amended_digest and any(other.valid_from and other.valid_from < start for other in others):
            entry.change_kind, entry.digest = ChangeKind.AMENDED, entry.amended_digest
        for other in others:
            if other.valid_from is None or (other.valid_to is not None and other.valid_to < start):
                continue
            if other.valid_from > start:
                if entry.valid_to is not None and entry.valid_to >= other.valid_from and entry.end_kind:
                    entry.refuse("valid_to", _("Another version begins on %(day)s.") % {"day": other.valid_from.strftime("%d/%m/%Y")}, entry.valid_to)
                    return
                if entry.valid_to is None or entry.valid_to >= other.valid_from:
                    entry.valid_to, entry.end_kind, entry.end_decision = other.valid_from - DAY, EndKind.SUPERSEDED, other.decision
                continue
            uncovered = sorted(other.levels - entry.levels - {0})
            if uncovered and entry.is_portal:
                entry.action, entry.reason = KEPT, _("The version in force also holds for other levels; change it by hand.")
                return
            if uncovered:
                names = ", ".join(str(Level(level).label) for level in uncovered)
                message = _("The version in force also holds for: %(levels)s. Name these levels too, so that none is left without a record.")
                entry.refuse("levels", message % {"levels": names})
                return
            if other.valid_to is not None and other.valid_to < self.today:
                entry.refuse("valid_from", _("On this day a version that has ended meanwhile was in force; its end is not moved."), start)
                return
            kind = EndKind.ABOLISHED if entry.change_kind == ChangeKind.ABOLISHED else EndKind.SUPERSEDED
            self._end(other, start - DAY, kind, entry.decision, plan)
        if entry.valid_to is not None and entry.valid_to < start:
            entry.refuse("valid_to", _("The last day is before the first."), entry.valid_to)
            return
        entry.action = CREATE
        timeline.append(
            Period(
                entry.levels, start, entry.valid_to, entry.end_kind, entry.end_decision, entry.decision, entry.digest, entry=entry, files=entry.files
            )
        )  # fmt: skip

    def _end(self, period: Period, last: dt.date, kind: str, decision: str, plan: Plan) -> None:
        period.valid_to, period.end_kind, period.end_decision = last, kind, decision
        if period.pk is not None:
            plan.endings[period.pk] = period
        elif period.entry is not None:
            period.entry.valid_to, period.entry.end_kind, period.entry.end_decision = last, kind, decision

    def _replacements(self, plan: Plan, timelines: dict[str, list[Period]]) -> None:
        """Procedures that others replace end the day before, also those of this very file."""
        coming = {entry.code for entry in plan.entries if not entry.problems}
        for entry in plan.of(*WRITES):
            unknown = [code for code in entry.replaces if code not in self.state.procedures and code not in coming]
            if unknown:
                entry.refuse("replaces", _("There is no such procedure in the catalogue."), "; ".join(unknown))
                continue
            if self.draft or entry.valid_from is None:
                continue
            for code in entry.replaces:
                timeline = timelines.get(code)
                if timeline is None:
                    stored = self.state.versions.get(code, [])
                    timeline = timelines[code] = [Period(**vars(period)) for period in stored if period.live and period.valid_from]
                self._replace(entry, code, timeline, plan)

    def _replace(self, entry: Entry, code: str, timeline: list[Period], plan: Plan) -> None:
        start = entry.valid_from
        assert start is not None  # noqa: S101
        for other in timeline:
            if not other.overlaps(entry.levels) or (other.valid_to is not None and other.valid_to < start):
                continue
            if other.valid_from is not None and other.valid_from >= start:
                message = _("A version of %(code)s begins on %(day)s, when it is to be replaced already.")
                entry.refuse("replaces", message % {"code": code, "day": other.valid_from.strftime("%d/%m/%Y")}, code)
                return
            self._end(other, start - DAY, EndKind.REPLACED, entry.decision, plan)
        plan.replaced.append((code, entry.code))
