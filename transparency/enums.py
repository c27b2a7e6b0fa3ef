"""Schemes of service levels, and how a planned level stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scheme(models.TextChoices):
    """The three ways in which law has counted service levels. They are kept apart; none is ever converted into another."""

    ONLINE = "online", _("entirely or partly online (since 2022)")
    LEGACY = "legacy", _("levels 1 to 4 of 2011")
    PROACTIVE = "proactive", _("proactive levels 1 to 4 (since 2026)")


class PlanState(models.TextChoices):
    """How a planned level stands on a day. Computed by `rules.judge`, stored nowhere."""

    KEPT = "kept", _("kept")
    MISSED = "missed", _("missed")
    DUE = "due", _("still due")
    AHEAD = "ahead", _("reached before its time")
    WITHDRAWN = "withdrawn", _("no longer to be reached")
    UNKNOWN = "unknown", _("not known")


class PlanEnd(models.TextChoices):
    """Why a plan holds no longer."""

    REPLACED = "replaced", _("replaced by another plan")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Posting(models.TextChoices):
    """How a procedure that a unit is bound to publish stands here."""

    COMPLETE = "complete", _("published complete")
    INCOMPLETE = "incomplete", _("published, parts missing")
    ELSEWHERE = "elsewhere", _("published here, but not under this unit")
    MISSING = "missing", _("missing")


PUBLISHED = [Posting.COMPLETE, Posting.INCOMPLETE]
