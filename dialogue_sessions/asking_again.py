"""A question that came with a registration and was not taken, given back in a form: text, village and papers stand in it as they were
sent, for whoever has the ticket and for nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from messaging.services import contact_for
from safeguards.uploads.receiving import takes_files

from . import asking, contacts, question_papers, services
from .models import Question, Registration
from .papers import TOO_MANY, NoRoom, as_uid
from .place import _held
from .question_forms import AgainForm
from .question_privacy import UNPROVEN
from .register_forms import language
from .registering import facts, private


@takes_files
@require_http_methods(["GET", "HEAD", "POST"])
def of_place(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The form, with everything in it; once it is taken, the page of the place leads to the question."""
    registration = _held(slug, token)
    question = asking.lost(registration)
    back = reverse("dialogue_sessions:place", args=[slug, token])
    # What was typed while the time for it ended is a question like any other.
    anew = question is None and request.method == "POST" and asking.of(registration) is None
    if not registration.contact_hmac or not (question or anew) or not registration.session.takes_questions(timezone.now()):
        return private(HttpResponseRedirect(back))
    kept = request.POST.getlist("keep") if request.method == "POST" else None
    papers = [{**paper, "kept": kept is None or str(paper["uid"]) in kept} for paper in (question_papers.shown(question) if question else [])]
    if request.method == "POST":
        form = AgainForm(request.POST, request.FILES)
    else:
        form = AgainForm(initial={"text": question.sent_text(), "village": question.village} if question else None)
    status = 200
    if form.is_bound and form.is_valid():
        status = _sent(registration, question, form, papers)
        if not status:
            return private(HttpResponseRedirect(back))
    context = {
        **facts(registration.session), "form": form, "papers": papers, "back": back, "ends": registration.session.questions_end(),
        "until": question.sent_at + UNPROVEN if question else None,
    }  # fmt: skip
    return private(render(request, "dialogue_sessions/question_again.html", context, status=422 if form.errors and status == 200 else status or 200))


def _sent(registration: Registration, question: Question | None, form: AgainForm, papers: Sequence[Mapping[str, Any]]) -> int:
    """Send it; gives the status of the page that says why not, 0 when it is done."""
    said = form.cleaned_data
    _name, typed = contacts.opened(registration)
    try:
        with services.gate.change():  # what nobody wants along goes only if the rest goes on its way
            current = question or asking.send(registration, said["text"])
            if current is None:
                raise services.NoQuestions
            for paper in papers:
                if not paper["kept"] and (uid := as_uid(str(paper["uid"]))):
                    question_papers.take_back(current, uid)
            services.send_again(current, contact_for(typed, language=language()), said["text"], said["village"], said["papers"])
    except NoRoom:
        form.add_error("papers", str(TOO_MANY))
    except services.Busy as busy:
        form.add_error(None, str(busy))
        return 503
    except services.SessionError as error:
        form.add_error(None, str(error))
    else:
        return 0
    return 422


__all__ = ["of_place"]
