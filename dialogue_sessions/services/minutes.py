"""The life of minutes: written, circulated among those who attended, corrected, made final, published, added to."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging import addresses
from messaging import services as messaging
from safeguards import encryption
from safeguards.models import User
from safeguards.services import record

from .. import contacts, lateness
from ..enums import EDITABLE_MINUTES, MINUTES_MOVES, CorrectionState, MinutesState, RegistrationState, SessionState
from ..kinds import MINUTES_CIRCULATED
from ..models import Addendum, Attendance, Contribution, Correction, Minutes, MinutesFile, RecordPolicy, Registration, RetentionPolicy, Session
from . import day, gate
from .answers import answer_from_minutes
from .errors import Invalid, ReasonMissing, SessionError, WrongState
from .following import url
from .promises import Stale, clean

logger = logging.getLogger(__name__)
WRITTEN_WHILE = [SessionState.UNDER_WAY, SessionState.HELD]
MOST_OPEN = 20  # corrections of one person that wait to be decided
_signer = signing.Signer(salt="dialogue_sessions.minutes")


@contextmanager
def _locked(minutes: Minutes) -> Iterator[Minutes]:
    with gate.change():
        current = Minutes.objects.select_for_update(of=("self",), no_key=True).select_related("session__unit").filter(pk=minutes.pk).first()
        if current is None:
            raise WrongState
        yield current


@contextmanager
def writing(minutes: Minutes) -> Iterator[Minutes]:
    """Minutes that may still be written. Raises WrongState."""
    with _locked(minutes) as current:
        if current.state not in EDITABLE_MINUTES:
            raise WrongState(_("These minutes are final. What was wrong can be said in an addendum."))
        yield current


def _to(minutes: Minutes, state: str, actor: User | None, payload: dict[str, Any] | None = None, **values: Any) -> None:
    was = minutes.state
    if state not in MINUTES_MOVES[was]:
        raise WrongState
    minutes.version += 1
    for name, value in {"state": state, **values}.items():
        setattr(minutes, name, value)
    clean(minutes)
    minutes.save()
    record(f"dialogue_sessions.minutes_{state}", minutes, actor=actor, payload={"session": minutes.session_id, "from": was, **(payload or {})})


# ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def begin_minutes(session: Session, actor: User | None) -> Minutes:
    """The minutes of a session that is under way or was held, begun when there are none. Raises WrongState."""
    with gate.change():
        current = gate.lock(session.pk)
        standing = Minutes.objects.filter(session=current).first()
        if standing is not None:
            return standing
        if current.state not in WRITTEN_WHILE:
            raise WrongState(_("Minutes are written once the session has begun."))
        made = Minutes.objects.create(session=current)
        record("dialogue_sessions.minutes_begun", made, actor=actor, payload={"session": current.pk})
    return made


def save_summary(minutes: Minutes, summary: str, summary_en: str, version: int, actor: User | None) -> Minutes:
    """Write the summary. Raises Stale when somebody else did meanwhile, WrongState."""
    with writing(minutes) as current:
        if current.version != version:
            raise Stale
        current.summary, current.summary_en, current.version = summary.strip(), summary_en.strip(), version + 1
        clean(current)
        current.save()
        record("dialogue_sessions.minutes_edited", current, actor=actor)
    return current


def save_line(line: Contribution, actor: User | None, *, version: int | None = None) -> Contribution:
    """Write a line, a new one at the end. Raises Stale when somebody else wrote this line since `version`, Invalid, WrongState."""
    with writing(line.minutes):
        if line._state.adding:
            top = Contribution.objects.filter(minutes=line.minutes_id).aggregate(top=models.Max("number"))["top"]
            line.number, line.version = (top or 0) + 1, 1
        else:
            standing = Contribution.objects.filter(pk=line.pk, minutes=line.minutes_id).values_list("version", flat=True).first()
            if standing is None:
                raise WrongState
            if version is not None and standing != version:
                raise Stale
            line.version = standing + 1
        clean(line)
        line.save()
        record("dialogue_sessions.minutes_line", line.minutes, actor=actor, payload={"line": line.number, "version": line.version})
    return line


def remove_line(line: Contribution, actor: User | None) -> None:
    """Take a line out; numbers of the others stay, since people speak of them. Raises WrongState."""
    with writing(line.minutes):
        if line.promises.exists():
            raise WrongState(_("A promise was made of this line. Take the promise away first."))
        record("dialogue_sessions.minutes_line_removed", line.minutes, actor=actor, payload={"line": line.number})
        line.delete()


def save_part(part: Attendance | MinutesFile, actor: User | None) -> None:
    """Somebody who attended for the authorities, a file or a picture. Raises Invalid, WrongState."""
    with writing(part.minutes):
        clean(part)
        part.save()
        record("dialogue_sessions.minutes_edited", part.minutes, actor=actor)


def remove_part(part: Attendance | MinutesFile, actor: User | None) -> None:
    """Take it out again. Raises WrongState."""
    with writing(part.minutes):
        record("dialogue_sessions.minutes_edited", part.minutes, actor=actor)
        part.delete()


# ── Corrections ───────────────────────────────────────────────────────────────────────────────────────────────────────


def circulate(minutes: Minutes, actor: User | None) -> Minutes:
    """Ask those who attended whether it was so; they have the days of the policy. Raises WrongState."""
    from ..promise_jobs import circulate as job

    with _locked(minutes) as current:
        if current.session.state != SessionState.HELD:
            raise WrongState(_("The session is not over yet."))
        if not current.contributions.exists() and not current.summary:
            raise SessionError(_("There is nothing to read yet: write a summary or a line first."))
        moment = gate.now()
        days = RecordPolicy.objects.in_force(current.session.unit).correction_days
        last = timezone.localtime(moment).date() + dt.timedelta(days=days)
        until = dt.datetime.combine(last, dt.time(23, 59), tzinfo=gate.zone())
        _to(current, MinutesState.CIRCULATED, actor, {"until": until.isoformat()}, circulated_at=moment, corrections_until=until)
        job.defer(minutes_id=current.pk)
    return current


def token(minutes: Minutes, registration: Registration) -> str:
    """What stands in the address by which somebody who attended reads the draft. It names rows, never a person."""
    return _signer.sign_object([minutes.pk, registration.uid.hex])


def opened(signed: str) -> tuple[Minutes, Registration] | None:
    """Whose address it is; None when it is not ours, or whoever it was given to did not attend after all."""
    try:
        pk, uid = _signer.unsign_object(signed)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    attended = Registration.objects.filter(uid=uid, state=RegistrationState.ATTENDED, session__minutes=pk)
    who = attended.select_related("session__unit", "session__minutes").first()
    if who is None:
        return None
    minutes: Minutes = who.session.minutes
    minutes.session = who.session
    return minutes, who


def send_circulated(minutes_id: int) -> int:
    """Write to those who attended; gives to how many. Asked for again, it writes to nobody twice."""
    minutes = Minutes.objects.select_related("session__unit").filter(pk=minutes_id, state=MinutesState.CIRCULATED).first()
    if minutes is None or minutes.corrections_until is None:
        return 0
    done = 0
    for row in minutes.session.registrations.filter(state=RegistrationState.ATTENDED).exclude(contact_sealed="").order_by("pk"):
        try:
            _name, typed = contacts.opened(row)
            contact = messaging.contact_for(typed, keep_until=minutes.corrections_until.date() + dt.timedelta(days=2))
        except (encryption.Unreadable, ValidationError):
            logger.warning("registration %s cannot be written to", row.pk)
            continue
        with translation.override(contact.language):
            values = {
                "session": minutes.session.name[:160], "until": date_format(timezone.localtime(minutes.corrections_until), "SHORT_DATETIME_FORMAT"),
                "link": url(reverse("minutes:correct", args=[minutes.session.slug, token(minutes, row)])),
            }  # fmt: skip
        messaging.send(
            MINUTES_CIRCULATED, contact, values, unit=minutes.session.unit, expires_at=minutes.corrections_until,
            dedupe_key=f"{MINUTES_CIRCULATED}:{minutes.pk}:{row.pk}",
        )  # fmt: skip
        done += 1
    return done


def takes_corrections(minutes: Minutes, now: dt.datetime | None = None) -> bool:
    """Whether somebody may still propose one."""
    return minutes.state == MinutesState.CIRCULATED and minutes.corrections_until is not None and (now or gate.now()) <= minutes.corrections_until


def propose(minutes: Minutes, who: Registration, line: Contribution | None, text: str) -> Correction:
    """Somebody who attended says what was not so. Raises WrongState once the days are over, SessionError for too many."""
    with _locked(minutes) as current:
        if not takes_corrections(current):
            raise WrongState(_("The time for corrections is over. You can still write to the office, which can add to the minutes."))
        if current.corrections.filter(registration=who, state=CorrectionState.PENDING).count() >= MOST_OPEN:
            raise SessionError(_("You have proposed many corrections already. Please wait until some are decided."))
        row = Correction(minutes=current, contribution=line, registration=who)
        row.proposed = text.strip()
        clean(row)
        row.save(force_insert=True)
        record("dialogue_sessions.correction_proposed", row, payload={"minutes": current.pk, "line": line.number if line else None})
    return row


def decide(correction: Correction, *, accept: bool, public_text: str, reason: str, actor: User | None) -> Correction:
    """Accept a correction, or not; what was asked and why stand in the final minutes, in these words. The line itself is then edited
    like any other. Raises ReasonMissing, WrongState."""
    if not reason.strip() or not public_text.strip():
        raise ReasonMissing(_("Say what was asked, in words that name nobody, and why you decide so: everybody reads both."))
    with writing(correction.minutes):
        row = Correction.objects.select_for_update(of=("self",)).get(pk=correction.pk)
        if row.state != CorrectionState.PENDING:
            raise WrongState
        row.state = CorrectionState.ACCEPTED if accept else CorrectionState.REJECTED
        row.public_text, row.reason, row.decided_at = public_text.strip(), reason.strip(), gate.now()
        clean(row)
        row.save()
        record(f"dialogue_sessions.correction_{row.state}", row, actor=actor, payload={"minutes": row.minutes_id})
    return row


# ── Final ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def numbers(session: Session) -> dict[str, int]:
    """How many people had a seat before, how many came (those without a seat, too), how many of the former did not: as told at the door,
    person by person. Nobody types them."""
    found = day.counted(session)
    return {"registered": found.expected, "attended": found.present, "absent": max(0, found.expected - found.came - found.untold)}


def finish(minutes: Minutes, actor: User | None) -> Minutes:
    """Make them final: from now on nobody changes them. Not before the days for corrections are over and all are decided. Raises
    WrongState, SessionError."""
    with _locked(minutes) as current:
        if current.state == MinutesState.CIRCULATED:
            if takes_corrections(current):
                raise SessionError(_("Those who attended may still propose corrections. Wait until the time is over."))
            if current.corrections.filter(state=CorrectionState.PENDING).exists():
                raise SessionError(_("Some corrections are not decided yet. Decide them first."))
            if (unanswered := current.contributions.filter(answer="").order_by("number").values_list("number", flat=True).first()) is not None:
                raise SessionError(_("Line %(number)s has no answer. Each line has one, even if it is: we will answer by …") % {"number": unanswered})
        _to(current, MinutesState.FINAL, actor, None, final_at=gate.now(), **numbers(current.session))
    return current


def event_day(minutes: Minutes) -> dt.date:
    """The day of the session, from which terms are counted."""
    return minutes.session.starts_at.astimezone(gate.zone()).date()


def is_late(minutes: Minutes, day: dt.date | None = None) -> bool:
    """Whether publishing on a day (today) needs a reason."""
    done = day or timezone.localtime(gate.now()).date()
    return lateness.required(lateness.RESULT, event_day(minutes), done, minutes.session.unit)


def publish_minutes(minutes: Minutes, actor: User | None, *, late_reason: str = "") -> Minutes:
    """Show final minutes to everybody; the questions that their lines answer are answered with it. After the legal term only with a
    reason, which stands on the page. Raises ReasonMissing, WrongState, Busy."""
    with _locked(minutes) as current:
        late = is_late(current)
        if late and not late_reason.strip():
            raise ReasonMissing(_("The term for the results is over. Say why they come late: the reason is shown to everybody."))
        _to(
            current, MinutesState.PUBLISHED, actor, {"late": late}, published_at=gate.now(), late_reason=late_reason.strip() if late else "",
        )  # fmt: skip
        answer_from_minutes(current, actor)
        _find(current)
    return current


def _find(minutes: Minutes) -> None:
    from .. import minutes_search

    if minutes.state == MinutesState.PUBLISHED:
        minutes_search.reindex([minutes.pk])


def add_addendum(addendum: Addendum, actor: User | None) -> Addendum:
    """Say beside final minutes what was wrong in them. Raises WrongState, Invalid."""
    with _locked(addendum.minutes) as current:
        if not current.is_fixed:
            raise WrongState(_("These minutes are not final yet: change them."))
        if addendum.contribution_id and addendum.contribution is not None and addendum.contribution.minutes_id != current.pk:
            raise Invalid(ValidationError({"contribution": _("This line belongs to other minutes.")}))
        clean(addendum)
        addendum.save(force_insert=True)
        record("dialogue_sessions.minutes_addendum", current, actor=actor, payload={"addendum": addendum.pk})
        _find(current)
    return addendum


def withdraw_name(line: Contribution, actor: User | None) -> Contribution:
    """Somebody who agreed to be named does so no longer: the line says "a resident" from now on, in final minutes too."""
    with _locked(line.minutes) as current:
        Contribution.objects.filter(pk=line.pk).update(named=False, speaker="", version=models.F("version") + 1)
        Minutes.objects.filter(pk=current.pk).update(version=models.F("version") + 1)  # what is public has changed
        record("dialogue_sessions.name_withdrawn", current, actor=actor, payload={"line": line.number})
    line.refresh_from_db()
    return line


# ── What safeguards asks of whoever holds personal data ───────────────────────────────────────────────────────────────


def rewrap() -> int:
    """Seal proposed corrections anew under today's key; gives how many."""
    done = 0
    for pk in Correction.objects.exclude(proposed_sealed="").order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():  # one by one under its lock: what is erased meanwhile must not come back
            row = Correction.objects.select_for_update(of=("self",)).filter(pk=pk).exclude(proposed_sealed="").first()
            if row is not None and not encryption.is_current(row.proposed_sealed):
                row.proposed = row.proposed
                row.save(update_fields=["proposed_sealed"])
                done += 1
    return done


