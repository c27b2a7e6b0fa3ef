"""Lists of articles: a section by page, month and kind, what is new, what is read most. And what stands around one article."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef, Sum
from django.db.models.functions import ExtractMonth, ExtractYear, JSONObject
from django.http import Http404, HttpRequest
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from wagtail.models import Locale

from organisation.models import in_language, today
from procedures_catalog.models import ProcedureVersion
from procedures_catalog.prepared import Prepared, rows

from . import reading
from .models.reading import PageViews
from .navigation import page_url

if TYPE_CHECKING:
    from .models import ArticlePage, SectionPage

PER_PAGE = 12
MOST_READ = 5
NEWS = 4
MOST_OWED = 200
KINDS = {"news": gettext_lazy("News"), "notice": gettext_lazy("Notices"), "guide": gettext_lazy("Guides")}
WORDS = {"kind": "loai", "year": "nam", "month": "thang", "page": "trang"}


@dataclass(frozen=True)
class Choice:
    """What of a section an address asks for."""

    kind: str = ""
    year: int = 0
    month: int = 0
    page: int = 1

    def query(self, **changes: Any) -> str:
        """The end of the address for this choice with some changes; '' for the whole list."""
        values = {"kind": self.kind, "year": self.year, "month": self.month, "page": 1, **changes}
        if not values["year"]:
            values["month"] = 0
        pairs = {WORDS[name]: value for name, value in values.items() if value and not (name == "page" and value == 1)}
        return f"?{urlencode(pairs)}" if pairs else ""


def _number(request: HttpRequest, name: str, low: int, high: int, default: int) -> int:
    text = request.GET.get(WORDS[name], "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 8) or not low <= int(text) <= high:
        raise Http404(_("There is no such page."))
    return int(text)


def read_choice(request: HttpRequest) -> Choice:
    """The visitor's choice; what cannot be is a page that does not exist."""
    kind = request.GET.get(WORDS["kind"], "")
    if kind and kind not in KINDS:
        raise Http404(_("There is no such choice."))
    year = _number(request, "year", 1990, 2200, 0)
    return Choice(kind, year, _number(request, "month", 1, 12, 0) if year else 0, _number(request, "page", 1, 10_000, 1))


@dataclass(frozen=True)
class Group:
    """How many articles of a kind a month has."""

    year: int
    month: int
    kind: str
    count: int


def groups_of(section: SectionPage) -> list[Group]:
    """All of a section, counted; the latest month first. One query, from which the archive, the kinds and the total come."""
    from .models import ArticlePage

    counted: Any = (
        ArticlePage.objects.descendant_of(section).for_everybody()
        .annotate(year=ExtractYear("date"), month=ExtractMonth("date")).values("year", "month", "kind").order_by("-year", "-month", "kind")
        .annotate(count=Count("pk"))
    )  # fmt: skip
    return [Group(**row) for row in counted]


def _archive(groups: list[Group], choice: Choice) -> list[dict[str, Any]]:
    """Years and their months with how many articles of the chosen kind each has."""
    years: dict[int, dict[str, Any]] = {}
    for group in groups:
        if choice.kind and group.kind != choice.kind:
            continue
        year = years.setdefault(group.year, {
            "year": group.year, "count": 0, "months": {}, "url": Choice(choice.kind).query(year=group.year),
            "chosen": choice.year == group.year,
        })  # fmt: skip
        year["count"] += group.count
        month = year["months"].setdefault(group.month, {
            "first": dt.date(group.year, group.month, 1), "count": 0, "url": Choice(choice.kind).query(year=group.year, month=group.month),
            "chosen": (choice.year, choice.month) == (group.year, group.month),
        })  # fmt: skip
        month["count"] += group.count
    return [{**year, "months": list(year["months"].values())} for year in years.values()]


def _kinds(groups: list[Group], choice: Choice) -> list[dict[str, Any]]:
    """The kinds that the section holds in the chosen time, as links."""
    counts: Counter[str] = Counter()
    for group in groups:
        if choice.year in {0, group.year} and choice.month in {0, group.month}:
            counts[group.kind] += group.count
    return [
        {"name": name, "count": counts[kind], "chosen": kind == choice.kind,
         "url": choice.query(kind="" if kind == choice.kind else kind) or "?"}
        for kind, name in KINDS.items() if counts[kind] or kind == choice.kind
    ]  # fmt: skip


def _line(row: dict[str, Any], url: str) -> dict[str, Any]:
    """An article as a list shows it."""
    return {
        "title": row["title"], "summary": row["summary"], "date": row["date"], "kind": KINDS[row["kind"]], "notice": row["kind"] == "notice",
        "unit": in_language(row["unit"] or "", row["unit_en"] or ""), "pk": row["pk"], "url": url,
        "unit_is_english": bool(row["unit_en"]) and get_language() == "en",
    }  # fmt: skip


def lines(articles: Any) -> list[dict[str, Any]]:
    """Articles as a list shows them, without a model instance each."""
    columns = ("pk", "title", "summary", "date", "kind", "url_path", "locale__language_code")
    found = articles.values(*columns, unit_name=F("unit__name"), unit_en=F("unit__name_en"))
    return [_line({**row, "unit": row["unit_name"]}, page_url(row["url_path"], row["locale__language_code"])) for row in found]


