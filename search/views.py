"""The search page, the suggestions under its box, and what somebody says of a search: which result, whether it was the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from safeguards.requests import is_person

from . import insights, numbers
from .finder import PER_PAGE, audiences, fields, find, own_units
from .finder import suggest as suggestions
from .forms import FOR_AUDIENCE, NEAR_UNIT, PARAMETERS, clean_query, number_in, read_asker, read_filters, read_page
from .results import Facet, Hit, Results

MOST_FIELDS = 14
NOBODY_KEEPS = "private, no-store"


@dataclass(frozen=True)
class Choice:
    """One value of a facet as a link that turns it on or off."""

    label: str
    count: int
    selected: bool
    url: str
    value: str = ""


def _repeated(request: HttpRequest) -> QueryDict:
    """What links repeat of an address: what means something in it, no longer than it is read."""
    query = QueryDict(mutable=True)
    query["q"] = clean_query(request.GET.get("q", ""))
    for name, values in read_filters(request.GET).items():
        query.setlist(PARAMETERS[name], list(values))
    for name, value in _said(request):
        query[name] = value
    return query


def _tabs(request: HttpRequest, kinds: list[Choice]) -> list[Choice]:
    """The kinds as tabs: all of them, and each alone; none where there is one kind only."""
    if len(kinds) < 2:
        return []
    alone = _repeated(request)
    alone.pop(PARAMETERS["kind"], None)
    tabs = [Choice(_("All"), sum(kind.count for kind in kinds), not any(kind.selected for kind in kinds), "?" + alone.urlencode())]
    for kind in kinds:
        query = alone.copy()
        query[PARAMETERS["kind"]] = kind.value
        tabs.append(Choice(kind.label, kind.count, kind.selected, "?" + query.urlencode(), kind.value))
    return tabs


def _said(request: HttpRequest) -> list[tuple[str, str]]:
    """What visitors said of themselves, as parameters: every link of the page keeps it, and no cookie does."""
    asker = read_asker(request.GET)
    return [(name, value) for name, value in ((FOR_AUDIENCE, asker.audience), (NEAR_UNIT, asker.unit)) if value]


def _changed(request: HttpRequest, **values: str) -> str:
    """The address of this question with something else in it."""
    query = _repeated(request)
    for name, value in values.items():
        query[name] = value
    return "?" + query.urlencode()


def _choices(request: HttpRequest, facet: Facet) -> list[Choice]:
    made = []
    for bucket in facet.buckets:
        query = _repeated(request)
        name = PARAMETERS[facet.name]
        values = [value for value in query.getlist(name) if value != bucket.value]
        query.setlist(name, values if bucket.selected else [*values, bucket.value])
        made.append(Choice(bucket.label, bucket.count, bucket.selected, "?" + query.urlencode(), bucket.value))
    return made


def _remembered(request: HttpRequest, typed: str, results: Results) -> int | None:
    """The row of this search, when a person made it."""
    if not typed or not insights.is_remembering() or not is_person(request):
        return None
    return insights.remember(typed, results, translation.get_language() or "vi")


def _with_pings(results: Results, row: int | None) -> list[tuple[Hit, str]]:
    """Each result with where its link tells that it was chosen; nowhere when the search is not remembered."""
    first, address = (results.page - 1) * PER_PAGE + 1, reverse("search:choice")
    return [
        (hit, f"{address}?v={insights.token(row, place, hit.kind, hit.id)}" if row else "") for place, hit in enumerate(results.hits, start=first)
    ]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Results for `q`. A telephone, identity or dossier number is taken out of the address, and never searched."""
    typed = clean_query(request.GET.get("q", ""))
    if number := number_in(request.GET.get("q", "")):
        return HttpResponseRedirect(f"{reverse('search:search')}?so={number}", headers={"Cache-Control": NOBODY_KEEPS})
    asker = read_asker(request.GET)
    results = find(typed, read_filters(request.GET), page=read_page(request.GET.get("trang")), asker=asker)
    facets = [(facet, _choices(request, facet)) for facet in results.facets]
    row = _remembered(request, typed, results)
    context: dict[str, Any] = {
        "robots": "noindex",
        "query": typed,
        "results": results,
        "hits": _with_pings(results, row),
        "about": insights.token(row) if row else "",
        "kinds": _tabs(request, next((choices for facet, choices in facets if facet.name == "kind"), [])),
        "said": _said(request),
        "asker": asker,
        "askers": audiences(),
        "own_units": own_units(),
        "kept": [(name, value) for name, values in _repeated(request).lists() if name not in {FOR_AUDIENCE, NEAR_UNIT} for value in values],
        "read_url": _changed(request, q=results.did_you_mean) if results.did_you_mean else "",
        "without_filters": "?" + urlencode([("q", typed), *_said(request)]),
        "fields": [(field, "?" + urlencode([(PARAMETERS["field"], field.value), *_said(request)])) for field in fields()[:MOST_FIELDS]]
        if results.nearest or results.weak
        else [],
        "facets": [(facet, choices) for facet, choices in facets if facet.name != "kind" and (len(choices) > 1 or any(c.selected for c in choices))],
        "chosen": [choice for facet, choices in facets if facet.name != "kind" for choice in choices if choice.selected],
        "number": request.GET.get("so") if request.GET.get("so") in {"dossier", "telephone", "identity"} else "",
        "previous_url": _changed(request, trang=str(results.page - 1)) if results.page > 1 else "",
        "next_url": _changed(request, trang=str(results.page + 1)) if results.page < results.pages else "",
    }
    response = render(request, "search/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = NOBODY_KEEPS if typed else "public, max-age=60"
    return response


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggestions while typing, as JSON: `[{"title", "url", "kind", "matched"}]`; kind "question" is one that many ask, at its search page."""
    typed = clean_query(request.GET.get("q", ""))
    number = number_in(request.GET.get("q", ""))
    found = [] if number else suggestions(typed)
    items = [{"title": one.title, "url": one.url, "kind": one.kind, "matched": one.matched} for one in found]
    response = JsonResponse({"suggestions": items}, json_dumps_params={"ensure_ascii": False})
    response["X-Robots-Tag"] = "noindex"
    # Digits that are no code may be the beginning of somebody's number.
    response["Cache-Control"] = NOBODY_KEEPS if number or numbers.has_others(typed) else "public, max-age=60"
    return response


@csrf_exempt  # nosemgrep: tools.csrf-exempt  # a browser sends it by itself; the signed token is of a search, and no other is touched
@require_POST
def choice(request: HttpRequest) -> HttpResponse:
    """The ping of a result's link: which one was chosen."""
    try:
        insights.chosen(request.GET.get("v", ""))
    except BadSignature:
        return HttpResponseBadRequest()
    return HttpResponse(status=204)


@csrf_exempt  # nosemgrep: tools.csrf-exempt  # the page of results sets no cookie; the signed token is of a search, and no other is touched
@require_POST
def found(request: HttpRequest) -> HttpResponse:
    """Whether somebody found it."""
    said = request.POST.get("thay", "")
    try:
        if said not in {"co", "khong"}:
            return HttpResponseBadRequest()
        insights.answered(request.POST.get("v", ""), said == "co")
    except BadSignature:
        return HttpResponseBadRequest()
    response = HttpResponseRedirect(f"{reverse('search:thanks')}?thay={said}")
    response.status_code = 303
    return response


@never_cache
@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """Thanks for the answer, and how else to get on for whoever did not find it."""
    response = render(request, "search/thanks.html", {"robots": "noindex", "was_found": request.GET.get("thay") == "co"})
    response["X-Robots-Tag"] = "noindex"
    return response
