"""What is to be sent: one row and one job, in the transaction that causes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from organisation.models import Unit
from safeguards.models import User
from safeguards.services import record

from . import quiet
from .composing import compose, kind, wording
from .enums import OPEN_STATES, Reason, State
from .models import Contact, Message, kind_of
from .sending import move, take_back

URGENT = 10  # priority of a job whose reader waits for it


class CannotResend(Exception):
    """This message did not fail, or its text is gone."""


@transaction.atomic
def send(
    kind_key: str, contact: Contact, values: Mapping[str, str], *, dedupe_key: str, not_before: dt.datetime | None = None,
    expires_at: dt.datetime | None = None, unit: Unit | None = None,
) -> Message:  # fmt: skip
    """Write a message to a contact and plan its delivery, in the caller's transaction.

    `dedupe_key` names the occasion (kind and ids of rows, never anything of a person): asked for again, nothing happens and the first
    message is given. `values` are exactly the kind's placeholders. `not_before` plans a reminder; quiet hours move it. After
    `expires_at` (by default as the kind says, from `not_before` on) it is not sent. `unit`: whose staff sees it (A10).
    Raises composing.UnknownKind and WrongValues."""
    of = kind(kind_key)
    standing = Message.objects.filter(dedupe_key=dedupe_key).first()
    if standing is not None:
        return standing
    now = timezone.now()
    planned = max(not_before or now, now)
    ends = expires_at or planned + of.expires_after
    first_try = quiet.moment_for(planned, ends, now) if of.quiet else planned
    said = wording(of, contact.channel, contact.language)
    message = Message(
        kind=of.key, channel=contact.channel, language=contact.language, contact=contact, unit=unit, dedupe_key=dedupe_key,
        template_version=said.version, state=State.QUEUED, next_try_at=first_try, created_at=now, expires_at=max(ends, now + dt.timedelta(seconds=1)),
    )  # fmt: skip
    message.write(compose(of, contact.channel, said, values).as_parts())
    fields = {field.name: getattr(message, field.name) for field in Message._meta.concrete_fields if field.name not in {"id", "dedupe_key"}}
    made, new = Message.objects.get_or_create(dedupe_key=dedupe_key, defaults=fields)
    if not new:
        return made
    if not said.active:
        move(made, State.SUPPRESSED, now, reason=Reason.SWITCHED_OFF)
    elif contact.opted_out_at and not of.asked_for:
        move(made, State.SUPPRESSED, now, reason=Reason.OPTED_OUT)
    else:
        _plan(made, urgent=not of.quiet)
    return made


def _plan(message: Message, *, urgent: bool) -> None:
    from .jobs import deliver

    now = timezone.now()
    options = {"schedule_at": message.next_try_at} if message.next_try_at > now else {}
    deliver.configure(priority=URGENT if urgent else 0, **options).defer(message_id=message.pk)


def cancel(dedupe_key: str) -> bool:
    """Take back a message that has not gone (the session that it reminds of is off); whether there was one. One that is being handed
    over at this moment may arrive, and is not tried again."""
    with transaction.atomic():
        message = Message.objects.select_for_update(of=("self",)).filter(dedupe_key=dedupe_key).first()
        return message is not None and take_back(message, timezone.now())


def cancel_beginning(key: str) -> int:
    """Take back every message that has not gone whose occasion begins so; gives how many."""
    keys = Message.objects.filter(dedupe_key__startswith=key, state__in=OPEN_STATES).values_list("dedupe_key", flat=True)
    return sum(cancel(one) for one in list(keys))


def resend(message: Message, actor: User | None) -> Message:
    """Try a message that failed once more, because somebody who works with it asks; raises CannotResend."""
    with transaction.atomic():
        row = Message.objects.select_for_update(of=("self",)).select_related("contact").get(pk=message.pk)
        of = kind_of(row.kind)
        if row.state != State.FAILED or not row.sealed or of is None:
            raise CannotResend(row.state)
        now = timezone.now()
        ends = max(row.expires_at, now + of.expires_after)
        move(
            row, State.QUEUED, now, actor=actor, reason="", answer="", tries=0, expires_at=ends,
            next_try_at=quiet.moment_for(now, ends, now) if of.quiet else now,
        )  # fmt: skip
        record("messaging.message_resent", row, actor=actor)
        _plan(row, urgent=not of.quiet)
    return row
