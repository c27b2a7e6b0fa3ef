"""Small pages beside the editor: a copy as a new version, notes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.admin.widgets import AdminDateInput

from safeguards.services import record

from .. import services
from ..enums import ChangeKind
from ..forms import NoteForm
from ..models import ProcedureVersion, PublicationDecision
from .choosers import DecisionChooser
from .decisions import require
from .versions import edit_url

DAY = dt.timedelta(days=1)


class NewVersionForm(forms.Form):
    """What is new about the new version before its text is: decision, day, kind."""

    decision = forms.ModelChoiceField(
        label=gettext_lazy("Decision"), queryset=PublicationDecision.objects.all(), widget=DecisionChooser, required=False,
        help_text=gettext_lazy("It can still be entered in the draft."),
    )  # fmt: skip
    change_kind = forms.ChoiceField(
        label=gettext_lazy("Kind of change"), choices=[choice for choice in ChangeKind.choices if choice[0] != ChangeKind.NEW],
        initial=ChangeKind.AMENDED.value,
    )  # fmt: skip
    valid_from = forms.DateField(label=gettext_lazy("In force from"), widget=AdminDateInput, required=False)


@require_http_methods(["GET", "POST"])
def new_version(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft with all that a version says."""
    user = require(request, "add_procedureversion")
    version = get_object_or_404(ProcedureVersion.objects.select_related("procedure"), pk=pk)
    form = NewVersionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        decision = form.cleaned_data["decision"]
        try:
            draft = services.copy_as_new_version(
                version, user=user, decision=decision, change_kind=form.cleaned_data["change_kind"],
                valid_from=form.cleaned_data["valid_from"] or (decision.effective_on if decision else None),
            )  # fmt: skip
        except services.CatalogueError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("This is the draft of the new version. Change what the decision changes, then hand it in for approval."))
            return redirect(edit_url(draft))
    context = {
        "form": form, "version": version, "media": form.media, "edit_url": edit_url(version), "page_title": _("Copy as new version"),
        "header_icon": "copy",
    }  # fmt: skip
    return render(request, "procedures_catalog/admin/new_version.html", context)


@require_http_methods(["GET", "POST"])
def notes(request: HttpRequest, pk: int) -> HttpResponse:
    """What editors say to each other about a version; each note is settled by whoever dealt with it."""
    user = require(request, "change_procedureversion")
    version = get_object_or_404(ProcedureVersion.objects.select_related("procedure"), pk=pk)
    form = NoteForm(request.POST or None) if "settle" not in request.POST else NoteForm()
    if request.method == "POST":
        with transaction.atomic():
            if key := request.POST.get("settle", ""):
                note = get_object_or_404(version.notes, pk=int(key) if key.isascii() and key.isdigit() and len(key) < 12 else 0)
                note.done = not note.done
                note.save(update_fields=["done"])
                record(
                    "procedures_catalog.note_settled" if note.done else "procedures_catalog.note_opened",
                    version,
                    actor=user,
                    payload={"note": note.pk},
                )
                return redirect("procedures_catalog_backoffice:notes", pk)
            if form.is_valid():
                note = form.save(commit=False)
                note.version, note.author = version, user
                note.save()
                record("procedures_catalog.note_written", version, actor=user, payload={"note": note.pk})
                return redirect("procedures_catalog_backoffice:notes", pk)
    context: dict[str, Any] = {
        "form": form, "version": version,
        "notes": version.notes.select_related("author").order_by("done", "-pk")[:200], "edit_url": edit_url(version),
        "page_title": _("Notes"), "header_icon": "comment",
    }  # fmt: skip
    return render(request, "procedures_catalog/admin/notes.html", context)
