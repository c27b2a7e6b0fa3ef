"""Cases of a reception day, and the notice that concludes it: lines, each of which becomes a promise."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from organisation.models import today
from safeguards import encryption
from safeguards.models import User
from safeguards.services import record

from .. import lateness, law
from ..enums import TermKey
from ..models import ConclusionLine, ConclusionNotice, Lateness, ReceptionCase, Registration
from . import gate
from .errors import Invalid, SessionError, WrongState
from .minutes import of_person
from .promises import clean

KEEP = dt.timedelta(days=5 * 366)  # the register of a reception day


def _next(rows: Any) -> int:
    return int(rows.aggregate(top=models.Max("number"))["top"] or 0) + 1


def save_case(case: ReceptionCase, subject: str, answer: str, actor: User | None) -> ReceptionCase:
    """Write a case down, a new one with the next number of its session. Whoever brought it may be named by their registration; without
    a subject it is the matter that they wrote. Raises Invalid."""
    with gate.change():
        gate.lock(case.session_id)
        matter = ""
        if case.registration_id is not None:
            brought = Registration.objects.filter(pk=case.registration_id, session=case.session_id).first()
            if brought is None:
                raise Invalid(ValidationError({"registration": _("They registered for another day: choose somebody of this one.")}))
            matter = brought.subject
        subject = subject.strip() or matter.strip()
        if not subject:
            raise Invalid(ValidationError({"subject": _("Write down what it is about.")}))
        if case._state.adding:
            case.number = _next(ReceptionCase.objects.filter(session=case.session_id))
        elif ReceptionCase.objects.filter(pk=case.pk, notified_on__isnull=False).exclude(due_on=case.due_on).exists():
            raise Invalid(ValidationError({"due_on": _("The result was sent: the day on which it was due stays as it is.")}))
        case.write(subject, answer.strip())
        clean(case)
        case.save()
        record("dialogue_sessions.case_saved", case, actor=actor, payload={"session": case.session_id, "number": case.number})
    return case


def read_case(case: ReceptionCase, actor: User) -> dict[str, str]:
    """Subject and answer in the clear, for somebody of the staff; who read them is on record (Law 7)."""
    with gate.change():
        record("dialogue_sessions.case_read", case, actor=actor, payload={"session": case.session_id})
    return case.parts


def result_due(case: ReceptionCase) -> dt.date | None:
    """The last day for the result: the one that the person was told, or else the law's (Luật Tiếp công dân 2013, Đ28)."""
    return case.due_on or lateness.latest(TermKey.ANSWER, law.day_of(case.session), case.session.unit_id)


def _law_of(case: ReceptionCase) -> str:
    term = law.due_after(TermKey.ANSWER, law.day_of(case.session), case.session.unit_id)
    return term.source if term else ""


def notify_case(case: ReceptionCase, day: dt.date, actor: User | None, *, late_reason: str = "") -> ReceptionCase:
    """The result went to the person on a day; after its last day only with a reason, which everybody reads. Raises Invalid, WrongState."""
    with gate.change():
        gate.lock(case.session_id)
        row = ReceptionCase.objects.select_related("session__unit").get(pk=case.pk)
        if row.notified_on is not None:
            raise WrongState
        if day > today():
            raise Invalid(ValidationError({"day": _("The day on which the result was sent cannot lie ahead.")}))
        if day < (held := law.day_of(row.session)):
            raise Invalid(ValidationError({"day": _("The reception was on %(day)s: the result cannot be older.") % {"day": f"{held:%d/%m/%Y}"}}))
        due, reason = result_due(row), late_reason.strip()
        late = due if due is not None and day > due else None
        if late is not None and not reason:
            said = _("The result was due on %(day)s. Say why it came late, without names: everybody reads it.") % {"day": f"{late:%d/%m/%Y}"}
            raise Invalid(ValidationError({"late_reason": said}))
        row.notified_on = day
        if late is not None:  # the day that it was due stands beside the reason, also where only the law had said it
            row.late_reason, row.due_on, row.unit_id = reason[:500], late, row.unit_id or row.session.unit_id
        row.save(update_fields=["notified_on", "late_reason", "due_on", "unit"])
        if late is not None and not Lateness.objects.filter(session=row.session_id, key=TermKey.ANSWER).exists():
            # The first of a day stands on the pages of the session and of its unit too; each stands in the minutes.
            told = Lateness(session=row.session, key=TermKey.ANSWER, due=late, done=day, reason=row.late_reason, source=_law_of(row))
            clean(told)
            told.save(force_insert=True)
        record("dialogue_sessions.case_notified", row, actor=actor, payload={"on": day.isoformat(), "late": late is not None})
    return row


