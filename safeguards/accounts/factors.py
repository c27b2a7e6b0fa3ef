"""The second factor: codes of an authenticator app (RFC 6238) and recovery codes.

The rows are allauth's; what is in them is ours. allauth remembers a used code in a cache and for one period only, so that
another process, or the same one a minute later, would take it again; here the row remembers the last period used, and its
lock decides. Recovery codes stand as hashes, the app's key encrypted."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import unicodedata
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from safeguards import encryption
from safeguards.models import User

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator

PERIOD = 30
STEPS = 1  # a clock that is a period slow or fast
RECOVERY_CODES = 10
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no two look alike; 30 signs, so ten of them are 49 bits  # pragma: allowlist secret
LENGTH = 10


def _rows() -> Any:
    from allauth.mfa.models import Authenticator

    return Authenticator


def new_secret() -> str:
    """A key for an authenticator app: 160 bits in base32."""
    return str(generate_totp_secret())


def address(user: User, secret: str) -> str:
    """What the QR code says: the key, whose it is and for what."""
    issuer = settings.MFA_TOTP_ISSUER
    return f"otpauth://totp/{quote(issuer)}:{quote(user.get_username())}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"


def _plain(code: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKC", code).upper() if sign.isalnum())


def period_of(secret: str, code: str, after: int = 0) -> int | None:
    """The period of which `code` is, among now, the one before and the one to come, if it is later than `after`."""
    typed = _plain(code)
    now = int(time.time()) // PERIOD
    right = [
        period
        for period in range(now - STEPS, now + STEPS + 1)
        if hmac.compare_digest(format_hotp_value(hotp_value(secret, period)).encode(), typed.encode())
    ]
    return next((period for period in reversed(right) if period > after), None)


def _context(user_id: int) -> str:
    return f"mfa_authenticator.secret|{user_id}"


def is_set_up(user: User) -> bool:
    """Whether the account has a second factor. The user of a request knows; for others it is asked."""
    known = getattr(user, "factor_ids", None)
    return bool(known) if known is not None else _rows().objects.filter(user_id=user.pk).exists()


@transaction.atomic
def add(user: User, secret: str, period: int) -> tuple[Authenticator, list[str]]:
    """Give the account its factor, whose code of `period` was just shown, and recovery codes; gives both.

    Raises IntegrityError where there is one."""
    row = _rows().objects.create(
        user=user, type="totp", data={"secret": encryption.encrypt(secret, _context(user.pk)), "last_period": period}, last_used_at=timezone.now()
    )
    return row, renew_recovery_codes(user)


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New recovery codes in place of the old; they are in no other place than in what this gives."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(RECOVERY_CODES)]
    salt = secrets.token_hex(16)
    _rows().objects.update_or_create(
        user=user, type="recovery_codes", defaults={"data": {"salt": salt, "hashes": [_hash(code, salt) for code in codes]}}
    )
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _hash(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()


def recovery_codes_left(user: User) -> int:
    """How many were not used yet."""
    row = _rows().objects.filter(user_id=user.pk, type="recovery_codes").first()
    return len(row.data["hashes"]) if row else 0


@transaction.atomic
def verify(user: User, code: str) -> Authenticator | None:
    """The factor of the account that this code is of, used up by this; None when it is of none. The row is locked meanwhile,
    so of two who type the same code at once one is let in."""
    typed = _plain(code)
    kind = "totp" if typed.isdigit() and len(typed) == 6 else "recovery_codes"
    row = _rows().objects.select_for_update().filter(user_id=user.pk, type=kind).first()
    if row is None or not (_use_period(row, typed) if kind == "totp" else _use_recovery_code(row, typed)):
        return None
    row.last_used_at = timezone.now()
    row.save(update_fields=["data", "last_used_at"])
    return row


def _use_period(row: Authenticator, typed: str) -> bool:
    context = _context(row.user_id)
    secret = encryption.decrypt(row.data["secret"], context)
    period = period_of(secret, typed, after=row.data["last_period"])
    if period is None:
        return False
    row.data["last_period"] = period
    if not encryption.is_current(row.data["secret"]):
        row.data["secret"] = encryption.encrypt(secret, context)
    return True


def _use_recovery_code(row: Authenticator, typed: str) -> bool:
    if len(typed) != LENGTH:
        return False
    hashed = _hash(typed, row.data["salt"])
    left = [known for known in row.data["hashes"] if not hmac.compare_digest(known, hashed)]
    used = len(left) < len(row.data["hashes"])
    row.data["hashes"] = left
    return used


def remove(user: User) -> int:
    """Take the factor and its recovery codes away; gives how many rows there were."""
    removed: int
    removed, _ = _rows().objects.filter(user_id=user.pk).delete()
    return removed


@transaction.atomic
def rewrap() -> int:
    """Write every key of an app under today's FIELD_KEY; gives how many were written. Afterwards former keys may go."""
    done = 0
    for row in _rows().objects.select_for_update().filter(type="totp").order_by("pk"):
        if not encryption.is_current(row.data["secret"]):
            context = _context(row.user_id)
            row.data["secret"] = encryption.encrypt(encryption.decrypt(row.data["secret"], context), context)
            row.save(update_fields=["data"])
            done += 1
    return done
