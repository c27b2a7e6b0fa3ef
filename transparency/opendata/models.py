"""What was made of a dataset and when. The rows are in the files."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from foundation.hours import day_clock


class ReleaseQuerySet(models.QuerySet["Release"]):
    """The vocabulary of releases."""

    def latest_of_each(self) -> ReleaseQuerySet:
        """The newest release of each dataset. One query."""
        return self.order_by("dataset", "-made_at", "-pk").distinct("dataset")


class Release(models.Model):
    """The files of a dataset as of one moment (bản phát hành dữ liệu): another one is made only when something differs."""

    dataset = models.SlugField(_("dataset"), max_length=80)
    made_at = models.DateTimeField(_("made at"))
    checked_at = models.DateTimeField(_("last checked at"))  # nothing differed up to then
    rows = models.PositiveBigIntegerField(_("rows"))
    digest = models.CharField(max_length=64)  # SHA-256 over columns and rows
    files: Any = models.JSONField(_("files"))  # format -> {"file", "size", "sha256"}
    examples: Any = models.JSONField(default=dict)  # column -> its first value
    state = models.CharField(max_length=250, blank=True)  # what of the database was looked at last

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("release of open data")
        verbose_name_plural = _("releases of open data")
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["dataset", "made_at"], name="release_once")]

    def __str__(self) -> str:
        return f"{self.dataset} {day_clock(self.made_at)}"

    @property
    def day(self) -> dt.date:
        """The local day on which it was made: what its dated address says."""
        return localdate(self.made_at)
