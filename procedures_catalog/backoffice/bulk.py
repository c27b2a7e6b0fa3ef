"""Bulk actions on versions: publishing under four eyes, handing in for approval, throwing drafts away."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import DatabaseError, transaction
from django.utils.functional import classproperty
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin import messages
from wagtail.snippets.bulk_actions.snippet_bulk_action import SnippetBulkAction

from .. import services
from ..models import ProcedureVersion


class PublishForm(forms.Form):
    """A reason under which incomplete records go out, too."""

    incomplete_reason = forms.CharField(
        label=gettext_lazy("Reason for incomplete records"), required=False, max_length=500,
        help_text=gettext_lazy(
            "Left empty, incomplete records stay drafts. It needs the right to publish incomplete records, and is kept on record."
        ),
    )  # fmt: skip


class VersionAction(SnippetBulkAction):
    """An action on versions, one by one: what is refused is named with its reason, the others are done."""

    template_name = "procedures_catalog/admin/bulk.html"
    permission = ""

    @classproperty
    def models(cls) -> list[Any]:  # noqa: N805
        """Versions only."""
        return [ProcedureVersion]

    def check_perm(self, obj: ProcedureVersion) -> bool:
        """The right to it."""
        return bool(self.request.user.has_perm(f"procedures_catalog.{self.permission}"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The words of the page."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["action_name"] = self.display_name
        context["question"] = self.question
        context["blocked"] = [(item["item"], self.obstacle(item["item"])) for item in context["items"] if self.obstacle(item["item"])]
        return context

    question: Any = ""

    def obstacle(self, version: ProcedureVersion) -> str:
        """What can be foreseen to stand in the way of one."""
        return ""

    def get_execution_context(self) -> dict[str, Any]:
        """Who does it, and how."""
        return {**super().get_execution_context(), "user": self.request.user, "data": self.cleaned_form.cleaned_data}

    @classmethod
    def one(cls, version: ProcedureVersion, user: Any, data: dict[str, Any]) -> None:
        """Do it to one."""
        raise NotImplementedError

    @classmethod
    def execute_action(cls, objects: Iterable[ProcedureVersion], **kwargs: Any) -> tuple[int, int]:
        """Each in a savepoint of its own, in the order of keys."""
        action = kwargs["self"]
        action.refusals = []
        done = 0
        for version in sorted(objects, key=lambda item: item.pk):
            try:
                with transaction.atomic():
                    cls.one(version, kwargs["user"], kwargs["data"])
                done += 1
            except services.CatalogueError as error:
                action.refusals.append((version, str(error)))
            except DatabaseError:
                action.refusals.append((version, _("The database refuses it.")))
        return done, 0

    def get_success_message(self, num_parent_objects: int, num_child_objects: int) -> str | None:
        """How many were done; the others are warnings of their own."""
        for version, reason in self.refusals[:20]:
            messages.warning(self.request, _("%(version)s: %(reason)s") % {"version": version.procedure.code, "reason": reason})
        if len(self.refusals) > 20:
            messages.warning(self.request, _("And %(count)s more.") % {"count": len(self.refusals) - 20})
        return self.done_message(num_parent_objects) if num_parent_objects else None

    def done_message(self, count: int) -> str:
        """How many were done."""
        return str(count)


class PublishAction(VersionAction):
    """Publish drafts that others wrote."""

    display_name = gettext_lazy("Publish")
    action_type = "publish"
    aria_label = gettext_lazy("Publish the chosen versions")
    action_priority = 10
    permission = "publish_procedureversion"
    form_class = PublishForm
    question = gettext_lazy("Publish these versions? Those that you wrote yourself, and those that are not complete, are left out and named.")

    def obstacle(self, version: ProcedureVersion) -> str:
        """Four eyes, and what is missing."""
        if services.wrote(version, self.request.user):
            return _("You wrote part of it.")
        return ""

    @classmethod
    def one(cls, version: ProcedureVersion, user: Any, data: dict[str, Any]) -> None:
        """Through the one door."""
        services.publish(version, approver=user, incomplete_reason=data["incomplete_reason"])

    def done_message(self, count: int) -> str:
        """How many are public."""
        return ngettext("%(count)s version published.", "%(count)s versions published.", count) % {"count": count}


class SubmitAction(VersionAction):
    """Hand drafts in for approval."""

    display_name = gettext_lazy("Hand in for approval")
    action_type = "submit"
    aria_label = gettext_lazy("Hand the chosen versions in for approval")
    action_priority = 20
    permission = "change_procedureversion"
    question = gettext_lazy("Hand these drafts in for approval?")

    @classmethod
    def one(cls, version: ProcedureVersion, user: Any, data: dict[str, Any]) -> None:
        """Start the workflow."""
        services.submit(version, user=user)

    def done_message(self, count: int) -> str:
        """How many wait."""
        return ngettext("%(count)s draft waits for approval.", "%(count)s drafts wait for approval.", count) % {"count": count}


class DiscardAction(VersionAction):
    """Throw drafts away that were never public. Stands in the place of Wagtail's own deletion, which goes past the model."""

    display_name = gettext_lazy("Throw away")
    action_type = "delete"
    aria_label = gettext_lazy("Throw the chosen drafts away")
    action_priority = 30
    classes = {"serious"}
    permission = "delete_procedureversion"
    question = gettext_lazy("Throw these drafts away? What was ever public stays.")

    @classmethod
    def one(cls, version: ProcedureVersion, user: Any, data: dict[str, Any]) -> None:
        """Drafts only."""
        services.discard(version, user=user)

    def done_message(self, count: int) -> str:
        """How many are gone."""
        return ngettext("%(count)s draft thrown away.", "%(count)s drafts thrown away.", count) % {"count": count}
