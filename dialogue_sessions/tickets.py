"""The ticket of a registration: a signed token that stands in messages and in the QR code, and says nothing about the person.

Whoever has it has the holder's page; the page for those at the door reads the same token. It names the registration by its random id,
and is good for as long as the registration is: once that is forgotten, so is the ticket."""

from __future__ import annotations

import base64
import binascii
import uuid
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare

from .models import Registration

_NAME, _SIGNATURE = 22, 16  # characters: 16 bytes, and 96 bits of the signature; short enough for a text message
_SALT = "dialogue_sessions.ticket"


def _signatures(name: str) -> list[str]:
    """Under today's key, and under those that were in use before."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [signing.Signer(key=key, salt=_SALT).signature(name)[:_SIGNATURE] for key in keys]


def ticket_token(registration: Registration) -> str:
    """What stands in the address and in the QR code."""
    name = base64.urlsafe_b64encode(registration.uid.bytes).rstrip(b"=").decode()
    return name + _signatures(name)[0]


def registration_of(token: str) -> Registration | None:
    """Whose ticket it is, with its session and seats; None when it is not one of ours, or the registration is gone or forgotten.

    What is passed may be the token or the whole address that a camera reads."""
    token = token.strip().rstrip("/").rpartition("/")[2]
    if len(token) != _NAME + _SIGNATURE or not token.isascii():
        return None
    name, signature = token[:_NAME], token[_NAME:]
    if not any(constant_time_compare(signature, known) for known in _signatures(name)):
        return None
    try:
        uid = uuid.UUID(bytes=base64.urlsafe_b64decode(f"{name}=="))
    except (binascii.Error, ValueError):
        return None
    found = Registration.objects.select_related("session__unit", "session__room__point", "pool").filter(uid=uid).first()
    return found if found is not None and found.name_sealed else None


def address_of(registration: Registration, language: str) -> str:
    """The whole address of the holder's page, in a language."""
    with translation.override(language):
        path = reverse("dialogue_sessions:place", args=[registration.session.slug, ticket_token(registration)])
    return urljoin(settings.WAGTAILADMIN_BASE_URL, path)
