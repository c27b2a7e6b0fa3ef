"""Public pages of minutes: published ones for everybody, circulated ones for those who attended, by a link of their own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from foundation import pdf, qr
from foundation.api import absolute
from foundation.forms import TellingForm
from procedures_catalog.caching import asks, public_page

from . import minutes_data, promise_data, services
from .enums import MinutesState
from .models import Minutes
from .promise_follow import private
from .services import minutes as life


def published(slug: str) -> Minutes:
    """The published minutes of a session; 404 for any others."""
    found = Minutes.objects.select_related("session__unit", "session__post", "session__room__point")
    return get_object_or_404(found, session__slug=slug, state=MinutesState.PUBLISHED)


def _context(found: Minutes) -> dict[str, Any]:
    return {
        "shown": minutes_data.load(found), "minutes": found, "session": found.session, "session_url": promise_data.session_url(found.session),
        "absent": minutes_data.absent_share(found), "section": "events",
    }  # fmt: skip


@asks()
@require_safe
@public_page
def minutes(request: HttpRequest, slug: str) -> HttpResponse:
    """What was said, answered and promised."""
    found = published(slug)
    context = {**_context(found), "canonical_url": request.build_absolute_uri(request.path)}
    return render(request, "dialogue_sessions/minutes/minutes.html", context)


@asks()
@require_safe
@public_page
def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for the notice board: summary, answers, and each promise with a QR code that leads to how it stands."""
    found = published(slug)
    context = _context(found)
    for item in context["shown"].promises:
        promise = item["promise"]
        item["qr"] = qr.svg(absolute(promise.get_absolute_url()), title=_("How promise %(number)s stands today") % {"number": promise.pk})
    context |= {"robots": "noindex, follow", "minutes_url": absolute(reverse("minutes:minutes", args=[slug]))}
    return render(request, "dialogue_sessions/minutes/sheet.html", context)


@asks()
@require_safe
@public_page
def sheet_pdf(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as a PDF, to print and to send to heads of villages."""
    found = published(slug)
    shown, session = minutes_data.load(found), found.session
    data = {
        "lang": get_language() or "vi", "unit": session.unit.title, "title": _("Minutes: %(session)s") % {"session": session.name},
        "facts": f"{timezone.localtime(session.starts_at):%d/%m/%Y} · {shown.numbers.sentence}",
        "summary_title": _("Summary"), "summary": found.words,
        "promises_title": _("What was promised"), "lines_title": _("What was said and answered"), "answer_title": _("Answer"),
        "promises": [_printed(item) for item in shown.promises],
        "asked_title": _("Answers a question that was sent ahead:"),
        "lines": [
            {
                "title": f"{line.number}. {line.said_by}", "text": line.text, "answer": line.answer,
                "asked": [one.short for one in getattr(line, "asked", [])],
            } for line in shown.lines
        ],
        "address": absolute(reverse("minutes:minutes", args=[slug])),
    }  # fmt: skip
    response = HttpResponse(pdf.render("dialogue_sessions/minutes.typ", data), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="bien-ban-{slug}.pdf"'
    response["X-Robots-Tag"] = "noindex"
    return response


def _printed(item: dict[str, Any]) -> dict[str, str]:
    promise = item["promise"]
    address = absolute(promise.get_absolute_url())
    by = _("to be kept by %(day)s") % {"day": f"{promise.due_on:%d/%m/%Y}"}
    said = _("How promise %(number)s stands today") % {"number": promise.pk}
    return {
        "text": promise.words, "about": f"{promise.unit.title} · {by}", "address": address, "qr": str(qr.svg(address, title=said)), "qr_text": said,
    }  # fmt: skip


class CorrectionForm(TellingForm):
    """Which line, and how it was."""

    line = forms.ChoiceField(label=gettext_lazy("What is not right?"), required=False, widget=forms.Select(attrs={"class": "field"}))
    text = forms.CharField(
        label=gettext_lazy("How was it?"),
        max_length=4_000,
        help_text=gettext_lazy("Write it as you said or heard it. The office reads it, and decides with a reason that you can read here."),
        error_messages={"required": gettext_lazy("Write how it was.")},
        widget=forms.Textarea(attrs={"class": "field", "rows": 5}),
    )

    def __init__(self, *args: Any, lines: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice: Any = self.fields["line"]
        self.lines = {str(line.pk): line for line in lines}
        choice.choices = [("", _("Something else in the minutes"))] + [
            (str(line.pk), _("Line %(number)s") % {"number": line.number}) for line in lines
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The circulated minutes for somebody who attended, and a form for what was not so."""
    found = life.opened(token)
    if found is None or found[0].session.slug != slug or found[0].state == MinutesState.DRAFT:
        raise Http404
    current, who = found
    context = _context(current)
    open_ = life.takes_corrections(current)
    form = CorrectionForm(request.POST if request.method == "POST" else None, lines=context["shown"].lines)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose(current, who, form.lines.get(form.cleaned_data["line"]), form.cleaned_data["text"])
        except services.SessionError as error:
            form.add_error("text", str(error))
        else:
            return private(HttpResponseRedirect(f"{request.path}?da-gui=1"))
    context |= {
        "form": form, "open": open_, "sent": request.GET.get("da-gui") == "1", "robots": "noindex",
        "own": list(current.corrections.filter(registration=who).select_related("contribution")),
    }  # fmt: skip
    return private(render(request, "dialogue_sessions/minutes/correct.html", context, status=422 if form.errors else 200))
