"""Who follows a promise: begun once the contact is proven, ended by the signed link of any message."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging import addresses
from messaging import services as messaging
from messaging.models import Contact
from organisation.models import today
from safeguards.services import record

from ..enums import FOLLOWED_UP, PUBLIC_PROMISES
from ..kinds import PROMISE_CHANGED
from ..models import Promise, PromiseFollower, RetentionPolicy
from . import gate
from .errors import WrongState

_signer = signing.Signer(salt="dialogue_sessions.follower")


def _kept() -> dt.timedelta:
    """How long after the last open promise contacts are kept (Rulings, Seats), by the policy in force."""
    return dt.timedelta(days=RetentionPolicy.objects.days(today()))


def follow(promise: Promise, contact: Contact) -> PromiseFollower:
    """Tell this contact of every change; asked for again, nothing changes. The contact is proven. Raises WrongState."""
    with gate.change():
        current = Promise.objects.filter(pk=promise.pk, state__in=PUBLIC_PROMISES).first()
        if current is None:
            raise WrongState
        follower, new = PromiseFollower.objects.get_or_create(promise=current, contact=contact)
        messaging.keep(contact, max(current.due_on, today()) + _kept())
        if new:
            record("dialogue_sessions.promise_followed", current)
    return follower


def unfollow(follower: PromiseFollower) -> None:
    """Tell them no more."""
    with gate.change():
        record("dialogue_sessions.promise_unfollowed", follower.promise)
        follower.delete()


def token(follower: PromiseFollower) -> str:
    """What stands in the address that ends it: it names a row, nobody's contact, and dies with the row."""
    return _signer.sign(follower.uid.hex)


def is_ours(signed: str) -> bool:
    """Whether we made this address, used or not."""
    try:
        _signer.unsign(signed)
    except signing.BadSignature:
        return False
    return True


def follower_of(signed: str) -> PromiseFollower | None:
    """Whose address it is; None when it is not ours or was used."""
    try:
        uid = _signer.unsign(signed)
    except signing.BadSignature:
        return None
    return PromiseFollower.objects.select_related("promise__unit", "contact").filter(uid=uid).first()


# ── News ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _day(day: dt.date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def news(promise: Promise, what: str) -> str:
    """What happened, in a sentence, in the active language."""
    if what == "moved":
        move = promise.moves.order_by("-pk").first()
        if move is not None:
            return _("The date moves from %(old)s to %(new)s. Reason: %(reason)s") % {
                "old": _day(move.old_due_on), "new": _day(move.new_due_on), "reason": move.reason,
            }  # fmt: skip
    if what == "transferred":
        transfer = promise.transfers.select_related("new_unit").order_by("-pk").first()
        if transfer is not None:
            return _("%(unit)s takes it over. Reason: %(reason)s") % {"unit": transfer.new_unit.title, "reason": transfer.reason}
    values = {"day": _day(promise.kept_on or promise.due_on), "reason": promise.reason, "result": promise.result}
    said = {
        "kept": _("It is done, on %(day)s, in time: %(result)s"),
        "kept_late": _("It is done, on %(day)s, late: %(result)s"),
        "changed": _("It was changed, and is now to be kept by %(day)s. Reason: %(reason)s"),
        "refused": _("It will not be done. Reason: %(reason)s"),
        "reopened": _("It is open again, to be kept by %(day)s. Reason: %(reason)s"),
        "evidence": _("There is something new to see on how far it is."),
    }.get(what, _("Somebody else sees to it now."))
    return said % values


def url(path: str) -> str:
    """The whole address."""
    return urljoin(str(settings.WAGTAILADMIN_BASE_URL), path)


def tell(promise_id: int, version: int, what: str) -> int:
    """Write to everybody who follows a promise of one change; gives to how many. Asked for again, it writes to nobody twice."""
    promise = Promise.objects.select_related("unit").filter(pk=promise_id, state__in=PUBLIC_PROMISES).first()
    if promise is None:
        return 0
    told = 0
    for follower in promise.followers.select_related("contact").order_by("pk").iterator(chunk_size=200):
        language = follower.contact.language
        with translation.override(language):
            values = {
                "promise": promise.words[:160], "unit": promise.unit.title, "news": news(promise, what), "link": url(promise.get_absolute_url()),
                "stop": url(reverse("promises:unfollow", args=[token(follower)])),
            }  # fmt: skip
        messaging.send(
            PROMISE_CHANGED, follower.contact, values, unit=promise.unit, dedupe_key=f"{PROMISE_CHANGED}:{promise.pk}:{version}:{follower.pk}"
        )
        told += 1
    return told


def keep_contacts(day: dt.date | None = None) -> int:
    """Contacts that follow what is still open are kept as long; gives how many."""
    until, done = (day or today()) + _kept(), 0
    rows = PromiseFollower.objects.filter(promise__state__in=FOLLOWED_UP, contact__forget_after__lt=until - dt.timedelta(days=7))
    for follower in rows.select_related("contact"):
        messaging.keep(follower.contact, until)
        done += 1
    return done


# ── What safeguards asks of whoever holds personal data ───────────────────────────────────────────────────────────────


def _of(person: str) -> Any:
    try:
        kind, value = addresses.either(person)
    except ValidationError:
        return PromiseFollower.objects.none()
    return PromiseFollower.objects.filter(contact__in=Contact.objects.reached_by(kind, value)).select_related("promise")


def _old(now: dt.datetime) -> Any:
    closed = now - _kept()
    return PromiseFollower.objects.exclude(promise__state__in=FOLLOWED_UP).filter(promise__changed_at__lt=closed)


def due(now: dt.datetime) -> int:
    """How many follow what has been closed for long."""
    return int(_old(now).count())


def purge(now: dt.datetime) -> int:
    """Forget them; gives how many."""
    return int(_old(now).delete()[0])


def export(person: str) -> list[dict[str, Any]]:
    """What one person follows."""
    return [{"promise": row.promise_id, "since": timezone.localtime(row.since)} for row in _of(person)]


def erase(person: str) -> int:
    """Forget what one person follows; gives how many."""
    return int(_of(person).delete()[0])
