"""The search page, the suggestions under its box, and what somebody says of a search: which result, whether it was the right one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from safeguards.requests import is_person

from . import insights, language
from .finder import PER_PAGE, find, localised
from .finder import suggest as suggestions
from .forms import PARAMETERS, clean_query, read_filters, read_page
from .results import Facet, Hit, Results


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
    number = language.personal_number(typed)
    if number:
        return HttpResponseRedirect(f"{reverse('search:search')}?so={number}")
    results = find(typed, read_filters(request.GET), page=read_page(request.GET.get("trang")))
    facets = [(facet, _choices(request, facet)) for facet in results.facets]
    row = _remembered(request, typed, results)
    context: dict[str, Any] = {
        "robots": "noindex",
        "query": typed,
        "results": results,
        "hits": _with_pings(results, row),
        "about": insights.token(row) if row else "",
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
