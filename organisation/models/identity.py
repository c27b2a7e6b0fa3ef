"""Whose portal this is."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from .units import Unit, in_language


class SiteIdentity(models.Model):
    """Whose portal this is: one row (see also Wagtail's site). Read by every page."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    name = models.CharField(_("name of the portal"), max_length=120, default="Cổng minh bạch")
    name_en = models.CharField(_("name in English"), max_length=120, blank=True, default="Transparency portal")
    hotline = models.CharField(_("telephone for help"), max_length=40, blank=True)
    is_demonstration = models.BooleanField(_("demonstration"), default=False, help_text=_("Every page says that people and places are invented."))
    import_approver = models.ForeignKey(
        "safeguards.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("approves what is imported"),
        help_text=_("Imports of official records are written by whoever imports, and approved in this person's name."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("identity of the portal")
        verbose_name_plural = _("identity of the portal")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def current(cls) -> Any:
        """The installation's identity, or None before it is set up."""
        return cls.objects.select_related("unit").first()

    @property
    def title(self) -> str:
        """The name of the portal in the reader's language."""
        return in_language(self.name, self.name_en)
