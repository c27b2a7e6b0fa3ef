"""The signed address by which a reader ends messages. It names a row, never a person, and proves that whoever holds it got a message."""

from __future__ import annotations

from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import translation

from .models import Contact

_signer = signing.Signer(salt="messaging.stop")


def token(contact: Contact) -> str:
    """What stands in the address. It dies with the contact: a row that is forgotten and made anew has another number."""
    return _signer.sign(str(contact.pk))


def contact_of(signed: str) -> Contact | None:
    """Whose it is; None when it is not one of ours or the contact is forgotten."""
    try:
        return Contact.objects.filter(pk=int(_signer.unsign(signed))).first()
    except (signing.BadSignature, ValueError, OverflowError):
        return None


def stop_url(contact: Contact, language: str) -> str:
    """The whole address, in the language of the message."""
    with translation.override(language):
        return urljoin(settings.WAGTAILADMIN_BASE_URL, reverse("messaging:stop", args=[token(contact)]))
