"""Public pages of promises: the board of all units, and the page of one."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from foundation import qr
from foundation.api import absolute
from foundation.tabular import escape_row
from organisation.models import Unit, today
from organisation.queries import holders
from procedures_catalog.caching import asks, public_page

from . import promise_data
from .enums import MinutesState
from .models import Promise, PromiseQuerySet
from .promise_open_data import COLUMNS

PER_PAGE = 25
MAX_PAGE = 10_000
SLUG = re.compile(r"[A-Za-z0-9_-]{1,120}\Z")
WORDS = ("co-quan", "trang-thai", "nam", "trang")


@dataclass(frozen=True)
class Ask:
    """What an address of the board asks for."""

    unit: str = ""
    state: str = ""
    year: str = ""

    def query(self, **changes: str) -> str:
        """The address with some of it changed; an empty value takes it away."""
        pairs = {"co-quan": self.unit, "trang-thai": self.state, "nam": self.year} | {
            name.replace("_", "-"): value for name, value in changes.items()
        }
        kept = {name: value for name, value in pairs.items() if value}
        return f"?{urlencode(kept)}" if kept else ""

    def found(self, day: Any) -> PromiseQuerySet:
        """The promises."""
        return promise_data.narrowed(day, unit=self.unit, state=self.state, year=self.year)


def _ask(request: HttpRequest) -> Ask:
    """Read it; 404 for what cannot exist."""
    unit, state, year = (request.GET.get(name, "") for name in WORDS[:3])
    if unit and not SLUG.match(unit):
        raise Http404(_("There is no such choice."))
    if state and state != promise_data.OVERDUE and state not in promise_data.STATE_WORDS:
        raise Http404(_("There is no such choice."))
    if year and not (year.isascii() and year.isdigit() and 2000 <= int(year[:5]) <= 2100):
        raise Http404(_("There is no such choice."))
    return Ask(unit, state, year)


def _page(request: HttpRequest, count: int) -> int:
    text = request.GET.get("trang", "") or "1"
    pages = max(1, -(-count // PER_PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 8) or not 1 <= int(text) <= pages:
        raise Http404(_("There is no such page."))
    return int(text)


def _ways(ask: Ask, word: str, now: str, options: list[tuple[str, str]]) -> list[dict[str, Any]]:
    path = reverse("promises:board")
    chips = [{"label": _("all"), "url": path + ask.query(**{word: ""}), "chosen": not now}]
    return chips + [{"label": label, "url": path + ask.query(**{word: value}), "chosen": value == now} for value, label in options]


@asks(*WORDS)
@require_safe
@public_page
def board(request: HttpRequest) -> HttpResponse:
    """All public promises: how many of each unit were kept, and each with where it stands today."""
    day, ask = today(), _ask(request)
    tallies = promise_data.by_unit(day)
    chosen = next((tally for tally in tallies if tally.slug == ask.unit), None)
    if ask.unit and chosen is None and not Unit.objects.filter(slug=ask.unit).exists():
        raise Http404(_("There is no such choice."))
    found = ask.found(day)
    count = found.count()
    number = _page(request, count)
    start = (number - 1) * PER_PAGE
    lines = [promise_data.line(promise, day) for promise in found.select_related("unit").as_read()[start : start + PER_PAGE]]
    path = reverse("promises:board")
    for_units = [(tally.slug, tally.name, tally.language) for tally in sorted(tallies, key=lambda tally: tally.name)]
    context = {
        "day": day, "tallies": tallies, "all": promise_data.summed(tallies), "count": count, "lines": lines, "chosen": chosen,
        "unit_choices": for_units, "ask": ask, "narrowed": ask != Ask(), "query": ask.query(), "percent_from": promise_data.PERCENT_FROM,
        "state_ways": _ways(ask, "trang-thai", ask.state, list(promise_data.state_labels().items())),
        "year_ways": _ways(ask, "nam", ask.year, [(str(year), str(year)) for year in promise_data.years()]),
        "page": {"number": number, "pages": max(1, -(-count // PER_PAGE))}, "section": "promises",
        "previous_url": path + ask.query(trang=str(number - 1) if number > 2 else "") if number > 1 else "",
        "next_url": path + ask.query(trang=str(number + 1)) if start + PER_PAGE < count else "",
        "robots": "noindex, follow" if ask != Ask() or number > 1 else "", "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    return render(request, "dialogue_sessions/promises/board.html", context)


@asks(*WORDS[:3])
@require_safe
@public_page
def board_csv(request: HttpRequest) -> HttpResponse:
    """The same promises as a table."""
    day, ask = today(), _ask(request)
    names = [column.name for column in COLUMNS]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    for row in promise_data.rows(ask.found(day)):
        writer.writerow(escape_row("" if row[name] is None else row[name] for name in names))
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="loi-hua-{day}.csv"'
    return response


def public_promise(pk: int) -> Promise:
    """A public promise; 404 for any other."""
    if pk >= 2**63:
        raise Http404
    related = ("unit", "post__unit", "session", "contribution__minutes", "conclusion_line__notice", "question")
    return get_object_or_404(Promise.objects.public().select_related(*related), pk=pk)


@asks()
@require_safe
@public_page
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """One promise: what, who, by when, what became of it, and the way back to where it was made."""
    found, day = public_promise(pk), today()
    said, tone = promise_data.standing(found, day)
    from_minutes = found.contribution if found.contribution and found.contribution.minutes.state == MinutesState.PUBLISHED else None
    notice = found.conclusion_line.notice if found.conclusion_line and found.conclusion_line.notice.published_at else None
    context = {
        "promise": found, "day": day, "said": said, "tone": tone, "late": found.days_late(day),
        "moves": list(found.moves.select_related("decided_by")),
        "transfers": list(found.transfers.select_related("old_unit", "new_unit", "decided_by")),
        "versions": list(found.versions.all()), "evidence": list(found.evidence.select_related("document", "image")),
        "holder": next(iter(holders(type(found.post).objects.filter(pk=found.post_id), day)), None),
        "session_url": promise_data.session_url(found.session) if found.session and found.session.announced_at else "",
        "line": from_minutes, "minutes_url": reverse("minutes:minutes", args=[found.session.slug]) if from_minutes and found.session else "",
        # What was answered stays public.
        "question_url": reverse("questions:question", args=[found.session.slug, found.question.pk]) if found.question and found.session else "",
        "notice": notice, "qr": qr.svg(absolute(found.get_absolute_url()), title=_("This page as a QR code")), "section": "promises",
        "canonical_url": request.build_absolute_uri(request.path),
    }  # fmt: skip
    return render(request, "dialogue_sessions/promises/promise.html", context)
