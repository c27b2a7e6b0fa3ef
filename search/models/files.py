"""What files say (files.py asks for it, reading.py reads it)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class FileState(models.TextChoices):
    """What became of a file that was to be read."""

    READ = "read", _("read")
    EMPTY = "empty", _("no text in it: scanned pages or pictures")
    LOCKED = "locked", _("protected by a password")
    BROKEN = "broken", _("damaged")
    LARGE = "large", _("too large")
    SLOW = "slow", _("took too long")
    HEAVY = "heavy", _("unfolds to too much")
    OTHER = "other", _("no PDF, DOCX or ODT, or with macros")


class FileText(models.Model):
    """The text of a file's content (chữ trong tệp), read once however many documents have it."""

    sha256 = models.CharField(max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=40, blank=True)
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(_("state"), max_length=8, choices=FileState.choices)
    at = models.DateTimeField(_("read at"), default=timezone.now)

    class Meta:
        verbose_name = _("text of a file")
        verbose_name_plural = _("texts of files")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(state__in=FileState.values), name="file_text_state"),
            models.CheckConstraint(condition=models.Q(state=FileState.READ) | models.Q(text=""), name="file_text_read"),
        ]

    def __str__(self) -> str:
        return self.sha256


class AttachedFile(models.Model):
    """A file of something that can be found (tệp đính kèm), by its name in the storage; without `content` it waits to be read."""

    name = models.CharField(_("file"), max_length=255, unique=True)
    content = models.ForeignKey(FileText, models.CASCADE, null=True, blank=True, related_name="files", verbose_name=_("text"))
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)
    at = models.DateTimeField(_("asked for"), auto_now_add=True)

    class Meta:
        verbose_name = _("file that is searched")
        verbose_name_plural = _("files that are searched")
        default_permissions = ("view",)
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["tries"], name="attached_waiting", condition=models.Q(content=None))]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """What became of reading it; nothing while it waits."""
        return self.content.state if self.content is not None else ""
