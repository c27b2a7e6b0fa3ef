"""Who sees to a promise is reminded before its date and on it; the head of the unit hears when it is late. Once each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from messaging import services as messaging
from messaging.enums import ContactKind
from messaging.models import Message
from organisation.models import Person, Post, Unit, today
from organisation.queries import Holder, holders
from safeguards.models import User
from safeguards.services import record

from ..kinds import PROMISE_REMINDER
from ..models import Promise, RecordPolicy
from .following import url

SOON, TODAY, LATE, BY_HAND, TAKEN = "soon", "today", "late", "hand", "taken"
LATE_FOR = dt.timedelta(days=60)  # a message is forgotten after 90 days, and would go again


@dataclass(frozen=True)
class Reminder:
    """One occasion: which promise, which of the three, whom."""

    promise: Promise
    which: str
    people: tuple[Person, ...]
    taken_from: Unit | None = None  # which unit gave the promise, where another has just taken it over


def reachable(holder: Holder) -> tuple[Person, ...]:
    """Who of a post can be written to: who is there, else who steps in, else whoever holds it."""
    away = {holding.person_id for holding in holder.absent}
    for group in ([one for one in holder.people if one.pk not in away], holder.stand_ins, holder.people):
        if found := tuple(person for person in group if person.email):
            return found
    return ()


def _heads(units: Iterable[Unit]) -> dict[int, tuple[Person, ...]]:
    found = holders(Post.objects.filter(unit__in=[unit.pk for unit in units], is_leader=True))
    return {holder.post.unit_id: reachable(holder) for holder in found}


def wanted(day: dt.date) -> list[Reminder]:
    """Of what is to be reminded on a day. A bounded number of queries and one policy a unit."""
    promises = list(
        Promise.objects.followed_up().select_related("unit", "post").filter(due_on__lte=day + dt.timedelta(days=90), due_on__gte=day - LATE_FOR)
    )
    policies = {pk: RecordPolicy.objects.in_force(pk, day) for pk in {promise.unit_id for promise in promises}}
    owners = {holder.post.pk: reachable(holder) for holder in holders(Post.objects.filter(pk__in=[promise.post_id for promise in promises]))}
    heads = _heads({promise.unit_id: promise.unit for promise in promises}.values())
    found = []
    for promise in promises:
        policy, ahead = policies[promise.unit_id], (promise.due_on - day).days
        people = owners.get(promise.post_id) or heads.get(promise.unit_id, ())
        if ahead == 0:
            found.append(Reminder(promise, TODAY, people))
        elif 0 < ahead <= policy.remind_days:
            found.append(Reminder(promise, SOON, people))
        elif -ahead >= policy.head_days:
            found.append(Reminder(promise, LATE, heads.get(promise.unit_id) or owners.get(promise.post_id, ())))
    return found


def _when(reminder: Reminder, day: dt.date) -> str:
    words = _words(reminder.promise, day)
    return f"{_('Your unit has taken it over and sees to it from now on.')} {words}" if reminder.taken_from else words


def _words(promise: Promise, day: dt.date) -> str:
    ahead = (promise.due_on - day).days
    date = date_format(promise.due_on, "SHORT_DATE_FORMAT")
    if ahead == 0:
        return _("It is due today.")
    if ahead > 0:
        return ngettext("It is due in %(n)s day, on %(date)s.", "It is due in %(n)s days, on %(date)s.", ahead) % {"n": ahead, "date": date}
    said = ngettext("It was due on %(date)s: %(n)s day late.", "It was due on %(date)s: %(n)s days late.", -ahead)
    return said % {"n": -ahead, "date": date}


def _key(promise: Promise, occasion: str, person: Person) -> str:
    return f"{PROMISE_REMINDER}:{promise.pk}:{promise.due_on.isoformat()}:{occasion}:{person.pk}"


def _send(reminder: Reminder, day: dt.date, occasion: str) -> int:
    """To each person once an occasion; gives how many messages there are for it."""
    promise, done = reminder.promise, 0
    for person in reminder.people:
        try:
            contact = messaging.contact_for(person.email, kind=ContactKind.EMAIL, keep_until=max(promise.due_on, day) + LATE_FOR)
        except ValidationError:
            continue  # an address that nobody can write to; the list of promises shows who is not reached
        with translation.override(contact.language):
            values = {
                "promise": promise.text[:160],
                "unit": (reminder.taken_from or promise.unit).title,
                "when": _when(reminder, day),
                "link": url(promise.get_absolute_url()),
            }
        messaging.send(
            PROMISE_REMINDER, contact, values, unit=promise.unit,
            dedupe_key=_key(promise, occasion, person),
        )  # fmt: skip
        done += 1
    return done


def tell_new_owner(promise: Promise) -> None:
    """Whoever sees to it from now on hears of it, in the transaction in which another unit takes it over."""
    people = tuple(person for holder in holders(Post.objects.filter(pk=promise.post_id)) for person in reachable(holder))
    given = promise.transfers.select_related("old_unit").latest("pk")
    _send(Reminder(promise, TAKEN, people, given.old_unit), today(), f"{TAKEN}-{promise.version}")


def remind_due(day: dt.date | None = None) -> int:
    """Remind of everything that a day asks for; gives of how many promises somebody was reached. As often as it runs, once each."""
    on = day or today()
    done = 0
    for reminder in wanted(on):
        with transaction.atomic():
            done += bool(_send(reminder, on, reminder.which))
    return done


def remind_now(promises: Iterable[Promise], actor: User | None, day: dt.date | None = None) -> tuple[int, int, int]:
    """Remind of these because somebody of the staff asks, once a day each; gives how many were told to somebody, how many reach nobody,
    and of how many somebody was reminded today already."""
    on = day or today()
    rows = list(Promise.objects.followed_up().select_related("unit", "post").filter(pk__in=[promise.pk for promise in promises]))
    owners = {holder.post.pk: reachable(holder) for holder in holders(Post.objects.filter(pk__in=[row.post_id for row in rows]))}
    occasion = f"{BY_HAND}-{on.isoformat()}"
    reached = before = 0
    with transaction.atomic():
        for row in rows:
            people = owners.get(row.post_id, ())
            if people and Message.objects.filter(dedupe_key__in=[_key(row, occasion, person) for person in people]).exists():
                before += 1
            elif _send(Reminder(row, BY_HAND, people), on, occasion):
                reached += 1
                record("dialogue_sessions.promise_reminded", row, actor=actor)
    return reached, len(rows) - reached - before, before
