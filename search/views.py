"""The search page and the suggestions under its box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import language
from .finder import find, localised
from .finder import suggest as suggestions
from .forms import PARAMETERS, clean_query, read_filters, read_page
from .results import Facet


@dataclass(frozen=True)
class Choice:
    """One value of a facet as a link that turns it on or off."""

    label: str
    count: int
    selected: bool
    url: str


def _repeated(request: HttpRequest) -> QueryDict:
    """What links repeat of an address: what means something in it, no longer than it is read."""
    query = QueryDict(mutable=True)
    query["q"] = clean_query(request.GET.get("q", ""))
    for name, values in read_filters(request.GET).items():
        query.setlist(PARAMETERS[name], list(values))
    return query


def _choices(request: HttpRequest, facet: Facet) -> list[Choice]:
    made = []
    for bucket in facet.buckets:
        query = _repeated(request)
        name = PARAMETERS[facet.name]
        values = [value for value in query.getlist(name) if value != bucket.value]
        query.setlist(name, values if bucket.selected else [*values, bucket.value])
        made.append(Choice(bucket.label, bucket.count, bucket.selected, "?" + query.urlencode()))
    return made


def _page_url(request: HttpRequest, number: int) -> str:
    query = _repeated(request)
    query["trang"] = str(number)
    return "?" + query.urlencode()


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Results for `q`. A telephone, identity or dossier number is taken out of the address, and never searched."""
    typed = clean_query(request.GET.get("q", ""))
    number = language.personal_number(typed)
    if number:
        return HttpResponseRedirect(f"{reverse('search:search')}?so={number}")
    results = find(typed, read_filters(request.GET), page=read_page(request.GET.get("trang")))
    facets = [(facet, _choices(request, facet)) for facet in results.facets]
    context: dict[str, Any] = {
        "robots": "noindex",
        "query": typed,
        "results": results,
        "kinds": next((choices for facet, choices in facets if facet.name == "kind"), []),
        "facets": [(facet, choices) for facet, choices in facets if facet.name != "kind" and (len(choices) > 1 or any(c.selected for c in choices))],
        "chosen": [choice for _facet, choices in facets for choice in choices if choice.selected],
        "number": request.GET.get("so") if request.GET.get("so") in {"dossier", "telephone", "identity"} else "",
        "previous_url": _page_url(request, results.page - 1) if results.page > 1 else "",
        "next_url": _page_url(request, results.page + 1) if results.page < results.pages else "",
    }
    response = render(request, "search/search.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store" if typed else "public, max-age=60"
    return response


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Suggestions while typing, as JSON: `[{"title", "url", "kind"}]`."""
    typed = clean_query(request.GET.get("q", ""))
    found = [] if language.personal_number(typed) else suggestions(typed)
    items = [{"title": entry.title, "url": localised(entry.url), "kind": entry.kind} for entry in found]
    response = JsonResponse({"suggestions": items}, json_dumps_params={"ensure_ascii": False})
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "public, max-age=60"
    return response
