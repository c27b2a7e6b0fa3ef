"""The life of a request of voters for a dialogue: sent, let through, signed until there are enough, and what the unit did about it.

Whoever changes a request or a signature of it holds the request's row first."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from messaging import services as messaging
from messaging.models import Contact
from organisation.models import Population, Unit
from safeguards.models import User
from safeguards.services import record
from search.language import fold

from .. import question_notices as notices
from .. import question_privacy as privacy
from ..enums import DIALOGUES, REQUEST_MOVES, SIGNABLE, TAKES_PLACE, RequestState
from ..models import DialogueRequest, RequestNote, RequestThreshold, Session, Signature
from ..models.requests import REASONS_MOST, SUBJECT_MOST
from ..similarity import personal_number
from . import gate
from .errors import Invalid, NoVoters, PersonalNumber, ReasonMissing, WrongState
from .questions import later, plain

State = RequestState
SIGNING = dt.timedelta(days=365)  # for so long a contact is kept; `keep_contacts` goes on while the request is open


def lock_request(request_id: int) -> DialogueRequest:
    """The request as it is now, its row locked; within `gate.change()`. Raises WrongState when it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('lock_timeout', %s, true)", [gate.LOCK_TIMEOUT])
    found = DialogueRequest.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=request_id).first()
    if found is None:
        raise WrongState
    return found


