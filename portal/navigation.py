"""What stands around every page: whose portal it is, the way to its parts, the main service point and its hours.

All of it is one prepared query; what is made of the answer is kept under the answer's own fingerprint."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject, Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, override, pgettext
from django.utils.translation import gettext as _
from wagtail.models import Page

from organisation.models import OpeningHours, ServicePoint, SiteIdentity, today
from procedures_catalog.prepared import Prepared, Store, fingerprint, rows

from .models import ArticlePage, ContentPage, Interruption, SectionPage
from .models.pages import locked

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
class Banner:
    """Something that is or will not be available, as pages tell of it. Whether it runs is asked of the clock each time."""

    scope: str
    code: str
    point: int | None
    name: str
    why: str
    meanwhile: str
    planned: bool
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    vietnamese: bool = False

    @property
    def running(self) -> bool:
        """Whether it has begun."""
        return self.starts_at <= timezone.now()

    @property
    def same_day(self) -> bool:
        """Whether it ends on the day on which it begins."""
        return self.ends_at is not None and timezone.localdate(self.starts_at) == timezone.localdate(self.ends_at)


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
    interruptions: list[Banner] = field(default_factory=list)
    language: str = "vi"

    @property
    def banners(self) -> list[Banner]:
        """What every page tells of: online filing or the whole portal."""
        return [item for item in self.interruptions if item.scope in {Interruption.Scope.ONLINE, Interruption.Scope.PORTAL}]

    @property
    def suspended(self) -> set[str]:
        """Codes of the procedures that are not available now."""
        return {item.code for item in self.interruptions if item.code and item.running}

    @property
    def call(self) -> str:
        """The hotline as a telephone dials it."""
        return dialled(self.hotline)

    @cached_property
    def parts(self) -> dict[str, str]:
        """What stands around every page and is the same on all of them, rendered once: the mark, the choices of reading, the foot."""
        with override(self.language):
            return {
                name: render_to_string(f"parts/{name}.html", {"chrome": self, "LANGUAGE_CODE": self.language})
                for name in ("brand", "reading", "foot")
            }


def _site(language: str, day: dt.date) -> QuerySet[Any, Any]:
    hours = OpeningHours.objects.filter(point=OuterRef("pk")).values(row=JSONObject(weekday=F("weekday"), opens=F("opens"), closes=F("closes")))
    point = ServicePoint.objects.valid_on(day).filter(is_main=True).order_by("pk").values(
        row=JSONObject(
            name=F("name"), name_en=F("name_en"), address=F("address"), telephone=F("telephone"), unit=F("unit__slug"), hours=ArraySubquery(hours)
        )
    )[:1]  # fmt: skip
    pages = (
        ContentPage.objects.live()
        .public_links(language)
        .values(row=JSONObject(title=F("title"), path=F("url_path"), place=F("place"), depth=F("depth")))
    )
    # A section is linked as soon as it has something to read.
    filled = Exists(ArticlePage.objects.live().filter(path__startswith=OuterRef("path")))
    sections = (
        SectionPage.objects.live()
        .public_links(language)
        .filter(filled)
        .values(row=JSONObject(title=F("title"), path=F("url_path"), place=F("place"), depth=F("depth")))
    )
    interruptions = (
        Interruption.objects.filter(Q(ends_at=None) | Q(ends_at__gt=Now()), lifted_at=None)
        .order_by("starts_at", "pk")
        .values(
            row=JSONObject(
                scope=F("scope"),
                code=F("procedure__code"),
                point=F("point"),
                name=F("point__name"),
                name_en=F("point__name_en"),
                reason=F("reason"),
                reason_en=F("reason_en"),
                instead=F("instead"),
                instead_en=F("instead_en"),
                planned=F("planned"),
                starts_at=F("starts_at"),
                ends_at=F("ends_at"),
            )
        )
    )
    return SiteIdentity.objects.order_by("pk").values(
        "name", "name_en", "hotline", "is_demonstration", unit_name=F("unit__name"), unit_name_en=F("unit__name_en"),
        place=F("unit__parent__name"), place_en=F("unit__parent__name_en"), point=ArraySubquery(point), pages=ArraySubquery(pages),
        sections=ArraySubquery(sections), interruptions=ArraySubquery(interruptions),
    )[:1]  # fmt: skip


SITE = Prepared(_site, language=str, day=dt.date)


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
    sections = [("procedures_catalog:list", _("Procedures"), "procedures"), ("dialogue_sessions:calendar", _("Dialogues, receptions"), "sessions"),
                ("organisation:units", _("Offices"), "units"),
                ("portal:duties", _("Made public"), "duties"), ("transparency:index", _("Figures"), "figures")]  # fmt: skip
    navigation = [Link(title, url, section) for name, title, section in sections if (url := link_to(name))]
    if not found:
        return Chrome(name=_("Transparency portal"), navigation=navigation, language=language)
    row = found[0]
    english = language == "en"

    def said(name: str) -> str:
        return str((english and row[f"{name}_en"]) or row[name] or "")

    pages = [(item["place"], Link(item["title"], page_url(item["path"], language), "articles")) for item in row["sections"]]
    pages += [(item["place"], Link(item["title"], page_url(item["path"], language), "page")) for item in row["pages"]]
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
        help=[link for place, link in pages if place == ContentPage.Place.HELP or (place == ContentPage.Place.NAVIGATION and link.section == "page")],
        about=[link for place, link in pages if place == ContentPage.Place.ABOUT],
        interruptions=[banner_of(item, english) for item in row["interruptions"]],
        language=language,
    )


def banner_of(row: dict[str, Any], english: bool) -> Banner:
    """An interruption out of its row."""
    return Banner(
        scope=row["scope"],
        code=row["code"] or "",
        point=row["point"],
        name=(english and row["name_en"]) or row["name"] or "",
        why=(english and row["reason_en"]) or row["reason"],
        meanwhile=(english and row["instead_en"]) or row["instead"],
        planned=row["planned"],
        starts_at=dt.datetime.fromisoformat(row["starts_at"]),
        ends_at=dt.datetime.fromisoformat(row["ends_at"]) if row["ends_at"] else None,
        vietnamese=english and not row["reason_en"],
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
    answer = SITE(language=language, day=today())
    found: Chrome = _kept.get_or_make(fingerprint(answer, language), lambda: make(answer, language))
    return found


def translated(page: Page) -> dict[str, str]:
    """The public addresses of a page's published translations by language, its own with them. One query."""
    rows: Any = Page.objects.filter(translation_key=page.translation_key, live=True).values_list("locale__language_code", "url_path")
    return {language: page_url(path, language) for language, path in rows}


