"""Creating and editing a version: every button leads to `services`, and a refusal keeps what was typed."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.admin.utils import quote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from wagtail.admin import messages
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button
from wagtail.snippets.views import snippets as wagtail_views

from safeguards.services import record

from .. import services
from ..difference import compare
from ..models import ProcedureVersion
from ..panels import completeness_of
from ..services.errors import said
from ..services.revisions import record_in_memory
from ..wording import difference_for_people
from . import conflict
from .explaining import publishing

NAMESPACE = "wagtailsnippets_procedures_catalog_procedureversion"


def edit_url(version: ProcedureVersion | int) -> str:
    """The editor of a version."""
    return reverse(f"{NAMESPACE}:edit", args=[quote(version if isinstance(version, int) else version.pk)])


class Refusable:
    """Saves and acts in one transaction. What the services refuse is said above the form, which keeps all that was typed."""

    request: HttpRequest
    form: Any

    def form_valid(self, form: Any) -> Any:
        """All or nothing."""
        try:
            with transaction.atomic():
                return super().form_valid(form)  # type: ignore[misc]  # of Wagtail's views
        except services.CatalogueError as error:
            refusal = [str(error)]
        except ValidationError as error:
            refusal = said(error)
        except IntegrityError:
            refusal = [_("The database refuses this: another version may be in force in the same period. Reload the page and try again.")]
        return self.refused(refusal)

    def get_side_panels(self) -> Any:
        """Without Wagtail's dialog for schedules: the time stands in the form, beside the decision."""
        panels = super().get_side_panels()  # type: ignore[misc]
        for panel in panels:
            if hasattr(panel, "show_schedule_publishing_toggle"):
                panel.show_schedule_publishing_toggle = False
        return panels

    def refused(self, refusal: list[str]) -> Any:
        """The form again, bound to what was typed, over the row as it is."""
        self.reload()
        form: Any = self.get_form()  # type: ignore[attr-defined]
        form.defer_required_fields()
        form.is_valid()
        for sentence in refusal:
            form.add_error(None, sentence)
        self.produced_error_code = "refused"
        # Wagtail's message lists the form's errors under its first line; an answer in JSON has that line alone
        self.produced_error_message = " ".join(refusal) if self.expects_json_response else _("This could not be done:")  # type: ignore[attr-defined]
        return self.form_invalid(form)  # type: ignore[attr-defined]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """With the reason why publishing is not offered, and what to do next."""
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        menu = context["action_menu"]
        offered = [item for item in [menu.default_item, *menu.menu_items] if item is not None]
        submit = next((item for item in offered if item.name == "action-submit"), None)
        label = str(submit.get_context_data(menu.context).get("label", submit.label)) if submit else ""
        locked = getattr(self, "locked_for_user", False)
        version = getattr(self, "object", None)
        context["publishing_told"] = None if locked else publishing(version, self.request.user, submit_label=label)
        return context

    def reload(self) -> None:
        """Forget what the undone transaction left in memory."""
        for name in ("latest_revision", "latest_revision_created_at", "is_out_of_date", "workflow_state", "current_workflow_task", "workflow"):
            self.__dict__.pop(name, None)
        self.object = self.get_object()  # type: ignore[attr-defined]


class CreateView(Refusable, wagtail_views.CreateView):
    """A version of a procedure that has none yet; the next ones are copies."""

    def get_initial_form_instance(self) -> ProcedureVersion | None:
        """`?procedure=` names the procedure."""
        key = self.request.GET.get("procedure", "")
        return ProcedureVersion(procedure_id=int(key)) if key.isascii() and key.isdigit() and len(key) < 12 else None

    def save_instance(self) -> ProcedureVersion:
        """Saved with its event."""
        version: ProcedureVersion = super().save_instance()
        record("procedures_catalog.version_drafted", version, actor=cast("Any", self.request.user), payload={"code": version.procedure.code})
        return version


