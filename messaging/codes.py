"""A contact is proven by six digits that were sent to it. Only a keyed hash of them is kept, for ten minutes, and five tries count."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
import unicodedata

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from organisation.models import Unit
from safeguards import encryption, limits
from safeguards.services import Verdict, record

from . import outbox
from .channels import carrier
from .enums import OPEN_STATES, CodeVerdict
from .kinds import CODE, CODE_LIVES
from .models import Code, Contact, Message
from .sending import take_back


class TooManyCodes(Exception):
    """So many codes were asked for, or typed, that none is for `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"{retry_after} s")
        self.retry_after = retry_after


class NoSuchChannel(Exception):
    """Nobody is set up to carry messages to such contacts (no SMS_PROVIDER): ask for an e-mail address instead."""


def _count(verdict: Verdict | None) -> None:
    if verdict is not None and not verdict.allowed:
        raise TooManyCodes(max(1, verdict.retry_after))


def _hash_context(code: Code) -> str:
    return f"messaging.code|{code.contact_id}|{code.purpose}|{code.created_at.isoformat()}"


def _dedupe_key(code: Code) -> str:
    return f"{CODE}:{code.pk}"


@transaction.atomic
def ask_code(contact: Contact, purpose: str, *, address: str = "", unit: Unit | None = None) -> Message:
    """Send a new code to a contact, in the caller's transaction; codes for this purpose sent before are void.

    `purpose` says what it opens ("dialogue_sessions.register:17"): a code is good for nothing else. `address` is the client's
    (safeguards.requests.client_address). Raises TooManyCodes and NoSuchChannel; changes nothing then."""
    if carrier(contact.channel) is None:
        raise NoSuchChannel(contact.channel)
    if address:
        _count(limits.try_who("code_address", address))
    _count(limits.try_who("code_contact", contact.digest))  # not by its row: one that is forgotten and made anew counts on
    # Two that ask at once wait for each other: one code lives.
    Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    now = timezone.now()
    _void(contact, purpose, now)
    digits = f"{secrets.randbelow(1_000_000):06d}"
    code = Code(contact=contact, purpose=purpose, created_at=now, expires_at=now + CODE_LIVES)
    code.digest = encryption.keyed_hash(digits, _hash_context(code))
    code.save()
    values = {"code": digits, "minutes": str(int(CODE_LIVES.total_seconds() // 60))}
    return outbox.send(CODE, contact, values, dedupe_key=_dedupe_key(code), expires_at=code.expires_at, unit=unit)


def _void(contact: Contact, purpose: str, now: dt.datetime) -> None:
    """Former codes are good for nothing any more, and those on their way need not arrive."""
    former = list(Code.objects.select_for_update().filter(contact=contact, purpose=purpose, used_at=None, voided_at=None))
    Code.objects.filter(pk__in=[code.pk for code in former]).update(voided_at=now)
    keys = [_dedupe_key(code) for code in former]
    for message in Message.objects.select_for_update(of=("self",)).filter(dedupe_key__in=keys, state__in=OPEN_STATES):
        take_back(message, now)


def digits_of(typed: str) -> str:
    """What somebody typed, as six digits; '' when it is none, which is not worth a try."""
    bare = "".join(unicodedata.normalize("NFKC", typed[:40]).split()).replace("-", "")
    return bare if len(bare) == 6 and bare.isascii() and bare.isdigit() else ""


@transaction.atomic(durable=True)
def check_code(contact: Contact, purpose: str, typed: str, *, address: str = "") -> CodeVerdict:
    """What a code is that somebody typed. RIGHT proves the contact and uses the code up. The try counts whatever happens afterwards:
    call it outside a transaction. Raises TooManyCodes."""
    if address:
        _count(limits.try_who("code_check", address))
    digits = digits_of(typed)
    if not digits:
        return CodeVerdict.WRONG
    now = timezone.now()
    living = Code.objects.filter(contact=contact, purpose=purpose, used_at=None, voided_at=None, expires_at__gt=now)
    # Counted before it is looked at, in one statement: a hundred at once are five tries.
    if not living.filter(tries__lt=Code.MOST_TRIES).update(tries=F("tries") + 1):
        return CodeVerdict.USED_UP if living.exists() else CodeVerdict.NONE
    code = living.select_for_update().first()
    if code is None:
        return CodeVerdict.NONE
    known = encryption.keyed_hashes(digits, _hash_context(code))
    matches = [hmac.compare_digest(code.digest, one) for one in known]  # all of them, whichever fits
    if not any(matches):
        return CodeVerdict.USED_UP if code.tries >= Code.MOST_TRIES else CodeVerdict.WRONG
    code.used_at = now
    code.save(update_fields=["used_at"])
    until = timezone.localdate(now) + dt.timedelta(days=settings.CONTACTS_KEEP_DAYS)
    Contact.objects.filter(pk=contact.pk).update(verified_at=Coalesce(F("verified_at"), now), forget_after=Greatest(F("forget_after"), until))
    contact.refresh_from_db(fields=["verified_at", "forget_after"])
    record("messaging.contact_proven", contact, payload={"purpose": purpose})
    return CodeVerdict.RIGHT


def due(now: dt.datetime) -> int:
    """How many codes are a day past their time."""
    return Code.objects.filter(expires_at__lt=now - dt.timedelta(days=1)).count()


def purge(now: dt.datetime) -> int:
    """Forget them; gives how many. A person's codes go with the contact, and tell nothing."""
    return int(Code.objects.filter(expires_at__lt=now - dt.timedelta(days=1)).delete()[0])
