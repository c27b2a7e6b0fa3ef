"""Who registers, as it comes to the services: sealed before it is handed over, and proven elsewhere.

The services never see a telephone number: they get an HMAC, by which the same contact is recognised, and texts that are bound to
the row they belong to. Whoever proves contacts by a code computes the HMAC, the same one for every application."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from messaging import addresses
from safeguards import encryption

from .models import PriorityGroup, Registration

NAME, CONTACT = "name", "contact"


def _context(part: str, uid: uuid.UUID) -> str:
    return f"dialogue_sessions.registration|{part}|{uid}"


@dataclass(frozen=True)
class Applicant:
    """A person, or a group by its representative. `contact_hmac` is 64 hexadecimal digits, or nothing when a clerk writes down
    somebody without a telephone."""

    uid: uuid.UUID
    name_sealed: str
    contact_sealed: str
    contact_hmac: str
    village: str = ""
    subject: str = ""
    needs: Sequence[str] = field(default=())
    size: int = 1
    priority_group: PriorityGroup | None = None
    consent_version: str = ""
    earlier: Registration | None = None


def applicant(
    name: str,
    contact: str = "",
    contact_hmac: str = "",
    *,
    village: str = "",
    subject: str = "",
    needs: Sequence[str] = (),
    size: int = 1,
    priority_group: PriorityGroup | None = None,
    consent_version: str = "",
    earlier: Registration | None = None,
    uid: uuid.UUID | None = None,
) -> Applicant:
    """Seal a name and a contact for a registration that is about to be made. `uid`: by what a form that is sent twice is known."""
    uid = uid or uuid.uuid4()
    return Applicant(
        uid=uid,
        name_sealed=encryption.encrypt(name, _context(NAME, uid)),
        contact_sealed=encryption.encrypt(contact, _context(CONTACT, uid)) if contact else "",
        contact_hmac=contact_hmac,
        village=village,
        subject=subject,
        needs=tuple(needs),
        size=size,
        priority_group=priority_group,
        consent_version=consent_version,
        earlier=earlier,
    )


def opened(registration: Registration) -> tuple[str, str]:
    """The name and the contact in the clear; raises `encryption.Unreadable`. For people, only through `services.reveal`, which
    puts on record who read them."""
    contact = registration.contact_sealed
    return (
        encryption.decrypt(registration.name_sealed, _context(NAME, registration.uid)),
        encryption.decrypt(contact, _context(CONTACT, registration.uid)) if contact else "",
    )


def resealed(registration: Registration) -> dict[str, str]:
    """Name and contact of a registration under today's key; raises `encryption.Unreadable`."""
    name, contact = opened(registration)
    return {
        "name_sealed": encryption.encrypt(name, _context(NAME, registration.uid)),
        "contact_sealed": encryption.encrypt(contact, _context(CONTACT, registration.uid)) if contact else "",
    }


def digest(typed: str) -> str:
    """The HMAC of a contact as messaging computes it, under today's key. Raises ValidationError."""
    kind, value = addresses.either(typed)
    return encryption.keyed_hash(value, f"messaging.contact|{kind}")