class EditView(Refusable, wagtail_views.EditView):
    """The editor of a draft, or of what is not yet in force."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Hold the row while deciding whether somebody else has saved since the form was opened."""
        with transaction.atomic():
            latest = (
                ProcedureVersion.objects.select_for_update(of=("self",))
                .filter(pk=self.object.pk).values_list("latest_revision_id", flat=True).first()
            )  # fmt: skip
            if latest != self.object.latest_revision_id:
                self.reload()
            if request.POST.get("resume"):
                return self.resumed()
            if self.is_stale() and not self.expects_json_response and not self.locked_for_user:
                return self.conflicting()
            return super().post(request, *args, **kwargs)

    def is_stale(self) -> bool:
        """Whether the form was opened on another revision than the latest. A form that does not say counts as stale."""
        if not self.latest_revision:
            return False
        says = self.request.POST.get("loaded_revision_id") or self.request.POST.get("overwrite_revision_id")
        return not says or bool(self.is_out_of_date)

    def _current_form(self) -> Any:
        return self.get_form_class()(instance=self.object, for_user=self.request.user)

    def conflicting(self) -> HttpResponse:
        """What differs, with everything typed kept in the page, and three ways on."""
        typed = conflict.rebase(self.request.POST, self._current_form())
        theirs = self.get_object()
        mine = self.get_form_class()(typed, instance=self.get_object(), for_user=self.request.user)
        found = conflict.difference(theirs, mine)
        latest = self.latest_revision
        action = next((name for name in self.request.POST if name.startswith("action-")), "")
        context = {
            "version": theirs,
            "difference": found,
            "errors": None if found is not None else mine.errors,
            "typed": [pair for pair in conflict.pairs(typed) if not pair[0].startswith("action-")],
            "action": action,
            "latest": latest,
            "loaded_revision_created_at": self.latest_revision_created_at,
            "edit_url": edit_url(theirs),
            "page_title": _("Somebody else has saved this version"),
            "header_icon": "warning",
        }
        return TemplateResponse(self.request, "procedures_catalog/admin/conflict.html", context, status=409)

    def resumed(self) -> Any:
        """Back in the editor with what was typed, over what the other saved; nothing is saved yet."""
        self._typed = conflict.rebase(self.request.POST, self._current_form())
        form = self.get_form()
        form.defer_required_fields()
        form.is_valid()
        self.form = form
        messages.info(self.request, _("Nothing has been saved yet. What you typed stands over what the other editor saved."))
        return self.render_to_response(self.get_context_data(form=form))

    def get_form_kwargs(self) -> dict[str, Any]:
        """What was typed, fitted to the rows that are there."""
        kwargs: dict[str, Any] = super().get_form_kwargs()
        typed: QueryDict | None = getattr(self, "_typed", None)
        if typed is not None:
            kwargs["data"] = typed
        return kwargs

    def reload(self) -> None:
        """And the locks, which hang on the row."""
        super().reload()
        self.lock = self.get_lock()
        self.locked_for_user = self.lock and self.lock.for_user(self.request.user)

    @cached_property
    def header_more_buttons(self) -> list[Any]:
        """A copy as a new version, the notes, the public page."""
        version = self.live_object
        user: Any = self.request.user
        buttons = [button for button in super().header_more_buttons if button.icon_name != "copy"]
        if user.has_perm("procedures_catalog.add_procedureversion"):
            url = reverse("procedures_catalog_backoffice:new_version", args=[version.pk])
            buttons.append(Button(_("Copy as new version"), url=url, icon_name="copy", priority=10))
        buttons.append(Button(_("Notes"), url=reverse("procedures_catalog_backoffice:notes", args=[version.pk]), icon_name="comment", priority=15))
        if version.live:
            buttons.append(Button(_("See the public page"), url=version.get_absolute_url(), icon_name="view", priority=40))
        return buttons


class UnpublishView(wagtail_views.UnpublishView):
    """Taking back what is not yet in force."""

    page_title = _("Take back")

    def unpublish(self) -> Any:
        """Through the service; a refusal is a message."""
        try:
            services.withdraw(self.object, approver=self.request.user)
        except services.CatalogueError as error:
            messages.error(self.request, str(error))
            return redirect(edit_url(self.object))
        return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it and say so."""
        response: HttpResponse | None = self.unpublish()
        if response is not None:
            return response
        messages.success(request, _("The version is a draft again, and what it would have ended goes on."))
        return redirect(edit_url(self.object))


class UnscheduleView(wagtail_views.RevisionsUnscheduleView):
    """Taking a schedule back, on record."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """With its event."""
        with transaction.atomic():
            response: HttpResponse = super().post(request, *args, **kwargs)
            record("procedures_catalog.version_unscheduled", self.object, actor=request.user, payload={"revision": self.revision.pk})  # type: ignore[arg-type]
        return response


class WorkflowActionView(wagtail_views.WorkflowActionView):
    """Approving in the workflow: the same door, the same refusals."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """All or nothing; a refusal leaves the task as it was and says why."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
                return response
        except services.CatalogueError as error:
            messages.error(request, str(error))
        if request.headers.get("x-requested-with") == "XMLHttpRequest":
            answer: HttpResponse = self.render_modal_json(request, {"step": "success", "redirect": edit_url(self.object)})
            return answer
        return redirect(edit_url(self.object))


class NotCopied(View):
    """Wagtail's copy view overwrites the original on POST; a copy is made by `NewVersionView`."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Lead to the right page."""
        return redirect("procedures_catalog_backoffice:new_version", pk)


class CompletenessView(PermissionCheckedMixin, View):
    """What is missing in the form as it is being written; saves nothing."""

    permission_policy: Any = None
    any_permission_required = ["add", "change"]
    form_class: Any = None
    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        """The list as a fragment."""
        version = ProcedureVersion()
        if pk is not None:
            version = get_object_or_404(ProcedureVersion, pk=pk).get_latest_revision_as_object()
        form = self.form_class(request.POST, instance=version, for_user=request.user)
        form.defer_required_fields()
        context: dict[str, Any] = {"missing": None, "unreadable": True}
        if form.is_valid():
            form.save(commit=False)
            if form.instance.procedure_id:
                context = completeness_of(record_in_memory(form.instance))
            else:
                context = {"missing": None}
        return render(request, "procedures_catalog/admin/panels/completeness_list.html", context)


def compare_versions(request: HttpRequest, pk: int, other: int) -> HttpResponse:
    """What differs between two versions of one procedure, drafts included."""
    if not request.user.has_perm("procedures_catalog.change_procedureversion"):
        raise PermissionDenied
    new = get_object_or_404(ProcedureVersion.objects.select_related("procedure"), pk=pk)
    old = get_object_or_404(ProcedureVersion, pk=other)
    if old.procedure_id != new.procedure_id:
        raise Http404
    found = compare(record_in_memory(old.get_latest_revision_as_object()), record_in_memory(new.get_latest_revision_as_object()))
    context = {
        "old": old, "new": new, "difference": difference_for_people(found), "header_icon": "history",
        "page_title": _("What differs"), "edit_url": edit_url(new), "old_url": edit_url(old),
    }  # fmt: skip
    return render(request, "procedures_catalog/admin/compare.html", context)
