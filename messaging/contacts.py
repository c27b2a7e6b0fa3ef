"""Contacts: found or made by what somebody typed, kept as long as somebody needs them, ended by their owner, forgotten."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from safeguards import encryption
from safeguards.models import User
from safeguards.services import record

from . import addresses
from .enums import FINAL_STATES, ContactKind, Language
from .models import Contact, Message

UNPROVEN_DAYS = 2  # a contact that nobody proves or keeps


def contact_for(typed: str, *, kind: ContactKind | None = None, language: str = Language.VI, keep_until: dt.date | None = None) -> Contact:
    """The contact of a telephone number or e-mail address as somebody typed it, made when it is new. `keep_until`: the last day on
    which it is needed. Raises ValidationError with a message for that person."""
    found, value = (kind, addresses.NORMALISE[kind](typed)) if kind else addresses.either(typed)
    until = keep_until or timezone.localdate() + dt.timedelta(days=UNPROVEN_DAYS)
    with transaction.atomic():
        contact = Contact.objects.reached_by(found, value).first()
        if contact is None:
            fresh = Contact(kind=found, language=language, forget_after=until)
            fresh.write(value)
            fields = {"kind": fresh.kind, "sealed": fresh.sealed, "language": language, "forget_after": until}
            contact, _made = Contact.objects.get_or_create(digest=fresh.digest, defaults=fields)
        if contact.language != language:
            Contact.objects.filter(pk=contact.pk).update(language=language)
            contact.language = language
        keep(contact, until)
    return contact


def keep(contact: Contact, until: dt.date) -> None:
    """Somebody needs the contact up to a day; a day before the one that stands changes nothing."""
    Contact.objects.filter(pk=contact.pk).update(forget_after=Greatest("forget_after", until))
    contact.forget_after = max(contact.forget_after, until)


def opt_out(contact: Contact) -> bool:
    """The person wants no messages but answers to what they do; whether that is new. What waits is held back when its time comes."""
    with transaction.atomic():
        changed = bool(Contact.objects.filter(pk=contact.pk, opted_out_at=None).update(opted_out_at=timezone.now()))
        if changed:
            record("messaging.contact_opted_out", contact)
    return changed


def opt_in(contact: Contact) -> bool:
    """The person takes that back; whether there was something to take back."""
    with transaction.atomic():
        changed = bool(Contact.objects.filter(pk=contact.pk, opted_out_at__isnull=False).update(opted_out_at=None))
        if changed:
            record("messaging.contact_opted_in", contact)
    return changed


# ── What safeguards asks of whoever holds personal data ───────────────────────────────────────────────────────────────


def _old_messages(now: dt.datetime) -> Any:
    return Message.objects.filter(state__in=FINAL_STATES, done_at__lt=now - dt.timedelta(days=settings.MESSAGES_KEEP_DAYS))


def messages_due(now: dt.datetime) -> int:
    """How many messages have had their time."""
    return int(_old_messages(now).count())


def purge_messages(now: dt.datetime) -> int:
    """Forget messages at their time; gives how many."""
    return int(_old_messages(now).delete()[0])


def contacts_due(now: dt.datetime) -> int:
    """How many contacts nobody needs any more."""
    return Contact.objects.forgettable(timezone.localdate(now)).count()


def purge_contacts(now: dt.datetime) -> int:
    """Forget contacts that nobody needs any more, with their codes and messages; gives how many contacts."""
    with transaction.atomic():
        gone = list(Contact.objects.forgettable(timezone.localdate(now)).select_for_update(of=("self",)))
        Contact.objects.filter(pk__in=[contact.pk for contact in gone]).delete()
    return len(gone)


def _of(person: str) -> Contact | None:
    try:
        kind, value = addresses.either(person)
    except ValidationError:
        return None
    return Contact.objects.reached_by(kind, value).first()


def export_contact(person: str) -> list[dict[str, Any]]:
    """The contact of a telephone number or address."""
    contact = _of(person)
    if contact is None:
        return []
    names = ("kind", "language", "verified_at", "opted_out_at", "forget_after", "created_at")
    return [{"value": contact.value, **{name: getattr(contact, name) for name in names}}]


def export_messages(person: str) -> list[dict[str, Any]]:
    """The messages to a telephone number or address, with their text where it still stands."""
    contact = _of(person)
    rows = contact.messages.order_by("pk") if contact else []
    return [
        {
            "occasion": row.kind_label, "channel": row.channel, "state": row.state, "made_at": row.created_at, "done_at": row.done_at,
            **(row.parts if row.sealed else {}),
        }
        for row in rows
    ]  # fmt: skip


def erase(person: str, actor: User | None = None) -> int:
    """Forget one person at once, with codes and messages, waiting ones too; gives how many contacts. The event names nobody."""
    with transaction.atomic():
        contact = _of(person)
        if contact is None:
            return 0
        record("messaging.contact_erased", contact, actor=actor)
        contact.delete()
    return 1


def erase_messages(person: str) -> int:
    """Messages go with their contact; asked for after it, there are none left."""
    contact = _of(person)
    return int(contact.messages.all().delete()[0]) if contact else 0


def rewrap() -> int:
    """Write contacts and texts under today's FIELD_KEY; gives how many were written."""
    done = 0
    for pk in Contact.objects.order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            contact = Contact.objects.select_for_update().filter(pk=pk).first()
            if contact is not None and not encryption.is_current(contact.sealed):
                contact.write(contact.value)
                contact.save(update_fields=["digest", "sealed"])
                done += 1
    for pk in Message.objects.exclude(sealed="").order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            message = Message.objects.select_for_update(of=("self",)).filter(pk=pk).exclude(sealed="").first()
            if message is not None and not encryption.is_current(message.sealed):
                message.write(message.parts)
                message.save(update_fields=["sealed"])
                done += 1
    return done
