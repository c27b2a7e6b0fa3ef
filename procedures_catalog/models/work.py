"""Who wrote, who approved, what was said about a draft, and imports and exports in progress."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask

from ..enums import ApprovalKind
from .version import ProcedureVersion


class Contribution(models.Model):
    """Somebody changed a version's content. Append-only: Wagtail's own record of the author is rewritten by publishing,
    overwriting and purging, so four eyes cannot rest on it."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="contributions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, null=True, blank=True, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["version", "user"], name="contribution_who")]


class Approval(models.Model):
    """Somebody who wrote none of it approved one revision, known by its digest."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="approvals")
    revision = models.ForeignKey("wagtailcore.Revision", models.PROTECT, related_name="+")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=ApprovalKind.choices, default=ApprovalKind.REVIEW)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["revision", "approver"], name="approval_once")]


class FourEyesTask(AbstractGroupApprovalTask):
    """A step of the workflow in which somebody who wrote none of the version approves it."""

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """Who wrote part of it may only send it back."""
        actions: list[tuple[str, Any, bool]] = super().get_actions(obj, user)
        if isinstance(obj, ProcedureVersion) and Contribution.objects.filter(version_id=obj.pk, user_id=user.pk).exists():
            return [action for action in actions if action[0] != "approve"]
        return actions

    @classmethod
    def get_description(cls) -> Any:
        """Where workflows are set up."""
        return _("Members of the chosen groups approve what others wrote")

    class Meta:
        verbose_name = _("approval by a second person")
        verbose_name_plural = _("approvals by a second person")


class VersionNote(models.Model):
    """A note of one editor to the others about a version (snippets have no comments of Wagtail's)."""

    version = models.ForeignKey(ProcedureVersion, models.CASCADE, related_name="notes", verbose_name=_("version"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"))
    text = models.TextField(_("note"))
    done = models.BooleanField(_("settled"), default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar = ["-id"]


class ImportRun(models.Model):
    """One import from the back office: the file, what it would change, its progress and its report."""

    class Step(models.TextChoices):
        """Where the import is."""

        UPLOADED = "uploaded", _("being read")
        PREVIEWED = "previewed", _("waiting for your confirmation")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    file = models.CharField(max_length=300)  # a random name in the private folder
    file_name = models.CharField(_("file"), max_length=300)
    step = models.CharField(_("state"), max_length=10, choices=Step.choices, default=Step.UPLOADED)
    options: Any = models.JSONField(default=dict, blank=True)
    progress = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    report: Any = models.JSONField(default=dict, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering: ClassVar = ["-id"]


class ExportRun(models.Model):
    """A file too large to be made while somebody waits: asked for, made by a job, kept for a few days, then gone."""

    class Step(models.TextChoices):
        """Where the file is."""

        WAITING = "waiting", _("waiting for its turn")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("failed")
        EXPIRED = "expired", _("deleted, its time is over")

    class What(models.TextChoices):
        """What the file holds."""

        CATALOGUE = "catalogue", _("The whole published catalogue")
        REPORT = "report", _("Completeness of the catalogue")

    what = models.CharField(_("contents"), max_length=10, choices=What.choices)
    kind = models.CharField(_("format"), max_length=6)
    query = models.TextField(blank=True)  # the report's filters, as in its address
    language = models.CharField(max_length=10, blank=True)
    rows = models.PositiveIntegerField(_("rows"))
    progress = models.PositiveIntegerField(default=0)
    step = models.CharField(_("state"), max_length=10, choices=Step.choices, default=Step.WAITING)
    file = models.CharField(max_length=120, blank=True)  # a random name in the private folder
    size = models.PositiveBigIntegerField(_("size in bytes"), null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering: ClassVar = ["-id"]
