"""Public duties: looked at again, reminded of, listed by quarter."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from organisation.book import Book
from organisation.models import Holding, Person, today
from organisation.services import calendar_for
from safeguards.services import record, record_many

from .errors import ContentError

if TYPE_CHECKING:
    from safeguards.models import User

    from ..models import DisclosureItem, DutyReminder

DUE_NOTICE = 2  # working days before the last day
FIRST_YEAR = 2023  # the law is in force since 1/7/2023


@transaction.atomic
def review(item: DisclosureItem, user: User, on: dt.date | None = None) -> DisclosureItem:
    """Note that somebody looked at a public item again and that it stands; the next review is reckoned from `on` (today)."""
    from ..models import DisclosureItem
    from ..models.disclosure import months_after

    row = DisclosureItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if not row.live:
        raise ContentError(_("What is not public is not due for a review."))
    day = on or today()
    if day > today():
        raise ContentError(_("This day is still to come."))
    row.reviewed_on, row.review_on = day, months_after(day, row.review_months)
    row.save(update_fields=["reviewed_on", "review_on"])
    record("portal.duty_reviewed", row, actor=user, payload={"key": row.key, "next": row.review_on.isoformat()})
    return row


def _due_soon(day: dt.date) -> list[DisclosureItem]:
    """Items that must be public within two working days by the calendar of their unit, or should be already."""
    from ..models import DisclosureItem

    near = DisclosureItem.objects.owed().filter(due_on__lte=day + dt.timedelta(days=14))
    return [item for item in near if calendar_for(item.unit_id).working_days_between(day, item.due_on) <= DUE_NOTICE]


@transaction.atomic
def remind(day: dt.date | None = None) -> list[DutyReminder]:
    """Remind of every item that is due for a review or must be public soon: once each and day that it is about, however often
    this runs. An entry in the report of the back office, and one mail to each owner who has an address."""
    from ..jobs import send_reminders
    from ..models import DisclosureItem, DutyReminder

    day = day or today()
    wanted = [(item, DutyReminder.Kind.REVIEW, item.review_on) for item in DisclosureItem.objects.to_review(day)]
    wanted += [(item, DutyReminder.Kind.DUE, item.due_on) for item in _due_soon(day)]
    made: list[DutyReminder] = []
    for item, kind, about in wanted:
        reminder, new = DutyReminder.objects.get_or_create(item=item, kind=kind, for_day=about)
        if new:
            made.append(reminder)
    record_many([("portal.duty_reminded", one.item, {"kind": one.kind, "for": one.for_day.isoformat()}) for one in made])
    by_owner: dict[str, list[int]] = defaultdict(list)
    addresses = owner_addresses([one.item for one in made])
    for one in made:
        if address := addresses.get(one.item_id):
            by_owner[address].append(one.pk)
    for keys in by_owner.values():
        # Keys, not addresses: what waits in the queue names nobody.
        send_reminders.defer(reminder_ids=keys)
    return made


def owner_addresses(items: Sequence[DisclosureItem]) -> dict[int, str]:
    """The work address of each item's owner: the person named, else whoever holds the post today. Items without one are left out."""
    people: dict[int, str] = dict(
        Person.objects.filter(pk__in=[item.owner_id for item in items if item.owner_id]).exclude(email="").values_list("pk", "email")
    )
    holders: dict[int, str] = dict(
        Holding.objects.current()
        .filter(post__in=[item.owner_post_id for item in items if item.owner_post_id])
        .exclude(person__email="")
        .order_by("post_id", "-valid_from")
        .values_list("post_id", "person__email")
    )
    found = {item.pk: people.get(item.owner_id or 0) or holders.get(item.owner_post_id or 0, "") for item in items}
    return {key: address for key, address in found.items() if address}