def in_each_language(page: Page) -> list[dict[str, str]]:
    """Where a page stands in each language; in one that it is not written in, the closest page above that is, with its title
    as `nearest`. One query."""
    above = [page.path[: end * page.steplen] for end in range(2, page.depth)]
    keys = Page.objects.filter(Q(path__in=above) | Q(pk=page.pk)).values("translation_key")
    shown = Q(translation_key=page.translation_key) | ~locked()
    rows: Any = Page.objects.filter(shown, translation_key__in=keys, live=True).order_by("-depth")
    found: dict[str, dict[str, str]] = {}
    for key, language, path, title in rows.values_list("translation_key", "locale__language_code", "url_path", "title"):
        own = key == page.translation_key
        found.setdefault(language, _alternate(language, page_url(path, language)) | ({} if own else {"nearest": title}))
    return [found[code] for code in LANGUAGES if code in found]


def alternates(request: HttpRequest) -> list[dict[str, str]]:
    """The same page in each language: Vietnamese at the root, English under /en/. A page of the tree has an address of its own
    in each; for one that is not translated, `nearest` is the title of the page above that is."""
    page = getattr(request, "content_page", None)
    if page is not None and page.pk and page.depth > 2:
        return in_each_language(page)
    path = request.get_full_path()
    bare = path[3:] if path.startswith("/en/") else "/" if path == "/en" else path
    return [_alternate("vi", bare), _alternate("en", "/en" + bare)]


def _alternate(code: str, url: str) -> dict[str, str]:
    # Machines want the whole address; it never comes from what a request calls us (B8).
    return {"code": code, "name": LANGUAGES[code], "url": url, "absolute": settings.WAGTAILADMIN_BASE_URL + url}


def elsewhere(path: str, language: str) -> str:
    """Where a page stands whose address is of another language: its translation, or itself where there is none; '' for no page."""
    inner = path.strip("/")
    for root in Page.objects.filter(depth=2).exclude(locale__language_code=language).select_related("locale"):
        page = Page.objects.filter(url_path=f"{root.url_path}{inner}/", live=True).first() if inner else None
        if page is not None:
            found = translated(page)
            return found.get(language) or found.get(root.locale.language_code, "")
    return ""
