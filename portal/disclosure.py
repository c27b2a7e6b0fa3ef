"""The public pages of what the law makes a unit publish: the fourteen groups, one item, the list of a quarter."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import get_language

from organisation.book import Book, book
from organisation.models import today

from .services.disclosure import Quarter, as_row, owner_of, publish_list, quarters_with_items

if TYPE_CHECKING:
    from .models import DisclosureItem

PER_GROUP = 200


def _line(item: DisclosureItem, calendars: Book) -> dict[str, Any]:
    english = get_language() == "en"
    return {
        "title": item.name, "summary": item.lead, "url": item.get_absolute_url(), "unit": item.unit.title, "published_on": item.published_on,
        "late_days": item.late_days(calendars), "vietnamese": english and not item.title_en, "unit_is_vietnamese": english and not item.unit.name_en,
        "review_overdue": item.review_on is not None and item.review_on < today(), "review_on": item.review_on,
    }  # fmt: skip


def _owed(item: DisclosureItem, calendars: Book) -> dict[str, Any]:
    """What is owed and not public yet: whose, since when. Its words are nobody's to read before a second person approved them."""
    english = get_language() == "en"
    return {
        "unit": item.unit.title, "unit_is_vietnamese": english and not item.unit.name_en, "due_on": item.due_on, "decided_on": item.decided_on,
        "late_days": item.late_days(calendars), "owner": owner_of(item, words=False),
    }  # fmt: skip


def groups_context() -> dict[str, Any]:
    """All fourteen groups with what is public in each, and what is owed. Four queries whatever their number."""
    from .models import DisclosureItem, DutyGroup
    from .models.disclosure import FULFILLED

    calendars = book()
    shown: dict[int, list[dict[str, Any]]] = defaultdict(list)
    owed: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for item in DisclosureItem.objects.shown().select_related("unit").defer("body", "body_en").order_by("group", "-published_on", "pk"):
        shown[item.group].append(_line(item, calendars))
    for item in DisclosureItem.objects.owed().select_related("unit", "owner", "owner_post").defer("body", "body_en").order_by("due_on", "pk"):
        owed[item.group].append(_owed(item, calendars))
    groups = [
        {"number": group.value, "name": group.label, "items": shown[group.value][:PER_GROUP], "owed": owed[group.value],
         "fulfilled": reverse(FULFILLED[group]) if group in FULFILLED else ""}
        for group in DutyGroup
    ]  # fmt: skip
    everything = [line for lines in shown.values() for line in lines]
    return {
        "groups": groups,
        "count": len(everything),
        "came_late": sum(1 for line in everything if line["late_days"]),
        "late_now": sum(1 for rows in owed.values() for row in rows if row["late_days"]),
        "waiting": sum(len(rows) for rows in owed.values()),
        "quarters": [{"quarter": quarter, "url": reverse("portal:duties_quarter", args=[quarter.code])} for quarter in quarters_with_items()[:8]],
        "section": "duties",
    }


def duty_context(item: DisclosureItem) -> dict[str, Any]:
    """One item."""
    english = get_language() == "en"
    owner = ""
    if item.owner_post or item.owner or item.owner_words:
        owner = owner_of(item)
    return {
        "item": item, "owner": owner, "person": item.owner, "late_days": item.late_days(), "day": today(),
        "title_is_vietnamese": english and not item.title_en, "body_is_vietnamese": english and not item.body_en,
        "summary_is_vietnamese": english and not item.summary_en, "section": "duties",
        "review_overdue": item.review_on is not None and item.review_on < today(),
    }  # fmt: skip


def quarter_context(quarter: Quarter) -> dict[str, Any]:
    """The list of what was made public in a quarter."""
    calendars = book()
    rows = [as_row(item, calendars) for item in publish_list(quarter)]
    return {
        "quarter": quarter, "rows": rows, "late": sum(1 for row in rows if row["late_days"]), "section": "duties",
        "csv_url": reverse("portal:duties_quarter_csv", args=[quarter.code]), "going_on": quarter.last >= today(),
    }  # fmt: skip


def coming(due: list[dt.date]) -> dict[str, Any]:
    """For the home page: how many things must be public soon or should be already, and the next day; of their days in order."""
    day = today()
    ahead = [one for one in due if one >= day]
    return {"late": len(due) - len(ahead), "ahead": len(ahead), "next": ahead[0] if ahead else None}
