"""What can be found: one row a thing, written by the transaction that publishes the thing. Engines are mirrors of it; how far one that
machines share has followed stands beside it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """A findable thing (mục tìm kiếm). What is unpublished stays as a tombstone (`live` false), so that followers see it go.

    `version` comes from a sequence and only grows; `xid` is the writing transaction, so that a follower reads only
    below the oldest one still running (a bare sequence would lose late commits)."""

    kind = models.CharField(max_length=30)
    object_id = models.CharField(max_length=80)
    code = models.CharField(max_length=80, blank=True)
    title = models.TextField()
    body = models.TextField(blank=True)
    asked = models.TextField(blank=True)
    url = models.CharField(max_length=400)
    unit = models.CharField(max_length=40, blank=True)
    field = models.CharField(max_length=40, blank=True)
    levels: Any = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    audiences: Any = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    facets: Any = models.JSONField(default=dict, blank=True)
    facts: Any = models.JSONField(default=dict, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    weight = models.FloatField(default=0)
    streams: Any = models.JSONField(default=dict, blank=True)  # token streams of language.py, by field and stream
    language_version = models.IntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True)
    live = models.BooleanField(default=True)
    version = models.BigIntegerField(default=0, editable=False)
    xid = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "object_id"], name="entry_once")]
        indexes: ClassVar = [
            models.Index(fields=["version"], name="entry_version"),
            models.Index(fields=["xid"], name="entry_xid"),
            models.Index(fields=["kind", "live"], name="entry_kind"),
            GinIndex(fields=["facets"], name="entry_facets", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return self.title


class Mirror(models.Model):
    """A mirror of the entries that all machines share (bản sao của các mục tìm kiếm), and how far it has followed them.

    Everything that a transaction below `position` wrote is in `index`."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    index = models.CharField(_("index"), max_length=200)
    position = models.BigIntegerField(_("position"), default=0)
    at = models.DateTimeField(_("followed at"))
    trouble = models.CharField(_("trouble"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("search mirror")
        verbose_name_plural = _("search mirrors")

    def __str__(self) -> str:
        return self.name