def send(reminder_ids: Iterable[int]) -> int:
    """Mail the reminders of one owner in one letter; those mailed already are left out. Gives how many it told of."""
    from ..models import DutyReminder

    with transaction.atomic():
        waiting = list(DutyReminder.objects.select_for_update(of=("self",)).select_related("item").filter(pk__in=list(reminder_ids), mailed_at=None))
        addresses = set(owner_addresses([one.item for one in waiting]).values())
        if not waiting or len(addresses) != 1:
            return 0  # the owner changed meanwhile; the report still shows it
        with translation.override(settings.LANGUAGE_CODE):
            send_mail(subject(waiting), letter(waiting), None, list(addresses))
        DutyReminder.objects.filter(pk__in=[one.pk for one in waiting]).update(mailed_at=timezone.now())
    return len(waiting)


def subject(waiting: Sequence[DutyReminder]) -> str:
    """The subject line, without the content of what it is about."""
    return _("Public duties that wait for you: %(count)s") % {"count": len(waiting)}


def letter(waiting: Sequence[DutyReminder]) -> str:
    """The letter: each item, what is to be done by when, and where."""
    lines = [_("These things that your office must make public wait for you:"), ""]
    for one in waiting:
        what = _("make it public by %(day)s") if one.kind == one.Kind.DUE else _("look at it again by %(day)s")
        url = settings.WAGTAILADMIN_BASE_URL + reverse("wagtailsnippets_portal_disclosureitem:edit", args=[one.item_id])
        lines += [f"- {one.item.title}: " + what % {"day": f"{one.for_day:%d/%m/%Y}"}, f"  {url}"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Quarter:
    """Three months of a year."""

    year: int
    number: int

    @property
    def first(self) -> dt.date:
        """Its first day."""
        return dt.date(self.year, self.number * 3 - 2, 1)

    @property
    def last(self) -> dt.date:
        """Its last day."""
        following = Quarter(self.year + self.number // 4, self.number % 4 + 1)
        return following.first - dt.timedelta(days=1)

    @property
    def code(self) -> str:
        """As it stands in addresses: 2026-4."""
        return f"{self.year}-{self.number}"

    @classmethod
    def of(cls, day: dt.date) -> Quarter:
        """The quarter of a day."""
        return cls(day.year, (day.month + 2) // 3)


def publish_list(quarter: Quarter) -> list[DisclosureItem]:
    """What was made public in a quarter, in the order of the law's groups (Đ13.2): generated, so that it cannot be forgotten."""
    from ..models import DisclosureItem

    found = DisclosureItem.objects.published_between(quarter.first, quarter.last).select_related("unit", "owner_post", "owner")
    return list(found.order_by("group", "published_on", "pk"))


def quarters_with_items() -> list[Quarter]:
    """The quarters in which something was made public, the latest first, with the current one. One query."""
    from ..models import DisclosureItem

    days = DisclosureItem.objects.filter(Q(published_on__isnull=False), first_published_at__isnull=False).dates("published_on", "month")
    found = {Quarter.of(day) for day in days if day.year >= FIRST_YEAR} | {Quarter.of(today())}
    return sorted(found, key=lambda quarter: quarter.first, reverse=True)


def as_row(item: DisclosureItem, calendars: Book) -> dict[str, Any]:
    """A line of the quarterly list. That something was made public, where and when stays on it; what was taken off the site
    since (a person's name in a title, for one) loses its words here, too."""
    return {
        "group": item.group, "group_name": item.group_name, "title": item.name if item.live else _("(taken off the site since)"),
        "unit": item.unit.title, "basis": item.basis if item.live else "",
        "decided_on": item.decided_on, "due_on": item.due_on, "published_on": item.published_on, "late_days": item.late_days(calendars),
        "channels": ", ".join(item.channel_names), "posted_until": item.posted_until, "permanent": item.permanent,
        "key": item.key if item.live else "", "live": item.live, "owner": owner_of(item, words=item.live),
    }  # fmt: skip


def owner_of(item: DisclosureItem, *, words: bool = True) -> str:
    """Who answers for an item: the post before the person, since people change, else what an editor typed. `words=False`
    leaves the last out: of what nobody has approved yet, nothing that was typed is public."""
    if item.owner_post:
        return item.owner_post.name
    if item.owner:
        return item.owner.name
    return item.owner_words if words else ""
