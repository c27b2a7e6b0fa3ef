"""What a unit owes the public and is late with: stands on the unit's page until it is done.

Whoever knows of a duty (results of dialogues, answers, promises) registers a source here when the application starts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation import together
from foundation.registry import Registry
from organisation.calendar import ONE_DAY, Calendar
from organisation.models import CalendarStamp, Unit
from organisation.queries import calendar_for

from . import law
from .enums import RECEPTIONS_WITH_SCHEDULE, TO_ANSWER, MinutesState, SessionKind, SessionState, TermKey
from .models import Lateness, LegalTerm, Minutes, Question, ReceptionCase, Session
from .planning import Minimum, Timer, in_force, periods

LOOK_BACK = 400 * ONE_DAY  # a unit that announced no reception here for longer announces them elsewhere
LOOK_AHEAD = 45 * ONE_DAY
A_YEAR = 365 * ONE_DAY
SHOWN = 10


@dataclass(frozen=True)
class Overdue:
    """Something late: which term, since when it was due, what it is about in the reader's language, and where to read on. Nothing
    about a person."""

    key: str
    due: dt.date
    title: str
    url: str = ""
    source: str = ""

    @property
    def label(self) -> str:
        """What is due."""
        return str(TermKey(self.key).label) if self.key in TermKey.values else ""


@dataclass(frozen=True)
class Asked:
    """For whom and when it is asked, with what every source needs."""

    unit: Unit
    day: dt.date
    calendar: Calendar
    timers: Sequence[Timer]
    minimums: Sequence[Minimum]  # of its periodic receptions
    sessions: Sequence[Session]  # public ones of the unit, from LOOK_BACK to LOOK_AHEAD, no appointments; `reported` once their minutes are public
    questions: Sequence[Question]  # that this unit still has to answer, of dialogues that were held, with their sessions
    cases: Sequence[ReceptionCase]  # of reception days that were held, without a result that was sent, with their sessions
    lateness: Sequence[Lateness]  # what was done late within a year, the newest first, with their sessions

    def term(self, key: str, event: dt.date) -> law.Due | None:
        """The last day of a term for an event, None when nothing is asked."""
        return law.term(key, event, self.calendar, self.timers)

    def is_late(self, key: str, event: dt.date) -> law.Due | None:
        """The same, when that day is over."""
        due = self.term(key, event)
        return due if due is not None and self.day > due.latest else None


@dataclass(frozen=True)
class OverdueSource:
    """Who knows of things that are late. `find` asks the database `query_budget` times at most."""

    find: Callable[[Asked], Iterable[Overdue]]
    query_budget: int


sources: Registry[OverdueSource] = Registry("overdue duties")


def look(unit: Unit, day: dt.date) -> Asked:
    """Everything that a unit's duties are told from. One query, four when the calendar changed."""
    local = timezone.get_default_timezone()
    since = dt.datetime.combine(day - LOOK_BACK, dt.time.min, local)
    until = dt.datetime.combine(day + LOOK_AHEAD, dt.time.min, local)
    sessions = (
        Session.objects.public()
        .filter(unit=unit, starts_at__gte=since, starts_at__lt=until)
        .exclude(kind=SessionKind.APPOINTMENT)
        .annotate(reported=Exists(Minutes.objects.filter(session=OuterRef("pk"), state=MinutesState.PUBLISHED)))
        .only("pk", "kind", "state", "title", "title_en", "slug", "starts_at")
        .order_by("starts_at", "pk")
    )
    questions = (
        Question.objects.filter(state__in=TO_ANSWER, session__state=SessionState.HELD, session__starts_at__gte=since)
        .annotate(answers=Coalesce("unit", F("session__unit")))
        .filter(answers=unit.pk)
        .annotate(at=F("session__starts_at"), slug=F("session__slug"), title=F("session__title"), title_en=F("session__title_en"))
        .only("pk", "session", "due_on")
        .order_by("session__starts_at", "pk")
    )
    cases = (
        ReceptionCase.objects.filter(session__unit=unit, session__state=SessionState.HELD, session__starts_at__gte=since, notified_on=None)
        .annotate(at=F("session__starts_at"), slug=F("session__slug"), title=F("session__title"), title_en=F("session__title_en"))
        .only("pk", "session", "due_on")
        .order_by("session__starts_at", "pk")
    )
    lateness = Lateness.objects.filter(session__unit=unit, done__gte=day - A_YEAR).order_by("-done", "-pk")[:SHOWN]
    stamps, terms, minimums, here, waiting, brought, late = together.rows(
        CalendarStamp.objects.all()[:1], LegalTerm.objects.all(), law.minimum_rows(unit, SessionKind.PERIODIC), sessions, questions, cases, lateness
    )
    known = {session.pk: session for session in here}
    shown = [row for row in late if row.session_id in known]
    for row in shown:
        row.session = known[row.session_id]
    for row in (*waiting, *brought):
        row.session = Session(
            pk=row.session_id, slug=row.slug, title=row.title, title_en=row.title_en, starts_at=dt.datetime.fromisoformat(row.at)
        )  # fmt: skip
    timers = [term.timer() for term in terms]
    return Asked(unit, day, calendar_for(unit, stamps[0].stamp if stamps else None), timers, law.minimums_of(minimums), here, waiting, brought, shown)


