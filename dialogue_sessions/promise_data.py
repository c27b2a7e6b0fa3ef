"""What is counted and shown of promises: which ones, how many of each unit, how many were kept. One definition for pages, files and API.

The kept rate of a unit is the promises kept by their date, out of those whose day has come: kept, kept late, refused, or overdue today.
Whatever is not due yet counts neither way. A date that was moved with a reason counts as the new one, and how many were moved stands
beside it. From five such promises on there is a percentage; below, only the numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from foundation.api import absolute
from foundation.open_columns import plain
from organisation.models import in_language

from .enums import DONE, FOLLOWED_UP, PromiseState
from .models import Promise, PromiseQuerySet, Session

PERCENT_FROM = 5
OVERDUE = "qua-han"
# Words of addresses; they stand in links, so they stay.
STATE_WORDS: dict[str, tuple[str, ...]] = {
    "dang-lam": tuple(FOLLOWED_UP), "dung-han": (PromiseState.KEPT,), "tre-han": (PromiseState.KEPT_LATE,), "khong-lam": (PromiseState.REFUSED,),
}  # fmt: skip


def state_labels() -> dict[str, str]:
    """The choices of a list by state, in words."""
    return {
        OVERDUE: _("overdue"), "dang-lam": _("still to be kept"), "dung-han": _("kept in time"), "tre-han": _("kept late"),
        "khong-lam": _("not done, with a reason"),
    }  # fmt: skip


def session_url(session: Session) -> str:
    """The page of a session, in the reader's language."""
    return f"{reverse('home')}lich/{session.slug}/"


def narrowed(day: dt.date, *, unit: str = "", state: str = "", year: str = "") -> PromiseQuerySet:
    """The public promises that an address asks for. `state` is one of the words above."""
    found = Promise.objects.public()
    if unit:
        found = found.filter(unit__slug=unit)
    if year:
        found = found.filter(due_on__year=int(year))
    if state == OVERDUE:
        found = found.overdue(day)
    elif state:
        found = found.filter(state__in=STATE_WORDS[state])
    return found


# ── Counting ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Tally:
    """Promises of a unit, or of all, as they stand on a day."""

    name: str
    language: str  # of the name: that of the reader, or Vietnamese where there is no other
    slug: str
    total: int
    kept: int
    kept_late: int
    refused: int
    overdue: int
    to_come: int
    moved: int

    @property
    def judged(self) -> int:
        """Those whose day has come."""
        return self.kept + self.kept_late + self.refused + self.overdue

    @property
    def rate(self) -> float | None:
        """The share kept by its date; None when too few for a percentage."""
        return self.kept / self.judged if self.judged >= PERCENT_FROM else None

    @property
    def rate_text(self) -> str:
        """The share in words, with what it is out of."""
        if not self.judged:
            return _("none due yet")
        values = {"kept": self.kept, "n": self.judged}
        if self.rate is None:
            return _("%(kept)s of %(n)s") % values
        return _("%(share)s %% (%(kept)s of %(n)s)") % {**values, "share": number_format(round(100 * self.rate), use_l10n=True)}


def _counts(day: dt.date) -> dict[str, Count]:
    open_ = Q(state__in=FOLLOWED_UP)
    return {
        "total": Count("pk"),
        "kept": Count("pk", filter=Q(state=PromiseState.KEPT)),
        "kept_late": Count("pk", filter=Q(state=PromiseState.KEPT_LATE)),
        "refused": Count("pk", filter=Q(state=PromiseState.REFUSED)),
        "overdue": Count("pk", filter=open_ & Q(due_on__lt=day)),
        "to_come": Count("pk", filter=open_ & Q(due_on__gte=day)),
        "moved": Count("pk", filter=~Q(due_on=F("first_due_on"))),
    }


def counted(day: dt.date, found: PromiseQuerySet | None = None) -> Any:
    """The counts of each unit that has a public promise, as a queryset of values."""
    rows: Any = (found if found is not None else Promise.objects.public()).order_by().values("unit__name", "unit__name_en", "unit__slug")
    return rows.annotate(**_counts(day)).order_by("unit__level", "unit__order", "unit__name")


def tallies(rows: Iterable[dict[str, Any]]) -> list[Tally]:
    """A line for each unit, those with most overdue first."""
    made = []
    for row in rows:
        name, english = row.pop("unit__name"), row.pop("unit__name_en")
        shown = in_language(name, english)
        made.append(Tally(shown, "vi" if shown == name else "en", row.pop("unit__slug"), **row))
    return sorted(made, key=lambda tally: -tally.overdue)


def by_unit(day: dt.date, found: PromiseQuerySet | None = None) -> list[Tally]:
    """A line for each unit that has a public promise, those with most overdue first. One query."""
    return tallies(counted(day, found))


def summed(tallies: list[Tally], name: str = "") -> Tally:
    """All of them as one."""
    numbers = ("total", "kept", "kept_late", "refused", "overdue", "to_come", "moved")
    return Tally(name, get_language() or "vi", "", **{number: sum(getattr(tally, number) for tally in tallies) for number in numbers})


def years() -> list[int]:
    """The years in which a public promise is due."""
    return [day.year for day in Promise.objects.public().dates("due_on", "year", order="DESC")]


# ── Showing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def standing(promise: Promise, day: dt.date) -> tuple[str, str]:
    """Where it stands on a day, in words, and the tone of its tag."""
    late = promise.days_late(day)
    if promise.state in DONE:
        if late:
            return ngettext("kept, %(n)s day late", "kept, %(n)s days late", late) % {"n": late}, "wait"
        return _("kept in time"), "early"
    if promise.state == PromiseState.REFUSED:
        return _("not done, with a reason"), "late"
    if late:
        return ngettext("overdue by %(n)s day", "overdue by %(n)s days", late) % {"n": late}, "late"
    ahead = (promise.due_on - day).days
    if not ahead:
        return _("due today"), "wait"
    return ngettext("%(n)s day left", "%(n)s days left", ahead) % {"n": ahead}, ""


def line(promise: Promise, day: dt.date) -> dict[str, Any]:
    """A promise in a list. The unit comes with it."""
    said, tone = standing(promise, day)
    return {"promise": promise, "said": said, "tone": tone, "moved": promise.due_on != promise.first_due_on}


# How often the date moved, and how often another unit took it over.
MADE = {"moves_made": Count("moves", distinct=True), "transfers_made": Count("transfers", distinct=True)}


def rows(found: PromiseQuerySet) -> Iterator[dict[str, Any]]:
    """Promises as files and API tell of them, in a fixed order. Whether one is overdue follows from `state` and `due_on`."""
    for promise in found.select_related("unit", "post", "session").annotate(**MADE).order_by("pk").iterator(chunk_size=500):
        yield row(promise)


def row(promise: Any) -> dict[str, Any]:
    """One of them."""
    values = {
        "id": promise.pk, "unit": promise.unit.slug, "post": promise.post.title, "text": promise.text, "text_en": promise.text_en,
        "session": promise.session.slug if promise.session else "", "made_on": promise.made_on, "first_due_on": promise.first_due_on,
        "due_on": promise.due_on, "moves": promise.moves_made, "transfers": promise.transfers_made,
        "state": str(promise.state), "kept_on": promise.kept_on, "result": promise.result,
        "reason": promise.reason, "url": absolute(f"/loi-hua/{promise.pk}/"),
    }  # fmt: skip
    return {name: plain(value) for name, value in values.items()}