def _move(request: DialogueRequest, state: str, actor: User | None, payload: dict[str, Any] | None = None, **values: Any) -> None:
    was = request.state
    if state not in REQUEST_MOVES[was]:
        raise WrongState
    for name, value in {"state": state, **values}.items():
        setattr(request, name, value)
    try:
        request.full_clean(exclude=["unit", "session"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise Invalid(error) from error
    request.save()
    record(f"dialogue_sessions.request_{state}", request, actor=actor, payload={"unit": request.unit_id, "from": was, **(payload or {})})


def threshold(unit: Unit, day: dt.date | None = None) -> tuple[int, Any, int]:
    """The voters of a unit by the latest count, the percent in force on a day (today), and how many signatures that is, rounded up.
    Raises NoVoters."""
    day = day or timezone.localdate()
    counted = Population.objects.filter(unit=unit, voters__isnull=False, counted_on__lte=day).order_by("-counted_on").first()
    if counted is None or not counted.voters:
        raise NoVoters
    percent = RequestThreshold.objects.in_force(day).percent
    return counted.voters, percent, max(1, math.ceil(counted.voters * percent / 100))


# ── Who asks and signs ────────────────────────────────────────────────────────────────────────────────────────────────


def send_request(unit: Unit, text: str, name: str, village: str, contact: Contact) -> Signature:
    """Keep a request, with the signature of who wrote it, until the contact is proven. The person has declared to be a voter."""
    with transaction.atomic():
        request = DialogueRequest(unit=unit)
        request.write(plain(text))
        request.save(force_insert=True)
        return _signature(request, name, village, contact, first=True, wants_news=True)


def prepare_signature(request: DialogueRequest, name: str, village: str, contact: Contact, *, wants_news: bool = True) -> Signature:
    """Keep a signature until the contact is proven; it counts for nothing before. Raises WrongState."""
    if request.state not in SIGNABLE:
        raise WrongState(_("This request takes no more signatures."))
    return _signature(request, name, village, contact, first=False, wants_news=wants_news)


def _signature(request: DialogueRequest, name: str, village: str, contact: Contact, *, first: bool, wants_news: bool) -> Signature:
    signature = Signature(request=request, contact=contact, digest=contact.digest, village=plain(village)[:120], first=first, wants_news=wants_news)
    signature.write(plain(name))
    signature.save(force_insert=True)
    return signature


def drop_signature(signature: Signature) -> None:
    """Forget at once what no code could be sent for."""
    with transaction.atomic():
        Signature.objects.filter(pk=signature.pk, proven_at=None).delete()
        DialogueRequest.objects.filter(pk=signature.request_id, state=State.UNPROVEN).delete()


def sign(signature: Signature) -> bool:
    """The contact is proven: the signature counts, once for each contact; whether it is new. With the last one that it takes, the
    request is reached: on record, and everybody who signed hears of it. Raises WrongState, Busy."""
    with gate.change():
        request = lock_request(signature.request_id)
        current = Signature.objects.select_related("contact", "request__unit").filter(pk=signature.pk).first()
        if current is None or current.contact is None:
            raise WrongState
        if current.proven_at is not None:
            return False
        if Signature.objects.filter(request=request, digest=current.digest, proven_at__isnull=False).exists():
            current.delete()
            return False
        if request.state not in ([State.UNPROVEN] if current.first else SIGNABLE):
            raise WrongState(_("This request takes no more signatures."))
        current.proven_at = gate.now()
        current.save(update_fields=["proven_at"])
        Signature.objects.filter(request=request, digest=current.digest, proven_at=None).delete()
        days = SIGNING + dt.timedelta(days=privacy.retention_days(timezone.localdate()))
        messaging.keep(current.contact, timezone.localdate() + days)
        request.signed += 1
        DialogueRequest.objects.filter(pk=request.pk).update(signed=request.signed)
        if current.first:
            _move(request, State.RECEIVED, None)
        else:
            record("dialogue_sessions.request_signed", request, payload={"unit": request.unit_id, "signed": request.signed})
        _reach(request)
        current.request = request
        notices.tell_signed(current)
    return True


def _reach(request: DialogueRequest) -> None:
    if request.state == State.OPEN and request.needed is not None and request.signed >= request.needed:
        _move(request, State.REACHED, None, {"signed": request.signed, "needed": request.needed}, reached_at=gate.now())
        later("tell_request", request_id=request.pk, occasion="reached")


def recount(request: DialogueRequest) -> DialogueRequest:
    """Count the signatures of a request anew, after many were written at once; with enough of them it is reached. Raises WrongState, Busy."""
    with gate.change():
        current = lock_request(request.pk)
        current.signed = current.signatures.filter(proven_at__isnull=False).count()
        DialogueRequest.objects.filter(pk=current.pk).update(signed=current.signed)
        record("dialogue_sessions.request_recounted", current, payload={"unit": current.unit_id, "signed": current.signed})
        _reach(current)
    return current


def withdraw_signature(signature: Signature) -> None:
    """Somebody takes a signature back; name and contact are gone at once. That enough had signed stays true. Raises WrongState, Busy."""
    with gate.change():
        request = lock_request(signature.request_id)
        if request.state in [State.CLOSED, State.REFUSED] or not Signature.objects.filter(pk=signature.pk, proven_at__isnull=False).delete()[0]:
            raise WrongState
        request.signed -= 1
        DialogueRequest.objects.filter(pk=request.pk).update(signed=request.signed)
        record("dialogue_sessions.request_signature_withdrawn", request, payload={"unit": request.unit_id, "signed": request.signed})


# ── Who moderates, and what the unit does ─────────────────────────────────────────────────────────────────────────────


def read_request(request: DialogueRequest, actor: User) -> str:
    """What was sent, for a moderator; who read it is on record (Law 7)."""
    with transaction.atomic():
        record("dialogue_sessions.request_read", request, actor=actor, payload={"unit": request.unit_id})
    return request.sent_text()


def _checked(subject: str, public_text: str, *, sure: bool) -> tuple[str, str]:
    subject, public_text = " ".join(plain(subject).split()), plain(public_text)
    errors = {}
    for name, text, most in (("subject", subject, SUBJECT_MOST), ("public_text", public_text, REASONS_MOST)):
        if not text:
            errors[name] = _("Write the text that everybody may read.")
        elif len(text) > most:
            errors[name] = _("This text has %(length)s characters; at most %(most)s fit.") % {"length": len(text), "most": most}
    if errors:
        raise Invalid(ValidationError(errors))
    if not sure and (kind := personal_number(f"{subject}\n{public_text}")):
        raise PersonalNumber(kind)
    return subject, public_text


def open_request(request: DialogueRequest, subject: str, public_text: str, actor: User | None, *, sure: bool = False) -> DialogueRequest:
    """Let a request through: public from now on, to be signed until there are as many as the threshold of today takes, which stays.
    Raises Invalid, PersonalNumber, NoVoters, WrongState, Busy."""
    subject, public_text = _checked(subject, public_text, sure=sure)
    with gate.change():
        current = lock_request(request.pk)
        voters, percent, needed = threshold(current.unit)
        slug = f"{slugify(fold(subject))[:80].strip('-') or 'de-nghi'}-{current.pk}"
        payload = {"voters": voters, "percent": str(percent), "needed": needed}
        _move(
            current, State.OPEN, actor, payload, subject=subject, public_text=public_text, slug=slug, voters=voters, percent=percent,
            needed=needed, opened_at=gate.now(),
        )  # fmt: skip
        notices.tell_first(current)
        _reach(current)
    return current


def refuse_request(request: DialogueRequest, reason: str, actor: User | None) -> DialogueRequest:
    """Do not take a request, or end one that is open, with a reason. Raises ReasonMissing, WrongState, Busy."""
    return _end(request, State.REFUSED, reason, actor)


def close_request(request: DialogueRequest, reason: str, actor: User | None) -> DialogueRequest:
    """It is over: the dialogue was held, or nobody asks for it any more. Raises ReasonMissing, WrongState, Busy."""
    return _end(request, State.CLOSED, reason, actor)


def _end(request: DialogueRequest, state: RequestState, reason: str, actor: User | None) -> DialogueRequest:
    reason = plain(reason)[:1000]
    if not reason:
        raise ReasonMissing
    with gate.change():
        current = lock_request(request.pk)
        _move(current, state, actor, {"reason": reason[:500]}, reason=reason, ended_at=gate.now())
        later("tell_request", request_id=current.pk, occasion=str(state))
    return current


def schedule_request(request: DialogueRequest, session: Session, actor: User | None) -> DialogueRequest:
    """The unit holds a dialogue: it stands on the request's page, and who signed hears of it. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = lock_request(request.pk)
        wrong = session.unit_id != current.unit_id or session.kind not in DIALOGUES or session.state not in TAKES_PLACE
        if wrong or session.pk == current.session_id:
            said = _("Choose a dialogue of this unit that is made public.")
            raise Invalid(ValidationError({"session": said}))
        _move(current, State.SCHEDULED, actor, {"session": session.pk}, session=session, scheduled_at=gate.now())
        later("tell_request", request_id=current.pk, occasion=f"scheduled-{session.pk}")
    return current


def note_request(request: DialogueRequest, text: str, actor: User | None) -> RequestNote:
    """Tell in public, with today's day, what the unit did about a request. Raises Invalid, WrongState, Busy."""
    with gate.change():
        current = lock_request(request.pk)
        if current.opened_at is None:
            raise WrongState
        note = RequestNote(request=current, text=plain(text)[:1000], at=gate.now())
        try:
            note.full_clean(exclude=["request"])
        except ValidationError as error:
            raise Invalid(error) from error
        note.save(force_insert=True)
        record("dialogue_sessions.request_noted", current, actor=actor, payload={"unit": current.unit_id, "note": note.pk})
    return note


def tell_request(request_id: int, occasion: str) -> int:
    """Write to who signed what came of a request; gives to how many. Told once, whenever it is asked again."""
    request = DialogueRequest.objects.select_related("unit", "session").filter(pk=request_id).first()
    if request is None:
        return 0
    rows = request.signatures.filter(proven_at__isnull=False, contact__isnull=False).select_related("contact").order_by("pk")
    done = 0
    for signature in rows.iterator(chunk_size=500):
        done += notices.tell_signers(request, [signature], occasion)
    return done
