"""How a version behaves in Wagtail: every way of publishing leads to `services`, and what is in force is locked."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.locks import BaseLock
from wagtail.signal_handlers import disable_reference_index_auto_update

# What belongs to the row and not to the record: kept when a revision is applied, left out of digests and copies.
BOOKKEEPING = (
    "live", "has_unpublished_changes", "first_published_at", "last_published_at", "live_revision", "latest_revision", "go_live_at",
    "locked", "locked_at", "locked_by", "content_digest", "missing", "synced_at", "import_notes",
)  # fmt: skip


class InForceLock(BaseLock):
    """A published version that has begun is never edited; a change makes a new version."""

    def for_user(self, user: Any) -> bool:
        """Nobody is let in, superusers included."""
        return True

    def get_message(self, user: Any) -> str:
        """What to do instead, with the way there."""
        said = _("This version is or was in force. It is not edited any more: copy it as a new version to change the procedure.")
        if not user.has_perm("procedures_catalog.add_procedureversion"):
            return said
        url = reverse("procedures_catalog_backoffice:new_version", args=[self.object.pk])
        return format_html('{} <a href="{}" class="button button-small button-secondary">{}</a>', said, url, _("Copy as new version"))

    def get_locked_by(self, user: Any) -> str:
        """Beside the padlock."""
        return _("In force")

    def get_description(self, user: Any) -> str:
        """Under the padlock."""
        return _("Only the end of its validity still moves, when a new version takes over.")


class VersionLife(models.Model):
    """The part of `ProcedureVersion` that Wagtail calls."""

    # Wagtail's copies start anew as drafts.
    exclude_fields_in_copy = [*BOOKKEEPING, "valid_to", "end_kind", "end_decision", "incomplete_reason", "contributions", "approvals", "notes"]

    class Meta:
        abstract = True

    def publish(
        self,
        revision: Any,
        user: Any = None,
        changed: bool = True,
        log_action: bool | str = True,
        previous_revision: Any = None,
        skip_permission_checks: bool = False,
    ) -> None:
        """Every publishing action of Wagtail arrives here; `skip_permission_checks` is not believed."""
        from .. import services

        services.publish(cast("Any", self), approver=user, revision=revision, log_action=log_action, previous_revision=previous_revision)

    def unpublish(self, set_expired: bool = False, commit: bool = True, user: Any = None, log_action: bool | str = True) -> None:
        """Only what is not yet in force can be taken back."""
        from .. import services

        services.withdraw(cast("Any", self), approver=user)

    def save_revision(self, user: Any = None, overwrite_revision: Any = None, **options: Any) -> Any:
        """Save a revision and note who wrote it; a revision that somebody approved is never overwritten."""
        from .. import services

        with transaction.atomic(), disable_reference_index_auto_update():
            if overwrite_revision is not None and services.is_settled(self, overwrite_revision):  # type: ignore[arg-type]
                raise PermissionDenied(_("This revision has been approved; it cannot be overwritten."))
            revision = super().save_revision(user=user, overwrite_revision=overwrite_revision, **options)  # type: ignore[misc]  # of RevisionMixin
            services.note_revision(self, user, revision)  # type: ignore[arg-type]
            return revision

    def with_content_json(self, content: dict[str, Any]) -> Any:
        """A revision's content on this row: what belongs to the row stays."""
        version = super().with_content_json(content)  # type: ignore[misc]  # of RevisionMixin
        for name in ("content_digest", "missing", "synced_at", "import_notes", "last_published_at", "live_revision_id"):
            setattr(version, name, getattr(self, name))
        return version

    def get_lock(self) -> Any:
        """The lock of what has begun stands before Wagtail's."""
        from ..enums import EDITABLE_STATES

        # The lock is asked of a revision's object too, whose dates may be edited: the row decides.
        row = type(self).objects.only("live", "valid_from", "valid_to", "change_kind", "end_kind").filter(pk=self.pk).first()  # type: ignore[attr-defined]
        if row is not None and row.state not in EDITABLE_STATES:
            return InForceLock(self)
        return super().get_lock()  # type: ignore[misc]  # of LockableMixin

    def get_constraints(self) -> list[Any]:
        """Without the exclusion constraint: its condition cannot be checked in a form that leaves `live` out (Django 36222).
        `services.publish` checks it with a message, the database holds it."""
        return [
            (model, [constraint for constraint in constraints if not isinstance(constraint, ExclusionConstraint)])
            for model, constraints in super().get_constraints()
        ]

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Only a draft that was never public can be deleted, together with the record of who wrote it."""
        from .. import services

        return services.discard(cast("Any", self))

    @property
    def full_url(self) -> str:
        """For previews: the path of the public page."""
        return ""

    def make_preview_request(self, original_request: Any = None, preview_mode: str | None = None, extra_request_attrs: Any = None) -> Any:
        """The preview stands in a frame of the back office: its policy, not the public page's, lets it be framed."""
        response = super().make_preview_request(original_request, preview_mode, extra_request_attrs)  # type: ignore[misc]  # of PreviewableMixin
        for header in ("Content-Security-Policy", "X-Frame-Options"):
            response.headers.pop(header, None)
        return response

    def get_preview_template(self, request: HttpRequest, mode_name: str) -> str:
        """The public page's own template."""
        from .. import preview

        return preview.template()

    def get_preview_context(self, request: HttpRequest, mode_name: str) -> dict[str, Any]:
        """The public page's own context."""
        from .. import preview

        return {**super().get_preview_context(request, mode_name), **preview.context(request, cast("Any", self))}  # type: ignore[misc]
