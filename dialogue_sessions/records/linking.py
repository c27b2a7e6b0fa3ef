"""The questions that a line of the minutes answers, chosen from those that were sent ahead: the nearest in words stand first."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from .. import scope, services
from ..enums import EDITABLE_MINUTES
from ..models import Contribution, Question
from ..question_list import similar
from .forms import RecordForm, tell
from .minutes import CHANGE, VIEW

MOST = 500  # of one dialogue; each is a line of the page


def said(question: Question) -> str:
    """A question in a list of choices, with where it stands."""
    text = question.public_text
    return f"{text if len(text) <= 140 else text[:137] + '…'} ({question.get_state_display()})"


def offered(line: Contribution) -> list[Question]:
    """Questions of the line's dialogue that it can answer: the nearest in words first, then the most wanted."""
    near = [question for question, _score in similar(line.minutes.session, line.text)]
    rest = Question.objects.listed().filter(session=line.minutes.session_id).exclude(pk__in=[question.pk for question in near])
    return [*near, *rest.order_by("-supports", "pk")[:MOST]]


class LinkForm(RecordForm):
    """Which ones. What the page showed as chosen comes back with it, so that only what was changed is changed."""

    questions = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Questions that this line answers"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Once the minutes are published, these are answered with the words of the line, and whoever asked is written to. "
                               "A question that has an answer already keeps it."),
        error_messages={"invalid_choice": gettext_lazy("One of these questions is not in the list any more. Look at the list again.")},
    )  # fmt: skip
    shown = forms.TypedMultipleChoiceField(coerce=int, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args: Any, rows: list[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("questions", "shown"):
            self.fields[name].choices = [(str(question.pk), said(question)) for question in rows]  # type: ignore[attr-defined]


@scope.office(VIEW, CHANGE, methods=("GET", "HEAD", "POST"))
def line_questions(request: HttpRequest, session_pk: int, pk: int) -> HttpResponse:
    """Choose the questions that a line answers."""
    user: Any = request.user
    rows = scope.rows_for(user, Contribution.objects.select_related("minutes__session__unit"), "minutes__session__unit")
    line = get_object_or_404(rows, pk=pk, minutes__session=session_pk)
    back = reverse("dialogue_records:minutes", args=[session_pk]) + f"#line-{line.number}"
    chosen = list(Question.objects.filter(line_links__contribution=line).select_related("merged_into").order_by("pk"))
    found = offered(line)
    # What was put together with another one, or refused, since it was linked can still be taken out.
    found += [question for question in chosen if question not in found]
    keys = [question.pk for question in chosen]
    form = LinkForm(request.POST if request.method == "POST" else None, rows=found, initial={"questions": keys, "shown": keys})
    if request.method == "POST" and form.is_valid():
        wanted, had = set(form.cleaned_data["questions"]), set(form.cleaned_data["shown"])
        try:
            services.link_questions(line, user, add=wanted - had, remove=had - wanted)
        except services.SessionError as error:
            tell(form, error)
        else:
            messages.success(request, _("It is saved."))
            return redirect(back)
    context = {
        "line": line, "form": form, "editable": line.minutes.state in EDITABLE_MINUTES, "any": bool(found), "back": back,
        "page_title": _("Questions that a line answers"), "page_subtitle": line.minutes.session.title, "header_icon": "help",
    }  # fmt: skip
    return render(request, "dialogue_sessions/records/line_questions.html", context, status=422 if form.errors else 200)