def found(asked: Asked) -> list[Overdue]:
    """What is late, the oldest first. The queries of the sources."""
    return sorted((one for source in sources for one in source.find(asked)), key=lambda one: (one.due, one.title))


def overdue(unit: Unit, day: dt.date) -> list[Overdue]:
    """What is late on a day, the oldest first. One query, and those of the sources."""
    return found(look(unit, day))


def query_budget() -> int:
    """How often `overdue` asks the database at most."""
    return 1 + sum(source.query_budget for source in sources)


# ── The schedule of receptions ────────────────────────────────────────────────────────────────────────────────────────


def schedule(asked: Asked) -> list[Overdue]:
    """Weeks, months or years in which fewer reception days are public than the law asks for, although the last day to announce the
    missing ones is over. Only for a unit that announces its receptions here, and only by law that somebody confirmed."""
    days = {law.day_of(one) for one in asked.sessions if one.kind in RECEPTIONS_WITH_SCHEDULE and one.state != SessionState.CANCELLED}
    if not days:
        return []
    found = []
    for minimum in asked.minimums:
        if minimum.confirmed:
            found += [one for first, last in _around(asked.day, minimum) if (one := _short(asked, minimum, days, first, last))]
    return found


def _around(day: dt.date, minimum: Minimum) -> list[tuple[dt.date, dt.date]]:
    """The period of the day, and those that begin soon."""
    both = [*periods(minimum.per, day.year), *periods(minimum.per, day.year + 1)]
    return [(first, last) for first, last in both if last >= day and first < day + LOOK_AHEAD and minimum.holds_on(last)]


def _short(asked: Asked, minimum: Minimum, days: set[dt.date], first: dt.date, last: dt.date) -> Overdue | None:
    timer = in_force(asked.timers, TermKey.SCHEDULE, last)
    working = [day for n in range((last - first).days + 1) if asked.calendar.is_working(day := first + n * ONE_DAY)]
    need = min(minimum.days, len(working))
    has = sum(first <= day <= last for day in days)
    if timer is None or has >= need:
        return None
    # The missing days could still be the last working days of the period: only when those cannot be announced in time is it late.
    latest = timer.latest(working[has - need], asked.calendar)
    if asked.day <= latest:
        return None
    title = _("Reception days from %(first)s to %(last)s: %(has)s of %(need)s announced") % {
        "first": f"{first:%d/%m/%Y}", "last": f"{last:%d/%m/%Y}", "has": has, "need": need,
    }  # fmt: skip
    return Overdue(TermKey.SCHEDULE, latest, title, source=timer.source)


def register() -> None:
    """Offer what this application knows by itself."""
    sources.register("schedule", OverdueSource(schedule, 0))
