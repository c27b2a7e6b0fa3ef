"""Papers on the pages of whoever registered and of the staff. Kept by no cache; a paper is added, or taken back, by a button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from foundation.forms import TellingForm
from safeguards.uploads.forms import FilesField
from safeguards.uploads.receiving import takes_files

from . import papers, scope
from .place import _held
from .registering import facts, private


class PapersForm(TellingForm):
    """More papers to a registration that stands."""

    papers = FilesField(purpose=papers.PURPOSE, label=gettext_lazy("Papers to send ahead"))


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def of_place(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The papers of whoever holds a place: what is there, more of them, one taken back."""
    registration = _held(slug, token)
    here = HttpResponseRedirect(reverse("dialogue_sessions:papers", args=[slug, token]))
    if request.method == "POST" and (uid := papers.as_uid(request.POST.get("remove", ""))):
        if papers.take_back(registration, uid):
            messages.success(request, _("The paper is deleted."))
        return private(here, referrer="same-origin")
    more = papers.takes_more(registration)
    form = PapersForm(request.POST, request.FILES) if more and request.method == "POST" else PapersForm() if more else None
    if form is not None and form.is_bound and form.is_valid():
        try:
            papers.attach(registration, form.cleaned_data["papers"])
        except papers.NoRoom:
            form.add_error("papers", str(papers.TOO_MANY))
        except papers.Over:
            form.add_error(None, _("This place is given up by now, so nobody would read your papers. Register again, and send them along."))
        else:
            messages.success(request, _("We have your papers."))
            return private(here, referrer="same-origin")
    context = {
        **facts(registration.session), "registration": registration, "papers": papers.shown(registration), "form": form,
        "back": reverse("dialogue_sessions:place", args=[slug, token]),
    }  # fmt: skip
    return private(render(request, "dialogue_sessions/papers.html", context, status=422 if form is not None and form.errors else 200))


@scope.office(scope.VIEW_REGISTRATIONS, scope.REVEAL)
def of_session(request: HttpRequest, pk: int) -> HttpResponse:
    """All papers of a session, by place in the queue, for those who prepare it. Names of files may name people: the list shows none,
    and who takes a file is on record."""
    session = scope.session_or_404(request.user, pk)
    rows = scope.registrations_for(request.user).filter(session=session)
    context = {
        "session": session, "papers": papers.with_papers(rows), "page_title": _("Papers"), "page_subtitle": session.title,
        "header_icon": "doc-full", "back": reverse("dialogue_sessions_backoffice:registrations", args=[session.pk]),
    }  # fmt: skip
    return render(request, "dialogue_sessions/admin/papers.html", context)
