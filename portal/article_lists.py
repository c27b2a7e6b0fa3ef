"""Lists of articles: a section by page, month and kind, what is new, what is read most. And what stands around one article."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from django.db.models import Count, Sum
from django.db.models.functions import ExtractMonth, ExtractYear
from django.http import Http404, HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from organisation.models import in_language, today
from procedures_catalog.models import ProcedureVersion

from . import reading
from .models.reading import PageViews
from .navigation import page_url

if TYPE_CHECKING:
    from .models import ArticlePage, SectionPage

PER_PAGE = 12
MOST_READ = 5
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


def _archive(section: SectionPage, choice: Choice) -> list[dict[str, Any]]:
    """Years and their months with how many articles each has; one query."""
    from .models import ArticlePage

    rows: Any = (
        ArticlePage.objects.descendant_of(section).for_everybody()
        .annotate(year=ExtractYear("date"), month=ExtractMonth("date")).values("year", "month").order_by("-year", "-month")
        .annotate(count=Count("pk"))
    )  # fmt: skip
    years: dict[int, dict[str, Any]] = {}
    for row in rows:
        year = years.setdefault(row["year"], {
            "year": row["year"], "count": 0, "months": [], "url": Choice(choice.kind).query(year=row["year"]),
            "chosen": choice.year == row["year"],
        })  # fmt: skip
        year["count"] += row["count"]
        year["months"].append({
            "first": dt.date(row["year"], row["month"], 1), "count": row["count"],
            "url": Choice(choice.kind).query(year=row["year"], month=row["month"]),
            "chosen": (choice.year, choice.month) == (row["year"], row["month"]),
        })  # fmt: skip
    return list(years.values())


def _kinds(section: SectionPage, choice: Choice) -> list[dict[str, Any]]:
    """The kinds that the section holds, as links; one query."""
    from .models import ArticlePage

    counted: Any = ArticlePage.objects.descendant_of(section).for_everybody().values("kind").order_by().annotate(count=Count("pk"))
    counts = {row["kind"]: row["count"] for row in counted}
    return [
        {"name": name, "count": counts[kind], "chosen": kind == choice.kind,
         "url": choice.query(kind="" if kind == choice.kind else kind) or "?"}
        for kind, name in KINDS.items() if kind in counts
    ]  # fmt: skip


def lines(articles: Any) -> list[dict[str, Any]]:
    """Articles as a list shows them, without a model instance each."""
    columns = ("pk", "title", "summary", "date", "kind", "url_path", "locale__language_code", "unit__name", "unit__name_en")
    return [
        {"title": row["title"], "summary": row["summary"], "date": row["date"], "kind": KINDS[row["kind"]], "notice": row["kind"] == "notice",
         "unit": in_language(row["unit__name"] or "", row["unit__name_en"] or ""), "pk": row["pk"],
         "unit_is_english": bool(row["unit__name_en"]) and get_language() == "en",
         "url": page_url(row["url_path"], row["locale__language_code"])}
        for row in articles.values(*columns)
    ]  # fmt: skip


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
    total = found.count()
    pages = max(1, -(-total // PER_PAGE))
    if choice.page > pages or ((choice.year or choice.kind) and not total):
        raise Http404(_("There is no such page."))
    start = (choice.page - 1) * PER_PAGE
    narrowed = bool(choice.kind or choice.year)
    return {
        "choice": choice, "total": total, "articles": lines(found.newest_first()[start : start + PER_PAGE]),
        "archive": _archive(section, choice), "kinds": _kinds(section, choice),
        "month": dt.date(choice.year, choice.month or 1, 1) if choice.year else None, "kind": KINDS.get(choice.kind, ""),
        "most_read": most_read(section.locale.language_code), "narrowed": narrowed,
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
    rows: Any = (
        PageViews.objects.filter(day__gte=since, day__lt=today(), page__in=readable.values("pk"))
        .values("page_id").annotate(times=Sum("count")).order_by("-times", "page_id").values_list("page_id", "times")
    )  # fmt: skip
    counted = dict(rows[:number])
    if not counted:
        return []
    found = {line["pk"]: line for line in lines(ArticlePage.objects.filter(pk__in=counted))}
    return [found[pk] for pk in counted if pk in found]


def newest(language: str, number: int) -> list[dict[str, Any]]:
    """What is new, for the home page. One query, and one that asks which pages are locked."""
    from .models import ArticlePage

    return lines(ArticlePage.objects.for_everybody().in_language(language).newest_first()[:number])


def related_procedures(article: ArticlePage) -> list[dict[str, str]]:
    """The public procedures that an article is about, in its order, by the name in force today; one query."""
    keys = [row.procedure_id for row in article.related.all()]
    day = today()
    names: dict[int, dict[str, str]] = {}
    rows: Any = ProcedureVersion.objects.published().filter(procedure__in=keys).order_by("valid_from")
    for key, code, name, start in rows.values_list("procedure_id", "procedure__code", "name", "valid_from"):
        if start <= day or key not in names:
            names[key] = {"code": code, "name": name}
    return [names[key] for key in dict.fromkeys(keys) if key in names]


def article_context(request: HttpRequest, article: ArticlePage) -> dict[str, Any]:
    """What stands around an article."""
    url = request.build_absolute_uri(article.get_url(request) or request.path)
    return {
        "procedures": related_procedures(article),
        "views": reading.total(article.pk) if article.pk else 0,
        "kind": KINDS[article.kind],
        "share_url": url,
        "canonical_url": url,
        "mail_url": "mailto:?" + urlencode({"subject": article.title, "body": f"{article.title}\n{url}"}, quote_via=quote),
        "section_page": article.get_parent(),
        "is_old": article.date < today() - dt.timedelta(days=365),
    }
