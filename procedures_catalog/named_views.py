"""Pages of what procedures name: a form with its files, a legal document with its validity, a publication decision; each with the
procedures that name it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from organisation.models import today

from . import named
from .caching import asks, public_page
from .models import LegalDocument
from .presentation import FORMATS, file_size, safe_url
from .search_sources import files_of_decisions

SHOWN = 100  # procedures that a page names; nearly all procedures of a country rest on the same two laws
MOST = 2**31 - 1


def _file(number: int, stored: str, size: int, name: str) -> dict[str, Any]:
    file_name = stored.rsplit("/", 1)[-1]
    return {"name": name, "url": reverse("wagtaildocs_serve", args=[number, file_name]), "size": file_size(size)}


def _uses(uses: list[named.Use]) -> dict[str, Any]:
    shown = []
    for use in uses[:SHOWN]:
        url = reverse("procedures_catalog:procedure", args=[use.code])
        # The version that names the thing may be over while another is in force.
        past = use.standing == "ended" and use.last_day is not None
        shown.append({"use": use, "url": f"{url}?ngay={use.last_day.isoformat()}" if past and use.last_day else url})
    return {"uses": shown, "more": len(uses) - len(shown)}


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    context |= {"canonical": request.build_absolute_uri(request.path), "section": "procedures"}
    return render(request, "procedures_catalog/named.html", context)


@require_safe
@asks()
@public_page
def form_page(request: HttpRequest, key: str) -> HttpResponse:
    """A form: what it is called, its files, which procedures ask for it."""
    form = next(iter(named.forms([key], today())), None)
    if form is None:
        raise Http404(_("There is no such form."))
    names = {**dict(FORMATS), "sample": _("filled-in sample")}
    files = [_file(number, stored, size, str(names[kind])) for kind, number, stored, size in form.files]
    context = {
        "kind": named.FORM, "title": form.name, "code": "" if form.code == form.name else form.code, "files": files,
        "to_download": True, "twins": named.twins(form), **_uses(form.uses),
    }  # fmt: skip
    return _answer(request, context)


@require_safe
@asks()
@public_page
def document_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A legal document: its validity, where its official text is, which procedures rest on it."""
    day = today()
    document = LegalDocument.objects.select_related("replaced_by").filter(pk=pk).first() if pk <= MOST else None
    uses = named.uses_of_documents([document.pk], day).get(document.pk, []) if document else []
    if document is None or not uses:
        raise Http404(_("There is no such document."))
    successor = document.replaced_by
    known = successor is not None and named.public_legal_documents().filter(pk=successor.pk).exists()
    context = {
        "kind": named.DOCUMENT, "title": document.title or document.number, "code": document.number if document.title else "", "document": document,
        "link": safe_url(document.url), "expired": document.is_expired_on(day), "later": bool(document.valid_from and document.valid_from > day),
        "successor": successor, "successor_url": reverse("procedures_catalog:legal_document", args=[successor.pk]) if successor and known else "",
        **_uses(uses),
    }  # fmt: skip
    return _answer(request, context)


@require_safe
@asks()
@public_page
def decision_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A publication decision: who signed it and when, its files, which procedures it published or ended."""
    decision = named.public_decisions().filter(pk=pk).first() if pk <= MOST else None
    if decision is None:
        raise Http404(_("There is no such decision."))
    files = [_file(number, stored, size, stored.rsplit("/", 1)[-1]) for number, stored, size in files_of_decisions([decision.pk])[decision.pk]]
    context = {
        "kind": named.DECISION, "title": decision.title or decision.number, "code": decision.number if decision.title else "", "decision": decision,
        "files": files, **_uses(named.uses_of_decisions([decision.pk], today()).get(decision.pk, [])),
    }  # fmt: skip
    return _answer(request, context)
