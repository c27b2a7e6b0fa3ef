"""What stands around every page: whose portal it is, the way to its parts, the main service point and its hours.

All of it is one prepared query; what is made of the answer is kept under the answer's own fingerprint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from organisation.models import OpeningHours, ServicePoint, SiteIdentity
from procedures_catalog.prepared import Prepared, Store, fingerprint, rows

from .models import ContentPage

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
_kept = Store(size=8)


def dialled(number: str) -> str:
    """A telephone number as a telephone dials it."""
    return "".join(char for char in number if char.isdigit() or char == "+")


@dataclass(frozen=True)
class Link:
    """A link of the navigation or the footer."""

    title: str
    url: str
    section: str = ""


@dataclass(frozen=True)
class Point:
    """The service point in the footer."""

    name: str
    address: str
    telephone: str
    hours: list[str]
    url: str = ""
    is_english: bool = False

    @property
    def call(self) -> str:
        """The telephone as a telephone dials it."""
        return dialled(self.telephone)


@dataclass(frozen=True)
class Chrome:
    """What stands around every page, in one language."""

    name: str = ""
    unit: str = ""
    place: str = ""
    unit_is_english: bool = False
    place_is_english: bool = False
    hotline: str = ""
    demonstration: bool = False
    point: Point | None = None
    navigation: list[Link] = field(default_factory=list)
    help: list[Link] = field(default_factory=list)
    about: list[Link] = field(default_factory=list)
    language: str = "vi"

    @property
    def call(self) -> str:
        """The hotline as a telephone dials it."""
        return dialled(self.hotline)


def _site(language: str) -> QuerySet[Any, Any]:
    hours = OpeningHours.objects.filter(point=OuterRef("pk")).values(row=JSONObject(weekday=F("weekday"), opens=F("opens"), closes=F("closes")))
    point = ServicePoint.objects.filter(is_main=True, valid_to=None).order_by("pk").values(
        row=JSONObject(
            name=F("name"), name_en=F("name_en"), address=F("address"), telephone=F("telephone"), unit=F("unit__slug"), hours=ArraySubquery(hours)
        )
    )[:1]  # fmt: skip
    pages = (
        ContentPage.objects.live()
        .public_links(language)
        .values(row=JSONObject(title=F("title"), path=F("url_path"), place=F("place"), depth=F("depth")))
    )
    return SiteIdentity.objects.order_by("pk").values(
        "name", "name_en", "hotline", "is_demonstration", unit_name=F("unit__name"), unit_name_en=F("unit__name_en"),
        place=F("unit__parent__name"), place_en=F("unit__parent__name_en"), point=ArraySubquery(point), pages=ArraySubquery(pages),
    )[:1]  # fmt: skip


SITE = Prepared(_site, language=str)


def clock(text: str) -> str:
    """A time as people write it: 7:30."""
    hour, minute = text.split(":")[:2]
    return f"{int(hour)}:{minute}"


def week(hours: Sequence[dict[str, Any]], names: Sequence[str]) -> list[str]:
    """Weekly hours in lines, days with the same sessions together: "Monday–Friday 7:30–11:30, 13:30–17:00"."""
    days: dict[int, list[str]] = {}
    for row in sorted(hours, key=lambda row: (row["weekday"], row["opens"])):
        days.setdefault(row["weekday"], []).append(f"{clock(row['opens'])}–{clock(row['closes'])}")
    groups: list[tuple[int, int, list[str]]] = []
    for day, sessions in sorted(days.items()):
        if groups and groups[-1][1] == day - 1 and groups[-1][2] == sessions:
            groups[-1] = (groups[-1][0], day, sessions)
        else:
            groups.append((day, day, sessions))
    lines = []
    for first, last, sessions in groups:
        span = names[first - 1] if first == last else f"{names[first - 1]}–{names[last - 1]}"
        lines.append(f"{span} {', '.join(sessions)}")
    return lines


def weekdays() -> list[str]:
    """The days of the week as they stand before hours, Monday first."""
    return [
        pgettext("hours", "Mon"), pgettext("hours", "Tue"), pgettext("hours", "Wed"), pgettext("hours", "Thu"), pgettext("hours", "Fri"),
        pgettext("hours", "Sat"), pgettext("hours", "Sun"),
    ]  # fmt: skip


def link_to(name: str) -> str:
    """The address of a named page, or nothing while its application offers none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def page_url(path: str, language: str) -> str:
    """The public address of a content page: the tree's path without the home page's own name."""
    inner = path.strip("/").split("/", 1)
    return ("/en/" if language == "en" else "/") + (f"{inner[1]}/" if len(inner) > 1 else "")


def make(answer: str, language: str) -> Chrome:
    """The chrome out of the query's answer."""
    found = rows(answer)
    sections = [("procedures_catalog:list", _("Procedures"), "procedures"), ("organisation:units", _("Offices"), "units")]
    navigation = [Link(title, url, section) for name, title, section in sections if (url := link_to(name))]
    if not found:
        return Chrome(name=_("Transparency portal"), navigation=navigation, language=language)
    row = found[0]
    english = language == "en"

    def said(name: str) -> str:
        return str((english and row[f"{name}_en"]) or row[name] or "")

    pages = [(item["place"], Link(item["title"], page_url(item["path"], language), "page")) for item in row["pages"]]
    return Chrome(
        name=said("name"),
        unit=said("unit_name"),
        place=said("place"),
        unit_is_english=english and bool(row["unit_name_en"]),
        place_is_english=english and bool(row["place_en"]),
        hotline=row["hotline"],
        demonstration=row["is_demonstration"],
        point=point_of(row["point"][0], english) if row["point"] else None,
        navigation=navigation + [link for place, link in pages if place == ContentPage.Place.NAVIGATION],
        help=[link for place, link in pages if place in {ContentPage.Place.HELP, ContentPage.Place.NAVIGATION}],
        about=[link for place, link in pages if place == ContentPage.Place.ABOUT],
        language=language,
    )


def point_of(row: dict[str, Any], english: bool) -> Point:
    """The main service point out of its row."""
    return Point(
        name=(english and row["name_en"]) or row["name"],
        address=row["address"],
        telephone=row["telephone"],
        hours=week(row["hours"], weekdays()),
        url=reverse("organisation:unit", args=[row["unit"]]),
        is_english=english and bool(row["name_en"]),
    )


def chrome() -> Chrome:
    """What stands around a page in the reader's language; one query."""
    language = get_language() or "vi"
    answer = SITE(language=language)
    found: Chrome = _kept.get_or_make(fingerprint(answer, language), lambda: make(answer, language))
    return found


def alternates(request: HttpRequest) -> list[dict[str, str]]:
    """The same page in each language: Vietnamese at the root, English under /en/."""
    path = request.get_full_path()
    bare = path[3:] if path.startswith("/en/") else "/" if path == "/en" else path
    return [{"code": "vi", "name": LANGUAGES["vi"], "url": bare}, {"code": "en", "name": LANGUAGES["en"], "url": "/en" + bare}]
