"""How often a page was read: a number a day, and nothing about who."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


class PageViews(models.Model):
    """How often one page was shown on one day (lượt xem). No address, no cookie, no hour."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="+", verbose_name=_("page"))
    day = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("times shown"))

    class Meta:
        verbose_name = _("views of a page")
        verbose_name_plural = _("views of pages")
        constraints: ClassVar = [models.UniqueConstraint(fields=["page", "day"], name="page_views_once_a_day")]
        indexes: ClassVar = [models.Index(fields=["day", "page"], name="page_views_day")]
