"""What is counted and shown of minutes: one definition for the page, the sheet to print, the PDF and the page of the session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from organisation.models import today

from . import answered_in, promise_data
from .enums import CorrectionState, MinutesState, Satisfaction
from .models import ConclusionNotice, Contribution, Minutes, Promise, ReceptionCase, Session


@dataclass(frozen=True)
class Numbers:
    """Opinions of a session, counted from the lines."""

    said: int
    answered: int
    satisfied: int
    partly: int
    dissatisfied: int

    @property
    def asked(self) -> int:
        """How many were asked whether they are content."""
        return self.satisfied + self.partly + self.dissatisfied

    @property
    def sentence(self) -> str:
        """How content they were, in words."""
        if not self.asked:
            return _("Nobody was asked whether they were content with the answers.")
        if self.satisfied == self.asked == self.said:
            return ngettext("The one who spoke was satisfied.", "All %(n)s who spoke were satisfied.", self.said) % {"n": self.said}
        return _("Of %(said)s opinions, %(asked)s were asked: %(satisfied)s satisfied, %(partly)s partly, %(not)s not.") % {
            "said": self.said, "asked": self.asked, "satisfied": self.satisfied, "partly": self.partly, "not": self.dissatisfied,
        }  # fmt: skip


def numbers(lines: list[Contribution]) -> Numbers:
    """Count them."""
    return Numbers(
        said=len(lines),
        answered=sum(bool(line.answer) for line in lines),
        satisfied=sum(line.satisfaction == Satisfaction.SATISFIED for line in lines),
        partly=sum(line.satisfaction == Satisfaction.PARTLY for line in lines),
        dissatisfied=sum(line.satisfaction == Satisfaction.NOT_SATISFIED for line in lines),
    )


def absent_share(minutes: Minutes) -> str:
    """The share of those with a seat who did not come, in words; empty where nobody had one, or nothing is counted yet."""
    if not minutes.registered or minutes.absent is None:
        return ""
    return _("%(share)s %%") % {"share": number_format(round(100 * minutes.absent / minutes.registered), use_l10n=True)}


@dataclass
class Shown:
    """Minutes with everything that their page shows."""

    minutes: Minutes
    lines: list[Contribution]
    numbers: Numbers
    attendance: list[Any]
    files: list[Any]
    corrections: list[Any]
    addenda: list[Any]
    promises: list[dict[str, Any]]
    notices: list[ConclusionNotice]
    cases: list[ReceptionCase]  # those that are public
    late_cases: list[ReceptionCase]  # whose result came late
    case_numbers: dict[str, int]
    waiting: int = 0  # corrections that are to be decided
    by_line: dict[int, list[dict[str, Any]]] = field(default_factory=dict)


def load(minutes: Minutes) -> Shown:
    """All of it, in ten queries whatever there is."""
    day, session = today(), minutes.session
    lines = list(minutes.contributions.select_related("answered_by"))
    found = Promise.objects.public().filter(session=session).select_related("unit").order_by("due_on", "pk")
    promises = [promise_data.line(promise, day) for promise in found]
    by_line: dict[int, list[dict[str, Any]]] = {}
    for item in promises:
        by_line.setdefault(item["promise"].contribution_id, []).append(item)
    asked = answered_in.by_line(lines, session.slug)
    for line in lines:
        line.made = by_line.get(line.pk, [])  # type: ignore[attr-defined]  # for the template
        line.asked = asked.get(line.pk, [])  # type: ignore[attr-defined]  # for the template
    cases = list(session.cases.select_related("unit"))
    corrections = list(minutes.corrections.select_related("contribution"))
    return Shown(
        minutes=minutes,
        lines=lines,
        numbers=numbers(lines),
        attendance=list(minutes.attendance.select_related("unit", "post__unit")),
        files=list(minutes.files.select_related("document", "image")),
        corrections=[row for row in corrections if row.state != CorrectionState.PENDING],
        addenda=list(minutes.addenda.select_related("contribution")) if minutes.is_fixed else [],
        promises=promises,
        notices=list(session.conclusions.filter(published_at__isnull=False).select_related("document").prefetch_related("lines__unit")),
        cases=[case for case in cases if case.published_at],
        late_cases=[case for case in cases if case.late_reason],
        case_numbers={"cases": len(cases), "notified": sum(case.notified_on is not None for case in cases)},
        waiting=sum(row.state == CorrectionState.PENDING for row in corrections),
        by_line=by_line,
    )


def brief(session: Session) -> tuple[Minutes | None, dict[str, int]]:
    """The published minutes of a session with their counts, in one query, for the session's own page."""
    asked = ~Q(contributions__satisfaction=Satisfaction.NOT_ASKED)
    found = Minutes.objects.filter(session=session, state=MinutesState.PUBLISHED).annotate(
        said=Count("contributions"),
        asked=Count("contributions", filter=asked),
        satisfied=Count("contributions", filter=Q(contributions__satisfaction=Satisfaction.SATISFIED)),
    )  # fmt: skip
    minutes: Any = found.first()
    return minutes, {"said": minutes.said, "asked": minutes.asked, "satisfied": minutes.satisfied} if minutes else {}
