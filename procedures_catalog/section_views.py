"""A section of a procedure that is too long for its page, on a page of its own."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .caching import asks, public_page
from .sections import OWN_PAGES
from .views import page_context


@require_safe
@asks("cap", "ngay", "trang")
@public_page
def section_page(request: HttpRequest, code: str, part: str) -> HttpResponse:
    """The section whole. Where it stands on the procedure's page, the address leads there: what was long may become short."""
    if part not in OWN_PAGES:
        raise Http404(_("There is no such section."))
    context = page_context(request, code)
    chosen, query = context["chosen"], context["query"]
    page = reverse("procedures_catalog:procedure", args=[code])
    pages = context["body"]["moved"].get(part) if context["row"] else None
    if pages is None:
        return redirect(f"{page}{query}#{part}")
    asked = request.GET.get("trang", "1") or "1"
    if not (asked.isascii() and asked.isdigit() and len(asked) < 4 and 1 <= (number := int(asked)) <= len(pages)):
        raise Http404(_("There is no such page."))
    here = {place: "?" + urlencode(chosen | ({"trang": place} if place > 1 else {})) for place in (number - 1, number + 1)}
    context |= {
        "part": pages[number - 1],
        "number": number,
        "pages": len(pages),
        "previous_url": here[number - 1] if number > 1 else "",
        "next_url": here[number + 1] if number < len(pages) else "",
        "title": OWN_PAGES[part],
        "back": f"{page}{query}#{part}",
        "canonical": request.build_absolute_uri(request.path + (f"?trang={number}" if number > 1 else "")),
        "robots": "noindex, follow",
    }
    return render(request, "procedures_catalog/section.html", context)