def section_context(request: HttpRequest, section: SectionPage) -> dict[str, Any]:
    """The list that the address asks for."""
    from .models import ArticlePage

    choice = read_choice(request)
    found = ArticlePage.objects.descendant_of(section).for_everybody()
    if choice.kind:
        found = found.filter(kind=choice.kind)
    if choice.year:
        found = found.filter(date__year=choice.year)
    if choice.month:
        found = found.filter(date__month=choice.month)
    groups = groups_of(section)
    total = sum(
        group.count for group in groups
        if choice.kind in {"", group.kind} and choice.year in {0, group.year} and choice.month in {0, group.month}
    )  # fmt: skip
    pages = max(1, -(-total // PER_PAGE))
    if choice.page > pages or ((choice.year or choice.kind) and not total):
        raise Http404(_("There is no such page."))
    start = (choice.page - 1) * PER_PAGE
    narrowed = bool(choice.kind or choice.year)
    return {
        "choice": choice, "total": total, "articles": lines(found.newest_first()[start : start + PER_PAGE]),
        "archive": _archive(groups, choice), "kinds": _kinds(groups, choice),
        "month": dt.date(choice.year, choice.month or 1, 1) if choice.year else None, "kind": KINDS.get(choice.kind, ""),
        "most_read": most_read(get_language() or "vi"), "narrowed": narrowed,
        "section": "articles",
        "page_of": {"number": choice.page, "pages": pages},
        "previous_url": (choice.query(page=choice.page - 1) or request.path) if choice.page > 1 else "",
        "next_url": choice.query(page=choice.page + 1) if choice.page < pages else "",
        "canonical_url": request.build_absolute_uri(request.path + choice.query(page=choice.page)),
        "robots": "noindex, follow" if choice.kind else "",
    }  # fmt: skip


def most_read(language: str, number: int = MOST_READ) -> list[dict[str, Any]]:
    """The articles shown most in the last 30 days up to yesterday, those that anybody may read; two queries."""
    from .models import ArticlePage

    since = today() - dt.timedelta(days=reading.MOST_READ_DAYS)
    readable = ArticlePage.objects.for_everybody().in_language(language)
    shown: Any = (
        PageViews.objects.filter(day__gte=since, day__lt=today(), page__in=readable.values("pk"))
        .values("page_id").annotate(times=Sum("count")).order_by("-times", "page_id").values_list("page_id", "times")
    )  # fmt: skip
    counted = dict(shown[:number])
    if not counted:
        return []
    found = {line["pk"]: line for line in lines(ArticlePage.objects.filter(pk__in=counted))}
    return [found[pk] for pk in counted if pk in found]


def as_rows(articles: Any, number: int) -> ArraySubquery:
    """The first of some articles inside another query, as `as_lines` reads them."""
    columns = {name: F(name) for name in ("pk", "title", "summary", "date", "kind")}
    row = JSONObject(**columns, path=F("url_path"), unit=F("unit__name"), unit_en=F("unit__name_en"))
    return ArraySubquery(articles.values(row=row)[:number])


def as_lines(found: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    """Those articles as a list shows them."""
    return [_line({**row, "date": dt.date.fromisoformat(row["date"])}, page_url(row["path"], language)) for row in found]


def _new(language: str) -> Any:
    """What is new and what is owed, beside each other: the home page asks once."""
    from .models import ArticlePage, DisclosureItem

    articles = ArticlePage.objects.for_everybody().filter(locale=OuterRef("pk")).newest_first()
    owed = DisclosureItem.objects.owed().order_by("due_on").values("due_on")[:MOST_OWED]
    return Locale.objects.filter(language_code=language).values(articles=as_rows(articles, NEWS), owed=ArraySubquery(owed))


NEW = Prepared(_new, language=str)


def newest(language: str) -> tuple[list[dict[str, Any]], list[dt.date]]:
    """For the home page: the latest articles, and the days by which things have to be made public. One query."""
    found = rows(NEW(language=language))
    if not found:
        return [], []
    return as_lines(found[0]["articles"], language), [dt.date.fromisoformat(day) for day in found[0]["owed"]]


def related_procedures(article: ArticlePage) -> list[dict[str, str]]:
    """The public procedures that an article is about, in its order, by the name in force today; one query."""
    keys = [row.procedure_id for row in article.related.all()]
    day = today()
    names: dict[int, dict[str, str]] = {}
    versions: Any = ProcedureVersion.objects.published().filter(procedure__in=keys).order_by("valid_from")
    for key, code, name, start in versions.values_list("procedure_id", "procedure__code", "name", "valid_from"):
        if start <= day or key not in names:
            names[key] = {"code": code, "name": name}
    return [names[key] for key in dict.fromkeys(keys) if key in names]


def article_context(request: HttpRequest, article: ArticlePage) -> dict[str, Any]:
    """What stands around an article."""
    url = request.build_absolute_uri(article.get_url(request) or request.path)
    views = reading.total(article.pk) if article.pk else 0
    return {
        "procedures": related_procedures(article),
        "views": views,
        "shown": number_format(views, force_grouping=True),
        "kind": KINDS[article.kind],
        "share_url": url,
        "canonical_url": url,
        "mail_url": "mailto:?" + urlencode({"subject": article.title, "body": f"{article.title}\n{url}"}, quote_via=quote),
        "section_page": article.get_parent(),
        "section": "articles",
        "is_old": article.date < today() - dt.timedelta(days=365),
    }
