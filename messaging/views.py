"""The page by which a reader ends messages, and takes that back. Asking for it changes nothing: mail scanners follow every link."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from . import contacts, links
from .models import Contact


@csrf_exempt  # nosemgrep: tools.csrf-exempt  # a mail program sends it by itself; the signed address is of one contact, and no other is touched
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows the button. POST does it: with our form's token, or, from a mail program's own button (RFC 8058), by the signed address
    alone, which nobody has but who got the letter."""
    contact = links.contact_of(token)
    if contact is None:
        raise Http404
    if request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click":
        contacts.opt_out(contact)
        return HttpResponse(status=204)
    answer: HttpResponse = _by_hand(request, contact)
    return answer


@csrf_protect
def _by_hand(request: HttpRequest, contact: Contact) -> HttpResponse:
    if request.method == "POST":
        if request.POST.get("again"):
            contacts.opt_in(contact)
        else:
            contacts.opt_out(contact)
        return HttpResponseRedirect(request.path)
    return render(request, "messaging/stop.html", {"contact": contact, "robots": "noindex"})
