"""Telephone numbers and e-mail addresses in one spelling, and what to say of those that are none. No database is asked."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from .enums import ContactKind

LONGEST = 254
_SEPARATORS = re.compile(r"[\s.()\-\u2010-\u2015\u00a0]+")
_MOBILE = re.compile(r"[35789][0-9]{8}")
_LANDLINE = re.compile(r"2[0-9]{8,9}")


def _unsigned(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def telephone(typed: str) -> str:
    """The number as +84 and nine digits; raises ValidationError with what is wrong, in words.

    Taken are 0912 345 678, 84…, +84…, +84 (0)…, 0084…, with blanks, points, hyphens and brackets anywhere."""
    if len(typed) > LONGEST:
        raise ValidationError(_("This is not a telephone number."))
    bare = _SEPARATORS.sub("", _unsigned(typed))
    international = bare.startswith(("+", "00"))
    digits = bare.removeprefix("+") if bare.startswith("+") else bare.removeprefix("00") if bare.startswith("00") else bare
    if not digits or not re.fullmatch(r"[0-9]+", digits):
        raise ValidationError(_("This is not a telephone number. Type digits only, for example 0912 345 678."))
    if international or (digits.startswith("84") and len(digits) >= 11):
        if not digits.startswith("84"):
            raise ValidationError(_("We can only write to telephone numbers of Vietnam. With a foreign number, give your e-mail address."))
        national = digits[2:].removeprefix("0")
    elif digits.startswith("0"):
        national = digits[1:]
    else:
        raise ValidationError(_("A telephone number begins with 0 or +84, for example 0912 345 678."))
    if _MOBILE.fullmatch(national):
        return f"+84{national}"
    if _LANDLINE.fullmatch(national):
        raise ValidationError(_("This is a landline, which takes no messages. Give the number of a mobile telephone, or your e-mail address."))
    if len(national) != 9:
        raise ValidationError(_("A mobile telephone number has ten digits, for example 0912 345 678. Count them again."))
    raise ValidationError(_("No mobile telephone number of Vietnam begins like this. It begins with 03, 05, 07, 08 or 09."))


def email(typed: str) -> str:
    """The address in small letters, its domain as the wire has it; raises ValidationError with what is wrong, in words."""
    wrong = ValidationError(_("This is not an e-mail address. It looks like name@example.vn."))
    if len(typed) > LONGEST:
        raise wrong
    text = _unsigned(typed)
    name, at, domain = text.rpartition("@")
    # Quoted names may hold blanks and control characters; nobody has such an address, and headers are made of this.
    if not at or any(sign in '"\\<>,;:' or sign.isspace() or not sign.isprintable() for sign in text):
        raise wrong
    if not name.isascii():
        raise ValidationError(_("The part before the @ has letters with marks. Type the address without them."))
    try:
        domain = domain.encode("idna").decode("ascii")
        address = f"{name}@{domain}".lower()
        validate_email(address)
    except (UnicodeError, ValidationError):
        raise wrong from None
    if len(address) > LONGEST:
        raise wrong
    return address


NORMALISE = {ContactKind.TELEPHONE: telephone, ContactKind.EMAIL: email}


def either(typed: str) -> tuple[ContactKind, str]:
    """Which of the two it is, and in its one spelling; raises ValidationError."""
    return (ContactKind.EMAIL, email(typed)) if "@" in typed else (ContactKind.TELEPHONE, telephone(typed))


def masked(kind: str, value: str) -> str:
    """What staff see of it in lists: enough to recognise it by, not enough to use it."""
    if kind == ContactKind.TELEPHONE:
        return f"••• ••• {value[-3:]}"
    name, _at, domain = value.partition("@")
    return f"{name[:1]}•••@{domain[:1]}•••.{domain.rpartition('.')[2]}"
