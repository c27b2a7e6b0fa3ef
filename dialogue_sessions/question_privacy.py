"""What is held of those who ask, support and sign: kept as long as something of it is open, then forgotten; shown and erased when a
person asks. What a moderator approved stays: it names nobody."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.registries import PersonalData, personal_data, sealed
from messaging import addresses
from messaging import services as messaging
from messaging.models import Contact
from safeguards import encryption
from safeguards.services import record

from . import question_papers
from .enums import QUESTION_OVER, QuestionState, RequestState
from .models import DialogueRequest, Question, QuestionSupport, RetentionPolicy, Signature

UNPROVEN = dt.timedelta(days=2)
AHEAD = dt.timedelta(days=30)
SIGNED_OVER = [RequestState.REFUSED, RequestState.CLOSED]


def retention_days(day: dt.date) -> int:
    """For how many days after its end what was sent, and by whom, is kept; the rule of a day."""
    return RetentionPolicy.objects.days(day)


def _nobody() -> str:
    """Takes the place of a contact's hash: unique like it, and of nobody."""
    return secrets.token_hex(32)


def _before(now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(days=retention_days(timezone.localdate(now)))


# ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unproven(now: dt.datetime) -> Any:
    return Question.objects.filter(state=QuestionState.UNPROVEN, sent_at__lt=now - UNPROVEN)


def _over(now: dt.datetime) -> Any:
    """Questions that have been over for so long; a merged one is over with the one that it counts for."""
    ended = Question.objects.filter(state__in=QUESTION_OVER, ended_at__lt=_before(now))
    merged = Question.objects.filter(state=QuestionState.MERGED, own_supports__counted_for__in=ended.values("pk"))
    return Question.objects.filter(forgotten_at=None).filter(models.Q(pk__in=ended.values("pk")) | models.Q(pk__in=merged.values("pk")))


def questions_due(now: dt.datetime) -> int:
    """How many questions have had their time."""
    return int(_unproven(now).count()) + int(_over(now).count())


def purge_questions(now: dt.datetime) -> int:
    """Forget what was sent and by whom; public texts and counts stay. Gives how many questions."""
    with transaction.atomic():
        unproven = list(_unproven(now).order_by("pk").select_for_update(of=("self",)))
        question_papers.remove(unproven)
        gone = int(Question.objects.filter(pk__in=[question.pk for question in unproven]).delete()[1].get("dialogue_sessions.Question", 0))
        over = list(_over(now).order_by("pk").select_for_update(of=("self",)))
        question_papers.remove(over)
        _forget_supports(QuestionSupport.objects.filter(question__in=over))
        Question.objects.filter(pk__in=[question.pk for question in over]).update(text_sealed="", forgotten_at=now)
    return gone + len(over)


def _forget_supports(rows: Any) -> None:
    for support in list(rows):
        support.contact, support.digest = None, _nobody()
        support.save(update_fields=["contact", "digest"])


def _digests(person: str) -> list[str]:
    """By what a person's rows are recognised, under today's key and former ones."""
    try:
        kind, value = addresses.either(person)
    except ValidationError:
        return []
    return encryption.keyed_hashes(value, f"messaging.contact|{kind}")


def export_questions(person: str) -> list[dict[str, Any]]:
    """What one person asked and supports."""
    rows = QuestionSupport.objects.filter(digest__in=_digests(person)).select_related("question__session").order_by("pk")
    return [
        {
            "dialogue": row.question.session.title, "asked": row.asked, "at": row.at, "state": row.question.state,
            "public_text": row.question.public_text, "village": row.question.village if row.asked else "",
            "text": row.question.sent_text() if row.asked else "", "papers": question_papers.described(row.question) if row.asked else [],
        }
        for row in rows
    ]  # fmt: skip


def erase_questions(person: str) -> int:
    """Forget one person at once; what is public and the counts stay. Gives how many rows."""
    digests = _digests(person)
    with transaction.atomic():
        rows = QuestionSupport.objects.filter(digest__in=digests)
        asked = list(Question.objects.filter(pk__in=rows.filter(asked=True).values("question")).order_by("pk").select_for_update(of=("self",)))
        count = rows.count()
        question_papers.remove(asked, "erased")
        for question in asked:
            Question.objects.filter(pk=question.pk).update(text_sealed="", village="", forgotten_at=timezone.now())
            record("dialogue_sessions.question_forgotten", question, payload={"session": question.session_id})
        _forget_supports(rows)
    return count


# ── Requests and signatures ───────────────────────────────────────────────────────────────────────────────────────────


def _stale_requests(now: dt.datetime) -> Any:
    return DialogueRequest.objects.filter(state=RequestState.UNPROVEN, sent_at__lt=now - UNPROVEN)


def _stale_signatures(now: dt.datetime) -> Any:
    return Signature.objects.filter(proven_at=None, declared_at__lt=now - UNPROVEN)


def _over_requests(now: dt.datetime) -> Any:
    return DialogueRequest.objects.filter(state__in=SIGNED_OVER, ended_at__lt=_before(now), forgotten_at=None)


def signatures_due(now: dt.datetime) -> int:
    """How many requests and signatures have had their time."""
    over = Signature.objects.filter(request__in=_over_requests(now))
    return int(_stale_requests(now).count()) + int(_stale_signatures(now).count()) + int(over.count())


def purge_signatures(now: dt.datetime) -> int:
    """Forget names, contacts and what was sent; how many signed stays. Gives how many rows."""
    with transaction.atomic():
        stale = list(_stale_requests(now).order_by("pk").select_for_update(of=("self",)))  # beside nobody who signs one at last
        gone = int(_stale_signatures(now).delete()[0])
        unsigned = DialogueRequest.objects.filter(pk__in=[request.pk for request in stale])
        gone += int(unsigned.delete()[1].get("dialogue_sessions.DialogueRequest", 0))
        for request in _over_requests(now).order_by("pk").select_for_update(of=("self",)):
            gone += int(request.signatures.all().delete()[0])
            DialogueRequest.objects.filter(pk=request.pk).update(text_sealed="", forgotten_at=now)
    return gone


def export_signatures(person: str) -> list[dict[str, Any]]:
    """What one person signed."""
    rows = Signature.objects.filter(digest__in=_digests(person)).select_related("request__unit").order_by("pk")
    return [
        {
            "request": row.request.subject or str(row.request.unit), "name": row.name(), "village": row.village, "wrote_it": row.first,
            "at": row.declared_at, "proven_at": row.proven_at, "text": row.request.sent_text() if row.first else "",
        }
        for row in rows
    ]  # fmt: skip


def erase_signatures(person: str) -> int:
    """Forget one person's signatures: name, contact and village go, the signature that was given stays counted. Gives how many rows."""
    digests = _digests(person)
    with transaction.atomic():
        rows = Signature.objects.filter(digest__in=digests)
        count = rows.count()
        DialogueRequest.objects.filter(signatures__in=rows.filter(first=True)).update(text_sealed="")
        rows.filter(proven_at=None).delete()
        for row in rows.filter(proven_at__isnull=False):
            row.contact, row.digest, row.name_sealed, row.village = None, _nobody(), "", ""
            row.save(update_fields=["contact", "digest", "name_sealed", "village"])
    return count


# ── Contacts that are still needed, keys that change ──────────────────────────────────────────────────────────────────


def keep_contacts(day: dt.date) -> int:
    """Contacts that wait for an answer are kept, however late that is; gives how many. Before messaging looks for what nobody needs."""
    open_supports = QuestionSupport.objects.filter(contact__isnull=False).exclude(counted_for__state__in=QUESTION_OVER)
    open_signatures = Signature.objects.filter(contact__isnull=False, proven_at__isnull=False).exclude(request__state__in=SIGNED_OVER)
    wanted = Contact.objects.filter(forget_after__lt=day + AHEAD).filter(
        models.Q(pk__in=open_supports.values("contact")) | models.Q(pk__in=open_signatures.values("contact"))
    )
    done = 0
    for contact in wanted.iterator():
        messaging.keep(contact, day + dt.timedelta(days=retention_days(day)))
        done += 1
    return done


def rewrap() -> int:
    """Write what is sealed under today's FIELD_KEY, and take over the contacts' new hashes; gives how many were written."""
    # Before us, in whichever order the applications start: their new hashes are what ours follow.
    contacts = sealed.find("messaging")
    done = contacts() if contacts is not None else 0
    columns = ((Question, "text_sealed", "sent_text"), (DialogueRequest, "text_sealed", "sent_text"), (Signature, "name_sealed", "name"))
    for model, column, read in columns:
        for pk in model._default_manager.exclude(**{column: ""}).order_by("pk").values_list("pk", flat=True).iterator():
            with transaction.atomic():
                row: Any = model._default_manager.select_for_update(of=("self",)).filter(pk=pk).exclude(**{column: ""}).first()
                if row is not None and not encryption.is_current(getattr(row, column)):
                    row.write(getattr(row, read)())
                    row.save(update_fields=[column])
                    done += 1
    for rows in (QuestionSupport, Signature):
        moved = rows._default_manager.filter(contact__isnull=False).exclude(digest=models.F("contact__digest"))
        for pk, digest in list(moved.values_list("pk", "contact__digest")):
            done += rows._default_manager.filter(pk=pk).update(digest=digest)
    return done


def register() -> None:
    """Called when the application starts."""
    personal_data.register(
        "dialogue_sessions.question",
        PersonalData(_("questions to dialogues"), questions_due, purge_questions, export_questions, erase_questions),
    )
    personal_data.register(
        "dialogue_sessions.signature",
        PersonalData(_("requests for dialogues, signatures"), signatures_due, purge_signatures, export_signatures, erase_signatures),
    )
    sealed.register("dialogue_sessions.questions", rewrap)
