"""What is held about those who registered: forgotten at its time, shown to and forgotten for one person, written anew under a new key."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from foundation.registries import PersonalData, personal_data, sealed
from messaging import addresses
from safeguards import encryption

from . import contacts, papers, services
from .enums import UNDECIDED, Need
from .models import Registration, RegistrationQuerySet, RetentionPolicy

logger = logging.getLogger(__name__)


def retention_days(day: dt.date | None = None) -> int:
    """For how many days after a session, its last open question or promise, it is known who came (`RetentionPolicy`)."""
    return RetentionPolicy.objects.days(day)


def _old(now: dt.datetime) -> RegistrationQuerySet:
    """A whole number of days by the local calendar: nobody is forgotten at noon."""
    last = timezone.localdate(now) - dt.timedelta(days=retention_days(timezone.localdate(now)))
    before = timezone.make_aware(dt.datetime.combine(last, dt.time()))
    return Registration.objects.filter(forgotten_at=None, session__ends_at__lt=before)


def due(now: dt.datetime) -> int:
    """How many registrations have had their time."""
    return _old(now).count()


def purge(now: dt.datetime) -> int:
    """Forget who they were; gives how many. A session that is busy is looked at the next night."""
    done = 0
    for row in _old(now).order_by("session_id", "pk").iterator():
        try:
            done += _forgotten(row)
        except services.Busy:
            logger.warning("session %s is busy, its registrations are looked at again", row.session_id)
    return done


def _forgotten(row: Registration) -> bool:
    return services.withdraw(row).forgotten_at is not None if row.state in UNDECIDED else services.forget(row)


def _of(person: str) -> list[Registration]:
    try:
        kind, value = addresses.either(person)
    except ValidationError:
        return []
    digests = encryption.keyed_hashes(value, f"messaging.contact|{kind}")
    return list(Registration.objects.filter(contact_hmac__in=digests).select_related("session", "pool", "priority_group").order_by("pk"))


def export(person: str) -> list[dict[str, Any]]:
    """What is held of a telephone number or an address, by those who registered with it."""
    found = []
    for row in _of(person):
        name, contact = contacts.opened(row)
        found.append(
            {
                "session": row.session.title, "begins": row.session.starts_at, "name": name, "contact": contact, "village": row.village,
                "matter": row.subject, "needs": [str(Need(need).label) for need in row.needs], "people": row.size, "seats": row.pool.name,
                "priority_group": str(row.priority_group or ""), "state": row.state, "number": row.seat_no, "registered_at": row.created_at,
                "consent": row.consent_version, "consented_at": row.consent_at,
                "told_present_at": [arrival.at for arrival in row.check_ins.filter(undone_at=None)],
                "papers": papers.described(row),
            }
        )  # fmt: skip
    return found


def erase(person: str) -> int:
    """Forget one person at once; places that are still to come are given back. Gives how many registrations."""
    return sum(services.withdraw(row).forgotten_at is not None for row in _of(person))


def rewrap() -> int:
    """Write names and contacts under today's FIELD_KEY, with the hash by which a contact is known; gives how many were written."""
    done = 0
    for pk in Registration.objects.filter(forgotten_at=None).order_by("pk").values_list("pk", flat=True).iterator():
        with transaction.atomic():
            row = Registration.objects.select_for_update(of=("self",), no_key=True).filter(pk=pk, forgotten_at=None).first()
            if row is None or not row.name_sealed or encryption.is_current(row.name_sealed):
                continue
            values = contacts.resealed(row)
            if row.contact_hmac:
                values["contact_hmac"] = contacts.digest(contacts.opened(row)[1])
            Registration.objects.filter(pk=pk).update(**values)
            done += 1
    return done


def register() -> None:
    """Tell what is held about those who register, and how it is forgotten."""
    personal_data.register("dialogue_sessions.registration", PersonalData(_("registrations"), due, purge, export, erase))
    sealed.register("dialogue_sessions", rewrap)
