"""Links to drafts for people without an account."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class PreviewLink(models.Model):
    """A link to one revision of a draft, for a while (liên kết xem trước). The address carries a signature over this row, the
    revision's content and the last moment; the row is what can be taken back."""

    revision = models.ForeignKey("wagtailcore.Revision", models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)  # of the revision's content: an autosave that rewrites it ends the link
    title = models.CharField(_("what it shows"), max_length=300)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"), auto_now_add=True)
    expires_at = models.DateTimeField(_("until"))
    revoked_at: Any = models.DateTimeField(_("taken back"), null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(revoked_at=None) | models.Q(revoked_by__isnull=False), name="preview_link_revoked_by_somebody")
        ]

    def __str__(self) -> str:
        return self.title
