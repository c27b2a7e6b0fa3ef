"""Two people for every page and every public duty: who wrote what, who approved it, and the step of the workflow between."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from wagtail.models import AbstractGroupApprovalTask


class Contribution(models.Model):
    """Somebody changed what a page says. Append-only: Wagtail's own record of the author is rewritten by publishing,
    overwriting and purging, so four eyes cannot rest on it. It outlives its page, so it names it without a key."""

    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("contribution")
        verbose_name_plural = _("contributions")
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "id"], name="content_contribution")]


class Approval(models.Model):
    """One revision, known by its digest, may go public: because a second person said so, or because the installation itself
    made it (starting pages, the demonstration)."""

    class Kind(models.TextChoices):
        """In whose name."""

        REVIEW = "review", _("a second person")
        INSTALLATION = "installation", _("the installation")
        UNCHANGED = "unchanged", _("what was public before")

    subject_type = models.CharField(max_length=80)
    subject_id = models.BigIntegerField()
    revision_id: Any = models.BigIntegerField(null=True, blank=True)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    digest = models.CharField(max_length=64)
    last_contribution: Any = models.BigIntegerField(default=0)  # the latest contribution that it covers
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["subject_type", "subject_id", "revision_id"], name="content_approval")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(kind="review") | models.Q(approver__isnull=False), name="content_approval_has_name")
        ]


class Attended(models.Model):
    """Content that two people attend to: who wrote part of what is to be published does not publish it."""

    class Meta:
        abstract = True

    def save_revision(self, user: Any = None, overwrite_revision: Any = None, **options: Any) -> Any:
        """Save a revision and note who wrote it; one that somebody approved is never overwritten."""
        from ..services import four_eyes

        with transaction.atomic():
            if overwrite_revision is not None:
                four_eyes.refuse_overwriting(self, overwrite_revision)
            revision = super().save_revision(user=user, overwrite_revision=overwrite_revision, **options)  # type: ignore[misc]  # of Wagtail's mixins
            four_eyes.note(self, user)
            return revision


class PageFourEyesTask(AbstractGroupApprovalTask):
    """A step of the workflow in which somebody who wrote none of the page approves it."""

    def get_actions(self, obj: Any, user: Any) -> list[tuple[str, Any, bool]]:
        """Who wrote part of it may only send it back."""
        from ..services import four_eyes

        actions: list[tuple[str, Any, bool]] = super().get_actions(obj, user)
        if isinstance(obj, Attended) and four_eyes.wrote(obj, user):
            return [action for action in actions if action[0] != "approve"]
        return actions

    @classmethod
    def get_description(cls) -> Any:
        """Where workflows are set up."""
        return _("Members of the chosen groups approve pages that others wrote")

    class Meta:
        verbose_name = _("approval of a page by a second person")
        verbose_name_plural = _("approvals of pages by a second person")