def _old(now: dt.datetime) -> Any:
    return Correction.objects.exclude(proposed_sealed="").filter(
        decided_at__lt=now - dt.timedelta(days=RetentionPolicy.objects.days(timezone.localdate(now)))
    )


def due(now: dt.datetime) -> int:
    """How many corrections were decided so long ago that what somebody wrote is forgotten."""
    return int(_old(now).count())


def purge(now: dt.datetime) -> int:
    """Forget what they wrote, and who; the public words stay. Gives how many."""
    return int(_old(now).update(proposed_sealed="", registration=None))


def of_person(rows: Any, person: str) -> list[Any]:
    """Of rows with a registration those of one person, by the contact of each, opened one after the other: few rows."""
    try:
        wanted = addresses.either(person)
    except ValidationError:
        return []
    found = []
    for row in rows.exclude(registration=None).select_related("registration"):
        try:
            if addresses.either(contacts.opened(row.registration)[1]) == wanted:
                found.append(row)
        except (encryption.Unreadable, ValidationError):
            continue
    return found


def _of(person: str) -> list[Correction]:
    return of_person(Correction.objects.exclude(proposed_sealed=""), person)


def export(person: str) -> list[dict[str, Any]]:
    """What one person proposed."""
    return [
        {"minutes": row.minutes_id, "proposed": row.proposed, "at": timezone.localtime(row.created_at), "state": row.state} for row in _of(person)
    ]


def erase(person: str) -> int:
    """Forget what one person proposed, and that they did; the public words stay. Gives how many."""
    return Correction.objects.filter(pk__in=[row.pk for row in _of(person)]).update(proposed_sealed="", registration=None)