def publish_case(case: ReceptionCase, actor: User | None) -> ReceptionCase:
    """Show subject and answer, as they are written for everybody. Raises SessionError."""
    with gate.change():
        gate.lock(case.session_id)
        row = ReceptionCase.objects.get(pk=case.pk)
        if row.published_at is not None:
            raise WrongState
        if not row.public_subject.strip():
            raise SessionError(_("Write the subject without names before it is published."))
        row.published_at = gate.now()
        row.save(update_fields=["published_at"])
        record("dialogue_sessions.case_published", row, actor=actor)
    return row


def case_counts(session_id: int) -> dict[str, int]:
    """What everybody may know of the register: how many cases, how many with a result, in one query."""
    found: dict[str, int] = ReceptionCase.objects.filter(session=session_id).aggregate(
        cases=models.Count("pk"), notified=models.Count("pk", filter=models.Q(notified_on__isnull=False))
    )
    return found


# ── The notice ────────────────────────────────────────────────────────────────────────────────────────────────────────


def save_conclusion(notice: ConclusionNotice, actor: User | None) -> ConclusionNotice:
    """Write a notice down. Raises Invalid, WrongState once it is public."""
    with gate.change():
        gate.lock(notice.session_id)
        if notice.pk and ConclusionNotice.objects.filter(pk=notice.pk, published_at__isnull=False).exists():
            raise WrongState(_("The notice is public and does not change any more."))
        clean(notice)
        notice.save()
        record("dialogue_sessions.conclusion_saved", notice, actor=actor, payload={"session": notice.session_id})
    return notice


def add_conclusion_line(line: ConclusionLine, actor: User | None) -> ConclusionLine:
    """Add a line: what a unit is told to do, by when. Raises Invalid, WrongState once the notice is public."""
    with gate.change():
        gate.lock(line.notice.session_id)
        if ConclusionNotice.objects.filter(pk=line.notice_id, published_at__isnull=False).exists():
            raise WrongState(_("The notice is public and does not change any more."))
        line.number = _next(ConclusionLine.objects.filter(notice=line.notice_id))
        clean(line)
        line.save(force_insert=True)
        record("dialogue_sessions.conclusion_line", line.notice, actor=actor, payload={"number": line.number, "unit": line.unit_id})
    return line


def publish_conclusion(notice: ConclusionNotice, actor: User | None) -> ConclusionNotice:
    """Show it to everybody. Raises SessionError, WrongState."""
    with gate.change():
        gate.lock(notice.session_id)
        row = ConclusionNotice.objects.get(pk=notice.pk)
        if row.published_at is not None:
            raise WrongState
        if not row.lines.exists():
            raise SessionError(_("The notice has no line yet."))
        row.published_at = gate.now()
        row.save(update_fields=["published_at"])
        record("dialogue_sessions.conclusion_published", row, actor=actor)
    return row


# ── What safeguards asks of whoever holds personal data ───────────────────────────────────────────────────────────────


def _old(now: dt.datetime) -> Any:
    return ReceptionCase.objects.exclude(sealed="").filter(session__ends_at__lt=now - KEEP)


def due(now: dt.datetime) -> int:
    """How many cases are so old that what is sealed is forgotten."""
    return int(_old(now).count())


def purge(now: dt.datetime) -> int:
    """Forget what is sealed, and who; numbers and public words stay. Gives how many."""
    return int(_old(now).update(sealed="", registration=None))


def _of(person: str) -> list[ReceptionCase]:
    return of_person(ReceptionCase.objects.exclude(sealed=""), person)


def export(person: str) -> list[dict[str, Any]]:
    """The cases that one person brought."""
    return [{"session": row.session_id, "number": row.number, **row.parts} for row in _of(person)]


def erase(person: str) -> int:
    """Forget what one person brought, and that they did. Gives how many."""
    return ReceptionCase.objects.filter(pk__in=[row.pk for row in _of(person)]).update(sealed="", registration=None)


def rewrap() -> int:
    """Seal cases anew under today's key; gives how many."""
    done = 0
    for pk in ReceptionCase.objects.exclude(sealed="").order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():  # one by one under its lock: what is erased, or written, meanwhile must stand
            row = ReceptionCase.objects.select_for_update(of=("self",)).filter(pk=pk).exclude(sealed="").first()
            if row is not None and not encryption.is_current(row.sealed):
                row.write(**row.parts)
                row.save(update_fields=["sealed"])
                done += 1
    return done
