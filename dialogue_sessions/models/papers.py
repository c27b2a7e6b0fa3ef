"""Papers that somebody sent ahead to their matter."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguards.models import StoredFile

from .seats import Registration


class RegistrationPaper(models.Model):
    """A file that belongs to a registration (giấy tờ kèm theo đăng ký). `papers` alone writes; the file's content, name and state are
    those of `safeguards`, and the row goes with it."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="papers", verbose_name=_("registration"))
    file = models.OneToOneField(StoredFile, models.CASCADE, related_name="+", verbose_name=_("file"))
    added_at = models.DateTimeField(_("sent"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("paper of a registration")
        verbose_name_plural = _("papers of registrations")
        ordering: ClassVar = ["registration", "pk"]

    def __str__(self) -> str:
        return f"{self.registration_id}/{self.pk}"
